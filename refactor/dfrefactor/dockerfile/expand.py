"""Docker's own substitution of variables and splitting into words."""

from __future__ import annotations

from contextlib import suppress

from dfrefactor.dockerfile.patterns import PatternError
from dfrefactor.dockerfile.shellword import HEREDOC_BODY, PLAIN, UNSET, ExpandError, Lookup, Manner, Pieces, Reader, Unset

__all__ = ["UNSET", "ExpandError", "Lookup", "Unset", "expand", "tried", "unset", "variables", "words"]


def expand(text: str, lookup: Lookup, escape: str = "\\", *, quotes: bool = True) -> str | None:
    """`text` with variables substituted and quotes and escapes taken away; None where it depends on an unknown value.

    `quotes=False` leaves quotes alone, as Docker does in the body of a heredoc.  Raises ExpandError.
    """
    return _read(text, lookup, escape, PLAIN if quotes else HEREDOC_BODY).text()


def tried(text: str, lookup: Lookup, escape: str = "\\") -> str | None:
    """As `expand`; None also for a text that Docker refuses."""
    with suppress(ExpandError):
        return expand(text, lookup, escape)
    return None


def words(text: str, lookup: Lookup, escape: str = "\\", manner: Manner = PLAIN) -> tuple[str, ...] | None:
    """The words of `text` after substitution, as EXPOSE splits them; None where an unknown value takes part.

    Raises ExpandError.
    """
    return _read(text, lookup, escape, manner).words()


def _read(text: str, lookup: Lookup, escape: str, manner: Manner) -> Pieces:
    try:
        return Reader(text, lookup, escape, manner).until("")
    except PatternError as error:
        raise ExpandError(str(error)) from None


def unset(_: str) -> Unset:
    """The lookup in which no variable is set."""
    return UNSET


def variables(text: str, escape: str = "\\", *, quotes: bool = True) -> frozenset[str]:
    """The names that `text` refers to, inside of modifiers too; of a text Docker refuses, those before the mistake."""
    names: set[str] = set()
    with suppress(ExpandError):
        expand(text, names.add, escape, quotes=quotes)  # what `add` answers, None, is a value that is not known
    return frozenset(names)
