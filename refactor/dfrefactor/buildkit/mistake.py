"""A reason to reject, the suggestion BuildKit adds to it, and who finds such reasons or turns other errors into them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

from dfrefactor.dockerfile import expand
from dfrefactor.dockerfile.expand import ExpandError, Lookup
from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.text.source import Span


class MistakeError(ValueError):
    """What BuildKit refuses; the message is in its words, `span` the place if it is not the whole instruction."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.span = span


Problem = tuple[Instruction, MistakeError]
P = ParamSpec("P")


def refuse(*reasons: tuple[object, str]) -> None:
    """Raises MistakeError with the first message whose condition holds."""
    for holds, message in reasons:
        if holds:
            raise MistakeError(message)


@contextmanager
def said_behind(beginning: str) -> Iterator[None]:
    """Whatever is refused inside is a MistakeError whose message begins so."""
    try:
        yield
    except (MistakeError, ExpandError) as error:
        raise MistakeError(beginning + str(error)) from None


def caught(instruction: Instruction, check: Callable[P, None], *args: P.args, **named: P.kwargs) -> Iterator[Problem]:
    """What `check` raises, as a problem of `instruction`."""
    try:
        check(*args, **named)
    except MistakeError as mistake:
        yield instruction, mistake


def expanded(text: str, lookup: Lookup, escape: str = "\\", *, quotes: bool = True) -> str | None:
    """`expand.expand` that raises MistakeError; the text, which may hold a credential, is not in its message."""
    with said_behind(""):
        return expand.expand(text, lookup, escape, quotes=quotes)


def suggested(message: str, word: str, options: Iterable[str]) -> str:
    """`message`, with the option that is less than three edits from `word` (BuildKit util/suggest)."""
    near = sorted((distance(word, option), option) for option in options if abs(len(word) - len(option)) < 3)
    return f"{message} (did you mean {near[0][1]}?)" if near and 0 < near[0][0] < 3 else message


def distance(a: str, b: str, *, swaps: bool = False) -> int:
    """How many letters to add, drop or replace between two words, or, with `swaps`, to swap with the next one."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y)))
            if swaps and i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                row[-1] = min(row[-1], rows[-2][j - 2] + 1)
        rows.append(row)
    return rows[-1][-1]
