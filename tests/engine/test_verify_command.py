"""`dfrefactor verify` on the command line: its exit codes, and what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from dfrefactor.cli.verify import command
from dfrefactor.engine.build import Builder
from dfrefactor.engine.verify import verify

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("engine")]
OLD = "FROM debian:bookworm AS base\nRUN echo 1 >/a\nFROM base\nRUN echo 2 >/b\n"

# An archive that is made, unpacked and removed in one step; and brought by one layer for the next to remove, twice.
MAKE = "yes {0} | head -c 8M >/tmp/{0}.tgz"
USE = "head -c 9 /tmp/{0}.tgz >/opt/{0} && rm /tmp/{0}.tgz"
TOGETHER = "FROM debian:bookworm\n" + "".join(f"RUN {MAKE} && {USE}\n".format(name) for name in "ab")
APART = (
    "".join(f"FROM debian:bookworm AS {{0}}\nRUN {MAKE}\n".format(name) for name in "ab")
    + "FROM debian:bookworm\n"
    + "".join(f"COPY --from={{0}} /tmp/{{0}}.tgz /tmp/{{0}}.tgz\nRUN {USE}\n".format(name) for name in "ab")
)
LARGER = r"the new image is 16\.8 MB larger \([\d,.]+ -> [\d,.]+ MB\): more than 1 % and 64 kB"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").write_text(OLD)
    return tmp_path


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(command, words, input=given)


def test_equal_is_0_and_both_builds_stand_side_by_side(folder: Path) -> None:
    (folder / "new").write_text(OLD.replace("RUN echo 2", "RUN true && echo 2"))
    result = run("old", "new")
    assert result.exit_code == 0
    assert result.output.startswith("equal: ")
    for row in ("layers", "size", "build time", "critical path"):
        assert f"\n{row} " in result.output


def test_different_is_1(folder: Path) -> None:
    (folder / "new").write_text(OLD + "RUN chmod 600 /b\n")
    result = run("old", "new")
    assert result.exit_code == 1
    assert "  /b: mode: 0644 -> 0600\n" in result.output


def test_an_image_that_has_grown_is_1_and_a_smaller_one_0(folder: Path) -> None:
    (folder / "old").write_text(TOGETHER)
    (folder / "new").write_text(APART)
    result = run("old", "new")
    assert (result.exit_code, result.output.partition("\n")[0]) == (1, "equal, but the new image is too large (docker)")
    assert re.search(f"^{LARGER}$", result.output, re.MULTILINE)
    assert re.search(r"^size +[\d,.]+ MB +[\d,.]+ MB$", result.output, re.MULTILINE)
    assert run("old", "new", "--size-margin=1000").exit_code == 0
    assert run("old", "new", "--size-margin=-1").exit_code == 2
    result = run("new", "old", "--size-margin=0")
    assert (result.exit_code, result.output.partition(":")[0]) == (0, "equal")
    assert not re.search("larger|too large", result.output)


@pytest.mark.parametrize("name", ["engine", "classic", "buildah", "podman", "containerd"])
def test_every_engine_gives_the_same_sizes(request: pytest.FixtureRequest, name: str, folder: Path) -> None:
    builder: Builder = request.getfixturevalue(name)
    verdict = verify(TOGETHER.encode(), APART.encode(), folder, engine=builder)
    assert not verdict.differences
    base = verdict.old.image.layers[0].size
    sizes = [[layer.size for layer in side.image.layers if layer.size >> 10] for side in (verdict.old, verdict.new)]
    assert sizes == [[base], [base, 8 << 20, 8 << 20]]
    assert abs(verdict.growth.new - verdict.growth.old - (16 << 20)) < 1 << 10
    assert verdict.growth.excessive


def test_what_may_differ_is_said(folder: Path) -> None:
    (folder / "new").write_text(OLD + "RUN chmod 600 /b\nENV A=1\n")
    assert run("old", "new", "--allow", "/b").exit_code == 1
    assert run("old", "new", "--allow", "/b", "--allow", "ENV A").exit_code == 0


def test_only_the_target_is_compared(folder: Path) -> None:
    (folder / "new").write_text(OLD + "RUN chmod 600 /b\n")
    assert run("old", "new", "--target=base").exit_code == 0


def test_the_new_file_can_come_from_a_pipe(folder: Path) -> None:
    assert run("old", "-", given=OLD + "ENV A=1\n").exit_code == 1
    assert run("-", "-", given=OLD).exit_code == 2


def test_a_file_has_its_own_ignore_file(folder: Path) -> None:
    for name in ("seen", "unseen"):
        (folder / name).touch()
    for name in ("old", "new"):
        (folder / name).write_text("FROM debian:bookworm\nCOPY *seen /x/\n")
    assert run("old", "new").exit_code == 0
    (folder / "new.dockerignore").write_text("unseen\n")
    result = run("old", "new")
    assert (result.exit_code, "/x/unseen: only in old" in result.output) == (1, True)


def test_a_secret_in_the_new_image_is_1_and_never_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "very-secret-0123")
    (folder / "new").write_text(OLD.replace("FROM base", "FROM base\nARG TOKEN"))
    words = ("old", "new", "--build-arg=TOKEN", "--secret-value-from=TOKEN")
    result = run(*words)
    assert result.exit_code == 1
    assert "the new image holds a secret:\n  TOKEN: raw, history" in result.output
    assert "very-secret-0123" not in result.output
    assert run("old", "old", *words[2:]).exit_code == 0


@pytest.mark.parametrize("words", [
    ("old", "nowhere"), ("old", "old", "--secret-value-from=NOT_SET"), ("old", "old", "--engine=kaniko"), ("old",),
    ("old", "old", "--context=nowhere"), ("old", "old", "--target=nowhere"),
])  # fmt: skip
def test_what_can_not_be_done_is_2(folder: Path, words: tuple[str, ...]) -> None:
    assert folder
    result = run(*words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_twice_learns_noise(folder: Path, engine: Builder) -> None:
    assert engine
    (folder / "old").write_text("FROM debian:bookworm\nRUN date +%N >/stamp && mktemp -d -p /opt\n")
    (folder / "new").write_text("FROM debian:bookworm\nRUN date +%N >/stamp && mktemp -d -p /opt && true\n")
    assert run("old", "new").exit_code == 1
    result = run("old", "new", "--twice")
    assert result.exit_code == 0
    assert "  /opt/tmp.*\n" in result.output
    assert "  /stamp\n" in result.output
