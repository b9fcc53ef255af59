"""Which of what was seen are uses of a credential."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from dfrefactor.secrets.ran import Ran
from dfrefactor.secrets.seen import Sight
from dfrefactor.secrets.types import Use
from dfrefactor.text.source import Span


def asked(ran: Ran, names: frozenset[str], variables: tuple[str, ...]) -> frozenset[str]:
    """Which of the names are held by environment variables of these that a command sees."""
    held = (each for each in ran.holds(names) if any(fnmatchcase(each, pattern) for pattern in variables))
    return frozenset(made for each in held for made in ran.event.state.variables[each].of & names)


def uses(seen: list[Sight], names: frozenset[str]) -> Iterator[Use]:
    done: set[tuple[Span, str]] = set()
    found: list[Sight] = []
    for sight in seen:
        if sight.where != "step" or sight.role == "config":
            continue
        name = min(sight.names & names)
        role = "authenticate" if sight.role == "authenticate" else "test" if sight.role == "test" else "mention"
        if (sight.instruction.span, name) in done and (role != "authenticate" or covered(sight, found)):
            continue
        done.add((sight.instruction.span, name))
        found.append(sight)
        yield Use(sight.instruction, sight.stage, sight.span, sight.how, name, True, sight.command, role)  # type: ignore[arg-type]


def covered(sight: Sight, found: list[Sight]) -> bool:
    """Whether the same place was already told of in other words."""
    return any(s.span.start < sight.span.end and sight.span.start < s.span.end and s.role == "authenticate" for s in found)
