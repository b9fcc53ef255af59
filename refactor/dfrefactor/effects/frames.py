"""Where a script stands: the shells, functions and loops it is in, which something may leave early, and its chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from dfrefactor.effects.call import Context, Departs, Machine
from dfrefactor.effects.commands.builtins import LEAVES
from dfrefactor.effects.state import ShellState, Variable
from dfrefactor.lazy import dataclass
from dfrefactor.shell import Command, Group, Item, Simple


@dataclass(eq=False)
class Frame:
    """A shell, a function or a loop that something may leave early: `departed` says what did, `ends` are its states then.

    `doubt` says why it may not be run, or fail without notice; `local` are variables as they were before a function.
    """

    kind: str
    doubt: str = ""
    departed: str = ""
    ends: list[ShellState] = field(default_factory=list)
    local: dict[str, Variable | None] = field(default_factory=dict)


class Frames(Machine):
    """What a script is in, the RUN's own shell first; `path` names the rounds and calls on the way to where it stands."""

    def __init__(self) -> None:
        self.frames: list[Frame] = [Frame("run")]
        self.path: list[str] = []

    def doubt(self, context: Context) -> str:
        """Why a command in this place is run perhaps, what has left before it included."""
        return context.doubt or next((frame.departed for frame in reversed(self.frames) if frame.departed), "")

    def enter(self, kind: str, context: Context) -> Frame:
        self.frames.append(Frame(kind, self.doubt(context)))
        return self.frames[-1]

    def leaving(self) -> tuple[str, ...]:
        """What ends all that is run if it is told to fail: `exit`, and `return` of a function whose failure is noticed."""
        inner = next(each for each in reversed(self.frames) if each.kind != "loop")
        noticed = inner.kind == "function" and not inner.doubt
        return tuple(name for name, kinds in LEAVES.items() if "run" in kinds or (noticed and inner.kind in kinds))

    def left(self, departs: Departs, state: ShellState, context: Context) -> bool:
        """A command leaves a shell, a function or a loop; whether it is known which."""
        kinds = LEAVES[departs.what]
        at = next((at for at in range(len(self.frames) - 1, -1, -1) if self.frames[at].kind in kinds), None)
        shell = max((n for n, frame in enumerate(self.frames) if frame.kind in ("shell", "run")), default=0)
        called = any(frame.kind == "function" for frame in self.frames[at or 0 :])  # shells differ where a loop is outside
        if at is None or at < shell or departs.levels != 1 or (called and "loop" in kinds):
            return False
        frame = self.frames[at]
        failing = departs.failing if departs.failing is not None or not context.alternative else True
        if failing and "loop" not in kinds and (frame.kind == "run" or not frame.doubt):
            return True  # the RUN fails
        for each in self.frames[at:]:
            each.departed = each.departed or f"`{departs.what}` before it may have ended it"
        frame.ends.append(state)
        return True

    def local(self, name: str, state: ShellState) -> None:
        """The variable is the function's own until it ends."""
        if (frame := next((each for each in reversed(self.frames) if each.kind == "function"), None)) is not None:
            frame.local.setdefault(name, state.variables.get(name))

    def site(self, offset: int) -> str:
        return ".".join((*self.path, str(offset)))


def chain_end(items: Sequence[Item], at: int) -> int:
    """The last item of the chain of `&&` and `||` that starts at `at`."""
    while items[at].joins in ("&&", "||") and at + 1 < len(items):
        at += 1
    return at


def placed(
    items: Sequence[Item], at: int, first: int, last: int, errexit: bool, leaving: tuple[str, ...], context: Context
) -> Context:
    """What holds for item `at` of a chain, from `first` to `last`, of a list in `context`; `leaving` as `Frames` has it."""
    alternative = at > first and items[at - 1].joins == "||"
    deaf = context.deaf or at < last
    final = last + 1 == len(items)
    wants = context.wants or bool(context.doubt) or not final or any(items[each].joins == "||" for each in range(at, last))
    doubt, status = context.doubt, context.status
    if not doubt:
        doubt = _doubt(items, at, first, last, errexit and not context.deaf, status, leaving)
        status = status and final
    return context._replace(doubt=doubt, status=status, deaf=deaf, alternative=alternative, wants=wants)


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
