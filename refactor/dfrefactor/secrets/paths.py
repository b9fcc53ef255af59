"""Paths as commands name them, made comparable, and files of the build context that hold a credential by their names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dfrefactor.dockerfile.instructions import Add, Copy, Instruction, Run
from dfrefactor.dockerfile.scope import Scope, expand
from dfrefactor.effects.paths import END, HOLE, HOLES, covers
from dfrefactor.effects.state import ROOT, ShellState
from dfrefactor.text.source import Span

_NAMED = re.compile(rf"{HOLE}([A-Za-z_]\w*){END}")
_PLAIN = re.compile(r"[\w./~@%+,:=${}-]+")


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


# Their names say that they hold one: keys, and files whose only purpose is to hold credentials.
_CERTAIN = re.compile(
    r"^(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|_netrc|\.git-credentials|\.pypirc|\.dockercfg|\.pgpass|\.vault-token|kaggle\.json|\.?aws[-_]?credentials"
    r"|auth\.json|(?:github|gitlab|deploy|bitbucket|private|ssh)[\w-]*(?:_|-|\.)key|[\w.-]*id_(?:rsa|ed25519)|[\w-]+_rsa|credentials(?:\.toml|\.json|\.xml)?|settings-security\.xml"
    r"|(?:service[-_]?account|gcp|gcloud|google)[\w-]*(?:key|credentials)[\w-]*\.json|(?:private|priv|server|client|tls|ssl|deploy|domain|app|localhost|key)[\w-]*\.(?:key|p12|pfx))$",
    re.I,
)
# Configuration that often holds one.
_LIKELY = re.compile(
    r"^(?:\.npmrc|\.yarnrc(?:\.yml)?|pip\.conf|pip\.ini|settings\.xml|nuget\.config|\.env(?:\.\w+)?|\.s3cfg|\.boto|\.terraformrc|auth\.conf|gradle\.properties|\.my\.cnf)$",
    re.I,
)
# A user's or the system's own configuration: nobody brings that along for the sake of an application.
_USERS = re.compile(r"~/(?!app|src|work)|/etc/pip\.conf$|/etc/apt/|/usr/(?:local/)?etc/npmrc$")
_PARENTS = re.compile(r"(?:^|/)(?:\.(?:ssh|aws|azure|kube)(?:/|$)|\.docker/config\.json$)")
_PUBLIC = re.compile(r"\.pub$|known_hosts|authorized_keys|\.ssh/config$|(?:^|/)config$|public", re.I)
_EXAMPLES = re.compile(r"example|sample|template|insecure|dist$|gpg|archive", re.I)

SECRET_FILES = re.compile(
    r"(?:^|/)(?:\.npmrc|\.netrc|_netrc|\.pypirc|pip\.conf|pip\.ini|\.git-credentials|auth\.json|\.dockercfg|\.yarnrc(?:\.yml)?|settings(?:-security)?\.xml|nuget\.config"
    r"|\.env|id_(?:rsa|dsa|ecdsa|ed25519)|\.pgpass|\.my\.cnf|\.vault-token|\.s3cfg|\.boto|gradle\.properties|auth\.conf|\.htpasswd|kaggle\.json|\.terraformrc)$"
    r"|/\.docker/config\.json$|/\.aws/|/\.ssh/(?!known_hosts|authorized_keys|config|[^/]*\.pub)|/auth\.conf\.d/|/\.bundle/config$|/\.gem/credentials|\.(?:pem|key|p12|pfx|jks)$",
    re.I,
)
"""Files that tools take credentials from."""

KEY_FILES = re.compile(
    r"(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519)$|/\.ssh/(?!known_hosts|authorized_keys|config|[^/]*\.pub)[^/]+$", re.I
)
"""Files that are a secret as a whole."""


FOLDERS = (".ssh", ".aws", ".docker")
"""Folders of a home that tools look for credentials in: what is copied to one goes into it."""


@dataclass(frozen=True)
class Copied:
    """A file of the build context that holds a credential, by its name, and where it goes."""

    instruction: Copy | Add
    name: str
    path: str
    span: Span
    certain: bool
    likely: bool


def copied(instruction: Instruction, scope: Scope) -> Iterator[Copied]:
    """The files that a COPY or ADD takes from the build context, and whether their names speak of a credential."""
    if not isinstance(instruction, Copy | Add) or instruction.flag("from") or instruction.heredocs or len(instruction.words) < 2:
        return
    dest = instruction.dest.text
    for source in instruction.sources:
        text = source.text.rstrip("/")
        base = posixpath.basename(text)
        if (_PUBLIC.search(text) and not text.endswith("/.docker/config.json")) or "://" in text or _EXAMPLES.search(base):
            continue
        if text in ("", ".", "..") or "*" in text:
            continue
        parent, likely = bool(_PARENTS.search(text)), bool(_LIKELY.match(base))
        named = posixpath.basename(dest.rstrip("/")) not in ("", ".", "..", "~", *FOLDERS)
        whole = (parent and base.startswith(".")) or (named and len(instruction.sources) == 1 and not dest.endswith("/"))
        path = shown(of_scope(dest if whole else posixpath.join(dest, base), scope))
        certain = bool(_CERTAIN.match(base)) or parent or (likely and bool(_USERS.match(path)))
        yield Copied(instruction, text, path, source.span, certain, likely)


def brings_all(instruction: Instruction) -> bool:
    """Whether a COPY or ADD brings the whole build context, the Dockerfile in it."""
    if not isinstance(instruction, Copy | Add) or instruction.flag("from"):
        return False
    return any(source.text.rstrip("/") in (".", "", "./", "*", "./*") for source in instruction.sources)
