"""The repositories' own build commands, before and after: each builds with what it was given before, and with nothing else."""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dfrefactor.engine.build import Builder

from tests.conftest import Run
from tests.repositories import REPOSITORIES, Repository, Runner

pytestmark = pytest.mark.engine


@pytest.fixture
def folder(engine: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of a name that Compose gives to its images; they go afterwards."""
    found = tmp_path / f"r{uuid.uuid4().hex[:12]}"
    found.mkdir()
    monkeypatch.chdir(found)
    yield found
    built = [*images(found), "example/app"]  # the latter is what the repositories' own files call theirs
    subprocess.run(["docker", "image", "rm", "-f", *built], capture_output=True, check=True)


def images(folder: Path) -> list[str]:
    words = ["docker", "image", "ls", "--format", "{{.Repository}}", "--filter", f"reference={folder.name}*"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


def history(folder: Path) -> str:
    """What the images that Compose made say of themselves; one of them is labelled on purpose."""
    words = ["docker", "image", "history", "--no-trunc", "--format", "{{.CreatedBy}}"]
    ours = (each for each in images(folder) if "label" not in each)
    return "".join(subprocess.run([*words, each], capture_output=True, text=True, check=True).stdout for each in ours)


def fresh(folder: Path) -> None:
    """Dockerfiles of which nothing is in a cache."""
    for path in folder.rglob("*Dockerfile"):
        text = re.sub(rb"(FROM debian:12\r?\n)(?:RUN echo [0-9a-f]+ > /fresh\n)?", rb"\1RUN echo %b > /fresh\n", path.read_bytes())
        path.write_bytes(text.replace(b"%b", uuid.uuid4().hex.encode()))


@pytest.mark.parametrize("repository", REPOSITORIES.values(), ids=REPOSITORIES.keys())
def test_its_own_commands_build_it_as_before(
    folder: Path, dfrefactor: Callable[..., Run], repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write(folder)
    for name in repository.given:
        monkeypatch.delenv(name, raising=False)
    given = {name: f"canary-{number}" for number, name in enumerate(repository.given)}

    def build(given: dict[str, str]) -> str:
        """What went wrong, "" for nothing."""
        fresh(folder)
        failed = (Runner(folder, given).run(command) for command in repository.commands)
        return next((each.stderr for each in failed if each is not None), "")

    assert build(given) == ""
    argument = "compose" in repository.commands and any("ARG" in text for text in repository.files.values())
    assert bool(re.search(r"canary-\d", history(folder))) == argument
    run = dfrefactor("--strategy", "mount", "--apply", ".")
    assert run.code == 0, run.err
    assert build(given) == ""
    assert not re.search(r"canary-\d", history(folder))
    for name in (".env", ".npmrc", "app/.npmrc"):
        (folder / name).unlink(missing_ok=True)
    assert re.search("npm", build({}), re.IGNORECASE), "it builds without the secret too"
