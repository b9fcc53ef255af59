"""What a word comes to, as far as it is known, and the part of the file system that such a value names.

A value is plain text in which `HOLE name END` stands for text nobody knows (the value of `$name`) and `STAR` and `ONE` for
what a glob matches.  Two values that are equal with their holes are equal at run time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal, NamedTuple
from zlib import crc32

from dfrefactor.lazy import regex

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


def spelled(path: str, text: str) -> str:
    """A canonical path as `text` has it: where the aliases are folders of their own, it is nowhere else."""
    ways = [f"/{name}{path.removeprefix(target)}" for name, target in _ALIASES.items() if covers(target, path)]
    return next((way for way in ways if path not in text and re.search(rf"(?<![\w./-]){re.escape(way)}(?![\w.-])", text)), path)


class Region(NamedTuple):
    """A part of the file system: one name (a file, or a folder without its content), a tree, or the names of a glob.

    A glob's matches count with all that is below them.
    """

    path: str
    kind: Literal["file", "tree", "glob"] = "file"

    def overlaps(self, other: Region) -> bool:
        """Whether a name may be in both.  Never says no wrongly; two globs are compared by their fixed beginning only."""
        if self.kind == "glob" or other.kind == "glob":
            if self.kind == "file" or other.kind == "file":
                pattern, file = (self, other) if self.kind == "glob" else (other, self)
                return _matches(pattern.path, canonical(file.path))
            if self.kind != other.kind:
                pattern, tree = (self, other) if self.kind == "glob" else (other, self)
                return _meets(pattern.path, canonical(tree.path))
            mine, theirs = self._base(), other._base()
        else:
            mine, theirs = canonical(self.path), canonical(other.path)
        if mine == theirs:
            return True
        if self.kind != "file" and (mine == "/" or theirs.startswith(mine + "/")):
            return True
        return other.kind != "file" and (theirs == "/" or mine.startswith(theirs + "/"))

    def contains(self, path: str) -> bool:
        """Whether the one name `path` may be in this region."""
        return self.overlaps(Region(path))

    def _base(self) -> str:
        """Where all that a glob matches lies."""
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


HOLE, END, STAR, ONE = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
_PLACES = regex("/\ue003(\\w*)/\ue003/\ue003(/?)")


def somewhere(name: str = "") -> str:
    """Stands for the folder that a variable of the base image names, or that it starts in; so deep that a way up is seen."""
    return f"/\ue003{name}/\ue003/\ue003"


SOMEWHERE = somewhere()


def place_of(path: str) -> str | None:
    """The part of `path` that is not known; "" where all of it is, None where it leads out of what is not known."""
    found = _PLACES.match(path)
    if found is not None and (found[2] or found.end() == len(path)):
        return found[0].rstrip("/")
    return None if "\ue003" in path else ""


_LABEL, _ODD = regex(r"\w+|[@*]"), regex(r"[^\w~]+")
HOLES = regex(f"{HOLE}([^~{END}]*)[^{END}]*{END}")
"""What nobody knows, and what it is called by."""
_LINKS = {"/etc/os-release": "/usr/lib/os-release", "/etc/mtab": "/proc/mounts", "/dev/stdout": "/proc/1/fd/1"}

STANDARD = frozenset(canonical(path) for path in (
    "/ /bin /sbin /lib /lib64 /boot /dev /etc /home /media /mnt /opt /proc /root /run /srv /sys /tmp /usr /usr/bin "
    "/usr/sbin /usr/lib /usr/share /usr/local /usr/local/bin /usr/local/sbin /usr/local/lib /usr/local/share "
    "/var /var/cache /var/lib /var/log /var/run /var/lock /var/tmp /var/spool /var/opt /var/mail"
).split())  # fmt: skip
"""Folders of the File Hierarchy Standard that Debian's, Alpine's and Red Hat's base images all have."""

PROGRAMS = frozenset(("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"))
"""Folders on every PATH, in which the File Hierarchy Standard allows no folders."""

LIBRARIES = frozenset(("/usr/lib", "/usr/local/lib", "/usr/lib64", "/usr/local/lib64", "/usr/lib32"))
ACCOUNTS = frozenset(Region(f"/etc/{name}") for name in ("passwd", "group", "nsswitch.conf"))
FREE_FORM = frozenset(f"/dev/{name}" for name in ("null", "stdout", "stderr", "tty", "stdin", "zero", "urandom", "random"))
"""Files no layer holds."""


def hole(name: str) -> str:
    """Text nobody knows.  `name` may say which of several (`X#12`); no character of it has a meaning in paths or addresses."""
    label, _, site = name.partition("#")
    if not _LABEL.fullmatch(label):
        label, site = "", f"{crc32(label.encode('utf-8', 'replace')):x}~{site}"
    return f"{HOLE}{label}~{_ODD.sub('~', site)}{END}" if site else f"{HOLE}{label}{END}"


def known(value: str) -> bool:
    return HOLE not in value and not is_glob(value)


def is_glob(value: str) -> bool:
    """Whether it stands for what the shell finds."""
    return STAR in value or ONE in value


def absolute(value: str, cwd: str | None) -> str | None:
    """`value` as an absolute path, holes and all; None where not even a beginning is known."""
    if value.startswith("/"):
        path = value
    elif cwd is None or value.startswith(HOLE):
        return None
    else:
        path = f"{cwd}/{value}"
    if HOLE in path and "/.." in path[path.index(HOLE) :]:
        return path[: path.index(HOLE)].rpartition("/")[0].rpartition("/")[0] + "/" + hole("..")
    return canonical(path)


@lru_cache(maxsize=16384)
def region(path: str, tree: bool = False) -> Region:
    """The region an absolute value names: with a hole, the tree below the last known folder."""
    at = path.find(HOLE)
    if at >= 0:
        if path.startswith(f"/tmp/tmp.{HOLE}"):
            return Region("/tmp/tmp.*", "glob")  # what mktemp makes: nothing else is called so
        if not is_glob(path[:at]):
            return Region(canonical(path[:at].rpartition("/")[0] or "/"), "tree")
        path = path[:at] + "*"
    if is_glob(path):
        return Region(canonical(path.replace(STAR, "*").replace(ONE, "?")), "glob")
    return Region(canonical(path), "tree" if tree else "file")


def sure(path: str) -> str:
    """The last folder on the way to `path` that is known."""
    return path[: min(at for sign in (HOLE, STAR, ONE) if (at := path.find(sign)) >= 0)].rpartition("/")[0] or "/"


def written(value: str) -> str:
    """A value, or a text with some, for a reader's eyes: `$NAME` for holes and folders that are not known, `*` for globs."""

    def name(match: re.Match[str]) -> str:
        return f"${match[1]}" if match[1].isidentifier() else "$(…)"

    def place(match: re.Match[str]) -> str:
        return f"${match[1]}{match[2]}" if match[1] else "" if match[2] else "."

    return _PLACES.sub(place, HOLES.sub(name, value)).replace(STAR, "*").replace(ONE, "?")


def covers(folder: str, path: str) -> bool:
    """Whether `path` is `folder` or below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/") or folder == "/"


def parent(path: str) -> str:
    return path.rpartition("/")[0].rstrip("/") or "/"


def linked(path: str, links: Mapping[str, str]) -> str:
    """`path` after the links seen (and those every distribution has); a link to somewhere unknown is a hole."""
    return hops(path, links)[-1]


def hops(path: str, links: Mapping[str, str]) -> list[str]:
    """`path`, and what it comes to with each link that is followed."""
    found = [path]
    path = _LINKS.get(path, path)
    for _ in range(8 if links else 0):
        found.append(path)
        parts = path.split("/")
        for at in range(2, len(parts) + 1):
            head = "/".join(parts[:at])
            if head in links:
                path = canonical("/".join([links[head], *parts[at:]]))
                break
        else:
            break
    return [*found, path]
