"""Podman and buildah: one builder behind two command lines."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from dfrefactor.engine.build import Built, Options, Step, check_context
from dfrefactor.engine.docker import common, new_reference, written
from dfrefactor.engine.failure import failure
from dfrefactor.engine.process import mask, run


@dataclass(frozen=True)
class Buildah:
    """`program` is podman or buildah; where images live is theirs to say (storage.conf, STORAGE_DRIVER, …)."""

    program: str

    @property
    def name(self) -> str:
        return self.program

    def build(self, dockerfile: bytes, context: Path, options: Options) -> Built:
        check_context(context)
        reference = "localhost/" + new_reference()
        before = self._images()
        log = BuildahLog(options.masked)
        started = time.monotonic()
        try:
            with TemporaryDirectory(prefix="dfrefactor-") as folder:
                path = written(folder, dockerfile, options.ignore)
                extra = [f"--ignorefile={path}.dockerignore"] if options.ignore is not None else []
                code, _ = run(
                    [self.program, "build", "--layers", "--force-rm", "--format=docker", f"--tag={reference}",
                     f"--file={path}", *extra, *common(options), str(context)],
                    each=log.line,
                )  # fmt: skip
                if code:
                    raise failure(log.instruction, "\n".join(log.tail), options.masked)
        except BaseException:
            self.remove(Built(reference, "", (), 0, made=log.left(before)))
            raise
        took = time.monotonic() - started
        return Built(reference, log.identity, log.steps(), took, tuple(log.lines), log.left(before))

    def _images(self) -> set[str]:
        code, out = run([self.program, "images", "--all", "--quiet", "--no-trunc"])
        return {line.removeprefix("sha256:") for line in out.decode().split()} if not code else set()

    def archives(self, built: Sequence[Built]) -> Iterator[IO[bytes]]:
        for image in {image.reference: image for image in built}.values():
            with TemporaryDirectory(prefix="dfrefactor-", dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
                path = Path(folder, "image.tar")
                give = ["push", "--quiet", image.reference, f"docker-archive:{path}:{image.reference}"]
                code, out = run([self.program, *give])
                if code:
                    raise failure(f"{self.program} push", out.decode("utf-8", "replace"), ())
                with path.open("rb") as archive:
                    yield archive

    def remove(self, built: Built) -> None:
        run([self.program, "rmi", "--force", built.reference])
        for image in built.made:
            run([self.program, "rmi", image])


class BuildahLog:
    """Their output: `STEP 2/5: RUN …` (with stages `[1/2] STEP 2/5: RUN …`), then `--> image` or `--> Using cache`."""

    def __init__(self, masked: Sequence[str]) -> None:
        self.masked = masked
        self.lines: list[str] = []
        self.tail: list[str] = []
        self.instruction: str | None = None
        self._images: list[str] = []
        self._steps: list[tuple[str, float, float, bool]] = []

    def line(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        self.lines.append(mask(text, self.masked))
        now = time.monotonic()
        if self._steps:
            name, since, _, cached = self._steps[-1]
            self._steps[-1] = (name, since, now, cached or text.startswith("--> Using cache"))
        if step := re.match(r"(?:\[\d+/\d+\] )?STEP \d+(?:/\d+)?: (.*)", text):
            self.instruction, self.tail = step[1], []
            self._steps.append((step[1], now, now, False))
        elif image := re.match(r"(?:--> )?([0-9a-f]{11,64})$", text):
            self._images.append(image[1])
        else:
            self.tail.append(text)

    @property
    def identity(self) -> str:
        return self._images[-1] if self._images else ""

    def left(self, before: set[str]) -> tuple[str, ...]:
        """Images the build added to the store, the last one first."""
        made = dict.fromkeys(reversed(self._images))
        return tuple(image for image in made if not any(known.startswith(image) for known in before))

    def steps(self) -> tuple[Step, ...]:
        return tuple(
            Step(str(i), mask(name, self.masked), 0.0 if cached else until - since, cached, (str(i - 1),) if i else ())
            for i, (name, since, until, cached) in enumerate(self._steps)
        )
