"""The lossless tree: tokens that hold text, nodes that hold tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dfrefactor.text.source import Span


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the file, whitespace and comments included."""

    kind: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
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
