"""Branches, which are joined, and loops, which run until nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from posixpath import commonprefix

from dfrefactor.effects.call import Context, Flow, either_way
from dfrefactor.effects.lines import Lines, is_pattern
from dfrefactor.effects.paths import HOLE, ONE, STAR, hole
from dfrefactor.effects.state import ShellState, Variable, joined
from dfrefactor.effects.words import Arg, Expansion, made_of
from dfrefactor.shell import Branches, Loop

UNROLLED = 24
"""A `for` over at most so many plain words is followed word by word."""
ROUNDS = 8
"""A loop that has not settled after so many rounds is given up."""


def branches(machine: Lines, command: Branches, state: ShellState, context: Context) -> Flow:
    """`if` and `case`: any one arm runs, or none."""
    state, context = machine.redirected(command.redirects, command.span, state, context)
    if command.subject is not None:
        expansion = Expansion(machine, state)
        subject = expansion.whole(command.subject)
        state = machine.looked_at(expansion, command.subject.span, (subject,), state)
    ends: list[Flow] = []
    start: ShellState | None = state
    asked = context._replace(doubt=context.doubt or "it is a condition", deaf=True, wants=True)
    inner = context._replace(doubt=context.doubt or "it runs only if a condition holds")
    for condition, body in command.arms:
        if start is None:
            break
        begin: ShellState | None = start
        if condition is not None:
            begin, start, _ = machine.script(condition, start, asked)
        if begin is not None:
            ends.append(machine.script(body, begin, inner))
        elif condition is not None and start is None:
            break
    if not (command.total and ends):
        ends.append(Flow(start))
    return either_way(ends)


def loop(machine: Lines, command: Loop, state: ShellState, context: Context) -> Flow:
    """`for` over plain words runs once for each; any other loop any number of times."""
    state, context = machine.redirected(command.redirects, command.span, state, context)
    words: list[Arg] = []
    if command.condition is None:
        expansion = Expansion(machine, state)
        words = expansion.args(command.words) if command.words else expansion.parameters_of(command.span)
        state = machine.looked_at(expansion, command.span, words, state)
        if len(words) <= UNROLLED and not any(arg.many or is_pattern(arg) for arg in words):
            return _unrolled(machine, command, words, state, context)
    return _settled(machine, command, words, state, context)


def _unrolled(machine: Lines, command: Loop, words: Sequence[Arg], state: ShellState, context: Context) -> Flow:
    """The body once for each word."""
    frame = machine.enter("loop", context)
    inner = context
    if not context.doubt:
        heard = state.errexit and not context.deaf
        inner = context._replace(doubt="" if heard else "a failure inside a loop goes unnoticed (no `set -e`)", status=False)
    flow = Flow(state)
    for at, arg in enumerate(words):
        if (start := joined(*flow, *frame.ends)) is None:
            break
        last = at + 1 == len(words)
        own = context if last and not context.doubt and not frame.departed else inner._replace(wants=True)
        start = machine.given(start, command.variable, arg, command.span)
        machine.path.append(str(at))
        flow = machine.script(command.body, start, own)
        machine.path.pop()
    machine.frames.remove(frame)
    return Flow(joined(flow.ok, *frame.ends), flow.failed, flow.passed)


def _settled(machine: Lines, command: Loop, words: Sequence[Arg], state: ShellState, context: Context) -> Flow:
    """The body over and over, until the state it starts from holds all it may end with."""
    inner = context._replace(doubt=context.doubt or "it runs in a loop, perhaps never", deaf=True, wants=True)
    start = state
    kept, steps = len(machine.events), machine.steps
    for attempt in range(ROUNDS + 1):
        frame = machine.enter("loop", context)
        machine.steps = steps
        del machine.events[kept:]
        turn: ShellState | None = start
        if command.condition is not None:
            turn = joined(*machine.script(command.condition, start, inner))
        if command.variable and turn is not None:
            common = commonprefix([arg.value.partition(HOLE)[0].partition(STAR)[0].partition(ONE)[0] for arg in words])
            value = common + hole(f"{command.variable}#{machine.site(command.span.start)}")
            some = Arg(value, False, None, made_of(arg.of for arg in words))
            turn = machine.given(turn, command.variable, some, command.span)
        flow = machine.script(command.body, turn, inner) if turn is not None else Flow(None)
        machine.frames.remove(frame)
        end = joined(start, *flow, *frame.ends)
        assert end is not None
        if end == start:
            return Flow(start, start, start)
        start = end
        if attempt + 2 >= ROUNDS:  # variables that still change are given up
            changing = {n: Variable(None, None, v.of, None) for n, v in start.variables.items() if state.variables.get(n) != v}
            start = replace(start, variables={**start.variables, **changing})
    return machine.lost("a loop does not settle", command.span, start)
