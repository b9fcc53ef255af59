"""Findings that were there before: a file that old code is taken into, so that only what is new counts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from dfrefactor.cli import files
from dfrefactor.cli.configured import ConfigError
from dfrefactor.lazy import dataclass
from dfrefactor.report.fingerprint import marked
from dfrefactor.result import Result

VERSION = 1


@dataclass(frozen=True)
class Baseline:
    """`known` are fingerprints; paths in them are relative to `folder`, that of the file."""

    folder: str
    known: frozenset[str] = frozenset()

    def without(self, result: Result) -> Result:
        """The result with what was there before set aside."""
        old = (found.finding for found, fingerprint in marked(result, path=self._path(result)) if fingerprint in self.known)
        return replace(result, known=frozenset(old))

    def text(self, results: Iterable[Result]) -> str:
        """The file for what is found now."""
        found: list[dict[str, Any]] = []
        for result in results:
            path = self._path(result)
            found += [{"path": path, "rule": each.finding.rule, "fingerprint": mark} for each, mark in marked(result, path=path)]
        found.sort(key=lambda each: (each["path"], each["rule"], each["fingerprint"]))
        return json.dumps({"version": VERSION, "findings": found}, indent=2, ensure_ascii=False) + "\n"

    def _path(self, result: Result) -> str:
        return os.path.relpath(os.path.realpath(result.path), self.folder).replace(os.sep, "/")


def at(path: str) -> Baseline:
    """An empty one, for the file `path`."""
    return Baseline(os.path.dirname(os.path.realpath(path)))


@cache
def kept(path: str) -> Baseline:
    """What a file says that a configuration names, read once.  Raises ConfigError."""
    try:
        return read(path)
    except files.FileError as error:
        raise ConfigError(f"{path}: {error}") from None


def read(path: str) -> Baseline:
    """What the file `path` says.  Raises FileError."""
    data = files.read(path)
    try:
        table = json.loads(data)
        known = frozenset(str(each["fingerprint"]) for each in table["findings"])
        if table["version"] != VERSION:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise files.FileError(f"is no baseline of version {VERSION}: --write-baseline makes one") from None
    return Baseline(os.path.dirname(os.path.realpath(path)), known)
