"""Positions in shell text that authenticate, and what every search for them needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dfrefactor.effects import Event
from dfrefactor.effects.catalog import Entry
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.words import Arg
from dfrefactor.secrets import texts, values
from dfrefactor.secrets.texts import Role
from dfrefactor.text.source import Span

SECRET_FILES = re.compile(
    r"(?:^|/)(?:\.npmrc|\.netrc|_netrc|\.pypirc|pip\.conf|pip\.ini|\.git-credentials|auth\.json|\.dockercfg|\.yarnrc(?:\.yml)?|settings(?:-security)?\.xml|nuget\.config"
    r"|\.env|id_(?:rsa|dsa|ecdsa|ed25519)|\.pgpass|\.my\.cnf|\.vault-token|\.s3cfg|\.boto|gradle\.properties|auth\.conf|\.htpasswd|kaggle\.json|\.terraformrc)$"
    r"|/\.docker/config\.json$|/\.aws/|/\.ssh/(?!known_hosts|authorized_keys|config|[^/]*\.pub)|/auth\.conf\.d/|/\.bundle/config$|/\.gem/credentials|\.(?:pem|key|p12|pfx|jks)$",
    re.I,
)
"""Files that tools take credentials from."""

KEY_FILES = re.compile(
    r"(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519)$|/\.ssh/(?!known_hosts|authorized_keys|config|[^/]*\.pub)[^/]+$", re.I
)
"""Files that are a secret as a whole."""

NONE = frozenset[str]()


@dataclass(frozen=True)
class Hit:
    """A position in shell text: a secret of these ENV and ARG, or a literal, and what the command does with it.

    `written` are the variables as they stand there; `sets`: the command makes it the password of a user of the image.
    """

    names: frozenset[str]
    span: Span
    how: str
    command: str
    value: Span | None = None
    role: Role = "authenticate"
    sets: bool = False
    written: tuple[str, ...] = ()


def made_of(name: str, state: ShellState) -> frozenset[str]:
    """The names of ENV and ARG that are in a variable's value."""
    if (found := state.variables.get(name)) is not None:
        return found.of if found.set is not False else NONE
    if name.isdigit():
        at, known = int(name) - 1, state.parameters or ()
        return known[at].of if 0 <= at < len(known) else NONE
    return frozenset({name})


def words(event: Event) -> str:
    """The words behind the command's name as they are written, joined by one space."""
    return " ".join(arg.word.text if arg.word is not None else arg.value for arg in event.args[1:])


def is_idle(event: Event) -> bool:
    """Whether this call does not authenticate, though the command may."""
    entry = event.entry
    return bool(entry is not None and entry.idle and re.match(entry.idle, words(event)))


class Looked:
    """One event being looked at."""

    def __init__(self, event: Event, read: frozenset[Span], literals: Mapping[str, Span]) -> None:
        self.literals = literals
        self.event, self.state, self.name = event, event.state, event.name
        self.entry = event.entry or Entry("")
        self.rest = [arg for arg in event.args[1:] if arg.word is None or self._place(arg) not in read]
        self.every = [arg for _, arg in event.assigns] + [arg for arg in event.args if arg in self.rest or arg is event.args[0]]
        self.every += [each.target for each in event.redirects]
        quiet = not self.name or self.entry.prints or self.entry.builtin
        self.by = "" if quiet else f" of `{self.name}`"

    def _hit(self, names: set[str] | frozenset[str], span: Span, how: str, value: Span | None = None, role: Role = "authenticate",
             written: Sequence[str] = ()) -> Hit:  # fmt: skip
        """A literal in text that was put together before it was read is one of the names that it was made of."""
        if value is not None and self.event.origin.shift is None:
            names, value = frozenset(names) | self.event.origin.of, None
        return Hit(frozenset(names), span, how, self.name, value, role, self.entry.sets, tuple(written))

    def _place(self, arg: Arg, start: int = 0, end: int | None = None) -> Span:
        if arg.word is None:
            return self.event.span
        first = arg.word.span.start
        return self.event.origin.span(Span(first + start, first + end if end is not None else arg.word.span.end))

    def _names(self, written: Sequence[str]) -> frozenset[str]:
        return NONE.union(*(made_of(name, self.state) for name in written))

    def _secret(self, text: str, how: str, is_pair: bool, place: Callable[[int, int], Span]) -> Iterator[Hit]:
        inner = text.strip("\"'")
        start = text.index(inner)
        if is_pair:
            for found in texts.pair(inner, Span(start, start + len(inner)), how):
                yield self._hit(
                    self._names(found.names), place(*found.span), how, found.value and place(*found.value), written=found.names
                )
            return
        names = values.variables(text) if not text.startswith("'") else []
        if names:
            yield self._hit(self._names(names), place(0, len(text)), how, written=names)
        elif (
            "$" not in text and "`" not in text and not values.is_placeholder(text, True) and not text.startswith(("-", "pass:"))
        ):
            yield self._hit(NONE, place(0, len(text)), how, place(start, start + len(inner)))

    def _joined(self, args: Sequence[Arg]) -> tuple[str, list[int]]:
        """The words joined by spaces (blanks inside of one as NUL), and where each character stands."""
        text, places = [], list[int]()
        for arg in args:
            assert arg.word is not None
            text.append(re.sub(r"\s", "\0", arg.word.text) + " ")
            start, end = self._place(arg)
            places += (
                range(start, start + len(arg.word.text)) if self.event.origin.shift is not None else [start] * len(arg.word.text)
            )
            places.append(end)
        return "".join(text), places


def over(places: Sequence[int], span: Span) -> Span:
    return Span(places[span.start], max(places[span.end - 1] + 1, places[span.start]))
