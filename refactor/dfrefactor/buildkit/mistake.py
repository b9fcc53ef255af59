"""A reason to reject, the suggestion BuildKit adds to it, and substitution that gives such a reason."""

from __future__ import annotations

from collections.abc import Iterable

from dfrefactor.dockerfile import expand
from dfrefactor.dockerfile.expand import ExpandError, Lookup
from dfrefactor.text.distance import distance
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
    near = sorted((distance(word, option), option) for option in options if abs(len(word) - len(option)) < 3)
    if near and 0 < near[0][0] < 3:
        return f"{message} (did you mean {near[0][1]}?)"
    return message
