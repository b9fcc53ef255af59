"""Refactor Dockerfiles without disturbing a byte you did not mean to change.

    document = refactor.parse(b"FROM debian\\n")          # a lossless tree; document.errors says what a builder rejects
    result = refactor.refactor(b"FROM debian\\n")         # result.data, result.findings, result.rewrites
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from refactor.model import Document as Document
    from refactor.model import parse as parse
    from refactor.pipeline import Result as Result
    from refactor.pipeline import refactor as refactor
    from refactor.settings import Settings as Settings

__all__ = ["Document", "Result", "Settings", "parse", "refactor"]
__version__ = "0.1.0"

_HOMES = {
    "Document": "model", "parse": "model", "Result": "pipeline", "refactor": "pipeline", "Settings": "settings",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """The public names, imported when they are asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'refactor' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"refactor.{_HOMES[name]}"), name)
