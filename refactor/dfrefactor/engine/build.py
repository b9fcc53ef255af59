"""What an engine is: how it is told to build, and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from dfrefactor.engine.process import EngineError


@dataclass(frozen=True)
class Options:
    """How to build, beside the file and its context; each is what the engines' option of that name takes."""

    target: str | None = None
    build_args: Mapping[str, str | None] = field(default_factory=dict)
    """A value of None is taken from the environment, as the engines do."""
    secrets: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()
    network: str | None = None
    platform: str | None = None
    build_contexts: tuple[str, ...] = ()
    no_cache: bool = False
    ignore: bytes | None = None
    """What stands in the Dockerfile's own ignore file, if it has one."""
    masked: tuple[str, ...] = ()
    """Values that no line of output may show."""


@dataclass(frozen=True)
class Step:
    """One thing an engine did during a build."""

    key: str
    name: str
    seconds: float
    cached: bool
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built:
    """An image that a build left in the engine's store, under a name of our own."""

    reference: str
    identity: str
    steps: tuple[Step, ...]
    seconds: float
    lines: tuple[str, ...] = ()
    """The build's log, secrets masked."""
    made: tuple[str, ...] = ()
    """Further images the build left behind."""

    @property
    def cached(self) -> int:
        return sum(step.cached for step in self.steps)

    @property
    def critical_path(self) -> tuple[Step, ...]:
        """The chain of steps that took the longest: no number of workers makes the build shorter than it."""
        by_key = {step.key: step for step in self.steps}
        best: dict[str, tuple[float, tuple[Step, ...]]] = {}
        for step in self.steps:  # engines name a step after those it needs
            before = max((best[key] for key in step.inputs if key in best and key in by_key), default=(0.0, ()),
                         key=lambda pair: pair[0])  # fmt: skip
            best[step.key] = (before[0] + step.seconds, (*before[1], step))
        return max(best.values(), default=(0.0, ()), key=lambda pair: pair[0])[1]


class Builder(Protocol):
    """An engine: builds, gives images out, and takes away what it made."""

    @property
    def name(self) -> str: ...

    def build(self, dockerfile: bytes, context: Path, options: Options) -> Built:
        """Raises EngineError; leaves nothing behind when it does, or when it is interrupted."""

    def archives(self, built: Sequence[Built]) -> Iterator[IO[bytes]]:
        """Archives that hold the images, each of which is to be read once, from start to end, before the next."""

    def remove(self, built: Built) -> None:
        """Take the image, and what was left by its build, out of the engine's store."""


def check_context(context: Path) -> None:
    """Raises EngineError where the build context is no folder."""
    if not context.exists():
        raise EngineError(f"there is no build context {context}")
    if not context.is_dir():
        raise EngineError(f"the build context {context} is not a folder")
