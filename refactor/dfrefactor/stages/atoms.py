"""What a stage is made of when its steps may move: instructions, and the units of RUNs that can be cut."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from dfrefactor.dockerfile.instructions import Add, Arg, Copy, Env, Instruction, Run, Shell, User, Workdir
from dfrefactor.dockerfile.model import Stage
from dfrefactor.effects.effects import ALL, Effects
from dfrefactor.effects.order import Dependence, between
from dfrefactor.effects.output import ANY
from dfrefactor.effects.trace import Step, Unit
from dfrefactor.facts import Facts
from dfrefactor.text.source import Span

SCOPED = (Env, Arg, Workdir, User, Shell)
"""Instructions that set what later ones start from; a new stage says them again."""

MOST = 250
"""Atoms of a stage we look at: all pairs are compared."""

SYMBOL = re.compile("\ue000([^\ue001]*)\ue001")


@dataclass(frozen=True, eq=False)
class Atom:
    """An instruction, or one unit of a RUN that may be cut around it.

    `order` counts the atoms of a stage, `place` is the instruction's index in it, `unit` the unit's in its RUN (None: the whole
    instruction).  `tied`: it can't be cut from the atom before.  `symbolic` is the footprint with names of build arguments in the
    place of their defaults.  `hinted`: a comment says what it does, and nobody knows which variables it reads.
    `had` are commands that steps before it provide by name.
    """

    order: int
    place: int
    instruction: Instruction
    effects: Effects
    symbolic: Effects
    unit: int | None = None
    of: Unit | None = None
    tied: bool = False
    hinted: bool = False
    had: frozenset[str] = frozenset()

    @property
    def is_step(self) -> bool:
        return isinstance(self.instruction, Run | Copy | Add)

    @property
    def text(self) -> str:
        """The unit, or the instruction's arguments, for reasons a user reads."""
        args = self.instruction.args
        return args[self.of.start : self.of.end] if self.of else args

    @property
    def span(self) -> Span:
        return self.instruction.span_of(self.of.start, self.of.end) if self.of else self.instruction.span

    @property
    def is_state(self) -> bool:
        """`set -e` and the like: said again in every RUN made of its RUN."""
        return self.of is not None and self.of.options


def atoms(facts: Facts, stage: Stage, rule: str) -> tuple[Atom, ...]:
    """The atoms of `stage` in their order, FROM left out."""
    found: list[Atom] = []
    had: frozenset[str] = frozenset()
    remarks, known = facts.notes, facts.steps(stage)
    has_arguments = any(isinstance(instruction, Arg) for each in stage.chain for instruction in each.instructions)
    named = facts.steps(stage, as_symbol) if has_arguments else known
    for place, (instruction, step, symbolic) in enumerate(zip(stage.instructions, known, named, strict=True)):
        if not place:
            continue
        whole = instruction in remarks.hints or instruction.flags or instruction.heredocs or remarks.ignores(instruction, rule)
        if whole or len(step.units) < 2 or len(step.units) != len(symbolic.units) or not can_cut(step.units):
            hinted = instruction in remarks.hints
            found.append(Atom(len(found), place, instruction, step.effects, symbolic.effects, hinted=hinted, had=had))
            had |= step.effects.provides - {ANY}
            continue
        for index, (unit, same) in enumerate(zip(step.units, symbolic.units, strict=True)):
            tied = index > 0 and bool(unit.blocked)
            effects, renamed = _as_step(unit, step), _as_step(same, symbolic)
            renamed = effects if renamed == effects else renamed
            found.append(Atom(len(found), place, instruction, effects, renamed, index, unit, tied, had=had))
            had |= unit.effects.provides - {ANY}
    return tuple(found)


def may_read(atom: Atom, name: str) -> bool:
    """Whether an atom may depend on the variable `name`: it says it, its commands look at it, or nobody knows."""
    if re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", atom.instruction.logical.text):
        return True
    unsure = atom.hinted or not atom.effects.grade
    return atom.is_step and (unsure or ALL in atom.effects.variables or atom.effects.reads_variable(name))


def as_symbol(name: str, default: str) -> str | None:
    """What stands for a build argument's value: any other may be given; one that is a path may lead anywhere."""
    return None if not default or re.search(r"[/\s~*?\[]", default) else f"\ue000{name}\ue001"


def with_defaults(path: str, arguments: Mapping[str, str | None]) -> str:
    """`path` with the defaults in the place of the symbols."""
    return SYMBOL.sub(lambda found: arguments.get(found[1]) or "", path)


def as_written(path: str) -> str:
    """`path` as a COPY can say it: a variable stays a variable."""
    return SYMBOL.sub(r"${\1}", path)


def _as_step(unit: Unit, step: Step) -> Effects:
    """A unit's footprint with what is said of its whole RUN: the shell it needs, and what that shell reads."""

    def with_rest(field: str) -> Any:
        units = (getattr(each.effects, field) for each in step.units)
        return getattr(unit.effects, field) | getattr(step.effects, field).difference(*units)

    return replace(unit.effects, **{field: with_rest(field) for field in ("reads", "commands", "system_reads")})


def can_cut(units: Sequence[Unit]) -> bool:
    """Whether a list stops at its first failure, so that its parts may be run apart: `&&`, or `;` under `set -e`.

    Options of the shell are said again in every part; at the end of a RUN they would be lost.
    """
    stops = all(a.joins == "&&" or (a.joins in (";", "\n") and a.after.errexit) for a, _ in pairwise(units))
    return stops and not units[-1].options and units[-1].joins in ("", ";")


def dependence(first: Atom, second: Atom) -> Dependence | None:
    """Why `second` has to run after `first`, None where it need not."""
    found = between(first.effects, second.effects, first.had)
    if found or (first.symbolic is first.effects and second.symbolic is second.effects):
        return found
    return between(first.symbolic, second.symbolic, first.had)
