"""Which files a branch changed, as git tells it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable

from dfrefactor.cli.files import FileError

_LONG = 60  # seconds


def since(base: str, paths: Iterable[str]) -> frozenset[str]:
    """The real paths of what differs from where the branch left `base`, whether it was committed or not.

    Raises FileError where git, a repository or that revision is not there.
    """
    if base.startswith("-"):
        raise FileError(f"--diff-base: `{base}` is no revision")
    found: set[str] = set()
    folders = dict.fromkeys(path if os.path.isdir(path) else os.path.dirname(path) or "." for path in paths)
    for top in dict.fromkeys(_git(folder, "rev-parse", "--show-toplevel").rstrip("\n") for folder in folders):
        left = _git(top, "merge-base", base, "HEAD").strip()
        changed = _git(top, "diff", "--name-only", "--no-renames", "-z", left, "--")
        new = _git(top, "ls-files", "-z", "--others", "--exclude-standard")
        found |= {os.path.realpath(os.path.join(top, name)) for name in (changed + new).split("\0") if name}
    return frozenset(found)


def _git(folder: str, *words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", folder, *words], capture_output=True, timeout=_LONG)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FileError(f"--diff-base: git: {error}") from None
    if done.returncode:
        said = os.fsdecode(done.stderr).strip().splitlines()
        raise FileError(f"--diff-base: {said[0] if said else 'there is no common ancestor; a shallow clone has to be deepened'}")
    return os.fsdecode(done.stdout)
