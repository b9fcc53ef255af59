"""What a stage is made of when its steps may move: instructions, and the units of RUNs that can be cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from dfrefactor.dockerfile.instructions import Add, Arg, Copy, Env, Instruction, Run, Shell, User, Workdir
from dfrefactor.dockerfile.model import Stage
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.effects.catalog import Catalog
from dfrefactor.effects.effects import ALL, Effects
from dfrefactor.effects.order import Dependence, between
from dfrefactor.effects.output import ANY, Grade
from dfrefactor.effects.paths import SOMEWHERE, is_glob, place_of, somewhere
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.trace import Event, Step, Unit
from dfrefactor.effects.units import can_cut, trace
from dfrefactor.facts import Facts
from dfrefactor.images import image, start
from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.source import Span

SCOPED = (Env, Arg, Workdir, User, Shell)
"""Instructions that set what later ones start from; a new stage says them again."""

MOST = 250
"""Atoms of a stage we look at: all pairs are compared."""
SYMBOL = regex("\ue000([^\ue001]*)\ue001")


@dataclass(frozen=True, eq=False)
class Atom:
    """An instruction, or one unit of a RUN that may be cut around it, or what such a unit does to one of its operands.

    `order` counts the atoms of a stage, `place` is the instruction's index in it, `unit` the unit's in its RUN (None: the whole
    instruction), `operand` the one it is about, of several.  `tied`: it can't be cut from the atom before.  `names` finds
    `symbolic`, the footprint with names of variables in the place of their values: many atoms are never asked for it.
    `hinted`: a comment says what it does, and nobody knows which variables it reads.  `had` are commands that are there before
    it, `start` is the state it starts in, where it is shell text.
    """

    order: int
    place: int
    instruction: Instruction
    effects: Effects
    names: Callable[[], Effects]
    unit: int | None = None
    of: Unit | None = None
    operand: Span | None = None
    tied: bool = False
    hinted: bool = False
    had: frozenset[str] = frozenset()
    start: ShellState | None = None

    @cached_property
    def symbolic(self) -> Effects:
        return self.names()

    @property
    def is_step(self) -> bool:
        return isinstance(self.instruction, Run | Copy | Add)

    @property
    def text(self) -> str:
        """The unit, or the instruction's arguments, for reasons a user reads."""
        args = self.instruction.args
        return args[self.of.start : self.of.end] if self.of else args

    @property
    def span(self) -> Span:
        return self.instruction.span_of(self.of.start, self.of.end) if self.of else self.instruction.span

    @property
    def is_state(self) -> bool:
        """Whether it only sets what the shell keeps: it is said again in every RUN that needs it."""
        return self.of is not None and self.of.sets

    def is_bound_to(self, earlier: Atom) -> bool:
        """Whether it needs what `earlier` left in the shell, so that both have to be in one RUN."""
        if self.of is None or self.place != earlier.place:
            return False
        return earlier.unit in self.of.bound or (self.tied and (self.unit or 0) == (earlier.unit or 0) + 1)

    @property
    def is_plain(self) -> bool:
        """Whether it sets what it does whatever the files hold: `cd` and assignments of text."""
        return self.of is not None and self.of.sets and all(e.entry is None or e.entry.builtin for e in self.of.events)

    @cached_property
    def needs_folder(self) -> bool:
        """Whether what it does may depend on the folder it starts in: read as if that were another one, it is not met."""
        if self.start is None or not self.effects.grade or (self.of and not _are_told(self.of.events)):
            return True
        other = trace(self.text, replace(self.start, cwd=_ELSEWHERE))
        kept = [pair for unit in other.units for pair in unit.after.variables.items() if pair[0] not in ("PWD", "OLDPWD")]
        return not _are_told(other.events) or "ue002" in f"{other.effects} {kept}"


def _are_told(events: Iterable[Event]) -> bool:
    entries = [event.entry for event in events if event.args]
    return all(e is not None and (e.network or e.attributes or e.takes_away or e.carries) for e in entries)


def atoms(facts: Facts, stage: Stage, rule: str, divided: bool = False) -> tuple[Atom, ...]:
    """The atoms of `stage` in their order, FROM left out; `divided`: a unit that changes several things is one for each."""
    found: list[Atom] = []
    had = image(stage.chain[0].base).commands if isinstance(stage.chain[0].base, str) else frozenset[str]()
    remarks, known = facts.notes, facts.steps(stage)
    first = starting_somewhere if divided and any(scope.workdir is None for scope in facts.scopes(stage)) else start
    if first is not start:
        known = tuple(map(_inside, facts.steps(stage, None, first), known))
    has_variables = any(isinstance(instruction, Arg | Env) for each in stage.chain for instruction in each.instructions)
    named = has_variables and (not divided or may_part(facts, stage, known, Grade.BOUNDED))

    def names(place: int, plain: Effects, index: int | None = None, operand: Span | None = None) -> Effects:
        step = known[place]
        same = _inside(facts.steps(stage, as_symbol, first)[place], step) if named else step
        if index is None or len(same.units) != len(step.units):
            return same.effects
        if same.units[index] is step.units[index]:
            return plain
        found = _as_step(_about(same.units[index], same, operand, facts.catalog), _rest(same))
        return plain if found == plain else found

    for place, instruction in enumerate(stage.instructions[1:], 1):
        step = known[place]
        whole = instruction in facts.hints or instruction.flags or instruction.heredocs or remarks.ignores(instruction, rule)
        several = len(step.units) > 1 or (divided and any(map(_operands, step.units)))
        if whole or not several or not can_cut(step.units):
            hinted = instruction in facts.hints
            shell = step.units[0].before if step.units and not instruction.heredocs and not hinted else None
            at = len(found), place, instruction, step.effects, partial(names, place, step.effects)
            found.append(Atom(*at, hinted=hinted, had=had, start=shell))
            had |= _there(step.effects)
            continue
        rest = _rest(step)
        for index, unit in enumerate(step.units):
            tied = index > 0 and bool(unit.blocked)
            for operand in (_operands(unit) if divided else ()) or (None,):
                plain = _as_step(_about(unit, step, operand, facts.catalog), rest)
                at = len(found), place, instruction, plain, partial(names, place, plain, index, operand)
                found.append(Atom(*at, index, unit, operand, tied, had=had, start=unit.before))
            had |= _there(unit.effects)
    return tuple(found)


def starting_somewhere(stage: Stage) -> Scope:
    """What holds at the start of a stage, the folder it starts in having a name if it is not known, and those of variables."""
    found, text = start(stage), stage.document.source.text
    given = {pair.key for each in stage.document.instructions if isinstance(each, Arg | Env) for pair in each.pairs}
    names = set(_FOLDER.findall(text)) - given - {"HOME", "PATH", "PWD", "OLDPWD"} if found.inherited is None else set()
    variables = {**found.variables, **{name: somewhere(name) for name in names}}
    return replace(found, workdir=found.workdir if found.workdir is not None else SOMEWHERE, variables=variables)


_FOLDER = regex(r"(?<![\w$\\/}])\$\{?([A-Z][A-Z0-9_]*)\}?/")
"""Variables that a path starts with."""


def _inside(step: Step, plain: Step) -> Step:
    """`step`, where all that it does in the folder with that name stays inside; else what is known without the name."""
    strays = any(place_of(each.path) is None for each in step.effects.reads | step.effects.touched)
    return plain if strays else step


def may_part(facts: Facts, stage: Stage, steps: Iterable[Step], least: Grade = Grade.UNKNOWN) -> bool:
    """Whether `steps`, those of `stage`, have two pieces of work that are no packages of a manager, known `least` so well."""
    hints = facts.hints
    runs = [(step, each) for step, each in zip(steps, stage.instructions, strict=True) if isinstance(each, Run)]
    effects = (each for step, run in runs for each in ([step.effects] if run in hints else [u.effects for u in step.units]))
    return sum(each.heavy and each.grade >= least and not each.system_writes for each in effects) > 1


def _there(effects: Effects) -> frozenset[str]:
    """The commands that are there behind a step: what it brings by name, and what it could not do without."""
    return (effects.provides - {ANY}) | (effects.commands if effects.grade is Grade.EXACT else frozenset())


_EACH = frozenset("change... change-tree... remove... remove-tree... remove-empty... ensure...".split())
"""Roles of operands with each of which a command does the same, whatever the others are."""


def _operands(unit: Unit) -> tuple[Span, ...]:
    """The operands of a unit that does the same with each of them, and could as well be said once for each."""
    event = unit.events[0] if len(unit.events) == 1 else None
    if event is None or event.entry is None or event.redirects or event.wraps or not event.found:
        return ()
    if not event.entry.operands or event.entry.operands[-1] not in _EACH or unit.effects.grade is not Grade.EXACT:
        return ()
    words = [arg.word for arg in event.found[-1].operands[len(event.entry.operands) - 1 :]]
    if len(words) < 2 or any(word is None for word in words) or any(arg.many and not is_glob(arg.value) for arg in event.args):
        return ()
    return tuple(event.origin.span(word.span) for word in words if word is not None)


def _about(unit: Unit, step: Step, operand: Span | None, catalog: Catalog) -> Unit:
    """The unit as if it named this operand alone."""
    if operand is None:
        return unit
    text = without(step.text, Span(unit.start, unit.end), [each for each in _operands(unit) if each != operand])
    return trace(text, unit.before, catalog).units[0]


def without(text: str, span: Span, words: Sequence[Span]) -> str:
    """The text at `span` without some words, and the blanks on one side of each."""
    kept, at = "", span.start
    for word in sorted(words):
        before, behind = text[at : word.start], re.match(r"(?:\s|\\\r?\n)+", text[word.end : span.end])
        if behind is None:
            before = re.sub(r"(?:\s|\\\r?\n)+\Z", "", before)
        kept, at = kept + before, word.end + (behind.end() if behind else 0)
    return (kept + text[at : span.end]).rstrip()


def says(atom: Atom, name: str) -> bool:
    """Whether an atom names the variable `name`."""
    said = atom.text if atom.of is not None else atom.instruction.logical.text
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", said) is not None


def may_read(atom: Atom, name: str) -> bool:
    """Whether an atom may depend on the variable `name`: it says it, its commands look at it, or nobody knows."""
    if says(atom, name):
        return True
    unsure = atom.hinted or not atom.effects.grade
    return atom.is_step and (unsure or ALL in atom.effects.variables or atom.effects.reads_variable(name))


_ELSEWHERE = 6 * "/\ue002"
"""A folder that no file names, so deep that whatever is beside it tells as well."""


def as_symbol(name: str, value: str, fixed: bool) -> str | None:
    """What stands for a variable's value: any other may be given; one that is a path may lead anywhere, unless it is `fixed`."""
    if not value or re.search(r"[/\s~*?\[]", value):
        return value if fixed else None
    return f"\ue000{name}\ue001"


def with_values(path: str, variables: Mapping[str, str | None]) -> str:
    """`path` with the values in the place of the symbols."""
    return SYMBOL.sub(lambda found: variables.get(found[1]) or "", path)


def as_written(path: str) -> str:
    """`path` as a COPY can say it: a variable stays a variable, and what the image starts in is named from there."""
    if place := place_of(path):
        name = place[2:].partition("/")[0]
        path = f"${{{name}}}{path[len(place) :]}" if name else path[len(place) + 1 :] or "./"
    return SYMBOL.sub(r"${\1}", path)


def brought_from(path: str) -> str:
    """Where in a new stage the path is."""
    return path.replace(SOMEWHERE, DOWNLOADS)


DOWNLOADS = "/download"
"""Where new stages work whose folder can't be named."""


def _rest(step: Step) -> Mapping[str, frozenset[Any]]:
    """What is said of a whole RUN alone: the shell it needs, and what that shell reads."""
    names, units = ("reads", "commands", "system_reads"), [each.effects for each in step.units]
    return {name: getattr(step.effects, name).difference(*(getattr(each, name) for each in units)) for name in names}


def _as_step(unit: Unit, rest: Mapping[str, frozenset[Any]]) -> Effects:
    """A unit's footprint with the `rest` of its RUN's."""
    return replace(unit.effects, **{name: getattr(unit.effects, name) | more for name, more in rest.items()})


def _alike(first: Effects, second: Effects) -> Dependence | None:
    """Whether the one may name by another way what the other has in a folder that is not known."""
    for one, other in ((first, second), (second, first)):
        inner = [(place, each.path[len(place) :]) for each in one.touched if (place := place_of(each.path))]
        for each in other.touched | other.reads if inner else ():
            there = place_of(each.path) or ""
            apart = [rest for place, rest in inner if place != there]
            whole = each.path == there != "" and each.kind != "file"
            if apart and (whole or any(rest and f"{rest}/" in f"{each.path}/" for rest in apart)):
                return Dependence("output", f"`{as_written(each.path)}` may be in a folder that is not known")
    return None


def seen(first: Atom, second: Atom, apart: bool = False) -> Dependence | None:
    """Why `second` has to run after `first`, as far as it is seen with the values of variables; `apart` as in `between`."""
    return between(first.effects, second.effects, first.had, apart) or _alike(first.effects, second.effects)


def dependence(first: Atom, second: Atom, apart: bool = False) -> Dependence | None:
    """Why `second` has to run after `first`, None where it need not; `apart` as in `between`."""
    found = seen(first, second, apart)
    if found or (first.symbolic is first.effects and second.symbolic is second.effects):
        return found
    return between(first.symbolic, second.symbolic, first.had, apart)
