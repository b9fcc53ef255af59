"""Docker's builder before BuildKit."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dfrefactor.engine.build import Built, Options, Step, check_context
from dfrefactor.engine.docker import Store, common, new_reference, written
from dfrefactor.engine.failure import failure
from dfrefactor.engine.process import EngineError, mask, run


class Classic(Store):
    """Docker's builder before BuildKit: every stage in file order, no secrets, intermediate images in the store."""

    name = "classic"

    def build(self, dockerfile: bytes, context: Path, options: Options) -> Built:
        check_context(context)
        if options.secrets or options.ssh or options.build_contexts:
            raise EngineError("the classic builder has no --secret, --ssh or --build-context; use BuildKit")
        before = self._images()
        reference = new_reference()
        log = ClassicLog(options.masked)
        env = {"DOCKER_BUILDKIT": "0"}
        started = time.monotonic()
        try:
            with TemporaryDirectory(prefix="dfrefactor-") as folder:
                path = written(folder, dockerfile, None)
                code, _ = run(
                    ["docker", "build", "--force-rm", f"--tag={reference}", f"--file={path}",
                     *common(options), str(context)],
                    env=env, each=log.line,
                )  # fmt: skip
            if code:
                raise failure(log.instruction, "\n".join(log.tail), options.masked)
        except BaseException:
            self.remove(Built(reference, "", (), 0, made=self._new(log, before)))
            raise
        made = self._new(log, before)
        took = time.monotonic() - started
        return Built(reference, log.images[-1] if log.images else "", log.steps(), took, tuple(log.lines), made)

    def _images(self) -> set[str]:
        return set(run(["docker", "image", "ls", "--all", "--quiet"])[1].decode().split())

    @staticmethod
    def _new(log: ClassicLog, before: set[str]) -> tuple[str, ...]:
        return tuple(image for image in dict.fromkeys(log.images) if image not in before)


class ClassicLog:
    """The classic builder's output: `Step 2/5 : RUN …`, then ` ---> image`."""

    def __init__(self, masked: Sequence[str]) -> None:
        self.masked = masked
        self.lines: list[str] = []
        self.tail: list[str] = []
        self.images: list[str] = []
        self.instruction: str | None = None
        self._steps: list[tuple[str, float, bool]] = []
        self._since = time.monotonic()

    def line(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        self.lines.append(mask(text, self.masked))
        if step := re.match(r"Step \d+/\d+ : (.*)", text):
            self._close()
            self.instruction, self.tail = step[1], []
            self._steps.append((step[1], 0.0, False))
        elif image := re.match(r"(?:\x1b\[0m)?\s*---> ([0-9a-f]{12})$", text):
            self.images.append(image[1])
        elif text.strip() == "---> Using cache" and self._steps:
            self._steps[-1] = (*self._steps[-1][:2], True)
        else:
            self.tail.append(text)

    def _close(self) -> None:
        now = time.monotonic()
        if self._steps:
            name, _, cached = self._steps[-1]
            self._steps[-1] = (name, 0.0 if cached else now - self._since, cached)
        self._since = now

    def steps(self) -> tuple[Step, ...]:
        self._close()
        return tuple(
            Step(str(i), mask(name, self.masked), took, cached, (str(i - 1),) if i else ())
            for i, (name, took, cached) in enumerate(self._steps)
        )
