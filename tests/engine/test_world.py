"""Files that are taken apart, built before and after in a made-up internet (`../shared/world`): the same image, no larger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dfrefactor
import pytest
from dfrefactor.passes import PASSES

from tests.shared import SHARED, corpus
from tests.test_download_stages import CHANGED

WORLD = SHARED / "world" / "prove.py"
PARALLEL = [each for each in PASSES if each.name == "parallel-stages"]
LARGER = 1.005
"""What a step that is said again may cost: it changes small shared files once more."""
UNREAL = {
    "5abda52e3561.Dockerfile": "its `zip` is a stand-in that makes no archive",
    "d34aa56eb4bc.Dockerfile": "its made-up archive lacks the member that is stripped and unpacked",
}
"""Files of which the original leaves nothing there where the real one would, and the new one looks."""

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(not WORLD.exists(), reason="../shared/world is not there"),
]


def proved(files: list[Path], folder: Path) -> dict[str, dict[str, Any]]:
    """What came of each file, by its name."""
    found = folder / "proved.json"
    run = subprocess.run(
        [sys.executable, str(WORLD), "--json", str(found), *map(str, files)],
        env={**os.environ, "DFREFACTOR": str(Path(sys.executable).with_name("dfrefactor"))},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.exists(), run.stderr
    return {Path(each["file"]).name: each for each in map(json.loads, found.read_text().splitlines())}


def wrong(outcomes: dict[str, dict[str, Any]]) -> list[str]:
    bad = ("differs", "new does not build", "harness failed")
    found = [f"{name}: {each['word']}: {each['why']}" for name, each in outcomes.items() if each["word"] in bad]
    return found + [f"{name}: {each['ratio']} times as large" for name, each in outcomes.items() if (each["ratio"] or 0) > LARGER]


@pytest.mark.usefixtures("engine")
def test_downloads_that_move_leave_the_same_image(tmp_path: Path) -> None:
    files = []
    for number, (before, _) in enumerate(CHANGED.values()):
        files.append(tmp_path / f"{number}.Dockerfile")
        files[-1].write_text(before)
    outcomes = proved(files, tmp_path)
    assert not wrong(outcomes)
    assert sum(each["word"] == "proved" for each in outcomes.values()) >= len(CHANGED) - 2


@pytest.mark.usefixtures("engine")
def test_real_files_leave_the_same_image(tmp_path: Path) -> None:
    split = [
        path for path in corpus() if path.name not in UNREAL and dfrefactor.refactor(path.read_bytes(), passes=PARALLEL).changed
    ]  # fmt: skip
    outcomes = proved(split, tmp_path)
    assert not wrong(outcomes)
    built = sum(each["word"] == "proved" for each in outcomes.values())
    print(f"{len(split)} real files are taken apart, {built} of them built before and after")
    assert built >= 0.8 * len(split)
