"""The hooks, run by the real pre-commit over a real repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT
from tests.test_cli import CLEAN, MENDED, MIXED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("git"), reason="git is not installed"),
]
CONFIG = """\
repos:
  - repo: {hooks}
    rev: v9.9.9
    hooks:
      - id: dfrefactor-check
      - id: dfrefactor
        stages: [manual]
"""


def git(*words: object, cwd: Path) -> None:
    known = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *known, *map(str, words)], cwd=cwd, check=True, capture_output=True)


def project(folder: Path) -> Path:
    """The project as it stands, as a repository of its own, without its tests."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in names.stdout.split("\0"):
        if name and not name.startswith("tests/") and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git("init", "-q", cwd=folder)
    git("add", "-A", cwd=folder)
    git("commit", "-qm", "all", cwd=folder)
    return folder


def test_hooks_check_first_and_write_when_asked(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home")}
        command = [sys.executable, "-m", "pre_commit", "run", "--all-files", *words]
        return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)

    hooks = project(tmp_path / "hooks")
    git("tag", "v9.9.9", cwd=hooks)
    repository = tmp_path / "repository"
    repository.mkdir()
    files = {
        "Dockerfile": MIXED, "a b/x.Dockerfile": MIXED, "clean/Dockerfile": CLEAN, "vendor/Dockerfile": MIXED, "Dockerfile.j2": MIXED,
        "docker-bake.hcl": b'target "a" {\n}\n', ".dfrefactor.toml": b'exclude = ["vendor/"]\n',
        ".pre-commit-config.yaml": CONFIG.format(hooks=hooks).encode(),
    }  # fmt: skip
    for name, data in files.items():
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_bytes(data)
    git("init", "-q", cwd=repository)
    git("add", "-A", cwd=repository)
    checked = run()
    assert checked.returncode == 1 and "dfrefactor (check)" in checked.stdout, checked.stdout + checked.stderr
    assert "Dockerfile:1" in checked.stdout and "a b/x.Dockerfile:1" in checked.stdout and "vendor" not in checked.stdout
    assert {name: (repository / name).read_bytes() for name in files} == files
    applied = run("--hook-stage", "manual", "dfrefactor")
    assert applied.returncode == 1 and "files were modified by this hook" in applied.stdout, applied.stdout + applied.stderr
    becomes = files | {"Dockerfile": MENDED, "a b/x.Dockerfile": MENDED}
    assert {name: (repository / name).read_bytes() for name in files} == becomes
    again = run("--hook-stage", "manual")
    assert again.returncode == 0, again.stdout
