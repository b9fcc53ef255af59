"""Names for new stages: what a person would choose, and nobody has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, count

from dfrefactor.dockerfile.instructions import Copy, From, Run
from dfrefactor.dockerfile.model import Document
from dfrefactor.lazy import regex
from dfrefactor.stages.atoms import SYMBOL

_GENERIC = frozenset((
    "bin", "sbin", "lib", "lib64", "share", "src", "app", "opt", "usr", "local", "var", "tmp", "etc", "data", "files", "dist",
    "build", "target", "out", "srv", "home", "root", "download", "downloads", "cache", "config", "current", "latest",
))  # fmt: skip
"""Names of folders that say nothing about what is in them."""


def taken(document: Document, more: Iterable[str] = ()) -> set[str]:
    """Lower-case names a new stage must not have: stages, images of FROM, `--from` and `mount from=`, named contexts."""
    names = {name.lower() for name in more} | {stage.name or "" for stage in document.stages}
    used = [instruction.image for instruction in document.instructions if isinstance(instruction, From)]
    used += [instruction.from_ or "" for instruction in document.instructions if isinstance(instruction, Copy)]
    runs = (instruction for instruction in document.instructions if isinstance(instruction, Run))
    used += [mount.fields.get("from", "") for run in runs for mount in run.mounts]
    return names.union(*map(_image, used))


def _image(reference: str) -> set[str]:
    reference = reference.lower()
    return {reference, re.split(r"[:@]", reference.rpartition("/")[2])[0]}


def choose(wanted: Iterable[str], names: set[str]) -> str:
    """The first of `wanted` that is a valid stage name and free, else the first valid one with a number; added to `names`."""
    valid = [name for name in map(_valid, wanted) if name] or ["build"]
    name = next(n for n in chain(valid, (f"{valid[0]}-{number}" for number in count(2))) if n not in names)
    names.add(name)
    return name


def of_paths(paths: Iterable[str]) -> list[str]:
    """Names that what a stage leaves suggests: the last part of a path that says something, without versions."""
    found = []
    for path in paths:
        parts = [part for part in SYMBOL.sub("", path).lower().split("/") if part]
        telling = [name for part in parts if (name := _tool(part)) and name not in _GENERIC]
        found += telling[-1:]
        found += ["-".join(parts[-2:])] if not telling else []
    return found


def of_addresses(words: Iterable[str]) -> list[str]:
    """Names of the repositories that addresses among `words` lead to."""
    found = [re.search(r"://[^/]*git[^/]*/[^/]+/([^/?#]+)", word) for word in words]
    return [name for each in found if each and (name := _tool(each[1].removesuffix(".git").lower())) and name not in _GENERIC]


_VERSION = regex(r"v?\d+(?:\.[\w.]*|[ab]\d+|rc\d*)?")
_PLATFORMS = frozenset((
    "linux", "amd64", "x64", "x86", "64", "64bit", "arm64", "aarch64", "musl", "gnu", "unknown", "windows", "darwin", "latest",
    "stable", "all", "release", "master", "main", "any", "installer",
))  # fmt: skip
"""Parts of a file's name that say which of its builds it is."""


def _tool(part: str) -> str:
    """The name of a tool in that of a file: what stands before its version and its platform; "" where nothing does."""
    words = re.split(r"[-_]", re.sub(r"(?<=[^.])(?:\.(?:tar|t[gx]z|[a-z][a-z0-9]{1,5}))+$", "", part))
    known = [not (_VERSION.fullmatch(word) or word in _PLATFORMS or not word) for word in words]
    first = known.index(True) if True in known else len(words)
    last = known.index(False, first) if False in known[first:] else len(words)
    return re.sub(r"\.[\d.]+$", "", "-".join(words[first:last]))


def _valid(name: str) -> str:
    name = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")
    name = re.sub(r"(?<=[^.])(?:\.(?:tar|[a-z][a-z0-9]{1,3}))+$", "", name).strip("-._")
    return name if re.fullmatch(r"[a-z][a-z0-9._-]*", name) else ""
