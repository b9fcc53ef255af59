"""Words of tree-sitter-bash as our words: quotes undone, expansions named.

It cuts `$A/$b.git` behind the second dollar, into two words; with braces around the names it does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from dfrefactor.lazy import regex
from dfrefactor.shell.types import Part, Script, Word
from dfrefactor.text.source import Span

Nested = Callable[[Node], Script]
"""Reads the commands below a substitution node."""

NEIGHBOURS = regex(r"[$`]\S*?[^\s\"']\$[A-Za-z_]")
"""Where that can happen: two variables in one word."""
_PLAIN_NAME = regex(r"(?<![\\$])\$([A-Za-z_]\w*)")
_EXPANSION = regex(r"\$\{([#!]?)(\w+|[@*#?$!-])(?:\[[^]]*\])?(?:(:?[-+=?]|##?|%%?|//?|\^\^?|,,?|:|@)(.*))?\}", re.S)
_COMPUTES = regex(r"\$\{[#!]?\w+\[[^]]*(?:\+\+|--|=)")
"""A subscript is arithmetic, and may set variables."""
_NAME = regex(r"\$\{?[#!]?(\w+|[@*#?$!-])")
_BRACES = regex(r"\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}")
_PIECE = regex(r"\\(?P<escaped>.)|(?P<glob>[*?\[])|(?P<plain>[^\\*?\[]+|\\)", re.S)
_DOUBLE_ESCAPE = regex(r'\\([$`"\\\n])')
_ANSI = regex(r"\\(n|t|r|\\|'|\"|x[0-9a-fA-F]{1,2}|0[0-7]{0,3}|.)", re.S)
_ANSI_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


WORDS = frozenset({
    "word", "number", "string", "raw_string", "ansi_c_string", "concatenation", "simple_expansion", "expansion",
    "regex", "command_substitution", "process_substitution", "arithmetic_expansion", "test_operator", "extglob_pattern",
    "variable_name", "special_variable_name", "brace_expression", "translated_string",
})  # fmt: skip
"""Nodes that are words."""


def with_braces(text: str) -> tuple[str, list[int]]:
    """`text` with braces around every name, and where each of its characters (and its end) stood."""
    pieces: list[str] = []
    places: list[int] = []
    last = 0
    for match in _PLAIN_NAME.finditer(text):
        start, end = match.span(1)
        pieces.append(f"{text[last:start]}{{{match[1]}}}")
        places += [*range(last, start), start, *range(start, end), end]
        last = end
    pieces.append(text[last:])
    places += range(last, len(text) + 1)
    return "".join(pieces), places


def static(text: str, span: Span) -> Word:
    """A word that is written as what it stands for."""
    return Word(text, span, (Part("text", text),))


class WordReader:
    """Reads the words of one text.  `at` turns a byte offset into one in characters."""

    def __init__(self, text: str, data: bytes, at: Callable[[int], int], nested: Nested) -> None:
        self.text, self.data, self.at, self.nested = text, data, at, nested

    def source(self, start: int, end: int) -> str:
        return self.text[self.at(start) : self.at(end)]

    def word(self, node: Node, assigned: bool = False) -> Word:
        """A word; one that is `assigned` has home folders behind colons too (POSIX 2.6.1)."""
        start, end = node.start_byte, node.end_byte
        text = self.source(start, end)
        span = Span(self.at(start), self.at(end))
        plain = node.type in ("word", "number", "variable_name") and text.isascii() and _PLAIN.fullmatch(text)
        if plain or text in _BRACKETS:
            return static(text, span)
        parts = tuple(self._parts(node))
        if parts and parts[0].kind == "text" and text[0] == "~":
            rest = parts[0].text[1:]
            home = not rest or rest[0] == "/" if len(parts) == 1 or rest else False
            parts = (Part("tilde" if home else "opaque", "~"), Part("text", rest), *parts[1:])
        if assigned and ":~" in text:
            parts = tuple(each for part in parts for each in _homes(part))
        if "{" in text and _BRACES.search("".join(p.text if p.kind == "text" and not p.quoted else "x" for p in parts)):
            parts = tuple(Part("brace", p.text) if p.kind == "text" and not p.quoted and "{" in p.text else p for p in parts)
        return Word(text, span, _joined(parts))

    def computed(self, node: Node) -> Word:
        """A subscript that sets variables, and something whose value is not known."""
        text, span = self.source(node.start_byte, node.end_byte), Span(self.at(node.start_byte), self.at(node.end_byte))
        names = tuple(re.findall(r"[A-Za-z_]\w*", text))
        return Word(text, span, (Part("arithmetic", text, True, names=names),))

    def body(self, node: Node, expand: bool) -> Word:
        """The body of a here-document, expansions read where its delimiter was not quoted."""
        text = self.source(node.start_byte, node.end_byte)
        span = Span(self.at(node.start_byte), self.at(node.end_byte))
        if not expand:
            return Word(text, span, (Part("text", text, True),))
        return Word(text, span, _joined(tuple(self._inside(node, node.start_byte, node.end_byte))))

    def _parts(self, node: Node) -> list[Part]:
        text = self.source(node.start_byte, node.end_byte)
        if node.type in _BARE:
            return _unquoted(text)
        match node.type:
            case "command_name" | "concatenation":
                parts, last = [], node.start_byte
                for child in node.children:
                    if child.start_byte > last:
                        parts += _unquoted(self.source(last, child.start_byte))
                    parts += self._parts(child)
                    last = child.end_byte
                return parts
            case "raw_string":
                return [Part("text", text[1:-1], True)]
            case "ansi_c_string":
                return [_ansi(text)]
            case "string":
                return self._inside(node, node.start_byte + 1, node.end_byte - 1) or [Part("text", "", True)]
            case "simple_expansion" | "expansion" | "command_substitution":
                return [self._expansion(node, text, False)]
            case "process_substitution":
                return [Part("process", text, False, scripts=(self.nested(node),))]
            case "arithmetic_expansion":
                return [self._expansion(node, text, True)]
            case "variable_assignment":
                return [part for child in node.children for part in self._parts(child)]
        if not node.children and not node.is_named:
            return _unquoted(text)
        return [Part("opaque", text, names=_names(text))]

    def _inside(self, node: Node, start: int, end: int) -> list[Part]:
        """Parts between double quotes: all text that is no expansion is itself, whatever nodes it is in."""
        parts: list[Part] = []
        last = start
        for child in node.children:
            if child.type not in _EXPANDING:
                continue
            raw = self.source(child.start_byte, child.end_byte)
            lead = len(raw) - len(raw.lstrip(" \t\r\n"))
            begin = child.start_byte + lead
            if begin > last:
                parts.append(_double(self.source(last, begin)))
            parts.append(self._expansion(child, raw[lead:], True))
            last = child.end_byte
        if end > last:
            parts.append(_double(self.source(last, end)))
        return parts

    def _expansion(self, node: Node, text: str, quoted: bool) -> Part:
        if node.type == "command_substitution":
            if text[0] == "`" and _ESCAPED.search(text):
                return Part("opaque", text, quoted, names=_names(text))  # read only when what is escaped is no longer
            return Part("command", text, quoted, scripts=(self.nested(node),))
        if node.type == "arithmetic_expansion":
            return Part("arithmetic", text, quoted, names=_names(text), scripts=self._scripts(node))
        if node.type == "simple_expansion" or not text.startswith("${"):
            return Part("variable", text, quoted, text[1:], names=(text[1:],))
        scripts = self._scripts(node)
        if _COMPUTES.match(text):
            return Part("arithmetic", text, quoted, scripts=scripts, names=tuple(re.findall(r"[A-Za-z_]\w*", text)))
        match = _EXPANSION.fullmatch(text)
        names = _names(text)
        if not match or scripts or _RUNS.search(text):
            return Part("opaque", text, quoted, scripts=scripts, names=names)
        mark, name, operator, operand = match.groups()
        value = operand if operand is not None and not re.search(r"[$`\\'\"]", operand) else None
        return Part("variable", text, quoted, name, mark + (operator or ""), value, names=names)

    def _scripts(self, node: Node) -> tuple[Script, ...]:
        found: list[Script] = []
        queue = list(node.children)
        while queue:
            child = queue.pop(0)
            if child.type in ("command_substitution", "process_substitution"):
                found.append(self.nested(child))
            else:
                queue += child.children
        return tuple(found)


_PLAIN = regex(r"[\w./:=,+@%^!-]+")
_BARE = frozenset({"word", "number", "variable_name", "special_variable_name", "test_operator", "extglob_pattern", "regex"})
_BRACKETS = frozenset({"[", "[[", "]", "]]"})
_BACKQUOTE = regex(r"(?<!\\)(?:\\\\)*`")
_ESCAPED = regex(r"\\[`$\\]")
_RUNS = regex(r"`|\$\((?!\()")
_EXPANDING = frozenset({"simple_expansion", "expansion", "command_substitution", "arithmetic_expansion"})


def _names(text: str) -> tuple[str, ...]:
    names = dict.fromkeys(_NAME.findall(text))
    if text.startswith(("$((", "((")):
        names |= dict.fromkeys(re.findall(r"\b[A-Za-z_]\w*", text))
    return tuple(names)


def _homes(part: Part) -> list[Part]:
    if part.kind != "text" or part.quoted:
        return [part]
    pieces = [each for each in re.split(r"(?<=:)(~[^/:]*)", part.text) if each]
    return [Part("text" if each[0] != "~" else "tilde" if each == "~" else "opaque", each) for each in pieces]


def _unquoted(text: str) -> list[Part]:
    parts: list[Part] = []
    for match in _PIECE.finditer(text):
        if match["glob"]:
            parts.append(Part("glob", match["glob"]))
        elif match["escaped"] is not None:
            parts.append(Part("text", "" if match["escaped"] == "\n" else match["escaped"], True))
        else:
            parts.append(Part("text", match["plain"]))
    return parts


def _double(text: str) -> Part:
    if "`" in text and _BACKQUOTE.search(text):
        return Part("opaque", text, True, names=_names(text))
    return Part("text", _DOUBLE_ESCAPE.sub(lambda m: "" if m[1] == "\n" else m[1], text), True)


def _ansi(text: str) -> Part:
    known = True

    def plain(match: re.Match[str]) -> str:
        nonlocal known
        code = match[1]
        if code in _ANSI_PLAIN:
            return _ANSI_PLAIN[code]
        if code[0] in "x0" and len(code) > 1:
            return chr(int(code[1:], 16 if code[0] == "x" else 8))
        known = False
        return code

    value = _ANSI.sub(plain, text[2:-1])
    return Part("text", value, True) if known else Part("opaque", text, True)


def _joined(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Neighbouring text as one part, quoted where any of it was: then a leading `-` or `~` is still what it is."""
    out: list[Part] = []
    for part in parts:
        if out and part.kind == out[-1].kind == "text":
            out[-1] = Part("text", out[-1].text + part.text, out[-1].quoted or part.quoted)
        else:
            out.append(part)
    return tuple(out)
