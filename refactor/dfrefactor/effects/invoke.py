"""One command run: a function of the script, or an entry of the catalog that is looked up and acted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import dropwhile

from dfrefactor.effects.arguments import Arguments, understand
from dfrefactor.effects.call import Call, Context, Flow, Machine, either_way
from dfrefactor.effects.catalog import UNDESCRIBED, Entry
from dfrefactor.effects.commands import HANDLERS
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import PROGRAMS, Region, Regions, canonical, known, parent, region, written
from dfrefactor.effects.roles import apply_roles, effects, named_by, options
from dfrefactor.effects.state import ShellState, Variable, joined
from dfrefactor.effects.trace import Assigns, Redirection
from dfrefactor.effects.words import Arg
from dfrefactor.effects.wrappers import run_others
from dfrefactor.shell import Simple

BASIC = ("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "TMPDIR", "POSIXLY_CORRECT", "GLOBIGNORE")
"""Variables that decide which program is run, or that any of them may look at, whatever it is."""


def invoke(
    machine: Machine, command: Simple, args: Sequence[Arg], assigns: Assigns, redirects: tuple[Redirection, ...],
    state: ShellState, draft: Draft, context: Context,
) -> Flow:  # fmt: skip
    """Run `args`; what stands before it on the line is done, and in `draft`."""
    start = state
    for name, arg in assigns:
        state = state.with_variable(name, Variable(arg.value, True, arg.of))
    if (bodies := state.functions.get(args[0].value) if known(args[0].value) else None) is None:
        flow = _program(machine, command, args, assigns, redirects, state, draft, context)
    else:
        machine.emit(command, args, assigns, redirects, state, draft, context, wraps=True)
        inner = state.with_files(draft.files)
        doubt = f"`{args[0].value}` may be a function" if None in bodies else ""
        perhaps = context._replace(doubt=context.doubt or doubt, wants=context.wants or bool(doubt))
        flow = machine.function(bodies - {None}, args[1:], inner, command.span, perhaps)
        if doubt:
            less = replace(inner, functions={name: each for name, each in inner.functions.items() if name != args[0].value})
            flow = either_way([flow, invoke(machine, command, args, (), (), less, Draft.of(less, doubt), perhaps)])
    if not assigns:
        return flow
    entry = machine.catalog.get(args[0].value)
    lasting = bodies is not None or (entry is not None and entry.special)
    return Flow(*(each and _restored(each, start, assigns, lasting) for each in flow))


def beside(flow: Flow, other: Flow) -> Flow:
    """`flow`, where files may be as `other` leaves them."""
    if (left := joined(*other)) is None:
        return flow
    return Flow(*(each and each.with_files(each.files.join(left.files)) for each in flow))


def _restored(after: ShellState, before: ShellState, assigns: Assigns, lasting: bool) -> ShellState:
    """Variables set for one command are what they were; behind a function or a special built-in some shells keep them."""
    for name, _ in assigns:
        old, new = before.variables.get(name), after.variables.get(name)
        if lasting and new is not None:
            old = new.join(old)
        variables = {key: value for key, value in after.variables.items() if key != name}
        after = replace(after, variables=variables if old is None else {**variables, name: old})
    return after


def _program(
    machine: Machine, command: Simple, args: Sequence[Arg], assigns: Assigns, redirects: tuple[Redirection, ...],
    state: ShellState, draft: Draft, context: Context,
) -> Flow:  # fmt: skip
    """A built-in or a program."""
    call = Call(machine, state, draft, UNDESCRIBED, "", list(args[1:]), Arguments(), command.span,
                machine.site(command.span.start), context.input, state.with_files(draft.files))  # fmt: skip
    place = len(machine.events)
    _look_up(call, args)
    own = args if call.own is None else args[: call.own + 1]
    machine.emit(command, own, assigns, redirects, state, draft, context, wraps=call.own is not None, at=place, call=call)
    machine.printed = call.prints
    after = call.after.with_files(draft.files)
    if redirects and call.own is None and call.entry.runs is not None and "ends" in call.entry.runs:
        after = replace(after, redirected=after.redirected | {f"{r.fd}{r.operator}" for r in redirects}, stdout=context.into)
    if call.departs is not None:
        return machine.depart(call.departs, after, context)
    if call.dead:
        return Flow(None)
    if not context.wants:
        return Flow(after)
    failed = call.failed if call.failed is not None else state.join(after)
    return Flow(after, failed.with_files(state.files.join(draft.files)))


def _look_up(call: Call, args: Sequence[Arg]) -> None:
    """Find what is known of the command, and do it."""
    name, draft, catalog = args[0].value, call.draft, call.machine.catalog
    if not name or not known(name):
        call.unknown(f"the command `{written(name)}` is not known")
        return
    prefix, whole = "", name
    if "/" in name:
        path = draft.place(name)
        folder = parent(path) if path else ""
        name = name.rpartition("/")[2]
        if folder not in PROGRAMS:
            draft.read(whole)
            entry = catalog.get(f"*/{name}") or catalog.get(whole)
            if entry is None and path and folder.rpartition("/")[2] in ("bin", "sbin", "Scripts"):
                entry = catalog.get(name)
                prefix = parent(folder) if entry is not None else ""
            if entry is None:
                call.unknown(f"`{written(whole)}` is a program we do not know")
                return
            _in_own_folder(call, entry, prefix)
            call.name = name
            apply(call, entry, list(args[1:]), prefix)
            return
    entry = catalog.get(name)
    if entry is None or not entry.builtin:
        draft.commands.add(name)
        draft.variables.update(BASIC)
        if call.state.has("LD_LIBRARY_PATH") or call.state.has("LD_PRELOAD"):
            named_by(call, BASIC)
        folders = [folder for folder in call.state.path_folders if canonical(folder) not in PROGRAMS]
        draft.reads.update(Region(f"{folder}/{name}") for folder in folders)
    if entry is None:
        call.unknown(f"`{name}` is not in the catalog")
        return
    if entry.free and not (entry.builtin or entry.shell):
        _of_the_base(call, whole, name)
    call.name = name
    apply(call, entry, list(args[1:]), "")


def _of_the_base(call: Call, whole: str, name: str) -> None:
    """A command that every base image has may be another one where something was put in front of it."""
    files = call.draft.files
    ways = _ways(whole, () if "/" in whole else call.state.path_folders)
    changed = {each.path for each in ways & files.touched}
    for path in sorted({each.path for each in ways}):
        if path in changed or files.kinds.get(path, "absent") not in ("absent", "dir"):
            call.unknown(f"`{path}` may do something else than the `{name}` of the base image")


@lru_cache(maxsize=4096)
def _ways(command: str, folders: tuple[str, ...]) -> Regions:
    """Where a command may lie, as anything that is there."""
    paths = [command] if "/" in command else [f"{folder}/{command}" for folder in (*folders, *PROGRAMS)]
    return frozenset(Region(canonical(path), kind) for path in paths for kind in ("file", "tree", "glob"))


def _in_own_folder(call: Call, entry: Entry, prefix: str) -> None:
    if prefix:
        call.draft.reads.add(region(prefix, True))
        if entry.grade is not Grade.EXACT or entry.sub:
            call.draft.writes.add(region(prefix, True))


def apply(call: Call, entry: Entry, args: list[Arg], prefix: str, before: Mapping[str, list[Arg]] | None = None) -> None:
    """Do what `entry` says of `args`; `prefix` is the folder of its own that the program lies in.

    `before` are options that stand before a subcommand: `npm -g install`.
    """
    call.args, call.entry = args, entry
    call.found = found = understand(entry, args, bool(entry.sub))
    for option, values in (before or {}).items():
        found.given[option] = [*values, *found.given.get(option, [])]
    call.levels.append(found)
    if entry.sub:
        _subcommand(call, entry, prefix)
        return
    if prefix:
        found.given["/"] = []
    for option in found.given:
        entry = entry.given(option)
    call.entry = entry
    if found.strange and entry.grade is not Grade.UNKNOWN:
        call.unknown(found.strange)
    if call.state.has("POSIXLY_CORRECT") and any(dropwhile(bool, (arg.value[:1] == "-" for arg in args))):
        call.unknown("with `POSIXLY_CORRECT`, options behind an operand are none")
    if found.refused:
        call.unknown(found.refused)
    if entry.handler:
        HANDLERS[entry.handler](call)
    elif entry.runs is not None:
        run_others(call)
    else:
        apply_roles(call)
    effects(call, entry)


def _subcommand(call: Call, entry: Entry, prefix: str) -> None:
    found = call.found
    for reason in filter(None, (found.refused, "" if entry.grade is Grade.UNKNOWN else found.strange)):
        call.unknown(reason)
    options(call)
    word = found.operands[0].value if found.operands else ""
    for option in found.given:
        entry = entry.given(option)
    below = entry.subcommand(word) or (entry.subcommand("*") if word else None)
    if below is not None and below.stands_for:
        if (other := call.machine.catalog.get(below.stands_for)) is not None:
            call.name = below.stands_for
            call.draft.commands.update(entry.needs)
            apply(call, other, found.operands[1:], prefix)
            return
    if below is not None:
        apply(call, below, found.operands[1:] if word else call.args, prefix, found.given if word else None)
    elif word:
        call.draft.commands.update(entry.needs)
        call.unknown(f"what `{call.name} {written(word)}` does is not in the catalog")
    else:
        call.found.operands = []
        effects(call, entry)


