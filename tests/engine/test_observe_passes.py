"""`dfrefactor --observe`: passes go by what a build was seen to do, and what comes of it builds the same image."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dfrefactor.cli.main import main
from dfrefactor.engine.build import Builder

from tests.engine.observed_files import PROJECTS, STAYS, Project, script

pytestmark = pytest.mark.engine
CANARY = "canary-7f3e-9a61-b2c4"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DFREFACTOR_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def put(project: Project, folder: Path) -> Path:
    for name, text in {"Dockerfile": project.dockerfile, **project.files}.items():
        file = folder / name.rstrip("!")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755 if name.endswith("!") else 0o644)
    return folder / "Dockerfile"


@pytest.mark.slow
@pytest.mark.parametrize("name", PROJECTS)
def test_steps_nobody_can_read_are_split(name: str, tmp_path: Path, engine: Builder, capsys: pytest.CaptureFixture[str]) -> None:
    project = PROJECTS[name]
    file = put(project, tmp_path / "project")
    stages = project.dockerfile.count("FROM ")
    assert main([str(file), "--check"]) == 0, "without a build nothing is known"
    args = [f"--build-arg={key}={value}" for key, value in dict(project.args).items()]
    assert main([str(file), "--observe", "--apply", "--verify", *args]) == 0, capsys.readouterr()
    assert (file.read_text().count("FROM ") > stages) == (name not in STAYS), file.read_text()
    assert "dfrefactor:" not in file.read_text()


def test_what_rests_on_a_build_says_so_and_needs_a_word(tmp_path: Path, engine: Builder, capsys: pytest.CaptureFixture[str]) -> None:
    file = put(PROJECTS["own scripts"], tmp_path / "project")
    before = file.read_text()
    assert main([str(file), "--observe", "--apply"]) == 0
    assert file.read_text() == before
    said = "".join(capsys.readouterr())
    assert "rests on what a build was seen to do (lines 3, 4)" in said
    assert main([str(file), "--observe", "--apply", "--unsafe"]) == 0
    assert file.read_text().count("FROM ") > 2


def test_what_was_seen_is_remembered_by_step_base_and_context(
    tmp_path: Path, engine: Builder, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dfrefactor.engine import measure

    file = put(PROJECTS["own scripts"], tmp_path / "project")
    built: list[object] = []
    real = measure.observe
    monkeypatch.setattr(measure, "observe", lambda *data, **more: built.append(data) or real(*data, **more))
    monkeypatch.setenv("TOKEN", CANARY)
    words = [str(file), "--observe", "--secret-value-from=TOKEN", "--build-arg=TOKEN"]
    assert main(words) == 0 and len(built) == 1
    assert main(words) == 0 and len(built) == 1
    kept = [path.read_text() for path in (cache / "observed").iterdir()]
    assert len(kept) == 2 and CANARY not in "".join(kept) and "fonts.sh" not in "".join(json.loads(each)["base"] for each in kept)
    (file.parent / "other").write_text("not copied")
    assert main(words) == 0 and len(built) == 1
    capsys.readouterr()
    assert main(["explain", "--footprint", str(file), "--format=json"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert [step["measured"] for step in steps] == [False, True, True]
    (file.parent / "scripts" / "fonts.sh").write_text(script("mkdir -p /opt/fonts /opt/more", "touch /opt/more/1 /opt/fonts/1"))
    assert main(words) == 0 and len(built) == 2


def test_without_an_engine_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file = put(PROJECTS["own scripts"], tmp_path / "project")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert main([str(file), "--observe", "--engine=docker", "--quiet"]) == 2
    error = capsys.readouterr().err.strip()
    assert "not observed: no engine to build with" in error and "\n" not in error
