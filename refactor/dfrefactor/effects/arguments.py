"""A command's words told apart: options with their values, and operands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from dfrefactor.effects.entry import FLAGS, Entry
from dfrefactor.effects.paths import HOLE
from dfrefactor.effects.words import Arg
from dfrefactor.lazy import dataclass, regex

_ASSIGNMENT = regex(r"[A-Za-z_]\w*=")
_ENDS = frozenset(("command", "script", "shell", "shell..."))
"""Roles of operands behind which no option is the command's own."""


@dataclass
class Arguments:
    """Options under their first name with the role and value of each, operands, and what could not be understood.

    `values` has, in order, the options that take a value, with its word for what becomes of it, and those that a word of their
    own stands for, with no value.
    """

    given: dict[str, list[Arg]] = field(default_factory=dict)
    values: list[tuple[str, str, Arg]] = field(default_factory=list)
    operands: list[Arg] = field(default_factory=list)
    strange: str = ""
    refused: str = ""

    def value(self, option: str) -> Arg | None:
        found = self.given.get(option)
        return found[-1] if found else None


def understand(entry: Entry, args: list[Arg], stop: bool = False) -> Arguments:
    """`args` by the options of `entry`.

    Options end at the first operand of a command that runs another one, and where `stop` says so; and behind an option from
    whose value on all words are a command.
    """
    if entry.verbatim:
        return Arguments(operands=list(args))
    found, rest, current = Arguments(), list(reversed(args)), entry
    while rest:
        arg = rest.pop()
        text = arg.value
        if arg.many and arg.perhaps_options:
            found.strange = "an argument that is not known may hold options"
        if text == "--":
            found.operands += reversed(rest)
            break
        if text == "-" and text in entry.options:
            _take(entry, text, None, rest, found)
        elif len(text) < 2 or text[0] != "-" or text in entry.operands:
            found.operands.append(arg)
            if stop or not _ENDS.isdisjoint(current.operands):
                found.operands += reversed(rest)
                break
        elif text.startswith("--"):
            _long(entry, arg, rest, found)
        elif text in entry.options:
            _take(entry, text, None, rest, found)
        else:
            _short(entry, arg, rest, found)
        if found.values and found.values[-1][1] == "command":
            found.values[-1:], found.operands = [], [found.values[-1][2], *reversed(rest)]
            break
        if entry.when:
            current = entry
            for option in found.given:
                current = current.given(option)
    return found


def apportion(entry: Entry, operands: list[Arg]) -> Iterator[tuple[str, list[Arg]]]:
    """The roles of `entry` with the operands each has: `command` and `script` all the rest, `assign` what looks like `A=b`."""
    roles = list(entry.operands)
    rest = list(operands)
    while roles and rest:
        role = roles.pop(0)
        if role in ("command", "script"):
            yield role, rest
            return
        if role == "assign...":
            count = next((at for at, arg in enumerate(rest) if not _ASSIGNMENT.match(arg.value)), len(rest))
        elif role.endswith("..."):
            count = max(len(rest) - len(roles), 0)
        else:
            count = 1
        if count:
            yield role.removesuffix("..."), rest[:count]
        rest = rest[count:]


def _long(entry: Entry, arg: Arg, rest: list[Arg], found: Arguments) -> None:
    name, equals, value = arg.value.partition("=")
    if HOLE in name:
        found.strange = found.strange or "an option that is not known"
        return
    if name not in entry.options:
        matches = {option.name for each, option in entry.options.items() if each.startswith(name)}
        if len(matches) == 1:
            name = next(iter(matches))
    _take(entry, name, arg._replace(value=value) if equals else None, rest, found)


def _short(entry: Entry, arg: Arg, rest: list[Arg], found: Arguments) -> None:
    """`-xzf file`, `-ofile`, and single-dash words (`-name=value`) where the entry lists them so."""
    text = arg.value
    whole, equals, value = text.partition("=")
    if equals and whole in entry.options:
        _take(entry, whole, arg._replace(value=value), rest, found)
        return
    for at, letter in enumerate(text[1:], 1):
        if letter == HOLE:
            found.strange = found.strange or "an option that is not known"
            return
        option, attached = entry.options.get(f"-{letter}"), text[at + 1 :]
        ends = option is not None and option.takes != "nothing"
        _take(entry, f"-{letter}", arg._replace(value=attached) if ends and attached else None, rest, found)
        if ends:
            return


def _take(entry: Entry, name: str, attached: Arg | None, rest: list[Arg], found: Arguments) -> None:
    option, command = entry.options.get(name), entry.name.removesuffix(" *")
    if option is None:
        found.strange = found.strange or f"the option `{name}` of `{command}` is not in the catalog"
    if option is None or option.takes == "nothing":
        found.given.setdefault(name if option is None else option.name, []).append(attached or Arg(""))
        found.values += [(option.name, word, Arg("")) for word in sorted(option.words)] if option is not None else []
        return
    name = option.name
    if attached is None and option.takes == "value":
        if not rest:
            found.strange = found.strange or f"the option `{name}` has no value"
            return
        attached = rest.pop()
    found.given.setdefault(name, []).append(attached or Arg(""))
    if option.effect == "unknown":
        found.refused = found.refused or f"what the option `{name}` of `{command}` does is not known"
    if option.words <= FLAGS:
        found.values += [(name, word, attached or Arg("")) for word in sorted(option.words)]
    elif attached is not None:
        found.values.append((name, option.effect, attached))
