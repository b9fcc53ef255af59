"""The first minute: options, help, messages, what a wrong word is answered with, and what a shell completes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor.cli import SUBCOMMANDS

from tests.conftest import Run
from tests.test_cli import MIXED

Program = Callable[..., Run]
LEAK = b"FROM debian\nARG NPM_TOKEN\nRUN npm config set //registry.npmjs.org/:_authToken=$NPM_TOKEN && npm ci\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_bytes(MIXED)
    return tmp_path


def heads(lines: list[str]) -> list[str]:
    return [line for line in lines if line.endswith(":") and line[0] != " "]


def test_help_fits_a_screen_and_says_where_the_rest_is(dfrefactor: Program) -> None:
    lines = dfrefactor("--help").text.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    assert heads(lines) == ["Options, of many:", "Examples:"] and "`dfrefactor help`" in "\n".join(lines[-2:])
    assert all(name in "\n".join(lines[-3:]) for name in SUBCOMMANDS)


def test_the_whole_help_has_groups_examples_and_subcommands(dfrefactor: Program) -> None:
    lines = dfrefactor("help").text.splitlines()
    assert len(lines) <= 72 and max(map(len, lines)) <= 80
    assert heads(lines)[1:] == ["Passes:", "Report:", "Files and settings:", "Subcommands:", "Examples:"]


def test_the_manual_page_is_one_and_has_every_option(dfrefactor: Program) -> None:
    from dfrefactor.cli.rewrite import command

    page = dfrefactor("help", "--man").text
    assert page.startswith(".TH DFREFACTOR 1 ") and not re.search(r"^['.](?!TH|SH|SS|TP|PP|br|nf|fi)", page, re.MULTILINE)
    options = {option for each in command.params for option in each.opts if option.startswith("--")}
    assert {each for each in options if each.replace("-", r"\-") not in page} == set()
    assert all(f'.SS "dfrefactor {name}"' in page for name in SUBCOMMANDS)
    if man := shutil.which("groff") or shutil.which("man"):
        words = [man, "-man", "-Tutf8", "-ww", "-z"] if man.endswith("groff") else [man, "--warnings", "-l", "-"]
        run = subprocess.run(words, input=page, capture_output=True, text=True, check=True)
        assert not run.stderr, run.stderr


def test_every_option_of_ours_is_in_a_group(dfrefactor: Program) -> None:
    from dfrefactor.cli.rewrite import command

    grouped = {name for names in command.groups.values() for name in names}  # type: ignore[attr-defined]
    assert {each.name for each in command.params} - grouped == {"paths"}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["verfy"], "did you mean `dfrefactor verify`?"),
        (["explian"], "did you mean `dfrefactor explain`?"),
        (["--select", "paralel-stages"], "did you mean `parallel-stages`?"),
        (["explain", "layer-marker"], "did you mean `layer-markers`?"),
        (["--aply"], "--apply"),
        (["--target", "x"], "--target goes with --apply --verify"),
        (["--apply", "--build-arg", "A=1"], "--build-arg goes with --apply --verify"),
        (["--check", "--size-margin", "2"], "--size-margin goes with --apply --verify"),
        (["--statistics", "--format", "sarif"], "--statistics goes with"),
    ],
)
def test_a_wrong_word_is_told_what_was_meant(dfrefactor: Program, words: list[str], said: str) -> None:
    run = dfrefactor(*words)
    assert run.code == 2 and said in run.err and run.err.count("\n") == 1 and not run.out


@pytest.mark.parametrize(
    ("comment", "errors"),
    [
        ("ignore=parallel-stages", []),
        ("ignore=parallel-stages -- because I say so", []),
        ("ignore=parallel-stages --", []),
        ("ignore", []),
        ("ignore=all -- all of it", []),
        ("ignore=parallel-stages because I say so", ["`because` is none of"]),
        ("ignore=paralel-stages", ["did you mean `parallel-stages`?"]),
        ("ignor=parallel-stages", ["did you mean `ignore`?"]),
        ("ignore=", ["needs a value"]),
    ],
)
def test_an_ignore_comment_has_its_reason_behind_dashes(
    here: Path, dfrefactor: Program, comment: str, errors: list[str]
) -> None:  # fmt: skip
    marked = MIXED.replace(b"# dfrefactor: writes=/a\n", f"# dfrefactor: writes=/a\n# dfrefactor: {comment}\n".encode())
    (here / "Dockerfile").write_bytes(marked)
    run = dfrefactor("--check")
    said = [line for line in run.err.splitlines() if line.startswith("Dockerfile:")]
    assert len(said) == len(errors) and all(error in line for error, line in zip(errors, said, strict=True))
    assert run.code == (4 if errors else 0)


def test_an_ignore_of_a_compose_file_may_name_all(here: Path, dfrefactor: Program) -> None:
    from tests.test_cli import COMPOSE

    (here / "Dockerfile").write_text("FROM debian AS a\nRUN x\nFROM debian\nRUN y\nCOPY --from=a /x /x\n")
    text = COMPOSE.replace("cache_from: [debian, example/app:a, ", "cache_from: [debian, ")
    for comment, code in (("", 1), ("ignore", 0), ("ignore=all -- why", 0), ("ignore=cache-from -- why", 0)):
        marked = text.replace("      cache_from: [deb", f"      # dfrefactor: {comment}\n      cache_from: [deb")
        assert dfrefactor("-", "--check", "--stdin-filename", "compose.yml", stdin=marked.encode()).code == code, comment


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("color", "terminal", "environment", "coloured"),
    [
        ("auto", True, {}, True), ("auto", False, {}, False), ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", False, {"FORCE_COLOR": "1"}, True), ("always", False, {"NO_COLOR": "1"}, True), ("never", True, {}, False),
        ("auto", True, {"TERM": "dumb"}, False),
    ],
)  # fmt: skip
def test_colours_are_there_when_they_are_asked_for(
    dfrefactor: Program, monkeypatch: pytest.MonkeyPatch, color: str, terminal: bool, environment: dict[str, str], coloured: bool
) -> None:  # fmt: skip
    for name, value in ({"TERM": "xterm"} | environment).items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in dfrefactor("--color", color, terminal=terminal).text) is coloured
    assert ("\x1b[" in dfrefactor("graph", "--color", color, terminal=terminal).text) is coloured
    assert ("\x1b[" in dfrefactor("explain", "--footprint", "Dockerfile", "--color", color, terminal=terminal).text) is coloured


def test_the_summary_counts_by_severity_and_statistics_by_pass(here: Path, dfrefactor: Program) -> None:
    (here / "two.Dockerfile").write_bytes(LEAK)
    run = dfrefactor()
    assert run.err == "1 file would change, 1 file unchanged, 1 error, 1 warning; --apply writes it\n"
    counted = dfrefactor("--statistics").text.splitlines()
    assert counted[0].startswith("1  warning  parallel-stages    [*] Build steps")
    assert counted[1].startswith("1  error    purge-credentials  [ ] Move what")
    import json

    rows = json.loads(dfrefactor("--statistics", "--format", "json").text)
    assert rows[0] == {"rule": "parallel-stages", "severity": "warning", "mended": True, "count": 1}
    assert dfrefactor("--check", "--statistics").code == 1


def test_a_pipe_is_read_where_somebody_writes_to_it(here: Path, dfrefactor: Program) -> None:
    os.mkfifo("x.Dockerfile")
    assert dfrefactor("x.Dockerfile").err.startswith("x.Dockerfile: is a pipe that nobody writes to\n")
    script = f"'{sys.executable}' -m dfrefactor.cli.main --check <(sleep 0.2; cat Dockerfile)"
    assert subprocess.run(["bash", "-c", script], capture_output=True, check=False).returncode == 1


def test_a_folder_that_is_read_only_is_named(here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    assert "Dockerfile: its folder is not writable" in dfrefactor("--apply").err
    assert (here / "Dockerfile").read_bytes() == MIXED


@pytest.mark.usefixtures("here")
def test_options_come_from_the_environment_and_the_command_line_wins(
    dfrefactor: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFREFACTOR_IGNORE", "parallel-stages")
    assert dfrefactor("--check").code == 0
    assert dfrefactor("--check", "--ignore", "cache-from").code == 1
    monkeypatch.setenv("DFREFACTOR_IGNORE", "nope")
    assert dfrefactor("--check").err.startswith("dfrefactor: DFREFACTOR_IGNORE in the environment: ")
    monkeypatch.delenv("DFREFACTOR_IGNORE")
    for name, value in (("APPLY", "1"), ("VERSION", "2"), ("TARGET", "x"), ("FAIL_ON", "never")):
        monkeypatch.setenv(f"DFREFACTOR_{name}", value)
    assert dfrefactor().code == 0 and dfrefactor("--check").code == 0
    assert Path("Dockerfile").read_bytes() == MIXED


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("dfrefactor gr", {"graph"}), ("dfrefactor explain pa", {"parallel-stages"}), ("dfrefactor verify --tw", {"--twice"}),
        ("dfrefactor --select pur", {"purge-credentials"}), ("dfrefactor --select cache-from,la", {"cache-from,layer-markers"}),
        ("dfrefactor --stra", {"--strategy"}), ("dfrefactor --strategy m", {"mount"}),
    ],
)  # fmt: skip
def test_a_shell_completes_subcommands_passes_and_options(words: str, offered: set[str]) -> None:
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_DFREFACTOR_COMPLETE": "bash_complete"}
    run = subprocess.run(
        [sys.executable, "-m", "dfrefactor"], env=os.environ | asked, capture_output=True, check=True, text=True
    )  # fmt: skip
    assert {line.partition(",")[2] for line in run.stdout.splitlines() if line.startswith("plain,")} == offered


@pytest.mark.parametrize("seed", ["2", "3"])
def test_the_same_input_gives_the_same_output(here: Path, seed: str) -> None:
    """Messages and their order, whatever order sets come in."""
    (here / "Dockerfile").write_text(
        "FROM hashicorp/terraform:1.8\nARG TFC_TOKEN\nENV TF_TOKEN_app_terraform_io=$TFC_TOKEN\nWORKDIR /src\n"
        "COPY main.tf .\nRUN terraform init\nENTRYPOINT [\"terraform\"]\n"
    )

    def run(number: str) -> bytes:
        words = [sys.executable, "-m", "dfrefactor", "--advice", "--strategy", "mount"]
        return subprocess.run(words, env=os.environ | {"PYTHONHASHSEED": number}, capture_output=True, check=True).stdout

    assert run("1") == run(seed)


def test_a_cache_workflow_names_a_registry_only_where_there_is_one(here: Path, dfrefactor: Program) -> None:
    cases = {"app": None, "app:1.2": None, "me/app": None, "ghcr.io/me/app": "ghcr.io", "r:5000/a": "r:5000"}
    for image, registry in cases.items():
        text = dfrefactor("cache", "--image", image, "--format", "github").text
        said = [line.partition("registry: ")[2] for line in text.splitlines() if line.strip().startswith("registry:")]
        assert said == ([registry] if registry else []), image
    text = dfrefactor("cache", "--image", "me/app", "--builder", "buildkit-gha", "--format", "github").text
    assert "type=gha,scope=me-app-cache\n" in text and "cache-to: type=gha,scope=me-app-cache,mode=max\n" in text


def test_a_patch_of_a_file_above_applies_from_the_top(here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    (here / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(here / "deep" / "er")
    patch = dfrefactor("--format", "patch", "../../Dockerfile").out
    assert patch.startswith(b"--- a/Dockerfile\n")
    subprocess.run(["git", "apply"], input=patch, cwd=here, check=True)
    assert (here / "Dockerfile").read_bytes() != MIXED



@pytest.mark.parametrize(
    ("top", "above", "heard"),
    [
        ("", "", False),
        ("", "# hadolint ignore=DL3064\n", True), ("", "# hadolint ignore=DL3008,DL3064\n", True), ("", "# hadolint ignore=DL3008\n", False),
        ("# hadolint global ignore=DL3064\n", "", True), ("# check=skip=SecretsUsedInArgOrEnv\n", "", True),
        ("# check=error=true;skip=JSONArgsRecommended,SecretsUsedInArgOrEnv\n", "", True), ("# check=skip=all\n", "", True),
        ("# check=skip=JSONArgsRecommended\n", "", False), ("", "# tally ignore=buildkit/SecretsUsedInArgOrEnv;reason=public\n", True),
        ("# tally global ignore=hadolint/DL3064\n", "", True), ("", "# check=skip=SecretsUsedInArgOrEnv\n", False),
    ],
)  # fmt: skip
def test_what_other_linters_are_to_ignore_is_heard_where_a_name_is_all_there_is(
    here: Path, dfrefactor: Program, top: str, above: str, heard: bool
) -> None:
    (here / "Dockerfile").write_text(top + f"FROM debian\n{above}ENV DB_PASSWORD=secret123\nRUN make\n")
    found = "purge-credentials" in dfrefactor("--check").text
    assert found is not heard
    (here / "Dockerfile").write_text(top + LEAK.decode().replace("ARG", above + "ARG"))
    assert dfrefactor("--check").code == 1  # it is used, and ends up in a layer


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("ignore=parallel-stages", False), ("ignore=order-layers", True), ("ignore=parallel-stages,order-layers", False),
        ("ignore=store-once -- for the tests", True), ("ignore", False), ("ignore=cache-mounts", False),
    ],
)  # fmt: skip
def test_an_ignore_that_silences_nothing_is_told(here: Path, dfrefactor: Program, comment: str, told: bool) -> None:
    text = MIXED.decode().replace("# dfrefactor: writes=/a\n", f"# dfrefactor: writes=/a\n# dfrefactor: {comment}\n")
    (here / "Dockerfile").write_text(text)
    word = comment.partition(" ")[0]
    line = f"Dockerfile:3:15: note: unused-ignore: nothing is found that `{word}` silences\n  fix: take it away\n"
    assert (line in dfrefactor("--check").text) is told
    assert "unused-ignore" not in dfrefactor("--check", "--select", "cache-from").text


def test_observe_of_a_file_that_does_not_parse_says_so(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(b"FROM debian\nFOO bar\n")
    run = dfrefactor("observe", "Dockerfile")
    assert run.code == 4 and run.out == b"" and "Dockerfile:2:1: unknown instruction" in run.err


def test_so_does_verify_of_each_file(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(b"FROM debian\n")
    (here / "wrong").write_bytes(b"FROM debian\nRUNN x\n")
    for words in (("wrong", "Dockerfile"), ("Dockerfile", "wrong")):
        run = dfrefactor("verify", *words)
        assert run.code == 4 and not run.out
        assert run.err == "dfrefactor verify: wrong:2:1: unknown instruction: RUNN (did you mean RUN?)\n"
