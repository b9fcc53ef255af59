"""An engine for the tests that build, and the one helper they need."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

from refactor.engine.builders import Builder, Options, find
from refactor.engine.process import EngineError
from refactor.engine.verify import Verdict, verify

BuildAndCompare = Callable[..., Verdict]


def engine_or_skip(name: str | None = None) -> Builder:
    """The engine; without one a test is skipped with the reason, or fails where one is required (in CI)."""
    try:
        return find(name)
    except EngineError as problem:
        if os.environ.get("DFREFACTOR_REQUIRE_ENGINE") == "1":
            pytest.fail(str(problem))
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
def engine() -> Builder:
    return engine_or_skip("docker")


@pytest.fixture
def build_and_compare(engine: Builder, tmp_path: Path) -> BuildAndCompare:
    """`build_and_compare(old, new, context=None, *, options, secrets, allowed, twice) -> Verdict`.

    The context is an empty folder unless given; base images are what `docker image ls` shows.
    """

    def helper(
        old: bytes,
        new: bytes,
        context: Path | None = None,
        *,
        options: Options | None = None,
        secrets: Mapping[str, str] | None = None,
        allowed: Collection[str] = (),
        twice: bool = False,
    ) -> Verdict:
        if context is None:
            context = tmp_path / "empty-context"
            context.mkdir(exist_ok=True)
        return verify(old, new, context, engine=engine, options=options, secrets=secrets, allowed=allowed, twice=twice)

    return helper
