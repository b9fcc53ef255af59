"""Text, and places in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of offsets into a text."""

    start: int
    end: int


@dataclass(frozen=True)
class Source:
    """The text of one file, and how to find lines in it.

    Bytes that are not UTF-8 become lone surrogates, so that every file has a text and every text gives its bytes back.
    """

    text: str
    path: str = "Dockerfile"

    @classmethod
    def of_bytes(cls, data: bytes, path: str = "Dockerfile") -> Source:
        return cls(data.decode("utf-8", "surrogateescape"), path)

    @property
    def data(self) -> bytes:
        return self.text.encode("utf-8", "surrogateescape")

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [0], 0
        while (at := self.text.find("\n", at) + 1) > 0:
            starts.append(at)
        return starts

    def line(self, offset: int) -> int:
        """The 1-based number of the line that holds `offset`."""
        return bisect_right(self._starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both 1-based, the column in characters."""
        line = self.line(offset)
        return line, offset - self._starts[line - 1] + 1

    @cached_property
    def newline(self) -> str:
        """The line end the file uses for its first line."""
        end = self.text.find("\n")
        return "\r\n" if end > 0 and self.text[end - 1] == "\r" else "\n"
