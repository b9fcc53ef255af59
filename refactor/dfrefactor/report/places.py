"""Places and fixes as machines read them, shared by JSON, SARIF and GitHub annotations."""

from __future__ import annotations

from typing import NamedTuple

from dfrefactor.result import Result
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Source, Span

WITHHELD_SECRET = "the fix is left out here: it would carry a secret's value; `dfrefactor --apply` writes it"
WITHHELD_BYTES = "the fix is left out here: it holds bytes that are not UTF-8; `dfrefactor --apply` writes it"


class Place(NamedTuple):
    """1-based lines and columns in characters, the end exclusive, and offsets in bytes."""

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int


def place(source: Source, span: Span) -> Place:
    """Where `span` is in `source`."""
    data = [len(source.text[:offset].encode("utf-8", "surrogateescape")) for offset in span]
    return Place(*source.position(span.start), *source.position(span.end), *data)


def fix(result: Result, after: Source) -> tuple[tuple[Edit, ...], str]:
    """The edits that turn the file as it was read into `after`, or none and the reason they are withheld."""
    from dfrefactor.report.diff import replacements

    edits = replacements(result.before.text, after.text)
    if any(result.mask.hides(edit.text) for edit in edits):
        return (), WITHHELD_SECRET
    if any("\ud800" <= character <= "\udfff" for edit in edits for character in edit.text):
        return (), WITHHELD_BYTES
    return edits, ""
