"""The words of a logical line, as Docker's reader of each instruction cuts them.

With `parser.py` the only module that knows of Lark.
"""

from __future__ import annotations

import os.path
import re
from functools import cache
from typing import NamedTuple

from lark import Lark
from lark.exceptions import UnexpectedInput

from refactor.source import Span

# parser.go: reHeredoc, for one word of the line
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)")
_QUOTED = re.compile(r"""\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)\"""", re.S)
STARTS = ("pairs", "split", "json", "flags", "opens")


def grammar(name: str) -> str:
    """The path of grammar file `name`: package data in a wheel, the folder beside the package in a checkout."""
    here = os.path.dirname(__file__)
    packaged = os.path.join(here, "grammar", name)
    return packaged if os.path.exists(packaged) else os.path.join(os.path.dirname(here), "grammar", name)


@cache
def _lark(name: str) -> Lark:
    return Lark.open(grammar(name), start=list(STARTS), parser="lalr", keep_all_tokens=True, maybe_placeholders=False)


def _tokens(rule: str, text: str, escape: str, *kinds: str) -> list[tuple[str, Span]]:
    tree = _lark("line_backtick.lark" if escape == "`" else "line.lark").parse(text, start=rule)
    return [(t.type, Span(t.start_pos, t.end_pos)) for t in tree.scan_values(lambda t: t.type in kinds)]


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
        words = _tokens("opens", line, "\\", "SHELLWORD")
    except UnexpectedInput:
        return []
    openers = []
    for _, span in words:
        found = _HEREDOC.fullmatch(line[span.start : span.end])
        if found:
            name = _QUOTED.sub(_unquote, found[2])
            openers.append(Opener(not re.search(r"[\"'\\]", found[2]), bool(found[1]), name))
    return openers


def _unquote(found: re.Match[str]) -> str:
    escaped, single, double = found.groups()
    if double is not None:
        return re.sub(r"\\([\"$\\])", r"\1", double)
    return str(escaped if escaped is not None else single)
