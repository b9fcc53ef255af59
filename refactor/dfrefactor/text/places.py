"""Where the places of an edited text were before, and where those of the old text are now."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import accumulate

from dfrefactor.lazy import dataclass
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
        lines = zip(self.after.starts, self.after.text.split("\n"), strict=True)
        first = (start + len(line) - len(line.lstrip()) for start, line in lines)
        return Source(self.after.text, self.after.path, tuple(self.before.line(self._back(offset)) for offset in first))

    def _back(self, offset: int) -> int:
        there, written = _shifted(offset, self._written)
        if not written:
            return there
        row = bisect_right(self.after.starts, offset) - 1
        was = self._rows.get(row)
        if was is None:
            return there
        start, length = was
        return start + min(offset - self.after.starts[row], max(length - 1, 0))

    @cached_property
    def _written(self) -> tuple[tuple[Span, int], ...]:
        """The places in the new text that edits wrote, and how much they took."""
        shifts = accumulate((len(e.text) - (e.span.end - e.span.start) for e in self.edits), initial=0)
        return tuple(
            (Span(e.span.start + shift, e.span.start + shift + len(e.text)), e.span.end - e.span.start)
            for e, shift in zip(self.edits, shifts, strict=False)
        )

    @cached_property
    def _rows(self) -> dict[int, tuple[int, int]]:
        """For lines that edits wrote whole: start and length of the line they were, the one with the most words in common.

        Steps that a pass moves are gone at one place and written at another.
        """
        old, starts = self.before.text.split("\n"), self.before.starts
        spans = [edit.span for edit in self.edits]
        taken = {
            at: Counter(old[at].split())
            for at, start in enumerate(starts)
            if any(span.start < start + len(old[at]) and start < span.end for span in spans)
        }
        same = {line.strip(): at for at, line in reversed([*enumerate(old)])}
        same |= {old[at].strip(): at for at in reversed(taken)}  # what is gone elsewhere is what came here
        found = {}
        for row, line in enumerate(self.after.text.split("\n")):
            start, end = self.after.starts[row], self.after.starts[row] + len(line)
            if line.strip() and any(at.start <= start and end <= at.end for at, _ in self._written):
                was = same[line.strip()] if line.strip() in same else _like(line, taken)
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


def _like(line: str, taken: Mapping[int, Counter[str]]) -> int | None:
    """The line of `taken` that has most of the words of `line`, and the fewest others; None where that is not half of them."""
    words = Counter(line.split())
    common = {at: _size(words & each) for at, each in taken.items()}
    best = max(common, key=lambda at: (common[at], -_size(taken[at])), default=None)
    return best if best is not None and 2 * common[best] >= _size(words) else None


def _size(words: Counter[str]) -> int:
    return sum(len(word) * count for word, count in words.items())
