"""What BuildKit rejects beyond the structure of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refactor.directives import ParseError

if TYPE_CHECKING:
    from refactor.model import Document


def check(document: Document) -> tuple[ParseError, ...]:  # noqa: ARG001
    """Every mistake, in file order."""
    return ()
