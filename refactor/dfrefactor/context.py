"""The build context beside a Dockerfile, where somebody looked: the core reads no files itself."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from dfrefactor.lazy import dataclass


@dataclass(frozen=True)
class Tree:
    """The files of a build context that its .dockerignore does not keep out: their paths below it, what is in one, and its size.

    `aside` are folders of it that hold other people's files, and are not looked into.
    """

    paths: tuple[str, ...]
    read: Callable[[str], str | None]
    aside: tuple[str, ...] = ()
    size: Callable[[str], int] = lambda _: 0

    def bytes_of(self, source: str) -> int:
        """How much a COPY of a file or folder brings; 0 where not all of it was looked at."""
        name = posixpath.normpath(source.lstrip("/"))
        if any(name == "." or f"{path}/".startswith(f"{name}/") for path in self.aside):
            return 0
        return sum(self.size(path) for path in self.paths if name in (path, ".") or path.startswith(f"{name}/"))


Look = Callable[[tuple[str, ...]], Tree | None]
"""The context that has these files and folders; None where it is not found."""


def matcher(pattern: str) -> re.Pattern[str]:
    """What a pattern of .dockerignore, COPY or ADD stands for: names, and all below them (patternmatcher of moby)."""
    pattern = posixpath.normpath(pattern).lstrip("/")
    if pattern in (".", ""):
        return re.compile(".*", re.S)
    pieces = re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]*\]|\\?.", pattern, re.S)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    inner = (known.get(each) or (each if each[0] == "[" and len(each) > 2 else re.escape(each[-1])) for each in pieces)
    return re.compile("".join(inner) + r"(?:/.*)?\Z", re.S)
