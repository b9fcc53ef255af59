"""The one way to change a text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from dfrefactor.text.source import Span


@dataclass(frozen=True, order=True)
class Edit:
    """Put `text` in the place of `span`."""

    span: Span
    text: str


class OverlappingEditsError(ValueError):
    """Two edits want the same place: a bug in the pass that made them."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """`text` with every edit made.  Raises OverlappingEditsError where two of them touch the same characters."""
    ordered = sorted(set(edits))
    for first, second in pairwise(ordered):
        if first.span.end > second.span.start or first.span == second.span:
            raise OverlappingEditsError(f"edits at {first.span} and {second.span} overlap")
    pieces, at = [], 0
    for edit in ordered:
        pieces += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return "".join([*pieces, text[at:]])
