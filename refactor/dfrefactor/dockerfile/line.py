"""The line a builder reads, and where each of its characters was written."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from dfrefactor.dockerfile.tree import Node
from dfrefactor.text.source import Span

_READ = frozenset(("KEYWORD", "SPACE", "TEXT"))


@dataclass(frozen=True)
class Logical:
    """Text joined over continuations, with comments and blank lines between them dropped."""

    text: str
    pieces: tuple[tuple[int, int], ...]
    """Where each run of characters starts: in `text`, and in the file."""

    @classmethod
    def of(cls, node: Node) -> Logical:
        texts: list[str] = []
        pieces: list[tuple[int, int]] = []
        at = end = 0
        for token in node.children:
            if isinstance(token, Node) or token.kind not in _READ:
                continue
            if not pieces or token.span.start != end:
                pieces.append((at, token.span.start))
            texts.append(token.text)
            at += len(token.text)
            end = token.span.end
        return cls("".join(texts), tuple(pieces or [(0, node.span.start)]))

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.pieces]

    def _offset(self, at: int) -> int:
        start, source = self.pieces[max(bisect_right(self._starts, at) - 1, 0)]
        return source + at - start

    def source(self, start: int, end: int) -> Span:
        """Where text[start:end] was written: from its first character to behind its last one."""
        first = self._offset(start)
        return Span(first, self._offset(end - 1) + 1 if end > start else first)

    @property
    def offsets(self) -> tuple[int, ...]:
        """The place in the file of every character of `text`."""
        return tuple(map(self._offset, range(len(self.text))))
