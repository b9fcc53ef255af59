"""Paths as commands name them, made comparable, and files of the build context that hold a credential by their names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dfrefactor.dockerfile.instructions import Run
from dfrefactor.dockerfile.scope import Scope, expand
from dfrefactor.effects.paths import END, HOLE, HOLES, covers
from dfrefactor.effects.state import ROOT, ShellState
from dfrefactor.lazy import regex

_NAMED = regex(rf"{HOLE}([A-Za-z_]\w*){END}")
_PLAIN = regex(r"[\w./~@%+,:=${}-]+")


def path_of(value: str, state: ShellState, cwd: str | None = None) -> str:
    """`value` as an absolute path, holes and all; still relative where the folder is not known.

    A home that nobody knows is taken to be where it usually is: all that matters is that two commands mean the same.
    """
    if (home := HOLES.match(value)) and home[1] == "HOME":
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


def unkept(run: Run, scope: Scope) -> Iterator[str]:
    """Folders that a RUN writes to and that no layer has: mounts, and what the kernel shows."""
    yield from ("/dev", "/proc", "/sys")
    for mount in run.mounts:
        if mount.type in ("bind", "cache", "tmpfs") and mount.target:
            yield of_scope(mount.target, scope)


SECRET_FILES = regex(
    r"(?:^|/)(?:\.npmrc|\.netrc|_netrc|\.pypirc|pip\.conf|pip\.ini|\.git-credentials|auth\.json|\.dockercfg|\.yarnrc(?:\.yml)?|settings(?:-security)?\.xml|nuget\.config"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|\.pgpass|\.my\.cnf|\.vault-token|\.s3cfg|\.boto|gradle\.properties|auth\.conf|\.htpasswd|kaggle\.json|\.terraformrc)$"
    r"|/\.docker/config\.json$|/\.aws/|/\.ssh/(?!known_hosts|authorized_keys|config|[^/]*\.pub)|/auth\.conf\.d/|/\.bundle/config$|/\.gem/credentials|\.(?:pem|key|p12|pfx|jks)$",
    re.I,
)
"""Files that tools take credentials from."""

KEY_FILES = regex(
    r"(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519)$|/\.ssh/(?!known_hosts|authorized_keys|config|[^/]*\.pub)[^/]+$", re.I
)
"""Files that are a secret as a whole."""


FOLDERS = (".ssh", ".aws", ".docker")
"""Folders of a home that tools look for credentials in: what is copied to one goes into it."""
