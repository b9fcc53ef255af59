"""Files that hold a credential: those of a COPY that a mount stands for, and those that a step leaves in its output."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dfrefactor.dockerfile.instructions import Add, Copy, Instruction, Run
from dfrefactor.effects.trace import Event, Unit
from dfrefactor.facts import Facts
from dfrefactor.secrets.exposure import comes_along, lasts, lineage
from dfrefactor.secrets.paths import path_of, real
from dfrefactor.secrets.plan import CannotPurgeError, Purge, changed, whole
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.types import Carrier, Credential, Use
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span


def uncopied(copied: Copy, files: Sequence[Credential]) -> Iterator[Edit]:
    """Edits that take files out of a COPY."""
    if len(copied.sources) == len(files):
        yield Edit(whole(copied), "")
        return
    if copied.is_json:
        raise CannotPurgeError(f"line {copied.lines[0]} copies it among others, in JSON form")
    for each in files:
        at = next(at for at, word in enumerate(copied.sources) if word.span == each.span)
        yield Edit(Span(each.span.start, copied.words[at + 1].span.start), "")


_INFO = re.compile(r"(?P<scheme>https?)://(?P<info>(?:(?P<user>[^:/@]*):)?[^:/@]+@)(?P<host>[\w.-]+)(?P<path>[:/]\S*)?")
_SENDS = (None, "", "x-access-token", "oauth2", "git", "token")
"""Users that BuildKit may send another in the place of, with a token: it sends `x-access-token`."""


def authenticated(add: Add, use: Use) -> tuple[str, Edit]:
    """The secret by which the builder itself authenticates an ADD, and the edit that takes the user info out of its URL.

    Raises CannotPurgeError.
    """
    for word in add.sources:
        found = _INFO.fullmatch(word.text)
        if found is None or not word.span.overlaps(use.span) or add.source.text[slice(*word.span)] != word.text:
            continue
        edit = Edit(Span(*found.span("info")).moved(word.span.start), "")
        if not re.search(r"\.git(?:#\S*)?$", found["path"] or ""):
            return f"HTTP_AUTH_HEADER_{found['host']}", edit
        if found["user"] in _SENDS:
            return "GIT_AUTH_TOKEN", edit
    raise CannotPurgeError(f"how ADD (line {add.lines[0]}) uses it can't be said with a secret of the builder's")


def settle(change: RunChange, carrier: Carrier) -> bool:
    """Take out commands that only made the file ready or removed it; True where nothing else is left of the RUN."""
    drop = [unit for unit in change.units if _only(unit, carrier, change)]
    if len(drop) == len(change.units):
        return True
    if drop and not change.is_shell:
        raise CannotPurgeError(f"line {change.run.lines[0]} is not in shell form")
    for event in (event for unit in change.units if unit not in drop for event in unit.events):
        if event.entry and event.entry.takes_away and change.text.span(event.span) in carrier.spans:
            _spare(change, event, carrier)
    change.drop(drop)
    return False


def _spare(change: RunChange, event: Event, carrier: Carrier) -> None:
    """Let a command that removes other things too leave the file alone.  Raises CannotPurgeError."""
    for arg in event.found[-1].operands if event.found else ():
        if path_of(arg.value, event.state) == real(carrier.path) and arg.word is not None and event.origin.shift is not None:
            place = change.text.span(event.origin.span(arg.word.span))
            text = change.run.source.text
            start = next(at for at in range(place.start, 0, -1) if text[at - 1] not in " \t")
            change.replaced[Span(start, place.end)] = ""
            return
    raise CannotPurgeError(f"line {change.run.lines[0]} removes {carrier.path} among other things, and needs it to be there")


def _only(unit: Unit, carrier: Carrier, change: RunChange) -> bool:
    """Whether a command only gets the file ready or away: a mount needs neither."""
    events = [each for each in unit.events if not each.wraps]
    if len(events) != 1 or change.text.span(events[0].span) != change.place(unit) or change.place(unit) not in carrier.spans:
        return False
    event, entry = events[0], events[0].entry
    if entry is None or entry.carries or not (entry.takes_away or entry.attributes):
        return False
    if len(event.found[-1].operands) > (1 if entry.takes_away else 2):
        if entry.takes_away:
            return False
        raise CannotPurgeError(f"`{event.name}` of line {change.run.lines[0]} is about other files too")
    return True


def tidy(facts: Facts, credential: Credential) -> Purge:
    """Edits that clean the files that a COPY brings into the final image.  Raises CannotPurgeError."""
    document = facts.document
    stages = lineage(document)
    changes: dict[Instruction, RunChange] = {}
    for carrier in credential.carriers:
        if lasts(carrier) and carrier.stage not in stages and comes_along(document, carrier, stages):
            last = (carrier.written, *carrier.readers)[-1]
            if not isinstance(last, Run):
                raise CannotPurgeError(f"line {last.lines[0]} brings {carrier.path}, and no later step reads it")
            change = changes.setdefault(last, RunChange(facts, last))
            if carrier.kept:
                clean(change, carrier)
            else:
                change.behind[f"rm -f {carrier.exact or carrier.path}"] = None
    edits = [edit for change in changes.values() for edit in change.edits()]
    gone, new = changed(document, edits, changes)
    lines = ", ".join(str(step.lines[0]) for step in changes)
    return Purge(tuple(edits), f"the step that leaves it there takes it away again (line {lines})", gone=gone, new=new)


def clean(change: RunChange, carrier: Carrier) -> None:
    """Take the credential out of a file of an output, right behind the command that writes it there."""
    if carrier.refused or not carrier.local_clean or carrier.at is None:
        raise CannotPurgeError(carrier.refused or f"how to take it out of {carrier.path} is not known")
    if lasts(carrier):
        change.after(carrier.at, carrier.local_clean, carrier.clean)
