"""A bar on the terminal's error stream, when many files take long."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from time import monotonic

_MANY = 20  # files
_PATIENCE = 1.0  # seconds before the bar is shown
_EVERY = 0.1
_WIDTH = 30


def tracked(paths: Sequence[str]) -> tuple[Iterator[str], Callable[[], None]]:
    """`paths` with a bar that follows them, and what takes the bar away before something else is printed.

    Ours and not rich's: it is a line of text, and rich costs more to load than a hundred files take.
    """
    stream = sys.stderr
    if len(paths) < _MANY or not stream.isatty() or os.environ.get("TERM") == "dumb":
        return iter(paths), lambda: None
    begun = shown = monotonic()

    def clear() -> None:
        if shown > begun:
            stream.write("\r\x1b[K")
            stream.flush()

    def steps() -> Iterator[str]:
        nonlocal shown
        for number, path in enumerate(paths):
            now = monotonic()
            if now - begun > _PATIENCE and now - shown > _EVERY:
                shown = now
                filled = _WIDTH * number // len(paths)
                stream.write(f"\r[{'#' * filled}{' ' * (_WIDTH - filled)}] {number}/{len(paths)} files\x1b[K")
                stream.flush()
            yield path
        clear()

    return steps(), clear
