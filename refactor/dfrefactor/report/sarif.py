"""Outcomes as SARIF 2.1.0, for code scanning.

Each fix is a whole one: made alone on the file as it was read, it gives a text that the guard has passed.  So the fix
of a later pass holds the changes it builds on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dfrefactor.finding import Safety
from dfrefactor.report.outcome import Outcome
from dfrefactor.report.places import Found, Place, fix, found, place, printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Safety.SAFE: "warning", Safety.UNSAFE: "warning", Safety.ADVICE: "note"}


def render(outcomes: Sequence[Outcome], pages: Mapping[str, str], version: str, advice: bool = False) -> str:
    """One SARIF log and a newline; `pages` holds the page of every pass by its name.  No secret's value is in it."""
    import json

    problems = [(outcome, problem) for outcome in outcomes for problem in outcome.problems]
    run = {
        "tool": {"driver": {"name": "dfrefactor", "version": version, "rules": _rules(pages)}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not problems,
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": printable(outcome.mask(problem))},
                        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(outcome.path)}}}],
                    }
                    for outcome, problem in problems
                ],
            }
        ],
        "results": [result for outcome in outcomes for result in _results(outcome, advice)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def uri(path: str) -> str:
    """A file's path as a URI reference, relative where the path is."""
    data = os.path.normpath(path).encode("utf-8", "surrogateescape")
    text = quote(data, safe="/")
    if os.path.isabs(path):
        return "file://" + text
    return "./" + text if text.startswith("//") else text


def _rules(pages: Mapping[str, str]) -> list[dict[str, Any]]:
    rules = [
        {"id": name, "shortDescription": {"text": page.strip().split("\n")[0]}, "help": {"text": page.strip()}}
        for name, page in pages.items()
    ]
    return [*rules, {"id": "parse-error", "shortDescription": {"text": "The builder would reject the file."}}]


def _results(outcome: Outcome, advice: bool) -> list[dict[str, Any]]:
    fixes: dict[int, tuple[list[dict[str, Any]], str]] = {}
    results = []
    for each in found(outcome, advice):
        result = _result(outcome, each)
        if each.change is not None:
            if each.change not in fixes:
                fixes[each.change] = _fixes(outcome, each.change)
            made, withheld = fixes[each.change]
            if made:
                result["fixes"] = made
            elif withheld:
                result["message"]["text"] += f"\n{withheld}"
        results.append(result)
    for fault in outcome.faults:
        region = {"startLine": fault.line, "startColumn": fault.column}
        results.append(_entry(outcome, "parse-error", "error", fault.message, region))
    return results


def _result(outcome: Outcome, each: Found) -> dict[str, Any]:
    finding = each.finding
    text = "\n".join([finding.message, *finding.notes])
    return _entry(outcome, finding.rule, _LEVELS[finding.safety], text, _region(each.place))


def _entry(outcome: Outcome, rule: str, level: str, text: str, region: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": printable(outcome.mask(text))},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(outcome.path)}, "region": region}}],
    }


def _fixes(outcome: Outcome, number: int) -> tuple[list[dict[str, Any]], str]:
    edits, withheld = fix(outcome, outcome.changes[number].after)
    if not edits:
        return [], withheld
    replacements = [
        {"deletedRegion": _region(place(outcome.before, edit.span)), "insertedContent": {"text": edit.text}}
        for edit in edits
    ]
    names = ", ".join(dict.fromkeys(change.by for change in outcome.changes[: number + 1]))
    change = {"artifactLocation": {"uri": uri(outcome.path)}, "replacements": replacements}
    return [{"description": {"text": f"Apply {names}"}, "artifactChanges": [change]}], ""


def _region(where: Place) -> dict[str, int]:
    return {
        "startLine": where.line,
        "startColumn": where.column,
        "endLine": where.end_line,
        "endColumn": where.end_column,
    }
