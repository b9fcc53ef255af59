"""What Dockerfiles came to, remembered in the user's cache folder for as long as all that it depends on is the same.

An entry is sealed with a key made of the file's own bytes and of what was asked of it: whoever has not got the file reads nothing
in it, another file or another version opens nothing, and what is broken is not opened either.  What holds a credential, or has to
do with the secrets of a whole repository, is not kept.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import blake2b, shake_256
from typing import Any

from dfrefactor.cli import files
from dfrefactor.cli.around import Around
from dfrefactor.lazy import dataclass
from dfrefactor.result import Result

_SEAL = 16  # bytes
_AGE = 30 * 24 * 3600  # seconds: what another version left that long ago goes


@dataclass(frozen=True)
class Entry:
    """The place of one file's result, and the key that opens it."""

    file: str
    key: bytes

    @classmethod
    def of(cls, path: str, data: bytes, asked: Any) -> Entry | None:
        """`asked` is all that the result depends on beside the file and what is around it; None where nothing can be kept."""
        if (own := folder()) is None:
            return None
        name = blake2b(os.fsencode(os.path.realpath(path)) + b"\0" + os.fsencode(path) + b"\0" + _said(asked), digest_size=20)
        return cls(os.path.join(own, name.hexdigest()), blake2b(name.digest() + data, digest_size=32).digest())

    def recall(self, around: Around) -> Result | None:
        """The result, if it is known and nothing around the file is another; `around` notes nothing."""
        try:
            with open(self.file, "rb") as file:
                seal, hidden = file.read(_SEAL), file.read()
            if seal != self._seal(hidden):
                return None
            answers, result = pickle.loads(self._turned(hidden))
            return result if around.is_as(answers) else None
        except Exception:  # whatever it is: then it is worked out anew
            return None

    def keep(self, result: Result, around: Around) -> None:
        """Remember a result that came of what `around` noted."""
        if result.problems or result.asked or result.secrets or any(finding.secrets for finding in result.findings):
            return
        hidden = self._turned(pickle.dumps((around.answers, result), pickle.HIGHEST_PROTOCOL))
        with suppress(files.FileError):
            files.put(self.file, self._seal(hidden) + hidden)

    def _turned(self, data: bytes) -> bytes:
        """`data` hidden by the key, or shown again."""
        stream = shake_256(self.key).digest(len(data))
        return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")

    def _seal(self, hidden: bytes) -> bytes:
        return blake2b(hidden, key=self.key, digest_size=_SEAL).digest()


_LAST: list[tuple[Any, bytes]] = []


def _said(asked: Any) -> bytes:
    """What was asked, in bytes: of most files the same as of the one before."""
    if not _LAST or _LAST[0][0] != asked:
        _LAST[:] = [(asked, repr(_ordered(asked)).encode("utf-8", "surrogatepass"))]
    return _LAST[0][1]


def _ordered(value: Any) -> Any:
    """A value whose text is the same in every process: the order of a set is not."""
    if is_dataclass(value):
        return [(each.name, _ordered(getattr(value, each.name))) for each in fields(value)]
    if isinstance(value, Mapping):
        return sorted((repr(key), _ordered(each)) for key, each in value.items())
    if isinstance(value, Set):
        return sorted(map(repr, value))
    return [_ordered(each) for each in value] if isinstance(value, list | tuple) else value


@cache
def folder() -> str | None:
    """The folder for what this very version of the tool makes of files, None where it cannot be had."""
    above = os.path.join(home(), "results")
    own = os.path.join(above, _version())
    try:
        if not os.path.isdir(own):
            os.makedirs(own, 0o700)
            _tidy(above)
    except OSError:
        return None
    return own


def home() -> str:
    """The cache folder of the tool: $DFREFACTOR_CACHE_DIR, or in the one the system has for that."""
    if named := os.environ.get("DFREFACTOR_CACHE_DIR"):
        return named
    usual = {"darwin": "~/Library/Caches", "win32": os.environ.get("LOCALAPPDATA") or "~"}.get(sys.platform, "~/.cache")
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser(usual), "dfrefactor")


def _version() -> str:
    """The version, with the state of every file of the package: a checkout is another one with every edit."""
    from dfrefactor import version

    package = os.path.dirname(version.__file__)
    about = [f"{version.__version__} {sys.version_info[:2]}", *_states(package)]
    return blake2b("\n".join(sorted(about)).encode(), digest_size=8).hexdigest()


def _states(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for each in entries:
            if each.is_dir():
                yield from _states(each.path) if each.name != "__pycache__" else ()
            else:
                state = each.stat()
                yield f"{each.name} {state.st_mtime_ns} {state.st_size}"


def _tidy(above: str) -> None:
    """Take away what other versions left long ago."""
    from shutil import rmtree
    from time import time

    for each in os.scandir(above):
        if time() - each.stat().st_mtime > _AGE:
            rmtree(each.path, ignore_errors=True)
