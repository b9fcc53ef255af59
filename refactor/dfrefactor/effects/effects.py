"""What running something does: one frozen value, and what two of them come to one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from dfrefactor.effects.leavings import within_glob
from dfrefactor.effects.output import OTHER_MODE, OTHER_OWNER, Grade, Output, after
from dfrefactor.effects.paths import STANDARD, Region, Regions, covers
from dfrefactor.lazy import dataclass

ALL = "*"
"""In `variables`: every variable there is.  `PIP_*` is every variable with that beginning."""
PERHAPS_ALL = "?*"
"""In `variables`: a project's own files say what is run, and that may look at any variable."""


@dataclass(frozen=True)
class Effects:
    """What a step or unit does, as far as we can tell.  For an unknown one the sets are what was seen, not limits.

    `ensures` are folders it makes where they are missing (`mkdir -p`): two steps may both do that in either order.
    `gone` are names it removed that were there before it; what it made itself and removed again is in neither.
    `commands` are needed, `provides` are commands later steps may get from it (names, or ANY).  `variables` are read:
    named in the text, or read by the tools it calls.  `sets` are variables an instruction gives later ones (ENV, ARG).
    `system_reads` and `system_writes` name shared state: "packages", "users", "ldconfig", "trust-store", "pip", …
    `heavy`: network or compile work, worth a stage.  `mtime`: it looks at modification times.
    `links` are symbolic links it may leave, with where they lead.
    `reasons` are all that keeps the grade down, `reason` the first.
    """

    grade: Grade = Grade.EXACT
    reasons: tuple[str, ...] = ()
    reads: Regions = frozenset()
    writes: Regions = frozenset()
    removes: Regions = frozenset()
    ensures: Regions = frozenset()
    gone: Regions = frozenset()
    outputs: tuple[Output, ...] = ()
    leftovers: Regions = frozenset()
    commands: frozenset[str] = frozenset()
    provides: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    system_reads: frozenset[str] = frozenset()
    system_writes: frozenset[str] = frozenset()
    network: bool = False
    heavy: bool = False
    mtime: bool = False
    links: frozenset[tuple[str, str]] = frozenset()

    @property
    def reason(self) -> str:
        return self.reasons[0] if self.reasons else ""

    def reads_variable(self, name: str) -> bool:
        return matched(name, self.variables)

    def lowered(self, grade: Grade, reason: str) -> Effects:
        """This footprint, known no better than `grade`, because of `reason`."""
        if grade >= Grade.EXACT:
            return self
        reasons = self.reasons if reason in self.reasons else (*self.reasons, reason)
        return replace(self, grade=min(self.grade, grade), reasons=reasons, outputs=())

    @property
    def touched(self) -> Regions:
        """All it may change: written, made where missing, or removed."""
        return self.writes | self.removes | self.ensures

    def then(self, later: Effects) -> Effects:
        """What this and `later` do together, in this order."""
        return sequence((self, later))


def matched(name: str, variables: Iterable[str]) -> bool:
    """Whether the variable `name` is one of `variables`, some of which stand for all with that beginning."""
    return any(seen == name or (seen.endswith("*") and name.startswith(seen[:-1])) for seen in variables)


def sequence(steps: Iterable[Effects], whole: bool = False) -> Effects:
    """What steps do together that run one after the other.

    What one of them made is not read or removed by a later one as far as the outside is concerned.  `whole`: folders
    among the outputs are brought back whole, so what a step leaves only in there is known well enough.
    """
    prints = tuple(steps)
    if not prints:
        return Effects()
    if len(prints) == 1:
        return _settled(_raised(prints[0], set(), whole))
    reads, writes, ensures, removes, gone = set[Region](), set[Region](), set[Region](), set[Region](), set[Region]()
    outputs: dict[str, Output] = {}
    blind, trees, settled = set[str](), set[str](), list[Effects]()
    for given in prints:
        each = _raised(given, {*trees, *_folders(outputs.values(), whole)}, whole)
        settled.append(each)
        for path in trees if each is not given else ():  # it leaves something in there that has no name
            if outputs[path].kind == "dir" and any(_own(region, set(), {path}) for region in given.touched):
                outputs[path] = replace(outputs[path], kind="tree")
            if any(region.path == path for region in given.touched):  # the folder itself, perhaps
                outputs[path] = replace(outputs[path], mode=OTHER_MODE, owner=OTHER_OWNER)
        reads |= {region for region in each.reads if not _own(region, blind, trees)} if blind or trees else each.reads
        writes |= each.writes
        ensures |= each.ensures
        removes |= each.removes
        for region in each.removes if each is given else ():  # else it may be removed, and is in there
            if each.grade is not Grade.EXACT or region.kind == "glob" or region.path == "/":
                gone.add(region)
                if each.grade is Grade.EXACT:
                    outputs = {path: output for path, output in outputs.items() if not within_glob(path, region.path)}
                    trees &= outputs.keys()
                continue
            made = region.path in outputs or _own(region, blind, trees)
            for path in [path for path in outputs if covers(region.path, path)]:
                del outputs[path]
                trees.discard(path)
            if made and all(w.kind == "file" or w.path == region.path or not region.overlaps(w) for w in writes):
                writes = {w for w in writes if not covers(region.path, w.path)}
                ensures = {e for e in ensures if not covers(region.path, e.path)}
            if not made and region in each.gone:
                gone.add(region)
        for output in each.outputs:
            earlier = outputs.pop(output.path, None)
            outputs[output.path] = after(earlier, output) if earlier else output
            if output.kind == "file" and Region(output.path) not in each.reads:
                blind.add(output.path)
            if output.kind in ("dir", "tree") and output.how == "create":
                trees.add(output.path)
    grade = min(each.grade for each in settled)
    by_grade = sorted(settled, key=lambda each: each.grade)
    left = _nested(outputs) if grade is Grade.EXACT else {p: o for p, o in outputs.items() if grade and o.kind == "tree"}
    added: dict[str, Any] = {name: frozenset().union(*(getattr(each, name) for each in settled)) for name in _ADDED}
    added |= {name: any(getattr(each, name) for each in settled) for name in ("network", "heavy", "mtime")}
    return Effects(
        grade, tuple(dict.fromkeys(reason for each in by_grade for reason in each.reasons)),
        frozenset(reads), frozenset(writes), frozenset(removes), frozenset(ensures), frozenset(gone),
        tuple(left.values()), **added,
    )  # fmt: skip


_ADDED = ("leftovers", "commands", "provides", "variables", "system_reads", "system_writes", "links")
"""What of several steps is that of all of them."""


def _raised(effects: Effects, folders: set[str], whole: bool) -> Effects:
    """Effects that are exact after all, since beside `folders` and its own ones nothing but caches and the like is left."""
    if effects.grade is not Grade.BOUNDED:
        return effects
    mine = folders | _folders(effects.outputs, whole)
    if (beside := stays_inside(effects, mine) if mine else None) is None:
        return effects
    return replace(effects, grade=Grade.EXACT, reasons=(), leftovers=effects.leftovers | beside)


def stays_inside(effects: Effects, folders: Collection[str]) -> Regions | None:
    """What a bounded step may leave beside `folders`, which are brought back whole: only caches and temporary files.

    None where it may leave more.
    """
    if effects.system_writes or any(each.kind == "glob" or each.path in folders for each in effects.removes):
        return None
    beside = {each for each in effects.touched if not _own(each, set(), set(folders))}
    return frozenset(beside) if beside <= effects.leftovers - effects.removes else None


def _folders(outputs: Iterable[Output], whole: bool) -> set[str]:
    """Folders among outputs that are brought back whole, or only those that were made."""
    trees = [each for each in outputs if each.kind == "tree" and each.path not in STANDARD]
    return {each.path for each in trees if whole or each.how == "create"}


def _own(region: Region, blind: set[str], trees: set[str]) -> bool:
    """Whether a region holds only what was made by these very steps."""
    if region.kind == "file" and region.path in blind:
        return True
    return any(region.path.startswith(tree + "/") or (region.kind != "glob" and region.path == tree) for tree in trees)


def _nested(outputs: dict[str, Output]) -> dict[str, Output]:
    """Outputs below a tree that is an output are part of it."""
    trees = [path + "/" for path, output in outputs.items() if output.kind == "tree"]
    kept = {path: each for path, each in outputs.items() if not any(path.startswith(tree) for tree in trees)}
    made = [path for path, each in kept.items() if each.kind == "dir" and each.how == "create"]
    for path in made:
        if any(other.startswith(path + "/") for other in kept) and path in kept:
            kept = {other: each for other, each in kept.items() if not other.startswith(path + "/")}
            kept[path] = replace(kept[path], kind="tree")
    return kept


def _settled(effects: Effects) -> Effects:
    if effects.grade is not Grade.EXACT or len(effects.outputs) < 2:
        return effects
    return replace(effects, outputs=tuple(_nested({each.path: each for each in effects.outputs}).values()))
