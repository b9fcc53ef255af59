"""The image of the tool is built from the checkout, and does its job."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from dfrefactor.engine.build import Builder

from tests.shared import ROOT
from tests.test_cli import MENDED, MIXED

pytestmark = [pytest.mark.engine, pytest.mark.slow]
FILE = ROOT / ".github" / "Dockerfile"
TAG = f"dfrefactor-image-{os.getpid()}"


def test_the_image_is_built_and_applies(engine: Builder, tmp_path: Path) -> None:
    def docker(*words: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["docker", *map(str, words)], capture_output=True, check=False)

    # The version of Python whose image is at hand: only the tag differs.
    built = docker("build", "--network", "host", "-q", "-f", FILE, "--build-arg", "PYTHON=3.11", "--build-arg", "VERSION=4.5.6", "-t", TAG, ROOT)
    assert built.returncode == 0, built.stderr.decode()
    try:
        assert docker("run", "--rm", TAG, "--version").stdout == b"dfrefactor 4.5.6\n"
        run = subprocess.run(["docker", "run", "--rm", "-i", TAG, "-"], input=MIXED, capture_output=True, check=False)
        assert run.stdout == MENDED, run.stderr.decode()
        # As with a folder of the user's: /work is the current one.  An engine elsewhere sees none of ours, so it is copied.
        (tmp_path / "Dockerfile").write_bytes(MIXED)
        name = docker("create", TAG, "--apply").stdout.decode().strip()
        docker("cp", tmp_path / "Dockerfile", f"{name}:/work/Dockerfile")
        ran = docker("start", "-a", name)
        docker("cp", f"{name}:/work/Dockerfile", tmp_path / "Dockerfile")
        docker("rm", "-f", name)
        assert ran.returncode == 0 and (tmp_path / "Dockerfile").read_bytes() == MENDED
    finally:
        docker("image", "rm", "-f", TAG)


def test_its_dockerfile_is_clean() -> None:
    for words in ([sys.executable, "-m", "dfrefactor", "--check", "--fail-on", "note", FILE], [Path(sys.executable).parent / "hadolint", FILE]):
        run = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
        assert run.returncode == 0 and not run.stdout, run.stdout + run.stderr
