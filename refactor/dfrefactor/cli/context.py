"""The build context of a Dockerfile, as a builder would take it from the folder it lies in, or one around it."""

from __future__ import annotations

import os
import posixpath
import re
from functools import cache, partial

from dfrefactor.context import Tree

_ASIDE = frozenset((".git", ".hg", ".svn", ".tox", ".venv", "__pycache__", "node_modules"))
"""Folders that are other people's files."""
_MOST, _DEEPEST, _AROUND, _LARGEST = 20_000, 12, 3, 1 << 20


def look(dockerfile: str, named: tuple[str, ...]) -> Tree | None:
    """The folder that has all that is `named`: the Dockerfile's own, or one around it in the same repository."""
    folder = os.path.dirname(os.path.realpath(dockerfile))
    for _ in range(_AROUND):
        if all(os.path.lexists(os.path.join(folder, name.lstrip("/"))) for name in named):
            return _tree(folder, os.path.realpath(dockerfile) + ".dockerignore")
        if os.path.lexists(os.path.join(folder, ".git")) or os.path.dirname(folder) == folder:
            return None
        folder = os.path.dirname(folder)
    return None


@cache
def _tree(root: str, own: str) -> Tree:
    ignored = _rules(own if os.path.isfile(own) else os.path.join(root, ".dockerignore"))
    found, aside = list[str](), list[str]()
    _walk(root, "", ignored, found, aside, 0)
    return Tree(tuple(sorted(found)), partial(_text, root), tuple(sorted(aside)))


def _walk(
    root: str, below: str, ignored: list[tuple[re.Pattern[str], bool]], found: list[str], aside: list[str], depth: int
) -> None:
    try:
        entries = sorted(os.scandir(os.path.join(root, below)), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = posixpath.join(below, entry.name)
        out = _out(path, ignored)
        if len(found) >= _MOST or entry.name in _ASIDE:
            aside += [] if out else [path]
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < _DEEPEST and not (out and all(keeps for _, keeps in ignored)):
                _walk(root, path, ignored, found, aside, depth + 1)
        elif not out:
            found.append(path)


def _text(root: str, path: str) -> str | None:
    full = os.path.join(root, path)
    try:
        if not os.path.isfile(full) or os.path.getsize(full) > _LARGEST:
            return None
        with open(full, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def _rules(path: str) -> list[tuple[re.Pattern[str], bool]]:
    """The lines of a .dockerignore, and whether each keeps out what it matches (patternmatcher of moby)."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            lines = [line.strip() for line in file if not line.startswith("#")]
    except OSError:
        return []
    found = []
    for line in filter(None, lines):
        keeps = not line.startswith("!")
        pattern = posixpath.normpath(line.removeprefix("!").strip()).lstrip("/")
        found.append((re.compile(_regex(pattern) + r"(?:/.*)?\Z", re.S), keeps))
    return found


def _regex(pattern: str) -> str:
    pieces = re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]*\]|\\?.", pattern, re.S)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(known.get(each) or (each if each[0] == "[" and len(each) > 2 else re.escape(each[-1])) for each in pieces)


def _out(path: str, rules: list[tuple[re.Pattern[str], bool]]) -> bool:
    """Whether a path is kept out: the last line that matches it, or a folder it is in, decides."""
    return next((keeps for pattern, keeps in reversed(rules) if pattern.match(path)), False)
