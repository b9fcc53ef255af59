"""JSON read into nodes: the standard library's decoder says what stands there, but not where."""

from __future__ import annotations

import re
from collections.abc import Callable
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import TypeVar

from dfrefactor.compose.tree import DEEPEST, Node, UnreadableError
from dfrefactor.text.source import Span

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null")
T = TypeVar("T")


def read_json(text: str) -> Node:
    """The value in `text`.  Raises UnreadableError."""
    node, end = _value(text, _skip(text, 1 if text.startswith("\ufeff") else 0), 0)
    if _skip(text, end) != len(text):
        raise UnreadableError("bad JSON: something stands after its end", _skip(text, end))
    return node


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _string(text: str, at: int) -> tuple[Node, int]:
    if text[at : at + 1] != '"':
        raise UnreadableError("bad JSON: a string is missing here", at)
    try:
        value, end = scanstring(text, at + 1, True)
    except JSONDecodeError as error:
        raise UnreadableError(f"bad JSON: {error.msg[:1].lower()}{error.msg[1:]}", error.pos) from None
    return Node("text", Span(at, end), value, quote='"', flow=True), end


def _value(text: str, at: int, depth: int) -> tuple[Node, int]:
    if depth > DEEPEST:
        raise UnreadableError("nested too deeply", at)

    def pair(start: int) -> tuple[tuple[Node, Node], int]:
        name, end = _string(text, start)
        end = _skip(text, end)
        if text[end : end + 1] != ":":
            raise UnreadableError("bad JSON: a `:` is missing here", end)
        value, end = _value(text, _skip(text, end + 1), depth + 1)
        return (name, value), end

    match text[at : at + 1]:
        case '"':
            return _string(text, at)
        case "[":
            items, end = _separated(text, at, "]", lambda start: _value(text, start, depth + 1))
            return Node("list", Span(at, end), items=items, flow=True), end
        case "{":
            pairs, end = _separated(text, at, "}", pair)
            return Node("map", Span(at, end), pairs=pairs, flow=True), end
    if found := _SCALAR.match(text, at):
        return Node("other", Span(at, found.end()), found[0], flow=True), found.end()
    raise UnreadableError("bad JSON: a value is missing here", at)


def _separated(text: str, at: int, close: str, read: Callable[[int], tuple[T, int]]) -> tuple[tuple[T, ...], int]:
    found: list[T] = []
    end = _skip(text, at + 1)
    if text[end : end + 1] == close:
        return (), end + 1
    while True:
        item, end = read(end)
        found.append(item)
        end = _skip(text, end)
        if text[end : end + 1] == close:
            return tuple(found), end + 1
        if text[end : end + 1] != ",":
            raise UnreadableError(f"bad JSON: a `,` or `{close}` is missing here", end)
        end = _skip(text, end + 1)
