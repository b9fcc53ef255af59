"""Which build arguments a Dockerfile takes as secrets: what a file that passes one has to pass in its place."""

from __future__ import annotations

from collections.abc import Iterator

from dfrefactor.dockerfile.instructions import Arg, Mount, Run
from dfrefactor.dockerfile.model import Document
from dfrefactor.finding import Asked


def asked(document: Document) -> tuple[Asked, ...]:
    """The secrets of RUNs by the names of their variables, or by their own, where no ARG has that name."""
    if "secret" not in document.source.text:
        return ()
    declared = {pair.key for each in document.instructions if isinstance(each, Arg) for pair in each.pairs}
    mounts = [each for each in _mounts(document) if each.secret and "$" not in each.secret]
    found: dict[str, Asked] = {}
    for name, secret in [*((each.fields.get("env"), each.secret) for each in mounts), *((each.secret,) * 2 for each in mounts)]:
        if name and name not in declared:
            found.setdefault(name, Asked(name, secret))
    return tuple(found.values())


def _mounts(document: Document) -> Iterator[Mount]:
    runs = (each for each in document.instructions if isinstance(each, Run))
    return (mount for run in runs for mount in run.mounts if mount.type == "secret")
