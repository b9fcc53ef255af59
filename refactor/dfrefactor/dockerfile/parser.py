"""Source to tree, and a logical line to words as Docker's reader of each instruction cuts them: all that knows of Lark.

Lark reads lines, and a lexer hook cuts heredoc bodies where the whole line is known; inside of a line regular expressions do.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, NamedTuple
from zlib import crc32

from dfrefactor.dockerfile import expand
from dfrefactor.dockerfile.directives import GO_SPACE
from dfrefactor.dockerfile.shellword import HEREDOC_NAME, HEREDOC_QUOTED_NAME, HEREDOC_WORDS
from dfrefactor.dockerfile.tree import Node, Token
from dfrefactor.lazy import regex
from dfrefactor.text.source import Source, Span

# Instructions on which BuildKit looks for heredocs (parser.go: Node.canContainHeredoc), also below ONBUILD.
HEREDOC_KEYWORD = regex(r"\s*(?:onbuild[\t\v\f\r ]+)*(?:run|copy|add)(?:[\t\v\f\r ]|$)", re.I)
# parser.go: reHeredoc, for one word of the line
_HEREDOC = regex(r"[0-9]*<<(-?)[ \t\n\f\r]*([^<]+)")


def _grammar(name: str) -> str:
    """The path of grammar file `name`: package data in a wheel, the folder beside the package in a checkout."""
    package = os.path.dirname(os.path.dirname(__file__))
    packaged = os.path.join(package, "grammar", name)
    return packaged if os.path.exists(packaged) else os.path.join(package, "..", "..", "grammar", name)


_GRAMMARS = ("dockerfile.lark", "backtick.lark")
_OPTIONS: dict[str, Any] = {"parser": "lalr", "start": "file", "keep_all_tokens": True, "maybe_placeholders": False}


def _made() -> Any:
    """Lark's parser as `grammar/build.py` made it, if it was made of these grammars."""
    path = _grammar("tables.py")
    if not os.path.exists(path):
        return None
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("dfrefactor.grammar.tables", path)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    texts = []
    for name in _GRAMMARS:
        with open(_grammar(name), "rb") as file:
            texts.append(file.read())
    return module if crc32(b"".join(texts) + repr(_OPTIONS).encode()) == module.SUM else None


@cache
def _lark(name: str) -> Any:
    """A parser of one of the grammars: the one that was made when we were installed, or else one that Lark makes now."""
    made = _made()
    if made is None:
        import lark
        from lark.lexer import ContextualLexer

        made = SimpleNamespace(Lark=lark.Lark, Token=lark.Token, ContextualLexer=ContextualLexer, TABLES={})
    build = SimpleNamespace(**_CALLBACKS, last=_CALLBACKS["instruction"])
    more = {"transformer": build, "_plugins": {"ContextualLexer": _lexer(made)}}
    if name in made.TABLES:
        return made.Lark._load_from_dict(*made.TABLES[name], **more)
    return made.Lark.open(_grammar(name), **_OPTIONS, **more)


@cache
def _word(escape: str) -> re.Pattern[str]:
    """A word with quotes, most often a key and its value.  A quote or an escape may be left open at the end."""
    e = re.escape(escape)
    quoted = rf"\"(?:[^\"{e}]|{e}.|{e}\Z)*(?:\"|\Z)|'[^']*(?:'|\Z)"
    return re.compile(rf"(?:[^{GO_SPACE}\"'{e}]|{e}.|{e}\Z|{quoted})+", re.S)


_PIECE = regex(r"[^ \t\v\f\r]+")
_STRING = regex(r"[\[,][ \t\n\r]*(\"(?:[^\"\\]|\\.)*\")[ \t\n\r]*", re.S)
_GAP = " \t\n\v\f\r\x85\xa0"
# The escape is `\` whatever the file declares.
_FLAG = regex(
    rf"(--(?:[^{_GAP}\"'\\]|\\.|\\\Z|\"(?:[^\"\\]|\\.|\\\Z)*(?:\"|\Z)|'(?:[^'\\]|\\.|\\\Z)*(?:'|\Z))+)[{_GAP}]*", re.S
)


def pairs(text: str, escape: str = "\\") -> list[Span]:
    """The words of ENV, LABEL and ARG: quotes and escapes kept (line_parsers.go: parseWords)."""
    return [Span(*found.span()) for found in _word(escape).finditer(text)]


def split(text: str) -> list[Span]:
    """The pieces between ASCII white space (line_parsers.go: parseStringsWhitespaceDelimited)."""
    return [Span(*found.span()) for found in _PIECE.finditer(text)]


def json_strings(text: str) -> list[Span]:
    """The strings of a JSON array, with their quotes; what stands behind it is read over.  The caller has seen that it is one."""
    spans, end = list[Span](), 0
    while found := _STRING.match(text, end):
        spans.append(Span(*found.span(1)))
        end = found.end()
    return spans


def flags(text: str) -> tuple[list[Span], int]:
    """The flags that `text` starts with, and where the arguments start: behind a word `--`, if there is one."""
    spans, start = list[Span](), 0
    while found := _FLAG.match(text, start):
        spans.append(Span(*found.span(1)))
        start = found.end()
    return spans, start + 2 if text.startswith("--", start) else start


def flag_value(raw: str) -> str:
    """A flag as BuildKit reads it: quotes and escapes gone (parser.go: extractBuilderFlags)."""
    out, quote, chars = [], "", iter(raw)
    for char in chars:
        if not quote and char in "'\"":
            quote = char
        elif char == "\\":
            out.append(next(chars, ""))
        elif char == quote:
            quote = ""
        else:
            out.append(char)
    return "".join(out)


class Opener(NamedTuple):
    """A heredoc announced on a line: `expand` unless its name is quoted, `chomp` for `<<-`."""

    expand: bool
    chomp: bool
    name: str


def heredoc_openers(line: str) -> list[Opener]:
    """The heredocs a RUN, COPY or ADD line opens, in order (parser.go: heredocsFromLine)."""
    try:
        candidates = expand.words(line, expand.unset, manner=HEREDOC_WORDS) or ()
    except expand.ExpandError:
        return []
    return [opener for word in candidates if (opener := _opener(word))]


def _opener(word: str) -> Opener | None:
    found = _HEREDOC.fullmatch(word)
    if not found:
        return None
    try:
        names = expand.words(found[2], expand.unset, manner=HEREDOC_NAME) or ()
        quoted = expand.words(found[2], expand.unset, manner=HEREDOC_QUOTED_NAME) or ()
    except expand.ExpandError:
        return None
    if len(names) != 1:
        return None
    return Opener(_quotes(names[0]) == _quotes("".join(quoted)), bool(found[1]), names[0])


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')


def _lexer(lark: Any) -> type:
    """Lark's lexer, which also reads the heredoc bodies that a line announces."""

    def body(lexer_state: Any, chomp: bool, name: str) -> Iterator[Any]:
        text, start = lexer_state.text.text, lexer_state.line_ctr.char_pos
        end = re.compile(rf"^(?!\Z){chr(9) + '*' if chomp else ''}{re.escape(name)}\r*(?:\n|\Z)", re.M)
        found = end.search(text, start)
        cuts = [("BODY", start, found.start()), ("END", found.start(), found.end())] if found else []
        for kind, first, last in cuts or [("BODY", start, len(text))]:
            token = lark.Token(kind, text[first:last], first, end_pos=last)
            lexer_state.line_ctr.feed(token)
            lexer_state.last_token = token
            yield token

    class Lexer(lark.ContextualLexer):  # type: ignore[misc]
        def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Any]:
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
                            yield from body(lexer_state, opener.chomp, opener.name)
                elif token.type not in ("CONTINUE", "COMMENT", "BLANK"):
                    line.clear()

    return Lexer


def _node(kind: str, children: list[Any]) -> Node:
    made = tuple(c if isinstance(c, Node) else Token(c.type, str(c), Span(c.start_pos or 0, c.end_pos or 0)) for c in children)
    return Node(kind, made, Span(made[0].span.start, made[-1].span.end) if made else Span(0, 0))


_CALLBACKS = {kind: partial(_node, kind) for kind in ("file", "instruction", "continuation", "heredoc")}
"""Lark's callbacks, a rule each: they make our nodes while it parses."""


def parse(source: Source, escape: str = "\\") -> Node:
    """The tree of `source`, which prints it byte for byte.  Total: any text has one.

    Raises AssertionError where it does not print its source: a bug of ours, never the file's.
    """
    tree: Node = _lark("backtick.lark" if escape == "`" else "dockerfile.lark").parse(source.text)
    assert tree.text == source.text, "the tree must print its source"
    return tree
