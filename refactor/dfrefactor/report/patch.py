"""A patch that `git apply` and `patch -p1` take; it carries the text as it is, secrets too."""

from __future__ import annotations

import os

from dfrefactor.report.diff import hunks, lines
from dfrefactor.result import Result


def render(result: Result) -> bytes:
    """The patch for one file, empty where nothing changes.

    The header is a traditional one, without `diff --git`: git reads such paths from the current folder, as ours are,
    and not from the top of the repository (git's apply.c, is_toplevel_relative).
    """
    if not result.changed:
        return b""
    before, after = lines(result.before.text), lines(result.after.text)
    path = _path(result.path)
    out = [f"--- {_name('a/' + path)}\n", f"+++ {_name('b/' + path)}\n"]
    for hunk in hunks(before, after):
        out.append(hunk.header + "\n")
        for sign, number in hunk.steps:
            line = (after if sign == "+" else before)[number]
            out.append(sign + line if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n")
    return "".join(out).encode("utf-8", "surrogateescape")


def _path(path: str) -> str:
    """From the current folder; of what lies outside of it, from the top of its repository, for a patch leads down only."""
    inside = os.path.relpath(path)
    if not inside.startswith(".."):
        return inside
    top = folder = os.path.dirname(os.path.abspath(path))
    while not os.path.lexists(os.path.join(top, ".git")) and os.path.dirname(top) != top:
        top = os.path.dirname(top)
    return os.path.relpath(os.path.join(folder, os.path.basename(path)), top)


def _name(path: str) -> str:
    """`path` as git writes it in a header: quoted like a C string where it has to be, a tab after one with spaces."""
    special = {'"': '\\"', "\\": "\\\\"}
    data = path.encode("utf-8", "surrogateescape").decode("latin-1")
    escaped = "".join(special.get(c, c) if " " <= c <= "~" else f"\\{ord(c):03o}" for c in data)
    if escaped != path:
        return f'"{escaped}"'
    return path + "\t" if " " in path else path
