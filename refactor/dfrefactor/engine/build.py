"""What an engine is: how it is told to build, and what it gives back."""

from __future__ import annotations

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, ClassVar

from dfrefactor.engine.process import EngineError, run
from dfrefactor.engine.progress import Lines, RawJson, Step
from dfrefactor.lazy import dataclass
from dfrefactor.text.mask import Mask

NAME = "dfrefactor-built"


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
    mask: Mask = field(default_factory=Mask)
    """Hides what no line of output may show."""

    @property
    def flags(self) -> Iterator[str]:
        """The options that all engines write alike."""
        for option, value in (("target", self.target), ("network", self.network), ("platform", self.platform)):
            if value is not None:
                yield f"--{option}={value}"
        for name, value in self.build_args.items():
            yield f"--build-arg={name}" if value is None else f"--build-arg={name}={value}"
        yield from (f"--secret={secret}" for secret in self.secrets)
        yield from (f"--ssh={ssh}" for ssh in self.ssh)
        yield from (f"--build-context={named}" for named in self.build_contexts)
        if self.no_cache:
            yield "--no-cache"


@dataclass(frozen=True)
class Built:
    """An image that a build left in the engine's store, under a name of our own."""

    reference: str
    steps: tuple[Step, ...] = ()
    seconds: float = 0.0
    lines: tuple[str, ...] = ()
    """The build's log, secrets masked."""
    made: tuple[str, ...] = ()
    """Further images the build left behind, the last one first."""

    @property
    def cached(self) -> int:
        return sum(step.cached for step in self.steps)

    @property
    def critical_path(self) -> tuple[Step, ...]:
        """The chain of steps that took the longest: no number of workers makes the build shorter than it."""
        best: dict[str, tuple[float, tuple[Step, ...]]] = {}
        for step in self.steps:  # engines name a step after those it needs
            before = max((best[key] for key in step.inputs if key in best), default=(0.0, ()), key=lambda pair: pair[0])
            best[step.key] = (before[0] + step.seconds, (*before[1], step))
        return max(best.values(), default=(0.0, ()), key=lambda pair: pair[0])[1]


class Builder(ABC):
    """An engine at its command line: builds, gives images out, and takes away what it made."""

    name: str
    argv: tuple[str, ...]
    """What builds, with the options that are the engine's own."""
    env: ClassVar[Mapping[str, str]] = {}
    prefix = ""
    """What stands before the names of images that are nobody's on the network."""
    image_line = ""
    """A pattern for the lines of its output that name an image it made; "" where it writes JSON."""
    ignore_flag = ""
    """The option that names an ignore file, where the one beside the Dockerfile is not seen by itself."""

    def build(self, dockerfile: bytes, context: Path, options: Options) -> Built:
        """Raises EngineError; leaves nothing behind when it does, or when it is interrupted."""
        # A name nobody else has: removing it never takes an image from anyone.
        reference = f"{self.prefix}{NAME}:{uuid.uuid4().hex}"
        before, started = self.images(), time.monotonic()
        log = Lines(options.mask, self.image_line) if self.image_line else RawJson(options.mask)
        try:
            self._run([*self.argv, f"--tag={reference}"], dockerfile, context, options, log)
        except BaseException:
            self.remove(Built(reference, made=_made(log, before)))
            raise
        return Built(reference, log.steps(), time.monotonic() - started, tuple(log.lines), _made(log, before))

    def _run(self, words: Sequence[str], dockerfile: bytes, context: Path, options: Options, log: RawJson | Lines) -> None:
        if not context.exists():
            raise EngineError(f"there is no build context {context}")
        if not context.is_dir():
            raise EngineError(f"the build context {context} is not a folder")
        with TemporaryDirectory(prefix="dfrefactor-") as folder:
            file, ignored = Path(folder, "Dockerfile"), Path(folder, "Dockerfile.dockerignore")
            words = [*words, f"--file={file}", *options.flags, str(context)]
            file.write_bytes(dockerfile)
            if options.ignore is not None:
                ignored.write_bytes(options.ignore)
                words[-1:-1] = [f"{self.ignore_flag}={ignored}"] if self.ignore_flag else []
            if run(words, env=self.env, each=log.line)[0]:
                raise log.failure()

    def images(self) -> set[str]:
        """What is in the store, for an engine whose builds leave more there than their image."""
        return set()

    @abstractmethod
    def archives(self, built: Sequence[Built]) -> Iterator[IO[bytes]]:
        """Archives that hold the images, each of which is to be read once, from start to end, before the next."""

    @abstractmethod
    def remove(self, built: Built) -> None:
        """Take the image, and what was left by its build, out of the engine's store."""


def _made(log: RawJson | Lines, before: set[str]) -> tuple[str, ...]:
    new = [image for image in dict.fromkeys(log.images) if not any(known.startswith(image) for known in before)]
    return tuple(reversed(new))
