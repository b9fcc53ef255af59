"""The program from the outside: exit codes, streams, and that files stay as they were."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor.cli import files
from dfrefactor.cli.main import SUBCOMMANDS

from tests.conftest import Run
from tests.shared import SHARED, needs_shared

Program = Callable[..., Run]

MIXED = b"FROM debian\n# dfrefactor: writes=/a\nRUN make a\n# dfrefactor: writes=/b\nRUN make b\n"
MENDED = (
    b"FROM debian AS a\n# dfrefactor: writes=/a\nRUN make a\n\nFROM debian AS b\n# dfrefactor: writes=/b\nRUN make b\n\n"
    b"FROM debian\nCOPY --from=a /a /a\nCOPY --from=b /b /b\n"
)
ALIKE = b"FROM debian AS a\nENV A=1\nRUN make\n\nFROM debian\nENV A=1\nCOPY --from=a /x /x\n"
MARKED = ALIKE.replace(b"A=1\nRUN", b"A=1 LAYER=a\nRUN").replace(b"A=1\nCOPY", b"A=1 LAYER=final\nCOPY")
CLEAN = b"FROM debian\nRUN make\n"
BROKEN = b"FROM debian\nFOO bar\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_diff_is_shown_and_nothing_written(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    run = dfrefactor()
    assert run.code == 0
    assert "+COPY --from=a /a /a\n" in run.text and run.text.startswith("Dockerfile:1:1: warning: parallel-stages: ")
    assert run.err == "1 file would change, 1 warning; --apply writes it\n"
    assert (here / "Dockerfile").read_bytes() == MIXED


def test_apply_writes_and_a_second_run_finds_nothing(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    run = dfrefactor("--apply")
    assert run.code == 0 and run.err == "1 file changed\n"
    assert run.text.startswith("Dockerfile:1:1: fixed: parallel-stages: ")
    assert (here / "Dockerfile").read_bytes() == MENDED
    assert dfrefactor("--apply") == Run(0, b"", "1 file unchanged\n")


@pytest.mark.parametrize(("data", "code"), [(MIXED, 1), (CLEAN, 0), (MENDED, 0), (BROKEN, 4), (b"", 4), (b"\xff\0", 4)])
def test_check_tells_by_its_exit_code(here: Path, dfrefactor: Program, data: bytes, code: int) -> None:
    (here / "Dockerfile").write_bytes(data)
    assert dfrefactor("--check", "Dockerfile").code == code
    assert (here / "Dockerfile").read_bytes() == data


def test_a_bad_file_never_stops_the_others(here: Path, dfrefactor: Program) -> None:
    for name, data in [("a", BROKEN), ("b", MIXED), ("c", CLEAN)]:
        (here / f"{name}.Dockerfile").write_bytes(data)
    run = dfrefactor("--apply", "nowhere", ".")
    assert run.code == 4
    assert "nowhere: no such file or directory\n" in run.err
    assert "a.Dockerfile:2:1: unknown instruction" in run.err
    assert (here / "a.Dockerfile").read_bytes() == BROKEN
    assert (here / "b.Dockerfile").read_bytes() == MENDED
    assert (here / "c.Dockerfile").read_bytes() == CLEAN


def test_no_dockerfile_found(here: Path, dfrefactor: Program) -> None:
    (here / "notes.md").touch()
    assert dfrefactor() == Run(3, b"", "dfrefactor: no Dockerfile found in .\n")
    (here / "Dockerfile").write_bytes(MIXED)
    assert dfrefactor("--exclude", "Docker*").code == 3


def test_a_file_that_is_not_there(here: Path, dfrefactor: Program) -> None:
    assert dfrefactor("Dockerfile") == Run(2, b"", "Dockerfile: no such file or directory\n")
    assert dfrefactor(here / "a\nb").err.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    (here / "Dockerfile").chmod(0)
    assert dfrefactor("Dockerfile") == Run(2, b"", "Dockerfile: permission denied\n1 file could not be handled\n")


def test_a_folder_where_a_file_could_not_be_read(
    here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "Dockerfile").write_bytes(MIXED)

    def refuse(_path: str) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "_content", refuse)
    run = dfrefactor("--no-config", "Dockerfile")
    assert run.code == 2 and run.err.startswith("Dockerfile: permission denied\n")


@pytest.mark.parametrize("stdin", [CLEAN, MENDED, MIXED, CLEAN.rstrip(), b"# c\r\nFROM debian\r\nRUN \xff\xfe\r\n"])
def test_the_filter_gives_the_whole_file_back(here: Path, dfrefactor: Program, stdin: bytes) -> None:
    run = dfrefactor("-", "--stdin-filename", "Dockerfile", stdin=stdin)
    assert run.code == 0
    assert run.out == (MENDED if stdin == MIXED else stdin)
    assert not os.listdir(here)


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [(["-"], BROKEN, 4), (["-"], b"", 4), (["-", "--nope"], CLEAN, 2), (["-", "Dockerfile"], CLEAN, 2),
     (["-", "--config", "nowhere.toml"], CLEAN, 2), (["-", "--select", "nope"], CLEAN, 2)],
)  # fmt: skip
def test_the_filter_writes_nothing_when_it_fails(
    dfrefactor: Program, words: list[str], stdin: bytes, code: int
) -> None:
    run = dfrefactor(*words, stdin=stdin)
    assert (run.code, run.out) == (code, b"")
    assert run.err.count("\n") == 1 and run.err.endswith("\n")


def test_the_filter_says_on_stderr_what_it_did(dfrefactor: Program) -> None:
    assert dfrefactor("-", stdin=MIXED).err.startswith("Dockerfile:1:1: fixed: parallel-stages: ")
    assert dfrefactor("-", "--quiet", stdin=MIXED) == Run(0, MENDED, "")
    assert dfrefactor("-", "--check", stdin=MIXED).code == 1
    assert dfrefactor("-", "--apply", stdin=MIXED).out == MENDED
    assert dfrefactor("-", "--stdin-filename", "x/odd.Dockerfile", stdin=BROKEN).err.startswith(
        "x/odd.Dockerfile:2:1: "
    )


def test_the_filter_takes_a_compose_file_by_its_name(dfrefactor: Program) -> None:
    text = b"services:\n  app:\n    build: .\n"
    assert dfrefactor("-", "--stdin-filename", "compose.yml", stdin=text) == Run(0, text, "")
    assert dfrefactor("-", "--stdin-filename", "compose.yml", stdin=b"a: [").code == 4


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "words",
    [["--nope"], ["--apply", "--check"], ["--select", "nope"], ["--ignore", "layer-markers,nope"], ["--format", "xml"],
     ["--strategy", "x"], ["--builder", "buildah"], ["--verify"], ["--stdin-filename", "x", "."], ["--config", "a", "--no-config"],
     ["verify"], ["cache"], ["graph", "--nope"], ["explain", "--nope"], ["observe"]],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_exit_2(dfrefactor: Program, words: list[str]) -> None:
    run = dfrefactor(*words)
    assert run.code == 2 and run.out == b""
    assert run.err.startswith("dfrefactor") and run.err.count("\n") == 1


def test_select_and_ignore(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    assert dfrefactor("--check", "--ignore", "parallel-stages").code == 0
    assert dfrefactor("--check", "--select", "parallel-stages, cache-from").code == 1
    assert dfrefactor("--check", "--select", "cache-from").code == 0
    assert dfrefactor("--check", "--select", "parallel-stages", "--ignore", "parallel-stages").code == 0


@pytest.mark.parametrize("words", [("--select", "layer-markers"), ("--builder", "classic"), ("--select=layer-markers,cache-from",)])
def test_stages_are_marked_for_whom_asks(here: Path, dfrefactor: Program, words: tuple[str, ...]) -> None:
    (here / "Dockerfile").write_bytes(ALIKE)
    assert dfrefactor("--check") == Run(0, b"", "1 file unchanged\n")
    advice = dfrefactor("--check", "--advice")
    assert advice.code == 0 and advice.text.startswith("Dockerfile:1:1: advice: layer-markers: ")
    assert dfrefactor(*words, "-", stdin=ALIKE).out == MARKED
    assert dfrefactor(*words, "--builder", "buildkit", "-", stdin=ALIKE).out == (ALIKE if words[0] == "--builder" else MARKED)
    assert dfrefactor(*words, "--apply").code == 0
    assert (here / "Dockerfile").read_bytes() == MARKED
    assert dfrefactor(*words, "--check").code == 0


COMPOSE = """\
services:
  a:
    image: example/app:a
    build: {context: ., target: a, cache_from: [example/app:a]}
  app:
    image: example/app
    build:
      context: .
      cache_from: [debian, example/app:a, docker.io/example/app:latest]
"""


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        pytest.param("", "", True, id="as it is"),
        pytest.param("cache_from: [debian, example/app:a, ", "cache_from: [debian, ", False, id="no list has two images"),
        pytest.param("target: a, ", "dockerfile: other, target: a, ", False, id="of another file"),
        pytest.param("target: a, ", "target: a, args: [BUILDKIT_INLINE_CACHE=1], ", False, id="an inline cache"),
        pytest.param("      context: .", "      context: .\n      secrets: [x]", False, id="a secret"),
        pytest.param("target: a, ", "target: A, ", True, id="stages are compared whatever the case"),
        pytest.param("context: ., target", "context: sub, target", False, id="in another folder"),
        pytest.param("services:", "services: [", False, id="cannot be read"),
    ],
)  # fmt: skip
def test_a_compose_file_beside_asks_for_markers(here: Path, dfrefactor: Program, old: str, new: str, marked: bool) -> None:
    (here / "compose.ci.yml").write_text(COMPOSE.replace(old, new))
    (here / "Dockerfile").write_bytes(ALIKE)
    assert dfrefactor("--apply", "Dockerfile").code == 0
    assert (here / "Dockerfile").read_bytes() == (MARKED if marked else ALIKE)
    assert dfrefactor("-", stdin=ALIKE).out == (MARKED if marked else ALIKE)
    assert dfrefactor("-", "--stdin-filename", "x/Dockerfile", stdin=ALIKE).out == ALIKE


@needs_shared
def test_the_article_is_marked_where_its_compose_file_is(here: Path, dfrefactor: Program) -> None:
    first, second = ((SHARED / "article" / f"4.{number}.Dockerfile").read_bytes() for number in (1, 2))
    assert dfrefactor("--select", "layer-markers", "-", stdin=first).out == second
    assert dfrefactor("-", stdin=first).out == first
    (here / "docker-compose.yml").write_bytes((SHARED / "article" / "4.1.compose.yml").read_bytes())
    assert dfrefactor("-", stdin=first).out == second


def test_ignore_comments_and_skipped_files(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(b"# dfrefactor: skip-file\n" + MIXED)
    assert dfrefactor("--check").code == 0


@pytest.mark.parametrize("broken", [b"RUNN a\n", b"FROM a\nRUN <<E\n", b"{{ template }}\nFROM a\n# dfrefactor: ignored=x\n"])
def test_a_skipped_file_may_have_errors(here: Path, dfrefactor: Program, broken: bytes) -> None:
    (here / "Dockerfile").write_bytes(broken)
    assert dfrefactor().code == 4
    (here / "Dockerfile").write_bytes(b"# dfrefactor: skip-file\n" + broken)
    for words in ((), ("--check",), ("--check", "--quiet"), ("--apply",)):
        run = dfrefactor(*words)
        assert run.code == 0 and "Dockerfile:" not in run.text + run.err
    assert (here / "Dockerfile").read_bytes() == b"# dfrefactor: skip-file\n" + broken


def test_version_and_help(dfrefactor: Program) -> None:
    assert dfrefactor("--version").text.startswith("dfrefactor 0.")
    for words in (["--help"], ["-h"], *([name, "--help"] for name in SUBCOMMANDS)):
        run = dfrefactor(*words)
        assert run.code == 0 and run.err == "" and "Usage: dfrefactor" in run.text


def test_a_subcommand_wins_over_a_file_of_its_name(here: Path, dfrefactor: Program) -> None:
    (here / "cache").write_bytes(MIXED)
    assert dfrefactor("cache").code == 2
    assert dfrefactor("--check", "./cache").code == 1


def test_quiet_shows_changes_and_errors_only(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    run = dfrefactor("--quiet")
    assert run.text.startswith("--- Dockerfile") and run.err == ""
    assert dfrefactor("--quiet", "--check") == Run(1, b"", "")


def test_an_error_of_ours_is_one_line_and_the_others_go_on(
    here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    (here / "a.Dockerfile").write_bytes(CLEAN)
    from dfrefactor import pipeline

    real = pipeline.refactor

    def buggy(data: bytes, *rest: object) -> object:
        if data == CLEAN:
            raise RuntimeError("hunter2")
        return real(data, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "refactor", buggy)
    run = dfrefactor("--apply")
    assert run.code == 2 and "hunter2" not in run.err
    assert "a.Dockerfile: this is a bug of dfrefactor, please report it: RuntimeError in test_cli.py" in run.err
    assert (here / "Dockerfile").read_bytes() == MENDED


@pytest.mark.parametrize("terminal", [False, True])
def test_colours_only_on_a_terminal_without_no_color(
    here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    monkeypatch.setenv("TERM", "xterm")
    assert ("\x1b[" in dfrefactor(terminal=terminal).text) is terminal
    real = dfrefactor

    def with_no_color() -> Run:
        os.environ["NO_COLOR"] = "1"
        try:
            return real(terminal=terminal)
        finally:
            del os.environ["NO_COLOR"]

    assert "\x1b[" not in with_no_color().text


def program(*words: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "dfrefactor.cli.main", *words], capture_output=True, check=False, **more)  # type: ignore[call-overload,no-any-return]


def test_a_closed_pipe_is_no_traceback(here: Path) -> None:
    (here / "Dockerfile").write_bytes(MIXED * 1)
    run = subprocess.run(
        f"'{sys.executable}' -m dfrefactor.cli.main | true; '{sys.executable}' -m dfrefactor.cli.main >&-; "
        f"'{sys.executable}' -m dfrefactor.cli.main > /dev/full",
        shell=True,
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in run.stderr and b"Exception ignored" not in run.stderr
    assert run.returncode == 2 and b"no space left on device" in run.stderr


def test_an_odd_terminal_encoding(here: Path) -> None:
    (here / "Dockerfile").write_bytes(MIXED.replace(b"RUN make b", "RUN make b # ✓\x07".encode()))
    run = program(env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert run.returncode == 0 and b"+COPY --from=a /a /a" in run.stdout


def test_nothing_is_loaded_that_the_file_does_not_need(here: Path) -> None:
    (here / "Dockerfile").write_bytes(CLEAN)
    script = (
        "import sys; from dfrefactor.cli.main import main; code = main(['--check', 'Dockerfile']); "
        "print(code, *(name for name in ('rich', 'ruamel', 'difflib', 'tomllib', 'pathspec', 'dockerfile_parse', "
        "'detect_secrets', 'importlib.metadata', 'subprocess', 'asyncio') if name in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert run.stdout == "0\n"


def test_a_bar_shows_that_many_files_take_long_and_leaves_no_trace(
    here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dfrefactor.cli import many

    monkeypatch.setattr(many, "_PATIENCE", 0.0)
    monkeypatch.setattr(many, "_EVERY", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    for number in range(25):
        (here / f"{number:02}.Dockerfile").write_bytes(BROKEN if number == 20 else CLEAN)
    shown = dfrefactor("--check", terminal=True).err
    assert "23/25 files" in shown
    assert "\r\x1b[K20.Dockerfile:2:1: unknown instruction" in shown
    assert shown.rpartition("\r\x1b[K")[2] == "24 files unchanged, 1 file could not be handled\n"
    assert "\x1b[K" not in dfrefactor("--check").err
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[K" not in dfrefactor("--check", terminal=True).err


def test_many_files_on_every_core_come_out_in_order_and_like_one_by_one(
    here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dfrefactor.cli import many

    for number in range(12):
        (here / f"{number:02}.Dockerfile").write_bytes((MIXED, CLEAN, BROKEN)[number % 3])
    (here / "bad").mkdir()
    (here / "bad" / "Dockerfile").write_bytes(MIXED)
    (here / "bad" / "dfrefactor.toml").write_text("nope = 1")
    one_by_one = dfrefactor()
    monkeypatch.setattr(many, "_ENOUGH", 2)
    assert dfrefactor() == one_by_one and one_by_one.code == 4
    assert dfrefactor("--apply").code == 4
    assert (here / "00.Dockerfile").read_bytes() == MENDED and (here / "02.Dockerfile").read_bytes() == BROKEN


@pytest.mark.parametrize(("context", "stage", "runs"), [("sources", "builder", 1), ("builder", "srv-data", 2)])
def test_no_stage_gets_the_name_of_a_context(
    here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch, context: str, stage: str, runs: int
) -> None:
    from dfrefactor import pipeline

    done: list[object] = []
    refactor = pipeline.refactor
    monkeypatch.setattr(pipeline, "refactor", lambda *args: (done.append(args), refactor(*args))[1])
    text = "FROM debian\nARG T\nRUN curl -u u:$T -o /srv/data https://example.com/data\nRUN mkdir /x\n"
    (here / "Dockerfile").write_text(text)
    (here / "compose.yaml").write_text(f"services:\n  a:\n    build:\n      additional_contexts:\n        - {context}=./x\n")
    assert dfrefactor("--apply", "Dockerfile").code == 0
    assert f"COPY --from={stage} " in (here / "Dockerfile").read_text()
    assert len(done) == runs
