"""A shell text run in the head: big steps over a frozen state, and a trace of the commands it comes to.

Branches are joined over every field of the state; a loop runs until nothing changes.  What is not certainly reached, or may
fail without notice, is done perhaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from dfrefactor.effects.call import Call, Context, Departs, Flow, Input
from dfrefactor.effects.catalog import Catalog
from dfrefactor.effects.commands.printing import printed
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.files import Files
from dfrefactor.effects.invoke import beside, invoke
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import HOLE, ONE, STAR, hole, is_glob, known
from dfrefactor.effects.state import ShellState, Variable, assigned, joined
from dfrefactor.effects.trace import Event, Origin, Redirection
from dfrefactor.effects.words import Arg, Expansion, parameters
from dfrefactor.shell import (
    Branches,
    Command,
    Function,
    Group,
    Item,
    Loop,
    Opaque,
    Pipeline,
    Redirect,
    Script,
    Simple,
    Word,
    parse,
)
from dfrefactor.text.source import Span

DEEPEST, MOST, LONGEST = 40, 4000, 1000
UNROLLED = 24
"""A `for` over at most so many plain words is followed word by word."""
ROUNDS = 8
"""A loop that has not settled after so many rounds is given up."""
TOO_MUCH = "there is too much to follow"
NOTHING = Flow(None, None)
ELSEWHERE = "a `cd` before it may fail without notice"


@dataclass(eq=False)
class _Frame:
    """A shell, a function or a loop that something may leave early: `departed` says what did, `ends` are its states then.

    `doubt` says why it may not be run, or fail without notice; `local` are variables as they were before a function.
    """

    kind: str
    doubt: str = ""
    departed: str = ""
    ends: list[ShellState] = field(default_factory=list)
    local: dict[str, Variable | None] = field(default_factory=dict)


class Interpreter:
    """Runs one text.  `events` are what it has come to."""

    def __init__(self, catalog: Catalog, text: str) -> None:
        self.catalog = catalog
        self.events: list[Event] = []
        self.origin = Origin(Span(0, len(text)))
        self.frames: list[_Frame] = [_Frame("run")]
        self.path: list[str] = []
        self.depth = self.steps = 0
        self.context = Context()
        self.printed = Input()
        self.trouble: list[str] = []

    # -- lists ------------------------------------------------------------------------------------------------------------

    def script(self, script: Script, state: ShellState, context: Context) -> Flow:
        """Run a list."""
        items = script.items
        if len(items) > LONGEST:
            return self.lost(TOO_MUCH, script.span, state)
        flow = Flow(state)
        at = 0
        while at < len(items):
            start = joined(*flow)
            if start is None:
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
            return Flow(replace(state, files=state.files.join(after.files)) if after is not None else state)
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
        flow = self.command(items[at].command, start, self.placed(items, at, first, last, start, context))
        if either:
            return Flow(joined(rest, flow.ok), flow.failed, flow.passed)
        return Flow(flow.ok, joined(rest, flow.failed), joined(rest, flow.passed))

    def placed(self, items: Sequence[Item], at: int, first: int, last: int, state: ShellState, context: Context) -> Context:
        """What holds for item `at` of the chain."""
        alternative = at > first and items[at - 1].joins == "||"
        deaf = context.deaf or at < last
        final = last + 1 == len(items)
        wants = (
            context.wants or bool(context.doubt) or not final
            or any(items[each].joins == "||" for each in range(at, last))
        )  # fmt: skip
        doubt, status = context.doubt, context.status
        if not doubt:
            function = next((each for each in reversed(self.frames) if each.kind != "loop"), None)
            leaves = ("exit", "return") if function is not None and function.kind == "function" and not function.doubt else ("exit",)
            doubt = _doubt(items, at, first, last, state.errexit and not context.deaf, status, leaves)
            status = status and final
        return context._replace(doubt=doubt, status=status, deaf=deaf, alternative=alternative, wants=wants)

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
                flow = self.branches(command, state, context)
            case Loop():
                flow = self.loop(command, state, context)
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
        after = replace(state, cwd=None, also=(), variables=variables, home=None, umask=None, kept=state.kept | {"what is not read"})
        return Flow(after, after, after)

    def doubt(self, context: Context) -> str:
        """Why a command in this place is run perhaps, what has left before it included."""
        return context.doubt or next((frame.departed for frame in reversed(self.frames) if frame.departed), "")

    def group(self, group: Group, state: ShellState, context: Context) -> Flow:
        state, context = self.redirected(group.redirects, group.span, state, context)
        if group.subshell:
            return self.subshell(group.body, state, context)
        return self.script(group.body, state, context)

    def subshell(self, script: Script, state: ShellState, context: Context, status: bool = True) -> Flow:
        """What is changed inside, but for files, is forgotten after."""
        frame = self.enter("shell", context)
        flow = self.script(script, replace(state, traps={}), context._replace(status=status))
        return outlasting(state, self.leave_shell(frame, flow, context))

    def enter(self, kind: str, context: Context) -> _Frame:
        self.frames.append(_Frame(kind, self.doubt(context)))
        return self.frames[-1]

    def leave_shell(self, frame: _Frame, flow: Flow, context: Context) -> Flow:
        """The end of a shell: traps for it are run."""
        early = joined(*frame.ends)
        ends = Flow(joined(flow.ok, early), joined(flow.failed, early))
        for text in sorted({text for each in ends if each for text in each.traps.get("EXIT", ()) if text}):
            after = joined(*ends)
            if after is not None:
                self.inner(text, None, replace(after, traps={}), context._replace(doubt="it runs when the shell ends"))
        self.frames.remove(frame)
        return ends

    def pipeline(self, pipeline: Pipeline, state: ShellState, context: Context) -> Flow:
        if len(pipeline.commands) == 1:
            inner = context._replace(doubt=context.doubt or "`!` turns its failure round", deaf=True, wants=True)
            flow = self.command(pipeline.commands[0], state, inner)
            return Flow(flow.failed, flow.ok, flow.ok) if pipeline.negated else flow
        files, given = state.files, context.input
        fed: tuple[int, ...] = ()
        for at, command in enumerate(pipeline.commands):
            last = at + 1 == len(pipeline.commands)
            quiet = "" if (last or state.pipefail) and not pipeline.negated else "a failure inside a pipe goes unnoticed"
            inner = context._replace(
                doubt=context.doubt or quiet, deaf=context.deaf or pipeline.negated, input=given, fed=fed,
                into=context.into if last else (),
            )
            start = len(self.events)
            self.printed = Input()
            after = joined(*self.subshell(Script((Item(command),), command.span), replace(state, files=files), inner))
            files = after.files if after is not None else files
            fed = tuple(range(start, len(self.events)))
            given = self.printed._replace(piped=True, fetched=self.printed.fetched or given.fetched)
        end = replace(state, files=files)
        return Flow(end, end if context.wants else None)

    def branches(self, command: Branches, state: ShellState, context: Context) -> Flow:
        """`if` and `case`: any one arm runs, or none."""
        state, context = self.redirected(command.redirects, command.span, state, context)
        if command.subject is not None:
            expansion = Expansion(self, state)
            subject = expansion.whole(command.subject)
            state = self.looked_at(expansion, command.subject.span, (subject,), state)
        ends: list[Flow] = []
        start: ShellState | None = state
        asked = context._replace(doubt=context.doubt or "it is a condition", deaf=True, wants=True)
        inner = context._replace(doubt=context.doubt or "it runs only if a condition holds")
        for condition, body in command.arms:
            if start is None:
                break
            begin: ShellState | None = start
            if condition is not None:
                begin, start, _ = self.script(condition, start, asked)
            if begin is not None:
                ends.append(self.script(body, begin, inner))
            elif condition is not None and start is None:
                break
        if not (command.total and ends):
            ends.append(Flow(start))
        return either_way(ends)

    # -- loops ------------------------------------------------------------------------------------------------------------

    def loop(self, command: Loop, state: ShellState, context: Context) -> Flow:
        """`for` over plain words runs once for each; any other loop any number of times."""
        state, context = self.redirected(command.redirects, command.span, state, context)
        words: list[Arg] = []
        if command.condition is None:
            expansion = Expansion(self, state)
            words = expansion.args(command.words) if command.words else expansion.parameters_of(command.span)
            state = self.looked_at(expansion, command.span, words, state)
            if len(words) <= UNROLLED and not any(arg.many or is_pattern(arg) for arg in words):
                return self.unrolled(command, words, state, context)
        return self.settled(command, words, state, context)

    def unrolled(self, command: Loop, words: Sequence[Arg], state: ShellState, context: Context) -> Flow:
        frame = self.enter("loop", context)
        inner = context
        if not context.doubt:
            heard = state.errexit and not context.deaf
            inner = context._replace(doubt="" if heard else "a failure inside a loop goes unnoticed (no `set -e`)", status=False)
        flow = Flow(state)
        for at, arg in enumerate(words):
            start = joined(*flow, *frame.ends)
            if start is None:
                break
            last = at + 1 == len(words)
            own = context if last and not context.doubt and not frame.departed else inner._replace(wants=True)
            start = self.given(start, command.variable, arg, command.span)
            self.path.append(str(at))
            flow = self.script(command.body, start, own)
            self.path.pop()
        self.frames.remove(frame)
        return Flow(joined(flow.ok, *frame.ends), flow.failed, flow.passed)

    def settled(self, command: Loop, words: Sequence[Arg], state: ShellState, context: Context) -> Flow:
        """The body over and over, until the state it starts from holds all it may end with."""
        inner = context._replace(doubt=context.doubt or "it runs in a loop, perhaps never", deaf=True, wants=True)
        start = state
        kept, steps = len(self.events), self.steps
        for attempt in range(ROUNDS + 1):
            frame = self.enter("loop", context)
            self.steps = steps
            del self.events[kept:]
            turn: ShellState | None = start
            if command.condition is not None:
                turn = joined(*self.script(command.condition, start, inner))
            if command.variable and turn is not None:
                some = Arg(_common(words) + hole(f"{command.variable}#{self.site(command.span.start)}"), False, None, _of(words))
                turn = self.given(turn, command.variable, some, command.span)
            flow = self.script(command.body, turn, inner) if turn is not None else NOTHING
            self.frames.remove(frame)
            end = joined(start, *flow, *frame.ends)
            assert end is not None
            if end == start:
                return Flow(start, start, start)
            start = end
            if attempt + 2 >= ROUNDS:  # variables that still change are given up
                changing = {n: Variable(None, None, v.of, None) for n, v in start.variables.items() if state.variables.get(n) != v}
                start = replace(start, variables={**start.variables, **changing})
        return self.lost("a loop does not settle", command.span, start)

    def given(self, state: ShellState, name: str, arg: Arg, span: Span) -> ShellState:
        before = state.variables.get(name)
        variable = assigned(arg.value, name, self.site(span.start), arg.of, before.exported if before else False)
        return state.with_variable(name, variable)

    # -- simple commands --------------------------------------------------------------------------------------------------

    def simple(self, command: Simple, state: ShellState, context: Context) -> Flow:
        """A command, and what it does if a `cd` before it failed without notice."""
        flow = self.here(command, state, context)
        for folder in state.also:
            perhaps = context._replace(doubt=context.doubt or ELSEWHERE)
            flow = beside(flow, self.here(command, replace(state, cwd=folder, also=()), perhaps))
        return flow

    def here(self, command: Simple, state: ShellState, context: Context) -> Flow:
        kept, self.context = self.context, context
        expansion = Expansion(self, state)
        trouble, self.trouble = self.trouble, []
        args = expansion.args(command.words)
        assigns: list[tuple[str, Arg]] = []
        for each in command.assignments:
            arg = expansion.whole(each.value) if each.value is not None else Arg(hole(f"{each.name}#{self.site(each.span.start)}"))
            if each.append:
                found = expansion.state.value(each.name)
                arg = arg._replace(value=(hole(each.name) if found is None else found) + arg.value, of=arg.of | expansion.made(each.name))
            assigns.append((each.name, arg))
            if not args:
                expansion.state = self.given(expansion.state, each.name, arg, each.span)
        draft = Draft.of(expansion.state, self.doubt(context))
        redirects, stdout, given = self.redirects(command.redirects, expansion, draft, context)
        draft.variables |= expansion.names
        for reason in self.trouble:
            draft.lower(Grade.UNKNOWN, reason)
        self.trouble = trouble
        for arg in args:
            if is_pattern(arg) and args[0].value != "[[":
                draft.read(arg.value)  # the shell looks at the names there
        context = context._replace(into=stdout, input=given)
        if args:
            flow = invoke(self, command, args, tuple(assigns), redirects, expansion.state, draft, context)
            self.context = kept
            return flow
        self.context = kept
        self.emit(command, (), tuple(assigns), redirects, state, draft, context)
        after = replace(expansion.state, files=draft.files)
        return Flow(after, after if context.wants else None)

    def emit(
        self, command: Simple | None, args: Sequence[Arg], assigns: tuple[tuple[str, Arg], ...], redirects: tuple[Redirection, ...],
        state: ShellState, draft: Draft, context: Context, span: Span | None = None, wraps: bool = False, at: int | None = None,
    ) -> None:  # fmt: skip
        """Put a command into the trace."""
        place = self.origin.span(command.span if command is not None else span or Span(0, 0))
        event = Event(
            tuple(args), state.perhaps(self.doubt(context)), place, draft.effects(state.path_folders), self.origin, command, assigns,
            redirects, context.via, context.into, context.fed, wraps,
        )  # fmt: skip
        self.events.insert(len(self.events) if at is None else at, event)

    def redirects(
        self, redirects: Sequence[Redirect], expansion: Expansion, draft: Draft, context: Context
    ) -> tuple[tuple[Redirection, ...], tuple[str, ...], Input]:
        """What redirections do, where standard output goes by them, and what standard input is."""
        found: list[Redirection] = []
        into, given = context.into or expansion.state.stdout, context.input
        for redirect in redirects:
            if redirect.target is None:
                continue
            target = expansion.whole(redirect.target)
            value, operator = target.value, redirect.operator
            found.append(Redirection(operator, redirect.fd, target))
            if operator in ("<<", "<<-", "<<<"):
                given = Input(text=value, word=redirect.target)
                continue
            if operator in (">&", "<&") and (value.isdigit() or value == "-"):
                continue
            if operator in ("<", "<>", "<&"):
                draft.read(value)
                given = Input()
            if operator not in ("<", "<&"):
                draft.write(value, append=operator in (">>", "&>>", "<>"))
                if redirect.fd in ("", "1"):
                    into = (value,)
        return tuple(found), into, given

    def redirected(self, redirects: Sequence[Redirect], span: Span, state: ShellState, context: Context) -> tuple[ShellState, Context]:
        """The redirections of a group, a loop or branches: they hold for all that is inside."""
        if not redirects:
            return state, context
        kept = self.context
        files: list[Files] = []
        for folder in (None, *state.also):
            here = state if folder is None else replace(state, cwd=folder, also=())
            self.context = own = context if folder is None else context._replace(doubt=context.doubt or ELSEWHERE)
            expansion = Expansion(self, here)
            draft = Draft.of(here, self.doubt(own))
            found, into, given = self.redirects(redirects, expansion, draft, own)
            draft.variables |= expansion.names
            self.emit(None, (), (), found, here, draft, own, span)
            files.append(draft.files)
            if folder is None:
                after, inner = expansion.state, context._replace(into=into, input=given)
        self.context = kept
        return replace(after, files=reduce(Files.join, files)), inner

    def looked_at(self, expansion: Expansion, span: Span, args: Sequence[Arg], state: ShellState) -> ShellState:
        """The words of a `for` or a `case`: what they read stands in the trace."""
        if expansion.names or any(map(is_pattern, args)) or self.trouble:
            draft = Draft.of(expansion.state, self.doubt(self.context))
            draft.variables |= expansion.names
            for arg in args:
                if is_pattern(arg):
                    draft.read(arg.value)
            for reason in self.trouble:
                draft.lower(Grade.UNKNOWN, reason)
            self.trouble = []
            self.emit(None, (), (), (), state, draft, self.context, span)
        return expansion.state

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
        of = frozenset[str]().union(*(_made_of(event) for event in events))
        text = printed(events[0], self.site(script.span.start)) if len(events) == 1 and len(script.items) == 1 else None
        return (after if after is not None else state), text, of

    def site(self, offset: int) -> str:
        return ".".join((*self.path, str(offset)))

    def unread(self, reason: str) -> None:
        self.trouble.append(reason)

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

    def run_text(self, call: Call, text: str, word: Word | None, state: ShellState, here: bool) -> Flow:
        """Run shell text from within `call`."""
        context = self.context._replace(wants=True)
        if here:
            return self.inner(text, word, state, context)
        context = context._replace(deaf=False, status=True, via=(*context.via, call.name), input=Input())
        frame = self.enter("shell", context)
        flow = self.inner(text, word, state, context)
        return outlasting(state, self.leave_shell(frame, flow, context))

    def inner(self, text: str, word: Word | None, state: ShellState, context: Context) -> Flow:
        """Text that is parsed only now."""
        if not known(text):
            return self.lost("shell text that is not known is run", word.span if word else Span(0, 0), state)
        kept = self.origin, self.context
        self.origin, self.context = self.origin.below(word, text), context
        self.path.append(f"t{word.span.start if word else ''}")
        self.depth += 1
        flow = self.script(parse(text), state, context) if self.depth <= DEEPEST else self.lost(TOO_MUCH, Span(0, 0), state)
        self.depth -= 1
        self.path.pop()
        self.origin, self.context = kept
        return flow

    def function(self, bodies: frozenset[Command | None], args: Sequence[Arg], state: ShellState, span: Span, context: Context) -> Flow:
        """Run a function of the script, any of those it may be: its parameters are `args`."""
        flows: list[Flow] = []
        frame = self.enter("function", context)
        self.path.append(f"f{span.start}")
        inner = context if len(bodies) == 1 else context._replace(doubt=context.doubt or "which function this is, is not known", wants=True)
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

    def local(self, name: str, state: ShellState) -> None:
        """The variable is the function's own until it ends."""
        frame = next((each for each in reversed(self.frames) if each.kind == "function"), None)
        if frame is not None:
            frame.local.setdefault(name, state.variables.get(name))

    def depart(self, departs: Departs, state: ShellState, context: Context) -> Flow:
        """A command that leaves a shell, a function or a loop."""
        kinds = {"exit": ("shell", "run"), "return": ("function",), "break": ("loop",), "continue": ("loop",)}[departs.what]
        at = next((at for at in range(len(self.frames) - 1, -1, -1) if self.frames[at].kind in kinds), None)
        shell = max((n for n, frame in enumerate(self.frames) if frame.kind in ("shell", "run")), default=0)
        if at is None or at < shell or departs.levels != 1:
            return self.lost(f"`{departs.what}` leaves what is not followed", Span(0, 0), state)
        frame = self.frames[at]
        failing = departs.failing if departs.failing is not None or not context.alternative else True
        if failing and departs.what in ("exit", "return") and (frame.kind == "run" or not frame.doubt):
            return NOTHING  # the RUN fails
        for each in self.frames[at:]:
            each.departed = each.departed or f"`{departs.what}` before it may have ended it"
        frame.ends.append(state)
        return NOTHING


def chain_end(items: Sequence[Item], at: int) -> int:
    """The last item of the chain of `&&` and `||` that starts at `at`."""
    while items[at].joins in ("&&", "||") and at + 1 < len(items):
        at += 1
    return at


def _doubt(items: Sequence[Item], at: int, first: int, last: int, errexit: bool, status: bool, leaves: tuple[str, ...]) -> str:
    """Why command `at` of a chain may not be run, or may fail without notice."""
    if items[last].joins == "&":
        return "it runs in the background"
    if at > first and items[at - 1].joins == "||":
        return "it runs only if what stands before `||` fails"
    for each in range(at, last):
        if items[each].joins == "||" and not _gives_up(items[each + 1].command, leaves):
            return "`||` hides its failure"
    if at < last and items[last - 1].joins == "||" and _gives_up(items[last].command, leaves):
        return ""  # `… || exit 1`
    if last + 1 < len(items) and not errexit:
        return "a failure of it goes unnoticed (no `set -e`)"
    if first != last and (last + 1 < len(items) or not status):
        return "`set -e` does not see it fail"
    return ""


def _gives_up(command: Command, leaves: tuple[str, ...]) -> bool:
    """Whether a command only ends the shell, or the function, with a failure."""
    if isinstance(command, Group):
        return not command.subshell and bool(command.body.items) and _gives_up(command.body.items[-1].command, leaves)
    if not isinstance(command, Simple) or not command.words or command.words[0].value not in leaves:
        return False
    status = command.words[1].value if len(command.words) > 1 else None
    return len(command.words) == 1 or status not in (None, "0")


def either_way(flows: Sequence[Flow]) -> Flow:
    """How something ends that goes one of several ways."""
    return Flow(*(joined(*ends) for ends in zip(*flows, strict=True)))


def outlasting(state: ShellState, flow: Flow) -> Flow:
    """What a shell of its own leaves: files, and its status."""
    ok, failed, _ = (each and replace(state, files=each.files) for each in flow)
    return Flow(ok, failed)


def _common(words: Sequence[Arg]) -> str:
    """The beginning that all of `words` have, up to the first part that is not known."""
    texts = [arg.value.partition(HOLE)[0].partition(STAR)[0].partition(ONE)[0] for arg in words]
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    size = 0
    while size < min(len(first), len(last)) and first[size] == last[size]:
        size += 1
    return first[:size]


def is_pattern(arg: Arg) -> bool:
    """Whether the shell looks for files that it matches."""
    return is_glob(arg.value) or (arg.word is not None and any(part.kind == "glob" for part in arg.word.parts))


def _of(args: Sequence[Arg]) -> frozenset[str]:
    return frozenset[str]().union(*(arg.of for arg in args))


def _made_of(event: Event) -> frozenset[str]:
    """The names that what a command prints may be made of."""
    return _of(event.args) | _of([each.target for each in event.redirects])
