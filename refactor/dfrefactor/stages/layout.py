"""Where each atom of a stage goes, and whether it sees there what it saw before.

`before` is the old order.  In the new layout an atom sees those that run in its own stage before it, those of the stages
below it, and the outputs of groups that come back in front of it.  Two atoms whose order is no longer kept must be
known to be independent: that is the whole of DESIGN §5.3–5.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from dfrefactor.dockerfile.instructions import Env, Shell, User, Workdir
from dfrefactor.effects.order import Dependence
from dfrefactor.lazy import dataclass, regex
from dfrefactor.stages.atoms import SCOPED, Atom, dependence

_WORD = regex(r"""(?:"(?:\\.|[^"\\])*"?|'[^']*'?|\\.|[^\s"'\\])+""", re.DOTALL)

TRUNK: Final = -1
FINAL: Final = -2
GONE: Final = -3
"""The home of what removes only that which no layer holds any more."""


@dataclass(frozen=True)
class Lent:
    """A path that the steps behind a group are lent by a bind mount instead of given (DESIGN §5.7), until `remover` ran.

    `name` is the path with names of variables in the place of their values; `writable`: they work in it.
    """

    path: str
    name: str
    writable: bool
    remover: Atom


@dataclass(frozen=True)
class Group:
    """Atoms that become a stage of their own: from the trunk, or from the base of the stage they are in."""

    atoms: tuple[Atom, ...]
    from_trunk: bool = False
    lent: tuple[Lent, ...] = ()

    @property
    def last(self) -> Atom:
        return self.atoms[-1]


@dataclass(frozen=True)
class Refusal:
    """Why something can't be moved, in words for a user, the atom it is about, and the one that stands in its way."""

    reason: str
    atom: Atom | None = None
    by: Atom | None = None


@dataclass(frozen=True)
class Leaves:
    """`copied` are paths to copy back, in order; `behind` are leftovers that stay in the new stage."""

    copied: tuple[str, ...]
    behind: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """`cut` is the place of the first instruction above the trunk; 1 where there is no trunk.

    `homes` says where each atom goes; one that only sets what the shell keeps goes wherever that is needed.
    `leaves` is what each group leaves, once that is known to come back.
    """

    atoms: tuple[Atom, ...]
    groups: tuple[Group, ...]
    cut: int
    homes: dict[Atom, tuple[int, ...]]
    leaves: tuple[Leaves, ...] = ()

    def home(self, atom: Atom) -> int:
        return self.homes[atom][0]

    def at(self, place: int, home: int) -> list[Atom]:
        """What of the instruction at `place` goes to `home`."""
        return [atom for atom in self.atoms if atom.place == place and home in self.homes[atom]]

    def back(self, group: Group) -> int:
        """The place in front of which the group's outputs come back."""
        return max(group.last.place, self.cut)

    def sees(self, later: Atom, earlier: Atom, here: int, there: int) -> bool:
        """Whether in this layout `later`, at home `here`, runs where what `earlier` did at `there` is there."""
        if here == there:
            return earlier.order < later.order
        if there == TRUNK:
            return here == FINAL or self.groups[here].from_trunk
        if there == FINAL or here != FINAL:
            return False
        return max(later.place, self.cut) >= self.back(self.groups[there])


Dependences = dict[tuple[int, int, bool], Dependence | None]
"""What was found for pairs of atoms of one stage, by their orders: a search asks for the same ones many times."""


def depends(first: Atom, second: Atom, known: Dependences, apart: bool = False) -> Dependence | None:
    """Why `second` has to run after `first`, None where it need not; `apart`: neither sees what the other does."""
    key = first.order, second.order, apart
    if key not in known:
        known[key] = dependence(first, second, apart)
    return known[key]


def lay_out(atoms: Sequence[Atom], groups: Sequence[Group], cut: int, known: Dependences | None = None) -> Layout | Refusal:
    """Give every atom its home, and check that each pair whose order changes is independent."""
    known = {} if known is None else known
    homes: dict[Atom, tuple[int, ...]] = {atom: (index,) for index, group in enumerate(groups) for atom in group.atoms}
    homes |= {each.remover: (GONE,) for group in groups for each in group.lent}
    held: list[Atom] = [atom for group in groups for atom in group.atoms]
    rest = [atom for atom in atoms if atom not in homes and not atom.is_state]
    below = _trunk([atom for atom in rest if atom.place < cut], held, known)
    held += [atom for atom in rest if atom.place < cut and atom not in below]
    homes |= {atom: (FINAL,) for atom in rest if atom not in below}
    while moved := [a for a in below if any((b.order < a.order and depends(b, a, known)) or b.is_bound_to(a) for b in held)]:
        held += moved
        below = [atom for atom in below if atom not in moved]
        homes |= dict.fromkeys(moved, (FINAL,))
    homes |= dict.fromkeys(below, (TRUNK,))
    for _, each in groupby(atoms, lambda atom: atom.place):
        here = tuple(each)
        for atom in here:
            if atom.is_state:
                homes[atom] = _needed_in(atom, here, homes, TRUNK if atom.place < cut else FINAL)
    layout = Layout(tuple(atoms), tuple(groups), cut, homes)
    pairs = ((earlier, later) for at, later in enumerate(atoms) for earlier in _elsewhere(atoms[:at], homes, homes[later]))
    return next(filter(None, (_wrong(layout, *pair, known) for pair in pairs)), layout)


def _elsewhere(atoms: Iterable[Atom], homes: dict[Atom, tuple[int, ...]], home: tuple[int, ...]) -> Iterable[Atom]:
    """Those that go elsewhere: what stays together keeps its order."""
    return atoms if len(home) > 1 else (atom for atom in atoms if homes[atom] != home)


def _trunk(below: Sequence[Atom], moving: Sequence[Atom], known: Dependences) -> list[Atom]:
    """What of the atoms below the cut may be in the trunk: of a RUN that is cut itself, what others need, and what cleans up."""
    cut = {atom.place for atom in moving}
    needed = [atom for atom in below if atom.place not in cut]
    rest = [atom for atom in below if atom.place in cut]
    todo = list(moving)
    while todo:
        later = todo.pop()
        more = [a for a in rest if a.order < later.order and (depends(a, later, known) or later.is_bound_to(a))]
        rest, needed, todo = [a for a in rest if a not in more], needed + more, todo + more
    here = [atom for atom in needed if atom.place in cut]
    return needed + [atom for atom in rest if any(_cleans_up(atom, each) for each in here)]


def _cleans_up(later: Atom, earlier: Atom) -> bool:
    """Whether an atom removes what an earlier one leaves, or takes part in what that keeps."""
    if earlier.order > later.order or later.place != earlier.place:
        return False
    shared = later.effects.system_writes & earlier.effects.system_writes
    return bool(shared) or any(a.overlaps(b) for a in later.effects.removes for b in earlier.effects.touched)


def _needed_in(state: Atom, here: Sequence[Atom], homes: dict[Atom, tuple[int, ...]], own: int) -> tuple[int, ...]:
    """The homes in which a later unit of its RUN, of whose atoms, needs what this one sets, or where it stood, if none does."""
    assert state.of is not None
    rest = [atom for atom in here if not atom.is_state and homes[atom] != (GONE,)]
    later = [atom for atom in rest if atom.order > state.order and atom.of is not None]
    wanting = [a for a in later if state.of.options or _is_wanted(state, a, here)]
    found = dict.fromkeys(homes[atom][0] for atom in wanting)
    if found:
        return tuple(found)
    there = {homes[atom][0] for atom in rest}
    return (own,) if own in there or not there else (max(there),)


def _is_wanted(state: Atom, by: Atom, here: Iterable[Atom]) -> bool:
    """Whether a unit needs what an earlier one sets; the folder, only if it looks at that, or what it needs besides does."""
    assert state.of is not None and by.of is not None
    if state.unit not in by.of.again or state.of.before.cwd == state.of.after.cwd:
        return state.unit in by.of.again
    through = any(a.unit in by.of.again and a.of and state.unit in a.of.again for a in here)
    return through or not by.of.uses.isdisjoint(("PWD", "OLDPWD")) or by.needs_folder


def _wrong(layout: Layout, earlier: Atom, later: Atom, known: Dependences) -> Refusal | None:
    """What is lost for a pair that was run in this order."""
    for here in layout.homes[later]:
        for there in layout.homes[earlier]:
            if GONE not in (here, there) and (found := _lost(layout, earlier, later, here, there, known)):
                return found
    return None


def _lost(layout: Layout, earlier: Atom, later: Atom, here: int, there: int, known: Dependences) -> Refusal | None:
    if later.is_bound_to(earlier) and here not in layout.homes[earlier]:
        why = (later.of.blocked if later.of else "") or "it needs what that leaves in the shell"
        return Refusal(f"`{short(later)}` can't be cut from `{short(earlier)}`: {why}", later, earlier)
    if layout.sees(later, earlier, here, there) or (isinstance(earlier.instruction, SCOPED) and here >= 0):
        return None  # as before; what sets a scope is said again in a new stage
    ahead = layout.sees(earlier, later, there, here)
    if ahead and isinstance(later.instruction, Workdir | User | Shell):
        why = f"`{short(earlier)}` would start from the {later.instruction.keyword} that stands below it"
        return Refusal(why, earlier, later)
    if earlier.is_plain and here in layout.homes[earlier]:
        return None  # said there too
    found = depends(earlier, later, known, apart=not ahead)
    moved, other = (later, earlier) if here >= 0 else (earlier, later)
    return Refusal(found.reason, moved, other) if found else None


def short(atom: Atom) -> str:
    """The beginning of an atom's text, in whole words: half of a secret is no longer seen to be one."""
    legacy = isinstance(atom.instruction, Env) and "=" not in atom.text.split()[0]
    words = [atom.text] if legacy else _WORD.findall(atom.text)
    shown = next((n for n in range(len(words), 0, -1) if len(" ".join(words[:n])) <= 40), 0)
    return " ".join(words[:shown]) + ("" if shown == len(words) else " …" if shown else "…")
