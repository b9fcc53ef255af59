"""A command about to be run, for the code that knows what a table can't say."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import field, replace
from functools import reduce
from typing import NamedTuple

from dfrefactor.effects.arguments import Arguments
from dfrefactor.effects.catalog import Catalog, Entry
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.files import Files
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import hole
from dfrefactor.effects.state import ShellState, Variable, joined
from dfrefactor.effects.trace import Assigns, Event, Redirection
from dfrefactor.effects.words import Arg, Substitutes
from dfrefactor.lazy import dataclass
from dfrefactor.shell import Command, Simple, Word
from dfrefactor.text.source import Span


class Input(NamedTuple):
    """What a command finds on its standard input: names below `paths`, a known `text`, something that was `fetched`."""

    paths: tuple[str, ...] = ()
    text: str | None = None
    fetched: bool = False
    word: Word | None = None
    """Where the text is written."""
    of: frozenset[str] = frozenset()
    """The names of ENV and ARG whose values are in it."""


NO_INPUT = Input()


class Flow(NamedTuple):
    """How a command ends: the states in which it went well, and in which it failed; None where it does not end so.

    `passed` are those of `failed` that `set -e` passes over, for it fails in a list that goes on.
    """

    ok: ShellState | None
    failed: ShellState | None = None
    passed: ShellState | None = None


def either_way(flows: Sequence[Flow]) -> Flow:
    """How something ends that goes one of several ways."""
    return Flow(*(joined(*ends) for ends in zip(*flows, strict=True)))


class Departs(NamedTuple):
    """A command that leaves more than itself: "exit", "return", "break" or "continue", and how many loops."""

    what: str
    failing: bool | None = None
    levels: int = 1


class Context(NamedTuple):
    """What holds for a command by where it stands.

    `doubt` says why it may not be run, or fail without notice ("": it must, or the RUN fails).  Where it must: `status` is
    True where the status of the list it is in is looked at, False where only `set -e` looks.  `deaf`: `set -e` is passed
    over here.  `alternative`: it runs because what is before it failed.  `wants`: somebody goes on behind its failure.
    `into` are the files that its output goes to, `fed` the events whose output it gets, `via` the wrappers it is run by.
    """

    doubt: str = ""
    status: bool = True
    deaf: bool = False
    alternative: bool = False
    wants: bool = False
    into: tuple[str, ...] = ()
    input: Input = Input()
    fed: tuple[int, ...] = ()
    via: tuple[str, ...] = ()


class Machine(Substitutes):
    """What runs commands."""

    catalog: Catalog
    events: list[Event]
    printed: Input
    caught: bool
    """Whether a signal would run something."""

    @abstractmethod
    def run(self, call: Call, args: Sequence[Arg], state: ShellState, doubt: str, wrapped: bool) -> Flow:
        """Run the command `args` from within `call`."""

    @abstractmethod
    def run_text(self, call: Call, text: Arg, state: ShellState, here: bool) -> Flow:
        """Run shell text from within `call`: by another shell, or `here` in this one."""

    @abstractmethod
    def function(
        self, bodies: frozenset[Command | None], args: Sequence[Arg], state: ShellState, span: Span, context: Context
    ) -> Flow:
        """Run a function of the script, any of those it may be."""

    @abstractmethod
    def depart(self, departs: Departs, state: ShellState, context: Context) -> Flow:
        """A command that leaves a shell, a function or a loop."""

    @abstractmethod
    def local(self, name: str, state: ShellState) -> None:
        """The variable is the function's own until it ends."""

    @abstractmethod
    def emit(
        self, command: Simple | None, args: Sequence[Arg], assigns: Assigns, redirects: tuple[Redirection, ...],
        state: ShellState, draft: Draft, context: Context, span: Span | None = None, wraps: bool = False, at: int | None = None,
        call: Call | None = None,
    ) -> None:  # fmt: skip
        """Put a command into the trace."""


@dataclass
class Call:
    """A command with its arguments, the state before it, and what it leaves: `after` and `draft`."""

    machine: Machine
    state: ShellState
    draft: Draft
    entry: Entry
    name: str
    args: list[Arg]
    found: Arguments
    span: Span
    site: str
    input: Input = NO_INPUT
    after: ShellState = field(default_factory=ShellState)
    failed: ShellState | None = None
    """The shell as it is where the command fails, if that is known to be another than where it goes well."""
    prints: Input = NO_INPUT
    departs: Departs | None = None
    dead: bool = False
    """Whether nothing is run behind it."""
    own: int | None = None
    """How many of its words are its own, where the rest is a command that it runs."""
    unread: str = ""
    """Why shell text that it runs is not read."""
    levels: list[Arguments] = field(default_factory=list)
    """Its words, and those of each subcommand."""

    @property
    def operands(self) -> list[str]:
        """The values of its operands."""
        return [arg.value for arg in self.found.operands]

    def operand(self, at: int) -> str | None:
        return self.found.operands[at].value if at < len(self.found.operands) else None

    def text(self, option: str) -> str | None:
        """The value of an option; None where it is not given."""
        found = self.found.value(option)
        return found.value if found else None

    def has(self, *options: str) -> bool:
        return not self.found.given.keys().isdisjoint(options)

    def unknown(self, reason: str) -> None:
        self.draft.lower(Grade.UNKNOWN, reason)

    def unreadable(self, reason: str) -> None:
        """Shell text that it runs can't be read."""
        self.unread = reason
        self.unknown(reason)

    @property
    def home(self) -> str | None:
        return self.after.folder

    def value(self, name: str) -> str | None:
        """A variable's value, holes and all; None where it is not known to have one."""
        return self.after.value(name)

    def set(self, name: str, value: str | None, of: frozenset[str] = frozenset(), exported: bool | None = None) -> None:
        """The shell gives a variable a value."""
        self.after = self.after.given(name, value, self.site, of, exported)

    def unset(self, name: str) -> None:
        self.after = self.after.with_variable(name, Variable("", False, frozenset(), False))

    def fresh(self, name: str) -> str:
        """Text nobody knows."""
        return hole(f"{name}#{self.site}")

    def run(self, args: Sequence[Arg], state: ShellState | None = None, doubt: str = "", wrapped: bool = True) -> Flow:
        """Run another command; of what it changes only files outlast it.  `doubt`: perhaps it is not run at all."""
        inner = (state or outside(self.after)).with_files(self.draft.files)
        return self._follow(self.machine.run(self, args, inner, doubt, wrapped), bool(doubt))

    def run_text(self, text: Arg, state: ShellState | None = None, here: bool = False) -> Flow:
        """Run shell text, in a shell of its own or `here`."""
        inner = (state or (self.after if here else outside(self.after))).with_files(self.draft.files)
        return self._follow(self.machine.run_text(self, text, inner, here), False)

    def _follow(self, flow: Flow, perhaps: bool) -> Flow:
        ends = [each.files for each in flow if each is not None]
        self.draft.files = reduce(Files.join, [*ends, self.draft.files] if perhaps or not ends else ends)
        return flow


def outside(state: ShellState) -> ShellState:
    """What a program sees of a shell's state: exported variables, the folder, the user."""
    variables = {
        name: each if each.exported or each.set is False else each.join(None)
        for name, each in state.variables.items()
        if each.exported is not False or each.set is False
    }
    return replace(
        state, variables=variables, flags={}, functions={}, parameters=(), redirected=frozenset(), traps={}, pushed=(),
        kept=frozenset(), shell=("sh", "-c"),
    )  # fmt: skip
