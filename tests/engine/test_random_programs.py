"""Programs made at random are rewritten and built before and after: the images are the same, every time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import pytest
from dfrefactor.engine.build import Builder, Built, Options
from dfrefactor.engine.compare import Difference, compare
from dfrefactor.engine.image import Image
from dfrefactor.engine.process import EngineError
from dfrefactor.engine.verify import images
from dfrefactor.result import Result
from dfrefactor.text.source import Source

from tests.apart import taken_apart
from tests.engine.random_base import BASE, base_image
from tests.engine.random_programs import Part, Program, Run
from tests.engine.random_steps import CONTEXT, Maker
from tests.shrink import shrink

WANTED = int(os.environ.get("DFREFACTOR_RANDOM_PROGRAMS", "200"))
"""Programs that our passes changed, built before and after."""
FIRST = int(os.environ.get("DFREFACTOR_RANDOM_SEED", "0"))
BATCH = 40


@dataclass(frozen=True)
class Case:
    """A program that the passes changed."""

    seed: int
    program: Program
    result: Result

    @property
    def allowed(self) -> frozenset[str]:
        return frozenset[str]().union(*(finding.config | finding.left for finding in self.result.findings))


@dataclass(frozen=True)
class Outcome:
    """`mistake` says what is wrong; `invalid` that the program could not be built before we touched it."""

    case: Case
    mistake: str = ""
    invalid: bool = False


def case(seed: int, program: Program) -> Case | None:
    """The program, if the passes changed it, or tried to and were stopped by the guard."""
    result = taken_apart(program.data)
    return Case(seed, program, result) if result.changed or result.problems else None


class Judge:
    """Builds cases before and after, several at a time, and gives their images out in one archive."""

    def __init__(self, engine: Builder, context: Path) -> None:
        self.engine = engine
        self.context = context

    def outcomes(self, cases: list[Case]) -> list[Outcome]:
        """One for each case.  What the guard stopped is a mistake that needs no building."""
        stopped = [Outcome(each, str(each.result.problems)) for each in cases if each.result.problems]
        cases = [each for each in cases if not each.result.problems]
        texts = [text for case in cases for text in (case.program.data, case.result.data)]
        with ThreadPoolExecutor(4) as pool:
            built = list(pool.map(self.built, texts))
            good = [one for one in built if isinstance(one, Built)]
            try:
                found = dict(zip((one.reference for one in good), images(self.engine, good), strict=True)) if good else {}
            finally:
                list(pool.map(self.engine.remove, good))
        return stopped + [
            outcome(each, before, after, found) for each, before, after in zip(cases, built[::2], built[1::2], strict=True)
        ]

    def built(self, text: bytes) -> Built | str:
        try:
            return self.engine.build(text, self.context, Options())
        except EngineError as problem:
            return str(problem)

    def fails(self, program: Program) -> bool:
        changed = case(-1, program)
        return changed is not None and bool(self.outcomes([changed])[0].mistake)


def outcome(case: Case, before: Built | str, after: Built | str, found: Mapping[str, Image]) -> Outcome:
    if isinstance(before, str):
        return Outcome(case, invalid=True)
    if isinstance(after, str):
        return Outcome(case, after)
    return Outcome(case, told(compare(found[before.reference], found[after.reference], (), case.allowed)))


def told(differences: tuple[Difference, ...]) -> str:
    return "\n".join(str(difference) for difference in differences)


def changed_cases() -> Iterator[Case | None]:
    """For every program from the first seed on: its case, if the passes changed it."""
    return (case(seed, Maker(seed).program()) for seed in count(FIRST))


@pytest.fixture
def judge(engine: Builder, tmp_path: Path) -> Iterator[Judge]:
    for name, text in CONTEXT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with base_image():
        yield Judge(engine, tmp_path)


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.figures
def test_random_programs_build_the_same_image(judge: Judge) -> None:
    made = built = invalid = 0
    mistakes: list[Outcome] = []
    source = changed_cases()
    while built < WANTED and made < 100 * WANTED and len(mistakes) < 5:
        waiting: list[Case] = []
        while len(waiting) < BATCH and made < 100 * WANTED:
            made += 1
            waiting += filter(None, [next(source)])
        for one in judge.outcomes(waiting):
            invalid += one.invalid
            built += not one.invalid and not one.case.result.problems
            mistakes += [one] if one.mistake else []
    print(f"{made} random programs, {built} changed and built twice, {invalid} invalid, {len(mistakes)} mistakes")
    if mistakes:
        pytest.fail("\n\n".join(explained(judge, one) for one in mistakes[:5]), pytrace=False)
    assert built >= WANTED


def explained(judge: Judge, wrong: Outcome) -> str:
    small = shrink(wrong.case.program, judge.fails, attempts=60)
    again = Case(-1, small, taken_apart(small.data))
    return (
        f"seed {wrong.case.seed}, made smaller:\n{small.data.decode()}\nbecomes:\n{again.result.data.decode()}\n"
        f"which is wrong:\n{judge.outcomes([again])[0].mistake or wrong.mistake}"
    )


@pytest.mark.engine
def test_a_planted_mistake_is_found_and_made_smaller(judge: Judge) -> None:
    """The judge itself: a rewrite that loses a mode is caught, and what has nothing to do with it is dropped."""
    noise = tuple(Run((f"mkdir /d{i}", f"echo {i} >/d{i}/f")) for i in range(3))
    program = Program((Part(f"FROM {BASE}", (*noise, Run(("echo 1 >/f", "chmod 600 /f", "ls /")))),))

    def spoiled(some: Program) -> Case:
        result = taken_apart(some.data)
        return Case(-1, some, Result(result.before, Source.of_bytes(some.data.replace(b"chmod 600", b"chmod 640"))))

    assert judge.outcomes([spoiled(program)])[0].mistake
    small = shrink(program, lambda some: bool(judge.outcomes([spoiled(some)])[0].mistake), attempts=12)
    assert b"chmod 600" in small.data
    assert b"mkdir" not in small.data


def test_programs_are_the_same_for_the_same_seed_and_all_kinds_occur() -> None:
    programs = [Maker(seed).program().data for seed in range(150)]
    assert programs == [Maker(seed).program().data for seed in range(150)]
    text = b"\n".join(programs)
    for piece in (b"mkdir", b"cp -r", b"mv ", b"ln -s", b"ln /", b">>", b"rm ", b"rm -r", b"chmod 4755", b"chown", b"cd ",
                  b"for i", b"USER 1000", b"COPY --from", b"WORKDIR", b"ENV ", b"ARG ", b"FROM s0 AS", b"<<EOF"):  # fmt: skip
        assert piece in text, piece


def test_a_program_gets_smaller_one_thing_at_a_time() -> None:
    program = Maker(3).program()
    assert all(len(smaller.data) < len(program.data) for smaller in islice(program.smaller(), 50))
