"""How bad a finding about a credential is, and what that comes to: exit codes, every report, the summary, the hooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor.cli import config
from dfrefactor.finding import Severity
from dfrefactor.passes import named
from dfrefactor.pipeline import refactor

from tests.conftest import Run

Program = Callable[..., Run]

LEAK = "FROM debian\nENV AWS_ACCESS_KEY_ID=AKIA2X7QJ4N5R6T8W9YZ\nENV AWS_SECRET_ACCESS_KEY=kd93jfLq0sPz\nRUN aws s3 cp s3://b/k /k\n"
KEPT = "FROM postgres\nENV POSTGRES_PASSWORD=kept-in-the-image\n"
MENDED = "FROM debian\nARG TOKEN\nRUN curl -fsSu ci:$TOKEN -o /opt/one https://example.org/one\n"
SPLIT = "FROM debian\n# dfrefactor: writes=/a\nRUN make a\n# dfrefactor: writes=/b\nRUN make b\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    config.nearest.cache_clear()
    return tmp_path


def grades(text: str) -> set[str]:
    return {each.severity.name for each in refactor(text.encode(), passes=[named("purge-credentials")]).findings}


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        (LEAK, "ERROR"),
        (MENDED, "ERROR"),
        (KEPT, "WARNING"),
        ("FROM a\nARG SENTRY_AUTH_TOKEN\nCOPY . .\nRUN npm run build\n", "ERROR"),
        ("FROM a\nARG BUILD_TOKEN\nLABEL token=$BUILD_TOKEN\n", "ERROR"),
        ("FROM a\nARG API_TOKEN\nENV API_TOKEN=$API_TOKEN\nCMD [\"x\"]\n", "ERROR"),
        ("FROM a\nARG API_TOKEN=k3pt1nthe1mage\nENV API_TOKEN=$API_TOKEN\nCMD [\"x\"]\n", "WARNING"),
        (f"FROM a\nENV API_TOKEN=ghp_{'a1B2c3D4' * 5}\nCMD [\"x\"]\n", "ERROR"),
        ("FROM a\nENV SECRET_KEY=k3pt1nthe1mage\nRUN ./manage.py collectstatic\n", "WARNING"),
        ("FROM a\nCOPY certs/tls.key /etc/app/tls.key\n", "WARNING"),
    ],
)
def test_more_than_a_name_makes_an_error(text: str, grade: str) -> None:
    assert grades(text) == {grade}


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nENV DB_PASSWORD=${DB_PASSWORD:-}\nRUN ./configure\n",
        "FROM a\nENV SA_PASSWORD=$MSSQL_PASSWORD\n",
        "FROM a\nCOPY insecure_id_rsa /root/.ssh/id_rsa\nRUN git clone git@example.org:a/b /b\n",
    ],
)
def test_what_brings_nothing_is_no_credential(text: str) -> None:
    assert not refactor(text.encode(), passes=[named("purge-credentials")]).findings


@pytest.mark.parametrize("form", ["text", "patch", "json", "sarif", "github"])
@pytest.mark.parametrize("more", [(), ("-q",)])
def test_a_check_fails_on_a_leak_in_every_form(here: Path, dfrefactor: Program, form: str, more: tuple[str, ...]) -> None:
    (here / "Dockerfile").write_text(LEAK)
    run = dfrefactor("--check", "--format", form, *more)
    assert run.code == 1
    assert "ends up in" in run.text + run.err and "kd93jfLq0sPz" not in run.text + run.err


def test_every_form_says_error(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_text(LEAK)
    assert dfrefactor("--check").text.startswith("Dockerfile:2:5: error: purge-credentials: ")
    assert dfrefactor("--check").err == "1 file unchanged, 2 errors\n"
    assert all(line.startswith("::error file=Dockerfile,") for line in dfrefactor("--format", "github").text.splitlines())
    log = json.loads(dfrefactor("--format", "sarif").text)
    assert {each["level"] for each in log["runs"][0]["results"]} == {"error"}
    found = json.loads(dfrefactor("--format", "json").text)
    assert found["summary"]["severities"] == {"error": 2, "warning": 0, "note": 0}
    assert {each["severity"] for each in found["files"][0]["findings"]} == {"error"}


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        (LEAK, "--check --fail-on never", 0), (LEAK, "--check --fail-on note", 1), (LEAK, "--check --fail-on error", 1),
        (LEAK, "--apply", 0), (LEAK, "--apply --fail-on error", 1), (LEAK, "", 0), (LEAK, "--fail-on error", 2),
        (KEPT, "--check", 0), (KEPT, "--check --fail-on warning", 1), (KEPT, "--check --fail-on error", 0),
        (MENDED, "--check", 1), (MENDED, "--check --fail-on never", 0), (MENDED, "--apply --fail-on note", 0),
        (SPLIT, "--check --fail-on error", 1), (SPLIT, "--check --fail-on never", 0), (SPLIT, "--apply --fail-on note", 0),
    ],
)  # fmt: skip
def test_what_a_run_fails_on(here: Path, dfrefactor: Program, text: str, words: str, code: int) -> None:
    (here / "Dockerfile").write_text(text)
    assert dfrefactor(*words.split()).code == code


@pytest.mark.parametrize(
    ("text", "said", "code"),
    [
        (LEAK, 'fail-on = "never"', 0), (KEPT, 'fail-on = "warning"', 1), (LEAK, 'fail-on = {purge-credentials = "never"}', 0),
        (KEPT, 'fail-on = {purge-credentials = "warning"}', 1), (SPLIT, '[fail-on]\nparallel-stages = "never"', 0),
        (LEAK, '[fail-on]\nparallel-stages = "never"', 1), (LEAK, 'fail-on = "errors"', 2), (LEAK, "fail-on = 1", 2),
        (LEAK, 'fail-on = {purge = "error"}', 2),
    ],
)  # fmt: skip
def test_the_configuration_says_what_it_fails_on(here: Path, dfrefactor: Program, text: str, said: str, code: int) -> None:
    (here / "Dockerfile").write_text(text)
    (here / "dfrefactor.toml").write_text(said + "\n")
    assert dfrefactor("--check").code == code
    if code < 2:
        assert dfrefactor("--check", "--fail-on", "note").code == 1


def test_the_filter_of_an_editor_goes_on(here: Path, dfrefactor: Program) -> None:
    (here / "dfrefactor.toml").write_text('fail-on = "note"\n')
    assert dfrefactor("-", stdin=LEAK.encode()).code == 0


def test_the_hooks_fail_on_a_leak(here: Path, dfrefactor: Program) -> None:
    from ruamel.yaml import YAML

    hooks = YAML(typ="safe").load((Path(__file__).parents[1] / ".pre-commit-hooks.yaml").read_text())
    (here / "Dockerfile").write_text(LEAK)
    for hook in hooks:
        program, *words = hook["entry"].split()
        assert program == "dfrefactor" and dfrefactor(*words, "Dockerfile").code == 1


def test_severities_are_ordered() -> None:
    assert Severity.NOTE < Severity.WARNING < Severity.ERROR
