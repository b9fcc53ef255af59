"""Docker: BuildKit through buildx, and the classic builder."""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from refactor.engine.builders import Built, Options, Step, check_context
from refactor.engine.failure import failure
from refactor.engine.process import EngineError, mask, run, stream

NAME = "dfrefactor-built"


def new_reference() -> str:
    """A name nobody else has: removing it never takes an image from anyone."""
    return f"{NAME}:{uuid.uuid4().hex}"


def common(options: Options) -> Iterator[str]:
    for option, value in (("target", options.target), ("network", options.network), ("platform", options.platform)):
        if value is not None:
            yield f"--{option}={value}"
    for name, value in options.build_args.items():
        yield f"--build-arg={name}" if value is None else f"--build-arg={name}={value}"
    yield from (f"--secret={secret}" for secret in options.secrets)
    yield from (f"--ssh={ssh}" for ssh in options.ssh)
    yield from (f"--build-context={named}" for named in options.build_contexts)
    if options.no_cache:
        yield "--no-cache"


def written(folder: str, dockerfile: bytes, ignore: bytes | None) -> Path:
    path = Path(folder, "Dockerfile")
    path.write_bytes(dockerfile)
    if ignore is not None:
        Path(folder, "Dockerfile.dockerignore").write_bytes(ignore)
    return path


class Store:
    """Images in a Docker daemon."""

    def archives(self, built: Sequence[Built]) -> Iterator[IO[bytes]]:
        with stream(["docker", "save", *dict.fromkeys(image.reference for image in built)]) as archive:
            yield archive

    def remove(self, built: Built) -> None:
        run(["docker", "image", "rm", built.reference])
        for image in reversed(built.made):
            run(["docker", "image", "rm", image])


class Docker(Store):
    """BuildKit through buildx; builds go where DOCKER_HOST, the docker context or the buildx builder says."""

    name = "docker"

    def build(self, dockerfile: bytes, context: Path, options: Options) -> Built:
        check_context(context)
        reference = new_reference()
        progress = Progress(options.masked)
        started = time.monotonic()
        try:
            with TemporaryDirectory(prefix="dfrefactor-") as folder:
                path = written(folder, dockerfile, options.ignore)
                identity = Path(folder, "identity")
                code, _ = run(
                    ["docker", "buildx", "build", "--load", "--progress=rawjson", "--provenance=false",
                     f"--tag={reference}", f"--iidfile={identity}", f"--file={path}", *common(options), str(context)],
                    each=progress.line,
                )  # fmt: skip
                if code:
                    raise progress.failure()
                made = identity.read_text().strip() or reference
        except BaseException:
            self.remove(Built(reference, "", (), 0))
            raise
        return Built(reference, made, progress.steps(), time.monotonic() - started, tuple(progress.lines))


class Progress:
    """What buildx's `--progress=rawjson` tells, line by line (its SolveStatus: vertexes, statuses, logs, warnings)."""

    def __init__(self, masked: Sequence[str]) -> None:
        self.masked = masked
        self.lines: list[str] = []
        self._vertexes: dict[str, dict[str, Any]] = {}
        self._logs: dict[str, list[str]] = {}
        self._plain: list[str] = []

    def line(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")
        try:
            status = json.loads(text)
        except ValueError:
            status = None
        if not isinstance(status, dict):
            self._plain.append(text.rstrip("\n"))
            self.lines.append(mask(text.rstrip("\n"), self.masked))
            return
        for vertex in status.get("vertexes") or ():
            known = self._vertexes.setdefault(vertex["digest"], {"at": len(self._vertexes)})
            known.update(vertex)
        for log in status.get("logs") or ():
            said = base64.b64decode(log.get("data", "")).decode("utf-8", "replace")
            self._logs.setdefault(log["vertex"], []).append(said)
            self.lines += mask(said, self.masked).splitlines()

    def steps(self) -> tuple[Step, ...]:
        done = [v for v in self._vertexes.values() if v.get("completed") and not internal(v["name"])]
        order = _in_order(done)
        return tuple(
            Step(v["digest"], mask(v["name"], self.masked), seconds(v), bool(v.get("cached")),
                 tuple(v.get("inputs") or ()))
            for v in order
        )  # fmt: skip

    def failure(self) -> EngineError:
        failed = [v for v in self._vertexes.values() if v.get("error") and "context canceled" not in v["error"]]
        if not failed:
            return failure(None, "\n".join(self._plain), self.masked)
        first = min(failed, key=lambda v: (str(v.get("completed", "~")), v["at"]))
        name = re.sub(r"^\[[^]]*\] ", "", first["name"])
        said = "".join(self._logs.get(first["digest"], ()))
        errors = [line for line in self._plain if line.startswith("ERROR")] or [first["error"]]
        if internal(first["name"]):
            return failure(None, "\n".join(self._plain), self.masked)
        return failure(name, said.rstrip("\n") + "\n" + "\n".join(errors), self.masked)


def internal(name: str) -> bool:
    return name.startswith(("[internal]", "[auth]", "exporting", "importing", "resolving provenance", "writing"))


def seconds(vertex: dict[str, Any]) -> float:
    if not vertex.get("started") or vertex.get("cached"):
        return 0.0
    return max(0.0, (moment(vertex["completed"]) - moment(vertex["started"])).total_seconds())


def moment(text: str) -> datetime:
    """Go writes nanoseconds, Python reads microseconds."""
    return datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", text).replace("Z", "+00:00"))


def _in_order(vertexes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each after those it needs."""
    by_key = {v["digest"]: v for v in vertexes}
    order: dict[str, dict[str, Any]] = {}

    def visit(vertex: dict[str, Any]) -> None:
        stack = [(vertex, iter(vertex.get("inputs") or ()))]
        while stack:
            current, rest = stack[-1]
            needed = next((by_key[key] for key in rest if key in by_key and key not in order), None)
            if needed is not None:
                stack.append((needed, iter(needed.get("inputs") or ())))
            else:
                order.setdefault(current["digest"], current)
                stack.pop()

    for vertex in vertexes:
        visit(vertex)
    return list(order.values())


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
