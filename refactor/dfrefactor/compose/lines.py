"""Commands of scripts that pass a build argument which a Dockerfile takes as a secret: what they have to say instead."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dfrefactor.compose.args import AskedBy
from dfrefactor.compose.found import Found
from dfrefactor.compose.scripts import Argument, Command, builds
from dfrefactor.finding import Asked, Severity
from dfrefactor.lazy import dataclass, regex
from dfrefactor.secrets.exposure import commands
from dfrefactor.text.source import Source

OLD = "`--secret` takes BuildKit, which `docker build` uses by itself since Docker 23.0"
_RECIPE = regex(r"^\t(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_MAKE = regex(r"\$\((\w+)\)|\$\$(?=\w)")


@dataclass(frozen=True)
class Line:
    """A command that passes such an argument."""

    asked: Asked
    dockerfile: str
    command: Command
    argument: Argument


def asking(text: str, known: AskedBy, folder: str = ".") -> Iterator[Line]:
    """The commands of a script that concern us; those of which it is not known what they build come with no Dockerfile."""
    every = {each.argument: each for asked in known.values() for each in asked if each.argument}
    for command in builds(text, folder):
        here = {each.argument: each for each in known.get(command.file, ())} if command.file else every
        for argument in command.arguments:
            if argument.name in here:
                yield Line(here[argument.name], command.file or "", command, argument)


def lacking(text: str, known: AskedBy, folder: str = ".") -> Iterator[tuple[Command, dict[Asked, str]]]:
    """Commands that do not pass secrets which were no arguments, and the options that do."""
    for command in builds(text, folder):
        asked = (each for each in known.get(command.file or "", ()) if not each.argument and each.secret not in command.secrets)
        if said := {each: f"--secret id={each.secret},{given_by(each, command.context or '.')}" for each in asked}:
            yield command, said


def given_by(asked: Asked, context: str) -> str:
    """What a secret that was no argument comes from; a file by its path from where the context is named."""
    how, _, value = asked.given.partition("=")
    return f"src={posixpath.normpath(posixpath.join(context, value))}" if how == "src" else asked.given


def option(asked: Asked, variable: str) -> str:
    """How `docker build` is given a secret."""
    return f"--secret id={asked.secret},env={variable}"


def instead(line: Line) -> str:
    """What to write where we do not."""
    variable, tool = line.argument.variable or line.argument.name, line.command.tool
    if not re.search(r"\b(?:compose|bake)$", tool):
        return f"`{option(line.asked, variable)}`{f', if `{tool}` takes that' if tool else ''}"
    _, compose, bake = commands({line.asked.secret: f"env={variable}"})
    return f"into the file that `{tool}` reads, and not on the command line: {compose if 'compose' in tool else bake}"


def in_script(file: Source, known: AskedBy, makefile: bool) -> Iterator[Found]:
    """Notes: what a script does with its variables is its author's to know."""
    for text, offset in _recipes(file.text) if makefile else [(file.text, 0)]:
        for command, options in lacking(text, known):
            place = command.word.moved(offset)
            for asked, said in options.items():
                yield Found(asked, command.file or "", ("this line",), place, write=f"`{said}`", severity=Severity.NOTE)
        for each in asking(text, known):
            literal = each.argument.literal.moved(offset) if each.argument.literal else None
            yield Found(each.asked, each.dockerfile, ("this line",), each.argument.words.moved(offset), write=instead(each),
                        value=literal, notes=(OLD,) if each.command.classic else (), severity=Severity.NOTE)  # fmt: skip


def _recipes(text: str) -> Iterator[tuple[str, int]]:
    """The lines of rules as a shell sees them, each of the length it has: a variable of make stands for one of the shell."""
    for found in _RECIPE.finditer(text):
        shell = _MAKE.sub(lambda each: f"${{{each[1]}}}" if each[1] else "_$", found[0])
        yield re.sub(r"^\t[@+-]*", lambda lead: " " * len(lead[0]), shell), found.start()
