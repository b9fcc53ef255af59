"""Results as SARIF 2.1.0, for code scanning.

Each fix is a whole one: made alone on the file as it was read, it gives a text that the guard has passed.  So the fix
of a later pass holds the changes it builds on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dfrefactor.finding import GENERATED, UNUSED
from dfrefactor.report.fingerprint import marked
from dfrefactor.report.places import fix, place
from dfrefactor.result import Result
from dfrefactor.text.shown import valid
from dfrefactor.text.source import Span
from dfrefactor.version import HOME, page

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(results: Sequence[Result], pages: Mapping[str, str], version: str, advice: bool = False) -> str:
    """One SARIF log and a newline; `pages` holds the page of every pass by its name.  No secret's value is in it."""
    import json

    rules = [
        {
            "id": name, "shortDescription": {"text": text.strip().split("\n")[0]}, "help": {"text": text.strip()},
            "helpUri": page(name),
        }
        for name, text in pages.items()
    ]  # fmt: skip
    rules.append({"id": GENERATED, "shortDescription": {"text": "The file says it is generated and is left alone."}})
    rules.append({"id": UNUSED, "shortDescription": {"text": "A comment that silences nothing."}})
    rules.append({"id": "parse-error", "shortDescription": {"text": "The builder would reject the file."}})
    problems = [_message(result, problem) for result in results for problem in result.problems]
    run = {
        "tool": {"driver": {"name": "dfrefactor", "version": version, "informationUri": HOME, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not problems,
                "toolExecutionNotifications": [{"level": "error", **problem} for problem in problems],
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


def _entries(result: Result, advice: bool) -> list[dict[str, Any]]:
    fixes: dict[int, tuple[list[dict[str, Any]], str]] = {}
    entries = []
    for (finding, span, rewrite), fingerprint in marked(result, advice):
        message = _message(result, "\n".join(finding.lines), _region(result, span))
        entry = {"ruleId": finding.rule, "level": finding.severity.name.lower(), **message}
        entry["partialFingerprints"] = {"dfrefactor/v1": fingerprint}
        if rewrite is not None:
            if rewrite not in fixes:
                fixes[rewrite] = _fixes(result, rewrite)
            made, withheld = fixes[rewrite]
            if made:
                entry["fixes"] = made
            elif withheld:
                entry["message"]["text"] += f"\n{withheld}"
        entries.append(entry)
    for error in result.shown_errors:
        message = _message(result, error.message, {"startLine": error.line, "startColumn": error.column})
        entries.append({"ruleId": "parse-error", "level": "error", **message})
    return entries


def _message(result: Result, text: str, region: dict[str, int] | None = None) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": uri(result.path)}} | ({"region": region} if region else {})
    return {"message": {"text": valid(result.mask(text))}, "locations": [{"physicalLocation": place}]}


def _fixes(result: Result, number: int) -> tuple[list[dict[str, Any]], str]:
    edits, withheld = fix(result, result.rewrites[number].after)
    if not edits:
        return [], withheld
    replacements = [{"deletedRegion": _region(result, edit.span), "insertedContent": {"text": edit.text}} for edit in edits]
    names = ", ".join(dict.fromkeys(rewrite.by for rewrite in result.rewrites[: number + 1]))
    change = {"artifactLocation": {"uri": uri(result.path)}, "replacements": replacements}
    return [{"description": {"text": f"Apply {names}"}, "artifactChanges": [change]}], ""


def _region(result: Result, span: Span) -> dict[str, int]:
    line, column, end_line, end_column, *_ = place(result.before, span)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
