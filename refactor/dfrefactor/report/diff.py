"""The difference between two texts, in hunks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from dfrefactor.lazy import dataclass
from dfrefactor.text.edit import Edit
from dfrefactor.text.shown import plain
from dfrefactor.text.source import Span

_CONTEXT = 3
_LONG = 3000  # lines; beyond this difflib may take popular lines for noise, or it takes minutes


@dataclass(frozen=True)
class Hunk:
    """Lines of two texts, `before` and `after` being half-open ranges of 0-based line numbers.

    `steps` pairs a sign (space, minus, plus) with the number of a line, of the old text but for plus.
    """

    before: tuple[int, int]
    after: tuple[int, int]
    steps: tuple[tuple[str, int], ...]

    @property
    def header(self) -> str:
        return f"@@ -{_range(*self.before)} +{_range(*self.after)} @@"


def lines(text: str) -> list[str]:
    """The lines of `text` with their ends; only a line feed ends one, as for BuildKit, git and patch."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def hunks(before: Sequence[str], after: Sequence[str]) -> Iterator[Hunk]:
    """The hunks that turn the lines `before` into the lines `after`."""
    for group in _matcher(before, after).get_grouped_opcodes(_CONTEXT):
        steps: list[tuple[str, int]] = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                steps += [(" ", i) for i in range(i1, i2)]
            else:
                steps += [*(("-", i) for i in range(i1, i2)), *(("+", j) for j in range(j1, j2))]
        first, last = group[0], group[-1]
        yield Hunk((first[1], last[2]), (first[3], last[4]), tuple(steps))


def shown(before: str, after: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each hunk's header, and its lines as a sign and a text that is fit to be shown; the two texts are masked already."""
    old, new = lines(before), lines(after)
    for hunk in hunks(old, new):
        texts = ((sign, (new if sign == "+" else old)[number]) for sign, number in hunk.steps)
        yield hunk.header, [(sign, plain(text.rstrip("\r\n"))) for sign, text in texts]


def replacements(before: str, after: str) -> tuple[Edit, ...]:
    """Whole-line edits that turn `before` into `after`."""
    old, new = lines(before), lines(after)
    starts = list(accumulate(map(len, old), initial=0))
    return tuple(
        Edit(Span(starts[i1], starts[i2]), "".join(new[j1:j2]))
        for tag, i1, i2, j1, j2 in _matcher(old, new).get_opcodes()
        if tag != "equal"
    )


def _matcher(before: Sequence[str], after: Sequence[str]) -> SequenceMatcher[str]:
    return SequenceMatcher(None, before, after, autojunk=len(before) > _LONG)


def _range(start: int, end: int) -> str:
    """A range as unified diffs write it."""
    length = end - start
    return f"{start + 1 if length else start}" + ("" if length == 1 else f",{length}")
