"""`$name` written as `${name}`, for tree-sitter-bash.

It cuts `$A/$b.git` behind the second dollar, into two words; with braces it does not.
"""

from __future__ import annotations

import re

NEIGHBOURS = re.compile(r"[$`]\S*?[^\s\"']\$[A-Za-z_]")
"""Where that can happen: two variables in one word."""

_NAME = re.compile(r"(?<![\\$])\$([A-Za-z_]\w*)")


def with_braces(text: str) -> tuple[str, list[int]]:
    """`text` with braces around every name, and where each of its characters (and its end) stood."""
    pieces: list[str] = []
    places: list[int] = []
    last = 0
    for match in _NAME.finditer(text):
        start, end = match.span(1)
        pieces.append(f"{text[last:start]}{{{match[1]}}}")
        places += [*range(last, start), start, *range(start, end), end]
        last = end
    pieces.append(text[last:])
    places += range(last, len(text) + 1)
    return "".join(pieces), places
