"""Steps that interfere in a hidden way are never split into another image: each condition of DESIGN §5, with real builds."""

from __future__ import annotations

import pytest
from dfrefactor.passes import PASSES

from tests.apart import taken_apart
from tests.engine.conftest import BuildAndCompare
from tests.engine.interference import CASES as FIRST
from tests.engine.interference import Case
from tests.engine.interference_more import MORE

pytestmark = pytest.mark.engine

PARALLEL = [each for each in PASSES if each.name == "parallel-stages"]
CASES = (*FIRST, *MORE)
IDS = [f"{case.condition}-{case.name.replace(' ', '-')}" for case in CASES]


def test_every_condition_has_a_case() -> None:
    spoken_of_elsewhere = {16}  # where a stage stands and how it is written: tests of the text
    assert {case.condition for case in CASES} | spoken_of_elsewhere == set(range(1, 18))


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_what_the_pass_makes_of_it_is_the_same_image(case: Case, build_and_compare: BuildAndCompare) -> None:
    old = case.text.encode()
    result = taken_apart(old, PARALLEL)
    assert not result.problems
    if result.changed:
        left = frozenset[str]().union(*(finding.left for finding in result.findings))
        assert build_and_compare(old, result.data, allowed=left).differences == (), result.data.decode()


@pytest.mark.parametrize("case", [case for case in CASES if case.wrong], ids=lambda case: case.name.replace(" ", "-"))
def test_a_split_that_breaks_the_condition_is_another_image(case: Case, build_and_compare: BuildAndCompare) -> None:
    assert build_and_compare(case.text.encode(), case.wrong.encode()).differences
