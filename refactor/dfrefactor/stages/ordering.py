"""Which instructions of a stage may go further down, so that a change of them builds less again, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dfrefactor.dockerfile import expand
from dfrefactor.dockerfile.frequency import how_often
from dfrefactor.dockerfile.instructions import Add, Arg, Copy, Env, Label, Pairs, Run, Volume, Workdir
from dfrefactor.dockerfile.model import Stage
from dfrefactor.effects.effects import PERHAPS_ALL
from dfrefactor.facts import Facts
from dfrefactor.stages.atoms import Atom, dependence, may_read, says


class Move(NamedTuple):
    """The places of instructions, and the place of what they go in front of; `reader`: it is there that they are needed."""

    block: tuple[int, ...]
    to: int = 0
    reader: bool = False


def chosen(stage: Stage, places: Sequence[list[Atom]]) -> Move | None:
    """What goes to one place together, in its order: variables from the top on, copies from the bottom."""
    based = frozenset[str]().union(*(expand.variables(each.from_.image, each.from_.escape) for each in stage.chain))
    moves = [_move(places, at, based) for at in range(len(places))]
    readers, others = ([move for move in moves if move.to and move.reader is kind] for kind in (True, False))
    if not readers and not others:
        return None
    best = readers[0] if readers else others[-1]
    block = {at for move in moves if (move.to, move.block[-1]) == (best.to, best.block[-1]) for at in move.block}
    while (first := min(block)) and moves[first - 1] == Move((first - 1,), best.to):
        block.add(first - 1)
    while readers and (next_ := max(block) + 1) < len(moves) and moves[next_] == Move((next_,), best.to, reader=True):
        block.add(next_)
    return best._replace(block=tuple(sorted(block)))


def pieces(block: Sequence[int]) -> list[list[int]]:
    """The places of a block, those side by side together."""
    found: list[list[int]] = []
    for at in block:
        if found and found[-1][-1] == at - 1:
            found[-1].append(at)
        else:
            found.append([at])
    return found


def _move(places: Sequence[list[Atom]], at: int, based: frozenset[str]) -> Move:
    """Where the instruction at `at` goes: by itself, or with the variables and labels further down that keep it from going.

    What names the image that the stage is `based` on stays: all of it is built again anyway.  What says a variable that stands
    above changes with that one.
    """
    first, stays = places[at][0].instruction, Move((at,))
    if not how_often(first) or (isinstance(first, Pairs) and any(pair.key in based for pair in first.pairs)):
        return stays
    if isinstance(first, Arg | Env) and any(_reads(place[0], [places[at][0]]) for place in places[:at]):
        return stays
    block = [at]
    while len(block) < _TOGETHER:
        if (move := _destination(places, block)).to:
            whole = list(range(at, block[-1] + 1))  # what stands between comes along where it may: a paragraph stays one
            if all(_goes_along(places, whole[:end]) for end in range(2, len(whole) + 1)):
                along = _destination(places, whole)
                move = along if along.to == move.to else move
            return stays if any(_heads(places, piece) for piece in pieces(move.block)) else move
        below = range(block[-1] + 1, len(places))
        holder = next((i for i in below if _is_held(places, block, i) or places[i][0].is_step), len(places))
        labels = [i for i in range(block[-1] + 1, holder) if isinstance(places[i][0].instruction, Label)]
        if holder == len(places) or not _goes_along(places, [*block, holder]):
            break
        block += [*labels, holder]
    return stays


def _is_held(places: Sequence[list[Atom]], block: Sequence[int], at: int) -> bool:
    """Whether one of a block has to stay in front of the instruction at `at`."""
    return any(_holds(places[each][0], atom) for each in block for atom in places[at])


_TOGETHER = 30


def _goes_along(places: Sequence[list[Atom]], block: Sequence[int]) -> bool:
    """Whether the last of a block of variables and labels may go with those before: an ENV is a version, or names one of them."""
    *before, last = (places[at][0].instruction for at in block)
    if not isinstance(last, Env):
        return isinstance(last, Arg | Label) and isinstance(before[0], Arg | Env)
    names = {pair.key for each in before if isinstance(each, Arg | Env) for pair in each.pairs}
    named = (not expand.variables(pair.value or "", last.escape).isdisjoint(names) for pair in last.pairs)
    return how_often(last) > 1 or all(named)


def _heads(places: Sequence[list[Atom]], piece: Sequence[int]) -> bool:
    """Whether the comment above what moves may be about the work that stands right behind it."""
    first, last = (places[at][0].instruction for at in (piece[0], piece[-1]))
    behind = places[piece[-1] + 1][0].instruction
    return bool(first.leading) and not behind.leading and isinstance(behind, Run) and behind.lines[0] == last.lines[1] + 1


def may_pay(facts: Facts, stage: Stage) -> bool:
    """Whether something that changes often stands in front of work."""
    moving = False
    for instruction, step in zip(stage.instructions, facts.steps(stage), strict=True):
        if moving and isinstance(instruction, Run) and step.effects.heavy:
            return True
        moving = moving or how_often(instruction) > 1
    return False


def _destination(places: Sequence[list[Atom]], block: Sequence[int]) -> Move:
    """Where a block goes, which nothing holds in front of its last."""
    moved = [places[at][0] for at in block]
    often, to, reader = max(how_often(each.instruction) for each in moved), 0, False
    variable, lone = (all(isinstance(each.instruction, kinds) for each in moved) for kinds in (Pairs, Arg))
    for index in range(block[-1] + 1, len(places)):
        if _is_held(places, block, index):
            reader = variable and any(_reads(each, places[index]) for each in moved)
            reader = reader and any(_names(each, atom) for each in moved for place in places[index:] for atom in place)
            to = index if reader and to else 0 if lone else to
            break
        if _is_work(places[index]) and often > _how_often(places, index):
            to = index + 1
    else:
        to = 0 if lone else to  # nobody reads it here
    while to and not variable and to < len(places) and _belongs(moved, places, to):
        to += 1
    brought = sum(each.is_step for each in moved)
    before, after = steps(places, first_again(places, block[0])), steps(places, to) + brought
    return Move(tuple(block), to if to and after <= _WORTH * before else 0, reader)


def _belongs(moved: Sequence[Atom], places: Sequence[list[Atom]], at: int) -> bool:
    """Whether the instruction at `at` is an ENV right below what it is about, and what is moved may go behind it."""
    (atom, *_), above = places[at], places[at - 1][0].instruction
    here = atom.instruction
    attached = isinstance(here, Env) and not here.leading and here.lines[0] == above.lines[1] + 1
    return attached and not any(_holds(each, atom) for each in moved)


_WORTH = 0.8
"""How much of the steps that a change built again may still be."""


def first_again(places: Sequence[list[Atom]], at: int) -> int:
    """The first step that a change of the instruction at `at` builds again: a copy is not, for a variable it does not name."""
    variable = isinstance(places[at][0].instruction, Arg | Env)
    return next((i for i in range(at, len(places)) if isinstance(places[i][0].instruction, Run)), at) if variable else at


def steps(places: Sequence[list[Atom]], at: int) -> int:
    """How many steps there are from the one at `at` on."""
    return sum(place[0].is_step for place in places[at:])


def _names(moved: Atom, atom: Atom) -> bool:
    return isinstance(moved.instruction, Arg | Env) and any(says(atom, pair.key) for pair in moved.instruction.pairs)


def _reads(moved: Atom, place: Sequence[Atom]) -> bool:
    """Whether an instruction may look at what `moved` sets."""
    names = [pair.key for pair in moved.instruction.pairs] if isinstance(moved.instruction, Arg | Env) else []
    other = place[0].instruction
    if isinstance(other, Arg | Env):
        return any(not expand.variables(pair.value or "", other.escape).isdisjoint(names) for pair in other.pairs)
    return any((may_read if isinstance(other, Run) else says)(atom, name) for name in names for atom in place)


def _holds(moved: Atom, atom: Atom) -> bool:
    """Whether `moved` has to stay in front of `atom`."""
    one, other = moved.instruction, atom.instruction
    sets = {pair.key for pair in other.pairs} if isinstance(other, Arg | Env) else set[str]()
    if isinstance(one, Label):
        return isinstance(other, Label) or any(says(moved, name) for name in sets)
    if isinstance(one, Arg | Env):
        names = {pair.key for pair in one.pairs}
        if isinstance(one, Env) and isinstance(other, Env):
            return True  # the image has its variables in their order
        perhaps = PERHAPS_ALL in atom.effects.variables
        return perhaps or bool(names & sets) or _reads(moved, [atom]) or any(says(moved, name) for name in sets)
    if isinstance(other, Arg | Env):
        return any(says(moved, name) for name in sets)
    if isinstance(other, Workdir) and isinstance(one, Copy | Add) and not one.dest.text.startswith("/"):
        return True
    return isinstance(other, Volume) or dependence(moved, atom) is not None


def _is_work(place: Sequence[Atom]) -> bool:
    return isinstance(place[0].instruction, Run) and any(atom.effects.heavy for atom in place)


def _how_often(places: Sequence[list[Atom]], at: int) -> int:
    """How often a RUN's own sources change, as `how_often` says it."""
    sources = [each[0] for each in places[:at] if how_often(each[0].instruction)]
    return max((how_often(s.instruction) for s in sources if any(_holds(s, atom) for atom in places[at])), default=1)
