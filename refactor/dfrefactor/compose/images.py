"""Image references in cache lists: what they name, and when one is a slip of the pen for another."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from dfrefactor.buildkit.mistake import distance
from dfrefactor.lazy import regex

_VARIABLE = regex(r"\$\{[^}]*\}|\$[A-Za-z_][A-Za-z0-9_]*")
# Tags that somebody else may well push: never taken for a misspelt stage.
_COMMON = frozenset("latest main master edge stable dev develop development test testing prod production cache".split())

# github.com/distribution/reference: lower-case path, an optional host with a port, a tag of at most 128 characters
_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_IMAGE = regex(rf"(?:(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)(?::[0-9]+)?/)?{_PART}(?:/{_PART})*(?::\w[\w.-]{{0,127}})?")


class Cache(NamedTuple):
    """One entry of a cache list: `app:base`, `type=registry,ref=app:cache`, `type=gha,scope=x`."""

    type: str
    ref: str
    """The image; "" where the type has none."""


def read_cache(entry: str) -> Cache:
    """A cache list's entry, as buildx reads it (docs.docker.com, `docker buildx build --cache-from`)."""
    if "=" not in entry:
        return Cache("registry", entry)
    fields = dict(part.strip().partition("=")[::2] for part in entry.split(","))
    return Cache(fields.get("type", "registry"), fields.get("ref", ""))


def split(ref: str) -> tuple[str, str]:
    """Repository and tag; a digest counts to the repository, a missing tag is `latest`."""
    masked = _VARIABLE.sub(lambda found: "x" * len(found[0]), ref)
    at = masked.rfind(":")
    plain = "@" in masked or at < masked.rfind("/") or at < 0
    return (ref, "latest") if plain else (ref[:at], ref[at + 1 :])


def normal(ref: str) -> str:
    """One spelling for all names of an image: `app`, `app:latest` and `docker.io/library/app` are one."""
    repository, tag = split(ref)
    for prefix in ("docker.io/", "index.docker.io/"):
        repository = repository.removeprefix(prefix)
    return f"{repository.removeprefix('library/')}:{tag}"


def is_name(text: str) -> bool:
    """Whether it can be the name of an image that is built: a repository and perhaps a tag."""
    return bool(_IMAGE.fullmatch(text))


def is_slip(written: str, meant: str, names: Collection[str]) -> bool:
    """Whether `written` was probably meant to be `meant`, an image made by the service or stage called `names`.

    Only letters may differ: `app:v1` is no slip for `app:v2`, nor `stage1` for `stage2`.
    """
    (repository, tag), (its_repository, its_tag) = split(normal(written)), split(normal(meant))
    if tag in _COMMON or "$" in written or "@" in written:
        return False
    if repository == its_repository:
        bare, its_bare = (re.sub(r"[^a-z0-9]", "", each.lower()) for each in (tag, its_tag))
        return tag.lower() in names or bare == its_bare or _misspelt(tag, its_tag)
    return tag == its_tag and _misspelt(repository, its_repository)


def _misspelt(a: str, b: str) -> bool:
    if min(len(a), len(b)) < 4 or re.findall(r"\d+", a) != re.findall(r"\d+", b):
        return False
    return distance(a, b, swaps=True) <= (1 if max(len(a), len(b)) < 8 else 2)
