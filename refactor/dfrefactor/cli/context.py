"""The build context of a Dockerfile, as a builder would take it from the folder it lies in, or one around it."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import islice

from dfrefactor.cli.files import above
from dfrefactor.context import Tree, matcher

_ASIDE = frozenset((".git", ".hg", ".svn", ".tox", ".venv", "__pycache__", "node_modules"))
"""Folders that are other people's files."""
_MOST, _DEEPEST, _AROUND, _LARGEST = 20_000, 12, 3, 1 << 20


def look(dockerfile: str, named: tuple[str, ...]) -> Tree | None:
    """The folder that has all that is `named`: the Dockerfile's own, or one around it in the same repository."""
    folder = root(dockerfile, named)
    return _tree(folder, _own(dockerfile)) if folder is not None else None


def root(dockerfile: str, named: tuple[str, ...]) -> str | None:
    """Where that folder is."""
    for folder in islice(above(os.path.dirname(os.path.realpath(dockerfile))), _AROUND):
        if all(os.path.lexists(os.path.join(folder, name.lstrip("/"))) for name in named):
            return folder
        if os.path.lexists(os.path.join(folder, ".git")):
            return None
    return None


def digest(folder: str, dockerfile: str, patterns: Sequence[str] | None) -> str:
    """Of what a file takes of its context, whose names match `patterns`, or of all of it: names, modes and content."""
    out, wanted = kept_out(folder, dockerfile), None if patterns is None else [matcher(each) for each in patterns]
    import hashlib

    found = hashlib.sha256()
    for place, names, files in os.walk(folder) if patterns != () else ():
        names.sort()
        below = os.path.relpath(place, folder)
        for name in sorted([*files, *(each for each in names if os.path.islink(os.path.join(place, each)))]):
            path, full = posixpath.normpath(posixpath.join(below, name)), os.path.join(place, name)
            if out(path) or not (wanted is None or any(each.match(path) for each in wanted)):
                continue
            try:
                mode = os.lstat(full).st_mode
                found.update(f"{path}\0{mode}\0".encode("utf-8", "surrogateescape"))
                if stat.S_ISLNK(mode):
                    found.update(os.fsencode(os.readlink(full)))
                elif stat.S_ISREG(mode):
                    with open(full, "rb") as file:
                        found.update(hashlib.file_digest(file, "sha256").digest())
            except OSError:
                found.update(b"?")  # a builder says what is wrong with it
    return found.hexdigest()


def kept_out(folder: str, dockerfile: str) -> Callable[[str], bool]:
    """Whether a path below a build context is no part of it."""
    ignored = _rules(_own(dockerfile) or os.path.join(folder, ".dockerignore"))
    return lambda path: _out(path, ignored)


def _own(dockerfile: str) -> str | None:
    """The .dockerignore of this one Dockerfile, if it has one."""
    own = os.path.realpath(dockerfile) + ".dockerignore"
    return own if os.path.isfile(own) else None


@cache
def _tree(root: str, own: str | None) -> Tree:
    ignored = _rules(own or os.path.join(root, ".dockerignore"))
    found, aside = list[str](), list[str]()
    _walk(root, "", ignored, found, aside, 0)
    return Tree(tuple(sorted(found)), partial(_text, root), tuple(sorted(aside)), partial(_size, root))


forget = _tree.cache_clear
"""What is in the folders may be another now."""


def _walk(
    root: str, below: str, ignored: list[tuple[re.Pattern[str], bool]], found: list[str], aside: list[str], depth: int
) -> None:
    try:
        entries = sorted(os.scandir(os.path.join(root, below)), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = posixpath.join(below, entry.name)
        out = _out(path, ignored)
        if len(found) >= _MOST or entry.name in _ASIDE:
            aside += [] if out else [path]
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < _DEEPEST and not (out and all(keeps for _, keeps in ignored)):
                _walk(root, path, ignored, found, aside, depth + 1)
        elif not out:
            found.append(path)


def _text(root: str, path: str) -> str | None:
    full = os.path.join(root, path)
    try:
        if not os.path.isfile(full) or os.path.getsize(full) > _LARGEST:
            return None
        with open(full, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def _size(root: str, path: str) -> int:
    try:
        return os.stat(os.path.join(root, path)).st_size
    except OSError:
        return 0


def _rules(path: str) -> list[tuple[re.Pattern[str], bool]]:
    """The lines of a .dockerignore, and whether each keeps out what it matches (patternmatcher of moby)."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            lines = [line.strip() for line in file if not line.startswith("#")]
    except OSError:
        return []
    found = []
    for line in filter(None, lines):
        keeps = not line.startswith("!")
        found.append((matcher(line.removeprefix("!").strip()), keeps))
    return found


def _out(path: str, rules: list[tuple[re.Pattern[str], bool]]) -> bool:
    """Whether a path is kept out: the last line that matches it, or a folder it is in, decides."""
    return next((keeps for pattern, keeps in reversed(rules) if pattern.match(path)), False)
