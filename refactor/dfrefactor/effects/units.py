"""The units of a RUN's shell text: what each of its top-level commands does, and where the list can be cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
from dfrefactor.shell import Item, Part, Script, Simple, Word, parse
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
        options = _options(events, catalog) and start.parameters == end.parameters
        assigns = start.differs(end)
        found.append(Unit(effects, *item.command.span, item.joins, start, end, assigns, options=options, events=events))
    return _cut(items, found, state, passes)


def _options(events: Sequence[Event], catalog: Catalog) -> bool:
    """Whether commands only set options of the shell."""
    entries = [catalog.get(event.name) for event in events if len(event.args) > 1]
    return bool(entries) and len(entries) == len(events) and all(entry and entry.handler == "set" for entry in entries)


def _cut(items: Sequence[Item], units: Sequence[Unit], state: ShellState, passes: set[int]) -> list[Unit]:
    """The units with what each reads that an earlier one set, and why the list can't be cut there.

    `passes` are units whose failure `set -e` passes over: as the last of a RUN it would fail.
    """
    found: list[Unit] = []
    needed: frozenset[str] = frozenset()
    for at in range(len(units) - 1, -1, -1):
        unit = units[at]
        wants = _wants(unit)
        needed |= wants
        changed = sorted(unit.before.differs(state)) if at else []
        uses = [name for name in changed if _reads(needed, name, unit.before, state)]
        blocked = "it is the first" if not at else _blocked(items, at, unit.before, state, unit)
        if at - 1 in passes and not blocked:
            blocked = "`set -e` passes over a failure of what stands before"
        if uses and not blocked:
            blocked = f"the variable `{uses[0]}` was set before"
        own = frozenset(name for name in changed if _reads(wants, name, unit.before, state))
        found.append(replace(unit, uses=own, blocked=blocked))
    return found[::-1]


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
    if before.cwd != start.cwd:
        return f"the folder was changed to `{before.cwd or '?'}` before"
    if before.user != start.user or before.home != start.home:
        return "the user was changed before"
    if _SPECIAL & unit.effects.variables:
        return "it looks at how the command before it ended"
    return ""
