"""Files that carry a credential from one step to another, made to live no longer than the step that reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from dfrefactor.dockerfile.instructions import Instruction, Run, User, Workdir
from dfrefactor.effects.catalog import Entry
from dfrefactor.effects.paths import HOLE
from dfrefactor.effects.trace import Event, Unit
from dfrefactor.facts import Facts
from dfrefactor.secrets.exposure import comes_along, lasts, lineage
from dfrefactor.secrets.paths import path_of, real
from dfrefactor.secrets.plan import CannotPurgeError, Purge, changed
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.types import Carrier, Credential, Use
from dfrefactor.text.source import Span


def carry_along(
    change: RunChange, carriers: list[Carrier], uses: Sequence[Use], other: Callable[[Instruction], RunChange]
) -> set[Instruction]:
    """Make files that one RUN writes go with it, or be written by the RUNs that read them; the RUNs that go.

    Raises CannotPurgeError.
    """
    gone: set[Instruction] = set()
    run = change.run
    tested = next((use.variable for use in uses if use.role == "test" and use.instruction is run), "")
    readers = list(dict.fromkeys(r for c in carriers for r in c.readers if isinstance(r, Run)))
    for carrier in carriers:
        if carrier.is_for_later:
            raise CannotPurgeError(f"it is written to {carrier.path}, which stays, and which the running container may read")
        if carrier.added and carrier.readers:
            adds = carrier.added[0].lines[0]
            raise CannotPurgeError(f"line {adds} adds to {carrier.path}: put that into the step that writes it")
        if carrier.removed is not None and carrier.removed is not run:
            if _force(other(carrier.removed), carriers):
                gone.add(carrier.removed)
    undo = tuple(dict.fromkeys(each for carrier in carriers for each in _undo(carrier)))
    if tested:  # where there is none, nothing was written that a command could take out again
        undo = tuple(each if each.startswith("rm -") else f'{{ [ -z "${tested}" ] || {each}; }}' for each in undo)
    if not readers:
        change.behind |= dict.fromkeys(undo)
        return gone
    items, rest, kept = _items(change, carriers)
    _same_place(change, readers, items)
    spans = {span for carrier in carriers for span in carrier.spans}
    ready = [reader for reader in readers if _only_readies(other(reader), spans)]
    gone |= set(ready)
    if len(ready) == len(readers):
        raise CannotPurgeError(f"no step is seen to read {carriers[0].path}")
    for reader in (each for each in readers if each not in ready):
        target = other(reader)
        target.mounts |= change.mounts
        target.before |= change.before
        target.before[_text(change, items, target)] = None
        for between in (each for each in ready if each.span < reader.span):
            target.before[_text(other(between), list(other(between).units), target)] = None
        target.behind |= {**change.behind, **dict.fromkeys(undo)}
    if not rest:
        return gone | {run}
    if kept:
        change.behind |= dict.fromkeys(undo)
    else:
        change.drop([unit for unit in items if not _is_state(unit)])
        places = [change.place(unit) for unit in rest]
        if not any(use.span.overlaps(place) for place in places for use in uses):
            change.mounts.clear()
            change.before.clear()
    return gone


def _undo(carrier: Carrier) -> tuple[str, ...]:
    if carrier.local_clean and carrier.removed is None:
        return carrier.local_clean
    path = carrier.exact or carrier.path
    if carrier.older is not None and carrier.removed is None:
        raise CannotPurgeError(f"line {carrier.older.lines[0]} wrote other things to {carrier.path}, which would go with it")
    if not re.fullmatch(r"[\w./~@%+-]+", path):
        raise CannotPurgeError(f"the path {path} can't be written in shell")
    return (f"rm -{'rf' if carrier.tree else 'f'} {path}",)


def _force(change: RunChange, carriers: list[Carrier]) -> bool:
    """`rm` of a file that is no longer there has to be `rm -f`; True where the RUN does nothing else."""
    if not change.is_shell:
        raise CannotPurgeError(f"the step that removes {carriers[0].path} is not in shell form")
    mine = {span for carrier in carriers for span in carrier.spans}
    idle = True
    paths = [[real(carrier.path)] for carrier in carriers]
    for event in change.events:
        entry, removes = event.entry or Entry(""), change.text.span(event.span) in mine
        force = entry.options.get("--force") if entry.takes_away else None
        operands = [path_of(arg.value, event.state) for found in event.found[-1:] for arg in found.operands]
        idle = idle and force is not None and removes and operands in paths
        forced = force is not None and force.name in event.found[-1].given
        if forced or not removes or not (entry.takes_away or entry.carries == "move"):
            continue
        if force is None or (word := event.args[0].word) is None:
            raise CannotPurgeError(f"`{event.name}` (line {change.run.lines[0]}) needs {carriers[0].path} to be there")
        change.inner[change.text.span(event.origin.span(word.span)).end] = {" -f": None}
    return idle


def _items(change: RunChange, carriers: list[Carrier]) -> tuple[list[Unit], list[Unit], bool]:
    """The commands of a RUN that make the files ready, its others, and whether those need the files too."""
    if change.run.heredocs or not change.is_shell:
        raise CannotPurgeError(f"line {change.run.lines[0]} writes {carriers[0].path} for a later step, and is not plain shell")
    writes = {carrier.at for carrier in carriers}
    touches = {span for carrier in carriers for span in carrier.spans}
    ready: list[Unit] = []
    rest: list[Unit] = []
    kept = False
    if not any(change.text.span(event.span) in writes for event in change.events):
        raise CannotPurgeError(f"how line {change.run.lines[0]} writes {carriers[0].path} is not plain enough to be repeated")
    for unit in change.units:
        events = [(change.text.span(event.span), event) for event in unit.events]
        mine = [event for span, event in events if span in touches and span not in writes]
        if any(span in writes for span, _ in events) or (mine and all(map(_readies, mine))) or _is_state(unit):
            ready.append(unit)
        else:
            rest.append(unit)
            kept = kept or bool(mine)
    return ready, rest, kept


def _only_readies(change: RunChange, spans: set[Span]) -> bool:
    """Whether a RUN does nothing but change the mode, owner and times of the files."""
    if not change.is_shell or change.run.heredocs:
        return False
    events = [event for event in change.events if not event.wraps]
    plain = all(event.entry is not None and event.entry.attributes and not event.entry.carries for event in events)
    return plain and all(change.text.span(each.span) in spans and len(each.found[-1].operands) <= 2 for each in events)


def _readies(event: Event) -> bool:
    """Whether a command changes a file's mode or owner only, or hands text on."""
    entry = event.entry or Entry("")
    return not event.args or ((entry.attributes or entry.prints) and not entry.carries)


def _is_state(unit: Unit) -> bool:
    """Whether it only sets what later commands of the RUN start from."""
    if any(event.redirects or event.wraps for event in unit.events) or len(unit.events) != 1:
        return False
    (event,) = unit.events
    return not event.args or (event.entry is not None and event.entry.handler in ("declare", "umask"))


def _same_place(change: RunChange, readers: list[Run], units: list[Unit]) -> None:
    """A command means the same in another RUN where user and folder are those it had."""
    run = change.run
    for reader in readers:
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


def _text(change: RunChange, units: list[Unit], target: RunChange) -> str:
    """The commands as they were written, to stand in front of another RUN's."""
    source, every, plain = change.run.source.text, change.units, True
    written = " && ".join(source[slice(*change.place(unit))] for unit in units)
    if len(units) == len(every):
        written = source[slice(*change.text.span(Span(units[0].start, units[-1].end)))]
        plain = all(unit.joins in ("&&", "") and (_is_simple(unit) or len(every) == 1) for unit in every)
    return written if plain and not target.text.is_body and not target.errexit() else f"{written} || exit 1"


def _is_simple(unit: Unit) -> bool:
    """Whether it is one command."""
    return any(event.span == Span(unit.start, unit.end) and event.simple is not None for event in unit.events)


def tidy(facts: Facts, credential: Credential) -> Purge:
    """Edits that clean the files that a COPY, or a step with a secret mount, brings into the final image.

    Raises CannotPurgeError.
    """
    document = facts.document
    stages = lineage(document)
    changes: dict[Instruction, RunChange] = {}
    for carrier in credential.carriers:
        inside = carrier.stage in stages
        if lasts(carrier) and (credential.kind == "mount" if inside else comes_along(document, carrier, stages)):
            last = carrier.written if inside else (carrier.written, *carrier.readers)[-1]
            if inside and not carrier.kept and (after := (*carrier.readers, *carrier.added, *filter(None, [carrier.removed]))):
                raise CannotPurgeError(f"line {after[0].lines[0]} needs {carrier.path} too: give that step the mount")
            if inside and not carrier.kept and not carrier.clean and len(carrier.spans) < 2:
                raise CannotPurgeError(f"it is written to {carrier.path}, which stays, and which the running container may read")
            if not isinstance(last, Run):
                raise CannotPurgeError(f"line {last.lines[0]} brings {carrier.path}, and no later step reads it")
            change = changes.setdefault(last, RunChange(facts, last))
            if carrier.kept:
                clean(change, carrier)
            else:
                change.behind |= dict.fromkeys(_undo(carrier))
    edits = [edit for change in changes.values() for edit in change.edits()]
    gone, new = changed(document, edits, changes)
    lines = ", ".join(str(step.lines[0]) for step in changes)
    return Purge(tuple(edits), f"the step that leaves it there takes it away again (line {lines})", gone=gone, new=new)


def clean(change: RunChange, carrier: Carrier) -> None:
    """Take the credential out of a file of an output, right behind the command that writes it there."""
    if carrier.refused or not carrier.local_clean or carrier.at is None:
        raise CannotPurgeError(carrier.refused or f"how to take it out of {carrier.path} is not known")
    here = [each for each in change.events if change.text.span(each.span) == carrier.at]
    if last := next((each for each in here if each.wraps and each.entry and "ends" in (each.entry.runs or {})), None):
        raise CannotPurgeError(f"nothing is run behind `{last.name}`, so what it leaves in {carrier.path} stays")
    if lasts(carrier):
        change.after(carrier.at, carrier.local_clean, carrier.clean)
