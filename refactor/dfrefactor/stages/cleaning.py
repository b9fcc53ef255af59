"""Caches that a later RUN empties: the RUN that fills them may do that itself, so that no layer holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from dfrefactor.dockerfile.instructions import Run
from dfrefactor.dockerfile.model import Stage
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import Regions, covers, parent
from dfrefactor.effects.state import Reached
from dfrefactor.effects.trace import Unit
from dfrefactor.effects.units import trace
from dfrefactor.facts import Facts
from dfrefactor.lazy import regex
from dfrefactor.stages.atoms import Atom, dependence
from dfrefactor.stages.cut import piece, with_comments
from dfrefactor.stages.folding import Fold, rest
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span


def cleanings(facts: Facts, stage: Stage, atoms: Sequence[Atom]) -> Iterator[Fold]:
    """What may be moved to an earlier RUN, by the RUN it stands in now."""
    for _, group in groupby(atoms, key=lambda atom: atom.place):
        here = [atom for atom in group if not atom.is_state]
        emptying = {atom: place for atom in here if (place := _filled(atoms, atom)) and _only_empties(atom, atoms, place)}
        if len(set(emptying.values())) != 1:
            continue
        (filler,) = set(emptying.values())
        if any(atom.effects.leftovers for atom in here[: here.index(next(iter(emptying)))]):
            continue  # it fills caches of its own
        moved = tuple(emptying)
        if len(moved) < len(here) and all(atom in emptying or _only_removes(atom) for atom in here):
            moved = tuple(here)
        between = [a for a in atoms if filler < a.place and a.order < moved[-1].order and a not in moved and not a.is_state]
        if any(_depends(a, b) for b in moved for a in between if a.order < b.order) or any(map(_is_held, moved)):
            continue
        if found := _said_there(facts, stage, atoms, moved, filler):
            yield found


def _filled(atoms: Sequence[Atom], emptying: Atom) -> int:
    """The place of the only RUN that leaves something in the caches that an atom empties; 0 where there is not one alone."""
    wanted = frozenset(each for each in emptying.effects.removes if not _SCRATCH.match(each.path))
    found = list[int]()
    for place, some in groupby((a for a in atoms if a.place < emptying.place), key=lambda atom: atom.place):
        last = [a for a in some if _meet(a.effects.leftovers | (a.effects.removes if _only_removes(a) else frozenset()), wanted)]
        if last and last[-1].effects.leftovers:
            found.append(place)
    return found[0] if wanted and len(found) == 1 else 0


_SCRATCH = regex(r"/(?:var/)?tmp(?:/|\Z)")


def _only_empties(atom: Atom, atoms: Sequence[Atom], filler: int) -> bool:
    """Whether all that an atom does is to remove, and to write in caches of what that RUN runs."""
    known, kept = atom.effects, {each for other in atoms if other.place == filler for each in other.effects.leftovers}
    folders = {region.path for region in kept | known.removes if region.kind == "tree"}
    inside = all(any(covers(folder, region.path) for folder in folders) for region in known.writes | known.ensures)
    return bool(known.grade) and inside and not (known.network or known.leftovers or known.outputs)


def _only_removes(atom: Atom) -> bool:
    known = atom.effects
    return bool(known.removes) and known.touched == known.removes and known.grade is Grade.EXACT and not known.system_writes


def _depends(first: Atom, emptying: Atom) -> bool:
    """Whether a step stays in front of one that empties caches; who installs packages looks into no caches but its own."""
    known, wanted = first.effects, emptying.effects.removes
    if known.grade is Grade.BOUNDED and known.system_writes and not _meet(known.leftovers, wanted):
        near: dict[str, Any] = {name: _beside(getattr(known, name), wanted) for name in ("reads", "writes", "removes", "ensures")}
        narrow = replace(known, **near)
        first = replace(first, effects=narrow, names=lambda: narrow)
    return dependence(first, emptying) is not None


def _beside(regions: Regions, wanted: Regions) -> Regions:
    """The regions without those that hold all that is wanted, and more."""
    return frozenset(r for r in regions if r.kind != "tree" or not all(covers(r.path, parent(w.path)) for w in wanted))


def _is_held(atom: Atom) -> bool:
    """Whether an atom is no shell text that stands for itself."""
    run, unit = atom.instruction, atom.of
    plain = isinstance(run, Run) and not (run.flags or run.heredocs or run.is_json or atom.hinted or atom.tied)
    return not plain or (unit is not None and bool(unit.again or unit.bound or unit.uses))


def _meet(some: Regions, others: Regions) -> bool:
    return any(one.overlaps(other) for one in some for other in others)


def _said_there(
    facts: Facts, stage: Stage, atoms: Sequence[Atom], moved: Sequence[Atom], place: int
) -> Fold | None:  # fmt: skip
    run, text = stage.instructions[place], stage.document.source.text
    units = facts.step(run).units
    if not isinstance(run, Run) or run.is_json or run.flags or run.heredocs or not units:
        return None
    if run in facts.hints:
        return None
    end = units[-1]
    whole = [list(unit) for _, unit in groupby(atoms, key=lambda atom: (atom.place, atom.unit))]
    pieces = [piece(text, unit, some) for unit in whole if (some := [atom for atom in unit if atom in moved])]
    if any(unit.joins not in ("&&", ";", "\n", "") for unit in units):
        return None  # who reads it has to think of what is run after a failure
    if end.joins or end.end != len(run.args) or end.after.reached is not Reached.MUST or any("#" in each for each in pieces):
        return None
    if not _same_there(facts, end, moved):
        return None
    left = rest(stage, atoms, set(moved), {})
    gap = _gap(stage, run, units)
    comments = re.findall(r"[^\n]*\n", left.comments)
    edits = [*left.edits]
    first = with_comments(gap, [each.lstrip() for each in comments]) if "\n" in gap else gap
    if comments and first == gap:
        edits.append(Edit(Span(run.span.start, run.span.start), left.comments))
    at = run.span_of(end.end, end.end).start
    edits.append(Edit(Span(at, at), first + gap.join(pieces)))
    said = {f"RUN {' '.join(each.replace(stage.document.escape + chr(10), ' ').split())}" for each in pieces}
    told = "`, `".join(dict.fromkeys(" ".join(atom.text.split()) for atom in moved))
    message = f"the layer of line {run.lines[0]} holds what `{told}` removes in a later one: it is removed there instead"
    return Fold(moved[0].span, message, tuple(edits), left.gone, left.new | said)


def _same_there(facts: Facts, end: Unit, moved: Sequence[Atom]) -> bool:
    """Whether what is moved does the same behind that unit."""
    for atom in moved:
        if atom.start is None or (atom.start.user, atom.start.shell) != (end.after.user, end.after.shell):
            return False
        behind = replace(end.after, files=atom.start.files)
        there, here = (trace(atom.text, state, facts.catalog).effects for state in (behind, atom.start))
        if (there.grade, there.removes, there.writes) != (here.grade, here.removes, here.writes):
            return False
    return True


def _gap(stage: Stage, run: Run, units: Sequence[Unit]) -> str:
    """What stands between the commands of a RUN, as it would in front of one more."""
    text = stage.document.source.text[slice(*run.span)]
    joins = units[-2].joins if len(units) > 1 else ""
    if joins == "&&" or (joins == ";" and units[-2].after.errexit):
        between = stage.document.source.text[slice(*run.span_of(units[-2].end, units[-1].start))]
        if "\n" in between or "\n" not in text.rstrip():
            return re.sub(r"(?m)^[ \t]*(?:#[^\n]*|[\\`][ \t]*)\r?\n", "", between)
    if "\n" not in text.rstrip():
        return " && "
    indents = re.findall(r"\n([ \t]+)(?=[^\s#])", text)
    indent = min(indents, key=len) if indents else "    "
    return f" {stage.document.escape}{stage.document.source.newline}{indent}&& "
