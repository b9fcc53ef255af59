"""Where something stands in a TOML file, for messages: tomllib gives values without their places."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dfrefactor.lazy import regex

_KEY = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_HEADER = regex(rf"[ \t]*\[\[?[ \t]*({_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)[ \t]*\]")
_ENTRY = regex(rf"[ \t]*({_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)[ \t]*=")


def place(text: str, path: Sequence[str | int]) -> tuple[int, int]:
    """Line and column, from 1, of what keys, numbers of tables in a list, and a last value lead to, as far as they are found."""
    keys = [str(each) for each in path if isinstance(each, str)]
    wanted = next((each for each in path if isinstance(each, int)), 0)  # which of the tables of that name
    best, at = 0, 0
    table: list[str] = []
    count = -1
    offset = 0
    for line in text.split("\n"):
        found = _HEADER.match(line)
        entry = None if found else _ENTRY.match(line)
        here = table
        if found:
            table = here = _split(found[1])
            count += here == keys[: len(here)] and line.lstrip().startswith("[[")
        elif entry:
            here = table + _split(entry[1])
        if (found or entry) and count in (-1, wanted):
            same = _common(here, keys)
            if same > best and same >= min(len(here), len(keys)):
                best, at = same, offset + _last(line, here[same - 1])
        offset += len(line) + 1
    for key in keys[best:]:  # in an inline table or a list
        inner = re.compile(rf"""(?<![\w-])["']?{re.escape(key)}["']?(?![\w-])""").search(text, at)
        at = inner.start() if inner else at
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _split(dotted: str) -> list[str]:
    return [key.strip("\"'") for key in re.findall(_KEY, dotted)]


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second)))


def _last(line: str, key: str) -> int:
    """Where the key stands in its line."""
    found = re.search(rf"""(?<![\w-])["']?{re.escape(key)}["']?(?![\w-])""", line)
    return found.start() if found else 0
