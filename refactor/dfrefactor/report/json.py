"""Results as JSON, for other programs; the README describes the form.

Fixes are whole-file: a file's `edits`, made together on the file as it was read, give what `--apply` writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dfrefactor.report.places import Place, fix, place, printable
from dfrefactor.result import Result

VERSION = 1


def render(results: Sequence[Result], advice: bool = False) -> str:
    """One JSON object and a newline.  No secret's value is in it."""
    import json

    files = [_file(result, advice) for result in results]
    summary = {
        "files": len(files),
        "changed": sum(file["changed"] for file in files),
        "findings": sum(len(file["findings"]) for file in files),
        "errors": sum(len(file["errors"]) + len(file["problems"]) for file in files),
    }
    return json.dumps({"version": VERSION, "files": files, "summary": summary}, indent=2, ensure_ascii=False) + "\n"


def _file(result: Result, advice: bool) -> dict[str, Any]:
    mask = result.mask
    edits, withheld = fix(result, result.after)
    return {
        "path": printable(result.path),
        "changed": result.changed,
        "findings": [
            {
                "rule": finding.rule,
                "message": printable(mask(finding.message)),
                "notes": [printable(mask(note)) for note in finding.notes],
                "safety": finding.safety.name.lower(),
                "mended": rewrite is not None,
                "location": _location(place(result.before, span)),
            }
            for finding, span, rewrite in result.found(advice)
        ],
        "edits": [{"location": _location(place(result.before, edit.span)), "text": edit.text} for edit in edits],
        "withheld": withheld or None,
        "errors": [
            {"line": error.line, "column": error.column, "message": printable(mask(error.message))}
            for error in result.errors
        ],
        "problems": [printable(mask(problem)) for problem in result.problems],
    }


def _location(where: Place) -> dict[str, Any]:
    return {
        "start": {"line": where.line, "column": where.column, "byte": where.start},
        "end": {"line": where.end_line, "column": where.end_column, "byte": where.end},
    }
