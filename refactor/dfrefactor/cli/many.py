"""One piece of work after another, or on every core where there is enough of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

_ENOUGH = 100  # files; fewer are done before the processes are up
_MOST = 8  # processes
_AT_ONCE = 8  # files a process takes each time

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
