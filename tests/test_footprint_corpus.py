"""How much of the real world is known: shares and cost over the shared Dockerfiles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from dfrefactor import effects
from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.effects import Grade, Step
from dfrefactor.effects.units import is_shell
from dfrefactor.images import scopes

from tests.shared import Real


def runs(files: Sequence[Real]) -> Iterator[tuple[Instruction, Scope]]:
    """Every shell-form RUN of a POSIX shell in these files."""
    for file in files:
        for stage in file.document.stages:
            for instruction, scope in zip(stage.instructions, scopes(stage), strict=True):
                if instruction.keyword == "RUN" and not instruction.is_json and is_shell(scope.shell[0]):
                    yield instruction, scope


def has_unknown_command(step: Step) -> bool:
    """Whether a command has no entry.  A script of the project's own is no command of the catalog."""
    return any(
        (reason.endswith("is not in the catalog") and reason.startswith("`")) or "is a program we do not know" in reason
        for reason in step.effects.reasons
    )


@pytest.mark.figures
def test_most_commands_and_most_runs_are_known(real: list[Real]) -> None:
    steps = [effects.of(instruction, scope) for instruction, scope in runs(real)]
    graded = Counter(step.effects.grade for step in steps)
    known = 1 - sum(map(has_unknown_command, steps)) / len(steps)
    bounded = (graded[Grade.EXACT] + graded[Grade.BOUNDED]) / len(steps)
    exact = graded[Grade.EXACT] / len(steps)
    print(f"\n{len(steps)} RUNs: all commands known {known:.1%}, exact or bounded {bounded:.1%}, exact {exact:.1%}")
    reasons = Counter(step.effects.reason for step in steps if step.effects.grade is Grade.UNKNOWN)
    print("the most frequent reasons why not:", *(f"{count:5}  {reason}" for reason, count in reasons.most_common(10)), sep="\n")
    assert known >= 0.90
    assert bounded >= 0.75


def test_nothing_of_an_exact_step_is_left_open(real: list[Real]) -> None:
    for instruction, scope in runs(real[:500]):
        step = effects.of(instruction, scope)
        if step.effects.grade is Grade.EXACT:
            assert not step.effects.reasons
            for output in step.effects.outputs:
                assert output.path.startswith("/") and "\ufdd0" not in output.path and "\ufdd2" not in output.path
        else:
            assert step.effects.reason
        text = step.text
        for unit in step.units:
            assert 0 <= unit.start <= unit.end <= len(text)
