"""Docker with BuildKit, through buildx; and what its two builders have in common."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from dfrefactor.engine.build import Built, Options, check_context
from dfrefactor.engine.process import run, stream
from dfrefactor.engine.progress import Progress

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
