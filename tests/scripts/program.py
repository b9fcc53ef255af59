"""Shell scripts that can be taken apart, to make one smaller that shows a mistake, and the Dockerfiles around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

BREAK = "\x1f"
"""Stands for `; ` or a new line, whichever the script is written with."""
_AFTER_AMPERSAND = re.compile(rf"(?<!&)& *{BREAK}")


@dataclass(frozen=True)
class Body:
    """Statements, joined by BREAK or ` && `."""

    nodes: tuple[Node, ...]
    join: str = BREAK

    def render(self) -> str:
        return self.join.join(node.render() for node in self.nodes) if self.nodes else ":"

    def smaller(self) -> Iterator[Body]:
        """With one thing less: a statement, or what is around or inside one."""
        for at in reversed(range(len(self.nodes))):
            yield replace(self, nodes=self.nodes[:at] + self.nodes[at + 1 :])
        for at, node in enumerate(self.nodes):
            for others in node.smaller():
                yield replace(self, nodes=self.nodes[:at] + others + self.nodes[at + 1 :])


@dataclass(frozen=True)
class Node:
    """A statement: text, and the bodies in between."""

    pieces: tuple[str | Body, ...]

    def render(self) -> str:
        return "".join(each if isinstance(each, str) else each.render() for each in self.pieces)

    def smaller(self) -> Iterator[tuple[Node, ...]]:
        for each in self.pieces:
            if isinstance(each, Body):
                yield each.nodes
        for at, each in enumerate(self.pieces):
            if isinstance(each, Body):
                for body in each.smaller():
                    yield (Node((*self.pieces[:at], body, *self.pieces[at + 1 :])),)
            elif len(self.pieces) == 1:
                yield from ((Node((text,)),) for text in _shorter(each))


def _shorter(text: str) -> Iterator[str]:
    """The text of a simple statement with one word or one side of `&&`, `||`, `|` less."""
    for joint in (" && ", " || ", " | "):
        left, found, right = text.partition(joint)
        if found and text.count("'") % 2 == 0 and left.count("'") % 2 == 0:
            yield from (left, right)
    words = text.split(" ")
    if "'" not in text and '"' not in text and len(words) > 2:
        for at in range(1, len(words)):
            yield " ".join(words[:at] + words[at + 1 :])


@dataclass(frozen=True)
class Script:
    """The text of a RUN.  `lines`: statements stand on lines of their own, in a here-document."""

    body: Body
    lines: bool = False

    @property
    def text(self) -> str:
        rendered = _AFTER_AMPERSAND.sub("&\n" if self.lines else "& ", self.body.render())
        return rendered.replace(BREAK, "\n" if self.lines else "; ") + ("\n" if self.lines else "")

    @property
    def run(self) -> str:
        """As an instruction."""
        return f"RUN <<EOF\n{self.text}EOF" if self.lines else f"RUN {self.text}"

    def smaller(self) -> Iterator[Script]:
        for body in self.body.smaller():
            yield replace(self, body=body)
        if self.lines and "<<" not in self.text:
            yield replace(self, lines=False)


@dataclass(frozen=True)
class Program:
    """A Dockerfile: its base, instructions, among them scripts, and whether there is a user `app` in the base."""

    base: str
    steps: tuple[str | Script, ...]

    @property
    def data(self) -> bytes:
        return "\n".join([f"FROM {self.base}", *(each if isinstance(each, str) else each.run for each in self.steps), ""]).encode()

    def smaller(self) -> Iterator[Program]:
        for at in reversed(range(len(self.steps))):
            if not isinstance(self.steps[at], Script) or at + 1 < len(self.steps):
                yield replace(self, steps=self.steps[:at] + self.steps[at + 1 :])
        for at, step in enumerate(self.steps):
            if isinstance(step, Script):
                for script in step.smaller():
                    yield replace(self, steps=(*self.steps[:at], script, *self.steps[at + 1 :]))
