"""What others build upon in CI: the GitHub action, step by step, the snippets, and what is released."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.shared import ROOT
from tests.test_cli import CLEAN, MIXED
from tests.test_pre_commit import git, project

ACTION = ROOT / ".github" / "actions" / "dfrefactor"


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text())


def stepped(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The action's checking step, as a runner runs it: expressions stand in `env` only, the script is plain bash."""
    action = read(ACTION / "action.yml")
    given = {name: str(each["default"]) for name, each in action["inputs"].items()} | inputs
    known = {f"inputs.{name}": value for name, value in given.items()} | {"runner.temp": str(folder / "tmp")}
    step = action["runs"]["steps"][-1]
    assert "${{" not in step["run"]
    environment = {name: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: known[found[1]], value) for name, value in step["env"].items()}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(command, cwd=folder, env={**os.environ, **environment, "PATH": path}, capture_output=True, text=True, check=False)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Where the action installs the tool there is nothing here: Python finds that of the tests.
    monkeypatch.setenv("PYTHONPATH", "")
    (tmp_path / "a b").mkdir()
    (tmp_path / "clean").mkdir()
    (tmp_path / "a b" / "Dockerfile").write_bytes(MIXED)
    (tmp_path / "clean" / "Dockerfile").write_bytes(CLEAN)
    return tmp_path


def test_the_action_checks_and_annotates(here: Path) -> None:
    failed = stepped(here)
    assert failed.returncode == 1 and "::warning file=a b/Dockerfile,line=1" in failed.stdout, failed.stderr
    assert stepped(here, paths="clean\n").returncode == 0
    assert stepped(here, paths="a b\nclean", options="--ignore\nparallel-stages").returncode == 0
    assert stepped(here, paths="clean/Dockerfile\n--apply").returncode == 2  # a path, whatever it looks like
    written = stepped(here, format="sarif", output="out.sarif")
    assert written.returncode == 1 and written.stdout == "" and '"parallel-stages"' in (here / "out.sarif").read_text()
    assert (here / "a b" / "Dockerfile").read_bytes() == MIXED


def test_the_action_is_whole_and_a_workflow_of_its_own_uses_it() -> None:
    action = read(ACTION / "action.yml")
    assert action["runs"]["using"] == "composite" and all(step["shell"] == "bash" for step in action["runs"]["steps"])
    assert all(each["description"] for each in action["inputs"].values())
    assert all("${{" not in step["run"] for step in action["runs"]["steps"])
    (job,) = read(ROOT / ".github" / "workflows" / "dfrefactor.yml")["jobs"].values()
    assert job["steps"][-1]["uses"] == "./" + str(ACTION.relative_to(ROOT))
    assert set(job["steps"][-1]["with"]) <= set(action["inputs"])
    assert (ACTION / ".." / ".." / ".." / "pyproject.toml").is_file()  # what it installs


def test_the_snippets_can_be_read_and_name_what_there_is(dfrefactor: Any) -> None:
    page = (ROOT / ".github" / "CI.md").read_text()
    snippets = [YAML(typ="safe").load(text) for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    hooks = {each["id"] for each in read(ROOT / ".pre-commit-hooks.yaml")}
    assert {each["id"] for each in snippets[0]["repos"][0]["hooks"]} <= hooks
    assert set(snippets[1]["jobs"]["dfrefactor"]["steps"][-1]["with"]) <= set(read(ACTION / "action.yml")["inputs"])
    assert snippets[2]["dfrefactor"]["script"][-1].startswith("dfrefactor --check --format gitlab --output ")


def test_the_snippet_for_gitlab_gives_a_report(here: Path, dfrefactor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    monkeypatch.chdir(here)
    page = (ROOT / ".github" / "CI.md").read_text()
    (words,) = re.findall(r"- dfrefactor (--check --format gitlab .*)", page)
    assert dfrefactor(*words.split()).code == 1
    (found,) = json.loads((here / words.split()[-1]).read_text())
    assert found["location"]["path"] == "a b/Dockerfile" and found["check_name"] == "parallel-stages"


@pytest.mark.slow
def test_what_is_released_has_the_version_of_its_tag_and_is_fit_for_an_index(tmp_path: Path) -> None:
    def built(tag: str) -> list[Path]:
        out = tmp_path / (tag or "none")
        done = subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", out], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return sorted(out.iterdir())

    folder = project(tmp_path / "project")
    assert all(re.match(r"dfrefactor-0\.1(\.0)?\.dev\d+\+g", path.name) for path in built(""))
    git("tag", "v1.2.3", cwd=folder)
    sdist, wheel = sorted(built("v1.2.3"), key=lambda path: path.suffix)
    assert (sdist.name, wheel.name) == ("dfrefactor-1.2.3.tar.gz", "dfrefactor-1.2.3-py3-none-any.whl")
    checked = subprocess.run([sys.executable, "-m", "twine", "check", "--strict", sdist, wheel], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    unpacked = tmp_path / "unpacked" / "dfrefactor-1.2.3"
    again = subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "again"], cwd=unpacked, capture_output=True, text=True, check=False)
    assert again.returncode == 0 and [path.name for path in (tmp_path / "again").iterdir()] == [wheel.name], again.stderr
    told = "import sys; sys.path.insert(0, sys.argv[1]); from dfrefactor.cli.main import main; main(['--version'])"
    run = subprocess.run([sys.executable, "-c", told, wheel], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == "dfrefactor 1.2.3\n"
