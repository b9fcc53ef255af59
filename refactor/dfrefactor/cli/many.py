"""One piece of work after another, or on every core where there is enough of it, with a bar when many files take long."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from time import monotonic
from typing import TypeVar

_ENOUGH = 100  # files; fewer are done before the processes are up
_MOST = 8  # processes
_AT_ONCE = 8  # files a process takes each time
_BATCH = 1000  # files whose results are held at once

_MANY = 20  # files; with fewer no bar is shown
_PATIENCE = 1.0  # seconds before it is
_EVERY = 0.1
_WIDTH = 30

T = TypeVar("T")


def each(work: Callable[[str], T], paths: Sequence[str], first: Callable[[str], T | None] | None = None) -> Iterator[T]:
    """What `work` makes of each of `paths`, in order, or what `first`, which is quick, knows of it.

    `work` has to be picklable, and so has what it gives.
    """
    cores = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, _MOST)
    with ExitStack() as stack:
        spread: Callable[..., Iterator[T]] = map
        for at in range(0, len(paths), _BATCH):
            batch = paths[at : at + _BATCH]
            known = {path: found for path in batch if first and (found := first(path)) is not None}
            rest = [path for path in batch if path not in known]
            if spread is map and len(rest) >= _ENOUGH and cores > 1:
                from concurrent.futures import ProcessPoolExecutor

                pool = stack.enter_context(ProcessPoolExecutor(cores, initializer=_calm))
                spread = partial(pool.map, chunksize=_AT_ONCE)
            made = spread(work, rest)
            yield from (known[path] if path in known else next(made) for path in batch)


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
