"""What a Dockerfile says: instructions, stages, and which stage needs which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from dfrefactor.dockerfile.bases import reference
from dfrefactor.dockerfile.directives import Directives, read_directives
from dfrefactor.dockerfile.instructions import Arg, Copy, From, Instruction, Run, read
from dfrefactor.dockerfile.parser import parse as parse_tree
from dfrefactor.dockerfile.tree import Node, Token
from dfrefactor.text.source import Source


@dataclass(frozen=True)
class Edge:
    """Stage `stage` needs `target`: a stage, or the name of an image or a named context."""

    stage: int
    target: Stage | str
    kind: Literal["from", "copy", "mount"]
    instruction: Instruction


@dataclass(frozen=True, eq=False)
class Stage:
    """A FROM and the instructions up to the next one.  Equal by identity: it stands for a place in one document."""

    index: int
    from_: From
    instructions: tuple[Instruction, ...]
    base: Stage | str
    """An earlier stage, or an image reference with its variables expanded where they are known."""
    document: Document = field(repr=False)

    @property
    def label(self) -> str | None:
        """Its name as written."""
        return self.from_.label

    @property
    def name(self) -> str | None:
        """Its name as Docker compares it: lower case."""
        return self.label.lower() if self.label else None

    @property
    def platform(self) -> str | None:
        return self.from_.platform

    @cached_property
    def chain(self) -> tuple[Stage, ...]:
        """The stages its image is made of: the one that starts from an image of someone else first, itself last."""
        found = [self]
        while isinstance(found[0].base, Stage):
            found.insert(0, found[0].base)
        return tuple(found)


@dataclass(frozen=True)
class Document:
    """One Dockerfile: an immutable tree and its meaning, each part read when it is asked for."""

    source: Source

    def __bytes__(self) -> bytes:
        return self.tree.text.encode("utf-8", "surrogateescape")

    @cached_property
    def _directives(self) -> Directives:
        return read_directives(self.source)

    @property
    def directives(self) -> Mapping[str, str]:
        """The directives that count, by lower-case name."""
        return self._directives.values

    @property
    def escape(self) -> str:
        return self._directives.escape

    @cached_property
    def tree(self) -> Node:
        return parse_tree(self.source, self.escape)

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        found = []
        leading: list[Token] = []
        for child in self.tree.children:
            if isinstance(child, Node):
                found.append(read(child, self.source, self.escape, tuple(leading)))
            if isinstance(child, Token) and child.kind == "COMMENT":
                leading.append(child)
            else:
                leading.clear()
        return tuple(found)

    @cached_property
    def global_args(self) -> tuple[Arg, ...]:
        """The ARGs before the first FROM."""
        before = []
        for instruction in self.instructions:
            if isinstance(instruction, From):
                break
            if isinstance(instruction, Arg):
                before.append(instruction)
        return tuple(before)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        starts = [i for i, instruction in enumerate(self.instructions) if isinstance(instruction, From)]
        stages: list[Stage] = []
        for index, (start, end) in enumerate(zip(starts, [*starts[1:], None], strict=False)):
            body = self.instructions[start:end]
            from_ = body[0]
            assert isinstance(from_, From)
            stages.append(Stage(index, from_, body, self._base(from_, stages), self))
        return tuple(stages)

    def _base(self, from_: From, earlier: list[Stage]) -> Stage | str:
        image = reference(self.source, self.escape, self.global_args, from_.image, len(earlier))
        same = [stage for stage in earlier if stage.name == image.lower()]
        return same[-1] if same else image

    def stage(self, name: str) -> Stage | None:
        """The stage called `name` (case is not looked at), or at that index; names win only where they aren't numbers."""
        if name.isdecimal():
            return self.stages[int(name)] if int(name) < len(self.stages) else None
        return next((s for s in reversed(self.stages) if s.name == name.lower()), None)

    @cached_property
    def graph(self) -> dict[int, tuple[Edge, ...]]:
        """What each stage needs, by stage index: its base, then `COPY --from` and `RUN --mount=from=` in file order."""
        return {stage.index: tuple(self._edges(stage)) for stage in self.stages}

    def _edges(self, stage: Stage) -> list[Edge]:
        edges = [Edge(stage.index, stage.base, "from", stage.from_)]
        for instruction in stage.instructions:
            if isinstance(instruction, Copy) and instruction.from_:
                target = self.stage(instruction.from_) or instruction.from_
                edges.append(Edge(stage.index, target, "copy", instruction))
            elif isinstance(instruction, Run):
                for source in filter(None, (mount.fields.get("from") for mount in instruction.mounts)):
                    named = None if source.isdecimal() else self.stage(source)  # a number names an image here
                    edges.append(Edge(stage.index, named or source, "mount", instruction))
        return edges


def parse(data: bytes, path: str = "Dockerfile") -> Document:
    """The document in `data`.  Never raises for content: `buildkit.errors` says what a builder would reject."""
    return Document(Source.of_bytes(data, path))
