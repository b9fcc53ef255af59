"""Files of the build context that a COPY or ADD brings and that hold a credential: by name, by place, by what is in them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Literal

from dfrefactor.context import Tree
from dfrefactor.dockerfile.instructions import Add, Copy, Instruction
from dfrefactor.dockerfile.scope import Scope, expand
from dfrefactor.facts import Facts
from dfrefactor.lazy import dataclass, regex
from dfrefactor.secrets import texts, values
from dfrefactor.secrets.paths import FOLDERS, of_scope, shown
from dfrefactor.text.source import Span

# Their names say that they hold one: keys, and files whose only purpose is to hold credentials.
_CERTAIN = regex(
    r"^(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|_netrc|\.git-credentials|\.pypirc|\.dockercfg|\.pgpass|\.vault-token|kaggle\.json|\.?aws[-_]?credentials"
    r"|auth\.json|(?:github|gitlab|deploy|bitbucket|private|ssh)[\w-]*(?:_|-|\.)key|[\w.-]*id_(?:rsa|ed25519)|[\w-]+_rsa|credentials(?:\.toml|\.json|\.xml)?|settings-security\.xml"
    r"|(?:service[-_]?account|gcp|gcloud|google)[\w-]*(?:key|credentials)[\w-]*\.json|(?:private|priv|server|client|tls|ssl|deploy|domain|app|localhost|key)[\w-]*\.(?:key|p12|pfx))$",
    re.I,
)
# Configuration that often holds one.
_LIKELY = regex(
    r"^(?:\.npmrc|\.yarnrc(?:\.yml)?|pip\.conf|pip\.ini|settings\.xml|nuget\.config|\.env(?:\.\w+)?|\.s3cfg|\.boto|\.terraformrc|auth\.conf|gradle\.properties|\.my\.cnf)$",
    re.I,
)
# A user's or the system's own configuration: nobody brings that along for the sake of an application.
_USERS = regex(r"~/(?!app|src|work)|/etc/pip\.conf$|/etc/apt/|/usr/(?:local/)?etc/npmrc$")
_PARENTS = regex(r"(?:^|/)(?:\.(?:ssh|aws|azure|kube|config/gcloud)(?:/|$)|\.docker/config\.json$)")
# Where a tool looks for them, whatever the file was called before.
_PLACES = regex(
    r"/\.docker/config\.json$|/\.kube/config$|/\.ssh/id_\w+$|/\.aws/credentials$|/\.azure/|/gcloud/.*credentials", re.I
)
_PUBLIC = regex(r"\.pub$|known_hosts|authorized_keys|\.ssh/config$|(?:^|/)config$|public", re.I)
_EXAMPLES = regex(r"example|sample|template|insecure|dist$|gpg|archive", re.I)
_ASIDE = regex(r"(?:^|/)(?:\w*tests?|spec|testdata|fixtures?|examples?|samples?|docs?|vendor|third[_-]party)/", re.I)

_PAIR = regex(r"""(?m)(?:^|[{,])\s*(?:export\s+|-\s+)?["']?([\w.-]+)["']?\s*[=:]\s*["']?([^\s"',#;]{4,})""")
_INSIDE = regex(r"""["']([\w.-]+)["']\s*:\s*["']([^"']{4,})["']|<([\w.-]+)>([^<$\s][^<]{3,})<"""
    r"""|(?:key|name)=["']([\w.-]+)["']\s+value=["']([^"']{4,})["']""")
_FEW = 12
"""A folder with more files than this is none that somebody made for a build."""
_KEYS = ("auth", "_auth", "private_key", "identitytoken", "access_token", "client-key-data")


@dataclass(frozen=True)
class Copied:
    """A file of the build context that holds a credential, by its name, and where it goes.

    `certain`: its name or place says so, `likely`: it is configuration; `proof` is what is in it where that is known.
    `among`: it comes with any other files.
    """

    instruction: Copy | Add
    name: str
    path: str
    span: Span
    certain: bool
    likely: bool
    proof: Literal["", "holds", "none"] = ""
    among: bool = False
    folder: tuple[str, ...] = ()
    """Of a file in a folder that is there for credentials: all that are in it."""


def suspected(path: str) -> bool:
    """Whether a file of a build context may hold a credential by its name."""
    base = posixpath.basename(path)
    named = _CERTAIN.match(base) or _LIKELY.match(base) or _PARENTS.search(path)
    return bool(named and not _PUBLIC.search(path) and not _EXAMPLES.search(base) and not _ASIDE.search(path))


def is_for_credentials(path: str) -> bool:
    """Whether a file at that path is there to hold some, and nothing else."""
    return bool(_CERTAIN.match(posixpath.basename(path)) or _PLACES.search(path)) and not _PUBLIC.search(posixpath.basename(path))


def may_bring(facts: Facts) -> bool:
    """Whether the build context has such a file."""
    return facts.tree is not None and any(map(suspected, facts.tree.paths))


def brings_all(instruction: Instruction) -> bool:
    """Whether a COPY or ADD brings the whole build context, the Dockerfile in it."""
    if not isinstance(instruction, Copy | Add) or instruction.flag("from"):
        return False
    return any(source.text.rstrip("/") in (".", "", "./", "*", "./*") for source in instruction.sources)


def copied(instruction: Instruction, scope: Scope, tree: Tree | None) -> Iterator[Copied]:
    """The files that a COPY or ADD takes from the build context, and whether their names speak of a credential."""
    if not isinstance(instruction, Copy | Add) or instruction.flag("from") or instruction.heredocs or len(instruction.words) < 2:
        return
    dest = instruction.dest.text
    into = dest.endswith("/") or len(instruction.sources) > 1 or posixpath.basename(dest) in ("", ".", "..", "~", *FOLDERS)
    for source in instruction.sources:
        text = source.text.rstrip("/")
        base = posixpath.basename(text)
        if "://" in text:
            continue
        folder = source.text.endswith("/") and posixpath.basename(dest.rstrip("/")) in FOLDERS
        parent = bool(_PARENTS.search(text)) or folder
        below = expand(text, scope)
        below = posixpath.normpath(below.lstrip("/") or ".") if below is not None else None
        if tree is not None and below is not None and not parent and tree.read(below) is None:
            yield from _among(instruction, below, source.span, scope, tree)
            continue
        known = _in_folder(instruction, below, source.span, scope, tree) if parent and tree is not None and below else None
        if known is not None:
            yield from known
            continue
        if text in ("", ".", "..") or "*" in text:
            continue
        whole = (parent and (base.startswith(".") or base == "gcloud")) or folder or not into
        path = shown(of_scope(dest.rstrip("/") if whole else posixpath.join(dest, base), scope))
        placed = bool(_PLACES.search("/" + path))
        if (_PUBLIC.search(text) and not text.endswith("/.docker/config.json") and not placed) or _EXAMPLES.search(base):
            continue
        likely = not placed and bool(_LIKELY.match(base) or _LIKELY.match(posixpath.basename(path)))
        certain = bool(_CERTAIN.match(base)) or parent or placed or (likely and bool(_USERS.match(path)))
        proof = _proof(tree, below or "", likely)
        yield Copied(instruction, text, path, source.span, certain, likely, proof)


def _in_folder(instruction: Copy | Add, folder: str, span: Span, scope: Scope, tree: Tree) -> list[Copied] | None:
    """The credentials in a folder that is there for them; None unless it is all that is copied, and has just a few files."""
    inside = [path for path in tree.paths if path.startswith(f"{folder}/")]
    flat = all(re.fullmatch(r"[\w.@%+-]+", path.removeprefix(f"{folder}/")) for path in inside)
    if not (flat and 0 < len(inside) <= _FEW) or len(instruction.sources) > 1 or instruction.is_json:
        return None
    found: list[Copied] = []
    for path in inside:
        at = shown(of_scope(posixpath.join(instruction.dest.text, posixpath.basename(path)), scope))
        proof = _proof(tree, path, False)
        if _PLACES.search(f"/{at}") or not _PUBLIC.search(path) or proof == "holds":
            found.append(Copied(instruction, path, at, span, True, False, proof, folder=tuple(inside)))
    return found


def _among(instruction: Copy | Add, pattern: str, span: Span, scope: Scope, tree: Tree) -> Iterator[Copied]:
    """What a folder or a pattern brings."""
    glob = re.compile("".join({"*": "[^/]*", "?": "[^/]"}.get(each) or re.escape(each) for each in pattern))
    for path in filter(suspected, tree.paths):
        if pattern == ".":
            rest = path
        elif (found := glob.match(path)) is None or path[found.end() : found.end() + 1] not in ("", "/"):
            continue
        else:
            rest = path[found.end() + 1 :] or posixpath.basename(path)
        likely = bool(_LIKELY.match(posixpath.basename(path)))
        proof = _proof(tree, path, likely)
        if not likely or proof == "holds":
            at = shown(of_scope(posixpath.join(instruction.dest.text, rest), scope))
            yield Copied(instruction, path, at, span, True, likely, proof, True)


def _proof(tree: Tree | None, path: str, likely: bool) -> Literal["", "holds", "none"]:
    text = tree.read(path) if tree is not None else None
    if text is None:
        return ""
    if holds(text):
        return "holds"
    return "none" if likely or not text.strip("{} \t\r\n") else ""


def holds(text: str) -> bool:
    """Whether what is in a file authenticates, or is said to be a secret and given."""
    if any(found.value for found in texts.positions(text)):
        return True
    pairs = [(found[1], found[2]) for found in _PAIR.finditer(text)]
    pairs += [tuple(filter(None, found.groups())) for found in _INSIDE.finditer(text)]
    given = ((key, value) for key, value in pairs if key.lower() in _KEYS or values.looks_secret(key))
    none = (values.variables, values.is_placeholder, values.is_public)
    return any(not any(each(value) for each in none) for _, value in given)
