"""One piece of work after another, or on every core where there is enough of it, with a bar when many files take long."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import monotonic
from typing import TypeVar

_ENOUGH = 100  # files; fewer are done before the processes are up
_MOST = 8  # processes
_AT_ONCE = 8  # files a process takes each time

_MANY = 20  # files; with fewer no bar is shown
_PATIENCE = 1.0  # seconds before it is
_EVERY = 0.1
_WIDTH = 30

T = TypeVar("T")


def each(work: Callable[[str], T], paths: Sequence[str]) -> Iterator[T]:
    """What `work` makes of each of `paths`, in order.  `work` has to be picklable, and so has what it gives."""
    cores = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, _MOST)
    if len(paths) < _ENOUGH or cores < 2:
        yield from map(work, paths)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(cores, initializer=_calm) as pool:
        yield from pool.map(work, paths, chunksize=_AT_ONCE)


def _calm() -> None:
    """Ctrl-C is for the process that shows the results; it ends the others."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def tracked(items: Iterable[T], count: int) -> tuple[Iterator[T], Callable[[], None]]:
    """`items`, `count` of them, with a bar on standard error, and what takes it away before something is printed.

    Ours and not rich's: it is a line of text, and rich costs more to load than a hundred files take.
    """
    stream = sys.stderr
    if count < _MANY or not stream.isatty() or os.environ.get("TERM") == "dumb":
        return iter(items), lambda: None
    begun = shown = monotonic()
    visible = False

    def clear() -> None:
        nonlocal visible
        if visible:
            visible = False
            stream.write("\r\x1b[K")
            stream.flush()

    def steps() -> Iterator[T]:
        nonlocal shown, visible
        for number, item in enumerate(items):
            now = monotonic()
            if now - begun > _PATIENCE and now - shown > _EVERY:
                shown, visible = now, True
                filled = _WIDTH * number // count
                stream.write(f"\r[{'#' * filled}{' ' * (_WIDTH - filled)}] {number}/{count} files\x1b[K")
                stream.flush()
            yield item
        clear()

    return steps(), clear
