"""What differs between two builds of one file, and so says nothing about a rewrite."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from os.path import commonprefix

from dfrefactor.lazy import dataclass


@dataclass(frozen=True)
class Noise:
    """Paths (a glob; `**` crosses folders) whose content, or whose being there at all, is not compared."""

    pattern: str
    presence: bool = False
    why: str = ""
    paired: bool = False
    """Tolerated only where both images have equally many such paths: one that is missing is no noise."""

    def matches(self, path: str) -> bool:
        return _compiled(self.pattern).fullmatch(path) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(/\*\*/|/\*\*$|\*\*|\*|\?)", pattern)
    forms = {"/**/": "/(?:.*/)?", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(forms.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)


def escape(path: str) -> str:
    """A pattern for just this path; the pattern language has no quoting, so a wildcard stands for itself."""
    return path.replace("*", "?")


KNOWN = (
    Noise("/**/__pycache__/*.pyc", why="holds the source's modification time"),
    Noise("/var/log/**", why="logs hold times"),
    Noise("/var/cache/ldconfig/aux-cache", why="holds inode numbers and times"),
    Noise("/var/cache/apt/*.bin", why="holds times of the lists it was made from"),
    Noise("/var/cache/debconf/*-old", why="the state before the last change"),
    Noise("/var/lib/dpkg/*-old", why="the state before the last change"),
    Noise("/**/.git/index", why="holds inode numbers and times"),
    Noise("/**/.git/logs/**", why="the reflog holds times"),
    Noise("/**/.cache/pip/**", why="holds the server's answers with their dates"),
    Noise("/**/.npm/_logs/**", presence=True, why="named by time"),
    Noise("/**/.npm/_cacache/**", presence=True, why="holds times, and is named by their hashes"),
    Noise("/**/.npm/_update-notifier-last-checked", presence=True, why="a time stamp"),
    Noise("/etc/.pwd.lock", presence=True, why="a lock"),
)
"""Kept short on purpose: everything else is learned by building the old file twice (`--twice`)."""


def varying(first: Iterable[str], second: Iterable[str]) -> tuple[Noise, ...]:
    """Patterns for paths that each of two builds of one file has under another name, `/tmp/tmpk3j2` for instance."""
    folders: dict[str, tuple[list[str], list[str]]] = {}
    for side, paths in enumerate((first, second)):
        for path in sorted(paths):
            folder, _, name = path.rpartition("/")
            folders.setdefault(escape(folder), ([], []))[side].append(escape(name))
    found = []
    for folder, (ours, theirs) in folders.items():
        if len(ours) != len(theirs):
            found += [Noise(f"{folder}/{name}", True, "came and went") for name in ours + theirs]
            continue
        for names in zip(ours, theirs, strict=True):
            start = commonprefix(names)
            end = commonprefix([name[len(start) :][::-1] for name in names])[::-1]
            found.append(Noise(f"{folder}/{start}*{end}", True, "had another name in each build", paired=True))
    return tuple(dict.fromkeys(found))
