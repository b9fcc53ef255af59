"""Where settings come from, and what is said when they cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor.cli import config
from dfrefactor.cli.config import Config, ConfigError
from dfrefactor.finding import Safety

from tests.conftest import Run
from tests.test_cli import ALIKE, CLEAN, MARKED, MENDED, MIXED

Program = Callable[..., Run]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    config.nearest.cache_clear()
    return tmp_path


def test_every_key(here: Path) -> None:
    (here / "dfrefactor.toml").write_text(
        'select = ["layer-markers"]\nignore = ["cache-from"]\nexclude = ["old/"]\nunsafe = true\n'
        'strategy = "mount"\nparallel = "all"\nbuilder = "classic"\ngenerated = true\n'
        '[catalog.mytool]\nwrites = ["/opt/mytool"]\n'
    )
    found = config.nearest(str(here))
    assert found.select == ("layer-markers",) and found.ignore == ("cache-from",) and found.exclude == ("old/",)
    assert found.settings.allow is Safety.UNSAFE
    assert found.settings.strategy == "mount" and found.settings.parallel == "all"
    assert found.settings.builder == "classic" and found.settings.generated
    assert found.settings.catalog == {"mytool": {"writes": ["/opt/mytool"]}}


def test_nothing_there_gives_the_defaults(here: Path) -> None:
    assert config.nearest(str(here)) == Config()


def test_the_nearest_file_counts_alone_and_the_plain_one_wins(here: Path) -> None:
    (here / "a" / "b").mkdir(parents=True)
    (here / "dfrefactor.toml").write_text('ignore = ["parallel-stages"]\n')
    (here / "pyproject.toml").write_text('[tool.dfrefactor]\nstrategy = "mount"\n')
    (here / "a" / ".dfrefactor.toml").write_text('parallel = "all"\n')
    (here / "a" / "dfrefactor.toml").write_text("nonsense")
    assert config.nearest(str(here / "a" / "b")).settings.parallel == "all"
    assert config.nearest(str(here / "a" / "b")).ignore == ()
    assert config.nearest(str(here)).path == str(here / "dfrefactor.toml")


@pytest.mark.parametrize(
    "text", ["", "[tool.other]\ndfrefactor = 1\n", "# dfrefactor\n[project]\n", "not toml at all ["]
)
def test_a_pyproject_that_does_not_speak_of_us_is_passed_by(here: Path, text: str) -> None:
    (here / "sub").mkdir()
    (here / ".dfrefactor.toml").write_text('strategy = "mount"\n')
    (here / "sub" / "pyproject.toml").write_text(text)
    assert config.nearest(str(here / "sub")).settings.strategy == "mount"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("speed = 9", 1, "unknown key `speed`"),
        ("\n# x\nstrategy = 'fast'\n", 3, "`strategy` has to be one of auto, builder, mount"),
        ("builder = 'buildah'", 1, "`builder` has to be one of buildkit, classic"),
        ("generated = 1", 1, "`generated` has to be true or false"),
        ("unsafe = 'yes'", 1, "`unsafe` has to be true or false"),
        ("select = 'layer-markers'", 1, "`select` has to be a list of strings"),
        ("select = ['x', 1]", 1, "list of strings"),
        ("\nignore = ['no-such-pass']", 2, "no pass is called `no-such-pass`"),
        ("exclude = {}", 1, "`exclude` has to be a list"),
        ("[[catalog]]", 1, "`catalog` has to be a table"),
        ("[catalog]\nmytool = 1", 2, "`catalog.mytool` has to be a table"),
        ("\n[catalog.mytool]\nwrote = ['/x']", 2, "no key is called `wrote`"),
        ("\n[catalog.mytool]\nwrites = 'x'", 2, "not a list"),
        ("[catalog.mytool]\nlike = 'nothing-known'", 1, "not in the catalog"),
        ("[catalog.mytool]\noptions = 3", 1, "not in the form"),
        ("[catalog.mytool.sub.x]\nwrote = []", 1, "no key is called `wrote`"),
        ("[catalog.mytool]\ngrade = 'good'", 1, "no grade"),
        ("a = [1,\n", 2, ""),
        ("a = 1\na = 2\n", 2, "verwrite"),
        ("\n\nx y", 3, ""),
    ],
)
def test_what_cannot_be_used_is_one_clear_line(here: Path, text: str, line: int, words: str) -> None:
    (here / "dfrefactor.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        config.nearest(str(here))
    message = str(caught.value)
    assert message.startswith(f"{here}/dfrefactor.toml:{line}:") and words in message and "\n" not in message


def test_bytes_that_are_no_text(here: Path) -> None:
    (here / "dfrefactor.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        config.nearest(str(here))


def test_a_bad_configuration_leaves_its_files_alone_and_not_the_others(here: Path, dfrefactor: Program) -> None:
    for folder in ("bad", "good"):
        (here / folder).mkdir()
        (here / folder / "Dockerfile").write_bytes(MIXED)
        (here / folder / "two.Dockerfile").write_bytes(MIXED)
    (here / "bad" / "dfrefactor.toml").write_text("nope = 1\n")
    run = dfrefactor("--apply")
    assert run.code == 2
    assert run.err.count("dfrefactor.toml:1:1: unknown key `nope`") == 1
    assert (here / "bad" / "Dockerfile").read_bytes() == MIXED
    assert (here / "good" / "Dockerfile").read_bytes() == (here / "good" / "two.Dockerfile").read_bytes() == MENDED


def test_the_command_line_wins(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    (here / "dfrefactor.toml").write_text('ignore = ["parallel-stages"]\n')
    assert dfrefactor("--check").code == 0
    assert dfrefactor("--check", "--no-config").code == 1
    assert dfrefactor("--check", "--ignore", "cache-from").code == 1
    (here / "other.toml").write_text("")
    assert dfrefactor("--check", "--config", "other.toml").code == 1
    assert dfrefactor("-", stdin=MIXED).out == MIXED


@pytest.mark.parametrize("line", ['builder = "classic"', 'select = ["layer-markers"]'])
def test_a_configuration_asks_for_markers(here: Path, dfrefactor: Program, line: str) -> None:
    (here / "dfrefactor.toml").write_text(line)
    assert dfrefactor("-", stdin=ALIKE).out == MARKED
    assert dfrefactor("-", "--no-config", stdin=ALIKE).out == ALIKE


def test_a_named_configuration_has_to_be_there_and_to_be_ours(here: Path, dfrefactor: Program) -> None:
    assert dfrefactor("--config", "nowhere.toml") == Run(2, b"", "nowhere.toml: no such file or directory\n")
    (here / "pyproject.toml").write_text("[project]\n")
    assert "no [tool.dfrefactor] table" in dfrefactor("--config", "pyproject.toml").err


def test_exclude_lines_are_read_from_the_folder_of_the_configuration(here: Path, dfrefactor: Program) -> None:
    for name in ("a/old/x/Dockerfile", "a/Dockerfile", "old/Dockerfile"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(MIXED)
    (here / "a" / "dfrefactor.toml").write_text('exclude = ["/old/"]\n')
    lines = dfrefactor("--check").text.splitlines()
    assert {line.partition(":")[0] for line in lines if line[0] != " "} == {"a/Dockerfile", "old/Dockerfile"}
    assert dfrefactor("--check", "a/old/x/Dockerfile").code == 1
    (here / "a" / "Dockerfile").write_bytes(CLEAN)


def test_every_door_says_the_same_of_a_bad_configuration(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    (here / "dfrefactor.toml").write_text("nope = 1\n")
    for words in (["-"], ["."], ["Dockerfile", "--check"]):
        run = dfrefactor(*words, stdin=MIXED)
        assert (run.code, run.out) == (2, b"")
        assert run.err.startswith(f"{here}/dfrefactor.toml:1:1: unknown key") and run.err.count("\n") == 1


def test_a_command_of_ones_own(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_text("FROM debian\nRUN our-fetch x /opt/ours.jar\nRUN curl -o /usr/local/bin/x http://x/y\n")
    assert dfrefactor("--check").code == 0
    table = '[catalog.our-fetch]\nfree = true\noperands = ["url", "write"]\nnetwork = true\n'
    (here / "dfrefactor.toml").write_text(table)
    assert dfrefactor("--check").code == 1
