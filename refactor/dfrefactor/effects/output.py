"""What a step leaves, one thing at a time, and how much is known of it."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from typing import Literal

from dfrefactor.lazy import dataclass

ANY = "*"
"""In `provides`: commands nobody can name, for a package brings what it depends on."""


class Grade(IntEnum):
    """How much is known of what a step does.  Ordered: the grade of two steps is the lower one."""

    UNKNOWN = 0
    """Neither outputs nor limits are known: nothing may be taken to be independent of it."""
    BOUNDED = 1
    """Stays within the regions and system state named here; what it leaves is not known name by name."""
    EXACT = 2
    """Outputs known by name or topmost folder, so it may move."""


OTHER_MODE, SHARING_MODE, OTHER_OWNER = -1, -2, "?"
"""Of an output whose mode or owner was set to something, nobody can say to what; with a set-group-ID bit, perhaps."""


@dataclass(frozen=True)
class Output:
    """One thing an exact step leaves.  A `tree` is a folder and all below it, a `dir` a folder without its content, a `name`
    a file or a link: whichever it is in an archive.

    `certain`: a `tree` is known to be a folder; without, it is what a COPY or a hint names, a file perhaps.
    `how` says whether the name was there before.  `mode` and `owner` ("root:root") are those of the folder or file itself,
    where known, but for the set-group-ID bit of a folder that was there, which chmod keeps.  `temporary` things lie in /tmp or
    a known cache.
    """

    path: str
    kind: Literal["file", "dir", "tree", "symlink", "name"] = "file"
    how: Literal["create", "modify", "unknown"] = "unknown"
    temporary: bool = False
    target: str | None = None
    mode: int | None = None
    owner: str | None = None
    certain: bool = True

    @property
    def is_folder(self) -> bool:
        return self.kind == "dir" or (self.kind == "tree" and self.certain)

    @property
    def shares_group(self) -> bool:
        """Whether what is made in it may get its group."""
        mode = self.mode or 0
        return self.is_folder and (mode == SHARING_MODE or (mode > 0 and mode & 0o2000 != 0))


def after(before: Output, later: Output) -> Output:
    """What two changes of one path leave together."""
    kind = "tree" if "tree" in (before.kind, later.kind) else later.kind
    kept = later.how != "create" and before.kind != "symlink"
    return replace(
        later,
        kind=kind,
        how=before.how if kept or before.how == "create" else later.how,
        mode=later.mode if later.mode is not None else before.mode if kept else None,
        owner=later.owner if later.owner is not None else before.owner if kept else None,
        temporary=before.temporary,
        certain=later.is_folder or (kept and before.is_folder),
    )
