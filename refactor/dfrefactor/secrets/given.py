"""What a step is given of a secret: whose file it is, what the shell makes of it, and what it does where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from dfrefactor.dockerfile.instructions import Run
from dfrefactor.effects.trace import Event
from dfrefactor.effects.words import Arg
from dfrefactor.facts import Facts
from dfrefactor.lazy import regex
from dfrefactor.secrets.plan import CannotPurgeError
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.types import Credential
from dfrefactor.text.source import Span

_PIECE = regex(r"""(?P<single>'[^']*')|(?P<double>"(?:[^"\\`]|\\[\\"$])*")|(?P<plain>(?:[^"'\\`$]|\$\{?\w+\}?)+)""")
_SAFE = regex(r"[\w./:@%+=,-]*")


def as_shell_text(value: str) -> str | None:
    """The value of an ENV, as it is written, for an assignment of a shell; None where they read it differently.

    Quotes mean the same to both; what stands outside of quotes is put into double ones.
    """
    pieces: list[str] = []
    at = 0
    while at < len(value):
        piece = _PIECE.match(value, at)
        if piece is None or "$(" in value or re.search(r"\$\{\w+[^\w}]", value):
            return None
        text, at = piece[0], piece.end()
        if piece.lastgroup == "single" and pieces and pieces[-1].endswith('"') and not text.strip("'"):
            continue
        if piece.lastgroup == "plain" and not _SAFE.fullmatch(text):
            text = f'"{text}"'
        pieces.append(text)
    text = "".join(pieces)
    return text if text.startswith(("'", '"')) else f'"{text}"' if text == value else text


def _expansions(event: Event) -> Iterator[tuple[Arg, str, str, str]]:
    """The parameters that the words of a command expand with an operator: the word, the name, the operator, the source."""
    for arg in (*event.args, *(arg for _, arg in event.assigns), *(each.target for each in event.redirects)):
        for part in arg.word.parts if arg.word is not None else ():
            if part.kind == "variable" and part.operator:
                yield arg, part.name, part.operator, part.text


def can_do_without(facts: Facts, credential: Credential) -> bool:
    """Whether a step provides for a build without it, by `${X:-…}` and its like, or by a test whether it is set."""
    events = (e for use in credential.uses if isinstance(use.instruction, Run) for e in facts.step(use.instruction).trace.events)
    for event in events:
        used = (operator.lstrip(":") for _, name, operator, _ in _expansions(event) if name in credential.names)
        if any(operator[:1] in ("-", "+", "=") for operator in used) or _asks(event, credential.names):
            return True
    return False


def _asks(event: Event, names: frozenset[str]) -> bool:
    """Whether it is `[ -v NAME ]`."""
    words = [arg.value for arg in event.args]
    test = event.entry is not None and event.entry.handler == "test"
    return test and any(option == "-v" and name in names for option, name in pairwise(words))


def colons(change: RunChange, names: frozenset[str]) -> dict[Span, str]:
    """Edits by which tests whether a variable is set ask whether it is empty: a secret that is not given is empty, not unset.

    Raises CannotPurgeError.
    """
    found: dict[Span, str] = {}
    reason = f"line {change.run.lines[0]} asks whether it is set, and a secret that is not given is empty, not unset"
    for event in change.events:
        if _asks(event, names):
            raise CannotPurgeError(reason)
        for arg, name, operator, source in _expansions(event):
            if name not in names or operator[:1] not in ("-", "+", "="):
                continue
            word = arg.word
            plain = source.startswith(f"${{{name}{operator[0]}") and event.origin.shift is not None
            if word is None or not plain or word.text.count(source) != 1:
                raise CannotPurgeError(reason)
            at = word.span.start + word.text.index(source) + len(name) + 2
            found[change.text.span(event.origin.span(Span(at, at + 1)))] = f":{operator[0]}"
    return found


def owner(change: RunChange, key: bool = False) -> str:
    """The field that lets a user who is not root read a secret's file (FACTS, more on secrets); `key`: and nobody else."""
    user = (change.facts.scope(change.run).user or "root").partition(":")[0]
    if user in ("root", "0", ""):
        return ""
    if user.isdecimal():
        return f",uid={user}"
    if key:
        raise CannotPurgeError(f"what reads it takes no file that others may read, and the number of user {user} is not known")
    return ",mode=0444"
