"""One line of a script: words expanded, redirections done, and the command put into the trace."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from dfrefactor.effects.call import Call, Context, Flow, Input
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.files import Files
from dfrefactor.effects.frames import Frames
from dfrefactor.effects.invoke import beside, invoke
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import hole, is_glob
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.trace import Assigns, Event, Origin, Redirection
from dfrefactor.effects.words import Arg, Expansion
from dfrefactor.shell import Redirect, Script, Simple
from dfrefactor.text.source import Span

ELSEWHERE = "a `cd` before it may fail without notice"


class Lines(Frames):
    """Runs single commands; `trouble` is what is not read in the words at hand, `context` holds for them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.origin = Origin(Span(0, len(text)))
        self.context = Context()
        self.printed = Input()
        self.caught = False
        self.trouble: list[str] = []
        self.steps = 0

    @abstractmethod
    def script(self, script: Script, state: ShellState, context: Context) -> Flow:
        """Run a list."""

    @abstractmethod
    def lost(self, reason: str, span: Span, state: ShellState) -> Flow:
        """Something is not read."""

    def given(self, state: ShellState, name: str, arg: Arg, span: Span) -> ShellState:
        return state.given(name, arg.value, self.site(span.start), arg.of)

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
            unknown = Arg(hole(f"{each.name}#{self.site(each.span.start)}"))
            arg = expansion.whole(each.value) if each.value is not None else unknown
            if each.append:
                found = expansion.state.value(each.name)
                value = (hole(each.name) if found is None else found) + arg.value
                arg = arg._replace(value=value, of=arg.of | expansion.made(each.name))
            assigns.append((each.name, arg))
            if not args:
                expansion.state = self.given(expansion.state, each.name, arg, each.span)
        draft = Draft.of(expansion.state, self.doubt(context))
        redirects, stdout, given = self.redirects(command.redirects, expansion, draft, context)
        self.heed(draft, expansion, args if not args or args[0].value != "[[" else ())
        self.trouble = trouble
        context = context._replace(into=stdout, input=given)
        if args:
            flow = invoke(self, command, args, tuple(assigns), redirects, expansion.state, draft, context)
        else:
            self.emit(command, (), tuple(assigns), redirects, state, draft, context)
            after = expansion.state.with_files(draft.files)
            flow = Flow(after, after if context.wants else None)
        self.context = kept
        return flow

    def emit(
        self, command: Simple | None, args: Sequence[Arg], assigns: Assigns, redirects: tuple[Redirection, ...],
        state: ShellState, draft: Draft, context: Context, span: Span | None = None, wraps: bool = False, at: int | None = None,
        call: Call | None = None,
    ) -> None:  # fmt: skip
        """Put a command into the trace."""
        place = self.origin.span(command.span if command is not None else span or Span(0, 0))
        effects = draft.effects(state.path_folders)
        event = Event(
            tuple(args), state.perhaps(self.doubt(context)), place, effects, self.origin, command, assigns, redirects,
            context.via, context.into, context.fed, wraps, call.unread if call is not None else "",
            entry=call.entry if call is not None and call.levels else None, found=tuple(call.levels) if call is not None else (),
        )  # fmt: skip
        index = len(self.events) if at is None else at
        for later in range(index, len(self.events)):  # what it runs stands behind it already
            fed = self.events[later].fed
            if any(each >= index for each in fed):
                self.events[later] = replace(self.events[later], fed=tuple(each + (each >= index) for each in fed))
        self.events.insert(index, event)

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
                given = Input(text=value, word=redirect.target, of=target.of)
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

    def redirected(
        self, redirects: Sequence[Redirect], span: Span, state: ShellState, context: Context
    ) -> tuple[ShellState, Context]:
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
        return after.with_files(reduce(Files.join, files)), inner

    def looked_at(self, expansion: Expansion, span: Span, args: Sequence[Arg], state: ShellState) -> ShellState:
        """The words of a `for` or a `case`: what they read stands in the trace."""
        if expansion.names or any(map(is_pattern, args)) or self.trouble:
            draft = Draft.of(expansion.state, self.doubt(self.context))
            self.heed(draft, expansion, args)
            self.trouble = []
            self.emit(None, (), (), (), state, draft, self.context, span)
        return expansion.state

    def heed(self, draft: Draft, expansion: Expansion, args: Sequence[Arg]) -> None:
        """What the shell looks at to expand words, and what of them is not read."""
        draft.variables |= expansion.names
        for arg in filter(is_pattern, args):
            draft.read(arg.value)
        for reason in self.trouble:
            draft.lower(Grade.UNKNOWN, reason)

    def unread(self, reason: str) -> None:
        self.trouble.append(reason)


def is_pattern(arg: Arg) -> bool:
    """Whether the shell looks for files that it matches."""
    return is_glob(arg.value) or (arg.word is not None and any(part.kind == "glob" for part in arg.word.parts))
