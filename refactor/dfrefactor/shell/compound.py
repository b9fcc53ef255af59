"""`if`, `case`, loops and function definitions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from dfrefactor.shell.types import Branches, Command, Function, Loop, Opaque, Script, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from dfrefactor.shell.words import WordReader
    from dfrefactor.text.source import Span


_RUNS = re.compile(r"\$\(|`|\$\{\w+:?=")


class Reader(Protocol):
    """What is asked of the reader of lists and commands."""

    text: str
    words: WordReader

    def span(self, node: Node) -> Span: ...

    def script(self, nodes: Sequence[Node], around: Node) -> Script: ...

    def command(self, node: Node) -> Command: ...


def compound(reader: Reader, node: Node) -> Command:
    """The command `node` stands for; Opaque where a part of it is not where it should be."""
    match node.type:
        case "if_statement":
            return _if(reader, node)
        case "case_statement":
            return _case(reader, node)
        case "function_definition":
            body = node.children[-1]
            name = reader.text[slice(*reader.span(next(child for child in node.children if child.type == "word")))]
            return Function(name, reader.command(body), reader.span(node))
        case _:
            return _loop(reader, node)


def _if(reader: Reader, node: Node) -> Branches:
    arms: list[tuple[Script | None, Script]] = []
    pending: list[Node] = []
    condition: Script | None = None

    def close() -> None:
        nonlocal condition, pending
        arms.append((condition, reader.script(pending, node)))
        condition, pending = None, []

    queue = list(node.children)
    while queue:
        child = queue.pop(0)
        kind = child.type
        if kind == "then":
            condition, pending = reader.script(pending, node), []
        elif kind in ("elif_clause", "else_clause"):
            close()
            queue[:0] = child.children
        elif kind == "fi":
            close()
        elif kind not in ("if", "elif", "else"):
            pending.append(child)
    return Branches(tuple(arms), reader.span(node))


def _case(reader: Reader, node: Node) -> Command:
    arms: list[tuple[Script | None, Script]] = []
    subject: Word | None = None
    for child in node.children:
        if child.type == "case_item":
            if child.children[-1].type in (";&", ";;&"):
                text = reader.text[slice(*reader.span(node))]
                return Opaque("an arm of `case` that goes on with the next", text, reader.span(node))
            names = [each.type for each in child.children]
            patterns = reader.text[reader.span(child).start : reader.span(child.children[names.index(")")]).start]
            if _RUNS.search(patterns):
                return Opaque("a pattern of `case` that runs or sets something", patterns, reader.span(child))
            arms.append((None, reader.script(child.children[names.index(")") + 1 :], child)))
        elif child.is_named and subject is None and child.type != "comment":
            subject = reader.words.word(child)
    return Branches(tuple(arms), reader.span(node), subject)


def _loop(reader: Reader, node: Node) -> Command:
    *head, body = node.children
    if body.type != "do_group":
        return Opaque("a loop without do and done", reader.text[slice(*reader.span(node))], reader.span(node))
    inner = reader.script(body.children[1:-1], body)
    if head[0].type in ("while", "until"):
        return Loop(inner, reader.span(node), condition=reader.script(head[1:], node))
    named = [child for child in head if child.is_named and child.type != "comment"]
    variable = reader.text[slice(*reader.span(named[0]))]
    words = tuple(reader.words.word(child) for child in named[1:])
    return Loop(inner, reader.span(node), variable, words)


