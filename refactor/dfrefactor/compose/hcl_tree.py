"""HCL read into nodes as far as a bake file's lists need it; what has to be computed is known to be there, no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from dfrefactor.compose.tree import DEEPEST, Node, Scanner, UnreadableError
from dfrefactor.lazy import regex
from dfrefactor.text.source import Span

_BLANK = regex(r"(?:[ \t\r]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SPACE = regex(r"(?:[ \t\r\n]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NAME = regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_HEREDOC = regex(r"<<-?([A-Za-z_][A-Za-z0-9_-]*)[^\n]*\n(?:.*?\n)?[ \t]*\1(?=\s|$)", re.DOTALL)
_FOR = regex(rf"[\[{{]{_SPACE.pattern}for(?![A-Za-z0-9_.-])", re.DOTALL)
_ENDS = (",", "]", "}", ")", "\n", "")


def read_hcl(text: str) -> Node:
    """The file as a map: attributes by name, blocks as `type.label`.  Raises UnreadableError."""
    reader = _Hcl(text, _SPACE)
    node = reader.body(0)
    if reader.at != len(text):
        raise UnreadableError("bad HCL: a `}` too many", reader.at)
    return node


class _Hcl(Scanner):
    def body(self, depth: int) -> Node:
        """Attributes and blocks up to a `}` or the end of the text."""
        start = self.at
        if depth > DEEPEST:
            raise UnreadableError("nested too deeply", start)
        pairs: list[tuple[Node, Node]] = []
        while self.skip() not in ("}", ""):
            name = self.name()
            labels = [name.text]
            while self.skip(_BLANK) == '"' or _NAME.match(self.text, self.at):
                labels.append(self.name().text)
            if self.took("{"):
                value = self.body(depth + 1)
                if not self.took("}"):
                    raise UnreadableError(f"bad HCL: the block `{'.'.join(labels)}` is not closed", name.span.start)
            elif len(labels) == 1 and (self.took("=") or self.took(":")):
                self.skip(_BLANK)
                value = self.expression(depth + 1)
                self.skip(_BLANK)
                self.took(",")  # an object's items may be separated so
            else:
                raise UnreadableError("bad HCL: `=` or `{` is missing here", self.at)
            pairs.append((Node("text", name.span, ".".join(labels)), value))
        return Node("map", Span(start, self.at), pairs=tuple(pairs))

    def name(self) -> Node:
        start = self.at
        if self.text.startswith('"', start):
            return self.string()
        if found := _NAME.match(self.text, start):
            self.at = found.end()
            return Node("text", Span(start, self.at), found[0])
        if self.took("("):  # an object's key that is computed
            self.pass_over()
            if self.took(")"):
                return Node("other", Span(start, self.at), self.text[start : self.at])
        raise UnreadableError("bad HCL: a name is missing here", start)

    def string(self) -> Node:
        """A quoted text with its `${…}` as written; quotes inside of those do not end it."""
        start, inner = self.at, 0
        self.at += 1
        while char := self.text[self.at : self.at + 1]:
            if char == "\\":
                self.at += 1
            elif self.text.startswith(("${", "%{"), self.at) and self.text[self.at - 1] != char:
                inner, self.at = inner + 1, self.at + 1
            elif inner and char == "}":
                inner -= 1
            elif inner and char == '"':
                self.string()
                continue
            elif char == '"':
                self.at += 1
                value = re.sub(r"\\(.)", r"\1", self.text[start + 1 : self.at - 1])
                return Node("text", Span(start, self.at), value, quote='"', flow=True)
            elif char == "\n" and not inner:
                break
            self.at += 1
        raise UnreadableError("bad HCL: a string is not closed", start)

    def expression(self, depth: int) -> Node:
        """One value.  Only literal texts, lists and objects are read; the rest is `other`."""
        start = self.at
        if depth > DEEPEST:
            raise UnreadableError("nested too deeply", start)
        readers: dict[str, Callable[[], Node]]
        readers = {'"': self.string, "[": lambda: self.list(depth), "{": lambda: self.object(depth)}
        read = readers.get(self.text[start : start + 1])
        if read and not _FOR.match(self.text, start):
            node = read()
            if self.skip(_BLANK) in _ENDS:
                return node
        self.at = start
        end = self.pass_over()
        return Node("other", Span(start, end), self.text[start:end])

    def object(self, depth: int) -> Node:
        start = self.at
        self.at += 1
        node = self.body(depth + 1)
        if not self.took("}"):
            raise UnreadableError("bad HCL: a `{` is not closed", start)
        return replace(node, span=Span(start, self.at))

    def list(self, depth: int) -> Node:
        items: list[Node] = []
        start = self.at
        self.at += 1
        while self.skip() != "]":
            at = self.at
            items.append(self.expression(depth + 1))
            if self.at == at:
                raise UnreadableError("bad HCL: a value is missing here", at)
            if self.skip() != "]" and not self.took(","):
                raise UnreadableError("bad HCL: a `,` or `]` is missing here", self.at)
        self.at += 1
        return Node("list", Span(start, self.at), items=tuple(items), flow=True)

    def pass_over(self) -> int:
        """Over an expression that is not read, to a line's end or a comma outside of every bracket; where it ends."""
        depth, end = 0, self.at
        while self.at < len(self.text):
            before, char = self.at, self.text[self.at]
            self.skip(_BLANK)
            if char == '"':
                self.string()
            elif heredoc := _HEREDOC.match(self.text, self.at):
                self.at = heredoc.end()
            if self.at > before:
                end = self.at if char == '"' or heredoc else end
                continue
            if char in ")]},\n" and not depth:
                break
            depth += (char in "([{") - (char in ")]}")
            self.at += 1
            end = self.at
        return end
