"""Where each atom of a stage goes, and whether it sees there what it saw before.

`before` is the old order.  In the new layout an atom sees those that run in its own stage before it, those of the stages
below it, and the outputs of groups copied back in front of it.  Two atoms whose order is no longer kept must be
known to be independent: that is the whole of DESIGN §5.4–5.6.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dfrefactor.dockerfile.instructions import Env, Shell, User, Workdir
from dfrefactor.stages.atoms import SCOPED, Atom, dependence

_WORD = re.compile(r"""(?:"(?:\\.|[^"\\])*"?|'[^']*'?|\\.|[^\s"'\\])+""", re.DOTALL)

TRUNK: Final = -1
FINAL: Final = -2


@dataclass(frozen=True)
class Group:
    """Atoms that become a stage of their own: from the trunk, or from the base of the stage they are in."""

    atoms: tuple[Atom, ...]
    from_trunk: bool = False

    @property
    def last(self) -> Atom:
        return self.atoms[-1]


@dataclass(frozen=True)
class Refusal:
    """Why something can't be moved, in words for a user, and the atom it is about."""

    reason: str
    atom: Atom | None = None


@dataclass(frozen=True)
class Layout:
    """`cut` is the place of the first instruction above the trunk; 1 where there is no trunk."""

    atoms: tuple[Atom, ...]
    groups: tuple[Group, ...]
    cut: int
    homes: dict[Atom, int]

    def home(self, atom: Atom) -> int:
        return self.homes[atom]

    def back(self, group: Group) -> int:
        """The place in front of which the group's outputs come back."""
        return max(group.last.place, self.cut)

    def sees(self, later: Atom, earlier: Atom) -> bool:
        """Whether in this layout `later` runs where what `earlier` did is there."""
        here, there = self.homes[later], self.homes[earlier]
        if here == there:
            return earlier.order < later.order
        if there == TRUNK:
            return here == FINAL or self.groups[here].from_trunk
        if there == FINAL or here != FINAL:
            return False
        return max(later.place, self.cut) >= self.back(self.groups[there])


def lay_out(atoms: Sequence[Atom], groups: Sequence[Group], cut: int) -> Layout | Refusal:
    """Give every atom its home, and check that each pair whose order changes is independent."""
    homes = {atom: index for index, group in enumerate(groups) for atom in group.atoms}
    held: list[Atom] = [atom for group in groups for atom in group.atoms]
    for atom in atoms:
        if atom in homes:
            continue
        stays = atom.place < cut and not any(b.order < atom.order and dependence(b, atom) for b in held)
        homes[atom] = TRUNK if stays else FINAL
        if not stays and atom.place < cut:
            held.append(atom)
    layout = Layout(tuple(atoms), tuple(groups), cut, homes)
    acting = [atom for atom in atoms if not atom.is_state]
    pairs = ((earlier, later) for at, later in enumerate(acting) for earlier in acting[:at])
    return next(filter(None, (_wrong(layout, *pair) for pair in pairs)), layout)


def _wrong(layout: Layout, earlier: Atom, later: Atom) -> Refusal | None:
    """What is lost for a pair that was run in this order."""
    here, there = layout.home(later), layout.home(earlier)
    if later.tied and later.place == earlier.place and (later.unit or 0) == (earlier.unit or 0) + 1 and here != there:
        return Refusal(f"`{short(later)}` can't be cut from the command before it: {later.of.blocked if later.of else ''}", later)
    if layout.sees(later, earlier) or (isinstance(earlier.instruction, SCOPED) and here >= 0):
        return None  # as before; what sets a scope is said again in a new stage
    if layout.sees(earlier, later) and isinstance(later.instruction, Workdir | User | Shell):
        return Refusal(f"`{short(earlier)}` would start from the {later.instruction.keyword} that stands below it", earlier)
    found = dependence(earlier, later)
    return Refusal(found.reason, later if here >= 0 else earlier) if found else None


def short(atom: Atom) -> str:
    """The beginning of an atom's text, in whole words: half of a secret is no longer seen to be one."""
    legacy = isinstance(atom.instruction, Env) and "=" not in atom.text.split()[0]
    words = [atom.text] if legacy else _WORD.findall(atom.text)
    shown = next((n for n in range(len(words), 0, -1) if len(" ".join(words[:n])) <= 40), 0)
    return " ".join(words[:shown]) + ("" if shown == len(words) else " …" if shown else "…")
