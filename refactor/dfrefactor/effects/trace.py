"""What a RUN runs: its commands in order, wrappers peeled and functions followed, and what of it could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from dfrefactor.effects.arguments import Arguments
from dfrefactor.effects.catalog import Entry
from dfrefactor.effects.effects import Effects, sequence
from dfrefactor.effects.paths import Region
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.words import Arg
from dfrefactor.lazy import dataclass
from dfrefactor.shell import Simple, Word
from dfrefactor.text.source import Span


@dataclass(frozen=True)
class Origin:
    """Where a text that a shell runs stands in the text of the RUN: `shift` is None where only the whole place is known.

    `of` are the names of ENV and ARG whose values were put into the text before it was read.
    """

    place: Span
    shift: int | None = 0
    of: frozenset[str] = frozenset()

    def span(self, inner: Span) -> Span:
        """A place of that text, as a place in the RUN's."""
        return self.place if self.shift is None else inner.moved(self.shift)

    def below(self, word: Word | None, text: str, of: frozenset[str] = frozenset()) -> Origin:
        """The origin of `text`, which `word` stands for in this text, made `of` what these names hold."""
        if word is None:
            return Origin(self.place, None, of)
        span = self.span(word.span)
        inner = word.text[1:-1] if word.text[:1] in "'\"" and word.text[:1] else word.text
        if self.shift is None or inner != text:
            return Origin(span, None, of)
        return Origin(span, span.start + word.text.index(inner) if inner else span.start, of)


@dataclass(frozen=True)
class Redirection:
    """`>file` and its like, expanded; for here-documents `target` is the body."""

    operator: str
    fd: str
    target: Arg


Assigns = tuple[tuple[str, Arg], ...]
"""Variables and what they are given."""


@dataclass(frozen=True)
class Event:
    """One command as it is run: its words expanded, the state before it, and what it does.

    `args` are empty where only redirections or `assigns` stand.  `via` are the wrappers it is run by, outermost first; a
    wrapper is an event of its own before it, with its own words and `wraps`.  `into` are the files that its output goes to,
    `fed` the events whose output it is given (indices into the trace).  `span` is in the RUN's text, words are placed by
    `origin`.  `unread` says why what stands here is not read: nobody may rely on what it does not do.  `entry` is what
    the catalog says of this very call, its subcommand and options being what they are (None: it is not in there); `found` are
    its words told apart, those of each subcommand for themselves.
    """

    args: tuple[Arg, ...]
    state: ShellState
    span: Span
    effects: Effects
    origin: Origin
    simple: Simple | None = None
    assigns: Assigns = ()
    redirects: tuple[Redirection, ...] = ()
    via: tuple[str, ...] = ()
    into: tuple[str, ...] = ()
    fed: tuple[int, ...] = ()
    wraps: bool = False
    unread: str = ""
    entry: Entry | None = field(default=None, compare=False)
    found: tuple[Arguments, ...] = field(default=(), compare=False)

    @property
    def name(self) -> str:
        """The command, without the folder it is in; "" for an assignment alone."""
        return self.args[0].value.rpartition("/")[2] if self.args else ""

    @property
    def secrets(self) -> frozenset[str]:
        """The names of what is in the secret files that it reads."""
        every = self.state.files.secrets
        return frozenset(name for path, name in every if Region(path) in self.effects.reads) if every else frozenset()


START = ShellState()


@dataclass(frozen=True)
class Unit:
    """One command of a RUN's top-level list, from `start` to `end` of the text it was read from.

    `joins` is what stands between it and the next unit ("&&", ";", "||", "&", "" for the last).  `uses` are shell
    variables it reads that an earlier unit assigned, `assigns` those it assigns.  `blocked` says why the list can't be
    cut before this unit ("": it can, if the units `again` are said again in front of it, and the units `bound`, which set
    something that can't be, go along).  `sets`: it only sets what the shell
    keeps (variables, the folder, options), always to the same; `options`: options alone, which all of the list is read with.
    `events` are what it runs.
    """

    effects: Effects
    start: int
    end: int
    joins: str = ""
    before: ShellState = START
    after: ShellState = START
    assigns: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    blocked: str = ""
    again: tuple[int, ...] = ()
    bound: tuple[int, ...] = ()
    sets: bool = False
    options: bool = False
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Trace:
    """What a shell text runs, unit by unit; `text` is what spans lie in."""

    text: str = ""
    units: tuple[Unit, ...] = ()

    @property
    def events(self) -> Iterator[Event]:
        for unit in self.units:
            yield from unit.events

    @property
    def effects(self) -> Effects:
        """The effects of all of it: a fold over the units, as theirs are over their events."""
        return sequence(unit.effects for unit in self.units)


@dataclass(frozen=True)
class Step:
    """An instruction's effects, and the trace of a RUN's shell text."""

    effects: Effects
    trace: Trace = Trace()

    @property
    def units(self) -> tuple[Unit, ...]:
        return self.trace.units

    @property
    def text(self) -> str:
        return self.trace.text
