"""Something that shows a mistake, made smaller as long as it still does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, Self, TypeVar


class Shrinkable(Protocol):
    """A file that can be taken apart: `smaller` are files with one thing less."""

    @property
    def data(self) -> bytes: ...

    def smaller(self) -> Iterator[Self]: ...


P = TypeVar("P", bound=Shrinkable)


def shrink(program: P, fails: Callable[[P], bool], attempts: int = 400) -> P:
    """The smallest program found that still fails."""
    while attempts > 0:
        for candidate in program.smaller():
            attempts -= 1
            if len(candidate.data) < len(program.data) and fails(candidate):
                program = candidate
                break
            if attempts <= 0:
                break
        else:
            break
    return program
