"""What a later step needs of an earlier one, or must not come before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, lru_cache
from itertools import accumulate, chain, product
from typing import Any, Literal, NamedTuple

from dfrefactor.effects.catalog import PACKAGED
from dfrefactor.effects.effects import PERHAPS_ALL, Effects
from dfrefactor.effects.output import ANY, Grade
from dfrefactor.effects.paths import PROGRAMS, STANDARD, Region, Regions, canonical, parent
from dfrefactor.lazy import dataclass

Kind = Literal["flow", "output", "anti", "system", "command", "environment", "state", "mtime", "unknown"]


@cache
def basic() -> frozenset[str]:
    """Packages (and one file) that bring or change commands every base image has."""
    from dfrefactor.effects.index import index

    return frozenset((*index().packages, "ld.so.preload"))


@dataclass(frozen=True)
class Dependence:
    """Why two steps must stay in order."""

    kind: Kind
    reason: str


def between(first: Effects, second: Effects, had: frozenset[str] = frozenset(), apart: bool = False) -> Dependence | None:
    """Why `second` must stay behind `first`; None where the two are known to be independent.

    `had` names commands that steps before `first` are seen to provide: like those every base image has, they do not come
    along with what `first` installs, unless it names them.  `apart`: neither of them sees what the other does, so that it is no
    matter what `first` looks at.
    """
    if apart:
        looks: dict[str, Any] = dict.fromkeys(("reads", "commands", "variables", "system_reads"), frozenset())
        first = replace(first, mtime=False, **looks)
    found = _environment(first, second) or _commands(first, second, had) or _paths(first, second) or _systems(first, second)
    if found is not None:
        return found
    for each, which in ((first, "the earlier step"), (second, "the later step")):
        if each.grade is Grade.UNKNOWN:
            return Dependence("unknown", f"what {which} does is not known: {each.reason}")
    return None


def _environment(first: Effects, second: Effects) -> Dependence | None:
    for setter, reader in ((first, second), (second, first)):
        for name in sorted(setter.sets):
            if reader.reads_variable(name):
                return Dependence("environment", f"reads the variable `{name}`, which the other sets")
            if PERHAPS_ALL in reader.variables:
                return Dependence("environment", f"may read the variable `{name}`, which the other sets")
    if both := first.sets & second.sets:
        return Dependence("environment", f"both set `{min(both)}`")
    return None


def _commands(first: Effects, second: Effects, had: frozenset[str]) -> Dependence | None:
    if named := (first.provides & second.commands) - {ANY}:
        return Dependence("command", f"needs `{min(named)}`, which the earlier step provides")
    if removed := {each.path.rpartition("/")[2] for each in first.removes if parent(each.path) in PROGRAMS} & second.commands:
        return Dependence("command", f"needs `{min(removed)}`, which the earlier step removes")
    brought = sorted(first.provides & basic())
    if brought and second.commands:
        return Dependence("command", f"needs `{min(second.commands)}`, which may come with `{brought[0]}`")
    if ANY in first.provides:
        if wanted := [name for name in sorted(second.commands) if name not in had and not is_free(name)]:
            return Dependence("command", f"needs `{wanted[0]}`, which the earlier step may bring along")
    if shadowed := (second.provides & first.commands) - {ANY}:
        return Dependence("anti", f"the earlier step runs `{min(shadowed)}`, which the later one replaces")
    if ANY in second.provides and any(not is_free(name) for name in first.commands) and second.grade < Grade.EXACT:
        return Dependence("anti", "the earlier step runs programs the later one may replace")
    return None


def is_free(name: str) -> bool:
    """Whether every base image has the command."""
    entry = PACKAGED.get(name)
    return entry is not None and entry.free


def _paths(first: Effects, second: Effects) -> Dependence | None:
    if both := first.leftovers & second.leftovers:  # caches that each of them keeps for itself: no one's result depends on them
        first, second = _without(first, both), _without(second, both)
    changed, later = first.writes | first.removes, second.writes | second.removes
    if second.mtime and (hit := _meets(first.touched, second.reads)):
        return Dependence("mtime", f"looks at modification times below `{hit}`, which the earlier step changes")
    if hit := _looked_at(changed, first, second):
        return Dependence("flow", f"reads `{hit}`, which the earlier step changes")
    # A folder that is made where it is missing is empty: what is asked for below it is not there, with it or without.
    if hit := _meets(_asked_for(first.ensures, second.reads), second.reads):
        return Dependence("flow", f"needs the folder `{hit}`, which the earlier step makes")
    if first.mtime and (hit := _meets(second.touched, first.reads)):
        return Dependence("mtime", f"the earlier step looks at modification times below `{hit}`, which the later one changes")
    gone, gone_later = first.removes - first.writes, second.removes - second.writes
    shared = first.ensures & second.ensures
    for ours, theirs in ((changed, later), (first.ensures, later), (changed, second.ensures)):
        pairs = (pair for pair in _near(ours, theirs) if pair[0] not in gone or pair[1] not in gone_later)
        if hit := min((other for one, other in pairs if _touch(one, other, shared)), default=None):
            return Dependence("output", f"both change `{hit}`")
    if hit := _looked_at(later | _asked_for(second.ensures, first.reads), second, first):
        return Dependence("anti", f"the earlier step reads `{hit}`, which the later one changes")
    return None


def _asked_for(folders: Regions, reads: Regions) -> Regions:
    """The folders that are read themselves, or with all around them."""
    return frozenset(one for one, other in _near(folders, reads) if one.overlaps(other))


def race(first: Effects, second: Effects) -> Region | None:
    """Where two commands that run at the same time meet: a file that one writes by its name and the other looks at or writes."""
    for one, other in ((first, second), (second, first)):
        named = frozenset(each for each in one.writes if each.kind == "file")
        looked = frozenset(each for each in other.reads | other.writes if each.kind != "glob")
        if met := _meets(named - other.leftovers, looked):
            return met
    return None


def _looked_at(changed: Regions, by: Effects, reader: Effects) -> Region | None:
    """What `reader` looks at of what is `changed`; nothing that a step leaves or removes by name is a home that is not known."""
    homes = frozenset(each for each in _spread(reader.reads).globs if each.path.startswith("/**/."))
    if not homes:
        return _meets(changed, reader.reads)
    fresh = {Region(o.path, "tree") for o in by.outputs} | (by.removes if by.grade is Grade.EXACT else frozenset())
    return _meets(changed, reader.reads - homes) or _meets(changed - fresh, homes)


def _without(footprint: Effects, regions: Regions) -> Effects:
    names = ("reads", "writes", "removes", "ensures")
    return replace(footprint, **{name: getattr(footprint, name) - regions for name in names})


def _meets(changed: frozenset[Region], read: frozenset[Region]) -> Region | None:
    return min((other for one, other in _near(changed, read) if _touch(one, other, frozenset())), default=None)


def _near(some: Regions, others: Regions) -> Iterable[tuple[Region, Region]]:
    """The pairs that may touch, and perhaps others: most often nothing of the one is on the way to anything of the other."""
    mine, theirs = _spread(some), _spread(others)
    if not (mine.paths.isdisjoint(theirs.ways) and theirs.paths.isdisjoint(mine.ways)):
        return product(some, others)
    if not (mine.globs or theirs.globs):
        return ()
    return chain(product(mine.globs, others), product(some - mine.globs, theirs.globs))


class _Spread(NamedTuple):
    """Globs, the paths of other regions ("" is the root), and those with all folders above them."""

    globs: Regions
    paths: frozenset[str]
    ways: frozenset[str]


@lru_cache(maxsize=4096)
def _spread(regions: Regions) -> _Spread:
    globs = frozenset(each for each in regions if each.kind == "glob")
    paths = frozenset(path.rstrip("/") for each in regions - globs for path in (each.path, canonical(each.path)))
    return _Spread(globs, paths, frozenset(way for path in paths for way in accumulate(path.split("/"), "{}/{}".format)))


def _touch(one: Region, other: Region, shared: frozenset[Region]) -> bool:
    """Whether two regions meet, or one is a folder the other is in: its owner, its mode, that it is no link, matter below."""
    if one.path == other.path == "/tmp/tmp.*":
        return False  # mktemp gives no name twice
    if one.overlaps(other):
        return True
    if one.kind == "file" and one not in shared and other.path.startswith(one.path + "/"):
        return True
    return other.kind == "file" and other not in shared and one.path.startswith(other.path + "/") and other.path not in STANDARD


def _systems(first: Effects, second: Effects) -> Dependence | None:
    mine, theirs = first.system_writes, second.system_writes
    for both in (mine & theirs, mine & second.system_reads, first.system_reads & theirs):
        if both:
            return Dependence("system", f"both use the {min(both)}")
    return None
