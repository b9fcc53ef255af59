"""Dockerfiles that can be taken apart, to make one smaller that shows a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Run:
    """A RUN with the commands it chains."""

    units: tuple[str, ...]
    join: str = " && "
    hint: str = ""

    @property
    def text(self) -> str:
        above = f"# dfrefactor: {self.hint}\n" if self.hint else ""
        if self.join == "heredoc":
            return above + "RUN <<EOF\nset -e\n" + "\n".join(self.units) + "\nEOF"
        return above + "RUN " + self.join.join(self.units)


@dataclass(frozen=True)
class Part:
    """A stage: its FROM and what follows."""

    start: str
    steps: tuple[Run | str, ...]


@dataclass(frozen=True)
class Program:
    """A Dockerfile that can be taken apart."""

    parts: tuple[Part, ...]

    @property
    def data(self) -> bytes:
        lines = [
            line
            for part in self.parts
            for line in (part.start, *(step if isinstance(step, str) else step.text for step in part.steps), "")
        ]
        return ("\n".join(lines)).encode()

    def smaller(self) -> Iterator[Program]:
        """Programs with one thing less: a stage, an instruction, a command of a RUN."""
        for at in range(len(self.parts) - 1):
            yield Program(self.parts[:at] + self.parts[at + 1 :])
        for at, part in enumerate(self.parts):
            for steps in _fewer(part.steps):
                yield Program((*self.parts[:at], replace(part, steps=steps), *self.parts[at + 1 :]))


def _fewer(steps: tuple[Run | str, ...]) -> Iterator[tuple[Run | str, ...]]:
    for at in reversed(range(len(steps))):
        yield steps[:at] + steps[at + 1 :]
    for at, step in enumerate(steps):
        if isinstance(step, Run) and len(step.units) > 1:
            for drop in range(len(step.units)):
                yield (*steps[:at], replace(step, units=step.units[:drop] + step.units[drop + 1 :]), *steps[at + 1 :])
