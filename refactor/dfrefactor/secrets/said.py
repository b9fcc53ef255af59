"""Commands of one step that are said again in front of another's: what they are, and whether they mean the same there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from dfrefactor.dockerfile.instructions import Copy, Instruction, Run, User, Workdir
from dfrefactor.effects.catalog import UNDESCRIBED
from dfrefactor.effects.paths import HOLE
from dfrefactor.effects.trace import Event, Unit
from dfrefactor.secrets.paths import path_of, real
from dfrefactor.secrets.plan import CannotPurgeError
from dfrefactor.secrets.ran import is_opaque
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.types import Carrier
from dfrefactor.text.edit import Edit, apply
from dfrefactor.text.source import Span


def opaque(units: Sequence[Unit]) -> bool:
    """Whether one of them may read any file."""
    return any(is_opaque(event) for unit in units for event in unit.events)


def readies(event: Event) -> bool:
    """Whether a command changes a file's mode or owner only, or hands text on."""
    entry = event.entry or UNDESCRIBED
    others = entry.attributes and len(event.found[-1].operands) > 2
    return not event.args or ((entry.attributes or entry.prints) and not entry.carries and not others)


def is_state(unit: Unit) -> bool:
    """Whether it only sets what later commands of the RUN start from."""
    if any(event.redirects or event.wraps for event in unit.events) or len(unit.events) != 1:
        return False
    (event,) = unit.events
    return not event.args or (event.entry is not None and event.entry.handler in ("declare", "umask"))


def same_place(change: RunChange, reader: Run, units: list[Unit]) -> None:
    """A command means the same in another RUN where user and folder are those it had."""
    run = change.run
    between = [i for i in change.facts.document.instructions if run.span < i.span < reader.span]
    if any(isinstance(i, User) for i in between):
        raise CannotPurgeError(f"another USER reads what line {run.lines[0]} writes")
    if any(isinstance(i, Workdir) for i in between) and _relative(units):
        raise CannotPurgeError(f"WORKDIR changes between line {run.lines[0]}, which writes it, and line {reader.lines[0]}")


def _relative(units: list[Unit]) -> bool:
    """Whether the commands name files by where they stand."""
    for event in (event for unit in units for event in unit.events):
        named = [each.target for each in event.redirects if not each.operator.startswith("<")]
        told = {path_of(arg.value, event.state) for arg in (*named, *event.args[1:]) if not arg.value.startswith(("/", HOLE))}
        if told & {region.path for region in event.effects.touched}:
            return True
    return False


def text(change: RunChange, units: list[Unit], target: RunChange, behind: Sequence[Span | None] = ()) -> list[str]:
    """The commands as they are to be, to stand in front of another RUN's: those that are one each, if they can be.

    What the commands at `behind` write is put behind what a file has.
    """
    every, plain, replaced = change.units, True, dict(change.replaced)

    def source(place: Span) -> str:
        inside = [Edit(s.moved(-place.start), t) for s, t in replaced.items() if place.holds(s)]
        return apply(change.run.source.text[slice(*place)], inside)

    for event in (each for each in change.events if change.text.span(each.span) in behind and each.simple is not None):
        for redirect in event.simple.redirects if event.simple is not None else ():
            if redirect.operator == ">":
                at = change.text.span(event.origin.span(redirect.span)).start + len(redirect.fd)
                replaced[Span(at, at + 1)] = ">>"
    each = [source(change.place(unit)) for unit in units]
    written = " && ".join(each)
    if len(units) == len(every):
        written = source(change.text.span(Span(units[0].start, units[-1].end)))
        plain = all(unit.joins in ("&&", "") and (_is_simple(unit) or len(every) == 1) for unit in every)
    if not plain or target.text.is_body or target.errexit():
        return [f"{written} || exit 1"]
    return each if len(set(each)) == len(each) and all(map(_is_simple, units)) and "\n" not in written else [written]


def _is_simple(unit: Unit) -> bool:
    """Whether it is one command."""
    return any(event.span == Span(unit.start, unit.end) and event.simple is not None for event in unit.events)


def heredoc(copy: Copy, path: str) -> str:
    """What a COPY of a here-document writes to `path`, as a command.  Raises CannotPurgeError."""
    content = copy.heredocs[0].content
    mode = copy.chmod or ""
    plain = len(copy.heredocs) == len(copy.sources) == 1 and all(flag.name == "chmod" for flag in copy.flags)
    if not plain or not re.fullmatch("[0-7]*", mode) or re.search(r"[\\`!]|\$\(", content) or not content:
        raise CannotPurgeError(f"what COPY (line {copy.lines[0]}) writes can't be said in shell")
    folder = posixpath.dirname(path)
    made = "" if folder in ("", "/", "~", "/root", "/etc", "/tmp") else f"mkdir -p {folder} && "
    lines = [each.replace('"', '\\"') for each in content.removesuffix("\n").split("\n")]
    said = " ".join(f'"{each}"' for each in lines)
    return f"{made}printf '%s\\n' {said} > {path}" + (f" && chmod {mode} {path}" if mode else "")


def with_it(carrier: Carrier, older: Instruction) -> str:
    """Why a file can't be taken away."""
    what = "may bring other things in" if carrier.older_perhaps else "wrote other things to"
    return f"line {older.lines[0]} {what} {carrier.path}, which would go with it"


def is_line(carrier: Carrier, change: Callable[[Instruction], RunChange]) -> bool:
    """Whether it is written as one line, and nothing behind that: by one `echo`."""
    if not isinstance(carrier.written, Run) or any(step is carrier.written for step, _ in carrier.sets):
        return False
    of, path, last = change(carrier.written), real(carrier.path), None
    for event in of.events:
        if path in {path_of(value, event.state) for value in event.into}:
            last = event
    text = "".join(arg.word.text for arg in last.args if arg.word is not None) if last is not None else ""
    return last is not None and of.text.span(last.span) == carrier.at and last.name == "echo" and "\\n" not in text
