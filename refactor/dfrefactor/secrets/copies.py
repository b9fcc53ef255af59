"""Files with credentials that come from the build context."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dfrefactor.dockerfile.instructions import Add, Copy, Instruction
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.secrets.paths import of_scope, shown
from dfrefactor.text.source import Span

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
_EXAMPLES = re.compile(r"example|sample|template|dist$|gpg|archive", re.I)


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
        folder = bool(_PARENTS.search(text)) and base.startswith(".")
        likely = bool(_LIKELY.match(base))
        if text in ("", ".", "..") or "*" in text:
            continue
        many = (
            len(instruction.sources) > 1
            or dest.endswith("/")
            or posixpath.basename(dest.rstrip("/")) in ("", ".", "..", "~", ".ssh", ".aws", ".docker")
        )
        path = shown(of_scope(dest if folder or not many else posixpath.join(dest, base), scope))
        home = likely and bool(_USERS.match(path))
        certain = bool(_CERTAIN.match(base)) or bool(_PARENTS.search(text)) or home
        yield Copied(instruction, text, path, source.span, certain, likely)


def brings_all(instruction: Instruction) -> bool:
    """Whether a COPY or ADD brings the whole build context, the Dockerfile in it."""
    if not isinstance(instruction, Copy | Add) or instruction.flag("from"):
        return False
    return any(source.text.rstrip("/") in (".", "", "./", "*", "./*") for source in instruction.sources)
