"""HCL read into nodes as far as a bake file's lists need it; what has to be computed is known to be there, no more."""

from __future__ import annotations

import re

from dfrefactor.compose.tree import DEEPEST, Node, UnreadableError
from dfrefactor.text.source import Span

_BLANK = re.compile(r"(?:[ \t\r]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_HEREDOC = re.compile(r"<<-?([A-Za-z_][A-Za-z0-9_-]*)[^\n]*\n(?:.*?\n)?[ \t]*\1(?=\s|$)", re.DOTALL)
_ENDS = (",", "]", "}", ")", "\n", "")


def read_hcl(text: str) -> Node:
    """The file as a map: attributes by name, blocks as `type.label`.  Raises UnreadableError."""
    node, end = _body(text, 1 if text.startswith("\ufeff") else 0, 0)
    if end != len(text):
        raise UnreadableError("bad HCL: a `}` too many", end)
    return node


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _body(text: str, at: int, depth: int) -> tuple[Node, int]:
    """Attributes and blocks up to a `}` or the end of the text."""
    if depth > DEEPEST:
        raise UnreadableError("nested too deeply", at)
    pairs: list[tuple[Node, Node]] = []
    start = at
    while (at := _after(_SPACE, text, at)) < len(text) and text[at] != "}":
        name, end = _name(text, at)
        labels = [name.text]
        end = _after(_BLANK, text, end)
        while text[end : end + 1] == '"' or _NAME.match(text, end):
            label, end = _name(text, end)
            labels.append(label.text)
            end = _after(_BLANK, text, end)
        match text[end : end + 1]:
            case "{":
                value, end = _body(text, end + 1, depth + 1)
                if text[end : end + 1] != "}":
                    raise UnreadableError(f"bad HCL: the block `{'.'.join(labels)}` is not closed", at)
                end += 1
            case "=" | ":" if len(labels) == 1:
                value, end = _expression(text, _after(_BLANK, text, end + 1), depth + 1)
                end = _after(_BLANK, text, end)
                if text[end : end + 1] == ",":  # an object's items may be separated so
                    end += 1
            case _:
                raise UnreadableError("bad HCL: `=` or `{` is missing here", end)
        pairs.append((Node("text", name.span, ".".join(labels)), value))
        at = end
    return Node("map", Span(start, at), pairs=tuple(pairs)), at


def _name(text: str, at: int) -> tuple[Node, int]:
    if text[at : at + 1] == '"':
        return _string(text, at)
    if found := _NAME.match(text, at):
        return Node("text", Span(at, found.end()), found[0]), found.end()
    if text[at : at + 1] == "(":  # an object's key that is computed
        end = _passed(text, at + 1)
        if text[end : end + 1] == ")":
            return Node("other", Span(at, end + 1), text[at : end + 1]), end + 1
    raise UnreadableError("bad HCL: a name is missing here", at)


def _string(text: str, at: int) -> tuple[Node, int]:
    """A quoted text with its `${…}` as written; quotes inside of those do not end it."""
    end, inner = at + 1, 0
    while end < len(text):
        char = text[end]
        if char == "\\":
            end += 1
        elif text.startswith(("${", "%{"), end) and text[end - 1] != char:
            inner, end = inner + 1, end + 1
        elif inner and char == "}":
            inner -= 1
        elif inner and char == '"':
            end = _string(text, end)[1] - 1
        elif char == '"':
            value = re.sub(r"\\(.)", r"\1", text[at + 1 : end])
            return Node("text", Span(at, end + 1), value, quote='"', flow=True), end + 1
        elif char == "\n" and not inner:
            break
        end += 1
    raise UnreadableError("bad HCL: a string is not closed", at)


def _expression(text: str, at: int, depth: int) -> tuple[Node, int]:
    """One value.  Only literal texts, lists and objects are read; the rest is `other`."""
    if depth > DEEPEST:
        raise UnreadableError("nested too deeply", at)
    opening = text[at : at + 1]
    inside = _NAME.match(text, _after(_SPACE, text, at + 1)) if opening in ("[", "{") else None
    if opening and opening in '"[{' and not (inside and inside[0] == "for"):
        if opening == '"':
            node, end = _string(text, at)
        elif opening == "[":
            node, end = _list(text, at, depth)
        else:
            node, end = _body(text, at + 1, depth + 1)
            if text[end : end + 1] != "}":
                raise UnreadableError("bad HCL: a `{` is not closed", at)
            end += 1
        if text[_after(_BLANK, text, end) :][:1] in _ENDS:
            return node, end
    end = _passed(text, at)
    return Node("other", Span(at, end), text[at:end]), end


def _list(text: str, at: int, depth: int) -> tuple[Node, int]:
    items: list[Node] = []
    end = _after(_SPACE, text, at + 1)
    while text[end : end + 1] != "]":
        item, after = _expression(text, end, depth + 1)
        if after == end:
            raise UnreadableError("bad HCL: a value is missing here", end)
        items.append(item)
        end = _after(_SPACE, text, after)
        if text[end : end + 1] == ",":
            end = _after(_SPACE, text, end + 1)
        elif text[end : end + 1] != "]":
            raise UnreadableError("bad HCL: a `,` or `]` is missing here", end)
    return Node("list", Span(at, end + 1), items=tuple(items), flow=True), end + 1


def _passed(text: str, at: int) -> int:
    """Where an expression that is not read ends: at a line's end or a comma outside of every bracket."""
    depth = 0
    while at < len(text):
        char = text[at]
        if (comment := _after(_BLANK, text, at)) > at:
            at = comment
            continue
        if char == '"':
            at = _string(text, at)[1]
            continue
        if heredoc := _HEREDOC.match(text, at):
            at = heredoc.end()
            continue
        if char in "([{":
            depth += 1
        elif char in ")]}":
            if not depth:
                return at
            depth -= 1
        elif char in ",\n" and not depth:
            return at
        at += 1
    return at
