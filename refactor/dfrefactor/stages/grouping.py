"""Find the groups of a stage's atoms that depend on its trunk alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dfrefactor.dockerfile.instructions import Arg
from dfrefactor.effects.effects import stays_inside
from dfrefactor.effects.output import Grade
from dfrefactor.stages.atoms import SCOPED, Atom, dependence
from dfrefactor.stages.layout import Group, Layout, Refusal, lay_out

Check = Callable[[Layout], Layout | Refusal]


@dataclass(frozen=True)
class Grouping:
    """The layout that was found, if any, and why groups that were tried are not in it."""

    layout: Layout | None
    refused: tuple[Refusal, ...]


def find(atoms: Sequence[Atom], is_seed: Callable[[Atom], bool], check: Check) -> Grouping:
    """Two or more groups, each with a seed, that can be built side by side.  `check` has the last word on a layout."""
    groups = [tuple(group) for group in _components(_movable(atoms), is_seed)]
    refused: list[Refusal] = []
    while len(groups) > 1:
        needs = [need(atoms, group, groups) for group in groups]
        cut = _cut(atoms, groups, max(needs))
        scoped = min((atom.place for atom in atoms if _sets_scope(atom)), default=cut)
        made = ((group, needed > 0 or scoped < min(cut, group[-1].place)) for group, needed in zip(groups, needs, strict=True))
        found = lay_out(atoms, [Group(group, cut > 1 and needs_trunk) for group, needs_trunk in made], cut)
        found = found if isinstance(found, Refusal) else check(found)
        if isinstance(found, Layout):
            return Grouping(found, tuple(refused))
        refused.append(found)
        groups.remove(next((group for group in groups if found.atom in group), groups[-1]))
    return Grouping(None, tuple(refused))


def _movable(atoms: Sequence[Atom]) -> list[Atom]:
    """The atoms that may be in a group: none that is tied to one that may not."""
    contained = _contained(atoms)
    known = [atom for atom in atoms if atom.effects.grade is Grade.EXACT or atom in contained]
    links = {atom for atom in known for output in atom.effects.outputs if output.kind == "symlink"}
    movable = {atom for atom in known if atom.is_step and not atom.is_state and atom not in links}
    tied = [(atoms[atom.order - 1], atom) for atom in atoms if atom.tied and not atoms[atom.order - 1].is_state]
    while stuck := {a for pair in tied for a in pair if a in movable and not set(pair) <= movable}:
        movable -= stuck
    return [atom for atom in atoms if atom in movable]


def _contained(atoms: Sequence[Atom]) -> frozenset[Atom]:
    """The bounded atoms that leave nothing but content of folders that steps before them leave whole."""
    folders: set[str] = set()
    found: set[Atom] = set()
    for atom in atoms:
        made = {o.path for o in atom.effects.outputs if o.kind == "tree" or (o.kind == "dir" and o.how == "create")}
        if atom.effects.grade is Grade.BOUNDED and stays_inside(atom.effects, folders | made) is not None:
            found.add(atom)
        if atom in found or atom.effects.grade is Grade.EXACT:
            folders |= made
    return frozenset(found)


def _components(movable: list[Atom], is_seed: Callable[[Atom], bool]) -> list[list[Atom]]:
    """The seeds with what they depend on and what depends on them, each group apart from the others.

    An atom that several groups start from is left to the trunk with all that it needs, and one that needs several of them to
    the final stage with all that needs it.
    """
    below = {atom: {other for other in movable if _joined(atom, other)} for atom in movable}
    above = {atom: {other for other in movable if atom in below[other]} for atom in movable}
    around, everyone = {atom: above[atom] | below[atom] for atom in movable}, set(movable)

    def split(group: list[Atom]) -> list[list[Atom]]:
        for atom in group:
            for side in (above, below):
                taken = _closure(atom, side, everyone)
                pieces = _connected([other for other in group if other not in taken], around)
                seeded = [piece for piece in pieces if any(map(is_seed, piece))]
                if len(seeded) > 1:
                    return [part for piece in seeded for part in split(piece)]
        return [group]

    found = [g for c in _connected(movable, around) if any(map(is_seed, c)) for g in split(c)]
    return sorted(found, key=lambda group: group[0].order)


def _closure(atom: Atom, side: dict[Atom, set[Atom]], within: set[Atom]) -> set[Atom]:
    """`atom` and all of `within` that is reached from it on one side."""
    found, todo = {atom}, [atom]
    while todo:
        new = (side[todo.pop()] & within) - found
        found |= new
        todo += new
    return found


def _joined(first: Atom, second: Atom) -> bool:
    """Whether `second` has to run behind `first` in one stage."""
    tied = second.tied and second.order == first.order + 1
    return first.order < second.order and (tied or dependence(first, second) is not None)


def _connected(members: Sequence[Atom], around: dict[Atom, set[Atom]]) -> list[list[Atom]]:
    """Connected components, members and components in their order."""
    left, found = set(members), []
    for atom in members:
        if atom in left:
            mine = _closure(atom, around, left)
            found.append([other for other in members if other in mine])
            left -= mine
    return found


def need(atoms: Sequence[Atom], group: Sequence[Atom], groups: Sequence[Sequence[Atom]]) -> int:
    """The place of the last instruction outside of all groups that `group` depends on; 0 where it needs none."""
    grouped = {atom for each in groups for atom in each}
    others = [a for a in atoms if a not in grouped and not isinstance(a.instruction, SCOPED) and not a.is_state]
    needed = (a.place for part in group for a in others if a.order < part.order and dependence(a, part))
    return max(needed, default=0)


def trunk_end(atoms: Sequence[Atom], groups: Sequence[Sequence[Atom]], needed: int) -> int:
    """The place above the trunk: behind the last one `needed` by the groups, and what sets the scope right below that."""
    cut = needed + 1
    by_place = {atom.place: atom for atom in atoms}
    while 1 < cut < min(group[0].place for group in groups) and isinstance(by_place[cut].instruction, SCOPED):
        cut += 1
    return cut


def _cut(atoms: Sequence[Atom], groups: Sequence[Sequence[Atom]], needed: int) -> int:
    """As `trunk_end`; where the groups need nothing, behind the scope that all of them start from."""
    first = min(group[0].place for group in groups)
    cut, head = trunk_end(atoms, groups, needed), [atom for atom in atoms if atom.place < first]
    bare = cut == 1 and not any(atom.is_step for atom in head)
    return first if bare and any(_sets_scope(atom) for atom in head) else cut


def _sets_scope(atom: Atom) -> bool:
    return isinstance(atom.instruction, SCOPED) and not isinstance(atom.instruction, Arg)
