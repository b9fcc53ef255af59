"""The folder of shared test data beside the checkout, which is not part of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
ROOT = Path(__file__).parents[1]

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared test data is not beside the checkout")


def corpus() -> list[Path]:
    """The real Dockerfiles, sorted; none where the shared data is absent."""
    return sorted(path for path in (SHARED / "corpus" / "dockerfiles").rglob("*") if path.is_file())


def compose_files() -> list[Path]:
    return sorted(path for path in (SHARED / "corpus" / "compose").rglob("*") if path.is_file())
