"""Text, and places in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field
from functools import cached_property
from typing import NamedTuple

from dfrefactor.lazy import dataclass


class Span(NamedTuple):
    """A half-open range of offsets into a text."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def holds(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def moved(self, by: int) -> Span:
        return Span(self.start + by, self.end + by)


@dataclass(frozen=True)
class Source:
    """The text of one file, and how to find lines in it.

    Bytes that are not UTF-8 become lone surrogates, so that every file has a text and every text gives its bytes back.

    A text that a pass left has the `numbers` its lines have in the file the user knows: whoever says "line 12" of it, in a
    message too, says it of that file.
    """

    text: str
    path: str = "Dockerfile"
    numbers: tuple[int, ...] = field(default=(), compare=False, repr=False)
    """For each line the number to call it by; () where that is its own."""

    @classmethod
    def of_bytes(cls, data: bytes, path: str = "Dockerfile") -> Source:
        return cls(data.decode("utf-8", "surrogateescape"), path)

    @property
    def data(self) -> bytes:
        return self.text.encode("utf-8", "surrogateescape")

    @cached_property
    def starts(self) -> list[int]:
        """Where its lines start."""
        starts, at = [0], 0
        while (at := self.text.find("\n", at) + 1) > 0:
            starts.append(at)
        return starts

    def line(self, offset: int) -> int:
        """The 1-based number of the line that holds `offset`."""
        row = bisect_right(self.starts, offset)
        return self.numbers[row - 1] if self.numbers else row

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both 1-based, the column in characters."""
        return self.line(offset), offset - self.starts[bisect_right(self.starts, offset) - 1] + 1

    @cached_property
    def newline(self) -> str:
        """The line end the file uses for its first line."""
        end = self.text.find("\n")
        return "\r\n" if end > 0 and self.text[end - 1] == "\r" else "\n"
