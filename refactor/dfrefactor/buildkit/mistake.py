"""A reason to reject, the suggestion BuildKit adds to it, and substitution that gives such a reason."""

from __future__ import annotations

from collections.abc import Iterable

from dfrefactor.dockerfile import expand
from dfrefactor.dockerfile.expand import ExpandError, Lookup
from dfrefactor.text.source import Span


class MistakeError(ValueError):
    """What BuildKit refuses; the message is in its words, `span` the place if it is not the whole instruction."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.span = span


def expanded(text: str, lookup: Lookup, escape: str = "\\", *, quotes: bool = True) -> str | None:
    """`expand.expand` that raises MistakeError; the text, which may hold a credential, is not in its message."""
    try:
        return expand.expand(text, lookup, escape, quotes=quotes)
    except ExpandError as error:
        raise MistakeError(str(error)) from None


def suggested(message: str, word: str, options: Iterable[str]) -> str:
    """`message`, with the option that is less than three edits from `word` (BuildKit util/suggest)."""
    near = sorted((_distance(word, option), option) for option in options)
    if near and 0 < near[0][0] < 3:
        return f"{message} (did you mean {near[0][1]}?)"
    return message


def _distance(a: str, b: str) -> int:
    """Insertions, deletions and replacements between two words."""
    if abs(len(a) - len(b)) > 2:
        return 3
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (char != other))
    return row[-1]
