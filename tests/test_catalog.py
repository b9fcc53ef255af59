"""The catalog: one file a command, in one form, which a user's own tables have too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import dfrefactor
import pytest
from dfrefactor.effects.arguments import apportion, understand
from dfrefactor.effects.catalog import PACKAGED, Catalog, CatalogError, Entry, file_name, names
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.index import index, made, text
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import Region
from dfrefactor.effects.words import Arg
from dfrefactor.facts import Facts
from dfrefactor.secrets.find import find
from dfrefactor.settings import Settings

from tests.shared import ROOT

FOLDER = ROOT / "refactor" / "dfrefactor" / "effects" / "catalog"
FILES = sorted(FOLDER.glob("*.toml"))
NAMES = list(names())


def done(line: str) -> Effects:
    """What a RUN of that line does, as the only one of its file."""
    document = dfrefactor.parse(f"FROM debian\nWORKDIR /srv/app\nRUN {line}\n".encode())
    return Facts(document).steps(document.stages[0])[-1].effects


def tables(table: dict[str, Any]) -> list[dict[str, Any]]:
    """A table with all below it that are of its form."""
    below = [each for key in ("when", "sub") for each in table.get(key, {}).values()]
    return [table, *(inner for each in below for inner in tables(each))]


def test_every_file_is_the_command_of_its_name() -> None:
    assert [each.name for each in FILES] == sorted(map(file_name, NAMES))
    assert len({each.name.lower() for each in FILES}) == len(FILES)
    assert [each.name for each in FILES if re.search(r'[<>:"/\\|?*\s]|\.\.toml$', each.name)] == []


@pytest.mark.parametrize("name", ["con", "aux", "nul.exe", "COM1", ".hidden", "*/x", "a:b", "ä"])
def test_a_name_that_is_no_name_of_a_file_is_encoded(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9_+%A-F-][a-z0-9_+.%A-F-]*\.toml", file_name(name))
    assert not re.match(r"(?:con|prn|aux|nul|com\d)[.]", file_name(name))


@pytest.mark.parametrize("name", ["mystery", "../index", "x" * 500, "\udcff", "", "index.json", "Curl"])
def test_what_has_no_file_is_not_known(name: str) -> None:
    assert PACKAGED.get(name) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_of_the_form(name: str) -> None:
    source = (FOLDER / file_name(name)).read_text("utf-8")
    entry = PACKAGED.get(name)
    assert isinstance(entry, Entry)
    assert [line for line in source.splitlines() if len(line) > 130 and not re.match(r"(?:idle|when|why) = ", line)] == []
    assert not re.search(r"^options *=", source, re.M), "an option a line"
    for table in tables(tomllib.loads(source)):
        options = list(table.get("options", {}))
        assert options == sorted(options)
        every = [each for names in options for each in names.split()]
        assert len(every) == len(set(every)), "an option stands once"
        if like := table.get("like"):
            assert isinstance(like, str)
    for each in entry.variants():
        assert each.grade is Grade.EXACT or each.why
        assert each.stands_for == "", "it is another's entry"
        assert all(store.why or store.paths for store in each.stores)
        for expression in (*each.commands, *(store.when for store in each.stores), each.idle):
            re.compile(expression)
        for store in each.stores:
            assert set(re.findall(r"\{(\w+)\}", store.clean)) <= {"command", *re.compile(store.when).groupindex}
        assert "command" not in each.operands or each.operands[-1] == "command"


def test_words_are_no_options_only_where_code_or_nobody_looks_at_them() -> None:
    """A wrapper's words are always told apart; of others, only text and what has a handler is taken as it stands."""
    wrappers = [entry for name in NAMES if (entry := PACKAGED.get(name)) and entry.runs is not None]
    assert {"sudo", "su", "env", "nice", "timeout", "xargs", "gosu", "flock", "setpriv"} <= {each.name for each in wrappers}
    assert [each.name for each in wrappers if each.verbatim] == []
    verbatim = [each for name in NAMES if (entry := PACKAGED.get(name)) for each in entry.variants() if each.verbatim]
    assert {"[", "[[", "test", "echo", "true", "let", "set", "find", "*/configure"} <= {each.name for each in verbatim}
    bare = {each.name for each in verbatim if not each.handler}
    assert bare == {"true", ":", "false", "let", "docker-php-ext-configure", "xmlstarlet sel"}


SPLIT = {
    "sudo -EH --user=app -D /srv A=b mkdir -p /x": (["keep", "home", "as=app", "cwd=/srv"], ["assign A=b", "command mkdir -p /x"]),
    "sudo --preserve-env=A,B -iu app make": (["keep=A,B", "clear", "home", "login", "there", "as=app"], ["command make"]),
    "env -i --chdir=/srv -uX A=b C=d make A=b": (["clear", "cwd=/srv", "unset=X"], ["assign A=b C=d", "command make A=b"]),
    "env - make": (["clear"], ["command make"]),
    "su - app -c ls": (["clear", "home", "login", "there", "shell=ls"], ["as app"]),
    "su app --command=ls": (["shell=ls"], ["as app"]),
    "runuser -u app -- make -j": (["as=app"], ["command make -j"]),
    "setpriv --reuid=app --reset-env make -j": (["as=app", "clear", "home"], ["command make -j"]),
    "timeout -k 5 10 make -k": (["value=5"], ["text 10", "command make -k"]),
    "nice -10 make": ([], ["command make"]),
    "xargs -0r -n 1 rm -f": (["value=1"], ["command rm -f"]),
    "flock -n /lock make -n": ([], ["append /lock", "command make -n"]),
    "gosu app:app make": ([], ["as app:app", "command make"]),
    "python -u -m pip install x": ([], ["command pip install x"]),
    "python -W x setup.py -m": (["value=x"], ["script setup.py -m"]),
    "bash -euo pipefail -c ls -l": (["value=pipefail"], ["shell ls", "text -l"]),
    "sh x.sh -c y": ([], ["script x.sh -c y"]),
}


@pytest.mark.parametrize("line", SPLIT)
def test_the_words_of_a_wrapper_are_told_apart(line: str) -> None:
    name, *words = line.split()
    entry = PACKAGED.get(name)
    assert entry is not None
    found = understand(entry, [Arg(word) for word in words])
    for option in found.given:
        entry = entry.given(option)
    told = [f"{word}={arg.value}" if arg.value else word for _, word, arg in found.values]
    assert found.strange == "" and told == SPLIT[line][0]
    assert [" ".join((role, *(arg.value for arg in args))) for role, args in apportion(entry, found.operands)] == SPLIT[line][1]


def test_a_subcommand_may_be_another_command() -> None:
    corepack, uv = PACKAGED.get("corepack"), PACKAGED.get("uv")
    assert corepack is not None and corepack.subcommand("yarn") is PACKAGED.get("yarn")
    assert uv is not None and uv.subcommand("pip") is PACKAGED.get("pip")


UNLISTED = [
    "apt-get --nothing install x", "apt-get install -y --nothing x", "apk add --nothing x", "yum -y install --nothing x", "dnf install --nothing x",
    "zypper in --nothing x", "pip install --nothing x", "pip --nothing install x", "npm ci --nothing", "npm --nothing install", "yarn install --nothing",
    "pnpm install --nothing", "gem install --nothing x", "composer install --nothing", "cargo build --nothing", "go build --nothing", "git checkout --nothing",
    "gpg --nothing", "openssl req -nothing", "make --nothing", "gcc --nothing x.c", "cmake --nothing .", "dpkg --nothing x", "redis-cli --nothing",
    "kill --nothing 1", "useradd --nothing x", "rpm --nothing x", "conda install --nothing x", "mvn --nothing", "git -C /x log --nothing",
]  # fmt: skip


@pytest.mark.parametrize("line", UNLISTED)
def test_an_option_that_is_not_listed_makes_the_step_unknown(line: str) -> None:
    effects = done(line)
    option = next(word for word in line.split() if "nothing" in word)
    name = line.split()[0]
    assert effects.grade is Grade.UNKNOWN
    assert re.match(rf"the option `(?:{option}|-[a-z])` of `{name}[\w ]*` is not in the catalog", effects.reason)


COMMON = [
    "apt-get update -qq", "apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold -t bookworm-backports curl",
    "apt-get -q=2 -y install --allow-downgrades curl=1.0*", "apt-get purge -y --auto-remove gcc", "apk add --no-cache -U -t .deps -X http://h/r curl", "apk del --purge .deps",
    "yum install -y -q --setopt=tsflags=nodocs --enablerepo=x curl", "dnf -y --nodocs --refresh install curl", "microdnf install -y --nodocs curl", "zypper --non-interactive install -y --no-recommends curl",
    "rpm -Uvh --nodeps http://h/x.rpm", "pip install --no-cache-dir -U -r requirements.txt -c constraints.txt", "pip3 install --user --break-system-packages -i http://h x", "python3 -m pip install --upgrade pip",
    "npm ci --omit=dev --no-audit --no-fund", "npm install -g --unsafe-perm x", "yarn install --frozen-lockfile --production", "pnpm install --frozen-lockfile --prod", "gem install -N x -v 1.0", "bundle install --jobs 4 --without development",
    "composer install --no-dev -o --no-interaction --prefer-dist", "cargo build --release --locked --target x86_64-unknown-linux-musl", "cargo install --version 1.0 --root /opt x", "rustup target add wasm32",
    "go build -trimpath -tags netgo -ldflags '-s -w' -o /usr/bin/x ./cmd/x", "git submodule update --init --recursive --depth 1", "gpg --batch --keyserver h --recv-keys X", "make -j4 --no-print-directory",
    "openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3 -subj /CN=x -keyout /k -out /c", "gcc -O2 -Wall -fPIC -std=c99 -I/x -o /y x.c -lm", "cmake -S . -Bbuild -GNinja -DCMAKE_BUILD_TYPE=Release -Wno-dev",
    "dpkg -i --force-overwrite /x.deb", "useradd -rms /bin/bash -u 1000 x", "conda install -y -c conda-forge --override-channels x", "mvn -B -q -DskipTests -ntp package", "update-ca-certificates --fresh",
]  # fmt: skip


@pytest.mark.parametrize("line", COMMON)
def test_what_people_write_is_listed(line: str) -> None:
    assert done(line).grade is Grade.BOUNDED


@pytest.mark.parametrize("line", ["test -f /x -a -n y", "[ -z x ]", "[[ -n x ]]", "echo -- --x -y", "printf -- -x", "true --x", ": --x", "kill -9 1", "redis-cli --version", "ulimit -n 5"])
def test_words_that_are_no_options_are_none(line: str) -> None:
    assert done(line).grade is Grade.EXACT


OPTIONS_WRITE = {
    "apk --root /x add --initdb y": "/x", "dnf install --installroot=/x y": "/x", "pip install -t /x y": "/x", "pip download -d /x y": "/x", "pip install --log /x y": "/x", "npm --prefix /x install": "/x",
    "npm install --prefix=/x": "/x", "npm -g install y": "/usr/local", "yarn --cwd /x install": "/x", "go build -o /x": "/x", "cargo install --root /x y": "/x", "cargo build --target-dir=/x": "/x",
    "openssl genrsa -out /x": "/x", "gpg --log-file /x -k": "/x", "cmake -B/x -S.": "/x", "ninja -C /x": "/x", "bison -o/x y": "/x", "mvn -l /x package": "/x", "git format-patch -o /x": "/x", "apt-cache -p /x gencaches": "/x",
    "gem install -i /x y": "/x", "composer archive --dir=/x": "/x", "conda create -p /x y": "/x", "gpg -b /x": "/x.sig", "npm ci --cache /x": "/x", "export CARGO_HOME=/x; rustup-init -y --default-host y": "/x",
}  # fmt: skip


@pytest.mark.parametrize("line", OPTIONS_WRITE)
def test_an_option_that_writes_says_so(line: str) -> None:
    assert any(each.overlaps(Region(OPTIONS_WRITE[line])) for each in done(line).writes if each.path != "/")


@pytest.mark.parametrize("line", ["apt-get -o Dir::Cache=/x install y", "apt-get install -o RootDir=/x y", "apt-get update -o Dir::State::lists=/x"])
def test_an_option_of_apt_that_moves_its_folders_is_not_followed(line: str) -> None:
    assert "moves what it writes" in done(line).reason
    assert done("apt-get update -o Dir::Etc::sourcelist=/etc/apt/x.list -o Dir::Etc::sourceparts=-").grade is Grade.BOUNDED


@pytest.mark.parametrize("line", ["sudo --frobnicate ls", "env -Z ls", "nice --fast ls", "su -x app -c ls", "curl --nothing x", "cat --x y"])
def test_an_option_that_is_not_listed_is_strange(line: str) -> None:
    name, *words = line.split()
    entry = PACKAGED.get(name)
    assert entry is not None and understand(entry, [Arg(word) for word in words]).strange


@pytest.mark.parametrize(
    ("name", "paths"),
    {
        "npm": "~/.npmrc ./.npmrc ~/.gitconfig ~/.ssh/**", "pnpm": "~/.npmrc", "yarn": "~/.npmrc ~/.yarnrc.yml",
        "pip": "/etc/pip.conf ~/.pip/pip.conf ~/.config/pip/pip.conf ~/.netrc", "wget": "/etc/wgetrc ~/.wgetrc ~/.netrc",
        "curl": "~/.curlrc", "git": "~/.gitconfig /etc/gitconfig ~/.config/git/**", "rsync": "~/.ssh/** /etc/ssh/**",
        "ssh": "~/.ssh/** /etc/ssh/**", "su": "/etc/pam.d/** /etc/login.defs", "file": "/etc/magic ~/.magic",
        "dpkg": "~/.dpkg.cfg /etc/dpkg/**", "gem": "~/.gemrc", "cargo": "~/.cargo/config.toml", "docker": "~/.docker/**",
    }.items(),
)  # fmt: skip
def test_what_a_tool_looks_at_unasked_is_read(name: str, paths: str) -> None:
    entry = PACKAGED.get(name)
    assert entry is not None
    for each in filter(lambda each: not each.sub or each is entry, entry.variants()):
        trees = tuple(path.removesuffix("**") for path in each.reads if path.endswith("/**"))
        assert [path for path in paths.split() if path not in each.reads and not path.startswith(trees)] == [], each.name


def test_curl_looks_at_netrc_only_where_it_is_asked_to() -> None:
    curl = PACKAGED.get("curl")
    assert curl is not None and "~/.netrc" not in curl.reads and "~/.netrc" in curl.given("-n").reads
    assert "~/.netrc" in curl.given("--netrc-optional").reads


STORED = {
    "gcloud auth activate-service-account --key-file=k": "gcloud auth revoke --all --quiet", "poetry config http-basic.x u p": "poetry config --unset http-basic.x",
    "conda config --add channels https://h/t/X": "conda config --remove channels https://h/t/X", "conda config --set k X": "conda config --remove-key k", "uv auth login h --token X": "uv auth logout h",
    "hf auth login --token X": "hf auth logout", "az login -p X": "az account clear", "docker login -p X h.io": "docker logout h.io",
    "docker login -p X": "docker logout", "npm config set //h/:_authToken X": "npm config delete //h/:_authToken", "npm config set //h/:_authToken=X": "npm config delete //h/:_authToken",
    "pip config --user set global.index-url X": "pip config --user unset global.index-url", "bundle config set --local h X": "bundle config unset --local h",
    "cargo login --registry acme X": "cargo logout --registry acme", "git config --global http.extraheader X": "git config --global --unset-all http.extraheader",
    "git config --global url.https://X@h/.insteadOf https://h/": "git config --global --remove-section url.https://X@h/",
    "dotnet nuget add source u -n ours -p X": "dotnet nuget remove source ours", "helm repo add ours u --password X": "helm repo remove ours",
}  # fmt: skip


@pytest.mark.parametrize("line", STORED)
def test_what_a_login_stores_is_known_and_how_to_take_it_out(line: str) -> None:
    name, _, words = line.partition(" ")
    entry = PACKAGED.get(name)
    assert entry is not None
    store = next(each for each in entry.stores if re.match(each.when, words, re.I))
    found = re.match(store.when, words, re.I)
    assert found is not None and store.paths and store.clean.format(command=name, **found.groupdict()) == STORED[line]


@pytest.mark.parametrize("command", [
    "npm", "yarn", "pnpm", "vite", "webpack", "rake", "composer", "cargo", "tsc", "cmake", "bazel", "make", "mvn", "*/gradlew", "go", "mix", "sbt",
    "dotnet", "ng", "next", "gulp", "grunt", "jest", "ninja", "meson", "just", "task", "bundle", "poetry", "nx", "turbo",
])  # fmt: skip
def test_what_runs_a_projects_own_text_may_read_any_variable(command: str) -> None:
    entry = PACKAGED.get(command)
    assert entry is not None and entry.project


def test_the_index_is_fresh() -> None:
    """It is what `python -m dfrefactor.effects.index` prints."""
    assert (FOLDER / "index.json").read_text("utf-8") == text(made())
    assert index() == made()


@pytest.mark.parametrize("table", [
    {"runs": {"as": "root", "home": "perhaps"}, "operands": ["assign...", "command"], "options": {"-u": "as", "-i": "login clear home there"}},
    {"options": {"-p --password": "secret", "--key": "read key", "-i": "value?"}, "config": ["~/.tool"], "auth-variables": ["TOOL_TOKEN"]},
    {"stores": [{"when": "login", "path": ["~/.tool"], "clean": "tool logout"}], "sub": {"x": {"is": "make"}}, "prints": True},
])  # fmt: skip
def test_a_users_table_has_the_same_form(table: dict[str, Any]) -> None:
    entry = Catalog({"ours": table}).get("ours")
    assert entry is not None and list(entry.variants())


@pytest.mark.parametrize("table", [
    {"runs": {"as": 3}}, {"runs": {"whom": "root"}}, {"runs": {"environment": "kept"}}, {"options": {"-x": "read write"}}, {"options": {"-x": "login value"}},
    {"stores": [{"path": "~/.x"}]}, {"stores": ["x"]}, {"stores": [{"when": "(", "path": "~/.x"}]},
    {"stores": [{"when": "(?P<key>x)", "path": "~/.x", "clean": "x {name}"}]}, {"stores": [{"when": "x", "path": "~/.x", "clean": "x {"}]}, {"carries": "away"}, {"free": "yes"}, {"why": 3}, {"operands": ["login"]},
])  # fmt: skip
def test_a_table_of_another_form_is_an_error(table: dict[str, Any]) -> None:
    with pytest.raises(CatalogError):
        Catalog({"ours": table})


def test_the_passes_about_credentials_see_the_same_tables() -> None:
    own = {"fetch-it": {"options": {"--with": "secret", "-o": "write"}, "auth-variables": ["FETCH_IT_*"]}}
    document = dfrefactor.parse(b"FROM debian\nARG A\nARG FETCH_IT_TOKEN\nRUN fetch-it --with $A -o /f\n")
    assert [each.name for each in find(Facts(document, Settings(catalog=own)))] == ["A", "FETCH_IT_TOKEN"]
    assert [each.name for each in find(Facts(document))] == ["FETCH_IT_TOKEN"]


def test_what_cleans_is_said_with_the_name_of_the_command() -> None:
    own = {"keep-it": {"stores": [{"when": r"set (?P<key>\S+)", "path": "~/.keep", "clean": "{command} unset {key}"}]}}
    lines = {"keep-it set k x:$TOKEN": "keep-it unset k", "bundle config set --global h bob:$TOKEN": "bundle config unset h"}
    for line, clean in lines.items():
        document = dfrefactor.parse(f"FROM debian\nARG TOKEN\nRUN {line}\n".encode())
        (credential,) = find(Facts(document, Settings(catalog=own)))
        assert [each.clean for each in credential.carriers] == [(clean,)]


def test_only_what_is_met_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from dfrefactor.effects import catalog

    seen: list[str] = []
    read = tomllib.load
    monkeypatch.setattr(tomllib, "load", lambda file: (seen.append(Path(file.name).name), read(file))[1])
    catalog._packaged.cache_clear()
    catalog._packaged("pip3.12")
    assert seen == ["pip3.12.toml", "pip.toml"]


@pytest.mark.parametrize("line", ["npm_config_prefix=/opt/n npm i -g left-pad", "npm -g --prefix /opt/n install x", "NPM_CONFIG_PREFIX=/opt/n npm install --global x"])
def test_where_packages_for_all_go_is_told_by_variables_too(line: str) -> None:
    assert any(region.path == "/opt/n" for region in done(line).writes)


def test_two_tables_that_are_like_one_another_are_an_error() -> None:
    with pytest.raises(CatalogError, match="`b` is like `a`, which is not in the catalog"):
        Catalog({"a": {"like": "b"}, "b": {"like": "a"}})
