"""What builds a Dockerfile goes along when a build argument becomes a secret: those bytes, and no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from dfrefactor.compose import args
from dfrefactor.compose.file import BuildFile
from dfrefactor.compose.handing import names
from dfrefactor.compose.scripts import builds
from dfrefactor.finding import Asked, Finding, Severity
from dfrefactor.passes import named
from dfrefactor.pipeline import refactor
from dfrefactor.result import Result
from dfrefactor.secrets.hidden import stated
from dfrefactor.settings import Settings
from dfrefactor.text.source import Source
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conftest import Run
from tests.repositories import DOCKERFILE, REPOSITORIES, Repository
from tests.shared import SHARED, compose_files, needs_shared

Program = Callable[..., Run]
MOUNT = ("--strategy", "mount")

every = pytest.mark.parametrize("repository", REPOSITORIES.values(), ids=REPOSITORIES.keys())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@every
def test_what_builds_the_dockerfile_goes_along(here: Path, dfrefactor: Program, repository: Repository) -> None:
    repository.write(here)
    assert dfrefactor(*MOUNT, "--check", ".").code == 1
    run = dfrefactor(*MOUNT, "--apply", ".")
    assert run.code == 0, run.err
    assert {path.relative_to(here).as_posix() for path in here.rglob("*") if path.is_file()} == repository.files.keys()
    for name in repository.files:
        data = (here / name).read_bytes()
        if "Dockerfile" not in name:
            assert data.decode() == repository.after(name).decode()
        elif "label" not in name:
            assert b"type=secret,id=" in data and b"ARG NPM_TOKEN" not in data and b"COPY" not in data


@every
def test_one_run_settles_and_the_order_of_runs_does_not_matter(here: Path, dfrefactor: Program, repository: Repository) -> None:
    repository.write(here)
    dockerfiles = [name for name in repository.files if "Dockerfile" in name]
    if any("/" in name for name in dockerfiles):
        (here / ".git").mkdir()
    told = dfrefactor(*MOUNT, "--apply", *dockerfiles)
    for name in repository.changes:
        assert (here / name).read_bytes().decode() == repository.files[name], "a file that was not named stays"
        assert f"{name}:" in told.text and ("this file was not named" in told.text or "has to pass it" in told.text)
    if not any("ARG" in text for text in repository.files.values()):
        return  # nothing but the rewrite says what the builds lack
    assert dfrefactor("--apply", ".").code == 0  # in what is left of it, an argument is passed that is a secret
    for name in repository.changes:
        assert (here / name).read_bytes() == repository.after(name)
    assert "+++" not in dfrefactor(*MOUNT, ".").text


@every
def test_the_builder_strategy_leaves_them(here: Path, dfrefactor: Program, repository: Repository) -> None:
    repository.write(here)
    dfrefactor("--apply", ".")
    for name in repository.changes:
        assert (here / name).read_bytes().decode() == repository.files[name]


def test_every_report_has_it(here: Path, dfrefactor: Program) -> None:
    REPOSITORIES["compose 3, a list"].write(here)
    shown = dfrefactor(*MOUNT, ".").text
    assert "+++ docker-compose.yml (purge-credentials)\n" in shown and "+        environment: HOST_TOKEN\n" in shown
    files = json.loads(dfrefactor(*MOUNT, "--format", "json", ".").text)["files"]
    (compose,) = [each for each in files if each["path"] == "docker-compose.yml"]
    assert [(each["severity"], each["mended"]) for each in compose["findings"]] == [("warning", True)] * 2 and compose["edits"]
    (sarif,) = json.loads(dfrefactor(*MOUNT, "--format", "sarif", ".").text)["runs"]
    results = [each for each in sarif["results"] if each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "docker-compose.yml"]
    assert len(results) == 2 and all(each["fixes"] for each in results)
    patch = dfrefactor(*MOUNT, "--format", "patch", ".").text
    assert "a/docker-compose.yml" in patch


def test_an_override_goes_along_with_what_it_lies_over(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_text(DOCKERFILE)
    (here / "docker-compose.yml").write_text("services:\n  app:\n    build: .\n")
    override = "services:\n  app:\n    build:\n      args:\n        NPM_TOKEN: $NPM_TOKEN\n"
    (here / "docker-compose.override.yml").write_text(override)
    assert dfrefactor(*MOUNT, "--apply", ".").code == 0
    after = override.replace("args:\n        NPM_TOKEN: $NPM_TOKEN\n", "secrets:\n        - NPM_TOKEN\n")
    after += "\nsecrets:\n  NPM_TOKEN:\n    environment: NPM_TOKEN\n"
    assert (here / "docker-compose.override.yml").read_text() == after


IDS = {
    "a workflow": (
        ".github/workflows/a.yml",
        ("jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        build-args: NPM_TOKEN=${{ secrets.NPM }}\n"
        "    - uses: docker/build-push-action@v6\n      with:\n        context: other\n        secrets: npm=${{ secrets.NPM }}\n"),
    ),
    "a bake file": (
        "docker-bake.hcl",
        'variable "T" {}\ntarget "a" {\n  args = { NPM_TOKEN = T }\n}\ntarget "b" {\n  context = "other"\n  secret = ["type=env,id=npm,env=T"]\n}\n',
    ),
    "the Dockerfile itself": (
        "Dockerfile", DOCKERFILE.replace("ARG", "RUN --mount=type=secret,id=npm,env=NPM_TOKEN true\nARG"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), IDS.values(), ids=IDS.keys())
def test_the_id_is_the_one_that_the_repository_has(here: Path, dfrefactor: Program, name: str, text: str) -> None:
    (here / "Dockerfile").write_text(DOCKERFILE)
    (here / name).parent.mkdir(parents=True, exist_ok=True)
    (here / name).write_text(text)
    assert dfrefactor(*MOUNT, "--apply", ".").code == 0
    assert "--mount=type=secret,id=npm,env=NPM_TOKEN,required=true" in (here / "Dockerfile").read_text()
    if name != "Dockerfile":
        assert "npm" in (here / name).read_text() and "id=NPM_TOKEN" not in (here / name).read_text()


def test_a_file_that_is_left_out_of_the_search_stays(here: Path, dfrefactor: Program) -> None:
    repository = REPOSITORIES["a workflow with bake and Compose"]
    repository.write(here)
    run = dfrefactor(*MOUNT, "--apply", "--exclude", "ci/", ".")
    assert (here / "ci/compose.yaml").read_text() == repository.files["ci/compose.yaml"] and "ci/compose.yaml" not in run.text
    assert (here / "docker-bake.hcl").read_bytes() == repository.after("docker-bake.hcl")


def test_of_a_folder_in_a_repository_the_files_around_it_are_told(here: Path, dfrefactor: Program) -> None:
    (here / ".git").mkdir()
    repository = REPOSITORIES["a workflow with docker build"]
    repository.write(here)
    run = dfrefactor(*MOUNT, "--apply", "app")
    name = ".github/workflows/build.yml"
    assert (here / name).read_text() == repository.files[name]
    assert run.text.count(f"{name}:7:") == 2 and "this file was not named" in run.text


def test_a_value_of_the_dockerfile_is_asked_of_those_who_build_it(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_text("FROM debian:12\nRUN curl -u u:hunter2hunter2 https://example.com/ -o /x\n")
    (here / "compose.yaml").write_text("services:\n  app:\n    build: .\n  other:\n    build: sub\n")
    (here / "docker-bake.hcl").write_text('target "app" {\n  secret = ["id=CURL_PASSWORD,env=P"]\n}\ntarget "more" {}\n')
    (here / ".gitlab-ci.yml").write_text("a:\n  script: docker build .\n")
    (here / "build.sh").write_text("docker build -q .\n")
    run = dfrefactor(*MOUNT, "--apply", ".")
    lines = run.text.splitlines()
    said = [above for above, line in pairwise(lines) if "has to pass it" in line]
    assert [line.partition(": ")[0] for line in said] == ["docker-bake.hcl:4:1", ".gitlab-ci.yml:2:18", "build.sh:1:8"]
    assert 'write bake: secret = ["id=CURL_PASSWORD,env=CURL_PASSWORD"]' in run.text and "hunter2" not in run.text
    assert (here / "compose.yaml").read_text() == (
        "services:\n  app:\n    build:\n      context: .\n      secrets:\n        - CURL_PASSWORD\n  other:\n    build: sub\n"
        "\nsecrets:\n  CURL_PASSWORD:\n    environment: CURL_PASSWORD\n"
    )


FILES = {"Dockerfile": (Asked("", "npmrc", given="src=.npmrc"), Asked("", "pypirc", given="src=conf/.pypirc")), "app/Dockerfile": (Asked("", "npmrc", given="src=.npmrc"),)}
GIVEN = {
    "compose": (
        "services:\n  a:\n    build: app # c\n  b: {build: {context: app}}\n  c:\n    build:\n      context: ./app\n      secrets:\n        - other\n", "compose.yaml",
        [("    build: app # c\n", "    build: # c\n      context: app\n      secrets:\n        - npmrc\n"), ("{context: app}", "{context: app, secrets: [npmrc]}"),
         ("        - other\n", "        - other\n        - npmrc\n\nsecrets:\n  npmrc:\n    file: ./app/.npmrc\n")],
    ),
    "compose, two": (
        "services:\n  a:\n    build:\n      context: .\n", "compose.yaml",
        [("context: .\n", "context: .\n      secrets:\n        - npmrc\n        - pypirc\n\nsecrets:\n  npmrc:\n    file: ./.npmrc\n  pypirc:\n    file: ./conf/.pypirc\n")],
    ),
    "bake": (
        'target "a" {\n  context = "app"\n}\n', "docker-bake.hcl", [('"app"\n', '"app"\n  secret = ["id=npmrc,src=app/.npmrc"]\n')],
    ),
    "bake, JSON": (
        '{"target": {"a": {"context": "app"}}}\n', "docker-bake.json", [('"app"', '"app", "secret": ["id=npmrc,src=app/.npmrc"]')],
    ),
    "a step": (
        "jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        context: .\n        tags: |\n          a\n          b\n", ".github/workflows/a.yml",
        [("          b\n", "          b\n        secret-files: |\n          npmrc=.npmrc\n          pypirc=conf/.pypirc\n")],
    ),
    "a step that has files": (
        "jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        context: app\n        secret-files: a=b\n", ".github/workflows/a.yml",
        [("secret-files: a=b\n", "secret-files: |\n          a=b\n          npmrc=app/.npmrc\n")],
    ),
    "a command": ("a:\n  script:\n  - docker build -t a .\n", ".gitlab-ci.yml",
                  [("docker build", "docker build --secret id=npmrc,src=.npmrc --secret id=pypirc,src=conf/.pypirc")]),
    "a command that has one": ("a:\n  script:\n  - cd app && docker build --secret id=npmrc,src=x .\n  - docker build -f ../app/Dockerfile ..\n", ".gitlab-ci.yml",
                               [("docker build -f", "docker build --secret id=npmrc,src=../.npmrc -f")]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path", "changes"), GIVEN.values(), ids=GIVEN.keys())
def test_files_that_became_secrets_are_passed(text: str, path: str, changes: list[tuple[str, str]]) -> None:
    expected = text
    for old, new in changes:
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    for twin, other in ((text, expected), (text.replace("\n", "\r\n"), expected.replace("\n", "\r\n"))):
        result = refactor(twin.encode(), path, [named("purge-credentials")], Settings(asked=FILES))
        assert not result.problems and result.data.decode() == other
        assert not refactor(result.data, path, [named("purge-credentials")], Settings(asked=FILES)).changed


def test_a_dockerfile_that_is_not_written_takes_nothing_along(here: Path, dfrefactor: Program) -> None:
    repository = REPOSITORIES["compose, a map"]
    repository.write(here)
    (here / "Dockerfile").write_text("# dfrefactor: skip-file\n" + DOCKERFILE)
    assert dfrefactor(*MOUNT, "--apply", ".").code == 0
    assert (here / "compose.yaml").read_text() == repository.files["compose.yaml"]


KNOWN = {"Dockerfile": (Asked("T", "T"), Asked("U", "u"))}


def along(text: str, path: str = "compose.yaml") -> Result:
    result = refactor(text.encode(), path, [named("purge-credentials")], Settings(asked=KNOWN))
    assert not result.problems and not result.errors
    return result


def message(text: str, path: str = "compose.yaml") -> str:
    """What is said of a file that stays as it is."""
    result = along(text, path)
    assert not result.changed, result.data.decode()
    (finding,) = result.findings
    assert finding.severity is (Severity.NOTE if path.endswith((".sh", "Makefile")) else Severity.WARNING)
    return " | ".join([finding.message, *finding.notes])


def service(args: str, more: str = "") -> str:
    return f"services:\n  app:\n    build:\n      context: .\n      args:{args}\n{more}"


NOT_MENDED = {
    "a value": (service(" {T: hunter2hunter2}"), "compose.yaml", "none that a variable of the environment has"),
    "a default": (service(" {T: '${T:-hunter2}'}"), "compose.yaml", "none that a variable of the environment has"),
    "a text around it": (service("\n        - T=x$T"), "compose.yaml", "none that a variable of the environment has"),
    "another secret of that id": (service("\n        - T", "secrets:\n  T: {file: ./t}\n"), "compose.yaml", "is another one"),
    "a target with another secret of that id": (
        'variable "T" {}\ntarget "default" {\n  args = { T = T }\n  secret = ["id=T,src=t"]\n}\n', "docker-bake.hcl", "is another one",
    ),
    "a step with another secret of that id": (
        ("jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        build-args: T=${{ secrets.T }}\n"
        "        secrets: T=${{ secrets.O }}\n"), ".github/workflows/a.yml", "how it is written can't be edited",
    ),
    "a Dockerfile that is not known": (
        "services:\n  app:\n    build:\n      context: ${DIR}\n      args: [T]\n", "compose.yaml", "if `app` builds that, it has to pass it so",
    ),
    "a part of a build": ("services:\n  app:\n    build:\n      args: [T]\n", "compose.override.yaml", "if `app` builds that"),
    "an argument that others share": (
        "x-args: &args\n  T:\n  A: b\nservices:\n  app:\n    build: {context: ., args: *args}\n  other:\n    build: {context: sub, args: *args}\n",
        "compose.yaml", "`other`, which takes the same argument from here",
    ),
    "a whole anchor, shared": (
        "services:\n  app:\n    build: {context: ., args: &args {T: $T}}\n  two:\n    build: {context: ., args: *args}\n",
        "compose.yaml", "can't be edited for this build alone",
    ),
    "a whole anchor": (
        "x-args: &args\n  T:\nservices:\n  app:\n    build: {context: ., args: *args}\n", "compose.yaml", "can't be edited for this build alone",
    ),
    "a value in a bake file": ('target "default" {\n  args = { T = "hunter2hunter2" }\n}\n', "docker-bake.hcl", "none that a variable"),
    "a default in a bake file": (
        'variable "T" { default = "hunter2hunter2" }\ntarget "default" {\n  args = { T = T }\n}\n', "docker-bake.hcl", "none that a variable",
    ),
    "a function in a bake file": (
        'variable "T" {}\ntarget "default" {\n  args = { T = trim(T, " ") }\n}\n', "docker-bake.hcl", 'secret = ["id=T,env=T"]',
    ),
    "computed arguments in a bake file": (
        'variable "T" {}\ntarget "default" {\n  args = merge({ T = T }, {})\n}\n', "docker-bake.hcl", "its arguments are computed",
    ),
    "a value in a workflow": (
        "jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        build-args: T=hunter2hunter2\n",
        ".github/workflows/a.yml", "its value stands here",
    ),
    "a value between quotes in a workflow": (
        "jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        build-args: |\n          \"T=hunter2 hunter2\"\n",
        ".github/workflows/a.yml", "its value stands here",
    ),
    "an override in a workflow": (
        "jobs:\n  a:\n    steps:\n    - uses: docker/bake-action@v6\n      with:\n        set: |\n          *.args.T=${{ secrets.T }}\n",
        ".github/workflows/a.yml", "`*.secrets=id=T,env=T`, with T in the step's `env`",
    ),
    "a matrix": (
        "jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        file: ${{ matrix.file }}\n        build-args: T=${{ secrets.T }}\n",
        ".github/workflows/a.yml", "if the step builds that, it has to pass it so",
    ),
    "compose on a command line": (
        "jobs:\n  a:\n    steps:\n    - run: docker compose build --build-arg T=$T\n", ".github/workflows/a.yml", "into the file that `docker compose` reads",
    ),
    "bake on a command line": (
        "a:\n  script:\n  - docker buildx bake --set app.args.T=$T\n", ".gitlab-ci.yml", "into the file that `docker buildx bake` reads",
    ),
    "another builder": (
        "a:\n  script:\n  - /kaniko/executor --context . --build-arg T=$T\n", ".gitlab-ci.yml",
        "write `--secret id=T,env=T`, if `/kaniko/executor` takes that",
    ),
    "an environment that has another value": (
        "jobs:\n  a:\n    steps:\n    - run: docker build --build-arg T=${{ secrets.T }} .\n      env: {T: x}\n", ".github/workflows/a.yml",
        "none that a variable",
    ),
    "a command between brackets": ("a:\n  script: [docker build --build-arg T=$T .]\n", ".gitlab-ci.yml", "how the file writes it can't be edited"),
    "a step between braces": (
        "jobs:\n  a:\n    steps: [{run: docker build --build-arg T=$T .}]\n", ".github/workflows/a.yml", "how the file writes it can't be edited",
    ),
    "a variable of the script": ("a:\n  script:\n  - X=$(cat t)\n  - docker build --build-arg T=$X .\n", ".gitlab-ci.yml", "none that a variable"),
    "the classic builder": (
        "variables: {DOCKER_BUILDKIT: 0}\na:\n  script: docker build --build-arg T=$X .\n", ".gitlab-ci.yml", "the classic builder has no secrets",
    ),
    "the classic builder, in the command": (
        "a:\n  script:\n  - DOCKER_BUILDKIT=0 docker build --build-arg T=$X .\n", ".gitlab-ci.yml", "the classic builder has no secrets",
    ),
    "a script": ('#!/bin/sh\nset -e\ndocker build --build-arg T="$1" .\n', "build.sh", "write `--secret id=T,env=T`"),
    "a script in another folder": ("cd /src/x && cd ../.. && docker build --build-arg U=$V $DIR\n", "build.sh", "write `--secret id=u,env=V`"),
    "a Makefile": ("image:\n\t@docker build --build-arg T=$(TOKEN) \\\n\t  -t x .\n", "Makefile", "write `--secret id=T,env=TOKEN`"),
    "a Makefile with the shell's variable": ("image:\n\tdocker build --build-arg U=$$V .\n", "Makefile", "write `--secret id=u,env=U`"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path", "said"), NOT_MENDED.values(), ids=NOT_MENDED.keys())
def test_what_can_not_be_mended_is_said(text: str, path: str, said: str) -> None:
    assert said in message(text, path)


@pytest.mark.parametrize("text", [case[0] for case in NOT_MENDED.values() if "hunter2" in case[0]])
def test_no_value_is_shown(here: Path, dfrefactor: Program, text: str) -> None:
    name = "docker-bake.hcl" if "target" in text else ".github/workflows/a.yml" if "jobs" in text else "compose.yaml"
    (here / name).parent.mkdir(parents=True, exist_ok=True)
    (here / name).write_text(text + ("  more:\n    build: {context: ., args: [T]}\n" if name == "compose.yaml" else ""))
    (here / "Dockerfile").write_text("FROM debian:12\nARG T\nRUN curl -u u:$T https://example.com/ -o /x\n")
    for words in ((), ("--check",), ("--format", "json"), ("--format", "sarif"), ("--format", "github")):
        run = dfrefactor(*MOUNT, *words, ".")
        assert name in run.text and "hunter2" not in run.text + run.err, words


SHOWN = {
    "services:\n  app:\n    environment:\n      API_TOKEN: SUPER_SECRET_1\n      DB_PASSWORD: ${DB_PASSWORD:-hunter3}\n": ["SUPER_SECRET_1", "${DB_PASSWORD:-hunter3}", "-hunter3}"],
    "    NPM_TOKEN: ${NPM_TOKEN:?give it}\n    GH_TOKEN: $X\n    A_TOKEN: ${{ secrets.X }}\n": [],
    'variable "TOKEN" {}\n  args = { NPM_TOKEN = TOKEN, API_TOKEN = API_TOKEN, A_TOKEN = "hunter3" }\n  secret = ["id=a,env=TOKEN"]\n': ["hunter3"],
    "  - docker build --build-arg NPM_TOKEN -t app app && docker login -u x --password hunter3\n": ["hunter3"],
    "      secrets: [npm_token, other]\n      token: {file: x}\n": [],
}


@pytest.mark.parametrize("text", SHOWN)
def test_what_no_report_shows(text: str) -> None:
    assert [text[start:end] for start, end in stated(text)] == SHOWN[text]


LEFT_ALONE = {
    "another folder": ("services:\n  app:\n    build:\n      context: sub\n      args: [T]\n", "compose.yaml"),
    "another Dockerfile": ("services:\n  app:\n    build: {context: ., dockerfile: Dockerfile.dev, args: [T]}\n", "compose.yaml"),
    "another argument": (service(" [TT, T_T=$T]"), "compose.yaml"),
    "no argument": ("services:\n  app:\n    build: .\n    environment: [T]\n", "compose.yaml"),
    "another target": ('target "a" {\n  dockerfile = "x"\n  args = { T = T }\n}\nvariable "T" {}\n', "docker-bake.hcl"),
    "another step": (
        "jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        context: sub\n        build-args: T=${{ secrets.T }}\n",
        ".github/workflows/a.yml",
    ),
    "another action": (
        "jobs:\n  a:\n    steps:\n    - uses: x/y@v1\n      with:\n        build-args: T=${{ secrets.T }}\n", ".github/workflows/a.yml",
    ),
    "another command": ("a:\n  script:\n  - echo docker build . T=$T\n  - docker build -f x --build-arg T=$T .\n", ".gitlab-ci.yml"),
    "no workflow": ("- a\n- {b: [c\n", ".github/workflows/a.yml"),
    "ignored": (service("\n        # dfrefactor: ignore=purge-credentials\n        - T"), "compose.yaml"),
    "ignored, in a step": (
        "jobs:\n  a:\n    steps:\n    # dfrefactor: ignore=purge-credentials\n    - run: docker build --build-arg T .\n", ".github/workflows/a.yml",
    ),
    "skipped": ("# dfrefactor: skip-file\n" + service(" [T]"), "compose.yaml"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path"), LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_leave_alone(text: str, path: str) -> None:
    result = along(text, path)
    assert not result.changed and result.findings == ()


MENDED = {
    "no line end at the end": (service("\n        - T").rstrip("\n"), "compose.yaml",
                               [("args:\n        - T", "secrets:\n        - T\n\nsecrets:\n  T:\n    environment: T")]),
    "secrets in their long form": (
        service("\n        T: $X\n      secrets:\n        - source: o", "secrets:\n  o: {file: ./o}\n"), "compose.yaml",
        [("      args:\n        T: $X\n", ""), ("- source: o\n", "- source: o\n        - T\n"), ("{file: ./o}\n", "{file: ./o}\n  T:\n    environment: X\n")],
    ),
    "top-level secrets between braces": (
        service("\n        T: $X", "secrets: {o: {file: ./o}}\n"), "compose.yaml",
        [("args:\n        T: $X\n", "secrets:\n        - T\n"), ("{file: ./o}}", "{file: ./o}, T: {environment: X}}")],
    ),
    "a comment behind": (
        service("\n        T: $X # c\n        A: b # d", "# the end\n"), "compose.yaml",
        [("        T: $X # c\n", ""), ("# d\n", "# d\n      secrets:\n        - T\n"), ("# the end\n", "# the end\n\nsecrets:\n  T:\n    environment: X\n")],
    ),
    "two secrets, one at a time": (
        service("\n        - U=$V\n        - T"), "compose.yaml",
        [("args:\n        - U=$V\n        - T\n", "secrets:\n        - u\n        - T\n\nsecrets:\n  u:\n    environment: V\n  T:\n    environment: T\n")],
    ),
    "a target on one line": (
        'variable "T" {}\ntarget "default" {\n  args = {\n    A = 1, T = T\n  }\n}\n', "docker-bake.hcl",
        [(", T = T\n  }\n", '\n  }\n  secret = ["id=T,env=T"]\n')],
    ),
    "an empty list of secrets": (
        'variable "T" {}\ntarget "default" {\n  secret = []\n  args = {\n    T = "${T}"\n  }\n}\n', "docker-bake.hcl",
        [('  args = {\n    T = "${T}"\n  }\n', ""), ("[]", '["id=T,env=T"]')],
    ),
    "a secret that the step has already": (
        ("jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        build-args: |\n          T=${{ secrets.T }}\n"
        "        secrets: |\n          T=${{ secrets.T }}\n"), ".github/workflows/a.yml", [("        build-args: |\n          T=${{ secrets.T }}\n", "")],
    ),
    "lines between quotes": (
        'jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        build-args: |\n          "U=${{ secrets.T }}"\n          A=b\n',
        ".github/workflows/a.yml", [('          "U=${{ secrets.T }}"\n', ""), ("A=b\n", 'A=b\n        secrets: |\n          "u=${{ secrets.T }}"\n')],
    ),
    "a secret that stands alone": (
        ("jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        build-args: T=${{ secrets.T }}\n"
        "        secrets: o=${{ secrets.O }}\n"), ".github/workflows/a.yml",
        [("        build-args: T=${{ secrets.T }}\n", ""), ("secrets: o=${{ secrets.O }}\n", "secrets: |\n          o=${{ secrets.O }}\n          T=${{ secrets.T }}\n")],
    ),
    "a command between brackets and quotes": (
        'a:\n  script: ["docker build --build-arg T=$T ."]\n', ".gitlab-ci.yml", [("--build-arg T=$T", "--secret id=T,env=T")],
    ),
    "a secret that the command has already": (
        "a:\n  script:\n  - |\n    docker build --secret id=T,env=T \\\n      --build-arg T=$T \\\n      .\n", ".gitlab-ci.yml",
        [(" \\\n      --build-arg T=$T", "")],
    ),
    "arguments that stand elsewhere": (
        ("x-args: &args\n  T:\n  A: b\nx-more: &more\n  <<: *args\n  C: d\nservices:\n  app:\n    build: {context: ., args: *args}\n"
        "  two:\n    build:\n      context: .\n      args: {<<: *more, E: f}\n"), "compose.yaml",
        [("  T:\n", ""), ("args: *args}", "args: *args, secrets: [T]}"),
         ("E: f}\n", "E: f}\n      secrets: [T]\nsecrets:\n  T:\n    environment: T\n")],
    ),
    "comments among the arguments": (
        service("\n        # of npm\n        T: $X # read-only\n        # of pip\n        U: $Y", "      target: a\n"), "compose.yaml",
        [("      args:\n", "      secrets:\n"), ("T: $X #", "- T #"), ("U: $Y\n", "- u\n"),
         ("target: a\n", "target: a\n\nsecrets:\n  T:\n    environment: X\n  u:\n    environment: Y\n")],
    ),
    "a comment below the arguments": (
        service("\n        A: b\n        T: $X\n        # C: d", "      # of the build\n"), "compose.yaml",
        [("        T: $X\n", ""), ("# C: d\n", "# C: d\n      secrets:\n        - T\n"),
         ("# of the build\n", "# of the build\n\nsecrets:\n  T:\n    environment: X\n")],
    ),
    "a comment in a target": (
        'variable "T" {}\ntarget "default" {\n  args = {\n    A = 1\n    # of npm\n    T = T\n  }\n}\n', "docker-bake.hcl",
        [("    T = T\n  }\n", '  }\n  secret = ["id=T,env=T"]\n')],
    ),
    "an environment that has the value": (
        "jobs:\n  a:\n    steps:\n    - run: docker build --build-arg T=${{ secrets.T }} .\n      env: {T: '${{ secrets.T }}'}\n", ".github/workflows/a.yml",
        [("--build-arg T=${{ secrets.T }}", "--secret id=T,env=T")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path", "changes"), MENDED.values(), ids=MENDED.keys())
def test_forms(text: str, path: str, changes: list[tuple[str, str]] | None) -> None:
    result, expected = along(text, path), text
    for old, new in changes or ():
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    assert result.data.decode() == expected
    assert result.changed == bool(changes)
    again = along(expected, path)
    assert not again.changed
    if changes:
        twin = along(text.replace("\n", "\r\n"), path)
        assert twin.data.decode() == expected.replace("\n", "\r\n")


def test_two_variables_of_one_argument_are_not_mixed_up() -> None:
    text = service("\n        - T=$A") + "  more:\n    build:\n      context: .\n      args:\n        - T=$B\n        - C=d\n"
    result = along(text)
    assert result.data.decode().count("environment: ") == 1 and "- T=$B" in result.data.decode()
    assert ["is another one" in finding.message for finding in result.findings] == [False, True]


def test_the_top_level_comes_last() -> None:
    build = "    build:\n      context: .\n      args:\n        A: b\n        T: $X\n"
    after = build.replace("        T: $X\n", "      secrets:\n        - T\n")
    for end in ("\n", ""):
        text = f"services:\n  a:\n{build}  b:\n{build}".removesuffix("\n") + end
        expected = f"services:\n  a:\n{after}  b:\n{after}\nsecrets:\n  T:\n    environment: X{end}"
        assert along(text).data.decode() == expected


def test_line_ends_that_are_mixed_stay() -> None:
    text = "services:\r\n  app:\n    build:\r\n      context: .\r\n      args:\r\n        A: b\n        T: $X\r\n        C: d\n    x: y\r\n"
    after = text.replace("        T: $X\r\n", "").replace("C: d\n", "C: d\n      secrets:\r\n        - T\r\n")
    assert along(text).data.decode() == after + "\r\nsecrets:\r\n  T:\r\n    environment: X\r\n"


@needs_shared
def test_real_files_that_passed_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every argument came from a variable and were a secret: the guard agrees, and a second run finds nothing to mend."""
    monkeypatch.setattr(args, "_source", lambda *_: ("X", None))
    mended = 0
    bakes = sorted(path for path in (SHARED / "corpus" / "bake").rglob("*") if path.is_file())
    for path in [*compose_files(), *bakes]:
        name = path.name.replace(path.stem, "docker-bake" if path in bakes else "compose")
        file = BuildFile(Source.of_bytes(path.read_bytes(), name), lambda _: None)
        known = {build.file: tuple(Asked(each, f"of.{each}") for each, _ in build.args) for build in file.builds if build.file}
        ours = Settings(asked=known, generated=True)
        result = refactor(path.read_bytes(), name, [named("purge-credentials")], ours)
        assert not result.problems, path
        again = refactor(result.data, name, [named("purge-credentials")], ours)
        assert not again.changed, path
        mended += sum(bool(finding.edits) for finding in result.findings)
        assert_passed(file, result.data, known)
    assert mended > 150


def assert_passed(file: BuildFile, after: bytes, known: dict[str, tuple[Asked, ...]]) -> None:
    """Every build that does not pass an argument any more passes the secret."""
    bake = file.source.path.startswith("docker-bake")
    others = BuildFile(Source.of_bytes(after, file.source.path), file.read).builds
    for old, new in zip(file.builds, others, strict=True):
        lists = [found for part in new.parts if (found := part.get("secret" if bake else "secrets")) is not None]
        secrets = {name for each in lists for item in each.items for name in names(item.value)}
        for asked in known.get(old.file or "", ()):
            passed = [any(True for _ in args.places(build, asked.argument, bake)) for build in (old, new)]
            assert passed != [True, False] or asked.secret in secrets, (file.source.path, old.name, asked)


SEEDS = [(text, path) for text, path, _ in (*NOT_MENDED.values(), *MENDED.values(), *GIVEN.values())]
PIECES = st.sampled_from(["\n", "  ", "- ", ": ", "{", "}", "[", "]", '"', "'", "|", ">", "#", "&a ", "*a", "<<: ", "$T", "${T}", "T=", "--build-arg T",
                          "docker build ", "\\\n", "args:", "secrets:", "\t", "\r", "\ufeff", "é", ",", "=", "${{ secrets.T }}"])  # fmt: skip


ENDS = "jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        build-args: |\n          A=1"
"""A file whose last line has no line end, and is one of a block."""
ACROSS = "a:\n  script:\n  - |\n    docker build --secret id=T,env=T \\\n  -     --build-arg T=$T \\\n      .\n"
"""A command that one entry of a list begins and the next one goes on with."""


@settings(max_examples=400)
@given(seed=st.sampled_from(SEEDS), edits=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), PIECES), max_size=4))
@example(seed=(ACROSS, ".gitlab-ci.yml"), edits=[])
@example(seed=(ENDS, ".github/workflows/a.yml"), edits=[])
def test_any_text_is_mended_or_left(seed: tuple[str, str], edits: list[tuple[int, int, str]]) -> None:
    text, path = seed
    for at, gone, piece in edits:
        text = text[:at] + piece + text[at + gone :]
    known = {"Dockerfile": (*KNOWN["Dockerfile"], *FILES["Dockerfile"]), "app/Dockerfile": FILES["app/Dockerfile"]}
    result = refactor(text.encode("utf-8", "surrogateescape"), path, [named("purge-credentials")], Settings(asked=known))
    assert not result.problems
    if result.changed and not path.startswith("."):
        assert_passed(BuildFile(Source(text, path), lambda _: None), result.data, known)
    if result.changed:
        again = refactor(result.data, path, [named("purge-credentials")], Settings(asked=known))
        assert not again.changed and not again.problems


def test_what_an_add_is_given_is_no_token_to_pass_on() -> None:
    known = {"Dockerfile": (Asked("T", "HTTP_AUTH_HEADER_example.com", "the value is `Basic`, a blank, and more"),)}
    result = refactor(service("\n        - T").encode(), "compose.yaml", [named("purge-credentials")], Settings(asked=known))
    (finding,) = result.findings
    assert not result.changed and "the value is `Basic`" in finding.message


def test_the_guard_sees_what_else_would_change(monkeypatch: pytest.MonkeyPatch) -> None:
    from dfrefactor.compose import found
    from dfrefactor.text.edit import Edit
    from dfrefactor.text.source import Span

    plain = found.Found.finding

    def spoilt(self: found.Found, rule: str, aside: bool) -> Finding:
        finding = plain(self, rule, aside)
        object.__setattr__(finding, "edits", (*finding.edits, Edit(Span(0, 0), "name: other\n")))
        return finding

    monkeypatch.setattr(found.Found, "finding", spoilt)
    result = refactor(service("\n        - T").encode(), "compose.yaml", [named("purge-credentials")], Settings(asked=KNOWN))
    assert not result.changed and result.problems == ("purge-credentials: more would change than what builds pass",)


COMMANDS = {
    "docker build --build-arg T=$T .": ("Dockerfile", "T"),
    "docker image build -q --build-arg=T=${X} -t a:b -f x/D app": ("x/D", "X"),
    "sudo docker buildx build --platform linux/amd64 --build-arg 'T=$T' app/": ("app/Dockerfile", ""),
    "cd app && docker build --build-arg T ..": ("Dockerfile", "T"),
    "(cd $DIR; docker build --build-arg T .)": (None, "T"),
    "docker build --build-arg T - < Dockerfile": (None, "T"),
    "docker build --build-arg T https://example.com/a.git": (None, "T"),
    "docker build --unheard-of --build-arg T .": (None, "T"),
    "if true; then X=1 docker build --build-arg T=$X .; fi": ("Dockerfile", "X"),
    "X=1; docker build --build-arg T=$X .": ("Dockerfile", ""),
    "export X=1; docker build --build-arg T=$X .": ("Dockerfile", "X"),
    "docker build --build-arg T=${X:-1} .": ("Dockerfile", ""),
}


@pytest.mark.parametrize("text", COMMANDS)
def test_commands(text: str) -> None:
    (command,) = builds(text)
    (argument,) = command.arguments
    assert (command.file, argument.variable) == COMMANDS[text] and argument.name == "T"
