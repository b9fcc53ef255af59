"""YAML read into nodes: ruamel.yaml understands it, and its marks say where everything stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dfrefactor.compose.tree import DEEPEST, Node, UnreadableError
from dfrefactor.text.source import Span


def read_yaml(text: str) -> tuple[Node, ...]:
    """The documents in `text`.  Raises UnreadableError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    bad = next((at for at, char in enumerate(text) if "\udc80" <= char <= "\udcff"), None)
    if bad is not None:
        raise UnreadableError("not UTF-8", bad)
    try:
        return tuple(_Composer(YAML(pure=True).parse(text)).documents())
    except UnreadableError:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(f"bad YAML: {error.problem or error.context}", mark.index if mark else 0) from None
    except YAMLError as error:
        at = getattr(error, "position", 0)
        message = f"bad YAML: {getattr(error, 'reason', 'cannot be read')}"
        raise UnreadableError(message, at if isinstance(at, int) else 0) from None
    except (ValueError, IndexError, AttributeError, AssertionError) as error:
        # ruamel.yaml stumbles over some malformed files instead of saying what is wrong with them.
        raise UnreadableError(f"bad YAML: cannot be read ({type(error).__name__})", 0) from None


class _Composer:
    """ruamel.yaml's own composer forgets where an alias was used; this one keeps it."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
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
            node = Node("text", Span(start, event.end_mark.index), event.value, quote=event.style or "")
        elif kind == "SequenceStartEvent":
            items: list[Node] = []
            while type(inner := next(self.events)).__name__ != "SequenceEndEvent":
                items.append(self.node(inner, depth + 1))
            end = inner.end_mark.index if event.flow_style else items[-1].span.end if items else event.end_mark.index
            node = Node("list", Span(start, end), items=tuple(items), flow=bool(event.flow_style))
        else:
            pairs: list[tuple[Node, Node]] = []
            while type(inner := next(self.events)).__name__ != "MappingEndEvent":
                pairs.append((self.node(inner, depth + 1), self.node(next(self.events), depth + 1)))
            end = inner.end_mark.index if event.flow_style else pairs[-1][1].span.end if pairs else event.end_mark.index
            node = Node("map", Span(start, end), pairs=tuple(pairs), flow=bool(event.flow_style))
        if event.anchor:
            self.anchors[event.anchor] = node
        return node
