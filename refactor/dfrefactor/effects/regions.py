"""Regions of the file system: names, trees and globs, and whether two of them may meet."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal, NamedTuple

_ALIASES = {"bin": "/usr/bin", "sbin": "/usr/sbin", "lib": "/usr/lib", "lib32": "/usr/lib32", "lib64": "/usr/lib64",
            "libx32": "/usr/libx32"}  # fmt: skip


@lru_cache(maxsize=65536)
def canonical(path: str) -> str:
    """`path`, absolute, without `.`, `..`, doubled slashes, and with /bin, /sbin, /lib* and /var/run told by targets.

    The aliases are those of merged-/usr distributions; where they are real folders, that is only stricter.
    """
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    if parts and parts[0] in _ALIASES:
        return "/".join([_ALIASES[parts[0]], *parts[1:]])
    if parts[:2] in (["var", "run"], ["var", "lock"]):
        return "/".join(["/run", *(["lock"] if parts[1] == "lock" else []), *parts[2:]])
    return "/" + "/".join(parts)


class Region(NamedTuple):
    """A part of the file system: one name (a file, or a folder without its content), a tree, or the names of a glob.

    A glob's matches count with all that is below them.
    """

    path: str
    kind: Literal["file", "tree", "glob"] = "file"

    def overlaps(self, other: Region) -> bool:
        """Whether a name may be in both.  Never says no wrongly; two globs are compared by their fixed beginning only."""
        if self.kind == "glob" and other.kind == "file":
            return _matches(self.path, canonical(other.path))
        if other.kind == "glob" and self.kind == "file":
            return _matches(other.path, canonical(self.path))
        if self.kind != other.kind and "glob" in (self.kind, other.kind):
            pattern, tree = (self, other) if self.kind == "glob" else (other, self)
            return _meets(pattern.path, canonical(tree.path))
        mine, theirs = self._base(), other._base()
        if mine == theirs:
            return True
        if self.kind != "file" and (mine == "/" or theirs.startswith(mine + "/")):
            return True
        return other.kind != "file" and (theirs == "/" or mine.startswith(theirs + "/"))

    def contains(self, path: str) -> bool:
        """Whether the one name `path` may be in this region."""
        return self.overlaps(Region(path))

    def _base(self) -> str:
        if self.kind != "glob":
            return canonical(self.path)
        fixed = self.path
        for at, char in enumerate(self.path):
            if char in "*?[":
                fixed = self.path[:at].rpartition("/")[0]
                break
        return canonical(fixed)

    def __str__(self) -> str:
        return self.path.rstrip("/") + "/**" if self.kind == "tree" else self.path


Regions = frozenset[Region]


def trees(paths: str) -> Regions:
    """The trees below each of some paths."""
    return frozenset(Region(path, "tree") for path in paths.split())


@lru_cache(maxsize=65536)
def _matches(pattern: str, path: str) -> bool:
    """Whether `path`, or a folder it is in, is matched; each `*` stops at a slash, a leading `/**` is any folder."""
    wanted, given = canonical(pattern).split("/"), path.split("/")
    if wanted[1:2] == ["**"]:
        rest = wanted[2:]
        return any(all(map(fnmatchcase, given[at:], rest)) for at in range(1, len(given) - len(rest) + 1))
    return len(given) >= len(wanted) and all(map(fnmatchcase, given, wanted))


@lru_cache(maxsize=65536)
def _meets(pattern: str, tree: str) -> bool:
    """Whether a tree may hold a match, or lie below one."""
    wanted, given = canonical(pattern).split("/")[1:], tree.split("/")[1:]
    return wanted[:1] == ["**"] or tree == "/" or all(map(fnmatchcase, given, wanted))
