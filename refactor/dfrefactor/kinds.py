"""The kinds of files that there are passes for, and how a name tells them."""

from __future__ import annotations

import posixpath
import re
from typing import Literal

from dfrefactor.lazy import regex

Kind = Literal["dockerfile", "compose", "bake", "workflow", "gitlab", "script", "makefile"]

# `dockerfile` too: BuildKit falls back to it where there is no Dockerfile.
_DOCKERFILE = regex(r"(?:Dockerfile|Containerfile)(?:\..+)?|dockerfile|.+\.(?:[Dd]ockerfile|[Cc]ontainerfile)", re.DOTALL)
_NO_DOCKERFILE = regex(
    r".*(?:\.dockerignore|\.containerignore|\.j2|\.jinja2?|\.tmpl|\.tpl|\.template|\.in|\.erb|\.m4"  # templates
    r"|\.md|\.rst|\.adoc|\.html?"  # documents
    r"|\.bak|\.orig|\.rej|\.sw[op]|~)",  # what editors and patch leave behind
    re.IGNORECASE | re.DOTALL,
)
_COMPOSE = regex(r"(?:docker-)?compose(?:[.-].+)?\.ya?ml")
_BAKE = regex(r"docker-bake(?:\..+)?\.(?:hcl|json)")
# Whole paths: a workflow is one by its folder.
_BESIDE: dict[Kind, re.Pattern[str]] = {
    "workflow": regex(r"(?:.*/)?(?:\.github/workflows/[^/]+|action)\.ya?ml", re.DOTALL),
    "gitlab": regex(r"(?:.*/)?[^/]*\.gitlab-ci\.ya?ml", re.DOTALL),
    "script": regex(r".*\.(?:ba)?sh", re.DOTALL),
    "makefile": regex(r"(?:.*/)?(?:GNUm|M|m)akefile|.*\.mk", re.DOTALL),
}


def kind_of_name(name: str) -> Kind | None:
    """What a search takes a file of this name for; None where it passes it by."""
    if _DOCKERFILE.fullmatch(name):
        return None if _NO_DOCKERFILE.fullmatch(name) else "dockerfile"
    if _COMPOSE.fullmatch(name):
        return "compose"
    return "bake" if _BAKE.fullmatch(name) else None


def passed_by(name: str) -> bool:
    """Whether a name says that this is a template, a document or a spare copy."""
    return _NO_DOCKERFILE.fullmatch(name) is not None


def kind_beside(path: str) -> Kind | None:
    """What else in a repository may build its Dockerfiles; it is looked at where there is a reason to."""
    return next((kind for kind, pattern in _BESIDE.items() if pattern.fullmatch(_plain(path))), None)


def kind_of(path: str) -> Kind:
    """What a file that was asked for by name is: a Dockerfile, unless its name says otherwise."""
    name = posixpath.basename(_plain(path))
    if kind := kind_of_name(name) or kind_beside(path):
        return kind
    ending = posixpath.splitext(name)[1].lower()
    return "compose" if ending in (".yml", ".yaml") else "bake" if ending in (".hcl", ".json") else "dockerfile"


def _plain(path: str) -> str:
    """A path of Windows as any other; elsewhere hardly any name has a backslash in it."""
    return path.replace("\\", "/")
