"""The words of a logical line, as Docker's reader of each instruction cuts them.

With `parser.py` the only module that knows of Lark.
"""

from __future__ import annotations

import os.path
import re
from functools import cache
from typing import NamedTuple

from lark import Lark, Token

from dfrefactor.dockerfile import expand
from dfrefactor.dockerfile.shellword import HEREDOC_NAME, HEREDOC_QUOTED_NAME, HEREDOC_WORDS
from dfrefactor.text.source import Span

# parser.go: reHeredoc, for one word of the line
_HEREDOC = re.compile(r"[0-9]*<<(-?)[ \t\n\f\r]*([^<]+)")
STARTS = ("pairs", "split", "json", "flags")


def grammar(name: str) -> str:
    """The path of grammar file `name`: package data in a wheel, the folder beside the package in a checkout."""
    package = os.path.dirname(os.path.dirname(__file__))
    packaged = os.path.join(package, "grammar", name)
    return packaged if os.path.exists(packaged) else os.path.join(package, "..", "..", "grammar", name)


@cache
def _lark(name: str) -> Lark:
    return Lark.open(grammar(name), start=list(STARTS), parser="lalr", keep_all_tokens=True, maybe_placeholders=False)


def _tokens(rule: str, text: str, escape: str, *kinds: str) -> list[tuple[str, Span]]:
    tree = _lark("line_backtick.lark" if escape == "`" else "line.lark").parse(text, start=rule)
    tokens = (token for token in tree.scan_values(lambda leaf: isinstance(leaf, Token)) if isinstance(token, Token))
    return [(t.type, Span(t.start_pos or 0, t.end_pos or 0)) for t in tokens if t.type in kinds]


def pairs(text: str, escape: str = "\\") -> list[Span]:
    """The words of ENV, LABEL and ARG: quotes and escapes kept (line_parsers.go: parseWords)."""
    return [span for _, span in _tokens("pairs", text, escape, "WORD")]


def split(text: str) -> list[Span]:
    """The pieces between ASCII white space (line_parsers.go: parseStringsWhitespaceDelimited)."""
    return [span for _, span in _tokens("split", text, "\\", "PIECE")]


def json_strings(text: str) -> list[Span]:
    """The strings of a JSON array, with their quotes.  The caller has seen that it is one."""
    return [span for _, span in _tokens("json", text, "\\", "STRING")]


def flags(text: str) -> tuple[list[Span], int]:
    """The flags in front of an instruction's arguments, and where the arguments start."""
    spans, start = [], len(text)
    for kind, span in _tokens("flags", text, "\\", "FLAG", "DASHES", "ARGS"):
        if kind == "FLAG":
            spans.append(span)
        else:
            start = span.end if kind == "DASHES" else span.start
    return spans, start


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
