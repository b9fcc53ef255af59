"""A bar on the terminal's error stream, when many files take long."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TypeVar

_MANY = 20  # files
_PATIENCE = 1.0  # seconds before the bar is shown
_EVERY = 0.1
_WIDTH = 30

T = TypeVar("T")


def tracked(items: Iterable[T], count: int) -> tuple[Iterator[T], Callable[[], None]]:
    """`items`, `count` of them, with a bar that follows them, and what takes it away before something is printed.

    Ours and not rich's: it is a line of text, and rich costs more to load than a hundred files take.
    """
    stream = sys.stderr
    if count < _MANY or not stream.isatty() or os.environ.get("TERM") == "dumb":
        return iter(items), lambda: None
    begun = shown = monotonic()

    def clear() -> None:
        if shown > begun:
            stream.write("\r\x1b[K")
            stream.flush()

    def steps() -> Iterator[T]:
        nonlocal shown
        for number, item in enumerate(items):
            now = monotonic()
            if now - begun > _PATIENCE and now - shown > _EVERY:
                shown = now
                filled = _WIDTH * number // count
                stream.write(f"\r[{'#' * filled}{' ' * (_WIDTH - filled)}] {number}/{count} files\x1b[K")
                stream.flush()
            yield item
        clear()

    return steps(), clear
