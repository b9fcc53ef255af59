"""`graph --measured` against BuildKit: what it says of a build is what the build's own log says."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dfrefactor.engine.build import Builder

from tests.conftest import Run
from tests.engine.conftest import no_leftovers

pytestmark = pytest.mark.engine

FILE = """\
FROM debian:bookworm AS Slow
WORKDIR /w
RUN sleep 1 && echo {salt} > /slow
FROM debian:bookworm
RUN sleep 2 && echo {salt} > /slower
FROM debian:bookworm AS last
COPY --from=slow /slow /slow
COPY --from=1 /slower /slower
RUN sleep 1
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(FILE.format(salt=uuid.uuid4().hex))
    return tmp_path


def measured(dfrefactor: Callable[..., Run], option: str) -> dict[str, Any]:
    run = dfrefactor("graph", option, "--format", "json", "Dockerfile")
    assert run.code == 0, run.err
    found: dict[str, Any] = json.loads(run.text)["before"]
    return found


def seconds(found: dict[str, Any]) -> dict[int, float]:
    return {step["number"]: step["seconds"] for stage in found["stages"] for step in stage["steps"]}


def test_a_build_that_was_made(engine: Builder, here: Path, dfrefactor: Callable[..., Run]) -> None:
    def build(*options: str) -> str:
        subprocess.run(["docker", "buildx", "build", "--quiet", "--metadata-file=made", *options, "."], check=True, capture_output=True)
        return str(json.loads((here / "made").read_text())["buildx.build.ref"]).rpartition("/")[2]

    ref = build()
    found = measured(dfrefactor, f"--measured={ref}")
    took = seconds(found)
    assert took[2] >= 1 and took[3] >= 2 and took[6] >= 1 and None not in took.values()
    assert found["critical_path"]["seconds"] >= 3 and {3, 6} <= set(found["critical_path"]["steps"]) and 2 not in found["critical_path"]["steps"]
    log = subprocess.run(["docker", "buildx", "history", "logs", ref, "--progress=rawjson"], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    names = {v["name"] for line in log.splitlines() for v in json.loads(line).get("vertexes") or ()}
    assert {"[slow 2/3] WORKDIR /w", "[stage-1 2/2] RUN sleep 2", "[last 4/4] RUN sleep 1"} & names, "BuildKit names steps in another way"
    again = measured(dfrefactor, f"--measured={build()}")
    assert all(step["cached"] for stage in again["stages"] for step in stage["steps"])


def test_without_a_build_it_makes_one_and_leaves_nothing(engine: Builder, here: Path, dfrefactor: Callable[..., Run]) -> None:
    with no_leftovers(engine):
        took = seconds(measured(dfrefactor, "--measured"))
    assert took[2] >= 1 and took[3] >= 2 and took[6] >= 1


def test_a_build_of_another_file_is_told(engine: Builder, here: Path, dfrefactor: Callable[..., Run]) -> None:
    other = here / "other"
    other.mkdir()
    (other / "Dockerfile").write_text("FROM debian:bookworm\nRUN true\nRUN true\n")
    subprocess.run(["docker", "buildx", "build", "--quiet", "--metadata-file=made", "other"], check=True, capture_output=True)
    ref = str(json.loads((here / "made").read_text())["buildx.build.ref"]).rpartition("/")[2]
    run = dfrefactor("graph", f"--measured={ref}", "Dockerfile")
    assert run.code == 2 and "is that of another file" in run.err
    run = dfrefactor("graph", "--measured=nosuchbuild", "Dockerfile")
    assert run.code == 2 and "no record found" in run.err and run.err.count("\n") == 1
