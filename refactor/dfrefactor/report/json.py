"""Results as JSON, for other programs; `schema/report.json` is the form.

Fixes are whole-file: a file's `edits`, made together on the file as it was read, give what `--apply` writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dfrefactor.finding import Severity
from dfrefactor.report.fingerprint import marked
from dfrefactor.report.places import fix, place
from dfrefactor.result import Result
from dfrefactor.text.shown import valid
from dfrefactor.text.source import Span

VERSION = 1


def render(results: Sequence[Result], advice: bool = False) -> str:
    """One JSON object and a newline.  No secret's value is in it."""
    import json

    files = [_file(result, advice) for result in results]
    summary: dict[str, Any] = {
        "files": len(files),
        "changed": sum(file["changed"] for file in files),
        "findings": sum(len(file["findings"]) for file in files),
        "errors": sum(len(file["errors"]) + len(file["problems"]) for file in files),
    }
    severities = Counter(finding["severity"] for file in files for finding in file["findings"])
    summary["severities"] = {each.name.lower(): severities[each.name.lower()] for each in reversed(Severity)}
    return json.dumps({"version": VERSION, "files": files, "summary": summary}, indent=2, ensure_ascii=False) + "\n"


def _file(result: Result, advice: bool) -> dict[str, Any]:
    def shown(text: str) -> str:
        return valid(result.mask(text))

    return {
        "path": valid(result.path),
        "changed": result.changed,
        "findings": [
            {
                "rule": finding.rule,
                "message": shown(finding.message),
                "fix": shown(finding.fix) or None,
                "notes": [shown(note) for note in finding.notes],
                "severity": finding.severity.name.lower(),
                "safety": finding.safety.name.lower(),
                "mended": rewrite is not None,
                "fingerprint": fingerprint,
                "location": _location(result, span),
            }
            for (finding, span, rewrite), fingerprint in marked(result, advice)
        ],
        **_edits(result),
        "suggested": result.suggested and {"option": result.otherwise, **_edits(result.suggested)},
        "errors": [{"line": e.line, "column": e.column, "message": valid(e.message)} for e in result.shown_errors],
        "problems": [shown(problem) for problem in result.problems],
    }


def _location(result: Result, span: Span) -> dict[str, Any]:
    where = place(result.before, span)
    return {
        "start": {"line": where.line, "column": where.column, "byte": where.start},
        "end": {"line": where.end_line, "column": where.end_column, "byte": where.end},
    }


def _edits(result: Result) -> dict[str, Any]:
    edits, withheld = fix(result, result.after)
    found = [{"location": _location(result, edit.span), "text": edit.text} for edit in edits]
    return {"edits": found, "withheld": withheld or None}
