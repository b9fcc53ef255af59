"""Files that hold credentials, made to live no longer than the steps that read them: what writes one goes where it is read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from dfrefactor.dockerfile.instructions import Copy, Instruction, Run, User, Workdir
from dfrefactor.effects.catalog import UNDESCRIBED
from dfrefactor.effects.trace import Event, Unit
from dfrefactor.lazy import dataclass
from dfrefactor.secrets.exposure import lasts
from dfrefactor.secrets.paths import path_of, real
from dfrefactor.secrets.plan import CannotPurgeError
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.said import heredoc, is_line, is_state, opaque, readies, same_place, text, with_it
from dfrefactor.secrets.types import Carrier, Credential, Use

Change = Callable[[Instruction], RunChange]
"""What is to become of a RUN."""


def carry_along(credentials: Sequence[Credential], change: Change) -> set[Instruction]:
    """Give every RUN that reads such a file the commands that write it, and those that take it away; the steps that go.

    Files that one step writes, or that several write to, are one family: whoever reads needs all of it.
    Raises CannotPurgeError.
    """
    uses = [use for each in credentials for use in each.uses]
    every = [carrier for each in credentials for carrier in each.carriers if not carrier.kept]
    left = [carrier for carrier in every if lasts(carrier)]
    families: list[list[Carrier]] = []
    for carrier in left:
        same = [family for family in families if any(_belong(carrier, each) for each in family)]
        families = [f for f in families if f not in same] + [[*(c for f in same for c in f), carrier]]
    own = [carrier for carrier in every if not lasts(carrier)]  # what one step makes and takes away, for such a file perhaps
    return {gone for family in families for gone in _Family(family, own, uses, change).carried()}


def _belong(one: Carrier, other: Carrier) -> bool:
    """Whether one can't be carried without the other."""
    together = one.written is other.written or real(one.path) == real(other.path)
    return together or one.written in other.readers or other.written in one.readers


@dataclass(frozen=True)
class _Written:
    """Commands of one step that write the files or get them ready, as they are said again in front of another's."""

    step: Instruction
    change: RunChange | None
    units: tuple[Unit, ...]
    mounts: tuple[str, ...]
    exports: tuple[str, ...]


class _Family:
    """Files that belong together, on their way from the steps that write them to those that read them."""

    def __init__(self, carriers: Sequence[Carrier], own: Sequence[Carrier], uses: Sequence[Use], change: Change) -> None:
        self.carriers, self.uses, self.change = carriers, uses, change
        self.spans = {span for carrier in carriers for span in carrier.spans}
        self.writes = {carrier.at for carrier in carriers if not carrier.aside}
        self.logs = {carrier.at for carrier in carriers} - self.writes
        self.writers = {carrier.written for carrier in carriers}
        self.removers = {c.removed for c in carriers if c.removed is not None} - self.writers
        self.inner = {span for carrier in own for span in carrier.spans if self.writes & set(carrier.spans)}
        self.settings = {span for carrier in carriers for _, span in carrier.sets} - self.writes
        self.behind = {c.at for c in carriers if not c.clean and self._setting(c) and not self._sets_inside(c)}
        """Written behind what a tool sets in steps that stay where they are."""
        self.many = False
        self.gone: set[Instruction] = set()

    def carried(self) -> set[Instruction]:
        steps = [(step, self._told_apart(self.change(step)) if isinstance(step, Run) else None) for step in self._steps()]
        using = [step for step, told in steps if told and (told[2] or (told[1] and step not in self.writers))]
        self.many = len(using) > 1
        self._may_be_carried(using)
        said: list[_Written] = []
        for step, told in steps:
            if told is None:
                said.append(_Written(step, None, (), (), ()))
                self.gone.add(step)
                continue
            change, (items, rest, _) = self.change(step), told
            if step in using:
                self._given(change, said)
            elif not rest:
                self.gone.add(step)
            if items:
                said.append(_Written(step, change, tuple(items), tuple(change.mounts), tuple(change.exports)))
        for step, told in steps:
            if told and told[1] and step not in using:
                self._without(self.change(step), *told[:2])
        stays = self.behind or ((self.many or not using) and any(self._older(c) or self._shared(c) for c in self.carriers))
        for step in sorted(self.removers - set(using), key=lambda step: step.span):
            wanted = self.many and any(c.clean and c.removed is step and not c.undone for c in self.carriers)
            if not stays and self._force(self.change(step)) and not wanted:
                self.gone.add(step)
        return self.gone

    def _without(self, change: RunChange, items: Sequence[Unit], rest: Sequence[Unit]) -> None:
        """Leave a RUN its other commands, and the secret where these use it."""
        change.drop([unit for unit in items if not is_state(unit)])
        if not any(use.span.overlaps(change.place(unit)) for unit in rest for use in self.uses) and not opaque(rest):
            change.mounts.clear()
            change.exports.clear()

    def _steps(self) -> list[Instruction]:
        found = set(self.writers)
        for carrier in self.carriers:
            found |= {*carrier.readers, *(() if carrier.clean else carrier.added)}
            known = carrier.readers or carrier.here
            found |= {step for step in carrier.perhaps if not known or not self._is_elsewhere(carrier.written, step)}
        return sorted(found, key=lambda step: step.span)

    def _is_elsewhere(self, written: Instruction, step: Instruction) -> bool:
        """Whether another user or folder comes between: what is written for a known reader is not for that step."""
        every = self.change(step).facts.document.instructions
        return any(isinstance(each, User | Workdir) for each in every if written.span < each.span < step.span)

    def _sets_inside(self, carrier: Carrier) -> bool:
        return any(step in self.writers or step in carrier.readers for step in self._setting(carrier))

    def _setting(self, carrier: Carrier) -> list[Instruction]:
        """The steps in which a tool puts a setting into the file that is none of the credentials."""
        return [step for step, span in carrier.sets if span in self.settings]

    def _may_be_carried(self, using: Sequence[Instruction]) -> None:
        """Raises CannotPurgeError where what others put into a file would go with it, or not be there."""
        for carrier in (each for each in self.carriers if not each.clean or each.appends):
            adding = (*carrier.added, *self._setting(carrier))
            line = adding[0].lines[0] if adding else 0
            if adding and not carrier.clean:
                inside = carrier.removed is not None and carrier.at not in self.behind
                if not inside and (carrier.added or carrier.at not in self.behind or not is_line(carrier, self.change)):
                    raise CannotPurgeError(f"line {line} adds to {carrier.path}: put that into the step that writes it")
            older = carrier.older if carrier.older not in self.writers else None
            if self.many and carrier.appends and carrier.clean:
                lines = " and ".join(str(step.lines[0]) for step in using)
                raise CannotPurgeError(f"lines {lines} read {carrier.path}, and each would add to it")
            if self.many and (older or self._shared(carrier)) and not carrier.clean and not self._by_line(carrier):
                if carrier.older_perhaps or not older:
                    raise CannotPurgeError(with_it(carrier, older or carrier.written))
        for carrier in self.carriers:
            if carrier.is_for_later or (not using and carrier.removed is None):
                reason = f"it is written to {carrier.path}, which stays, and which the running container may read"
                raise CannotPurgeError(reason)

    def _told_apart(self, change: RunChange) -> tuple[list[Unit], list[Unit], bool]:
        """The commands of a RUN that make the files ready, its others, and whether those need the files."""
        run, path = change.run, self.carriers[0].path
        mine = [(unit, [(change.text.span(e.span), e) for e in unit.events]) for unit in change.units]
        plain = change.is_shell and not run.heredocs
        if run in self.writers and not plain:
            if len({*self._steps()}) > 1:
                raise CannotPurgeError(f"line {run.lines[0]} writes {path} for a later step, and is not plain shell")
            return [], list(change.units), True
        if run in self.writers and not any(span in self.writes | self.logs for _, events in mine for span, _ in events):
            raise CannotPurgeError(f"how line {run.lines[0]} writes {path} is not plain enough to be repeated")
        adds = any(run in carrier.added for carrier in self.carriers)
        ready: list[Unit] = []
        rest: list[Unit] = []
        reads = False
        for unit, events in mine if plain else ():
            touched = [event for span, event in events if span in self.spans and span not in self.writes]
            if (
                any(span in self.writes or (span in self.settings and run in self.writers) for span, _ in events)
                or any(span in self.inner and _passes_on(event) for span, event in events)
                or (touched and (adds or all(map(readies, touched))))
                or (run in self.writers and is_state(unit))
            ):
                ready.append(unit)
            else:
                rest.append(unit)
                reads = reads or bool(touched) or any(span in self.logs for span, _ in events) or opaque([unit])
        if run in self.writers or (ready and not rest):
            return ready, rest, reads
        if adds:
            raise CannotPurgeError(f"line {run.lines[0]} adds to {path}, and does more: put that into the step that writes it")
        return [], list(change.units), True

    def _given(self, change: RunChange, said: Sequence[_Written]) -> None:
        """Let a RUN that reads the files write them first, and take them away when it is done."""
        behind: dict[str, None] = {}
        kept = (c for c in self.carriers if self._older(c) and (c.removed is None or self.many) and not self._by_line(c))
        older = {real(carrier.path): carrier for carrier in kept}
        for carrier in older.values():
            path, spare = self._path(carrier), f"/tmp/{posixpath.basename(carrier.path)}.orig"
            change.before[f"cp -p {path} {spare}"] = None
            behind[f"mv -f {spare} {path}"] = None
        for each in said:
            if each.change is None:
                assert isinstance(each.step, Copy)
                carrier = next(c for c in self.carriers if c.written is each.step)
                change.before[heredoc(each.step, self._path(carrier))] = None
                continue
            same_place(each.change, change.run, list(each.units))
            change.mounts |= dict.fromkeys(each.mounts)
            change.exports |= dict.fromkeys(each.exports)
            behind_others = [carrier.at for carrier in self.carriers if carrier.at in self.behind]
            change.before |= dict.fromkeys(text(each.change, list(each.units), change, behind_others))
        mine = [c for c in self.carriers if c.written.span <= change.run.span and real(c.path) not in older]
        for carrier in (c for c in mine if not self._takes_away(change, c)):
            behind |= dict.fromkeys(self._undo(carrier))
        change.behind |= behind

    def _older(self, carrier: Carrier) -> bool:
        """Whether an earlier step outside of the family is known to have made the file."""
        return carrier.older is not None and carrier.older not in self.writers and not carrier.clean and not carrier.older_perhaps

    def _takes_away(self, change: RunChange, carrier: Carrier) -> bool:
        """Whether the RUN does itself what takes the file away."""
        if carrier.removed is not change.run:
            return False
        return any(change.text.span(event.span) == carrier.spans[-1] and not event.state.doubt for event in change.events)

    def _path(self, carrier: Carrier) -> str:
        path = carrier.exact or carrier.path
        if not re.fullmatch(r"(?:\$HOME/|\$\{HOME\}/)?[\w./~@%+-]+", path):
            raise CannotPurgeError(f"the path {path} can't be written in shell")
        return path

    def _undo(self, carrier: Carrier) -> tuple[str, ...]:
        """The commands that take the credential out of a file again, or the file away, under the condition it is made."""
        path = self._path(carrier)
        taken_out = carrier.clean and (carrier.removed is None or carrier.undone or self.many)
        undo = carrier.local_clean if taken_out else (f"rm -{'rf' if carrier.tree else 'f'} {path}",)
        if not carrier.clean and (carrier.removed is None or self.many or carrier.at in self.behind):
            if self._by_line(carrier):
                undo = (f"sed -i '$d' {path}",)
            elif carrier.removed is None and carrier.older is not None and carrier.older not in self.writers:
                raise CannotPurgeError(with_it(carrier, carrier.older))
        tested = next((use.variable for use in self.uses if use.role == "test" and use.instruction is carrier.written), "")
        if tested:  # where there is none, nothing was written that a command could take out again
            undo = tuple(each if each.startswith("rm -") else f'{{ [ -z "${tested}" ] || {each}; }}' for each in undo)
        elif carrier.clean and self._perhaps(carrier):
            undo = tuple(each if each.startswith(("rm -", "sed -")) else f"{{ {each} || :; }}" for each in undo)
        return undo

    def _perhaps(self, carrier: Carrier) -> bool:
        """Whether it is only written under a condition."""
        events = self.change(carrier.written).events if isinstance(carrier.written, Run) else ()
        return any("only if" in e.state.doubt for e in events if self.change(carrier.written).text.span(e.span) == carrier.at)

    def _by_line(self, carrier: Carrier) -> bool:
        """Whether it is the last line of a file with others, which is taken out as such."""
        if carrier.at in self.behind:
            return True
        return carrier.appends and (carrier.older is not None or self._shared(carrier)) and is_line(carrier, self.change)

    def _shared(self, carrier: Carrier) -> bool:
        """Whether another command of its RUN writes to the file, something else."""
        if not isinstance(carrier.written, Run):
            return False
        change, path = self.change(carrier.written), real(carrier.path)
        for event in (each for each in change.events if each.entry is None or not each.entry.attributes):
            to = {path_of(value, event.state) for value in event.into} | {region.path for region in event.effects.writes}
            if path in to and change.text.span(event.span) not in self.writes:
                return True
        return False

    def _force(self, change: RunChange) -> bool:
        """Let a RUN that removes the files bear that they are not there; True where it does nothing else."""
        if not change.is_shell:
            raise CannotPurgeError(f"the step that removes {self.carriers[0].path} is not in shell form")
        idle: list[Unit] = []
        paths = {real(carrier.path) for carrier in self.carriers}
        for unit in change.units:
            alone = True
            for event in unit.events:
                entry, removes = event.entry or UNDESCRIBED, change.text.span(event.span) in self.spans
                force = entry.options.get("--force") if entry.takes_away else None
                operands = [path_of(arg.value, event.state) for found in event.found[-1:] for arg in found.operands]
                takes = entry.takes_away or entry.carries == "move"
                alone = alone and removes and (not takes or (force is not None and set(operands) <= paths))
                forced = force is not None and force.name in event.found[-1].given
                if forced or not removes or not takes:
                    continue
                if force is None or (word := event.args[0].word) is None:
                    line = change.run.lines[0]
                    raise CannotPurgeError(f"`{event.name}` (line {line}) needs {self.carriers[0].path} to be there")
                change.inner[change.text.span(event.origin.span(word.span)).end] = {" -f": None}
            idle += [unit] if alone and unit.events else []
        if len(idle) < len(change.units) and idle:
            if any(not (event.entry or UNDESCRIBED).takes_away for unit in idle for event in unit.events):
                change.drop(idle)
        return len(idle) == len(change.units)


def _passes_on(event: Event) -> bool:
    """Whether a command only makes a file ready, puts it elsewhere or takes it away."""
    entry = event.entry
    return readies(event) or (entry is not None and (entry.takes_away or bool(entry.carries)))
