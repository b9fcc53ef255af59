"""Which credentials are found, and what is none."""


from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.effects.catalog import PACKAGED, names
from dfrefactor.facts import Facts
from dfrefactor.secrets.find import find, tainted_stages
from dfrefactor.secrets.types import Credential
from dfrefactor.secrets.values import formats, is_placeholder, looks_secret, may_hold_credentials, tokens

from tests.shared import SHARED, needs_shared

GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def found(text: str) -> tuple[Credential, ...]:
    return find(Facts(dfrefactor.parse(text.encode())))


USED = {
    "user info": "RUN git clone https://$X@h/r.git /s",
    "a password in user info": "RUN git clone https://bob:${X}@h/r.git /s",
    "the article's slip, without an at sign": "RUN wget https://$X:servername/path/a.zip",
    "curl -u": "RUN curl -u bob:$X https://h/f",
    "curl -u, attached": "RUN curl -ubob:$X https://h/f",
    "curl --user=": "RUN curl --user=$X https://h/f",
    "curl, an Authorization header": 'RUN curl -H "Authorization: Bearer $X" https://h/f',
    "curl, a header of the registry's": 'RUN curl --header "PRIVATE-TOKEN: $X" https://h/f',
    "curl, a header without quotes": "RUN curl --header token:$X https://h/f",
    "wget --http-password": "RUN wget --http-user=bob --http-password=$X https://h/f",
    "wget --header": 'RUN wget --header="Authorization: token $X" https://h/f',
    "a query string": 'RUN curl "https://h/f?access_token=$X"',
    "a query string, ampersand": 'RUN curl "https://h/f?a=b&key=$X"',
    "an index": "RUN pip install --index-url https://bob:$X@h/simple p",
    "an extra index": "RUN pip install --extra-index-url=https://$X@h/simple p",
    "a requirement": 'RUN pip install "git+https://$X@h/r.git"',
    "an npm token": 'RUN echo "//h/:_authToken=$X" > ~/.npmrc',
    "an npm token in single quotes": "RUN echo '//h/:_authToken=${X}' > .npmrc && npm ci",
    "npm config set": "RUN npm config set //h/:_authToken $X",
    "npm set, key=value": "RUN npm set //h/:_authToken=$X",
    "insteadOf": 'RUN git config --global url."https://$X@h/".insteadOf https://h/',
    "an extra header": 'RUN git -c http.extraheader="AUTHORIZATION: basic $X" clone https://h/r.git',
    "a .netrc": 'RUN echo "machine h login bob password $X" > ~/.netrc',
    "a .netrc by printf": "RUN printf 'machine h\\nlogin bob\\npassword %s\\n' \"$X\" > ~/.netrc && echo \"password=$X\"",
    "docker login": "RUN docker login -u bob -p $X h",
    "docker login from standard input": "RUN echo $X | docker login -u bob --password-stdin",
    "composer config": "RUN composer config -g github-oauth.github.com $X",
    "composer's auth.json": "RUN echo \"{\\\"github-oauth\\\": {\\\"github.com\\\": \\\"$X\\\"}, \\\"token\\\": \\\"$X\\\"}\" > ~/.composer/auth.json",
    "poetry config": "RUN poetry config http-basic.r bob $X",
    "bundle config": "RUN bundle config set --global gems.h.com bob:$X",
    "any --token": "RUN ./get --token $X",
    "any --password=": "RUN ./get --db-password=$X",
    "maven's property": "RUN mvn -Dpassword=$X package",
    "sshpass": "RUN sshpass -p $X ssh h",
    "through a variable of the shell": 'RUN U=https://bob:$X@h/r.git && git clone "$U" /s',
    "inside a condition": 'RUN if [ -n "$X" ]; then git clone https://$X@h/r.git /s; fi',
    "in a heredoc": "RUN <<EOF\ngit clone https://$X@h/r.git /s\nEOF",
    "in a heredoc that is written to a file": "RUN cat <<EOF > ~/.netrc && curl -n https://h/f\nmachine h login bob password $X\nEOF",
    "in ADD": "ADD https://bob:$X@h/f.tgz /f.tgz",
    "in sh -c in JSON form": 'RUN ["sh", "-c", "curl -u bob:$X https://h/f"]',
    "behind sudo and env": "RUN sudo env A=1 curl -u bob:$X https://h/f",
}


@pytest.mark.parametrize("line", USED.values(), ids=USED.keys())
@pytest.mark.parametrize("declared", ["ARG X", "ENV X=x1y2z3w4", "ENV X x1y2z3w4", "ARG X=x1y2z3w4"])
def test_a_variable_in_an_authentication_position_is_a_credential_whatever_its_name(line: str, declared: str) -> None:
    (credential,) = found(f"FROM debian\n{declared}\n{line}\n")
    assert (credential.kind, credential.name) == ("variable", "X")
    assert len(credential.values) == ("x1y2z3w4" in declared)


@pytest.mark.parametrize("line", USED.values(), ids=USED.keys())
def test_a_variable_that_the_file_does_not_declare_is_none(line: str) -> None:
    assert found(f"FROM debian\n{line}\n") == ()


UNNAMED = {
    "NPM_TOKEN": "npm ci", "NODE_AUTH_TOKEN": "yarn install", "AWS_SECRET_ACCESS_KEY": "aws s3 cp s3://b/x /x", "GITHUB_TOKEN": "gh release download",
    "COMPOSER_AUTH": "composer install", "BUNDLE_GITHUB__COM": "bundle install", "CARGO_REGISTRIES_MY_TOKEN": "cargo build",
    "TWINE_PASSWORD": "twine upload dist/*", "SENTRY_AUTH_TOKEN": "sentry-cli releases new 1", "NEXUS_PASSWORD": "mvn -s settings.xml package",
    "POETRY_HTTP_BASIC_R_PASSWORD": "poetry install", "UV_INDEX_R_PASSWORD": "uv sync", "HF_TOKEN": "huggingface-cli download m", "SSHPASS": "sshpass -e ssh h",
}  # fmt: skip


@pytest.mark.parametrize(("name", "command"), UNNAMED.items(), ids=UNNAMED.keys())
def test_a_tool_is_known_to_read_a_variable_it_does_not_name(name: str, command: str) -> None:
    (credential,) = found(f"FROM debian\nARG {name}\nRUN {command}\n")
    assert [use.named for use in credential.uses] == [False]


@pytest.mark.parametrize(
    "line",
    ['RUN python3 - <<EOF\nimport os\nprint(os.environ["MY_TOKEN"])\nEOF', "RUN node -e 'get(process.env.MY_TOKEN)'", "RUN get $(printenv MY_TOKEN)",
     'RUN ["python3", "-c", "import os; get(os.environ[\'MY_TOKEN\'])"]', "RUN python3 <<'EOF'\nimport os; get(os.getenv('MY_TOKEN'))\nEOF"],
)  # fmt: skip
def test_a_script_that_stands_in_the_file_names_a_variable_without_a_dollar(line: str) -> None:
    (credential,) = found(f"FROM debian\nARG MY_TOKEN\n{line}\n")
    assert [use.variable for use in credential.uses] == ["MY_TOKEN"]


@pytest.mark.parametrize("command", ["npm run build", "npm --version", "git config --global user.name x", "pip list"])
def test_a_call_that_does_not_authenticate_reads_nothing(command: str) -> None:
    (credential,) = found(f"FROM debian\nARG NPM_TOKEN\nRUN {command}\n")
    assert credential.uses == ()


NONE = {
    "a key id": "ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D\nRUN gpg --recv-keys $GPG_KEY",
    "a signing key": "ARG SWIFT_SIGNING_KEY=A62AE125BBBFBB96A6E042EC925CC1CCED3D1561\nRUN gpg --recv-keys $SWIFT_SIGNING_KEY",
    "a checksum": "ENV TOKEN_SHA256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\nRUN echo $TOKEN_SHA256 x | sha256sum -c",
    "an author": "ARG AUTHOR=me\nLABEL author=$AUTHOR",
    "a tokenizer": "ENV TOKENIZERS_PARALLELISM=false TOKENIZER=bpe",
    "a public key": "ARG SSH_PUBLIC_KEY\nRUN echo $SSH_PUBLIC_KEY >> ~/.ssh/authorized_keys",
    "a switch": "ENV ALLOW_EMPTY_PASSWORD=yes USE_AUTH=true REQUIRE_TOKEN=1",
    "a path to a secret": "ENV POSTGRES_PASSWORD_FILE=/run/secrets/pg",
    "a secret name with a switch for a value": "ENV DB_PASSWORD=false",
    "a version with secrets in its name": "ARG HELM_SECRETS_VERSION=4.6.5\nRUN curl https://h/v$HELM_SECRETS_VERSION",
    "an empty ENV": 'ENV CHATWORK_TOKEN ""',
    "a placeholder": "ENV DB_PASSWORD=changeme API_TOKEN=<token> SECRET=xxxxxxxx",
    "user git of ssh": "RUN git clone ssh://git@h/r.git /s",
    "a host and a port in variables": "ARG HOST=h\nARG PORT=1\nRUN curl http://$HOST:$PORT/f",
    "a mirror": "ARG PIP_INDEX_URL=https://mirror/simple\nRUN pip install p",
    "a secret mount": "RUN --mount=type=secret,id=t,env=T curl -u bob:$T https://h/f",
    "a secret mount's file": 'RUN --mount=type=secret,id=t curl -H "Authorization: Bearer $(cat /run/secrets/t)" https://h/f',
    "a secret mount of a name that is declared too": "ARG T\nRUN --mount=type=secret,id=t,env=T curl -u bob:$T https://h/f",
    "an ssh mount": "RUN --mount=type=ssh git clone git@h:r.git /s",
    "a query string without a secret": "RUN curl 'https://h/f?token=none&key=main&version=1.2.3'",
    "an anonymous login": "RUN wget ftp://anonymous:anonymous@h/f",
    "a sample file": "COPY .env.example settings.xml.sample /app/",
    "a public key file": "COPY id_rsa.pub known_hosts /root/.ssh/",
    "a key of a package archive": "COPY jenkins.io.key postgresql.gpg.key /tmp/\nRUN apt-key add /tmp/postgresql.gpg.key",
    "an .npmrc that stays": "COPY package.json .npmrc ./\nRUN npm ci",
    "a comment": "# curl -u bob:$TOKEN https://h\nRUN true",
    "a header that does not authenticate": "ARG KIND=x\nRUN curl -H \"Accept: $KIND\" https://h/f",
    "a variable that only stands beside a password": "ARG HOST=h\nARG FILE=f\nRUN curl https://$HOST/$FILE",
}  # fmt: skip


@pytest.mark.parametrize("lines", NONE.values(), ids=NONE.keys())
def test_this_is_no_credential(lines: str) -> None:
    assert [c.name for c in found(f"FROM debian\n{lines}\n") if c.name not in ("T",)] == []


LITERALS = {
    "curl -u": "RUN curl -u bob:x1y2z3w4 https://h/f",
    "user info": "RUN git clone https://bob:x1y2z3w4@h/r.git /s",
    "a known token as user info": f"RUN git clone https://{GITHUB}@h/r.git /s",
    "a known token anywhere": f"RUN ./get {GITHUB}",
    "a header": "RUN curl -H 'Authorization: Bearer x1y2z3w4v5' https://h/f",
    "wget": "RUN wget --password=x1y2z3w4 https://h/f",
    "an npm token": "RUN echo '//h/:_authToken=x1y2z3w4v5' > .npmrc",
    "a query string": "RUN curl 'https://h/f?a=b&access_token=x1y2z3w4v5'",
    "a .netrc": "RUN echo machine h login bob password x1y2z3w4 > ~/.netrc",
    "docker login": "RUN docker login -u bob -p x1y2z3w4 h",
}


@pytest.mark.parametrize("line", LITERALS.values(), ids=LITERALS.keys())
def test_a_literal_is_found_and_its_place_is_known(line: str) -> None:
    text = f"FROM debian\n{line}\n"
    (credential,) = found(text)
    assert credential.kind == "literal"
    assert {text[slice(*span)] for span in credential.values} <= {"x1y2z3w4", "x1y2z3w4v5", GITHUB}


@pytest.mark.parametrize("name", [f"ENV ANYTHING={GITHUB}", f'ENV A=1 B="{GITHUB}"', f"ARG X={GITHUB}", f"ENV X {GITHUB}"])
def test_a_known_format_is_a_credential_under_any_name(name: str) -> None:
    text = f"FROM debian\n{name}\n"
    (credential,) = found(text)
    assert [text[slice(*span)] for span in credential.values] == [GITHUB]


FILES = {
    "COPY id_rsa /root/.ssh/id_rsa": "~/.ssh/id_rsa", "COPY keys/deploy_rsa /root/.ssh/": "~/.ssh/deploy_rsa", "ADD .netrc /root/": "~/.netrc",
    "COPY .aws /root/.aws": "~/.aws", "COPY a.txt .git-credentials /root/": "~/.git-credentials", 'COPY ["auth.json", "/root/.composer/"]': "~/.composer/auth.json",
}  # fmt: skip


@pytest.mark.parametrize(("line", "path"), FILES.items(), ids=FILES.keys())
def test_files_of_the_context_by_their_names(line: str, path: str) -> None:
    (credential,) = found(f"FROM debian\n{line}\n")
    assert (credential.kind, [carrier.path for carrier in credential.carriers]) == ("file", [path])


def test_configuration_that_a_step_takes_away_again_is_one_too() -> None:
    (credential,) = found("FROM node\nWORKDIR /app\nCOPY package.json .npmrc ./\nRUN npm ci && rm -f .npmrc\n")
    assert (credential.name, [use.command for use in credential.uses]) == (".npmrc", ["npm"])


def test_it_is_followed_through_env_and_arg() -> None:
    (credential,) = found("FROM debian\nARG A\nENV B=$A\nENV C=https://bob:${B}@h/r\nRUN git clone $C /s\n")
    assert (credential.name, credential.names) == ("A", {"A", "B", "C"})
    assert [use.variable for use in credential.uses] == ["C"]


def test_of_user_and_password_only_the_password_is_one() -> None:
    (credential,) = found("FROM debian\nARG NAME\nARG WORD\nENV BOTH=$NAME:$WORD\nRUN curl -u $NAME:$WORD https://h/f\n")
    assert credential.names == {"WORD", "BOTH"}


def test_a_file_is_followed_from_who_writes_it_to_who_takes_it_away() -> None:
    text = 'FROM debian\nARG T\nRUN echo "machine h password $T" > /tmp/n && mv /tmp/n ~/.netrc\nRUN git pull\nRUN rm ~/.netrc\n'
    (credential,) = found(text)
    assert [(c.path, c.removed is not None, len(c.readers)) for c in credential.carriers] == [("/tmp/n", True, 0), ("~/.netrc", True, 1)]


@pytest.mark.parametrize(
    ("line", "removed"),
    [
        ("rm -rf ~/*", False), ("rm -rf ~/.??*", True), ("rm -rf ~/.n*", True), ("rm -rf /*/.netrc", True), ("rm -rf /*", True),
        ("rm -f /r*", True), ("rm -f /*netrc", False), ("rm -f ~/?netrc", False),
    ],
)  # fmt: skip
def test_a_glob_takes_away_what_the_shell_finds_for_it(line: str, removed: bool) -> None:
    (credential,) = found(f'FROM debian\nARG T\nRUN echo "machine h password $T" > /root/.netrc\nRUN {line}\n')
    assert [carrier.removed is not None for carrier in credential.carriers] == [removed]


def test_a_file_below_a_folder_nobody_knows_is_cleaned_as_any_other() -> None:
    (credential,) = found("FROM debian\nARG D\nARG T\nRUN cd /srv/$D && bundle config --local gems.h.com bob:$T\n")
    assert [(each.path, each.clean) for each in credential.carriers] == [("/srv/$D/.bundle/config", ("bundle config unset --local gems.h.com",))]


@pytest.mark.parametrize("base", ["debian", "acme/image"])
@pytest.mark.parametrize("user", ["", "USER bob\n", "USER $WHO\n"])
@pytest.mark.parametrize("home", ["~", "$HOME"])
def test_a_file_in_a_home_nobody_knows_is_followed(base: str, user: str, home: str) -> None:
    lines = f'ARG T\nRUN echo "machine h password $T" > {home}/.netrc\nRUN curl -n https://h/f\nRUN rm ~/.netrc\n'
    (credential,) = found(f"FROM {base}\n{user}{lines}")
    assert [(c.removed is not None, len(c.readers)) for c in credential.carriers] == [(True, 1)]


def test_commands_of_other_stages_use_no_file_of_this_one() -> None:
    above = "FROM debian AS a\nCOPY id_rsa /root/.ssh/\nRUN git clone git@h:r.git /r\n"
    (credential,) = found(f"{above}FROM debian AS b\nRUN ssh -i /root/.ssh/id_rsa h\nFROM a AS c\nRUN cat /root/.ssh/id_rsa\n")
    assert [use.stage for use in credential.uses] == [0, 2]


def test_a_key_is_one_by_what_its_own_stage_does_with_it() -> None:
    text = "FROM debian AS a\nCOPY work /k\nRUN {}\nFROM debian AS b\nRUN {}\n"
    assert not found(text.format("true", "ssh -i /k h"))
    assert [each.name for each in found(text.format("ssh -i /k h", "true"))] == ["work"]


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("git clone https://$T@h/r.git /s", ("git -C /s remote set-url origin https://h/r.git",)),
        ("git clone https://$T@h/r.git", ("git -C r remote set-url origin https://h/r.git",)),
        ("git clone -o up 'https://bob'\":$T@h/r.git\" s", None),
        ("git clone --bare https://$T@h/r.git", ("git -C r.git remote set-url origin https://h/r.git",)),
        ("git -C /w clone https://$T@h/r.git", ("git -C /w/r remote set-url origin https://h/r.git",)),
        ('git clone -c http.extraheader="X: $T" https://h/r.git /s', ("git -C /s config --unset-all http.extraheader",)),
        ("git remote add up https://$T@h/r.git", ("git -C . remote set-url up https://h/r.git",)),
    ],
)
def test_how_a_clone_is_cleaned(line: str, clean: tuple[str, ...] | None) -> None:
    (credential,) = found(f"FROM debian\nARG T\nRUN {line}\n")
    assert clean is None or credential.carriers[0].local_clean == clean


def test_stages_from_a_stage_that_touches_a_credential_are_tainted_too() -> None:
    text = "FROM debian AS a\nARG T\nRUN curl -u bob:$T https://h/f\nFROM a AS b\nRUN x\nFROM b\nFROM debian AS c\nRUN x\nCOPY --from=a /x /x\n"
    assert tainted_stages(Facts(dfrefactor.parse(text.encode()))) == {0, 1, 2}


def test_a_secret_mount_taints_nothing() -> None:
    assert tainted_stages(Facts(dfrefactor.parse(b"FROM debian\nRUN --mount=type=secret,id=t,env=T curl -u bob:$T https://h/f\n"))) == frozenset()


@pytest.mark.parametrize("name", ["GH_PAT", "SSH_KEY", "npmToken", "DB_PASSWORD", "db_pass", "API_KEY", "AWS_SECRET_ACCESS_KEY", "TOKEN2", "creds", "PAT"])
def test_names_that_speak_of_a_secret(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["GPG_KEY", "AUTHOR", "TOKENIZER", "PATH", "PWD", "PUB_KEY", "COMPASS", "PASSENGER_VERSION", "NEXT_PUBLIC_API_KEY", "MAX_TOKENS",
                                  "TOKEN_URL", "INSTALL_SSHPASS", "KEYRING", "PATCH", "SECRET_NAME", "KEY"])  # fmt: skip
def test_names_that_do_not(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize("value", ["", "changeme", "xxxx", "${X}", "$X", "<your token>", "your-password", "example-token", "...", "%TOKEN%"])
def test_placeholders(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize("text", ["sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "npm_config_cache", "sk-learn", "path/ghp_short"])
def test_no_tokens(text: str) -> None:
    assert tokens(text) == []


@needs_shared
def test_no_official_file_has_a_credential() -> None:
    rows = [line.split("\t") for line in (SHARED / "corpus" / "index.tsv").read_text().splitlines()[1:]]
    official = [row[0] for row in rows if row[1].startswith("docker-library/")]
    assert len(official) > 100
    alarms = {}
    for name in official:
        document = dfrefactor.parse((SHARED / "corpus" / "dockerfiles" / name).read_bytes())
        if credentials := find(Facts(document)):
            alarms[name] = [credential.name for credential in credentials]
    assert alarms == {}


def _lines_of_the_catalog() -> list[str]:
    """A line for each variable and each option that the catalog says a command authenticates with."""
    lines = []
    for name in names():
        for entry in known.variants() if (known := PACKAGED.get(name)) is not None else ():
            lines += [f"ARG {variable.replace('*', 'X')}" for variable in entry.auth_variables]
            secret = [each for each, option in entry.options.items() if option.words & {"pair", "secret"} and option.takes != "attached"]
            lines += [f"RUN {name} {option} $X" for option in sorted(secret) if option != "-U"]
    rules = formats()["names"]
    return lines + [f"ARG A_{word.upper()}" for word in rules["last"]] + [f"ARG A_{'_'.join(pair).upper()}" for pair in rules["pairs"]]


@pytest.mark.parametrize("line", sorted(set(_lines_of_the_catalog())))
def test_the_quick_look_never_says_no_wrongly(line: str) -> None:
    assert may_hold_credentials(line) or find(Facts(dfrefactor.parse(f"FROM debian\nARG X\n{line}\n".encode()))) == ()
    if line.startswith("RUN") or looks_secret(line[4:]):
        assert may_hold_credentials(line)


IN_JSON = ['RUN ["curl", "-u", "me:hunter2", "https://h/x"]', 'RUN ["curl", "-fsSu", "me:hunter2", "https://h/x"]', 'RUN ["curl","-H","Authorization: Basic bWU6"]',
           'RUN ["sshpass", "-p", "hunter2", "scp", "h:/x", "/x"]']  # fmt: skip


@pytest.mark.parametrize("line", [*USED.values(), *LITERALS.values(), *FILES, *IN_JSON, *(f"ARG {name}" for name in UNNAMED)])
def test_the_quick_look_sees_every_example(line: str) -> None:
    assert may_hold_credentials(line)
