"""The patterns of `${name#pattern}`, `%` and `/`: a shell's, without brackets."""

from __future__ import annotations

import re
from functools import partial
from itertools import groupby

from dfrefactor.lazy import regex


class PatternError(ValueError):
    """A pattern that Docker refuses."""


def trim(value: str, pattern: str, end: str) -> str:
    """`value` without what `pattern` matches at its start (`#`) or end (`%`): the longest match if the pattern says so.

    Raises PatternError.
    """
    way = slice(None, None, 1 if end == "#" else -1)
    found = re.match(_regex(_atoms(pattern.removeprefix(end))[way], longest=pattern.startswith(end)), value[way])
    return value[way][found.end() :][way] if found else value


def substitute(value: str, pattern: str, replacement: str, *, everywhere: bool) -> str:
    """`value` with the first match, or every match, replaced.  Raises PatternError."""
    regex = re.compile(_regex(_atoms(pattern), longest=True))
    if everywhere:
        return _replace_all(regex, value, replacement)
    found = regex.search(value)
    return value[: found.start()] + replacement + value[found.end() :] if found else value


def _atoms(pattern: str) -> list[str]:
    """A shell pattern as regular expressions for one character each, and `*`.  Raises PatternError."""
    atoms, chars = [], iter(pattern)
    for char in chars:
        if char == "\\":
            escaped = next(chars, "")
            if not escaped or escaped not in r"*?\}/":
                raise PatternError(f"invalid pattern ({pattern}) in substitution: invalid escape '\\{escaped}'")
            atoms.append(re.escape(escaped))
        else:
            atoms.append({"*": "*", "?": "."}.get(char) or re.escape(char))
    return atoms


def _regex(atoms: list[str], *, longest: bool) -> str:
    """What stands behind a star is looked for once, at its first place: only the last star may have to try again."""
    first, *rest = _segments(atoms)
    if not rest:
        return first
    *between, last = rest
    end = f".*{last}" if longest else f"(?>.*?{last})"
    return first + "".join(f"(?>.*?{segment})" for segment in between) + end


def _segments(atoms: list[str]) -> list[str]:
    """What stands between the stars; stars in a row are one."""
    segments = [""]
    for atom, same in groupby(atoms):
        if atom == "*":
            segments.append("")
        else:
            segments[-1] += "".join(same)
    return segments


def _replace_all(regex: re.Pattern[str], value: str, replacement: str) -> str:
    """Like Go: an empty match right behind another does not count, and `$0` in the replacement is what matched."""
    pieces: list[str] = []
    at = 0
    for found in regex.finditer(value):
        if found.start() == found.end() == at and pieces:
            continue
        pieces += [value[at : found.start()], _REFERENCE.sub(partial(_referred, found[0]), replacement)]
        at = found.end()
    return "".join([*pieces, value[at:]])


_REFERENCE = regex(r"\$(?:\$|(\w+)|\{(\w+)\})")


def _referred(matched: str, reference: re.Match[str]) -> str:
    name = reference[1] or reference[2]
    return "$" if name is None else matched if name == "0" else ""
