"""The files of a repository that build its Dockerfiles: they go along where a build argument became a secret."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from dfrefactor.cli import files
from dfrefactor.finding import Asked
from dfrefactor.kinds import Kind, kind_beside, kind_of_name
from dfrefactor.result import Result
from dfrefactor.text.source import Source

if TYPE_CHECKING:
    from dfrefactor.compose.file import BuildFile

AskedBy = Mapping[str, tuple[Asked, ...]]
"""The build arguments that Dockerfiles take as secrets, by their real paths."""


def asked(result: Result) -> tuple[Asked, ...]:
    """What a Dockerfile, as it is left, takes as secrets: what a pass made of its arguments, and what it says itself."""
    if result.errors or result.problems or "type=secret" not in result.after.text:
        return result.asked
    from dfrefactor.dockerfile.model import Document
    from dfrefactor.secrets.asked import asked as said

    found = {each.argument or f"secret {each.secret}": each for each in (*said(Document(result.after)), *result.asked)}
    return tuple(sorted(found.values()))


def seen_from(path: str, known: AskedBy, folders: Sequence[str]) -> dict[str, tuple[Asked, ...]]:
    """`known` by the paths that Dockerfiles have where the file at `path` builds them."""
    kind = _kind(path)
    bases = [os.path.dirname(os.path.realpath(path))]
    if kind in ("workflow", "gitlab", "script"):
        bases.insert(0, root(path, folders))
    if kind in ("workflow", "gitlab"):
        bases.pop()  # they are run where the repository is checked out
    return {_relative(dockerfile, base): every for base in reversed(bases) for dockerfile, every in known.items()}


def root(path: str, folders: Sequence[str] = ()) -> str:
    """The folder of the repository of a file: the one with `.git`, else the outermost of `folders` around it, else its own."""
    full = os.path.realpath(path)
    above = list(files.above(os.path.dirname(full)))
    if hidden := [each for each in above if os.path.basename(each) == ".github"]:
        return os.path.dirname(hidden[-1])
    if found := next((each for each in above if os.path.lexists(os.path.join(each, ".git"))), None):
        return found
    return min((real for each in folders if (real := os.path.realpath(each)) in above), key=len, default=os.path.dirname(full))


def beside(path: str, folders: Sequence[str], exclude: Sequence[str] = ()) -> tuple[str, ...]:
    """All files of the repository of `path` that may build a Dockerfile."""
    return _beside(root(path, folders), tuple(exclude))


@cache
def _beside(folder: str, exclude: tuple[str, ...]) -> tuple[str, ...]:
    found = files.discover([folder], exclude, kind=_kind)
    return tuple(path for path in found if _kind(path) != "dockerfile")


forget = _beside.cache_clear
"""There may be other files now."""


def ids(path: str, wanted: tuple[Asked, ...], folders: Sequence[str]) -> dict[str, str]:
    """Under which ids the repository has secrets of what it passes to the Dockerfile at `path` as arguments."""
    found: dict[str, str] = {}
    for other in beside(path, folders):
        known = seen_from(other, {os.path.realpath(path): wanted}, folders)
        if (file := _opened(other, _stamp(other))) is not None:
            found = {**file.ids(known), **found}
    return found


def _stamp(path: str) -> tuple[int, int]:
    """Another one where the file is another one."""
    try:
        about = os.stat(path)
    except OSError:
        return 0, 0
    return about.st_mtime_ns, about.st_size


@cache
def _opened(path: str, _: tuple[int, int]) -> BuildFile | None:
    """A file, read once however many Dockerfiles ask for it."""
    from dfrefactor.compose.file import BuildFile

    try:
        data = files.read(path)
    except files.FileError:
        return None
    kind = _kind(path)
    return BuildFile(Source.of_bytes(data, path), partial(files.beside, os.path.dirname(path)), kind) if kind else None


def outside(paths: Sequence[str], folders: Sequence[str]) -> Iterator[str]:
    """Those of `paths` that are in none of the folders."""
    real = {os.path.realpath(each) for each in folders}
    yield from (path for path in paths if real.isdisjoint(files.above(os.path.realpath(path))))


def shown(path: str) -> str:
    """A path as somebody in the current folder would write it."""
    try:
        short = os.path.relpath(path)
    except ValueError:  # on another drive
        return path
    return path if short.startswith("..") else short


def _relative(path: str, base: str) -> str:
    return os.path.relpath(path, base).replace(os.sep, "/")


def _kind(path: str) -> Kind | None:
    return kind_of_name(os.path.basename(path)) or kind_beside(path)
