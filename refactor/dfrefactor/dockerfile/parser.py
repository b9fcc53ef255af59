"""Source to tree: Lark reads lines, and a lexer hook cuts heredoc bodies where the whole line is known.

With `words.py` the only module that knows of Lark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from lark import Lark
from lark import Token as LarkToken
from lark.lexer import ContextualLexer

from dfrefactor.dockerfile.tree import Node, Token
from dfrefactor.dockerfile.words import grammar, heredoc_openers
from dfrefactor.text.source import Source, Span

# Instructions on which BuildKit looks for heredocs (parser.go: Node.canContainHeredoc), also below ONBUILD.
HEREDOC_KEYWORD = re.compile(r"\s*(?:onbuild[\t\v\f\r ]+)*(?:run|copy|add)(?:[\t\v\f\r ]|$)", re.I)


class _Lexer(ContextualLexer):
    """Lark's lexer, which also reads the heredoc bodies that a line announces."""

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[LarkToken]:
        line: list[str] = []
        for token in super().lex(lexer_state, parser_state):
            yield token
            if token.type in ("KEYWORD", "SPACE", "TEXT"):
                line.append(token)
            elif token.type == "NEWLINE":
                text = "".join(line)
                line.clear()
                if "<<" in text and HEREDOC_KEYWORD.match(text):
                    for opener in heredoc_openers(text):
                        yield from self._body(lexer_state, opener.chomp, opener.name)
            elif token.type not in ("CONTINUE", "COMMENT", "BLANK"):
                line.clear()

    @staticmethod
    def _body(lexer_state: Any, chomp: bool, name: str) -> Iterator[LarkToken]:
        text, start = lexer_state.text.text, lexer_state.line_ctr.char_pos
        end = re.compile(rf"^(?!\Z){chr(9) + '*' if chomp else ''}{re.escape(name)}\r*(?:\n|\Z)", re.M)
        found = end.search(text, start)
        cuts = [("BODY", start, found.start()), ("END", found.start(), found.end())] if found else []
        for kind, first, last in cuts or [("BODY", start, len(text))]:
            token = LarkToken(kind, text[first:last], first, end_pos=last)
            lexer_state.line_ctr.feed(token)
            lexer_state.last_token = token
            yield token


def _token(made: LarkToken) -> Token:
    assert made.start_pos is not None and made.end_pos is not None
    return Token(made.type, str(made), Span(made.start_pos, made.end_pos))


def _node(kind: str) -> Any:
    def build(_: object, children: list[Node | LarkToken]) -> Node:
        made = tuple(c if isinstance(c, Node) else _token(c) for c in children)
        return Node(kind, made, Span(made[0].span.start, made[-1].span.end) if made else Span(0, 0))

    return build


class _Build:
    """Lark's callbacks, a rule each: they make our nodes while it parses."""

    file, instruction, continuation, heredoc = map(_node, ("file", "instruction", "continuation", "heredoc"))
    last = instruction


@cache
def _lark(name: str) -> Lark:
    return Lark.open(
        grammar(name), start="file", parser="lalr", keep_all_tokens=True, maybe_placeholders=False,
        transformer=_Build(), _plugins={"ContextualLexer": _Lexer},
    )  # fmt: skip


def parse(source: Source, escape: str = "\\") -> Node:
    """The tree of `source`, which prints it byte for byte.  Total: any text has one.

    Raises AssertionError where it does not print its source: a bug of ours, never the file's.
    """
    tree: Node = _lark("backtick.lark" if escape == "`" else "dockerfile.lark").parse(source.text)  # type: ignore[assignment]
    assert tree.text == source.text, "the tree must print its source"
    return tree
