"""All that a command's meaning depends on: one frozen value, with a join over every field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

from dfrefactor.effects.files import Files
from dfrefactor.effects.paths import HOLE, hole
from dfrefactor.lazy import dataclass
from dfrefactor.shell import Command

K = TypeVar("K")
V = TypeVar("V")
ROOT = ("root", "0", "root:root", "0:0")


class Reached(IntEnum):
    """Whether a point of a script is come to, given that the script succeeds."""

    NEVER = 0
    MAY = 1
    MUST = 2


class Variable(NamedTuple):
    """A variable's value, with holes for what is not known; None where not even two readings of it need agree.

    `exported`: programs see it (None: perhaps).  `of` are the names that ENV and ARG gave to what it is made of.  `set` is
    False behind `unset` (None: perhaps).
    """

    value: str | None
    exported: bool | None = False
    of: frozenset[str] = frozenset()
    set: bool | None = True

    def join(self, other: Variable | None) -> Variable:
        """What is known where it is either; without `other`, it may be what the base image makes it."""
        if self == other:
            return self
        if other is None:
            return Variable(None, None if self.exported else self.exported, self.of, None)
        return Variable(
            self.value if self.value == other.value else None,
            self.exported if self.exported == other.exported else None,
            self.of | other.of,
            self.set if self.set == other.set else None,
        )


class Parameter(NamedTuple):
    """One positional parameter: its value and, as for a variable, what it is made of."""

    value: str
    many: bool = False
    of: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ShellState:
    """What the shell knows before a command.  None is: not known.

    `also` are folders that are worked in instead of `cwd` if a `cd` failed without notice.  A name that is not in
    `variables` may still come from the base image; `home` is where `~` leads while no variable says.  `shell` is the command
    line that shell text is handed to.  `functions` and `traps` hold all that a name may stand for, None where it may stand
    for none.  `redirected` are redirections in force, `stdout` the files that output goes to by them; `kept` is what else
    the shell keeps and no other can be given in a line (aliases, options of `shopt`, limits).  `stock`: packages come from
    the distribution's own archive, for no step is seen to add another.  `doubt` says why the point may not be reached.
    """

    cwd: str | None = "/"
    also: tuple[str, ...] = ()
    variables: Mapping[str, Variable] = field(default_factory=dict)
    home: str | None = None
    user: str | None = "root"
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    umask: int | None = 0o022
    flags: Mapping[str, bool | None] = field(default_factory=dict)
    functions: Mapping[str, frozenset[Command | None]] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] | None = ()
    redirected: frozenset[str] = frozenset()
    stdout: tuple[str, ...] = ()
    traps: Mapping[str, frozenset[str | None]] = field(default_factory=dict)
    pushed: tuple[str | None, ...] | None = ()
    kept: frozenset[str] = frozenset()
    files: Files = field(default_factory=Files)
    stock: bool = False
    reached: Reached = Reached.MUST
    doubt: str = ""

    def __hash__(self) -> int:
        return hash((self.cwd, self.user, self.shell, self.files.base, frozenset(self.variables.items())))

    @property
    def errexit(self) -> bool:
        return self.flags.get("errexit") is True

    @property
    def pipefail(self) -> bool:
        return self.flags.get("pipefail") is True

    @property
    def bash(self) -> bool:
        return self.shell[:1] != () and self.shell[0].rpartition("/")[2] == "bash"

    @property
    def path_folders(self) -> tuple[str, ...]:
        return _folders(self.value("PATH") or "")

    def value(self, name: str) -> str | None:
        """A variable's value; None where it is not known to have one."""
        found = self.variables.get(name)
        return found.value if found is not None and found.set else None

    def has(self, name: str) -> bool:
        """Whether something in this file may give the variable a value."""
        found = self.variables.get(name)
        return found is not None and found.set is not False

    @property
    def folder(self) -> str | None:
        """The user's home folder, as `~` is expanded; with holes, or None where nothing is known of it."""
        if "HOME" not in self.variables:
            return self.home
        return self.value("HOME") if self.variables["HOME"].set else None

    @property
    def named(self) -> str | None:
        """The working folder as `pwd` prints it: by the names that led there, links and all."""
        return None if "PWD" in self.kept else self.value("PWD") if "PWD" in self.variables else None if self.also else self.cwd

    def called(self, ways: Sequence[str | None]) -> ShellState:
        """The same where the folders were gone to by the names `ways`."""
        variables = {name: each for name, each in self.variables.items() if name != "PWD"}
        if self.cwd is not None and list(ways) != [self.cwd, *self.also]:
            variables["PWD"] = Variable(ways[0] if len(ways) == 1 else None, True)
        return replace(self, variables=variables)

    def with_variable(self, name: str, variable: Variable) -> ShellState:
        if self.flags.get("allexport") is not False and "allexport" in self.flags:
            variable = variable._replace(exported=True if self.flags["allexport"] else None)
        kept = self.kept | {name} if name == "PWD" else self.kept  # `pwd` goes on to print where the shell is
        return replace(self, variables={**self.variables, name: variable}, kept=kept)

    def given(
        self, name: str, value: str | None, site: str, of: frozenset[str] = frozenset(), exported: bool | None = None
    ) -> ShellState:
        """With a value for a variable: one that is not known is at least the same wherever it is read."""
        before = self.variables.get(name)
        seen = exported if exported is not None else before.exported if before is not None else False
        return self.with_variable(name, Variable(hole(f"{name}#{site}") if value is None else value, seen, of))

    def with_files(self, files: Files) -> ShellState:
        """The same where that is known of the files: most commands leave them as they are."""
        return self if files is self.files else replace(self, files=files)

    def with_flag(self, name: str, on: bool | None) -> ShellState:
        return replace(self, flags={**self.flags, name: on})

    def keeping(self, what: str) -> ShellState:
        return replace(self, kept=self.kept | {what})

    def perhaps(self, doubt: str) -> ShellState:
        """The same point where it may not be reached, if there is a doubt."""
        if not doubt or self.doubt:
            return self
        return replace(self, reached=min(self.reached, Reached.MAY), doubt=doubt)

    def join(self, other: ShellState) -> ShellState:
        """What is known where either may hold.  Every field takes part (DESIGN 2.14)."""
        if self is other or self == other:
            return self
        mine, theirs = (self.cwd, *self.also), (other.cwd, *other.also)
        first, *more = theirs if set(mine) < set(theirs) else dict.fromkeys(mine + theirs)
        lost = first is None or None in more or len(more) > MOST_FOLDERS
        return ShellState(
            cwd=None if lost else first, also=() if lost else tuple(each for each in more if each is not None),
            variables=_either(self.variables, other.variables, Variable.join),
            home=_same(self.home, other.home), user=_same(self.user, other.user),
            shell=self.shell if self.shell == other.shell else ("", ""), umask=_same(self.umask, other.umask),
            flags=_joined_flags(self.flags, other.flags), functions=_union(self.functions, other.functions),
            parameters=_same(self.parameters, other.parameters), redirected=self.redirected | other.redirected,
            stdout=tuple(dict.fromkeys(self.stdout + other.stdout)), traps=_union(self.traps, other.traps),
            pushed=_same(self.pushed, other.pushed), kept=self.kept | other.kept, files=self.files.join(other.files),
            stock=self.stock and other.stock, reached=self.reached if self.reached == other.reached else Reached.MAY,
            doubt=self.doubt or other.doubt,
        )  # fmt: skip

    def differs(self, other: ShellState) -> frozenset[str]:
        """The names of variables that another shell would not have from its start."""
        if self.variables is other.variables:
            return frozenset()
        names = self.variables.keys() | other.variables.keys()
        return frozenset(name for name in names if self.variables.get(name) != other.variables.get(name))


MOST_FOLDERS = 4


@lru_cache(maxsize=1024)
def _folders(path: str) -> tuple[str, ...]:
    return tuple(each for each in path.split(":") if each.startswith("/"))


def joined(*states: ShellState | None) -> ShellState | None:
    """What is known where any of the states may hold; None where none of them is come to."""
    found: ShellState | None = None
    for each in states:
        found = each if found is None else found if each is None else found.join(each)
    return found


def is_known(value: str | None) -> bool:
    return value is not None and HOLE not in value


def _same(one: V | None, other: V | None) -> V | None:
    return one if one == other else None


def _either(one: Mapping[str, V], other: Mapping[str, V], join: Callable[[V, V | None], V]) -> Mapping[str, V]:
    if one is other or one == other:
        return one
    return {n: join(one[n], other.get(n)) if n in one else join(other[n], None) for n in dict.fromkeys([*one, *other])}


def _joined_flags(one: Mapping[str, bool | None], other: Mapping[str, bool | None]) -> Mapping[str, bool | None]:
    if one == other:
        return one
    return {name: _same(one.get(name, False), other.get(name, False)) for name in dict.fromkeys([*one, *other])}


def _union(one: Mapping[K, frozenset[V | None]], other: Mapping[K, frozenset[V | None]]) -> Mapping[K, frozenset[V | None]]:
    if one == other:
        return one
    nothing = frozenset[V | None]({None})
    return {name: one.get(name, nothing) | other.get(name, nothing) for name in dict.fromkeys([*one, *other])}
