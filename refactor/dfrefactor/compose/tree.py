"""Compose and bake files as values that know their place in the text.

ruamel.yaml understands YAML, and its marks say where everything stands; the standard library's decoder says what stands in
JSON, but not where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Any, Literal, TypeVar

from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.source import Span

DEEPEST = 100
"""Deeper nesting is no Compose or bake file, and would end the process."""

_SPACE = regex(r"[ \t\r\n]*")
_COLON = regex(r"[ \t]*:")
_SCALAR = regex(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null")
T = TypeVar("T")


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


def read_yaml(text: str) -> tuple[Node, ...]:
    """The documents in `text`.  Raises UnreadableError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    bad = next((at for at, char in enumerate(text) if "\udc80" <= char <= "\udcff"), None)
    if bad is not None:
        raise UnreadableError("not UTF-8", bad)
    try:
        return tuple(_Composer(text, YAML(pure=True).parse(text)).documents())
    except UnreadableError:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(f"bad YAML: {error.problem or error.context}", mark.index if mark else 0) from None
    except YAMLError as error:
        at = getattr(error, "position", 0)
        what = getattr(error, "reason", "cannot be read")
        raise UnreadableError(f"bad YAML: {what}", at if isinstance(at, int) else 0) from None
    except (ValueError, IndexError, AttributeError, AssertionError) as error:
        # ruamel.yaml stumbles over some malformed files instead of saying what is wrong with them.
        raise UnreadableError(f"bad YAML: cannot be read ({type(error).__name__})", 0) from None


class _Composer:
    """ruamel.yaml's own composer forgets where an alias was used; this one keeps it."""

    def __init__(self, text: str, events: Iterator[Any]) -> None:
        self.text, self.events = text, events
        self.anchors: dict[str, Node] = {}

    def documents(self) -> Iterator[Node]:
        for event in self.events:
            if type(event).__name__ == "DocumentStartEvent":
                self.anchors.clear()
                yield self.node(next(self.events), 0)

    def node(self, event: Any, depth: int) -> Node:
        start, kind = event.start_mark.index, type(event).__name__
        if depth > DEEPEST:
            raise UnreadableError("nested too deeply", start)
        if kind == "AliasEvent":
            if event.anchor not in self.anchors:
                raise UnreadableError(f"bad YAML: nothing is called `{event.anchor}` above", start)
            return Node("alias", Span(start, event.end_mark.index), target=self.anchors[event.anchor])
        if kind == "ScalarEvent":
            text = event.value.replace("\a", "") if event.style == ">" else event.value  # ruamel.yaml marks where it was folded
            node = Node("text", Span(start, event.end_mark.index), text, quote=event.style or "")
        else:
            inside: list[Node] = []
            while type(inner := next(self.events)).__name__ not in ("SequenceEndEvent", "MappingEndEvent"):
                inside.append(self.node(inner, depth + 1))
                if kind != "SequenceStartEvent" and len(inside) % 2 == 0 and _is_nothing(inside[-1]):
                    colon = _COLON.match(self.text, inside[-2].span.end)
                    at = colon.end() if colon else inside[-2].span.end
                    inside[-1] = replace(inside[-1], span=Span(at, at))  # its mark is that of the next token
            end = inner.end_mark.index if event.flow_style else inside[-1].span.end if inside else event.end_mark.index
            span, flow = Span(start, end), bool(event.flow_style)
            if kind == "SequenceStartEvent":
                node = Node("list", span, items=tuple(inside), flow=flow)
            else:
                node = Node("map", span, pairs=tuple(zip(inside[::2], inside[1::2], strict=True)), flow=flow)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node


def _is_nothing(node: Node) -> bool:
    """Whether a value is left out: `name:`, and no anchor."""
    return node.kind == "text" and not (node.text or node.quote) and node.span.start == node.span.end


class Scanner:
    """A text, and how far it is read."""

    def __init__(self, text: str, blank: re.Pattern[str]) -> None:
        self.text, self.at, self.blank = text, int(text.startswith("\ufeff")), blank

    def skip(self, blank: re.Pattern[str] | None = None) -> str:
        """Pass over white space and comments; the character that stands there, "" at the end."""
        found = (blank or self.blank).match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def took(self, char: str) -> bool:
        """Whether `char` stands here; then it is read."""
        found = self.text.startswith(char, self.at)
        self.at += len(char) if found else 0
        return found


def read_json(text: str) -> Node:
    """The value in `text`.  Raises UnreadableError."""
    reader = _Json(text, _SPACE)
    reader.skip()
    node = reader.value(0)
    if reader.skip():
        raise UnreadableError("bad JSON: something stands after its end", reader.at)
    return node


class _Json(Scanner):
    def string(self) -> Node:
        start = self.at
        if not self.text.startswith('"', start):
            raise UnreadableError("bad JSON: a string is missing here", start)
        try:
            value, self.at = scanstring(self.text, start + 1, True)
        except JSONDecodeError as error:
            raise UnreadableError(f"bad JSON: {error.msg[:1].lower()}{error.msg[1:]}", error.pos) from None
        return Node("text", Span(start, self.at), value, quote='"', flow=True)

    def value(self, depth: int) -> Node:
        start = self.at
        if depth > DEEPEST:
            raise UnreadableError("nested too deeply", start)
        if self.text.startswith('"', start):
            return self.string()
        if self.took("["):
            items = self.separated("]", lambda: self.value(depth + 1))
            return Node("list", Span(start, self.at), items=items, flow=True)
        if self.took("{"):
            pairs = self.separated("}", lambda: self.pair(depth + 1))
            return Node("map", Span(start, self.at), pairs=pairs, flow=True)
        if found := _SCALAR.match(self.text, start):
            self.at = found.end()
            return Node("other", Span(start, self.at), found[0], flow=True)
        raise UnreadableError("bad JSON: a value is missing here", start)

    def pair(self, depth: int) -> tuple[Node, Node]:
        name = self.string()
        self.skip()
        if not self.took(":"):
            raise UnreadableError("bad JSON: a `:` is missing here", self.at)
        self.skip()
        return name, self.value(depth)

    def separated(self, close: str, read: Callable[[], T]) -> tuple[T, ...]:
        found: list[T] = []
        self.skip()
        while not self.took(close):
            if found and not self.took(","):
                raise UnreadableError(f"bad JSON: a `,` or `{close}` is missing here", self.at)
            self.skip()
            found.append(read())
            self.skip()
        return tuple(found)
