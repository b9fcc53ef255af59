"""Results as a code quality report of GitLab (a subset of Code Climate's)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from dfrefactor.finding import Severity
from dfrefactor.report.fingerprint import marked, shown_path
from dfrefactor.report.places import place
from dfrefactor.result import Result
from dfrefactor.text.shown import valid

_LEVELS = {Severity.NOTE: "info", Severity.WARNING: "minor", Severity.ERROR: "critical"}


def render(results: Sequence[Result], advice: bool = False) -> str:
    """One JSON list and a newline.  No secret's value is in it."""
    import json

    return json.dumps([entry for each in results for entry in _entries(each, advice)], indent=2, ensure_ascii=False) + "\n"


def _entries(result: Result, advice: bool) -> Iterator[dict[str, Any]]:
    for (finding, span, _), fingerprint in marked(result, advice):
        where = place(result.before, span)
        lines = {"begin": where.line, "end": max(where.line, where.end_line)}
        body = valid(result.mask("\n\n".join(finding.lines)))
        yield {
            **_entry(result, finding.rule, finding.message, fingerprint, _LEVELS[finding.severity], lines),
            "content": {"body": body},
        }
    wrong = [("parse-error", error.message, "blocker", error.line) for error in result.shown_errors]
    wrong += [("problem", problem, "major", 1) for problem in (*result.problems, *result.refused)]
    for number, (rule, text, level, line) in enumerate(wrong):
        yield _entry(result, rule, text, _plain(result, f"{number} {text}"), level, {"begin": line})


def _entry(result: Result, rule: str, text: str, fingerprint: str, level: str, lines: dict[str, int]) -> dict[str, Any]:
    return {
        "description": valid(result.mask(text)), "check_name": rule, "fingerprint": fingerprint, "severity": level,
        "location": {"path": valid(shown_path(result.path)), "lines": lines},
    }  # fmt: skip


def _plain(result: Result, message: str) -> str:
    key = f"{shown_path(result.path)}\0{result.mask(message)}"
    return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
