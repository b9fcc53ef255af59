"""The lossless tree: tokens that hold text, nodes that hold tokens; and the line a builder reads of a node."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from dfrefactor.lazy import dataclass
from dfrefactor.text.source import Span


class Token(NamedTuple):
    """A piece of the file, whitespace and comments included."""

    kind: str
    text: str
    span: Span


@dataclass(frozen=True)
class Node:
    """Tokens and nodes that belong together."""

    kind: str
    children: tuple[Node | Token, ...]
    span: Span

    def tokens(self) -> Iterator[Token]:
        for child in self.children:
            if isinstance(child, Token):
                yield child
            else:
                yield from child.tokens()

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens())


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
            if not isinstance(token, Token) or token.kind not in ("KEYWORD", "SPACE", "TEXT"):
                continue
            if not pieces or token.span.start != end:
                pieces.append((at, token.span.start))
            texts.append(token.text)
            at += len(token.text)
            end = token.span.end
        return cls("".join(texts), tuple(pieces or [(0, node.span.start)]))

    def _offset(self, at: int) -> int:
        start, source = self.pieces[max(bisect_right(self.pieces, at, key=lambda piece: piece[0]) - 1, 0)]
        return source + at - start

    def source(self, start: int, end: int) -> Span:
        """Where text[start:end] was written: from its first character to behind its last one."""
        first = self._offset(start)
        return Span(first, self._offset(end - 1) + 1 if end > start else first)
