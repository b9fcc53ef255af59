"""Places in a text as the Language Server Protocol has them: lines, and UTF-16 code units in them.

Ours and not pygls's: it takes form feeds and other separators for the ends of lines, and edits would go astray.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from lsprotocol.types import Position, Range, TextDocumentContentChangeEvent, TextDocumentContentChangePartial

from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.source import Span

_END = regex(r"\r\n|\n|\r")
_FAR = 2**31 - 1


@dataclass(frozen=True)
class Lines:
    """A text, and its lines; a lone carriage return ends one too."""

    text: str

    @cached_property
    def starts(self) -> list[int]:
        return [0, *(found.end() for found in _END.finditer(self.text))]

    @cached_property
    def lone(self) -> bool:
        """Whether a carriage return stands alone: not all editors take it for the end of a line."""
        return re.search(r"\r(?!\n)", self.text) is not None

    def offset(self, at: Position) -> int:
        """What a place stands for; what is too far is at the end of the line, or of the text."""
        if at.line >= len(self.starts):
            return len(self.text)
        start = self.starts[at.line]
        end = self.starts[at.line + 1] if at.line + 1 < len(self.starts) else len(self.text)
        line = _END.sub("", self.text[start:end])
        if line.isascii():
            return start + min(at.character, len(line))
        units = 0
        for count, character in enumerate(line):
            if units >= at.character:
                return start + count
            units += _units(character)
        return start + len(line)

    def position(self, offset: int) -> Position:
        row = bisect_right(self.starts, offset) - 1
        return Position(row, sum(map(_units, self.text[self.starts[row] : offset])))

    def range(self, span: Span) -> Range:
        return Range(self.position(span.start), self.position(span.end))

    def span(self, place: Range) -> Span:
        start, end = self.offset(place.start), self.offset(place.end)
        return Span(min(start, end), max(start, end))

    def changed(self, change: TextDocumentContentChangeEvent) -> Lines:
        """The text after an editor changed it."""
        if not isinstance(change, TextDocumentContentChangePartial):
            return Lines(change.text)
        start, end = self.span(change.range)
        return Lines(self.text[:start] + change.text + self.text[end:])


EVERYTHING = Range(Position(0, 0), Position(_FAR, 0))
"""All of a text, however its lines are counted."""


def _units(character: str) -> int:
    return 2 if character > "\uffff" else 1
