"""Compose and bake files as values that know their place in the text."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from dfrefactor.text.source import Span

DEEPEST = 100
"""Deeper nesting is no Compose or bake file, and would end the process."""


class UnreadableError(ValueError):
    """A file that is not what its name says; `offset` is where that shows."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, eq=False)
class Node:
    """A text, list or map, equal by identity: an anchor and its aliases share one value.

    `span` of a block list or map ends where its last item does.  `quote` is what stands around a text (`"`, `'`, `|`,
    `>` or nothing).  A text that is known only to be something (a call, a number in HCL) has the kind `other`.
    """

    kind: Literal["text", "list", "map", "other", "alias"]
    span: Span
    text: str = ""
    items: tuple[Node, ...] = ()
    pairs: tuple[tuple[Node, Node], ...] = ()
    quote: str = ""
    flow: bool = False
    target: Node | None = None

    @property
    def value(self) -> Node:
        """Itself, or what the alias stands for."""
        return self.target.value if self.target else self

    def get(self, key: str) -> Node | None:
        """The value of `key` in a map, also when a merge key (`<<`) brings it; the last of two equal keys."""
        return self._get(key, 8)

    def _get(self, key: str, depth: int) -> Node | None:
        merged = []
        for name, value in reversed(self.pairs):
            if name.value.text == key:
                return value.value
            if name.text == "<<" and not name.quote:
                found = value.value
                merged += [item.value for item in found.items] if found.kind == "list" else [found]
        for source in merged if depth else ():
            if source.kind == "map" and (found_value := source._get(key, depth - 1)) is not None:
                return found_value
        return None

    def string(self, key: str) -> str | None:
        """The text that `key` has, None for anything else."""
        found = self.get(key)
        return found.text if found is not None and found.kind == "text" else None

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Names and values of a map, without merge keys."""
        for name, value in self.pairs:
            if name.text != "<<" or name.quote:
                yield name.value.text, value.value


def same(before: Node, after: Node, but: Collection[Node]) -> bool:
    """Whether two files mean the same, the lists `but` of the first one left out."""
    before, after = before.value, after.value
    if before in but:
        return after.kind == before.kind
    olds, news = ([*node.items, *(each for pair in node.pairs for each in pair)] for node in (before, after))
    alike = (before.kind, before.text, len(olds)) == (after.kind, after.text, len(news))
    return alike and all(same(old, new, but) for old, new in zip(olds, news, strict=True))
