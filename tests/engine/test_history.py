"""What `graph --history` says that commits built again is what a builder runs, commit by commit."""

from __future__ import annotations

import re
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.history import AGAIN, COMMITS, git, repository

pytestmark = pytest.mark.engine


def test_a_builder_runs_what_is_told(engine: object, tmp_path: Path) -> None:
    place = repository(tmp_path, uuid.uuid4().hex)
    commits = git(tmp_path, "rev-list", "--reverse", "HEAD").split()
    assert len(commits) == len(COMMITS)
    runs = []
    for commit in commits:
        git(tmp_path, "checkout", "-q", commit)
        words = ["docker", "build", "--progress=plain", str(place)]
        log = subprocess.run(words, capture_output=True, text=True, check=True).stderr
        steps = set(re.findall(r"^(#\d+) \[[^]]*\] RUN", log, re.MULTILINE))
        runs.append(len(steps - set(re.findall(r"^(#\d+) CACHED", log, re.MULTILINE))))
    assert tuple(runs[1:]) == AGAIN
