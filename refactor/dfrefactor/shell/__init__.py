"""Shell text read into small frozen values; knows shell, not Dockerfiles."""

from __future__ import annotations

from functools import lru_cache

from dfrefactor.shell.types import (  # isort: skip
    Assignment, Branches, Command, Function, Group, Item, Loop, Opaque, Part, Pipeline, Redirect, Script, Simple, Word, walk,
)  # fmt: skip

__all__ = [
    "Assignment", "Branches", "Command", "Function", "Group", "Item", "Loop", "Opaque", "Part", "Pipeline", "Redirect",
    "Script", "Simple", "Word", "parse", "walk",
]  # fmt: skip

LONGEST = 131_072
"""BuildKit rejects a physical line over 65,535 bytes; a longer logical line is not worth reading."""


@lru_cache(maxsize=512)
def parse(text: str) -> Script:
    """The commands of `text`, a logical line without comment lines.  Never raises: what it can't read is `Opaque`."""
    from dfrefactor.shell.reader import read

    return read(text, LONGEST)
