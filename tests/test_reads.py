"""What RUNs of real Dockerfiles were seen to look at is what their effects claim: paths traced once, in `reads.jsonl`."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import dfrefactor
import pytest
from dfrefactor.dockerfile.instructions import Run
from dfrefactor.effects.output import Grade
from dfrefactor.facts import Facts

from tests.reads import LEFT_OUT, Seen, digest, read, unclaimed
from tests.shared import SHARED, needs_shared

MINIMUM = 300


@cache
def facts(file: str) -> Facts:
    return Facts(dfrefactor.parse((SHARED / "corpus" / "dockerfiles" / file).read_bytes()))


def traced(seen: Seen) -> Run:
    """The RUN that was traced, which is still what it was."""
    found = facts(seen.file)
    runs = (each for stage in found.document.stages for each in stage.instructions if isinstance(each, Run))
    run = next(each for each in runs if each.lines[0] == seen.line)
    assert digest(run.written) == seen.digest
    return run


@needs_shared
@pytest.mark.figures
def test_all_that_was_looked_at_is_claimed() -> None:
    graded, wrong = Counter[str](), []
    for seen in read():
        found, run = facts(seen.file), traced(seen)
        effects = found.step(run).effects
        graded[effects.grade.name] += 1
        if effects.grade is not Grade.UNKNOWN:
            wrong += [f"{seen.file}:{seen.line}: {path} [{effects.grade.name}]"
                      for path in unclaimed(effects, found.scope(run), seen.paths)]  # fmt: skip
    print(f"\n{graded.total()} RUNs traced: {graded['EXACT']} exact, {graded['BOUNDED']} bounded, {len(wrong)} paths not claimed")
    assert not wrong, "\n".join(wrong[:40])
    assert graded["EXACT"] + graded["BOUNDED"] >= MINIMUM


@needs_shared
def test_the_table_tells_when_a_claim_is_missing() -> None:
    """An effect without its reads leaves paths open in many RUNs: the table and what is left out of it have teeth."""
    empty = dfrefactor.effects.effects.Effects()
    cases = [seen for seen in read() if any(unclaimed(empty, facts(seen.file).scope(traced(seen)), seen.paths))]
    assert len(cases) > MINIMUM // 2


def test_what_is_left_out_says_why() -> None:
    for expression, reason in LEFT_OUT.items():
        assert re.compile(expression) and len(reason.split()) > 2
