"""What an engine knows of the images that stages start from: what they set, and which ones they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.engine.build import Built, Options
from dfrefactor.engine.builders import Docker
from dfrefactor.images import start
from dfrefactor.lazy import dataclass

Build = Callable[[str, bytes, Path, Options], Built]


@dataclass(frozen=True)
class Base:
    """What an image says of itself."""

    digest: str
    """Of its layers and its configuration: the same for the same files and settings, wherever it came from."""
    workdir: str = "/"
    user: str = ""
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    architecture: str = ""


def asked(builder: Docker, build: Build, document: Document, stages: Iterable[Stage], options: Options) -> dict[str, Base]:
    """What the engine says of the images that these stages start from, by their names in the file.  Raises EngineError."""
    found: dict[str, Base] = {}
    for stage in stages:
        name = stage.base
        if not isinstance(name, str) or name in found or name == "scratch":
            continue
        # The file up to its FROM and no further: the engine finds the image as it would in a build.
        lines = [document.source.text[each.span.start : each.span.end] for each in (*document.global_args, stage.from_)]
        text = "".join(line.rstrip("\r\n") + "\n" for line in lines)
        with TemporaryDirectory(prefix="dfrefactor-") as empty:
            built = build("the base image", text.encode("utf-8", "surrogateescape"), Path(empty), replace(options, ignore=None))
        found[name] = _base(builder.configuration(built))
    return found


def _base(said: Mapping[str, Any]) -> Base:
    config = said.get("Config") or {}
    about = [said.get("RootFS"), {key: config.get(key) for key in ("Env", "User", "WorkingDir", "Shell", "Volumes", "OnBuild")}]
    return Base(
        f"sha256:{hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()}", config.get("WorkingDir") or "/",
        config.get("User") or "", tuple(config.get("Shell") or ("/bin/sh", "-c")), said.get("Architecture") or "",
    )  # fmt: skip


def starting(bases: Mapping[str, Base]) -> Callable[[Stage], Scope]:
    """What holds at the start of a stage, with what the engine said of the image it is FROM."""

    def first(stage: Stage) -> Scope:
        scope, base = start(stage), bases.get(str(stage.base))
        return replace(scope, workdir=base.workdir, user=base.user, shell=base.shell) if base is not None else scope

    return first
