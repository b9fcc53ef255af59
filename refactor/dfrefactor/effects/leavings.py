"""What paths mean for those who come after: links, programs on the PATH, folders that are somebody's own."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache

from dfrefactor.effects.output import ANY
from dfrefactor.effects.paths import LIBRARIES, PROGRAMS, STANDARD, Region, canonical, parent, trees
from dfrefactor.lazy import regex


def often_a_link(path: str) -> bool:
    """Whether a thing of that name is a link in base images: to alternatives, versions or one big program."""
    folder, _, name = path.rpartition("/")
    if path == "/etc/localtime":
        return True
    return folder in PROGRAMS and (_is_linked(name) or _is_linked(_VERSION.split(name, maxsplit=1)[0]))


_VERSION = regex(r"[-0-9]")


def _is_linked(name: str) -> bool:
    from dfrefactor.effects.catalog import PACKAGED

    entry = PACKAGED.get(name)
    return entry is not None and entry.linked


BEHIND_LINKS = trees("/usr/bin /usr/lib /usr/local/bin /usr/local/lib /etc/alternatives /usr/share /opt")
_EVERYONES = regex(r"ld-(?:linux|musl|2)|libc\.|libc-\d|libselinux\.so|libacl\.so|libattr\.so|libpcre")
"""Libraries of the programs that every base image has."""


def topmost(path: str) -> str:
    """The topmost folder of its own that `path` is in, or a folder of the system itself."""
    while path not in STANDARD and parent(path) not in STANDARD:
        path = parent(path)
    return path


def within_glob(path: str, pattern: str) -> bool:
    """Whether `path`, or a folder it is in, is what the shell finds for `pattern`: a leading dot is matched by a dot alone."""
    while path != "/":
        if path.count("/") == pattern.count("/"):
            pairs = zip(path.split("/"), pattern.split("/"), strict=True)
            return all(fnmatchcase(name, part) and (name[:1] != "." or part[:1] == ".") for name, part in pairs)
        path = parent(path)
    return False


def provided(regions: set[Region], folders: tuple[str, ...]) -> set[str]:
    """Commands that writes put on the PATH; ANY where nobody can name them, and for libraries."""
    return {name for each in regions if (name := _provides(each, folders))} if regions else set()


@lru_cache(maxsize=16384)
def _provides(found: Region, folders: tuple[str, ...]) -> str:
    above, _, name = found.path.rpartition("/")
    if found.kind != "glob":
        if above in PROGRAMS or above in folders or above == "/etc/alternatives":
            return name
        if found.path == "/etc/ld.so.preload" or _EVERYONES.match(name):
            return "ld.so.preload"
    if found.kind == "file":
        return ANY if above in LIBRARIES or ".so" in name or found.path.startswith("/etc/ld.so") else ""
    if found.kind == "tree":
        below = found.path.rstrip("/") + "/"
        return ANY if any(folder == found.path or folder.startswith(below) for folder in _served(folders)) else ""
    return ANY if any(found.overlaps(Region(folder)) for folder in _served(folders)) else ""


@lru_cache(maxsize=64)
def _served(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Where programs and libraries are looked for."""
    return tuple({*PROGRAMS, *LIBRARIES, *map(canonical, folders)})
