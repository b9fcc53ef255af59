"""`observe` proposes hints that are true, and says what it left out and where it can't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from dfrefactor.engine.build import Builder
from dfrefactor.engine.observe import Observation, observe
from dfrefactor.engine.process import EngineError

from tests.engine.conftest import BuildAndCompare, no_leftovers

pytestmark = pytest.mark.engine
Look = Callable[..., Observation]
# Nobody can tell by reading what a script in another language does.
HIDDEN = "RUN perl -e 'exit system(q({})) >> 8'"


@pytest.fixture
def seen(engine: Builder, tmp_path: Path) -> Look:
    def look(*lines: str) -> Observation:
        with no_leftovers(engine):
            return observe("\n".join(lines).encode() + b"\n", tmp_path, engine=engine)

    return look


def reasons(observation: Observation) -> list[str]:
    return [one.reason for one in observation.proposals]


def hints(observation: Observation) -> list[str]:
    return [line for line in observation.data.decode().splitlines() if line.startswith("# dfrefactor:")]


def test_what_a_step_leaves_is_its_hint(seen: Look) -> None:
    found = seen("FROM debian:bookworm", "# mine", HIDDEN.format("mkdir -p /a/b && echo 1 >/a/b/c"), "USER 7")
    assert found.data.decode().splitlines()[1:4] == [
        "# mine", "# dfrefactor: writes=/a", HIDDEN.format("mkdir -p /a/b && echo 1 >/a/b/c")]  # fmt: skip


def test_files_in_folders_that_were_there_are_named_one_by_one(seen: Look) -> None:
    found = seen("FROM debian:bookworm", HIDDEN.format("echo 1 >/usr/local/bin/x; echo 2 >/opt/y"))
    assert hints(found) == ["# dfrefactor: writes=/opt/y,/usr/local/bin/x"]


def test_reads_are_what_was_looked_at_of_what_earlier_steps_left(seen: Look) -> None:
    found = seen(
        "FROM debian:bookworm",
        HIDDEN.format("mkdir /a && echo 1 >/a/1"),
        HIDDEN.format("mkdir /b && echo 2 >/b/2"),
        HIDDEN.format("mkdir /c && cp /a/1 /c"),
        "WORKDIR /b",
        HIDDEN.format("mkdir /d && cat 2 >/d/2"),
    )
    assert hints(found) == [
        "# dfrefactor: writes=/a",
        "# dfrefactor: writes=/b",
        "# dfrefactor: writes=/c reads=/a/1",
        "# dfrefactor: writes=/d reads=/b/2",
    ]


def test_a_path_in_a_variable_is_read(seen: Look) -> None:
    found = seen("FROM debian:bookworm", HIDDEN.format("mkdir /a"), "ENV A=/a", HIDDEN.format("mkdir /b && ls $A >/b/1"))
    assert hints(found)[-1] == "# dfrefactor: writes=/b reads=/a"


def test_what_was_installed_before_is_read_by_who_runs_it(seen: Look) -> None:
    found = seen(
        "FROM debian:bookworm", "RUN echo >/usr/local/bin/x && chmod +x /usr/local/bin/x", HIDDEN.format("mkdir /b"),
        HIDDEN.format("x; mkdir /c"),
    )  # fmt: skip
    assert hints(found)[-2:] == ["# dfrefactor: writes=/b", "# dfrefactor: writes=/c reads=/usr/local/bin/x"]


def test_temporary_files_are_left_out_and_named(seen: Look) -> None:
    found = seen(
        "FROM debian:bookworm", HIDDEN.format("mkdir -p /a /root/.cache/pip && echo 1 >/tmp/x && touch /root/.cache/pip/y")
    )
    assert hints(found) == ["# dfrefactor: writes=/a"]
    assert found.proposals[0].left_out == ("/root/.cache", "/tmp/x")


@pytest.mark.parametrize(("step", "reason"), [
    ("rm /etc/motd", "removes /etc/motd"),
    ("mkdir /a && echo 1 >>/etc/motd", "changes /etc/motd, which was there before"),
    ("chmod 700 /opt", "changes /opt, which was there before"),
    ("mkdir /a && useradd me", "users"),
    ("mkdir /a && ldconfig", "the linker"),
    ("mkdir /a && echo /a >/etc/ld.so.conf.d/a.conf && ldconfig", "shared with other steps"),
    ("ln -s /etc /a", "/a is a symlink"),
    ("mkdir -m 700 /a", "/a is 0700 0:0"),
    ("mkdir /a && chown 7 /a", "/a is 0755 7:0"),
    ('mkdir "/a b"', "a hint can"),
    ("mkdir /a /b && echo 1 >/a/1 && ln /a/1 /b/1", "hard links"),
    ("true", "it leaves nothing"),
    ("for i in 1 2 3 4 5 6 7 8 9 0 a b c d; do mkdir /$i; done", "14 things"),
])  # fmt: skip
def test_no_hint_that_would_lie(seen: Look, step: str, reason: str) -> None:
    found = seen("FROM debian:bookworm", HIDDEN.format(step))
    assert hints(found) == []
    assert len(found.proposals) == 1
    assert reason in found.proposals[0].reason


def test_known_steps_and_hinted_ones_are_not_built(seen: Look) -> None:
    text = ("FROM nowhere.invalid/x", "RUN mkdir /a", "# dfrefactor: writes=/b", HIDDEN.format("mkdir /b"))
    assert seen(*text).proposals == ()


def test_every_stage_is_seen(seen: Look) -> None:
    found = seen(
        "FROM debian:bookworm AS one", HIDDEN.format("mkdir /a"),
        "FROM one AS two", HIDDEN.format("mkdir /b"),
        "FROM debian:bookworm", "ARG X=1", "ENV Y=2", "COPY --from=two /b /b", HIDDEN.format("mkdir /c"), "CMD x",
    )  # fmt: skip
    assert hints(found) == [f"# dfrefactor: writes=/{name}" for name in "abc"]


def test_line_ends_and_indentation_are_kept(engine: Builder, tmp_path: Path) -> None:
    data = b"FROM debian:bookworm\r\n  RUN perl -e 'mkdir q(/a)'\r\n"
    found = observe(data, tmp_path, engine=engine)
    assert found.data == b"FROM debian:bookworm\r\n  # dfrefactor: writes=/a\r\n  RUN perl -e 'mkdir q(/a)'\r\n"


def test_triggers_between_stages_are_an_error(seen: Look) -> None:
    with pytest.raises(EngineError, match="ONBUILD"):
        seen("FROM debian:bookworm AS a", "ONBUILD RUN true", "FROM a", HIDDEN.format("mkdir /a"))


def test_a_second_look_proposes_nothing(seen: Look) -> None:
    first = seen("FROM debian:bookworm", HIDDEN.format("mkdir /a"))
    assert seen(*first.data.decode().splitlines()).proposals == ()


@pytest.mark.parametrize("name", ["classic", "buildah"])
def test_other_engines(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> None:
    first, second = HIDDEN.format("mkdir /a"), HIDDEN.format("mkdir /c")
    text = f"FROM debian:bookworm AS a\nENV A=1\n{first}\nFROM a\nCOPY --from=a /a /b\n{second}\n"
    found = observe(text.encode(), tmp_path, engine=request.getfixturevalue(name))
    assert hints(found) == ["# dfrefactor: writes=/a", "# dfrefactor: writes=/c"]


def test_the_command_shows_a_diff_and_writes_it(tmp_path: Path, engine: Builder) -> None:
    from dfrefactor.cli.observe import command

    file = tmp_path / "Dockerfile"
    file.write_text(f"FROM debian:bookworm\n{HIDDEN.format('mkdir /a; echo 1 >/tmp/x')}\n")
    shown = CliRunner().invoke(command, [str(file), f"--engine={engine.name}"])
    assert shown.exit_code == 0
    assert "+# dfrefactor: writes=/a" in shown.output
    assert "left out as temporary or noise: /tmp/x" in shown.output
    assert "dfrefactor:" not in file.read_text()
    assert CliRunner().invoke(command, [str(file), "--apply"]).exit_code == 0
    assert file.read_text().splitlines()[1] == "# dfrefactor: writes=/a"


def test_what_is_proposed_can_be_acted_on(engine: Builder, tmp_path: Path, build_and_compare: BuildAndCompare) -> None:
    from dfrefactor import Settings, refactor

    steps = [HIDDEN.format(f"mkdir -p /{n}/x && echo {n} >/{n}/x/f && chmod 600 /{n}/x/f") for n in "abc"]
    seen = observe("\n".join(["FROM debian:bookworm", *steps, ""]).encode(), tmp_path, engine=engine)
    result = refactor(seen.data, settings=Settings(parallel="all"))
    assert result.data.count(b"FROM debian") > 1
    assert build_and_compare(seen.data, result.data).equal
