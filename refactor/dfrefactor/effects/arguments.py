"""A command's words told apart: options with their values, and operands."""

from __future__ import annotations

from dataclasses import dataclass, field

from dfrefactor.effects.catalog import Entry
from dfrefactor.effects.paths import HOLE
from dfrefactor.effects.words import Arg


@dataclass
class Arguments:
    """Options under their first name with the role and value of each, operands, and what could not be understood."""

    given: dict[str, list[Arg]] = field(default_factory=dict)
    values: list[tuple[str, str, Arg]] = field(default_factory=list)
    operands: list[Arg] = field(default_factory=list)
    strange: str = ""
    refused: str = ""

    def value(self, option: str) -> Arg | None:
        found = self.given.get(option)
        return found[-1] if found else None


def understand(entry: Entry, args: list[Arg], stop: bool = False) -> Arguments:
    """`args` by the options of `entry`.  `stop`: options end at the first operand, as for commands that run another one."""
    found = Arguments()
    rest = list(reversed(args))
    while rest:
        arg = rest.pop()
        text = arg.value
        if arg.many and arg.perhaps_options and not entry.lenient:
            found.strange = "an argument that is not known may hold options"
        if text == "--":
            found.operands += reversed(rest)
            break
        if len(text) < 2 or text[0] != "-" or text in entry.operands:
            found.operands.append(arg)
            if stop:
                found.operands += reversed(rest)
                break
        elif text.startswith("--"):
            _long(entry, arg, rest, found)
        elif text in entry.options:
            _take(entry, text, None, rest, found)
        else:
            _short(entry, arg, rest, found)
    return found


def _long(entry: Entry, arg: Arg, rest: list[Arg], found: Arguments) -> None:
    name, equals, value = arg.value.partition("=")
    if HOLE in name:
        found.strange = found.strange or "an option that is not known"
        return
    if name not in entry.options:
        matches = {entry.aliases.get(each, each) for each in entry.options if each.startswith(name)}
        if len(matches) == 1:
            name = next(iter(matches))
    _take(entry, name, Arg(value, arg.many, arg.word) if equals else None, rest, found)


def _short(entry: Entry, arg: Arg, rest: list[Arg], found: Arguments) -> None:
    """`-xzf file`, `-ofile`, and single-dash words (`-name=value`) where the entry lists them so."""
    text = arg.value
    whole, equals, value = text.partition("=")
    if equals and whole in entry.options:
        _take(entry, whole, Arg(value, arg.many, arg.word), rest, found)
        return
    at = 1
    while at < len(text):
        name = "-" + text[at]
        role = entry.options.get(name)
        if text[at] == HOLE:
            found.strange = found.strange or "an option that is not known"
            return
        if role:
            attached = text[at + 1 :]
            _take(entry, name, Arg(attached, arg.many, arg.word) if attached else None, rest, found)
            return
        _take(entry, name, None, rest, found)
        at += 1


def _take(entry: Entry, name: str, attached: Arg | None, rest: list[Arg], found: Arguments) -> None:
    role = entry.options.get(name)
    if role is None:
        if not entry.lenient:
            found.strange = found.strange or f"the option `{name}` of `{entry.name}` is not in the catalog"
        found.given.setdefault(name, []).append(attached or Arg(""))
        return
    name = entry.aliases.get(name, name)
    if role and attached is None and not role.endswith("?"):
        if not rest:
            found.strange = found.strange or f"the option `{name}` has no value"
            return
        attached = rest.pop()
    found.given.setdefault(name, []).append(attached or Arg(""))
    if role == "unknown" or role == "unknown?":
        found.refused = found.refused or f"what the option `{name}` of `{entry.name}` does is not known"
    if role and attached is not None:
        found.values.append((name, role.removesuffix("?"), attached))
