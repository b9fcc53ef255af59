"""The units of a RUN's shell text: what each of its top-level commands does, and where the list can be cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from dfrefactor.effects.call import Context, Flow
from dfrefactor.effects.catalog import PACKAGED, Catalog
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.effects import ALL, PERHAPS_ALL, Effects, matched, sequence
from dfrefactor.effects.frames import chain_end
from dfrefactor.effects.interpret import LONGEST, TOO_MUCH, Interpreter
from dfrefactor.effects.invoke import invoke
from dfrefactor.effects.output import Grade
from dfrefactor.effects.state import Reached, ShellState, joined
from dfrefactor.effects.trace import Event, Origin, Trace, Unit
from dfrefactor.effects.words import Arg
from dfrefactor.shell import Item, Part, Pipeline, Script, Simple, Word, parse
from dfrefactor.text.source import Span

UNREAD = "\0"
"""Among the variables a unit wants: text that is not read may look at any of the shell's."""
_SPECIAL = frozenset("? _ ! PIPESTATUS".split())
"""What the shell itself sets with every command (POSIX 2.5.2)."""


def is_shell(path: str) -> bool:
    """Whether a program is a shell whose text we read."""
    entry = PACKAGED.get(path.rpartition("/")[2].removesuffix(".exe").lower())
    return entry is not None and entry.shell != ""


def trace(text: str, state: ShellState, catalog: Catalog = PACKAGED) -> Trace:
    """The trace of shell text that starts in `state`.  Never raises: what can't be followed is of grade UNKNOWN."""
    if state.shell and not is_shell(state.shell[0]):
        return unread(text, state, f"the shell `{state.shell[0]}` is not one we read")
    script = parse(text)
    if len(script.items) > LONGEST:
        return unread(text, state, TOO_MUCH)
    try:
        return Trace(text, tuple(_units(script, text, state, catalog)))
    except RecursionError:
        return unread(text, state, TOO_MUCH)


def trace_words(
    words: Sequence[str], state: ShellState, catalog: Catalog = PACKAGED, text: str = "", spans: Sequence[Span] = ()
) -> Trace:
    """The trace of a command that no shell takes apart (a RUN in JSON form), its words at `spans` of `text`."""
    machine = Interpreter(catalog, text)
    whole = Span(0, len(text))
    if words:
        places = [*spans, *(whole for _ in words[len(spans) :])]
        written = [Word(text[slice(*at)], at, (Part("text", word),)) for word, at in zip(words, places, strict=True)]
        args = [Arg(word, False, each) for word, each in zip(words, written, strict=True)]
        invoke(machine, Simple((), whole), args, (), (), state, Draft.of(state), Context())
    effects = sequence(event.effects for event in machine.events)
    return Trace(text, (Unit(effects, *whole, before=state, after=state, events=tuple(machine.events)),))


def unread(text: str, state: ShellState, reason: str) -> Trace:
    effects = Effects(Grade.UNKNOWN, (reason,))
    place = Span(0, len(text))
    event = Event((), state, place, effects, Origin(place), unread=reason)
    return Trace(text, (Unit(effects, 0, len(text), before=state, after=state, blocked=reason, events=(event,)),))


def _units(script: Script, text: str, state: ShellState, catalog: Catalog) -> list[Unit]:
    machine = Interpreter(catalog, text)
    items, found, passes = script.items, list[Unit](), set[int]()
    flow, first, last = Flow(state), 0, -1
    for at, item in enumerate(items):
        if at > last:
            flow = Flow(joined(*flow))
            first, last = at, chain_end(items, at)
            chain_start = flow.ok or state
        before = flow.failed if at > first and items[at - 1].joins == "||" else flow.ok
        place, doubt = len(machine.events), machine.frames[0].departed
        flow = machine.link(items, at, first, last, flow, Context())
        if at == last:
            flow = machine.closed(items, last, chain_start, flow, Context())
        after = joined(*flow)
        start = before.perhaps(doubt) if before is not None else replace(state, reached=Reached.NEVER)
        end = after.perhaps(machine.frames[0].departed) if after is not None else replace(start, reached=Reached.NEVER)
        if at + 1 == len(items):
            machine.finish(flow)
        events = tuple(machine.events[place:])
        effects = sequence(event.effects for event in events)
        passes |= {at} if at == last and flow.passed is not None else set()
        span = item.command.span
        options = _options(events, catalog) and start.parameters == end.parameters
        sets = options or _only_sets(events, effects, start, end, text[slice(*span)])
        assigns = start.differs(end)
        found.append(Unit(effects, *span, item.joins, start, end, assigns, sets=sets, options=options, events=events))
    return _cut(items, found, state, passes)


def _options(events: Sequence[Event], catalog: Catalog) -> bool:
    """Whether commands only set options of the shell."""
    entries = [catalog.get(event.name) for event in events if len(event.args) > 1]
    return bool(entries) and len(entries) == len(events) and all(entry and entry.handler == "set" for entry in entries)


def _only_sets(events: Sequence[Event], effects: Effects, before: ShellState, after: ShellState, text: str) -> bool:
    """Whether a unit does nothing but set variables and the folder, always to the same: it can be said again."""
    alone = effects.grade is Grade.EXACT and not (effects.touched or effects.network or effects.heavy or effects.mtime)
    if not alone or effects.system_writes or re.search(r"(?i)random|seconds|\$\$", text):
        return False
    entries = [event.entry for event in events if event.args]
    if any(entry is None or entry.varies for entry in entries) or after.also:
        return False
    kept = {name: getattr(before, name) for name in ("cwd", "variables", "files", "reached", "doubt")}
    return replace(after, **kept) == before and (before.cwd != after.cwd or before.differs(after) != frozenset())


def _cut(items: Sequence[Item], units: Sequence[Unit], state: ShellState, passes: set[int]) -> list[Unit]:
    """The units with what each needs of the earlier ones, and why the list can't be cut there.

    `passes` are units whose failure `set -e` passes over: as the last of a RUN it would fail.
    """
    found: list[Unit] = []
    for at, unit in enumerate(units):
        wants = _wants(unit)
        changed = sorted(unit.before.differs(state)) if at else []
        uses = frozenset(name for name in changed if _reads(wants, name, unit.before, state))
        blocked = "it is the first" if not at else _blocked(items, at, unit.before, state, unit)
        if not blocked and (unsure := _unsure(found)):
            blocked = f"what `{unsure}` sets in the shell is not known"
        if not blocked and (at - 1 in passes or _hides(items[at - 1], found[at - 1])):
            blocked = "`set -e` passes over a failure of what stands before"
        again, bound = set[int](), set[int]()
        for earlier in _sources(found, uses, unit.before.cwd != state.cwd):
            again |= {earlier, *found[earlier].again} if found[earlier].sets else set()
            bound |= {*found[earlier].bound} if found[earlier].sets else {earlier}
        found.append(replace(unit, uses=uses, blocked=blocked, again=tuple(sorted(again)), bound=tuple(sorted(bound))))
    return found


def can_cut(units: Sequence[Unit]) -> bool:
    """Whether a list stops at its first failure, so that its parts may be run apart: `&&`, or `;` under `set -e`.

    Options of the shell are said again in every part; at the end of a RUN they would be lost.
    """
    stops = all(a.joins == "&&" or (a.joins in (";", "\n") and a.after.errexit) for a, _ in pairwise(units))
    return stops and not units[-1].sets and units[-1].joins in ("", ";")


def _hides(item: Item, unit: Unit) -> bool:
    """Whether `set -e` does not see a failure inside of this command since another follows it, and would if it was the last."""
    parts = item.command.commands if isinstance(item.command, Pipeline) else (item.command,)
    runs = any(event.wraps and event.entry is not None and event.entry.builtin for event in unit.events)
    inside = runs or not all(isinstance(each, Simple) for each in parts)
    return item.joins == "&&" and inside and unit.before.flags.get("errexit", False) is not False


def _unsure(units: Sequence[Unit]) -> str:
    """The first of the shell's own commands in `units` of which nobody knows what it sets, or ""."""
    events = (event for unit in units for event in unit.events)
    return next((each.name for each in events if not each.effects.grade and each.entry is not None and each.entry.builtin), "")


def _sources(units: Sequence[Unit], uses: frozenset[str], moved: bool) -> list[int]:
    """The units that set one of the variables `uses`, and those that changed the folder, if it was `moved`."""
    found = [at for at, unit in enumerate(units) if not uses.isdisjoint(unit.assigns)]
    for at in range(len(units) - 1, -1, -1) if moved else ():
        unit = units[at]
        if unit.before.cwd != unit.after.cwd:
            found.append(at)
            if any(event.name == "cd" and event.args[-1].value.startswith("/") for event in unit.events[:1]):
                break
    return found


def _wants(unit: Unit) -> frozenset[str]:
    """The variables a unit may look at: what is not read looks at any, programs only at exported ones."""
    if any(event.unread for event in unit.events):
        return unit.effects.variables | {UNREAD}
    return unit.effects.variables | ({ALL} if unit.effects.grade is Grade.UNKNOWN else frozenset())


def _reads(wanted: frozenset[str], name: str, before: ShellState, state: ShellState) -> bool:
    """Whether one of the variables that are `wanted` may be this one, which an earlier unit set."""
    if UNREAD in wanted or matched(name, wanted - {ALL, PERHAPS_ALL}):
        return True
    exported = any(found and found.exported is not False for found in (before.variables.get(name), state.variables.get(name)))
    return exported and not wanted.isdisjoint((ALL, PERHAPS_ALL))


def _blocked(items: Sequence[Item], at: int, before: ShellState, start: ShellState, unit: Unit) -> str:
    """Why the list can't be cut before item `at`: the shell is not as it was at the start, or not run through in order."""
    earlier = {item.joins for item in items[:at]}
    if "&" in earlier:
        return "a background job may still run"
    joins = items[at - 1].joins
    if joins == "||":
        return "`||` joins it to the command before"
    if joins == "&&" and chain_end(items, at) + 1 < len(items):
        return "a failure inside of an `&&` list goes unnoticed where more follows"
    if joins == ";" and not before.errexit:
        return "`;` without `set -e` goes on after a failure"
    if "||" in earlier and not before.errexit:
        return "`||` before it takes part in the list"
    if before.reached is not Reached.MUST:
        return before.doubt or "it is not reached"
    for name, what in (
        ("functions", "functions"), ("traps", "traps"), ("redirected", "redirections"), ("parameters", "positional parameters"),
        ("pushed", "folders of `pushd`"),
    ):  # fmt: skip
        if getattr(before, name) != getattr(start, name):
            return f"the shell keeps {what} from before"
    if before.kept:
        return f"the shell keeps {min(before.kept)} from before"
    if before.umask != start.umask:
        return "the umask was changed before"
    if any(before.flags.get(name, False) != start.flags.get(name, False) for name in ("noglob", "allexport")):
        return "`set` was used before"
    if before.also:
        return "a `cd` before may have failed"
    if before.cwd is None and start.cwd is not None:
        return "the folder was changed before"
    if before.user != start.user or before.home != start.home:
        return "the user was changed before"
    if _SPECIAL & unit.effects.variables:
        return "it looks at how the command before it ended"
    return ""
