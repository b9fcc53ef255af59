"""The commands of a script in order, with where each stands and where its output goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dfrefactor.secrets.paths import Place
from dfrefactor.secrets.tools import called
from dfrefactor.shell import Branches, Command, Group, Loop, Pipeline, Script, Simple, Word

PRINT = frozenset(
    (
        "echo",
        "printf",
        "cat",
        "tee",
        "tr",
        "base64",
        "sed",
        "envsubst",
        "head",
        "tail",
        "awk",
        "gunzip",
        "xargs",
        "sort",
        "uniq",
        "cut",
        "jq",
        "",
    )
)
"""Commands that hand text on."""


class Step(NamedTuple):
    """A command, where it stands, the files its output goes to, and the commands of its pipeline before it."""

    simple: Simple
    place: Place
    into: tuple[Word, ...]
    fed: tuple[Simple, ...] = ()


def commands(script: Script, place: Place) -> Iterator[Step]:
    """Every command in order with where it stands and the files its output goes to."""
    yield from _items(script, place, ())


def _items(script: Script, place: Place, into: tuple[Word, ...]) -> Iterator[Step]:
    for item in script.items:
        yield from _command(item.command, place, into)
        if isinstance(item.command, Simple) and called(item.command)[0] in ("cd", "pushd"):
            words = called(item.command)[1]
            place = place.moved(words[1] if len(words) > 1 else None)
        if isinstance(item.command, Group) and not item.command.subshell:
            for inner in item.command.body.items:
                if isinstance(inner.command, Simple) and called(inner.command)[0] == "cd" and len(called(inner.command)[1]) > 1:
                    place = place.moved(called(inner.command)[1][1])


def _command(command: Command, place: Place, into: tuple[Word, ...]) -> Iterator[Step]:
    own = tuple(
        r.target
        for r in getattr(command, "redirects", ())
        if r.target is not None and r.operator in (">", ">>", ">|", "&>") and r.fd in ("", "1")
    )
    into = own or into
    match command:
        case Simple():
            for word in [*command.words, *(a.value for a in command.assignments if a.value is not None)]:
                for script in word.scripts:
                    yield from _items(script, place, ())
            yield Step(command, place, into)
        case Pipeline(commands=parts):
            ends = _pipe_targets(parts) or into
            before: tuple[Simple, ...] = ()
            for part in parts:
                for step in _command(part, place, ends):
                    yield step if step.simple is not part else step._replace(fed=before)
                before += (part,) if isinstance(part, Simple) else ()
        case Group(body=body):
            yield from _items(body, place, into)
        case Branches():
            for condition, body in command.arms:
                if condition is not None:
                    yield from _items(condition, place, ())
                yield from _items(body, place, into)
        case Loop():
            if command.condition is not None:
                yield from _items(command.condition, place, ())
            yield from _items(command.body, place, into)


def _pipe_targets(parts: tuple[Command, ...]) -> tuple[Word, ...]:
    """Where the output of a pipeline ends, if every command in it only hands text on."""
    found: list[Word] = []
    for part in parts:
        if not isinstance(part, Simple) or called(part)[0] not in PRINT:
            return ()
        name, words = called(part)
        if name == "tee":
            found += [word for word in words[1:] if not word.text.startswith("-")]
        found += [
            r.target for r in part.redirects if r.target is not None and r.operator in (">", ">>", ">|") and r.fd in ("", "1")
        ]
    return tuple(found)
