"""Results as SARIF 2.1.0, for code scanning.

Each fix is a whole one: made alone on the file as it was read, it gives a text that the guard has passed.  So the fix
of a later pass holds the changes it builds on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dfrefactor.finding import Safety
from dfrefactor.report.places import Place, fix, place, printable
from dfrefactor.result import Found, Result

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Safety.SAFE: "warning", Safety.UNSAFE: "warning", Safety.ADVICE: "note"}


def render(results: Sequence[Result], pages: Mapping[str, str], version: str, advice: bool = False) -> str:
    """One SARIF log and a newline; `pages` holds the page of every pass by its name.  No secret's value is in it."""
    import json

    problems = [(result, problem) for result in results for problem in result.problems]
    run = {
        "tool": {"driver": {"name": "dfrefactor", "version": version, "rules": _rules(pages)}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not problems,
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": printable(result.mask(problem))},
                        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(result.path)}}}],
                    }
                    for result, problem in problems
                ],
            }
        ],
        "results": [entry for result in results for entry in _entries(result, advice)],
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


def _entries(result: Result, advice: bool) -> list[dict[str, Any]]:
    fixes: dict[int, tuple[list[dict[str, Any]], str]] = {}
    entries = []
    for each in result.found(advice):
        entry = _result(result, each)
        if each.rewrite is not None:
            if each.rewrite not in fixes:
                fixes[each.rewrite] = _fixes(result, each.rewrite)
            made, withheld = fixes[each.rewrite]
            if made:
                entry["fixes"] = made
            elif withheld:
                entry["message"]["text"] += f"\n{withheld}"
        entries.append(entry)
    for error in result.errors:
        region = {"startLine": error.line, "startColumn": error.column}
        entries.append(_entry(result, "parse-error", "error", error.message, region))
    return entries


def _result(result: Result, each: Found) -> dict[str, Any]:
    finding = each.finding
    text = "\n".join([finding.message, *finding.notes])
    return _entry(result, finding.rule, _LEVELS[finding.safety], text, _region(place(result.before, each.span)))


def _entry(result: Result, rule: str, level: str, text: str, region: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": printable(result.mask(text))},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(result.path)}, "region": region}}],
    }


def _fixes(result: Result, number: int) -> tuple[list[dict[str, Any]], str]:
    edits, withheld = fix(result, result.rewrites[number].after)
    if not edits:
        return [], withheld
    replacements = [
        {"deletedRegion": _region(place(result.before, edit.span)), "insertedContent": {"text": edit.text}}
        for edit in edits
    ]
    names = ", ".join(dict.fromkeys(rewrite.by for rewrite in result.rewrites[: number + 1]))
    change = {"artifactLocation": {"uri": uri(result.path)}, "replacements": replacements}
    return [{"description": {"text": f"Apply {names}"}, "artifactChanges": [change]}], ""


def _region(where: Place) -> dict[str, int]:
    return {
        "startLine": where.line,
        "startColumn": where.column,
        "endLine": where.end_line,
        "endColumn": where.end_column,
    }
