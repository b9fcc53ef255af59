"""What the commits of a repository built again, as `graph --history` tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor.dockerfile.model import Document, parse
from dfrefactor.report.graph.history import Commit, replay

from tests.conftest import Run
from tests.history import AGAIN, COMMITS, git, repository

Program = Callable[..., Run]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = repository(tmp_path)
    monkeypatch.chdir(place)
    return place


def history(dfrefactor: Program, *options: str) -> dict[str, object]:
    run = dfrefactor("graph", *options, "--format", "json", "Dockerfile")
    assert run.code == 0, run.err
    found: dict[str, object] = json.loads(run.text)["history"]
    return found


def test_each_commit_builds_again_what_it_changed(here: Path, dfrefactor: Program) -> None:
    told = history(dfrefactor, "--history")
    assert told["commits"] == len(COMMITS) - 1 and told["of"] == 4 * (len(COMMITS) - 1)
    assert told["before"] == sum(AGAIN)
    assert told["changes"] == [{"line": 3, "commits": 1}, {"line": 9, "commits": 3}]


@pytest.mark.parametrize(("chosen", "commits"), [("3", AGAIN[-2:]), ("HEAD~4..HEAD", AGAIN[-3:])])
def test_a_range_or_a_number_of_commits(here: Path, dfrefactor: Program, chosen: str, commits: tuple[int, ...]) -> None:
    told = history(dfrefactor, f"--history={chosen}")
    assert told["commits"] == len(commits) and told["before"] == sum(commits)


def test_it_is_told_below_the_table(here: Path, dfrefactor: Program) -> None:
    shown = dfrefactor("graph", "--history", "Dockerfile").text
    assert f"Of 24 RUNs, 6 commits built {sum(AGAIN)}" in shown
    assert "3 commits changed what line 9 takes from the build context" in shown
    assert "history" not in dfrefactor("graph", "Dockerfile").text


def test_every_version_is_rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dfrefactor: Program) -> None:
    place = tmp_path / "x"
    place.mkdir()
    monkeypatch.chdir(place)
    git(place, "init", "-q")
    for number in range(4):
        (place / "Dockerfile").write_text(
            f"FROM debian\nARG TOOL_VERSION={number}\nRUN apt-get update && apt-get install -y curl\nRUN curl -o /t https://h/$TOOL_VERSION\n"
        )
        git(place, "add", "-A")
        git(place, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "version")
    told = history(dfrefactor, "--history")
    assert (told["before"], told["after"]) == (6, 3)


@pytest.mark.parametrize("chosen", ["no-such..range", "a b"])
def test_what_git_cannot_tell_is_one_line(here: Path, dfrefactor: Program, chosen: str) -> None:
    run = dfrefactor("graph", f"--history={chosen}", "Dockerfile")
    assert run.code == 2 and run.err.count("\n") == 1 and "history can't be read" in run.err


def test_without_a_repository_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dfrefactor: Program) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN x\n")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    run = dfrefactor("graph", "--history", "Dockerfile")
    assert run.code == 2 and "history can't be read" in run.err


TWICE = "FROM debian\nCOPY a /a\nRUN x\nFROM debian\nRUN y\n"


@pytest.mark.parametrize(
    ("text", "changed", "again"),
    [
        ("FROM a\nCOPY src /s\nRUN x\n", ("src/a.c",), 1),
        ("FROM a\nCOPY src /s\nRUN x\n", ("srcs/a.c",), 0),
        ("FROM a\nCOPY *.c /s/\nRUN x\n", ("a.c",), 1),
        ("FROM a\nCOPY *.c /s/\nRUN x\n", ("src/a.c",), 0),
        ("FROM a\nARG D=src\nCOPY $D /s\nRUN x\n", ("src/a.c",), 1),
        ("FROM a\nRUN x\nCOPY . /s\n", ("a",), 0),
        ("FROM a\nRUN --mount=type=bind,source=src,target=/s x\nRUN y\n", ("src/a",), 2),
        (TWICE, ("a",), 0),
        ("FROM a AS b\nCOPY a /a\nRUN x\nFROM b\nRUN y\n", ("a",), 2),
        ("FROM a AS b\nCOPY a /a\nRUN x\nFROM c\nCOPY --from=b /a /a\nRUN y\n", ("a",), 2),
        ("FROM a AS b\nCOPY a /a\nRUN x\nFROM c\nRUN --mount=type=bind,from=b,target=/b y\n", ("a",), 2),
    ],
)
def test_what_a_change_reaches(text: str, changed: tuple[str, ...], again: int) -> None:
    def made(given: str) -> Document:
        return parse(given.encode())

    assert replay([Commit((), text), Commit(changed, text)], made, made).before == again


def test_what_was_built_before_is_not_built_again() -> None:
    def made(given: str) -> Document:
        return parse(given.encode())

    old, new = "FROM a\nRUN x\n", "FROM a\nRUN y\n"
    assert replay([Commit((), old), Commit((), new), Commit((), old)], made, made).before == 1
