"""The catalog: one file a command, in one form, which a user's own tables have too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import dfrefactor
import pytest
from dfrefactor.effects import Grade
from dfrefactor.effects.arguments import apportion, understand
from dfrefactor.effects.catalog import PACKAGED, Catalog, CatalogError, Entry, file_name, names
from dfrefactor.effects.index import index, made, text
from dfrefactor.effects.words import Arg
from dfrefactor.facts import Facts
from dfrefactor.secrets.find import find
from dfrefactor.settings import Settings

from tests.shared import ROOT

FOLDER = ROOT / "refactor" / "dfrefactor" / "effects" / "catalog"
FILES = sorted(FOLDER.glob("*.toml"))
NAMES = list(names())


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


def test_what_a_wrapper_does_not_list_makes_it_unknown() -> None:
    wrappers = [entry for name in NAMES if (entry := PACKAGED.get(name)) and entry.runs is not None]
    assert {"sudo", "su", "env", "nice", "timeout", "xargs", "gosu", "flock", "setpriv"} <= {each.name for each in wrappers}
    assert [each.name for each in wrappers if each.lenient] == []


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
    "conda config --add channels https://h/t/X": "conda config --remove-key channels", "uv auth login h --token X": "uv auth logout h",
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
    {"stores": [{"path": "~/.x"}]}, {"stores": ["x"]}, {"carries": "away"}, {"free": "yes"}, {"why": 3}, {"operands": ["login"]},
])  # fmt: skip
def test_a_table_of_another_form_is_an_error(table: dict[str, Any]) -> None:
    with pytest.raises(CatalogError):
        Catalog({"ours": table})


def test_the_passes_about_credentials_see_the_same_tables() -> None:
    own = {"fetch-it": {"options": {"--with": "secret", "-o": "write"}, "auth-variables": ["FETCH_IT_*"]}}
    document = dfrefactor.parse(b"FROM debian\nARG A\nARG FETCH_IT_TOKEN\nRUN fetch-it --with $A -o /f\n")
    assert [each.name for each in find(Facts(document, Settings(catalog=own)))] == ["A", "FETCH_IT_TOKEN"]
    assert [each.name for each in find(Facts(document))] == ["FETCH_IT_TOKEN"]


def test_only_what_is_met_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from dfrefactor.effects import catalog

    seen: list[str] = []
    read = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda self, *args, **kw: (seen.append(self.name), read(self, *args, **kw))[1])
    catalog._packaged.cache_clear()
    catalog._packaged("pip3.12")
    assert seen == ["pip3.12.toml", "pip.toml"]
