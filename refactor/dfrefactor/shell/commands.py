"""Simple commands, assignments and tests; `if`, `case`, loops and function definitions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

from tree_sitter import Node

from dfrefactor.lazy import regex
from dfrefactor.shell.types import (
    Assignment,
    Branches,
    Command,
    Function,
    Loop,
    Opaque,
    Part,
    Redirect,
    Script,
    Simple,
    Word,
)  # fmt: skip
from dfrefactor.shell.words import WORDS, WordReader, static
from dfrefactor.text.source import Span

_RUNS = regex(r"\$\(|`|\$\{\w+:?=")
_NEWLINE = regex(r"\A[^\"'`$(]*(?<!\\)\n")


class Reader(Protocol):
    """What is asked of the reader of lists and commands."""

    text: str
    at: Callable[[int], int]
    words: WordReader

    def span(self, node: Node) -> Span: ...

    def source(self, node: Node) -> str: ...

    def script(self, nodes: Sequence[Node], around: Node) -> Script: ...

    def command(self, node: Node) -> Command: ...

    def redirect(self, node: Node, extra: list[Word]) -> Redirect: ...

    def opaque(self, reason: str, node: Node) -> Opaque: ...


def assignment(reader: Reader, node: Node) -> Assignment:
    name, operator, *rest = node.children
    plain = name.type == "variable_name" and (not rest or rest[0].type != "array")
    start = reader.at(operator.end_byte)
    value = reader.words.word(rest[0], True) if rest else static("", Span(start, start))
    first = name if name.type == "variable_name" else name.children[0]
    if name.type != "variable_name" and re.search(r"\+\+|--|=", reader.source(name)):
        value, plain = reader.words.computed(name), True
    return Assignment(reader.source(first), value if plain else None, reader.span(node), operator.type == "+=")


def simple(reader: Reader, node: Node) -> Simple | Opaque:
    assignments: list[Assignment] = []
    words: list[Word] = []
    redirects: list[Redirect] = []
    for child in node.children:
        kind = child.type
        if kind == "variable_assignment":
            assignments.append(assignment(reader, child))
        elif kind in ("file_redirect", "herestring_redirect"):
            redirects.append(reader.redirect(child, words))
        elif _NEWLINE.search(reader.source(child)) and kind in ("word", "command_name", "concatenation"):
            return reader.opaque("a line break inside of a word", node)
        elif kind == "command_name" or kind in WORDS or not child.is_named:
            words.append(reader.words.word(child))
        else:
            return reader.opaque(f"{kind.replace('_', ' ')} in a command", node)
    if any(reader.text[a.span.end : b.span.start] == "\\\n" for a, b in pairwise(words)):
        return reader.opaque("a line break inside of a word", node)
    return Simple(tuple(_touching(words)), reader.span(node), tuple(assignments), tuple(redirects))


def _touching(words: list[Word]) -> list[Word]:
    """Words with nothing between them are one: the grammar takes an option with an equals sign and a backquote apart."""
    found: list[Word] = []
    for word in words:
        if found and found[-1].span.end == word.span.start and found[-1].text:
            last = found.pop()
            word = Word(last.text + word.text, Span(last.span.start, word.span.end), _glued(last.parts, word.parts))
        found.append(word)
    return found


def _glued(before: tuple[Part, ...], behind: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts of two words that are one; the grammar may take a `$` from its name as well."""
    if not before or not behind or before[-1].kind != "text" or behind[0].kind != "text" or before[-1].text[-1:] != "$":
        return before + behind
    name = re.match(r"[A-Za-z_]\w*|", behind[0].text)
    if name is None or not name[0]:
        return before + behind
    variable = Part("variable", f"${name[0]}", before[-1].quoted, name=name[0], names=(name[0],))
    first, rest = before[-1]._replace(text=before[-1].text[:-1]), behind[0]._replace(text=behind[0].text[name.end() :])
    return (*before[:-1], first, variable, rest, *behind[1:])


def test(reader: Reader, node: Node) -> Simple | Opaque:
    if re.search(r"(?<!\\)\n", reader.source(node)):
        return reader.opaque("a test over several lines", node)  # the grammar may take what stands behind it for a part of it
    words: list[Word] = []
    queue = list(reversed(node.children))
    while queue:
        child = queue.pop()
        if child.type in WORDS or not child.children:
            words.append(reader.words.word(child))
        else:
            queue += reversed(child.children)
    return Simple(tuple(words), reader.span(node))


def compound(reader: Reader, node: Node) -> Command:
    """The command `node` stands for; Opaque where a part of it is not where it should be."""
    match node.type:
        case "if_statement":
            return _if(reader, node)
        case "case_statement":
            return _case(reader, node)
        case "function_definition":
            body = node.children[-1]
            name = reader.source(next(child for child in node.children if child.type == "word"))
            return Function(name, reader.command(body), reader.span(node))
        case _:
            return _loop(reader, node)


def _if(reader: Reader, node: Node) -> Branches:
    arms: list[tuple[Script | None, Script]] = []
    pending: list[Node] = []
    condition: Script | None = None
    clauses = ("elif_clause", "else_clause")
    for child in (part for each in node.children for part in (each.children if each.type in clauses else [each])):
        if child.type == "then":
            condition, pending = reader.script(pending, node), []
        elif child.type in ("elif", "else", "fi"):
            arms.append((condition, reader.script(pending, node)))
            condition, pending = None, []
        elif child.type != "if":
            pending.append(child)
    return Branches(tuple(arms), reader.span(node))


def _case(reader: Reader, node: Node) -> Command:
    arms: list[tuple[Script | None, Script]] = []
    subject: Word | None = None
    for child in node.children:
        if child.type == "case_item":
            if child.children[-1].type in (";&", ";;&"):
                return Opaque("an arm of `case` that goes on with the next", reader.source(node), reader.span(node))
            names = [each.type for each in child.children]
            if any(_RUNS.search(reader.source(each)) for each in child.children[: names.index(")")]):
                return reader.opaque("a pattern of `case` that runs or sets something", child)
            arms.append((None, reader.script(child.children[names.index(")") + 1 :], child)))
        elif child.is_named and subject is None and child.type != "comment":
            subject = reader.words.word(child)
    return Branches(tuple(arms), reader.span(node), subject)


def _loop(reader: Reader, node: Node) -> Command:
    *head, body = node.children
    if body.type != "do_group":
        return reader.opaque("a loop without do and done", node)
    inner = reader.script(body.children[1:-1], body)
    if head[0].type in ("while", "until"):
        return Loop(inner, reader.span(node), condition=reader.script(head[1:], node))
    named = [child for child in head if child.is_named and child.type != "comment"]
    variable = reader.source(named[0])
    words = tuple(reader.words.word(child) for child in named[1:])
    return Loop(inner, reader.span(node), variable, words)
