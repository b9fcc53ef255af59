"""What tells a finding from others and stays the same while other lines of the file change."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from dfrefactor.result import Found, Result
from dfrefactor.text.source import Span


class Marked(NamedTuple):
    found: Found
    fingerprint: str


def marked(result: Result, advice: bool = True, path: str | None = None) -> Iterator[Marked]:
    """Every finding with its fingerprint: of its pass, the path, and the text of its lines, secrets masked, as one of so many."""
    seen: Counter[str] = Counter()
    where = path if path is not None else shown_path(result.path)
    for found in result.found(advice):
        text = " ".join(result.mask(_lines(result.before.text, found.span)).split())
        key = "\0".join((found.finding.rule, where, text))
        seen[key] += 1
        yield Marked(found, sha256(f"{key}\0{seen[key]}".encode("utf-8", "surrogateescape")).hexdigest()[:32])


def shown_path(path: str) -> str:
    """A path from the current folder where it lies below, `/` between its parts."""
    inside = os.path.relpath(path)
    return (path if inside.startswith("..") else inside).replace(os.sep, "/")


def _lines(text: str, span: Span) -> str:
    """The whole lines that `span` touches."""
    end = text.find("\n", max(span.end - 1, span.start))
    return text[text.rfind("\n", 0, span.start) + 1 : end if end >= 0 else len(text)]
