"""Credential files that a COPY or ADD brings: by name, by the place they go to, by what the build context beside the file has."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor.cli import context
from dfrefactor.passes import named
from dfrefactor.pipeline import refactor
from dfrefactor.secrets.brought import holds

from tests.conftest import Run

Program = Callable[..., Run]
TOKEN = "k3pt-1n-th3-1mage"
NPMRC = f"//registry.example.org/:_authToken={TOKEN}\n"


def told(text: str) -> list[tuple[str, str]]:
    found = refactor(text.encode(), passes=[named("purge-credentials")]).findings
    return [(each.severity.name, each.message) for each in found]


@pytest.mark.parametrize(
    ("lines", "where", "grade"),
    [
        ("COPY x /root/.docker/config.json\nRUN docker pull a/b", "~/.docker/config.json", "ERROR"),
        ("COPY kubeconfig /root/.kube/config\nRUN kubectl get crds > /crds", "~/.kube/config", "ERROR"),
        ("ADD ssh/ /root/.ssh/\nRUN git clone git@example.org:a/b /b", "~/.ssh", "ERROR"),
        ("COPY deploy /root/.ssh/id_ed25519\nRUN git clone git@example.org:a/b /b && rm /root/.ssh/id_ed25519", "~/.ssh/id_ed25519", "ERROR"),
        ("COPY rc /root/.terraformrc\nRUN terraform init\nRUN rm /root/.terraformrc", "~/.terraformrc", "ERROR"),
        ("COPY mine.properties /root/.gradle/gradle.properties\nRUN gradle build && rm /root/.gradle/gradle.properties",
         "~/.gradle/gradle.properties", "ERROR"),
        ("COPY pip.conf /root/.config/pip/pip.conf\nRUN pip install a", "~/.config/pip/pip.conf", "WARNING"),
    ],
)  # fmt: skip
def test_the_place_it_goes_to_says_what_it_is(lines: str, where: str, grade: str) -> None:
    found = told(f"FROM debian\n{lines}\n")
    assert len(found) == 1 and found[0][0] == grade and f" a layer, as {where}" in found[0][1]


@pytest.mark.parametrize("line", ["COPY config /root/.ssh/config", "COPY a.pub /root/.ssh/id_rsa.pub", "COPY known /root/.ssh/known_hosts",
                                  "COPY config.json /etc/app/config.json", "COPY config /app/config"])  # fmt: skip
def test_what_is_public_is_none(line: str) -> None:
    assert not told(f"FROM debian\n{line}\nRUN git clone git@example.org:a/b /b\n")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    context._tree.cache_clear()
    return tmp_path


def write(here: Path, **files: str) -> None:
    for name, text in files.items():
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def checked(dfrefactor: Program) -> tuple[int, list[tuple[str, str]]]:
    run = dfrefactor("--check", "--format", "json", "--select", "purge-credentials", "Dockerfile")
    assert TOKEN not in run.text + run.err
    return run.code, [(each["severity"], each["message"]) for each in json.loads(run.text)["files"][0]["findings"]]


ALL = "FROM node\nWORKDIR /app\nCOPY . .\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env", f"PORT=80\nDB_PASSWORD={TOKEN}\n"), (".npmrc", NPMRC), (".aws/credentials", f"[default]\naws_secret_access_key = {TOKEN}\n"),
        (".ssh/id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"), ("deploy/.env.production", f"export API_TOKEN='{TOKEN}'\n"),
        ("conf/settings.xml", f"<server><password>{TOKEN}</password></server>"), (".netrc", f"machine h login a password {TOKEN}\n"),
        ("nuget.config", f'<add key="ClearTextPassword" value="{TOKEN}" />'), ("key.json.d/service-account-key.json", f'{{"private_key": "{TOKEN}"}}'),
    ],
)  # fmt: skip
def test_what_copy_all_takes_from_the_context_is_a_warning(here: Path, dfrefactor: Program, name: str, text: str) -> None:
    write(here, Dockerfile=ALL, **{name: text})
    code, [(severity, message)] = checked(dfrefactor)
    assert (code, severity) == (0, "warning")
    assert f"credential file {name}" in message and f"/app/{name}" in message and ".dockerignore" in message
    write(here, **{".dockerignore": f"*.md\n{name}\n"})
    context._tree.cache_clear()
    assert checked(dfrefactor) == (0, [])


def test_one_that_a_step_reads_is_an_error(here: Path, dfrefactor: Program) -> None:
    write(here, Dockerfile=ALL + "RUN npm install\n", **{".npmrc": NPMRC})
    code, [(severity, message)] = checked(dfrefactor)
    assert (code, severity) == (1, "error") and "which reads /app/.npmrc" in message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".npmrc", "save-exact=true\n"), (".npmrc", "//h/:_authToken=${NPM_TOKEN}\n"), (".env", "PORT=80\nDB_PASSWORD=changeme\n"),
        (".env", "DB_PASSWORD=\n"), (".env.example", f"DB_PASSWORD={TOKEN}\n"), ("gradle.properties", "org.gradle.jvmargs=-Xmx2g\n"),
        ("tests/server.key", "-----BEGIN PRIVATE KEY-----\n"), ("node_modules/a/.npmrc", NPMRC), ("auth.json", "{}\n"),
    ],
)  # fmt: skip
def test_files_that_hold_none_are_not_told(here: Path, dfrefactor: Program, name: str, text: str) -> None:
    write(here, Dockerfile=ALL + "RUN npm install\n", **{name: text})
    assert checked(dfrefactor) == (0, [])


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("COPY package*.json .npmrc* ./", True), ("COPY .npmrc ./", True), ("COPY conf/ /etc/app/", True), ("COPY conf/* /etc/app/", True),
        ("COPY src /app", False), ("COPY package*.json ./", False),
    ],
)  # fmt: skip
def test_patterns_and_folders_bring_what_is_in_them(here: Path, dfrefactor: Program, line: str, found: bool) -> None:
    write(here, Dockerfile=f"FROM node\nWORKDIR /app\n{line}\nRUN npm install\n",
          **{".npmrc": NPMRC, "package.json": "{}", "conf/.npmrc": NPMRC, "src/a": ""})  # fmt: skip
    assert bool(checked(dfrefactor)[1]) is found


KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"
FOLDERS = {
    "a key and known hosts": (
        {".ssh/id_rsa": KEY, ".ssh/known_hosts": "h ssh-ed25519 A\n", ".ssh/config": "Host h\n"},
        "COPY .ssh /root/.ssh\nRUN chmod 600 /root/.ssh/id_rsa && git clone git@h:r.git /s\nRUN rm -rf /root/.ssh\n",
        "COPY .ssh/config .ssh/known_hosts /root/.ssh/\nRUN --mount=type=secret,id=id_rsa,target=/root/.ssh/id_rsa,required=true \\\n    git clone git@h:r.git /s\nRUN rm -rf /root/.ssh\n",
    ),
    "nothing else": (
        {".aws/credentials": "[default]\naws_secret_access_key = abcdefgh12345678\n"},
        "COPY .aws/ /root/.aws/\nRUN aws s3 cp s3://a/x /x\nRUN rm -rf /root/.aws\n",
        "RUN --mount=type=secret,id=credentials,target=/root/.aws/credentials,required=true \\\n    aws s3 cp s3://a/x /x\n",
    ),
    "two": (
        {"keys/id_rsa": KEY, "keys/id_ed25519": KEY},
        "ADD keys/ /root/.ssh/\nRUN git clone git@h:r.git /s\n",
        "RUN --mount=type=secret,id=id_ed25519,target=/root/.ssh/id_ed25519,required=true \\\n    --mount=type=secret,id=id_rsa,target=/root/.ssh/id_rsa,required=true \\\n    git clone git@h:r.git /s\n",
    ),
    "a mode for all that are there": ({".ssh/id_rsa": KEY, ".ssh/known_hosts": "h ssh-ed25519 A\n"}, "COPY .ssh /root/.ssh\nRUN chmod 600 /root/.ssh/* && git clone git@h:r.git /s\n", ""),
    "what is further down": ({".aws/credentials": "x", ".aws/sso/cache/a.json": "{}"}, "COPY .aws /root/.aws\nRUN aws s3 cp s3://a/x /x\n", ""),
    "a folder of gcloud": ({".config/gcloud/credentials.db": "x", ".config/gcloud/configurations/a": ""}, "COPY .config/gcloud /root/.config/gcloud\nRUN gsutil cp gs://a/x /x\n", ""),
}  # fmt: skip


@pytest.mark.parametrize(("files", "before", "after"), FOLDERS.values(), ids=FOLDERS.keys())
def test_of_a_folder_the_credentials_are_mounted(here: Path, dfrefactor: Program, files: dict[str, str], before: str, after: str) -> None:
    write(here, Dockerfile=f"FROM debian\n{before}", **files)
    run = dfrefactor("--apply", "--strategy", "mount", "--select", "purge-credentials", "Dockerfile")
    assert (here / "Dockerfile").read_text() == f"FROM debian\n{after or before}"
    assert after or "a mount is one file" in run.text or "a mount can't be changed" in run.text


def test_a_folder_of_public_files_is_none(here: Path, dfrefactor: Program) -> None:
    write(here, Dockerfile="FROM debian\nCOPY .ssh /root/.ssh\nRUN git clone git@h:r.git /s\n", **{".ssh/known_hosts": "h ssh-ed25519 A\n"})
    assert checked(dfrefactor) == (0, [])


def test_what_is_in_a_file_that_is_copied_by_name_counts(here: Path, dfrefactor: Program) -> None:
    write(here, Dockerfile="FROM node\nCOPY .npmrc /app/\nWORKDIR /app\nRUN npm ci && rm .npmrc\n", **{".npmrc": "save-exact=true\n"})
    assert checked(dfrefactor) == (0, [])


def test_a_stage_that_is_copied_along_brings_it_too(here: Path, dfrefactor: Program) -> None:
    text = "FROM node AS build\nWORKDIR /app\nCOPY .npmrc package.json ./\nRUN npm ci\nFROM node\nCOPY --from=build /app /app\n"
    write(here, Dockerfile=text, **{".npmrc": NPMRC, "package.json": "{}"})
    code, [(severity, _)] = checked(dfrefactor)
    assert (code, severity) == (1, "error")
    dfrefactor("--apply", "--select", "purge-credentials", "Dockerfile")
    assert "RUN npm ci && rm -f /app/.npmrc\n" in (here / "Dockerfile").read_text()


def test_the_context_of_a_file_below_is_the_folder_that_has_what_it_copies(here: Path, dfrefactor: Program) -> None:
    write(here, **{"docker/Dockerfile": "FROM node\nCOPY package.json .\nCOPY . /app\n", "package.json": "{}", ".env": f"A_TOKEN={TOKEN}\n"})
    run = dfrefactor("--check", "--fail-on", "warning", "docker/Dockerfile")
    assert run.code == 1 and "credential file .env" in run.text


def test_a_file_of_any_other_name_is_no_credential_for_what_it_says(here: Path, dfrefactor: Program) -> None:
    text = "FROM python\nCOPY app.py conf.yml /app/\nRUN python /app/app.py\n"
    write(here, Dockerfile=text, **{"app.py": f'token = "{TOKEN}"\n', "conf.yml": f"password: {TOKEN}\n"})
    assert checked(dfrefactor) == (0, [])


def test_configuration_that_a_variable_names_is_looked_into(here: Path, dfrefactor: Program) -> None:
    text = "FROM python\nCOPY my.ini /opt/my.ini\nENV PIP_CONFIG_FILE=/opt/my.ini\nRUN pip install x\n"
    write(here, Dockerfile=text, **{"my.ini": f"[global]\nindex-url = https://ci:{TOKEN}@example.org/simple\n"})
    assert checked(dfrefactor)[0] == 1
    write(here, **{"my.ini": "[global]\ntimeout = 60\n"})
    assert checked(dfrefactor) == (0, [])


def test_what_comes_along_and_is_removed_later_is_a_warning(here: Path, dfrefactor: Program) -> None:
    write(here, Dockerfile=ALL + "RUN rm -f .env\n", **{".env": f"A_TOKEN={TOKEN}\n"})
    code, [(severity, _)] = checked(dfrefactor)
    assert (code, severity) == (0, "warning")


@pytest.mark.parametrize(
    ("line", "path", "out"),
    [
        ("*.env", "a.env", True), ("*.env", "b/a.env", False), ("**/*.env", "b/a.env", True), ("**/*.env", "a.env", True), ("b", "b/c/d", True),
        ("/b", "b/c", True), ("b/", "b/c", True), ("./b/../.env", ".env", True), ("?.key", "a.key", True), ("[ab].key", "b.key", True),
        ("**\n!.env", ".env", False), ("*\n!b/.env", "b/.env", False), ("!.env\n.env", ".env", True), ("# .env", ".env", False),
    ],
)  # fmt: skip
def test_dockerignore_is_read_as_builders_do(here: Path, line: str, path: str, out: bool) -> None:
    write(here, **{path: "x", ".dockerignore": line + "\n", "Dockerfile": ""})
    tree = context.look("Dockerfile", ())
    assert tree is not None and (path not in tree.paths) is out


def test_a_dockerignore_of_the_files_own_wins(here: Path) -> None:
    write(here, **{".env": "x", ".dockerignore": ".env\n", "Dockerfile.dockerignore": "*.md\n", "Dockerfile": ""})
    tree = context.look("Dockerfile", ())
    assert tree is not None and ".env" in tree.paths


@pytest.mark.parametrize("text", ["A=b\n", "TOKEN=$X\n", "password: <token>\n", "PUBLIC_KEY=abcdefgh\n", '{"version": "1.2.3"}'])
def test_what_authenticates_nobody(text: str) -> None:
    assert not holds(text)
