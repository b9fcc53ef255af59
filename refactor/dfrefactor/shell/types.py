"""Shell text as small frozen values: lists, pipelines, commands, words.

Not every construct of every shell is here.  What is not is `Opaque`, with the reason, and whoever walks the tree has
to stop there.
Spans are offsets, in characters, into the text that was parsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from dfrefactor.lazy import dataclass
from dfrefactor.text.source import Span

PartKind = Literal["text", "variable", "command", "arithmetic", "glob", "brace", "tilde", "process", "opaque"]


class Part(NamedTuple):
    """A piece of a word.  `text` is the value of a `text` part, the source of any other.

    For `variable`: `name`, `operator` and `operand` as in `${name:-operand}` (the operand None where it is not static).
    For `command` and `process`: the `script` inside.  `quoted`: no field splitting or globbing happens to it.
    """

    kind: PartKind
    text: str
    quoted: bool = False
    name: str = ""
    operator: str = ""
    operand: str | None = None
    scripts: tuple[Script, ...] = ()
    names: tuple[str, ...] = ()


class Word(NamedTuple):
    """One word as written (`text`), where it stands, and what it is made of."""

    text: str
    span: Span
    parts: tuple[Part, ...] = ()

    @property
    def value(self) -> str | None:
        """What the word stands for, None where that takes a running shell."""
        if self.static:
            return self.parts[0].text
        return "".join(part.text for part in self.parts) if all(part.kind == "text" for part in self.parts) else None

    @property
    def static(self) -> bool:
        """Whether it is one piece of plain text."""
        return len(self.parts) == 1 and self.parts[0].kind == "text"

    @property
    def variables(self) -> frozenset[str]:
        """Variables its expansion reads, those inside command substitutions not included."""
        return frozenset(name for part in self.parts for name in part.names)

    @property
    def quoted(self) -> bool:
        """Whether nothing in it is split into fields or matched against files."""
        return all(part.quoted or part.kind == "text" for part in self.parts)

    @property
    def scripts(self) -> tuple[Script, ...]:
        return tuple(script for part in self.parts for script in part.scripts)


@dataclass(frozen=True)
class Assignment:
    """`name=value` before a command or alone.  `value` is None for arrays and subscripts."""

    name: str
    value: Word | None
    span: Span
    append: bool = False


@dataclass(frozen=True)
class Redirect:
    """`2>>file`, `<file`, `>&2`, `<<EOF`, `<<<word`.  For here-documents `target` is the body."""

    operator: str
    target: Word | None
    span: Span
    fd: str = ""


@dataclass(frozen=True)
class Simple:
    """A command: words after assignments, with its redirections.  So are `[ … ]`, `[[ … ]]` and `export A=1`."""

    words: tuple[Word, ...]
    span: Span
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True)
class Pipeline:
    """`a | b`, or one command that is negated."""

    commands: tuple[Command, ...]
    span: Span
    negated: bool = False


@dataclass(frozen=True)
class Group:
    """`{ …; }` or `( … )`."""

    body: Script
    span: Span
    subshell: bool = False
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True)
class Branches:
    """`if` and `case`.  Each arm is what is run to choose it (None for else and case arms) and what it runs then."""

    arms: tuple[tuple[Script | None, Script], ...]
    span: Span
    subject: Word | None = None
    redirects: tuple[Redirect, ...] = ()

    @property
    def total(self) -> bool:
        """Whether one of the arms is run for sure."""
        return self.subject is None and bool(self.arms) and self.arms[-1][0] is None


@dataclass(frozen=True)
class Loop:
    """`for name in words`, `while condition`, `until condition`."""

    body: Script
    span: Span
    variable: str = ""
    words: tuple[Word, ...] = ()
    condition: Script | None = None
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True)
class Function:
    """A definition: nothing runs yet."""

    name: str
    body: Command
    span: Span


@dataclass(frozen=True)
class Opaque:
    """Text we do not read, and why."""

    reason: str
    text: str
    span: Span


Command = Simple | Pipeline | Group | Branches | Loop | Function | Opaque


class Item(NamedTuple):
    """A command of a list and what stands after it: "&&", "||", ";", "&", or "" at the end."""

    command: Command
    joins: str = ""


@dataclass(frozen=True)
class Script:
    """A list of commands in order, `&&`, `||`, `;` and `&` told apart by `joins`."""

    items: tuple[Item, ...]
    span: Span


def walk(node: Script | Command) -> Iterator[Script | Command]:
    """`node` and every list and command below it, those inside command substitutions included, in text order."""
    yield node
    for name in _PLACES:
        for child in _nearest(getattr(node, name, None)):
            yield from walk(child)


_PLACES = ("items", "assignments", "commands", "subject", "arms", "words", "condition", "body", "redirects")
"""Where a list or command has what is below it, in text order."""


def _nearest(value: object) -> Iterator[Script | Command]:
    """The lists and commands in `value` that are in no other one of it."""
    if isinstance(value, Script | Command):
        yield value
    elif isinstance(value, Word):
        yield from value.scripts
    elif isinstance(value, Assignment | Redirect):
        yield from _nearest(value.value if isinstance(value, Assignment) else value.target)
    elif isinstance(value, tuple):
        for each in value:
            yield from _nearest(each)
