"""One instruction: keyword, flags, arguments, heredocs, each with its place in the file."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import NamedTuple

from dfrefactor.dockerfile import parser
from dfrefactor.dockerfile.directives import GO_SPACE
from dfrefactor.dockerfile.tree import Logical, Node, Token
from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.source import Source, Span

# parser.go: splitCommand.  Trimmed by Unicode, split on ASCII white space.
_KEYWORD = regex(rf"[{GO_SPACE}]*([^\t\v\f\r ]*)[\t\v\f\r ]*")
JSON_FORM = frozenset(("ADD", "COPY", "CMD", "ENTRYPOINT", "RUN", "SHELL", "VOLUME", "HEALTHCHECK"))


class Flag(str):
    """`--name=value` in front of the arguments, quotes and escapes taken away as BuildKit does; `span` is where it stands."""

    span: Span

    @classmethod
    def at(cls, written: str, span: Span) -> Flag:
        flag = cls(parser.flag_value(written))
        flag.span = span
        return flag

    @property
    def name(self) -> str:
        return self[2:].partition("=")[0]

    @property
    def value(self) -> str | None:
        """None where there is no `=`."""
        _, equals, value = self.partition("=")
        return value if equals else None


class Word(NamedTuple):
    """One argument: as written, or decoded where the instruction is in JSON form."""

    text: str
    span: Span


class Heredoc(NamedTuple):
    """A heredoc's body, without the line that ends it; variables in it are expanded if `expand`."""

    name: str
    content: str
    expand: bool
    chomp: bool
    span: Span


@dataclass(frozen=True, eq=False)
class Instruction:
    """An instruction of the file, or an ONBUILD's trigger (`at` is where it starts in the logical line)."""

    node: Node
    source: Source
    escape: str = "\\"
    leading: tuple[Token, ...] = ()
    """The comment lines directly above."""
    at: int = 0

    @cached_property
    def span(self) -> Span:
        """From the first character of the keyword's line to the end of its last line, heredoc bodies included."""
        return self.node.span

    @cached_property
    def lines(self) -> tuple[int, int]:
        """First and last line, 1-based, as BuildKit counts them: continuations, the comments between, heredocs."""
        return self.source.line(self.span.start), self.source.line(max(self.span.end - 1, self.span.start))

    @property
    def written(self) -> str:
        """Its text as it stands in the file, here-documents included."""
        return self.source.text[self.span.start : self.span.end].strip()

    @property
    def start(self) -> int:
        """Where it starts, with the comments that stand directly above it."""
        return self.leading[0].span.start if self.leading else self.span.start

    @cached_property
    def logical(self) -> Logical:
        return Logical.of(self.node)

    @cached_property
    def _head(self) -> re.Match[str]:
        found = _KEYWORD.match(self.logical.text, self.at)
        assert found is not None
        return found

    @cached_property
    def keyword(self) -> str:
        """Upper case.  A no-break space behind it is part of it, unless the line ends there (parser.go: splitCommand)."""
        alone = not self.logical.text[self._head.end() :].strip(GO_SPACE)
        return (self._head[1].rstrip(GO_SPACE) if alone else self._head[1]).lower().upper()

    @property
    def keyword_span(self) -> Span:
        return self.logical.source(*self._head.span(1))

    @cached_property
    def _flags(self) -> tuple[tuple[Flag, ...], int]:
        text, start = self.logical.text, self._head.end()
        if not text.startswith("--", start):
            return (), start
        spans, end = parser.flags(text[start:])
        places = [(start + a, start + b) for a, b in spans]
        return tuple(Flag.at(text[a:b], self.logical.source(a, b)) for a, b in places), start + end

    @property
    def flags(self) -> tuple[Flag, ...]:
        return self._flags[0]

    def flag(self, name: str) -> str | None:
        """The value of the last flag of that name; "" for one without a value, None where there is none."""
        return next((f.value or "" for f in reversed(self.flags) if f.name == name), None)

    @cached_property
    def args(self) -> str:
        """The logical text behind keyword and flags, trimmed."""
        return self.logical.text[self.args_start :].rstrip(GO_SPACE)

    @cached_property
    def args_start(self) -> int:
        """Where in `logical.text` the arguments start."""
        text, start = self.logical.text, self._flags[1]
        return start + len(text[start:]) - len(text[start:].lstrip(GO_SPACE))

    def span_of(self, start: int, end: int) -> Span:
        """Where args[start:end] was written."""
        return self.logical.source(self.args_start + start, self.args_start + end)

    @cached_property
    def json(self) -> list[object] | None:
        """The array of a JSON form, else None.  What follows the array is read over (FACTS, parsers)."""
        text = self.args
        if self.keyword == "HEALTHCHECK":
            text = text.partition(" ")[2].lstrip(GO_SPACE)
        if self.keyword not in JSON_FORM or not text.startswith("["):
            return None
        try:
            value = json.JSONDecoder(parse_constant=no_constant).raw_decode(text)[0]
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, list) else None

    @property
    def is_json(self) -> bool:
        return self.json is not None and all(isinstance(item, str) for item in self.json)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The arguments: decoded strings of a JSON form, else pieces between ASCII white space."""
        if self.is_json and self.keyword not in ("HEALTHCHECK", "ONBUILD"):
            spans = parser.json_strings(self.args)
            return tuple(Word(str(text), self.span_of(*span)) for text, span in zip(self.json or (), spans, strict=True))
        return tuple(Word(self.args[a:b], self.span_of(a, b)) for a, b in parser.split(self.args))

    @cached_property
    def heredocs(self) -> tuple[Heredoc, ...]:
        nodes = [c for c in self.node.children if isinstance(c, Node) and c.kind == "heredoc"]
        if not nodes:
            return ()
        bodies = [token for node in nodes for token in node.tokens() if token.kind == "BODY"]
        openers = parser.heredoc_openers(self.logical.text)
        return tuple(Heredoc(o.name, b.text, o.expand, o.chomp, b.span) for o, b in zip(openers, bodies, strict=False))

    @cached_property
    def unterminated(self) -> bool:
        """Whether the file ends inside one of its heredocs, or before one of them could start."""
        text = self.logical.text
        if "<<" not in text or not parser.HEREDOC_KEYWORD.match(text):
            return False
        return sum(token.kind == "END" for token in self.node.tokens()) < len(parser.heredoc_openers(text))


def no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
