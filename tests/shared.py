"""The folder of shared test data beside the checkout, which is not part of the project."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import dfrefactor
import pytest
from dfrefactor.dockerfile.model import Document
from dfrefactor.facts import Facts
from dfrefactor.result import Result
from dfrefactor.settings import Settings

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("DFREFACTOR_SHARED", ROOT.parent / "shared"))

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared test data is not beside the checkout")


def corpus() -> list[Path]:
    """The real Dockerfiles, sorted; none where the shared data is absent."""
    return sorted(path for path in (SHARED / "corpus" / "dockerfiles").rglob("*") if path.is_file())


def compose_files() -> list[Path]:
    return sorted(path for path in (SHARED / "corpus" / "compose").rglob("*") if path.is_file())


@dataclass(frozen=True)
class Real:
    """A real Dockerfile, read, parsed and refactored once for all tests that look at it."""

    path: Path
    _results: dict[tuple[tuple[str, Any], ...], Result] = field(default_factory=dict)

    @cached_property
    def data(self) -> bytes:
        return self.path.read_bytes()

    @cached_property
    def document(self) -> Document:
        return dfrefactor.parse(self.data, str(self.path))

    @cached_property
    def facts(self) -> Facts:
        return Facts(self.document)

    def result(self, **settings: Any) -> Result:
        key = tuple(sorted(settings.items()))
        if key not in self._results:
            self._results[key] = dfrefactor.refactor(self.data, str(self.path), settings=Settings(**settings))
        return self._results[key]
