"""What a stage is made of when its steps may move: instructions, and the units of RUNs that can be cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from refactor import footprint
from refactor.comments import Notes
from refactor.footprint import Footprint, Grade, Unit
from refactor.footprint.dependencies import Dependence, between
from refactor.instructions import Add, Arg, Copy, Env, Instruction, Run, Shell, User, Workdir
from refactor.model import Stage
from refactor.scope import Scope, scopes
from refactor.settings import Settings

SCOPED = (Env, Arg, Workdir, User, Shell)
"""Instructions that set what later ones start from; a new stage says them again."""

MOST = 250
"""Atoms of a stage we look at: all pairs are compared."""

_STATE = re.compile(r"set\s+[-+]")


@dataclass(frozen=True, eq=False)
class Atom:
    """An instruction, or one unit of a RUN that may be cut around it.

    `place` is the instruction's index in its stage, `unit` the unit's in its RUN (None: the whole instruction).  `tied`:
    it can't be cut from the atom before.
    """

    place: int
    instruction: Instruction
    footprint: Footprint
    unit: int | None = None
    of: Unit | None = None
    tied: bool = False

    @property
    def is_step(self) -> bool:
        return isinstance(self.instruction, Run | Copy | Add)

    @property
    def text(self) -> str:
        """The unit, or the instruction's arguments, for reasons a user reads."""
        args = self.instruction.args
        return args[self.of.start : self.of.end] if self.of else args

    @property
    def is_state(self) -> bool:
        """`set -e` and the like: said again in every RUN made of its RUN."""
        return self.of is not None and _STATE.match(self.text) is not None


def atoms(stage: Stage, remarks: Notes, rule: str, settings: Settings) -> tuple[Atom, ...]:
    """The atoms of `stage` in their order, FROM left out."""
    found: list[Atom] = []
    for place, (instruction, scope) in enumerate(zip(stage.instructions, scopes(stage), strict=True)):
        if place:
            whole = remarks.ignores(instruction, rule)
            found += _of(place, instruction, scope, remarks, whole, settings)
    return tuple(found)


def _of(place: int, instruction: Instruction, scope: Scope, remarks: Notes, whole: bool, settings: Settings) -> list[Atom]:
    hint = remarks.hints.get(instruction)
    step = footprint.of(instruction, scope, hint, settings.catalog)
    if whole or len(step.units) < 2 or hint or instruction.flags or instruction.heredocs or not can_cut(step.units):
        return [Atom(place, instruction, step.footprint)]
    return [
        Atom(place, instruction, unit.footprint, index, unit, tied=index > 0 and bool(unit.blocked))
        for index, unit in enumerate(step.units)
    ]


def can_cut(units: Sequence[Unit]) -> bool:
    """Whether a list stops at its first failure, so that its parts may be run apart: `&&`, or `;` under `set -e`."""
    return all(a.joins == "&&" or (a.joins in (";", "\n") and a.after.errexit) for a, _ in pairwise(units)) and units[
        -1
    ].joins in ("", ";")


def dependence(first: Atom, second: Atom) -> Dependence | None:
    """Why `second` has to run after `first`, None where it need not."""
    return between(first.footprint, second.footprint)


def is_known(atom: Atom) -> bool:
    return atom.footprint.grade > Grade.UNKNOWN
