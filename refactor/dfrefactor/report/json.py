"""Outcomes as JSON, for other programs; the README describes the form.

Fixes are whole-file: a file's `edits`, made together on the file as it was read, give what `--apply` writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dfrefactor.report.outcome import Outcome
from dfrefactor.report.places import Place, fix, found, place, printable

VERSION = 1


def render(outcomes: Sequence[Outcome], advice: bool = False) -> str:
    """One JSON object and a newline.  No secret's value is in it."""
    import json

    files = [_file(outcome, advice) for outcome in outcomes]
    summary = {
        "files": len(files),
        "changed": sum(file["changed"] for file in files),
        "findings": sum(len(file["findings"]) for file in files),
        "errors": sum(len(file["errors"]) + len(file["problems"]) for file in files),
    }
    return json.dumps({"version": VERSION, "files": files, "summary": summary}, indent=2, ensure_ascii=False) + "\n"


def _file(outcome: Outcome, advice: bool) -> dict[str, Any]:
    mask = outcome.mask
    edits, withheld = fix(outcome, outcome.after)
    return {
        "path": printable(outcome.path),
        "changed": outcome.changed,
        "findings": [
            {
                "rule": finding.rule,
                "message": printable(mask(finding.message)),
                "notes": [printable(mask(note)) for note in finding.notes],
                "safety": finding.safety.name.lower(),
                "mended": change is not None,
                "location": _location(where),
            }
            for finding, where, change in found(outcome, advice)
        ],
        "edits": [{"location": _location(place(outcome.before, edit.span)), "text": edit.text} for edit in edits],
        "withheld": withheld or None,
        "errors": [
            {"line": fault.line, "column": fault.column, "message": printable(mask(fault.message))}
            for fault in outcome.faults
        ],
        "problems": [printable(mask(problem)) for problem in outcome.problems],
    }


def _location(where: Place) -> dict[str, Any]:
    return {
        "start": {"line": where.line, "column": where.column, "byte": where.start},
        "end": {"line": where.end_line, "column": where.end_column, "byte": where.end},
    }
