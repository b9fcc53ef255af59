"""Which files are meant, and how they are read and written back."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from dfrefactor.cli.ignores import Ignores
from dfrefactor.kinds import Kind, kind_of_name

SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".jj", "node_modules", ".venv", ".tox", ".nox", "__pycache__", ".mypy_cache", ".ruff_cache"}
)
"""Folders a search does not enter.  One that is named on the command line is searched all the same."""


class FileError(Exception):
    """A file that cannot be read or written: one clear line, without the path."""


def discover(
    paths: Sequence[str],
    exclude: Sequence[str] = (),
    warn: Callable[[str, str], None] = lambda _path, _message: None,
    kind: Callable[[str], Kind | None] = lambda path: kind_of_name(os.path.basename(path)),
) -> Iterator[str]:
    """The files that `paths` mean, each once, in order; folders are searched, files are taken whatever they are called.

    A search takes what `kind` knows, by its path.  `exclude` holds lines as in a .gitignore, read from the current folder.
    What cannot be looked at is handed to `warn` as (path, message), and the search goes on.
    """
    excluded = Ignores.of(exclude) if exclude else None
    seen: set[tuple[int, int]] = set()
    for path in paths:
        try:
            info = os.stat(path)
        except (OSError, ValueError) as error:
            warn(path, reason(error))
            continue
        found = iter([(path, info)]) if not stat.S_ISDIR(info.st_mode) else _search(path, excluded, warn, kind)
        for name, about in found:
            # A file with several names, linked or given twice, is handled once.
            key = (about.st_dev, about.st_ino)
            if key not in seen:
                seen.add(key)
                yield name


def _search(
    folder: str, excluded: Ignores | None, warn: Callable[[str, str], None], kind: Callable[[str], Kind | None]
) -> Iterator[tuple[str, os.stat_result]]:
    """The files of a `kind` below `folder`, sorted.  Links to folders are not followed."""
    start = os.path.realpath(folder)
    here = os.path.realpath(".")
    stack = [(folder, start, _outer_rules(start))]
    while stack:
        shown, real, rules = stack.pop()
        try:
            with os.scandir(shown) as entries:
                listing = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            warn(shown, reason(error))
            continue
        rules = [*rules, *_rules_in(real)]
        folders = []
        for entry in listing:
            full = os.path.join(real, entry.name)
            path = entry.name if shown == "." else os.path.join(shown, entry.name)
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED_FOLDERS and not _left_out(full, True, rules, excluded, here):
                    folders.append((path, full, rules))
            elif kind(full) and not _left_out(full, False, rules, excluded, here):
                with suppress(OSError):  # a link that leads nowhere is no file
                    about = os.stat(path)
                    if stat.S_ISREG(about.st_mode):
                        yield path, about
        stack += reversed(folders)


_Rules = list[tuple[str, Ignores]]


def _left_out(full: str, is_folder: bool, rules: _Rules, excluded: Ignores | None, here: str) -> bool:
    inner = below(here, full) if excluded else None
    if excluded and inner is not None and excluded.verdict(inner, is_folder):
        return True
    for folder, ignores in reversed(rules):  # the innermost file has the last word
        inner = below(folder, full)
        verdict = ignores.verdict(inner, is_folder) if inner is not None else None
        if verdict is not None:
            return verdict
    return False


def excludes(lines: tuple[str, ...], folder: str, path: str) -> bool:
    """Whether `lines`, as in a .gitignore in `folder`, leave `path` out, or a folder it is in."""
    inner = below(os.path.realpath(folder), os.path.realpath(path))
    if inner is None:
        return False
    parts = inner.split("/")
    ignores = Ignores.of(lines)
    return any(ignores.verdict("/".join(parts[: n + 1]), n + 1 < len(parts)) for n in range(len(parts)))


def below(folder: str, full: str, separator: str = os.sep) -> str | None:
    """The path from `folder` to what lies in it, with slashes as .gitignore has them; None where it lies elsewhere."""
    root = folder.rstrip(separator) + separator
    return full.removeprefix(root).replace(separator, "/") if full.startswith(root) else None


def _rules_in(folder: str) -> _Rules:
    rules: _Rules = []
    for name in (".git/info/exclude", ".gitignore"):
        with suppress(OSError, ValueError):  # not there, or not readable
            text = _content(os.path.join(folder, name)).decode("utf-8", "surrogateescape").replace("\r\n", "\n")
            rules.append((folder, Ignores.of(text.split("\n"))))
    return rules


def _outer_rules(start: str) -> _Rules:
    """The .gitignore files above `start`, up to the folder that holds the repository."""
    folders = list(above(start))
    root = next((at for at, folder in enumerate(folders) if os.path.exists(os.path.join(folder, ".git"))), 0)
    return [rule for folder in reversed(folders[1 : root + 1]) for rule in _rules_in(folder)]


def above(folder: str) -> Iterator[str]:
    """An absolute folder, and all that it lies in."""
    yield folder
    while (outer := os.path.dirname(folder)) != folder:
        yield (folder := outer)


def reason(error: Exception) -> str:
    """An operating system's error as a short phrase: `no such file or directory`."""
    text = getattr(error, "strerror", None) or "not a path" if isinstance(error, (OSError, ValueError)) else str(error)
    return text[:1].lower() + text[1:]


def read(path: str) -> bytes:
    """What is in the file, or comes in for `-`.  Raises FileError."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise FileError("is a device")
        return _piped(path) if stat.S_ISFIFO(mode) else _content(path)
    except (OSError, ValueError) as error:
        raise FileError(reason(error)) from None


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _fill(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)


def _piped(path: str) -> bytes:
    """What comes through a pipe, as `<(…)` of a shell is one.  Raises FileError where nobody writes to it."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as pipe:
        first = pipe.read(1)  # None: somebody is there, and has not written yet
        if first == b"":
            raise FileError("is a pipe that nobody writes to")
        os.set_blocking(pipe.fileno(), True)
        return (first or b"") + pipe.readall()


def beside(folder: str, name: str) -> bytes | None:
    """What is in a file that another one in the folder speaks of, None where it can't be read."""
    try:
        return read(os.path.join(folder, name))
    except FileError:
        return None


def put(path: str, data: bytes) -> None:
    """A report as a new file or in the place of an old one, at once or not at all.  Raises FileError."""
    part = f"{path}.part-{os.getpid()}"
    try:
        if os.path.exists(path) and not os.path.isfile(path):  # a device or a pipe, as /dev/stdout
            _fill(path, data)
            return
        try:
            _fill(part, data)
            os.replace(part, os.path.realpath(path))
        except BaseException:
            with suppress(OSError):
                os.unlink(part)
            raise
    except (OSError, ValueError) as error:
        raise FileError(reason(error)) from None


def write(path: str, data: bytes, *, before: bytes) -> tuple[str, ...]:
    """Put `data` in the place of `before`, at once or not at all, and give notes for the reader.

    A link is followed and stays a link; mode, owner and extended attributes stay.  Raises FileError where the file is
    not writable, is not a plain file, or no longer holds `before`; it is then as it was.
    """
    try:
        target = os.path.realpath(path, strict=True)
        about = os.stat(target)
        if not stat.S_ISREG(about.st_mode):
            raise FileError("is not a regular file")
        if not os.access(target, os.W_OK):
            raise FileError("is not writable")
        if _content(target) != before:
            raise FileError("changed while it was being read; left alone")
        from tempfile import mkstemp

        try:
            handle, temporary = mkstemp(prefix=".dfrefactor-", dir=os.path.dirname(target))
        except PermissionError:
            raise FileError("its folder is not writable, so it cannot be replaced at once") from None
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _dress_like(target, about, temporary)
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except (OSError, ValueError) as error:
        raise FileError(reason(error)) from None
    return ("its other names (hard links) keep the old text",) if about.st_nlink > 1 else ()


def _dress_like(target: str, about: os.stat_result, temporary: str) -> None:
    """Give `temporary` the owner, attributes and mode of `target`.  Raises FileError where the owner cannot be kept."""
    mine = os.stat(temporary)
    if (mine.st_uid, mine.st_gid) != (about.st_uid, about.st_gid):
        try:
            os.chown(temporary, about.st_uid, about.st_gid)
        except OSError:
            raise FileError("belongs to someone else, and could not be written without changing that") from None
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(target):
                with suppress(OSError):
                    os.setxattr(temporary, name, os.getxattr(target, name))
    os.chmod(temporary, stat.S_IMODE(about.st_mode))
