"""Formats for machines, by their schemas, over real files; a report in a file; what a branch changed; and what was there before."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.report import gitlab, markdown, sarif
from dfrefactor.report import json as json_report
from dfrefactor.result import Result
from jsonschema import Draft202012Validator

from tests.conftest import Run
from tests.shared import Real
from tests.test_cli import BROKEN, CLEAN, MENDED, MIXED
from tests.test_front_door import LEAK
from tests.test_reports import SECRET, leaky, outcome

Program = Callable[..., Run]

# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}


def strict(schema: Any) -> Any:
    """The schema with nothing in an object that it does not name: what we publish has to name all that we write."""
    if isinstance(schema, dict):
        more = {"additionalProperties": False} if "properties" in schema else {}
        return {key: strict(value) for key, value in schema.items()} | more
    return [strict(each) for each in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="module")
def published() -> Draft202012Validator:
    schema = json.loads((files("dfrefactor") / "schema" / "report.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(strict(schema))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def odd() -> list[Result]:
    broken = outcome("FOO\n", errors=(ParseError(1, 1, "unknown"),), problems=("our bug",))
    return [broken, outcome("FROM é\r\nRUN a\n", ("RUN a", "RUN `x` <b>|"), path="a b/D"), leaky(SECRET), outcome("")]


def test_what_is_published_holds_for_odd_results(published: Draft202012Validator) -> None:
    published.validate(json.loads(json_report.render(odd(), advice=True)))
    Draft202012Validator(CODE_QUALITY).validate(json.loads(gitlab.render(odd(), advice=True)))


def test_real_files_are_valid_in_every_format(real: list[Real], published: Draft202012Validator) -> None:
    from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log


    results = [each.result() for each in real]
    published.validate(json.loads(json_report.render(results, advice=True)))
    found = json.loads(gitlab.render(results, advice=True))
    Draft202012Validator(CODE_QUALITY).validate(found)
    assert len({each["fingerprint"] for each in found}) == len(found)
    Log.model_validate_json(sarif.render(results, {}, "1", advice=True))
    for result in results:
        assert len(markdown.render([result], advice=True)) < 65_536
    assert len(markdown.render(results, advice=True)) < 65_536


def test_a_schema_is_printed(dfrefactor: Program) -> None:
    assert json.loads(dfrefactor("explain", "--schema", "report").text)["title"].startswith("Report of dfrefactor")


def test_a_fingerprint_stays_while_other_lines_change() -> None:
    def marks(text: str) -> list[str]:
        import dfrefactor

        return [each["fingerprint"] for each in json.loads(gitlab.render([dfrefactor.refactor(text.encode())]))]

    text = LEAK.decode()
    assert marks(text) == marks("# a comment\n\n" + text.replace("RUN npm", "RUN npm ")) != []
    assert marks(text) != marks(text.replace("NPM_TOKEN", "OTHER_TOKEN"))


def test_every_rule_has_its_page(dfrefactor: Program, here: Path) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    run = json.loads(dfrefactor("--format", "sarif").text)["runs"][0]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    (result,) = run["results"]
    assert rules[result["ruleId"]]["helpUri"].endswith("#parallel-stages") and result["fixes"]
    assert len(result["partialFingerprints"]["dfrefactor/v1"]) == 32


def test_a_comment_has_the_difference_and_the_graph_and_no_markup_of_the_file(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    shown = dfrefactor("--format", "markdown").text
    assert shown.startswith("### dfrefactor: 1 warning\n")
    assert "```diff\n@@" in shown and "\n+COPY --from=a /a /a\n" in shown and "```mermaid\n" in shown
    (here / "Dockerfile").write_bytes(BROKEN)
    assert "🔴 line 2: unknown instruction" in dfrefactor("--format", "markdown").text
    (here / "Dockerfile").write_bytes(CLEAN)
    assert dfrefactor("--format", "markdown").text == "### dfrefactor: nothing found\n"
    fenced = markdown.render([outcome("A\n", ("A", "RUN ```` b"))])
    assert "\n`````diff\n" in fenced


def test_a_comment_that_would_be_too_long_is_cut() -> None:
    long = [outcome("A\n", ("A", f"RUN {'x' * 1000}"), path=f"{number}/D") for number in range(100)]
    shown = markdown.render(long)
    assert len(shown) < 65_536 and "Differences are left out" in shown and "`99/D`" in shown
    shown = markdown.render([outcome("A\n", ("A", "B"), path=f"{number}/{'d' * 200}") for number in range(400)])
    assert len(shown) < 65_536 and shown.endswith("The rest is left out: the comment would be too long._\n")


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "gitlab", "markdown", "patch"])
def test_a_report_goes_into_a_file(here: Path, dfrefactor: Program, form: str) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    shown = dfrefactor("--format", form)
    run = dfrefactor("--format", form, "--output", "report", terminal=True)
    assert run.out == b"" and run.err.startswith("1 file would change, 1 warning")
    assert (here / "report").read_bytes() == shown.out
    assert "dfrefactor: nowhere/report: no such file" in dfrefactor("--check", "-o", "nowhere/report").err
    assert dfrefactor("-o", "x", "-", stdin=MIXED).code == 2


def test_only_what_the_branch_changed(here: Path, dfrefactor: Program) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for name in ("old", "changed", "later"):
        (here / f"{name}.Dockerfile").write_bytes(MIXED)
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    subprocess.run([*git, "switch", "-qc", "branch"], check=True)
    assert dfrefactor("--check", "--diff-base", "main") == Run(0, b"", "")
    (here / "changed.Dockerfile").write_bytes(MIXED + b"CMD x\n")
    subprocess.run([*git, "commit", "-qam", "two"], check=True)
    subprocess.run([*git, "switch", "-q", "main"], check=True)
    (here / "later.Dockerfile").write_bytes(MIXED + b"CMD y\n")
    subprocess.run([*git, "commit", "-qam", "three"], check=True)
    subprocess.run([*git, "switch", "-q", "branch"], check=True)
    (here / "new.Dockerfile").write_bytes(MIXED)
    lines = dfrefactor("--check", "--diff-base", "main").text.splitlines()
    assert {line.partition(":")[0] for line in lines if line[0] != " "} == {"changed.Dockerfile", "new.Dockerfile"}
    wrong = dfrefactor("--diff-base", "nowhere")
    assert wrong.code == 2 and "--diff-base: " in wrong.err and wrong.err.count("\n") == 1
    assert dfrefactor("--diff-base", "--output=x").code == 2


def test_what_was_there_before_does_not_count(here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "Dockerfile").write_bytes(MIXED)
    (here / "leak.Dockerfile").write_bytes(LEAK)
    assert dfrefactor("--write-baseline", "base.json").code == 0
    assert dfrefactor("--check").code == 1
    assert dfrefactor("--check", "--baseline", "base.json") == Run(0, b"", "2 files unchanged\n")
    assert dfrefactor("--baseline", "base.json").out == b""
    assert json.loads(dfrefactor("--baseline", "base.json", "--format", "json").text)["summary"]["findings"] == 0
    (here / "leak.Dockerfile").write_bytes(b"# moved down\n\n" + LEAK)
    monkeypatch.chdir(here / "sub")
    assert dfrefactor("--check", "--baseline", "../base.json", "..").code == 0
    monkeypatch.chdir(here)
    (here / "new.Dockerfile").write_bytes(LEAK)
    run = dfrefactor("--check", "--baseline", "base.json")
    assert run.code == 1 and {line.partition(":")[0] for line in run.text.splitlines() if line[0] != " "} == {"new.Dockerfile"}
    assert dfrefactor("--apply", "--baseline", "base.json", "sub").code == 0
    assert (here / "sub" / "Dockerfile").read_bytes() == MENDED


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "findings": []}', '{"version": 1, "findings": [{}]}'])
def test_a_baseline_that_is_none_is_told(here: Path, dfrefactor: Program, text: str) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    (here / "base.json").write_text(text)
    run = dfrefactor("--baseline", "base.json")
    assert run.code == 2 and run.err == "base.json: is no baseline of version 1: --write-baseline makes one\n"
    assert dfrefactor("--baseline", "nowhere").err == "nowhere: no such file or directory\n"


def test_no_secret_is_in_a_baseline_nor_can_it_be_guessed_from_it(here: Path, dfrefactor: Program) -> None:
    marks = []
    for value in ("hunter2-hunter2", "an0ther-s3cret-value"):
        (here / "Dockerfile").write_text(f"FROM debian\nENV DB_PASSWORD={value}\nRUN mysql -p$DB_PASSWORD -e x\n")
        dfrefactor("--write-baseline", "base.json")
        marks.append((here / "base.json").read_text())
    assert marks[0] == marks[1] and "fingerprint" in marks[0]
