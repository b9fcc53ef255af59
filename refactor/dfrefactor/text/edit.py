"""The one way to change a text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from dfrefactor.lazy import dataclass
from dfrefactor.text.source import Span


@dataclass(frozen=True, order=True)
class Edit:
    """Put `text` in the place of `span`."""

    span: Span
    text: str


Kept = tuple[int, int, int]
"""A piece that edits leave of a text: where it was, where it is, and how long it is."""


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


def composed(text: str, first: Iterable[Edit], second: Collection[Edit]) -> Iterator[Edit]:
    """The edits of `text` that do what `first` does to it and then `second` to the outcome."""
    first = sorted(set(first))
    between = apply(text, first)
    result = apply(between, second)
    at = made = 0
    for old, new, length in [*_both(_kept(text, first), _kept(between, sorted(set(second)))), (len(text), len(result), 0)]:
        if (at, made) != (old, new):
            yield Edit(Span(at, old), result[made:new])
        at, made = old + length, new + length


def _both(first: Iterable[Kept], second: Iterable[Kept]) -> Iterator[Kept]:
    """What is kept by two sets of edits, one after the other."""
    later = [*second]
    for old, mid, length in first:
        for start, new, size in later:
            begin, end = max(mid, start), min(mid + length, start + size)
            if begin < end:
                yield old + begin - mid, new + begin - start, end - begin


def _kept(text: str, edits: Sequence[Edit]) -> Iterator[Kept]:
    """What edits leave of a text, in order."""
    at = shift = 0
    for edit in [*edits, Edit(Span(len(text), len(text)), "")]:
        if edit.span.start > at:
            yield at, at + shift, edit.span.start - at
        at, shift = edit.span.end, shift + len(edit.text) - (edit.span.end - edit.span.start)
