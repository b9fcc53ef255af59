"""Paths as commands name them, made comparable: absolute, the home folder of whoever runs the command put in."""

from __future__ import annotations

import posixpath
import re

from dfrefactor.dockerfile.scope import Scope, expand
from dfrefactor.effects.paths import END, HOLE
from dfrefactor.effects.state import ROOT, ShellState

_HOME = re.compile(rf"{HOLE}HOME(?:#[^{END}]*)?{END}")
_NAMED = re.compile(rf"{HOLE}([A-Za-z_]\w*){END}")
_PLAIN = re.compile(r"[\w./~@%+,:=${}-]+")


def path_of(value: str, state: ShellState, cwd: str | None = None) -> str:
    """`value` as an absolute path, holes and all; still relative where the folder is not known.

    A home that nobody knows is taken to be where it usually is: all that matters is that two commands mean the same.
    """
    if home := _HOME.match(value):
        value = home_of(state.user) + value[home.end() :]
    elif not value.startswith(("/", HOLE)):
        folder = cwd if cwd is not None else state.cwd
        value = f"{folder}/{value}" if folder is not None else value
    return "/" + posixpath.normpath(value).lstrip("/") if value.startswith("/") else posixpath.normpath(value) if value else value


def of_scope(text: str, scope: Scope) -> str:
    """As `path_of`, for the destination of a COPY."""
    value = expand(text, scope)
    return path_of(text if value is None else value, ShellState(scope.workdir, user=scope.user))


def home_of(user: str | None) -> str:
    """Where the home folder of a user is, as a rule."""
    name = (user or "root").partition(":")[0]
    return "/root" if name in ROOT or not name else f"/home/{name}"


def shown(path: str) -> str:
    """`path` with `~` for root's home, for readers and shells."""
    return "~" + path[5:] if covers("/root", path) else path


def real(path: str) -> str:
    """What `shown` made shorter."""
    return "/root" + path[1:] if path == "~" or path.startswith("~/") else path


def as_shell(path: str) -> str | None:
    """`path` as shell text says it, ARG and ENV by their names; None where a part is not known or can't be written so."""
    text = named(path)
    return text if _PLAIN.fullmatch(text) else None


def named(value: str) -> str:
    """A value with ARG and ENV by their names."""
    return _NAMED.sub(r"${\1}", value)


def covers(folder: str, path: str) -> bool:
    """Whether `path` is `folder` or below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/") or folder == "/"
