"""Simple commands, assignments and tests."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from dfrefactor.shell.types import Assignment, Opaque, Redirect, Simple, Word
from dfrefactor.shell.words import WORDS, WordReader, static
from dfrefactor.text.source import Span

if TYPE_CHECKING:
    from tree_sitter import Node


_NEWLINE = re.compile(r"\A[^\"'`$(]*(?<!\\)\n")


class Reader(Protocol):
    """What is asked of the reader of lists and commands."""

    text: str
    words: WordReader

    def at(self, offset: int) -> int: ...

    def span(self, node: Node) -> Span: ...

    def redirect(self, node: Node, extra: list[Word]) -> Redirect: ...

    def opaque(self, reason: str, node: Node) -> Opaque: ...


def assignment(reader: Reader, node: Node) -> Assignment:
    name, operator, *rest = node.children
    plain = name.type == "variable_name" and (not rest or rest[0].type != "array")
    start = reader.at(operator.end_byte)
    value = reader.words.word(rest[0], True) if rest else static("", Span(start, start))
    first = name if name.type == "variable_name" else name.children[0]
    if name.type != "variable_name" and re.search(r"\+\+|--|=", reader.text[slice(*reader.span(name))]):
        value, plain = reader.words.computed(name), True
    return Assignment(
        reader.text[slice(*reader.span(first))], value if plain else None, reader.span(node), operator.type == "+="
    )


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
        elif _NEWLINE.search(reader.text[slice(*reader.span(child))]) and kind in ("word", "command_name", "concatenation"):
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
            word = Word(last.text + word.text, Span(last.span.start, word.span.end), last.parts + word.parts)
        found.append(word)
    return found


def test(reader: Reader, node: Node) -> Simple | Opaque:
    if re.search(r"(?<!\\)\n", reader.text[slice(*reader.span(node))]):
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
