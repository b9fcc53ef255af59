"""The engines a Dockerfile can be built with, found on this machine or named."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, ClassVar

from dfrefactor.engine.build import Builder, Built, Options
from dfrefactor.engine.process import EngineError, run, stream
from dfrefactor.engine.progress import RawJson, failure
from dfrefactor.text.mask import Mask


class Docker(Builder):
    """BuildKit through buildx; builds go where DOCKER_HOST, the docker context or the buildx builder says.

    `mounts`: whether a RUN may have some.
    """

    name = "docker"
    mounts = True
    argv: tuple[str, ...] = ("docker", "buildx", "build", "--load", "--progress=rawjson", "--provenance=false")

    def archives(self, built: Sequence[Built]) -> Iterator[IO[bytes]]:
        with stream(["docker", "save", *dict.fromkeys(image.reference for image in built)]) as archive:
            yield archive

    def remove(self, built: Built) -> None:
        for image in (built.reference, *built.made):
            run(["docker", "image", "rm", image])

    def files(self, dockerfile: bytes, context: Path, options: Options, folder: Path) -> None:
        """Build, and put what the image holds into `folder`; no image comes of it.  Raises EngineError."""
        words = [word for word in self.argv if word != "--load"]
        self._run([*words, f"--output=type=local,dest={folder}"], dockerfile, context, options, RawJson(options.mask))

    def configuration(self, built: Built) -> dict[str, Any]:
        """What the engine says of an image.  Raises EngineError."""
        code, out = run(["docker", "image", "inspect", "--format", "{{json .}}", built.reference])
        if code:
            raise failure("docker image inspect", out.decode("utf-8", "replace"), Mask())
        return dict(json.loads(out))

    def forget(self, name: str) -> None:
        """Take what builds cached that speaks of `name`, a word of our own, out of the engine's store."""
        run(["docker", "buildx", "prune", "--force", f"--filter=description~={name}"])


class Classic(Docker):
    """Docker's builder before BuildKit: every stage in file order, no secrets, intermediate images in the store."""

    name = "classic"
    mounts = False
    argv = ("docker", "build", "--force-rm")
    env: ClassVar[Mapping[str, str]] = {"DOCKER_BUILDKIT": "0"}
    image_line = r"(?:\x1b\[0m)?\s*---> ([0-9a-f]{12})"

    def build(self, dockerfile: bytes, context: Path, options: Options) -> Built:
        if options.secrets or options.ssh or options.build_contexts:
            raise EngineError("the classic builder has no --secret, --ssh or --build-context; use BuildKit")
        return super().build(dockerfile, context, options)

    def images(self) -> set[str]:
        return set(run(["docker", "image", "ls", "--all", "--quiet"])[1].decode().split())


class Buildah(Builder):
    """Podman and buildah: one builder behind two command lines.  Where images live is theirs to say (storage.conf, …)."""

    prefix = "localhost/"
    image_line = r"(?:--> )?([0-9a-f]{11,64})"
    ignore_flag = "--ignorefile"

    def __init__(self, name: str) -> None:
        self.name = name
        self.argv = (name, "build", "--layers", "--force-rm", "--format=docker")

    def images(self) -> set[str]:
        code, out = run([self.name, "images", "--all", "--quiet", "--no-trunc"])
        return {line.removeprefix("sha256:") for line in out.decode().split()} if not code else set()

    def archives(self, built: Sequence[Built]) -> Iterator[IO[bytes]]:
        for reference in dict.fromkeys(image.reference for image in built):
            with TemporaryDirectory(prefix="dfrefactor-", dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
                path = Path(folder, "image.tar")
                code, out = run([self.name, "push", "--quiet", reference, f"docker-archive:{path}:{reference}"])
                if code:
                    raise failure(f"{self.name} push", out.decode("utf-8", "replace"), Mask())
                with path.open("rb") as archive:
                    yield archive

    def remove(self, built: Built) -> None:
        run([self.name, "rmi", "--force", built.reference])
        for image in built.made:
            run([self.name, "rmi", image])


MAKERS: dict[str, Callable[[], Builder]] = {
    "docker": Docker, "classic": Classic, "podman": lambda: Buildah("podman"), "buildah": lambda: Buildah("buildah"),
}  # fmt: skip


def find(name: str | None = None) -> Builder:
    """The engine of that name, or the first that answers.  Raises EngineError: what is missing, and how to get it.

    Names: `docker` (BuildKit through buildx), `classic` (docker's builder before BuildKit), `podman`, `buildah`.
    """
    tries = ["docker", "podman", "buildah"]
    if name is not None:
        if name not in MAKERS:
            raise EngineError(f"no engine is called {name!r}; there are {', '.join(MAKERS)}")
        tries = [name]
    elif os.environ.get("DOCKER_BUILDKIT") == "0":
        tries[0] = "classic"
    reasons = []
    for choice in tries:
        reason = missing(choice)
        if reason is None:
            return MAKERS[choice]()
        reasons.append(reason)
    raise EngineError("no engine to build with: " + "; ".join(reasons))


def missing(name: str) -> str | None:
    """Why the engine can't be used, or None when it can."""
    program = "docker" if name == "classic" else name
    if shutil.which(program) is None:
        return f"{program} is not installed"
    if name == "docker" and run([program, "buildx", "version"])[0]:
        return "docker has no buildx"
    code, out = run([program, "version", *(["--format", "{{.Server.Version}}"] if program == "docker" else [])])
    if code:
        words = out.decode("utf-8", "replace").strip().splitlines()
        return f"{program} does not answer ({words[-1] if words else 'no output'})"
    return None
