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
        ("\n[catalog.mytool]\nwrote = ['/x']", 3, "no key is called `wrote`"),
        ("\n[catalog.mytool]\nwrites = 'x'", 3, "not a list"),
        ("[catalog.mytool]\nlike = 'nothing-known'", 2, "not in the catalog"),
        ("[catalog.mytool]\noptions = 3", 1, "not in the form"),
        ("[catalog.mytool.sub.x]\nwrote = []", 2, "no key is called `wrote`"),
        ("[catalog.mytool]\ngrade = 'good'", 2, "no grade"),
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


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("speed = 9", "1:1", "unknown key `speed`"),
        ("\n  stratgy = 'mount'\n", "2:3", "did you mean `strategy`?"),
        ("strategy = 'mont'", "1:1", "did you mean `mount`?"),
        ("select = ['cache-from', 'paralel-stages']", "1:25", "did you mean `parallel-stages`?"),
        ("ignore = [\n  'cache-from',\n  'layer-marker',\n]", "3:3", "did you mean `layer-markers`?"),
        ("fail-on = {cache-from = 'never', store-once = 'warn'}", "1:34", "`fail-on` has to be one of"),
        ("[fail-on]\nstore-onc = 'note'", "2:1", "did you mean `store-once`?"),
        ("[passes.store-once]\nmode = 'of'", "2:1", "did you mean `off`?"),
        ("[passes.store-once]\nmod = 'off'", "2:1", "did you mean `mode`?"),
        ("[passes.order-layers]\nmode = 'off'\n[passes.store-once]\nmode = 'of'", "4:1", "has to be one of off, check, apply"),
        ("passes = {store-once = {severity = 'bad'}}", "1:25", "has to be one of error, warning, note"),
        ("[[overrides]]\nselect = []", "1:3", "needs `files`"),
        ("[[overrides]]\nfiles = ['a']\n[[overrides]]\nfiles = ['b']\n strateg = 'mount'", "5:2", "did you mean `strategy`?"),
        ("[[overrides]]\nfiles = ['a']\nexclude = ['b']", "3:1", "unknown key `exclude`"),
        ("baseline = 3", "1:1", "has to be the path of a file"),
        ("[catalog.mytool]\nreads = ['/a']\nwrote = ['/x']", "3:1", "no key is called `wrote`"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(here: Path, text: str, place: str, words: str) -> None:
    (here / "dfrefactor.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        config.nearest(str(here))
    assert str(caught.value).startswith(f"{here}/dfrefactor.toml:{place}: ") and words in str(caught.value)
    config.nearest.cache_clear()
    (here / "dfrefactor.toml").unlink()
    (here / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.dfrefactor]\nstratgy = 'mount'\n")
    with pytest.raises(ConfigError, match=r"toml:4:1: unknown key `stratgy`; did you mean `strategy`\?"):
        config.nearest(str(here))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_pass_may_be_off_or_only_tell_and_be_as_bad_as_one_says(here: Path, dfrefactor: Program, newline: str) -> None:
    (here / "Dockerfile").write_bytes(MIXED)
    settings = here / "dfrefactor.toml"

    def said(mode: str) -> None:
        settings.write_bytes(f'[passes.parallel-stages]\n{mode}\n'.replace("\n", newline).encode())

    said('mode = "off"')
    assert dfrefactor("--check").code == 0 and dfrefactor("--check").out == b""
    assert dfrefactor("--check", "--select", "parallel-stages").code == 1
    said('mode = "check"')
    run = dfrefactor("--apply")
    assert run.code == 0 and run.text.startswith("Dockerfile:1:1: warning: parallel-stages: ")
    assert (here / "Dockerfile").read_bytes() == MIXED
    assert [dfrefactor("--check", "--fail-on", level).code for level in ("error", "warning")] == [0, 1]
    said('mode = "check"\nseverity = "error"')
    run = dfrefactor("--check")
    assert run.code == 1 and run.text.startswith("Dockerfile:1:1: error: parallel-stages: ")
    assert '"severity": "error"' in dfrefactor("--format", "json").text
    said('mode = "apply"\nseverity = "note"')
    assert dfrefactor("--apply").code == 0 and (here / "Dockerfile").read_bytes() == MENDED


def test_overrides_hold_for_some_files_and_the_last_wins(here: Path, dfrefactor: Program) -> None:
    for name in ("old/Dockerfile", "old/new.Dockerfile", "Dockerfile"):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_bytes(MIXED)
    (here / "dfrefactor.toml").write_text(
        '[[overrides]]\nfiles = ["old/"]\nignore = ["parallel-stages"]\n[[overrides]]\nfiles = ["new.Dockerfile"]\nignore = []\n'
    )
    lines = dfrefactor("--check").text.splitlines()
    assert {line.partition(":")[0] for line in lines if line[0] != " "} == {"Dockerfile", "old/new.Dockerfile"}
    assert dfrefactor("-", "--stdin-filename", "old/Dockerfile", stdin=MIXED).out == MIXED


def test_what_is_excluded_is_left_out_though_it_is_named_where_one_says_so(here: Path, dfrefactor: Program) -> None:
    (here / "old").mkdir()
    (here / "old" / "Dockerfile").write_bytes(MIXED)
    (here / "dfrefactor.toml").write_text('exclude = ["old/"]\n')
    assert dfrefactor("--check", "old/Dockerfile").code == 1
    assert dfrefactor("--check", "--force-exclude", "old/Dockerfile") == Run(0, b"", "")
    assert dfrefactor("-", "--force-exclude", "--stdin-filename", "old/Dockerfile", stdin=MIXED).out == MIXED
    (here / "dfrefactor.toml").write_text('exclude = ["old/"]\nforce-exclude = true\n')
    assert dfrefactor("--check", "old/Dockerfile").code == 0
    (here / "dfrefactor.toml").unlink()
    assert dfrefactor("--check", "--exclude", "old/", "--force-exclude", "old/Dockerfile").code == 0
    assert dfrefactor("--check", "--exclude", "old/", "old/Dockerfile").code == 1
    assert dfrefactor("--check", "--force-exclude", "old/Dockerfile").code == 1


def test_a_baseline_of_the_configuration(here: Path, dfrefactor: Program) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "Dockerfile").write_bytes(MIXED)
    dfrefactor("--write-baseline", "base.json")
    (here / "dfrefactor.toml").write_text('baseline = "base.json"\n')
    assert dfrefactor("--check", "sub").code == 0
    assert dfrefactor("--check", "--no-config", "sub").code == 1
    (here / "dfrefactor.toml").write_text('baseline = "nowhere.json"\n')
    assert dfrefactor("--check", "sub").err == f"{here}/nowhere.json: no such file or directory\n"


def test_files_and_settings_are_shown_and_the_settings_are_a_configuration(here: Path, dfrefactor: Program) -> None:
    (here / "a").mkdir()
    for name in ("Dockerfile", "a/Dockerfile", "a/compose.yml"):
        (here / name).write_bytes(MIXED)
    (here / "dfrefactor.toml").write_text(
        'ignore = ["cache-from"]\nfail-on = {store-once = "never"}\nstrategy = "mount"\n[passes.store-once]\nmode = "check"\n'
    )
    assert dfrefactor("--show-files").text == "Dockerfile\na/Dockerfile\na/compose.yml\n"
    assert dfrefactor("--show-files", "--exclude", "a/").text == "Dockerfile\n"
    shown = dfrefactor("--show-settings", "--parallel", "all").text
    assert shown.startswith(f"# Dockerfile: {here}/dfrefactor.toml\n")
    (here / "other.toml").write_text(shown)
    read = config.load("other.toml")
    assert "cache-from" not in (read.select or ()) and read.fail_on == {"store-once": 4} and read.modes == {"store-once": "check"}
    assert read.settings.strategy == "mount" and read.settings.parallel == "all"


def test_the_schema_for_editors_knows_what_is_read(here: Path) -> None:
    import json
    import tomllib
    from importlib.resources import files

    from dfrefactor.cli.settings_file import _FOR_THE_FILE, KEYS
    from dfrefactor.passes import PASSES
    from jsonschema import Draft202012Validator

    schema = json.loads((files("dfrefactor") / "schema" / "config.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert set(schema["properties"]) == set(KEYS)
    assert set(schema["properties"]["overrides"]["items"]["properties"]) == {*KEYS, "files"} - set(_FOR_THE_FILE)
    assert schema["$defs"]["pass"]["enum"] == [each.name for each in PASSES]
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    example = readme.partition("```toml\n")[2].partition("```")[0]
    validator.validate(tomllib.loads(example))
    (here / "dfrefactor.toml").write_text(example)
    assert config.nearest(str(here)).path
    for wrong in ("speed = 1", "select = ['x']", "[passes.store-once]\nmode = 'on'", "[[overrides]]\nignore = []"):
        assert not validator.is_valid(tomllib.loads(wrong)), wrong
