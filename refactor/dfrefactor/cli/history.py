"""The commits of the repository that a Dockerfile is in, as git tells them."""

from __future__ import annotations

import os
import re
import subprocess

from dfrefactor.cli import context
from dfrefactor.cli.files import FileError
from dfrefactor.report.graph.history import Commit

COMMITS = 200
"""So many are looked at, unless a range says which."""
_LONG = 60


def commits(dockerfile: str, named: tuple[str, ...], chosen: str) -> list[Commit]:
    """Those of a range (`v1..HEAD`) or so many of the last (`500`), the oldest first, by first parents.

    Merges count as one change.  Raises FileError where git, a repository or the range is not there.
    """
    folder = context.root(dockerfile, named) or os.path.dirname(os.path.realpath(dockerfile))
    out = context.kept_out(folder, dockerfile)
    place = "./" + os.path.relpath(os.path.realpath(dockerfile), folder)
    if chosen.startswith("-"):
        raise FileError(f"its history can't be read: `{chosen}` is no range of commits")
    which = [f"--max-count={chosen or COMMITS}"] if not chosen or chosen.isdigit() else [chosen, "--"]
    shape = ("--first-parent", "-m", "--reverse", "--relative", "--name-only", "--no-renames", "-z", "--format=%x01%H")
    log = _git(folder, "log", *shape, *which)
    found: list[Commit] = []
    text = ""
    for entry in log.split("\x01")[1:]:
        commit, *paths = re.split(r"[\0\n]+", entry.strip("\0\n"))
        if not text or place.removeprefix("./") in paths:
            text = _git(folder, "show", f"{commit}:{place}", missing="")
        if text:
            found.append(Commit(tuple(path for path in paths if path and not out(path)), text))
    return found


def _git(folder: str, *words: str, missing: str | None = None) -> str:
    try:
        done = subprocess.run(["git", "-C", folder, *words], capture_output=True, timeout=_LONG)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FileError(f"its history can't be read: {error}") from None
    if done.returncode and missing is None:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
        raise FileError(f"its history can't be read: {said[-1]}")
    return missing if done.returncode and missing is not None else done.stdout.decode("utf-8", "replace")
