"""A shell text walked command by command: one unit for each command of its top-level list."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from dfrefactor.effects.catalog import PACKAGED, Catalog
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.leavings import after
from dfrefactor.effects.paths import STANDARD
from dfrefactor.effects.session import LONGEST, Session
from dfrefactor.effects.types import Footprint, Grade, Output, Region, State, Unit
from dfrefactor.shell import Script, parse

POSIX = frozenset(("sh", "bash", "ash", "dash", "zsh", "ksh", "busybox", "mksh"))


def interpret(text: str, state: State, catalog: Catalog = PACKAGED) -> tuple[Unit, ...]:
    """The units of shell text that starts in `state`.  Never raises: what can't be followed is of grade UNKNOWN."""
    if state.shell and state.shell[0].rpartition("/")[2].removesuffix(".exe").lower() not in POSIX:
        reason = f"the shell `{state.shell[0]}` is not one we read"
        return (Unit(Footprint(Grade.UNKNOWN, (reason,)), 0, len(text), before=state, after=state, blocked=reason),)
    script = parse(text)
    try:
        if len(script.items) <= LONGEST:
            return _units(script, state, catalog)
    except RecursionError:
        pass
    reason = "there is too much to follow"
    return (Unit(Footprint(Grade.UNKNOWN, (reason,)), 0, len(text), before=state, after=state, blocked=reason),)


def _units(script: Script, state: State, catalog: Catalog) -> tuple[Unit, ...]:
    session = Session.of(state, catalog)
    units: list[Unit] = []
    owners: dict[str, int] = {}
    before, lasting = state, set[str]()
    chain_end = -1
    for at, item in enumerate(script.items):
        if at > chain_end:
            chain_start = chain_end = at
            while script.items[chain_end].joins in ("&&", "||") and chain_end + 1 < len(script.items):
                chain_end += 1
        _fresh(session)
        doubt = session.doubt(script, at, chain_start, chain_end)
        session.draft.unsure = doubt
        blocked = _blocked(script, at, session, state, lasting)
        session.command(item.command)
        footprint = session.draft.footprint(session.path_folders)
        later = session.state(before)
        uses = frozenset(session.used & owners.keys())
        assigns = frozenset(session.assigned)
        lasting |= session.lasting
        units.append(
            Unit(footprint, *item.command.span, item.joins, before, later, assigns, uses, blocked)
        )
        owners |= dict.fromkeys(assigns, at)
        before = later
    return tuple(_crossing(units))


def _fresh(session: Session) -> None:
    """A new draft for the next unit; what is known of files, folder and user goes on."""
    last = session.draft
    session.draft = Draft(last.files, last.cwd, last.user, last.umask, last.also)
    session.used, session.assigned, session.lasting = set(), set(), set()


def _blocked(script: Script, at: int, session: Session, start: State, lasting: set[str]) -> str:
    """Why the list can't be cut before item `at`."""
    if at == 0:
        return "it is the first"
    before = {item.joins for item in script.items[:at]}
    if "&" in before:
        return "a background job may still run"
    joins = script.items[at - 1].joins
    if joins == "||":
        return "`||` joins it to the command before"
    if joins == ";" and not session.errexit:
        return "`;` without `set -e` goes on after a failure"
    if "||" in before and not session.errexit:
        return "`||` before it takes part in the list"
    if left := sorted(lasting):
        return f"the shell keeps {left[0]} from before"
    if session.draft.umask != start.umask:
        return "the umask was changed before"
    if session.draft.also:
        return "a `cd` before may have failed"
    if session.draft.cwd != start.cwd:
        return f"the folder was changed to `{session.draft.cwd or '?'}` before"
    return ""


def _crossing(units: list[Unit]) -> list[Unit]:
    """Variables assigned before a cut and used behind it block it."""
    if not any(unit.assigns for unit in units):
        return units
    needed: set[str] = set()
    out: list[Unit] = []
    for at in range(len(units) - 1, -1, -1):
        unit = units[at]
        needed |= unit.uses
        earlier = {name for each in units[:at] for name in each.assigns}
        crossing = sorted(needed & earlier)
        if crossing and not unit.blocked:
            unit = replace(unit, blocked=f"the variable `{crossing[0]}` was set before")
        out.append(unit)
    return out[::-1]


def total(units: tuple[Unit, ...] | list[Unit], whole: bool = False) -> Footprint:
    """What units leave together: what one made and a later one removed is neither written nor read from before.

    `whole`: folders that may have been there before, but are brought back whole, hold what bounded units do too.
    """
    if len(units) == 1:
        alone = units[0].footprint
        beside = stays_inside(alone, _folders(alone.outputs, whole)) if alone.grade is Grade.BOUNDED and alone.outputs else None
        if beside is not None:
            alone = replace(alone, grade=Grade.EXACT, reasons=(), leftovers=alone.leftovers | beside)
        return _settled(alone)
    prints = [unit.footprint for unit in units]
    reads: set[Region] = set()
    writes: set[Region] = set()
    ensures: set[Region] = set()
    removes: set[Region] = set()
    gone: set[Region] = set()
    outputs: dict[str, Output] = {}
    blind: set[str] = set()
    trees: set[str] = set()
    settled: list[Footprint] = []
    for each in prints:
        own = blind or trees
        reads |= {region for region in each.reads if not _own(region, blind, trees)} if own else each.reads
        writes |= each.writes
        ensures |= each.ensures
        if each.grade is Grade.BOUNDED:
            beside = stays_inside(each, {*trees, *_folders(outputs.values(), whole), *_folders(each.outputs, whole)})
            if beside is not None:
                each = replace(each, grade=Grade.EXACT, reasons=(), leftovers=each.leftovers | beside)
        settled.append(each)
        sure = each.grade is Grade.EXACT
        for region in each.removes:
            if sure and region.kind != "glob" and region.path != "/":
                below = region.path.rstrip("/") + "/"
                mine = [path for path in outputs if path == region.path or path.startswith(below)]
                made = region.path in outputs or _own(region, blind, trees)
                for path in mine:
                    del outputs[path]
                    trees.discard(path)
                if made and all(w.kind == "file" or w.path == region.path or not region.overlaps(w) for w in writes):
                    writes = {w for w in writes if not (w.path == region.path or w.path.startswith(below))}
                    ensures = {e for e in ensures if not (e.path == region.path or e.path.startswith(below))}
                if not made:
                    gone.add(region)
                removes.add(region)
            else:
                removes.add(region)
                gone.add(region)
        for output in each.outputs:
            earlier = outputs.pop(output.path, None)
            outputs[output.path] = after(earlier, output) if earlier else output
            if output.kind == "file" and Region(output.path) not in each.reads:
                blind.add(output.path)
            if output.kind in ("dir", "tree") and output.how == "create":
                trees.add(output.path)
    prints = settled
    grade = min(each.grade for each in prints)
    by_grade = sorted(prints, key=lambda each: each.grade)
    reasons = tuple(dict.fromkeys(reason for each in by_grade for reason in each.reasons))
    if grade is Grade.EXACT:
        outputs = _nested(outputs)
    return Footprint(
        grade, reasons, frozenset(reads), frozenset(writes), frozenset(removes), frozenset(ensures), frozenset(gone),
        tuple(o for o in outputs.values() if grade is Grade.EXACT or (grade and o.kind == "tree")),
        _joined(prints, "leftovers"), _joined(prints, "commands"), _joined(prints, "provides"), _joined(prints, "variables"),
        frozenset(), _joined(prints, "system_reads"), _joined(prints, "system_writes"),
        any(each.network for each in prints), any(each.heavy for each in prints), any(each.mtime for each in prints),
        _joined(prints, "links"),
    )  # fmt: skip


def stays_inside(footprint: Footprint, folders: Collection[str]) -> frozenset[Region] | None:
    """What a bounded step may leave beside `folders`, which are brought back whole: only caches and temporary files.

    None where it may leave more.
    """
    if footprint.system_writes or any(each.kind == "glob" for each in footprint.removes):
        return None
    beside = {each for each in footprint.touched if not _own(each, set(), set(folders))}
    return frozenset(beside) if beside <= footprint.leftovers - footprint.removes else None


def _folders(outputs: Iterable[Output], whole: bool) -> set[str]:
    """Folders among outputs that are brought back whole, or only those that were made."""
    trees = [each for each in outputs if each.kind == "tree" and each.path not in STANDARD]
    return {each.path for each in trees if whole or each.how == "create"}


def _joined(prints: list[Footprint], name: str):  # type: ignore[no-untyped-def]
    return frozenset().union(*(getattr(each, name) for each in prints))


def _own(region: Region, blind: set[str], trees: set[str]) -> bool:
    """Whether a region holds only what was made by this very step."""
    if region.kind == "file" and region.path in blind:
        return True
    path = region.path
    if region.kind == "glob":
        return any(path.startswith(tree + "/") for tree in trees)
    return any(path == tree or path.startswith(tree + "/") for tree in trees)


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


def _settled(footprint: Footprint) -> Footprint:
    if footprint.grade is not Grade.EXACT or len(footprint.outputs) < 2:
        return footprint
    return replace(footprint, outputs=tuple(_nested({each.path: each for each in footprint.outputs}).values()))


