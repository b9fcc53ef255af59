"""A pass's page is its test; each example is checked in every way we know."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.finding import Finding, Severity
from dfrefactor.passes import PASSES, Example, Pass
from dfrefactor.result import Result
from dfrefactor.settings import Settings

CASES = [pytest.param(p, e, id=f"{p.name}-{i}") for p in PASSES for i, e in enumerate(p.examples)]


def run(by: Pass, text: str) -> Result:
    path = "Dockerfile" if "dockerfile" in by.reads else "compose.yaml"
    result = dfrefactor.refactor(text.encode(), path, passes=[by], settings=Settings(selected=frozenset({by.name})))
    assert result.errors == () and result.problems == ()
    return result


@pytest.mark.parametrize(("by", "example"), CASES)
def test_the_page_tells_the_truth(by: Pass, example: Example) -> None:
    assert run(by, example.before).data.decode() == example.after


@pytest.mark.parametrize(("by", "example"), CASES)
def test_what_has_a_rewrite_is_a_warning_at_least(by: Pass, example: Example) -> None:
    assert all(each.severity >= Severity.WARNING for each in run(by, example.before).findings if each.edits)


@pytest.mark.parametrize(("by", "example"), CASES)
def test_a_second_run_changes_nothing(by: Pass, example: Example) -> None:
    assert run(by, example.after).data.decode() == example.after


@pytest.mark.parametrize(("by", "example"), CASES)
def test_the_crlf_twin_gives_the_crlf_twin(by: Pass, example: Example) -> None:
    assert run(by, example.before.replace("\n", "\r\n")).data.decode() == example.after.replace("\n", "\r\n")


@pytest.mark.parametrize(("by", "example"), CASES)
def test_without_a_final_newline_it_is_the_same_but_for_it(by: Pass, example: Example) -> None:
    assert run(by, example.before.rstrip("\n")).data.decode().rstrip("\n") == example.after.rstrip("\n")


@pytest.mark.parametrize(("by", "example"), CASES)
def test_skip_file_is_obeyed(by: Pass, example: Example) -> None:
    text = example.before + "# dfrefactor: skip-file\n"
    assert run(by, text).data.decode() == text


@pytest.mark.parametrize("by", PASSES, ids=lambda p: p.name)
def test_a_page_has_changes_and_as_many_examples_that_stay(by: Pass) -> None:
    changing = [e for e in by.examples if e.before != e.after]
    assert changing
    assert len(by.examples) - len(changing) >= 1
    assert "Safe: " in by.page


def test_findings_say_which_pass_made_them() -> None:
    for by in PASSES:
        for example in by.examples:
            found: tuple[Finding, ...] = run(by, example.before).findings
            assert all(finding.rule == by.name for finding in found)
