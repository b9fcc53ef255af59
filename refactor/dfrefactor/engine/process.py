"""Programs run as children: their lines, and a clean end when one of us is interrupted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

TAIL = 12


class EngineError(Exception):
    """An engine could not do what was asked; the message is one a user can act on and holds no secret's value."""


@contextmanager
def started(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, stderr: int | IO[bytes] = subprocess.STDOUT
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """A child and its output, in a session of its own: Ctrl-C reaches it through us.  Raises EngineError if it can't start.

    When the block ends it is asked to stop, and is seen to do so: an engine's client needs a moment to cancel its build.
    """
    try:
        child = subprocess.Popen(
            list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, env={**os.environ, **(env or {})},
            start_new_session=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise EngineError(f"{argv[0]} is not installed") from None
    except PermissionError:
        raise EngineError(f"{argv[0]} may not be run") from None
    assert child.stdout is not None
    try:
        yield child, child.stdout
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        child.stdout.close()


def run(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, each: Callable[[bytes], None] | None = None
) -> tuple[int, bytes]:
    """Exit code and output (both streams) unless `each` takes it, line by line as it comes.  Raises EngineError."""
    lines: list[bytes] = []
    with started(argv, env=env) as (child, output):
        for line in output:
            (each or lines.append)(line)
        return child.wait(), b"".join(lines)


@contextmanager
def stream(argv: Sequence[str]) -> Iterator[IO[bytes]]:
    """What the program writes to its standard output.  Raises EngineError with its last words if it fails."""
    with TemporaryFile() as errors, started(argv, stderr=errors) as (child, output):
        yield output
        while output.read(1 << 20):
            pass
        if child.wait():
            errors.seek(0)
            raise EngineError(last_words(errors.read().decode("utf-8", "replace")) or f"{argv[0]} failed")


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that what must be cleaned up is."""

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: whoever runs it decides
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def last_words(text: str, lines: int = TAIL) -> str:
    """The last lines of a log that say something, without terminal colours."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    kept = [line.rstrip() for line in plain.splitlines() if line.strip()]
    return "\n".join(kept[-lines:])
