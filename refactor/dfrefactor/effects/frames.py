"""Where a script stands: the shells, functions and loops it is in, which something may leave early."""

from __future__ import annotations

from dataclasses import dataclass, field

from dfrefactor.effects.call import Context, Departs, Machine
from dfrefactor.effects.commands.builtins import LEAVES
from dfrefactor.effects.state import ShellState, Variable


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
        frame = next((each for each in reversed(self.frames) if each.kind == "function"), None)
        if frame is not None:
            frame.local.setdefault(name, state.variables.get(name))

    def site(self, offset: int) -> str:
        return ".".join((*self.path, str(offset)))
