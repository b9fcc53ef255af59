"""The stages and steps of one file, as a reader is shown them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Literal
from unicodedata import category, combining, east_asian_width

from dfrefactor.compose.needs import closure
from dfrefactor.dockerfile.instructions import STEPS, Instruction, Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.lazy import dataclass
from dfrefactor.parts import units
from dfrefactor.text.shown import plain

Masked = Callable[[str], str]


@dataclass(frozen=True, eq=False)
class Step:
    """A step, its place in the file's count of steps, and its text on one line."""

    number: int
    instruction: Instruction
    text: str

    @cached_property
    def commands(self) -> int:
        """How many a RUN has in its top-level list: as many as before, all told, where a RUN was cut."""
        return len(units(self.instruction)) if isinstance(self.instruction, Run) else 0


@dataclass(frozen=True, eq=False)
class Box:
    """A stage.  `depth` is the most stages that have to be there before it; `built`: the target needs it."""

    stage: Stage
    name: str
    base: str
    steps: tuple[Step, ...]
    depth: int
    built: bool

    @property
    def index(self) -> int:
        return self.stage.index


@dataclass(frozen=True)
class Arrow:
    """Box `target` needs box `source`: at `step`, or from its start on where that is None."""

    source: int
    target: int
    kind: Literal["from", "copy", "mount"]
    step: Step | None


@dataclass(frozen=True)
class Picture:
    """One file.  No text in it holds a credential's value."""

    document: Document
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    target: str

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps that a build of the target runs."""
        return tuple(step for box in self.boxes if box.built for step in box.steps)

    @property
    def shape(self) -> object:
        """What is equal in two pictures that look the same."""
        boxes = [(box.name, box.base, [step.text for step in box.steps]) for box in self.boxes]
        return boxes, [(a.source, a.target, a.kind, a.step and a.step.number) for a in self.arrows]

    @cached_property
    def abreast(self) -> tuple[Box, ...]:
        """The stages with steps that can be built at the same time: the most there are at one depth."""
        levels: dict[int, list[Box]] = {}
        for box in self.boxes:
            if box.built and box.steps:
                levels.setdefault(box.depth, []).append(box)
        widest: list[Box] = max(levels.values(), key=len, default=[])
        return tuple(widest)


def draw(document: Document, masked: Masked, target: str | None = None) -> Picture:
    """The picture of a document without errors; it has a stage.

    `target` is the stage that is built, the last one unless given.  Raises KeyError where there is none of that name.
    """
    goal = document.stage(target) if target is not None else document.stages[-1]
    if goal is None:
        raise KeyError(target)
    needed = closure(goal)
    boxes: list[Box] = []
    steps: dict[Instruction, Step] = {}
    arrows: dict[Arrow, None] = {}
    for stage in document.stages:
        own = [instruction for instruction in stage.instructions if instruction.keyword in STEPS]
        for instruction in own:
            steps[instruction] = Step(len(steps) + 1, instruction, written(instruction, masked))
        edges = [(edge, edge.target.index) for edge in document.graph[stage.index] if isinstance(edge.target, Stage)]
        arrows |= {Arrow(source, stage.index, edge.kind, steps.get(edge.instruction)): None for edge, source in edges}
        unnamed = "(final)" if stage is document.stages[-1] else f"(stage {stage.index})"
        boxes.append(Box(
            stage, plain(masked(stage.label)) if stage.label else unnamed,
            written(stage.from_, masked).removesuffix(f" AS {stage.label}"), tuple(steps[instruction] for instruction in own),
            1 + max((boxes[source].depth for _, source in edges), default=-1), stage in needed,
        ))  # fmt: skip
    return Picture(document, tuple(boxes), tuple(arrows), boxes[goal.index].name)


def written(instruction: Instruction, masked: Masked) -> str:
    """An instruction on one line, here-documents and all."""
    bodies = [heredoc.content for heredoc in instruction.heredocs]
    if instruction.keyword == "FROM" and len(instruction.words) == 3:
        words = [*instruction.flags, instruction.words[0].text, "AS", instruction.words[2].text]
    else:
        words = [*instruction.flags, instruction.args, *bodies]
    return plain(" ".join([instruction.keyword, *" ".join(map(masked, words)).split()]))


def cells(text: str) -> int:
    """How many columns a terminal needs for `text`."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) or category(c) in ("Mn", "Me", "Cf") else 1 + (east_asian_width(c) in "WF") for c in text)


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` columns."""
    if cells(text) <= width:
        return text
    while text and cells(text) >= width:
        text = text[: -max((cells(text) - width) // 2, 1)]
    return text.rstrip() + "…"


def padded(text: str, width: int) -> str:
    return shortened(text, width) + " " * (width - cells(shortened(text, width)))
