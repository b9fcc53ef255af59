"""A shell text run in the head: big steps over a frozen state, and a trace of the commands it comes to.

Branches are joined over every field of the state; a loop runs until nothing changes.  What is not certainly reached, or may
fail without notice, is done perhaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dfrefactor.effects.call import Call, Context, Departs, Flow, Input, either_way
from dfrefactor.effects.catalog import Catalog
from dfrefactor.effects.commands.printing import printed
from dfrefactor.effects.control import branches, loop
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.effects import Effects, sequence
from dfrefactor.effects.frames import Frame, chain_end, placed
from dfrefactor.effects.invoke import invoke
from dfrefactor.effects.lines import Lines
from dfrefactor.effects.order import race
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import known
from dfrefactor.effects.state import ShellState, Variable, joined
from dfrefactor.effects.trace import Event
from dfrefactor.effects.words import Arg, made_of, parameters
from dfrefactor.shell import Branches, Command, Function, Group, Item, Loop, Opaque, Pipeline, Script, Simple, parse
from dfrefactor.text.source import Span

DEEPEST, MOST, LONGEST = 40, 4000, 1000
TOO_MUCH = "there is too much to follow"


class Interpreter(Lines):
    """Runs one text.  `events` are what it has come to."""

    def __init__(self, catalog: Catalog, text: str) -> None:
        super().__init__(text)
        self.catalog = catalog
        self.depth = 0

    # -- lists ------------------------------------------------------------------------------------------------------------

    def script(self, script: Script, state: ShellState, context: Context) -> Flow:
        """Run a list."""
        items = script.items
        if len(items) > LONGEST:
            return self.lost(TOO_MUCH, script.span, state)
        flow = Flow(state)
        at = 0
        while at < len(items):
            if (start := joined(*flow)) is None:
                break
            last = chain_end(items, at)
            flow = self.chain(items, at, last, start, context)
            at = last + 1
        return flow

    def chain(self, items: Sequence[Item], first: int, last: int, state: ShellState, context: Context) -> Flow:
        """The commands between two `;`."""
        flow = Flow(state)
        for at in range(first, last + 1):
            flow = self.link(items, at, first, last, flow, context)
        return self.closed(items, last, state, flow, context)

    def closed(self, items: Sequence[Item], last: int, state: ShellState, flow: Flow, context: Context) -> Flow:
        """How a chain that started in `state` ends: what runs in the background changes files alone, `set -e` ends the shell."""
        if items[last].joins == "&":
            after = joined(*flow)
            return Flow(state.with_files(state.files.join(after.files)) if after is not None else state)
        end = flow.failed
        if last + 1 < len(items) and end is not None and end.errexit and not context.deaf and not context.doubt:
            return flow._replace(failed=flow.passed)
        return flow

    def finish(self, flow: Flow) -> None:
        """The end of the RUN: what was to be run then."""
        self.leave_shell(self.frames[0], flow, Context())

    def link(self, items: Sequence[Item], at: int, first: int, last: int, before: Flow, context: Context) -> Flow:
        """One command of a chain: how the chain stands behind it."""
        either = at > first and items[at - 1].joins == "||"
        start, rest = (before.failed, before.ok) if either else (before.ok, before.failed)
        if start is None:
            return Flow(rest) if either else Flow(None, rest, rest)
        own = placed(items, at, first, last, start.errexit, self.leaving(), context)
        flow = self.command(items[at].command, start, own)
        if either:
            return Flow(joined(rest, flow.ok), flow.failed, flow.passed)
        return Flow(flow.ok, joined(rest, flow.failed), joined(rest, flow.passed))

    # -- commands ---------------------------------------------------------------------------------------------------------

    def command(self, command: Command, state: ShellState, context: Context) -> Flow:
        self.steps += 1
        if self.steps > MOST or self.depth > DEEPEST:
            return self.lost(TOO_MUCH, command.span, state)
        self.depth += 1
        before, self.context = self.context, context
        match command:
            case Simple():
                flow = self.simple(command, state, context)
            case Pipeline():
                flow = self.pipeline(command, state, context)
            case Group():
                flow = self.group(command, state, context)
            case Branches():
                flow = branches(self, command, state, context)
            case Loop():
                flow = loop(self, command, state, context)
            case Function():
                bodies = frozenset[Command | None]({command.body})
                flow = Flow(replace(state, functions={**state.functions, command.name: bodies}))
            case Opaque():
                flow = self.lost(command.reason, command.span, state)
        self.depth -= 1
        self.context = before
        return flow

    def lost(self, reason: str, span: Span, state: ShellState) -> Flow:
        """Something is not read: whatever it does, nobody may rely on what stands before or behind."""
        effects = Effects(Grade.UNKNOWN, (reason,))
        place = self.origin.span(span)
        self.events.append(Event((), state, place, effects, self.origin, via=self.context.via, unread=reason))
        variables = {name: Variable(None, None, each.of, None) for name, each in state.variables.items()}
        kept = state.kept | {"what is not read"}
        after = replace(state, cwd=None, also=(), variables=variables, home=None, umask=None, kept=kept)
        return Flow(after, after, after)

    def group(self, group: Group, state: ShellState, context: Context) -> Flow:
        state, context = self.redirected(group.redirects, group.span, state, context)
        if group.subshell:
            return self.subshell(group.body, state, context)
        return self.script(group.body, state, context)

    def subshell(self, script: Script, state: ShellState, context: Context) -> Flow:
        """What is changed inside, but for files, is forgotten after."""
        frame = self.enter("shell", context)
        flow = self.script(script, replace(state, traps={}), context._replace(status=True))
        return outlasting(state, self.leave_shell(frame, flow, context))

    def leave_shell(self, frame: Frame, flow: Flow, context: Context) -> Flow:
        """The end of a shell: traps for it are run."""
        early = joined(*frame.ends)
        ends = Flow(joined(flow.ok, early), joined(flow.failed, early))
        for text in sorted({text for each in ends if each for text in each.traps.get("EXIT", ()) if text}):
            if (after := joined(*ends)) is not None:
                self.inner(Arg(text), replace(after, traps={}), context._replace(doubt="it runs when the shell ends"))
        self.frames.remove(frame)
        return ends

    def pipeline(self, pipeline: Pipeline, state: ShellState, context: Context) -> Flow:
        if len(pipeline.commands) == 1:
            inner = context._replace(doubt=context.doubt or "`!` turns its failure round", deaf=True, wants=True)
            flow = self.command(pipeline.commands[0], state, inner)
            return Flow(flow.failed, flow.ok, flow.ok) if pipeline.negated else flow
        files, given = state.files, context.input
        fed, first = range(0), len(self.events)
        for at, command in enumerate(pipeline.commands):
            last = at + 1 == len(pipeline.commands)
            quiet = "" if (last or state.pipefail) and not pipeline.negated else "a failure inside a pipe goes unnoticed"
            inner = context._replace(
                doubt=context.doubt or quiet, deaf=context.deaf or pipeline.negated, input=given, fed=tuple(fed),
                into=context.into if last else (),
            )
            start = len(self.events)
            self.printed = Input()
            after = joined(*self.subshell(Script((Item(command),), command.span), state.with_files(files), inner))
            files = after.files if after is not None else files
            self.race(range(first, start), fed := range(start, len(self.events)))
            given = self.printed._replace(fetched=self.printed.fetched or given.fetched)
        end = state.with_files(files)
        return Flow(end, end if context.wants else None)

    def race(self, before: range, part: range) -> None:
        """The parts of a pipe run at the same time: what one of them writes, another may find as it was or as it will be."""
        first, second = (sequence(each.effects for each in self.events[one.start : one.stop]) for one in (before, part))
        if raced := race(first, second):
            reason = f"which part of the pipe is first at `{raced}` is not known"
            for at in part:
                self.events[at] = replace(self.events[at], effects=self.events[at].effects.lowered(Grade.BOUNDED, reason))

    # -- what words and commands ask for --------------------------------------------------------------------------------------

    def substitute(self, script: Script, state: ShellState) -> tuple[ShellState, str | None, frozenset[str]]:
        """Commands inside a word: they are run, and what they print is told where it is plain."""
        context = Context(self.context.doubt or "a failure inside `$(…)` goes unnoticed", wants=True, via=self.context.via)
        kept, self.context = self.context, context
        start, self.printed = len(self.events), Input()
        flow = self.subshell(script, state, context)
        self.context = kept
        after = joined(*flow)
        events = self.events[start:]
        of = made_of(arg.of for event in events for arg in (*event.args, *(each.target for each in event.redirects)))
        of |= made_of(event.secrets for event in events)
        text = printed(events[0], self.site(script.span.start)) if len(events) == 1 and len(script.items) == 1 else None
        return (after if after is not None else state), text, of

    def run(self, call: Call, args: Sequence[Arg], state: ShellState, doubt: str, wrapped: bool) -> Flow:
        """Run the command `args` from within `call`."""
        context = self.context._replace(wants=True, input=call.input)
        if doubt and not context.doubt:
            context = context._replace(doubt=doubt)
        if wrapped:
            context = context._replace(via=(*context.via, call.name))
        kept, self.context = self.context, context
        self.depth += 1
        if self.depth > DEEPEST:
            flow = self.lost(TOO_MUCH, call.span, state)
        else:
            simple = Simple((), call.span)
            flow = invoke(self, simple, list(args), (), (), state, Draft.of(state, self.doubt(context)), context)
        self.depth -= 1
        self.context = kept
        return flow

    def run_text(self, call: Call, text: Arg, state: ShellState, here: bool) -> Flow:
        """Run shell text from within `call`."""
        context = self.context._replace(wants=True)
        if here:
            return self.inner(text, state, context)
        context = context._replace(deaf=False, status=True, via=(*context.via, call.name), input=Input())
        frame = self.enter("shell", context)
        flow = self.inner(text, state, context)
        return outlasting(state, self.leave_shell(frame, flow, context))

    def inner(self, arg: Arg, state: ShellState, context: Context) -> Flow:
        """Text that is parsed only now."""
        text, word = arg.value, arg.word
        if not known(text):
            return self.lost("shell text that is not known is run", word.span if word else Span(0, 0), state)
        kept = self.origin, self.context
        self.origin, self.context = self.origin.below(word, text, arg.of | self.origin.of), context
        self.path.append(f"t{word.span.start if word else ''}")
        self.depth += 1
        flow = self.script(parse(text), state, context) if self.depth <= DEEPEST else self.lost(TOO_MUCH, Span(0, 0), state)
        self.depth -= 1
        self.path.pop()
        self.origin, self.context = kept
        return flow

    def function(
        self, bodies: frozenset[Command | None], args: Sequence[Arg], state: ShellState, span: Span, context: Context
    ) -> Flow:
        """Run a function of the script, any of those it may be: its parameters are `args`."""
        flows: list[Flow] = []
        frame = self.enter("function", context)
        self.path.append(f"f{span.start}")
        doubt = context.doubt or ("which function this is, is not known" if len(bodies) > 1 else "")
        inner = context._replace(doubt=doubt, wants=context.wants or bool(doubt))
        for body in sorted((each for each in bodies if each is not None), key=lambda each: each.span):
            flow = self.command(body, replace(state, parameters=parameters(args)), inner)
            flows.append(Flow(joined(flow.ok, *frame.ends), joined(flow.failed, *frame.ends), joined(flow.passed, *frame.ends)))
        self.path.pop()
        self.frames.remove(frame)

        def back(end: ShellState | None) -> ShellState | None:
            if end is None:
                return None
            variables = {**end.variables, **{name: old for name, old in frame.local.items() if old is not None}}
            for name in [name for name, old in frame.local.items() if old is None]:
                variables.pop(name, None)
            return replace(end, variables=variables, parameters=state.parameters)

        return Flow(*map(back, either_way(flows)))

    def depart(self, departs: Departs, state: ShellState, context: Context) -> Flow:
        """A command that leaves a shell, a function or a loop."""
        if self.left(departs, state, context):
            return Flow(None)
        return self.lost(f"`{departs.what}` leaves what is not followed", Span(0, 0), state)


def outlasting(state: ShellState, flow: Flow) -> Flow:
    """What a shell of its own leaves: files, and its status."""
    ok, failed, _ = (each and state.with_files(each.files) for each in flow)
    return Flow(ok, failed)
