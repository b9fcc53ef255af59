"""What builds took, as `graph --measured` tells it: from a log, and on a machine where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from dfrefactor import refactor
from dfrefactor.dockerfile.instructions import Run
from dfrefactor.engine.logged import logged
from dfrefactor.engine.process import EngineError
from dfrefactor.engine.progress import RawJson, Step
from dfrefactor.report.graph import Graph, graph, render
from dfrefactor.report.graph.measured import Measured, Took, cost, longest, times
from dfrefactor.text.mask import Mask

from tests.conftest import Run as Ended

FILE = """\
FROM debian AS one
RUN a
FROM debian
RUN b
FROM scratch AS Last
COPY --from=one /a /a
COPY --from=1 /b /b
"""
LOG = [("[linux/amd64 one 1/2] FROM docker.io/library/debian", 1), ("[one 2/2] RUN a", 30), ("[stage-1 1/2] FROM docker.io/library/debian", 1),
       ("[stage-1 2/2] RUN b", 40), ("[last 1/2] COPY --from=one /a /a", 2), ("[last 2/2] COPY --from=stage-1 /b /b", 3), ("exporting to image", 9)]  # fmt: skip


def ran(log: Sequence[tuple[str, float]], cached: Sequence[str] = ()) -> tuple[Step, ...]:
    """As BuildKit tells it, with nanoseconds."""
    build = RawJson(Mask())
    for number, (name, seconds) in enumerate(log):
        moments = [f"2026-01-02T03:{at // 60:02}:{at % 60:02}.{int(at % 1 * 1e9):09}Z" for at in (number, number + int(seconds))]
        vertex = {"digest": f"sha256:{number}", "name": name, "started": moments[0], "completed": moments[1], "cached": name in cached}
        build.line(json.dumps({"vertexes": [vertex]}).encode())
    return build.steps()


def shown(text: str, log: Sequence[tuple[str, float]], cached: Sequence[str] = ()) -> Graph:
    found = graph(refactor(text.encode(), passes=[]))
    return replace(found, measured=Measured(times(found.before, ran(log, cached))))


def test_steps_are_found_by_their_stage_and_place() -> None:
    found = shown(FILE, LOG)
    assert found.measured
    took = found.measured.before
    assert [took[step.instruction].seconds for step in found.before.steps] == [30, 40, 2, 3]
    assert [took[step.instruction].since for step in found.before.steps] == [1, 3, 4, 5]


def test_the_critical_path_is_the_longest_chain() -> None:
    found = shown(FILE, LOG)
    assert found.measured
    seconds, chain = longest(found.before, found.measured.before)
    assert seconds == 1 + 40 + 3 and [step.number for step in chain] == [2, 4]
    one, two, *_ = found.before.steps
    assert cost(found.before, found.measured.before, [one, two]) == (40, True)  # side by side


def test_what_came_from_the_cache_costs_what_nobody_knows() -> None:
    found = shown(FILE, LOG, cached=["[one 2/2] RUN a"])
    assert found.measured
    one, two, *_ = found.before.steps
    assert cost(found.before, found.measured.before, [one]) is None
    assert cost(found.before, found.measured.before, [one, two]) == (40, False)
    text = render(found, "text")
    assert "1  cached  RUN a" in text and "1 step came from the cache" in text and "43.0 s or more" in text


@pytest.mark.parametrize(
    "log",
    [
        [("[one 2/3] RUN a", 1)], [("[other 2/2] RUN a", 1)], [("[one 2/2] COPY a b", 1)], [("[2/2] RUN a", 1)], [("[one 9/2] RUN a", 1)],
        [("RUN a", 1)], [("[internal] load .dockerignore", 1)],
    ],
)  # fmt: skip
def test_the_log_of_another_file_says_nothing(log: list[tuple[str, float]]) -> None:
    assert times(graph(refactor(FILE.encode(), passes=[])).before, ran(log)) == {}


def test_a_lone_stage_has_no_name_in_the_log() -> None:
    found = shown("FROM debian AS x\nWORKDIR /a\nRUN b\n", [("[1/3] FROM debian", 1), ("[2/3] WORKDIR /a", 2), ("[3/3] RUN b", 3)])
    assert found.measured
    assert [took.seconds for took in found.measured.before.values()] == [1, 2, 3]


def test_each_format_tells_it() -> None:
    found = shown(FILE, LOG)
    text = render(found, "text")
    assert "critical path: 44.0 s of 77.0 s of work, in the steps 2, 4" in text and "2  40.0 s  RUN b" in text
    told = json.loads(render(found, "json"))
    assert told["before"]["critical_path"] == {"seconds": 44, "steps": [2, 4]}
    assert told["before"]["stages"][1]["steps"][0] | {"text": "", "line": 0, "commands": 0} == {
        "number": 2, "line": 0, "text": "", "commands": 0, "since": 3, "seconds": 40, "cached": False}  # fmt: skip
    assert {row["step"]: row["seconds_before"] for row in told["rebuild"]}["2"] == 43
    svg = render(found, "svg")
    assert 'class="lanes"' in svg and "2 RUN b: 40.0 s" in svg and "44.0 s of 77.0 s" in svg
    plain = graph(refactor(FILE.encode(), passes=[]))
    assert "lanes" not in render(plain, "svg") and "seconds" not in render(plain, "json")


def test_both_sides_lie_on_one_axis() -> None:
    get = "RUN curl -fsSLo /usr/local/bin/{0} http://h/{0}\n"
    found = graph(refactor(f"FROM buildpack-deps\n{get.format('one')}{get.format('two')}".encode()))
    before, after = (
        {step.instruction: Took(0, 20) for step in picture.steps if isinstance(step.instruction, Run)} for picture in (found.before, found.after)
    )
    svg = render(replace(found, measured=Measured(before, after)), "svg")
    assert svg.count(": 20.0 s</title>") == 2 * 2 and svg.count('class="lanes"') == 1
    text = render(replace(found, measured=Measured(before, after)), "text")
    assert "critical path: 40.0 s of 40.0 s of work, in the steps 1-2" in text and "critical path: 20.0 s of 40.0 s of work, in step 1" in text


@pytest.mark.parametrize("options", [["--measured"], ["--measured=nosuch"]])
def test_without_an_engine_one_line_says_so(dfrefactor: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("FROM debian\nRUN a\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    run = dfrefactor("graph", *options, "Dockerfile")
    assert run.code == 2 and run.err.count("\n") == 1 and "not measured" in run.err


def test_an_option_is_no_build() -> None:
    with pytest.raises(EngineError, match="names no build"):
        logged("--follow", Mask())
