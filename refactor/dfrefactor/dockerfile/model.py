"""What a Dockerfile says: instructions, stages, and which stage needs which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from io import BytesIO
from itertools import takewhile
from typing import Literal

from dfrefactor.dockerfile.directives import read_directives
from dfrefactor.dockerfile.expand import UNSET, Lookup, Unset, tried
from dfrefactor.dockerfile.instructions import Arg, Copy, From, Instruction, Run, read
from dfrefactor.dockerfile.parser import parse as parse_tree
from dfrefactor.dockerfile.tree import Node, Token
from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.source import Source

_MODIFIER = regex(r"\$\{\w+[^\w}]")

PREDEFINED = frozenset(
    [side + what for side in ("BUILD", "TARGET") for what in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")] + ["TARGETSTAGE"]
)
"""Global ARGs that BuildKit always sets; a stage sees them after `ARG NAME` (Docker reference, ARG)."""


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
    def directives(self) -> Mapping[str, str]:
        """The directives that count, by lower-case name."""
        return read_directives(self.source)[0]

    @property
    def escape(self) -> str:
        return "`" if self.directives.get("escape") == "`" else "\\"

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
        before = takewhile(lambda instruction: not isinstance(instruction, From), self.instructions)
        return tuple(instruction for instruction in before if isinstance(instruction, Arg))

    @property
    def declared(self) -> frozenset[str]:
        """The variables that a FROM may use."""
        return PREDEFINED | {pair.key for arg in self.global_args for pair in arg.pairs}

    @cached_property
    def global_lookup(self) -> Lookup:
        """How FROM looks up a variable: the defaults of the global ARGs in their order, and what BuildKit always sets.

        None, for anything may be given, is the value of an ARG without a default, or with one that Docker refuses.
        """
        values: dict[str, str | None] = dict.fromkeys(PREDEFINED)

        def lookup(name: str) -> str | Unset | None:
            return values.get(name, UNSET)

        for pair in (pair for arg in self.global_args for pair in arg.pairs):
            if pair.value is None:
                values.setdefault(pair.key, None)
            else:
                values[pair.key] = tried(pair.value, lookup, self.escape)
        return lookup

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        starts = [i for i, instruction in enumerate(self.instructions) if isinstance(instruction, From)]
        stages: list[Stage] = []
        named: dict[str | None, Stage] = {}
        for index, (start, end) in enumerate(zip(starts, [*starts[1:], None], strict=False)):
            body = self.instructions[start:end]
            from_ = body[0]
            assert isinstance(from_, From)
            image = self._reference(from_.image, index) if "$" in from_.image else from_.image
            stage = Stage(index, from_, body, named.get(image.lower(), image), self)
            stages.append(stage)
            named[stage.name] = stage
        return tuple(stages)

    @cached_property
    def _named(self) -> dict[str | None, Stage]:
        """The last stage of each name."""
        return {stage.name: stage for stage in self.stages}

    def _reference(self, written: str, index: int) -> str:
        """The image that FROM number `index` names: global ARG defaults put in where they are known, else as `written`.

        Source of the rule: Docker reference, "Understand how ARG and FROM interact".  dockerfile-parse reads it, and so do
        we; both must agree.
        """
        ours = tried(written, self.global_lookup, self.escape)
        if ours is None or self.escape != "\\" or "<<" in self.source.text or _MODIFIER.search(written):
            return ours or written  # dockerfile-parse knows no heredocs, no other escape character and no modifiers
        from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]

        try:
            theirs = DockerfileParser(fileobj=BytesIO(self.source.data)).parent_images[index]
        except (ValueError, RuntimeError, KeyError, IndexError, UnicodeError):
            return written
        return ours if ours == theirs else written

    def stage(self, name: str) -> Stage | None:
        """The stage called `name` (case is not looked at), or at that index; names win only where they aren't numbers."""
        if name.isdecimal():
            return self.stages[int(name)] if int(name) < len(self.stages) else None
        return self.named(name)

    def named(self, name: str) -> Stage | None:
        """The last stage called `name`, be it a number."""
        return self._named.get(name.lower())

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
