"""The engines a Dockerfile can be built with, found on this machine or named."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from dfrefactor.engine.build import Builder
from dfrefactor.engine.buildah import Buildah
from dfrefactor.engine.classic import Classic
from dfrefactor.engine.docker import Docker
from dfrefactor.engine.process import EngineError, run


def find(name: str | None = None) -> Builder:
    """The engine of that name, or the first that answers.  Raises EngineError: what is missing, and how to get it.

    Names: `docker` (BuildKit through buildx), `classic` (docker's builder before BuildKit), `podman`, `buildah`.
    """
    makers: dict[str, Callable[[], Builder]] = {
        "docker": Docker, "classic": Classic,
        "podman": lambda: Buildah("podman"), "buildah": lambda: Buildah("buildah"),
    }  # fmt: skip
    tries = ["docker", "podman", "buildah"]
    if name is not None:
        if name not in makers:
            raise EngineError(f"no engine is called {name!r}; there are {', '.join(makers)}")
        tries = [name]
    elif os.environ.get("DOCKER_BUILDKIT") == "0":
        tries[0] = "classic"
    reasons = []
    for choice in tries:
        reason = missing(choice)
        if reason is None:
            return makers[choice]()
        reasons.append(reason)
    raise EngineError("no engine to build with: " + "; ".join(reasons))


def missing(name: str) -> str | None:
    """Why the engine can't be used, or None when it can."""
    program = "docker" if name == "classic" else name
    if shutil.which(program) is None:
        return f"{program} is not installed"
    code, out = run([program, "version"] if name != "docker" else [program, "buildx", "version"])
    if name == "docker" and code:
        return "docker has no buildx"
    if program == "docker":
        code, out = run([program, "version", "--format", "{{.Server.Version}}"])
    if code:
        words = out.decode("utf-8", "replace").strip().splitlines()
        return f"{program} does not answer ({words[-1] if words else 'no output'})"
    return None
