"""Find the groups of a stage's atoms that depend on its trunk alone, and that keep the most work side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from dfrefactor.dockerfile.instructions import Arg, Env
from dfrefactor.effects.effects import stays_inside
from dfrefactor.effects.output import Grade
from dfrefactor.lazy import dataclass
from dfrefactor.stages.atoms import SCOPED, Atom, may_read, seen
from dfrefactor.stages.layout import Dependences, Group, Layout, Refusal, depends, lay_out

Check = Callable[[Layout], Layout | Refusal]
Lend = Callable[[Group], Group]


@dataclass(frozen=True)
class Grouping:
    """The layout that was found, if any, and why groups that were tried are not in it."""

    layout: Layout | None
    refused: tuple[Refusal, ...]


def find(
    atoms: Sequence[Atom], is_seed: Callable[[Atom], bool], is_work: Callable[[Atom], bool], check: Check, lend: Lend
) -> Grouping:
    """Two or more groups, each with a seed that is work enough, that can be built side by side.

    `check` has the last word on a layout; `lend` says what the steps behind a group are lent of what it leaves.  A group that
    can't be moved gives way to its seeds with the little that belongs to them (DESIGN §5, download stages); whoever is at fault
    when all are moved at once is left out.
    """
    movable = _movable(atoms)
    if all(_leads(movable, *pair) for pair in pairwise(filter(is_seed, movable))):
        return Grouping(None, ())  # with names there are only more dependences: of any two seeds, the one needs the other
    search = _Search(atoms, movable, is_seed, check, lend)
    refused: list[Refusal] = []
    groups: list[Group] = []
    found_cores = [(members, search.cores(members)) for members in search.components()]
    if sum(len(cores) for _, cores in found_cores) < 2:
        return Grouping(None, ())
    for members, cores in found_cores:
        groups += search.fit(members, cores, refused)
    groups = [group for group in search.merged(groups) if any(map(is_work, group.atoms))]
    if len(groups) > 1 and isinstance(found := search.layout(groups), Layout):
        return Grouping(found, tuple(refused))
    groups = search.together(groups, refused)
    while len(groups) > 1:
        found = search.layout(groups)
        if isinstance(found, Layout):
            return Grouping(found, tuple(refused))
        refused.append(found)
        groups.remove(search.culprit(groups, found))
    return Grouping(None, tuple(refused))


class _Search:
    """One stage being looked through: what its atoms depend on is worked out once."""

    def __init__(
        self, atoms: Sequence[Atom], movable: Sequence[Atom], is_seed: Callable[[Atom], bool], check: Check, lend: Lend
    ) -> None:
        self.atoms, self.movable, self.is_seed, self.check, self.lend = atoms, movable, is_seed, check, lend
        self.known: Dependences = {}
        self.below = {a: {b for b in self.movable if self.joined(a, b)} for a in self.movable}
        self.above = {a: {b for b in self.movable if a in self.below[b]} for a in self.movable}

    def joined(self, first: Atom, second: Atom) -> bool:
        """Whether `second` has to run behind `first` in one stage."""
        bound = second.is_bound_to(first)
        return first.order < second.order and (bound or depends(first, second, self.known) is not None)

    def layout(self, groups: Sequence[Group]) -> Layout | Refusal:
        """The layout of these groups, or what is wrong with it."""
        cut = _cut(self.atoms, [group.atoms for group in groups], self.known)
        placed = [replace(g, from_trunk=_starts_from_trunk(self.atoms, g.atoms, cut, self.known)) for g in groups]
        found = lay_out(self.atoms, placed, cut, self.known)
        return found if isinstance(found, Refusal) else self.check(found)

    def fit(self, members: Sequence[Atom], cores: Sequence[Group], refused: list[Refusal]) -> list[Group]:
        """The group of these atoms, or, where it can't be moved, those of its seeds' `cores` that can."""
        whole = self.lend(Group(tuple(members)))
        found = self.layout([whole])
        if isinstance(found, Layout) and len(cores) < 2:
            return [whole]
        tried = [(core, self.layout([core])) for core in cores]
        fitting = [core for core, laid in tried if isinstance(laid, Layout)]
        if isinstance(found, Layout):
            return fitting if len(fitting) > 1 else [whole]
        refused += [laid for _, laid in tried if isinstance(laid, Refusal)]
        return fitting

    def cores(self, members: Sequence[Atom]) -> list[Group]:
        """Each seed with what it needs of its group, what changes what it leaves, and what only looks at that."""
        return self.merged([self.lend(Group(self.core(seed, set(members)))) for seed in members if self.is_seed(seed)])

    def merged(self, groups: Sequence[Group]) -> list[Group]:
        """The groups, those as one that share an atom, or of which one leaves the signature of what the other leaves."""
        found: list[Group] = []
        for group in groups:
            while other := next((other for other in found if _belong(other, group)), None):
                found.remove(other)
                group = self.lend(Group(_in_order({*other.atoms, *group.atoms})))
            found.append(group)
        return sorted(found, key=lambda group: group.atoms[0].order)

    def together(self, groups: Sequence[Group], refused: list[Refusal]) -> list[Group]:
        """Groups of which any two can be moved: the ones that stand in the way of most others are left out."""
        left = list(groups)
        pairs = [(a, b, self.layout([a, b])) for at, b in enumerate(left) for a in left[:at]] if len(left) <= _MOST_GROUPS else []
        while wrong := [(a, b, found) for a, b, found in pairs if isinstance(found, Refusal) and a in left and b in left]:
            counts = {group: sum(group in pair for pair in wrong) for group in left}
            out = max(left, key=lambda group: (counts[group], -self.work(group)))
            refused += [found for a, b, found in wrong if out in (a, b)][:1]
            left.remove(out)
        return left

    def work(self, group: Group) -> int:
        return sum(map(self.is_seed, group.atoms))

    def core(self, seed: Atom, members: set[Atom]) -> tuple[Atom, ...]:
        found, todo = set[Atom](), {seed}
        while todo:
            found |= _closure(todo.pop(), self.above, members)
            left = {output.path for each in found for output in each.effects.outputs}
            todo |= {other for other in members - found if other.place == seed.place and _goes_along(other, found, left)}
        return _in_order(found)

    def culprit(self, groups: Sequence[Group], wrong: Refusal) -> Group:
        """The group to leave out: the one that the refusal is about, or else the one with the least work."""
        about = next((group for group in groups if wrong.atom in group.atoms), None)
        return about or min(groups, key=self.work)

    def components(self) -> list[list[Atom]]:
        """The seeds with what they depend on and what depends on them, each group apart from the others.

        An atom that several groups start from is left to the trunk with all that it needs, and one that needs several of them
        to the final stage with all that needs it.
        """
        above, below, everyone = self.above, self.below, set(self.movable)
        around = {atom: above[atom] | below[atom] for atom in self.movable}

        def split(group: list[Atom]) -> list[list[Atom]]:
            seeds, ways = sum(map(self.is_seed, group)), []
            if seeds < 2:
                return [group]  # every piece has a seed
            for atom, side in [(atom, side) for atom in group for side in (above, below)]:
                taken = _closure(atom, side, everyone)
                pieces = _connected([other for other in group if other not in taken], around)
                ways.append([piece for piece in pieces if any(map(self.is_seed, piece))])
            if not any(kept(way)[0] == seeds for way in ways if len(way) > 1):  # several that seeds share may be in the way
                ways += [_connected([a for a in group if a not in shared(group, side)], around) for side in (above, below)]
                ways = [[piece for piece in way if any(map(self.is_seed, piece))] for way in ways]
            best = max((way for way in ways if len(way) > 1), key=kept, default=None)
            return [group] if best is None else [part for piece in best for part in split(piece)]

        def shared(group: list[Atom], side: dict[Atom, set[Atom]]) -> set[Atom]:
            reached = [_closure(seed, side, everyone) - {seed} for seed in group if self.is_seed(seed)]
            return {atom for atom in group if sum(atom in each for each in reached) > 1}

        def kept(pieces: list[list[Atom]]) -> tuple[int, int]:
            return sum(self.is_seed(atom) for piece in pieces for atom in piece), sum(map(len, pieces))

        found = [g for c in _connected(self.movable, around) if any(map(self.is_seed, c)) for g in split(c)]
        return sorted(found, key=lambda group: group[0].order)


def _leads(movable: Sequence[Atom], first: Atom, second: Atom) -> bool:
    """Whether `second` is seen to need `first`, by way of atoms between them perhaps."""
    if second.is_bound_to(first) or seen(first, second):
        return True
    found = {first}
    for atom in movable[movable.index(first) + 1 : movable.index(second) + 1]:
        found |= {atom} if any(atom.is_bound_to(each) or seen(each, atom) for each in found) else set()
    return second in found


def _goes_along(atom: Atom, group: set[Atom], left: set[str]) -> bool:
    """Whether an atom changes what a group leaves, so that it would be stored twice, or only looks at it (a checksum)."""
    effects = atom.effects
    if not any(each.order < atom.order for each in group):
        return False
    changes = any(region.path in left for region in effects.touched - effects.removes)
    looks = effects.grade is Grade.EXACT and not effects.touched and not effects.system_writes and not effects.heavy
    return changes or (looks and any(region.path in left for region in effects.reads))


_MOST_GROUPS = 24
"""Groups of one stage that are tried two by two."""


def _in_order(atoms: set[Atom]) -> tuple[Atom, ...]:
    return tuple(sorted(atoms, key=lambda atom: atom.order))


def _belong(one: Group, other: Group) -> bool:
    """Whether two groups share an atom, or one leaves the signature or checksum of what the other leaves."""
    if not set(one.atoms).isdisjoint(other.atoms):
        return True
    paths = [{output.path for atom in group.atoms for output in atom.effects.outputs} for group in (one, other)]
    return any(a.startswith(f"{b}.") or b.startswith(f"{a}.") for a in paths[0] for b in paths[1])


def _movable(atoms: Sequence[Atom]) -> list[Atom]:
    """The atoms that may be in a group: none that is tied to one that may not."""
    contained = _contained(atoms)
    known = [atom for atom in atoms if atom.effects.grade is Grade.EXACT or atom in contained]
    links = {atom for atom in known for output in atom.effects.outputs if output.kind == "symlink"}
    movable = {atom for atom in known if atom.is_step and not atom.is_state and atom not in links}
    bound = [b for b in atoms if b.of is not None and (b.tied or b.of.bound)]
    tied = [(a, b) for b in bound for a in atoms[: b.order] if b.is_bound_to(a) and not a.is_state]
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


def _closure(atom: Atom, side: dict[Atom, set[Atom]], within: set[Atom]) -> set[Atom]:
    """`atom` and all of `within` that is reached from it on one side."""
    found, todo = {atom}, [atom]
    while todo:
        new = (side[todo.pop()] & within) - found
        found |= new
        todo += new
    return found


def _connected(members: Sequence[Atom], around: dict[Atom, set[Atom]]) -> list[list[Atom]]:
    """Connected components, members and components in their order."""
    left, found = set(members), []
    for atom in members:
        if atom in left:
            mine = _closure(atom, around, left)
            found.append([other for other in members if other in mine])
            left -= mine
    return found


def need(atoms: Sequence[Atom], group: Sequence[Atom], groups: Sequence[Sequence[Atom]], known: Dependences | None = None) -> int:
    """The place of the last instruction outside of all groups that `group` depends on; 0 where it needs none."""
    known = {} if known is None else known
    grouped = {atom for each in groups for atom in each}
    others = [a for a in atoms if a not in grouped and not isinstance(a.instruction, SCOPED) and not a.is_state]
    needed = (a.place for a in reversed(others) if any(a.order < part.order and depends(a, part, known) for part in group))
    return next(needed, 0)


def trunk_end(atoms: Sequence[Atom], groups: Sequence[Sequence[Atom]], needed: int) -> int:
    """The place above the trunk: behind the last one `needed` by the groups, and what sets the scope right below that."""
    cut = needed + 1
    by_place = {atom.place: atom for atom in atoms}
    while 1 < cut < min(group[0].place for group in groups) and isinstance(by_place[cut].instruction, SCOPED):
        cut += 1
    return cut


def _cut(atoms: Sequence[Atom], groups: Sequence[Sequence[Atom]], known: Dependences) -> int:
    """The place above the trunk: behind what groups need, and behind ENVs below it that all groups read.

    Any other ENV or ARG stays out of it, so that another value builds nothing again that does not read it.
    """
    cut = max(need(atoms, group, groups, known) for group in groups) + 1
    first = min(group[0].place for group in groups)
    for place in range(cut, first):
        here = [atom for atom in atoms if atom.place == place]
        if here[0].is_step or isinstance(here[0].instruction, Arg):
            break
        if isinstance(here[0].instruction, Env) and all(_wants(group, here[0].instruction) for group in groups):
            cut = place + 1
    return cut


def _wants(group: Sequence[Atom], instruction: Env) -> bool:
    return any(may_read(atom, pair.key) for pair in instruction.pairs for atom in group)


def _starts_from_trunk(atoms: Sequence[Atom], group: Sequence[Atom], cut: int, known: Dependences) -> bool:
    """Whether `group` needs a step of the trunk, or a trunk that has no step but the ENVs it reads."""
    if cut == 1:
        return False
    below = [atom for atom in atoms if atom.place < cut]
    return not any(atom.is_step for atom in below) or need(atoms, group, [group], known) > 0
