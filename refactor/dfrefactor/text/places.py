"""Where the places of an edited text were before, and where those of the old text are now."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Source, Span


@dataclass(frozen=True)
class Moved:
    """One set of edits, disjoint and sorted, and the texts before and after them."""

    before: Source
    edits: tuple[Edit, ...]
    after: Source

    def forth(self, span: Span) -> Span:
        """Where the text at `span` of the old text is now; what an edit took is at the edit's start."""
        start, end = (_shifted(offset, ((e.span, len(e.text)) for e in self.edits))[0] for offset in span)
        return Span(start, max(start, end))

    def back(self, span: Span) -> Span:
        """Where the text at `span` of the new text was; what was not there is at the nearest place."""
        start = self._back(span.start)
        end = self._back(span.end - 1) + 1 if span.end > span.start else start
        return Span(start, max(start, end))

    def numbered(self) -> Source:
        """The new text, its lines called by the numbers they had in the old one."""
        starts = _starts(self.after.text)
        first = (start + len(line) - len(line.lstrip()) for start, line in zip(starts, _lines(self.after.text), strict=True))
        return Source(self.after.text, self.after.path, tuple(self.before.line(self._back(offset)) for offset in first))

    def _back(self, offset: int) -> int:
        there, written = _shifted(offset, self._written)
        if not written:
            return there
        row = bisect_right(self._starts, offset) - 1
        was = self._rows.get(row)
        if was is None:
            return there
        start, length = was
        return start + min(offset - self._starts[row], max(length - 1, 0))

    @cached_property
    def _written(self) -> tuple[tuple[Span, int], ...]:
        """The places in the new text that edits wrote, and how much they took."""
        shifts = accumulate((len(e.text) - (e.span.end - e.span.start) for e in self.edits), initial=0)
        return tuple(
            (Span(e.span.start + shift, e.span.start + shift + len(e.text)), e.span.end - e.span.start)
            for e, shift in zip(self.edits, shifts, strict=False)
        )

    @cached_property
    def _starts(self) -> list[int]:
        return _starts(self.after.text)

    @cached_property
    def _rows(self) -> dict[int, tuple[int, int]]:
        """For lines that edits wrote whole: start and length of the line they were, the one with the most words in common.

        Steps that a pass moves are gone at one place and written at another.
        """
        old, starts = _lines(self.before.text), _starts(self.before.text)
        spans = [edit.span for edit in self.edits]
        taken = {
            at: Counter(old[at].split())
            for at, start in enumerate(starts)
            if any(span.start < start + len(old[at]) and start < span.end for span in spans)
        }
        found = {}
        for row, line in enumerate(_lines(self.after.text)):
            start = self._starts[row]
            if line.strip() and any(at.start <= start and start + len(line.rstrip("\n")) <= at.end for at, _ in self._written):
                was = _like(line, old, taken)
                if was is not None:
                    found[row] = starts[was], len(old[was])
        return found


def _shifted(offset: int, edits: Iterable[tuple[Span, int]]) -> tuple[int, bool]:
    """`offset` on the other side of edits that put so much in the place of a span, and whether it is in one of them."""
    shift = 0
    for (start, end), length in edits:
        if offset < start:
            break
        if offset < end:
            return start + shift, True
        shift += length - (end - start)
    return offset + shift, False


def _like(line: str, old: Sequence[str], taken: Mapping[int, Counter[str]]) -> int | None:
    """The line of `taken` that has most of the words of `line` and the fewest others, or any that is the same."""
    words = Counter(line.split())
    best = max(taken, key=lambda at: (_size(words & taken[at]), -_size(taken[at])), default=None)
    if best is not None and 2 * _size(words & taken[best]) >= _size(words):
        return best
    return next((at for at, each in enumerate(old) if each.strip() == line.strip()), None)


def _size(words: Counter[str]) -> int:
    return sum(len(word) * count for word, count in words.items())


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _starts(text: str) -> list[int]:
    return list(accumulate((len(line) + 1 for line in _lines(text)[:-1]), initial=0))
