"""How much larger an image has become, and how much of that is let pass."""

from __future__ import annotations

from dfrefactor.lazy import dataclass
from dfrefactor.text.shown import in_bytes

PERCENT = 1.0
"""Of the old image: room for what two builds of one file leave in other sizes (logs, package lists, compiled Python)."""
LEAST = 64_000
"""Bytes that pass whatever the percentage.  A step said again in another layer stores small shared files once more:
measured as `Image.size` counts, `useradd -m app && ldconfig` writes 24 kB in buildpack-deps:bookworm and 18 kB in
debian:bookworm (/etc/passwd, group and shadow with their backups, ld.so.cache, ldconfig's aux-cache, /etc/skel)."""


@dataclass(frozen=True)
class Growth:
    """The sizes of two images in bytes, as `Image.size` counts them, and the margin in percent of the old one."""

    old: int
    new: int
    percent: float = PERCENT

    @property
    def excessive(self) -> bool:
        """The new image is larger by more than the margin, and by more than `LEAST`."""
        return self.new - self.old > max(LEAST, self.old * self.percent / 100)

    def __str__(self) -> str:
        """The complaint about a growth that is excessive."""
        larger = f"{in_bytes(self.new - self.old)} larger ({in_bytes(self.old, self.new)})"
        return f"the new image is {larger}: more than {self.percent:g} % and {LEAST // 1000} kB"
