"""What builds were seen to do, remembered: paths, and digests of what they were seen with."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dfrefactor.dockerfile.comments import Hint
from dfrefactor.dockerfile.instructions import Add, Copy, Instruction, Onbuild, Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.lazy import dataclass
from dfrefactor.text.source import Span

FORM = 1
"""Of what is remembered; another one is not read."""


@dataclass(frozen=True)
class Seen:
    """What a step was seen to do, or why no pass may rest on it; `base` is the digest of the image its stage starts from."""

    base: str
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    reason: str = ""

    @property
    def hint(self) -> Hint | None:
        return None if self.reason else Hint(self.writes, self.reads, Span(0, 0), self.leaves)


def keys(document: Document, wanted: Iterable[Instruction], given: Iterable[str]) -> dict[Instruction, str]:
    """For each step a digest of it and of all before it that may have a say: the steps of its stage, of those it is FROM or
    copies from, and what was `given` to the build beside.
    """
    start = "\0".join((*given, *(arg.written for arg in document.global_args)))
    found = {}
    for stage in document.stages:
        mine = set(wanted) & set(stage.instructions)
        hashed = hashlib.sha256(start.encode("utf-8", "surrogateescape"))
        for instruction, said in _said(document, stage):
            hashed.update(said.encode("utf-8", "surrogateescape") + b"\0")
            if instruction in mine:
                found[instruction] = hashed.hexdigest()
    return found


def taken(document: Document) -> tuple[str, ...] | None:
    """Patterns for what the file takes of its context; None where that may be any of it."""
    found: dict[str, None] = {}
    for instruction in document.instructions:
        if isinstance(instruction, Copy | Add) and not instruction.flag("from"):
            names = [word.text for word in instruction.sources]
            if any("$" in name or "\\" in name for name in names) or instruction.flag("exclude") is not None:
                return None
            found |= dict.fromkeys(name for name in names if "://" not in name and not name.startswith("<<"))
        elif isinstance(instruction, Run):
            if any(each.type == "bind" and not each.fields.get("from") for each in instruction.mounts):
                return None
        elif isinstance(instruction, Onbuild):
            return None
    return tuple(found)


def _said(document: Document, stage: Stage) -> Iterator[tuple[Instruction, str]]:
    if isinstance(stage.base, Stage):
        yield from _said(document, stage.base)
    else:
        yield stage.from_, f"FROM {stage.base} {stage.platform}"
    edges = {edge.instruction: edge.target for edge in document.graph[stage.index] if edge.kind != "from"}
    for instruction in stage.instructions[1:]:
        target = edges.get(instruction)
        if isinstance(target, Stage) and target.index < stage.index:
            yield instruction, hashlib.sha256("\0".join(said for _, said in _said(document, target)).encode(
                "utf-8", "surrogateescape")).hexdigest()  # fmt: skip
        yield instruction, instruction.logical.text + "".join(each.content for each in instruction.heredocs)


def recall(folder: Path, key: str) -> Seen | None:
    """What is remembered in `folder` under that key."""
    try:
        said: Any = json.loads((folder / f"{key}.json").read_bytes())
        if said["form"] != FORM:
            return None
        paths = {name: tuple(map(str, said[name])) for name in ("writes", "reads", "leaves")}
        return Seen(str(said["base"]), **paths, reason=str(said["reason"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(folder: Path, found: Mapping[str, Seen]) -> None:
    """Remember it in `folder`; one that can't be written to is no reason to stop."""
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for key, seen in found.items():
            said = {"form": FORM, "base": seen.base, "writes": seen.writes, "reads": seen.reads, "leaves": seen.leaves,
                    "reason": seen.reason}  # fmt: skip
            with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".part", delete=False, encoding="utf-8") as file:
                json.dump(said, file)
            os.replace(file.name, folder / f"{key}.json")
