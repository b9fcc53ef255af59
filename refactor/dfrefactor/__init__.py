"""Refactor Dockerfiles without disturbing a byte you did not mean to change.

    document = dfrefactor.parse(b"FROM debian\\n")          # a lossless tree
    dfrefactor.errors(document)                             # what a builder rejects of it: () here
    result = dfrefactor.refactor(b"FROM debian\\n")         # result.data, result.findings, result.rewrites
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfrefactor.version import __version__

if TYPE_CHECKING:
    from dfrefactor.buildkit import errors as errors
    from dfrefactor.dockerfile.model import Document as Document
    from dfrefactor.dockerfile.model import parse as parse
    from dfrefactor.pipeline import refactor as refactor
    from dfrefactor.result import Result as Result
    from dfrefactor.settings import Settings as Settings

__all__ = ["Document", "Result", "Settings", "__version__", "errors", "parse", "refactor"]

_HOMES = {
    "Document": "dockerfile.model", "parse": "dockerfile.model", "errors": "buildkit", "Result": "result", "refactor": "pipeline",
    "Settings": "settings",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """The public names, imported when they are asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'dfrefactor' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"dfrefactor.{_HOMES[name]}"), name)
