"""The article's files, built as its Compose files say, give the rows of its README; mended, they are cached."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from dfrefactor.compose.builds import compose_builds
from dfrefactor.compose.tree import read_yaml
from dfrefactor.passes import named
from dfrefactor.pipeline import refactor
from dfrefactor.settings import Settings

from tests.engine.conftest import engine_or_skip
from tests.shared import SHARED, needs_shared

pytestmark = [pytest.mark.engine, needs_shared]

Rows = dict[str, list[str]]
ARTICLE = SHARED / "article"
CACHED = {"stage1": ["cached"], "stage2": ["cached"] * 2, "final": ["cached"] * 3}


@pytest.fixture
def name() -> Iterator[str]:
    """An image name nobody has; its images are removed."""
    engine_or_skip("docker")
    repository = f"tmp/dfrefactor-{uuid.uuid4().hex[:12]}"
    yield repository
    listing = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository]
    images = subprocess.run(listing, capture_output=True, text=True).stdout.split()
    subprocess.run(["docker", "image", "rm", *images], capture_output=True)


def files(dockerfile: str, compose: str, name: str) -> tuple[bytes, bytes]:
    """A pair of the article's files, under another image name."""
    texts = ((ARTICLE / f"{dockerfile}.Dockerfile").read_text(), (ARTICLE / f"{compose}.compose.yml").read_text())
    first, second = (re.sub(r"tmp/multistage/0\d", name, text).encode() for text in texts)
    return first, second


def build(dockerfile: bytes, compose: bytes, folder: Path, rounds: int = 2) -> Rows:
    """What the last of some rounds runs: for each target, `cached` or `built` for each stage."""
    (folder / "Dockerfile").write_bytes(dockerfile)
    rows: Rows = {}
    for _ in range(rounds):
        for service in compose_builds(read_yaml(compose.decode())[0]):
            command = ["docker", "build", "--tag", service.images[0]]
            command += [f"--target={service.target.text}"] if service.target else []
            command += [f"--cache-from={item.text}" for item in service.cache_from.items] if service.cache_from else []
            env = {**os.environ, "DOCKER_BUILDKIT": "0"}
            done = subprocess.run([*command, "."], cwd=folder, env=env, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            rows[service.name] = verdicts(done.stdout)
    return rows


def verdicts(output: str) -> list[str]:
    stages = re.split(r"^Step \d+/\d+ : FROM .*\n", output, flags=re.MULTILINE)[1:]
    built = [re.search(r"^Step \d+/\d+ : .*\n(?! ---> Using cache)", stage, re.MULTILINE) for stage in stages]
    return ["built" if steps else "cached" for steps in built]


def test_the_first_guess_builds_two_stages_again(name: str, tmp_path: Path) -> None:
    assert build(*files("4.1", "4.1", name), tmp_path) == {
        "stage1": ["cached"],
        "stage2": ["built", "built"],
        "final": ["cached", "cached", "built"],
    }


def test_markers_mend_the_final_stage(name: str, tmp_path: Path) -> None:
    assert build(*files("4.2", "4.1", name), tmp_path)["final"] == ["cached"] * 3


def test_accurate_lists_mend_every_row(name: str, tmp_path: Path) -> None:
    assert build(*files("4.2", "4.3", name), tmp_path) == CACHED


def test_what_we_make_of_the_first_guess_is_cached_in_every_row(name: str, tmp_path: Path) -> None:
    dockerfile, compose = files("4.1", "4.1", name)
    marked = refactor(dockerfile, passes=(named("layer-markers"),), settings=Settings(builder="classic"))
    mended = refactor(compose, "compose.yml", read={"Dockerfile": marked.data}.get)
    assert marked.changed and mended.data != compose
    assert build(marked.data, mended.data, tmp_path) == CACHED


def test_mended_lists_stay_mended(name: str) -> None:
    dockerfile, compose = files("4.1", "4.1", name)
    mended = refactor(compose, "compose.yml", read={"Dockerfile": dockerfile}.get)
    assert refactor(mended.data, "compose.yml", read={"Dockerfile": dockerfile}.get).data == mended.data
