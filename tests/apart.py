"""Everything taken apart that can be, whether or not it is worth it: what looks for mistakes wants many splits."""

from __future__ import annotations

from collections.abc import Sequence
from unittest import mock

import dfrefactor
from dfrefactor.dockerfile.instructions import Run
from dfrefactor.passes import PASSES, Pass, parallel_stages
from dfrefactor.result import Result
from dfrefactor.settings import Settings
from dfrefactor.stages.atoms import Atom


def taken_apart(data: bytes, passes: Sequence[Pass] = PASSES) -> Result:
    """`data` refactored as if every RUN were work enough for a stage of its own."""

    def is_run(atom: Atom, **_: object) -> bool:
        return isinstance(atom.instruction, Run)

    def always(*_: object) -> bool:
        return True

    with (
        mock.patch.multiple(parallel_stages, _is_work=is_run, _is_seed=is_run),
        mock.patch("dfrefactor.stages.may_part", always),
        mock.patch("dfrefactor.stages.atoms.may_part", always),
    ):
        return dfrefactor.refactor(data, passes=passes, settings=Settings(parallel="all"))
