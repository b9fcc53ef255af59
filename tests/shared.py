"""The folder of shared test data beside the checkout, which is not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("DFREFACTOR_SHARED", ROOT.parent / "shared"))

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared test data is not beside the checkout")


def corpus() -> list[Path]:
    """The real Dockerfiles, sorted; none where the shared data is absent."""
    return sorted(path for path in (SHARED / "corpus" / "dockerfiles").rglob("*") if path.is_file())


def compose_files() -> list[Path]:
    return sorted(path for path in (SHARED / "corpus" / "compose").rglob("*") if path.is_file())
