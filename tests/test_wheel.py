"""The wheel works where nothing of the checkout is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.shared import ROOT

pytestmark = pytest.mark.slow


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [str(word) for word in words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("dfrefactor-*.whl")
    return found


def test_the_wheel_holds_every_file_of_the_package_and_the_grammar(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "refactor", "grammar"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    inside = set(zipfile.ZipFile(wheel).namelist())
    missing = {name.removeprefix("refactor/") if name.startswith("refactor/") else f"dfrefactor/{name}" for name in listed.stdout.split()} - inside
    assert not missing
    assert not any(name.startswith(("tests/", "samples/")) for name in inside)


def test_a_wheel_in_a_fresh_environment_does_the_job_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "env"
    assert run(sys.executable, "-m", "venv", home, cwd=tmp_path).returncode == 0
    installed = run(home / "bin" / "pip", "install", "-q", wheel, cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    for folder, sample in ((tmp_path, "layer-markers"), (Path("/"), "unsequencing-layers")):
        file = tmp_path / sample / "Dockerfile"
        shutil.copytree(ROOT / "samples" / sample, file.parent)
        done = run(home / "bin" / "dfrefactor", "--apply", file, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert file.read_bytes() == (ROOT / "samples" / sample / "becomes.Dockerfile").read_bytes()
    compose = tmp_path / "compose.yml"
    compose.write_text("services:\n  app:\n    build: .\n    image: example/app\n")
    for words in (["--version"], ["--check", compose], ["explain", "layer-markers"], ["--format", "sarif", file]):
        done = run(home / "bin" / "dfrefactor", *words, cwd=Path("/"))
        assert done.returncode == 0, done.stderr
    where = run(home / "bin" / "python", "-c", "import dfrefactor; print(dfrefactor.__file__)", cwd=tmp_path)
    assert str(home) in where.stdout
