"""What is wrong between the stages of a file: bases, names, and who takes files from whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from dfrefactor.buildkit import mounts, values
from dfrefactor.buildkit.mistake import MistakeError, Problem, caught, expanded, refuse, said_behind
from dfrefactor.dockerfile.expand import UNSET, Lookup, Unset
from dfrefactor.dockerfile.instructions import Copy, From, Instruction, Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.lazy import dataclass


def check_bases(document: Document) -> Iterator[Problem]:
    """FROMs: substitution, empty names, platforms.  What a declared ARG holds is not known."""
    declared = document.declared

    def lookup(name: str) -> Unset | None:
        return None if name in declared else UNSET

    names: set[str] = set()
    for stage in document.stages:
        yield from caught(stage.from_, _check_base, stage.from_, names, lookup, document.escape)
        if stage.name:  # it is looked up among the named contexts, so it has to be a reference too
            names.add(stage.name)
            what = f"invalid context name {stage.name}: "
            yield from caught(stage.from_, _check_image, "scratch" if stage.name == "context" else stage.name, what)


def _check_base(from_: From, names: set[str], lookup: Lookup, escape: str) -> None:
    name = expanded(from_.image, lookup, escape)
    refuse((name == "", f"base name ({from_.image}) should not be blank"))
    if name is not None and name not in names:
        _check_image(name)
    if not from_.platform:
        return
    platform = expanded(from_.platform, lookup, escape)
    refuse((platform == "", f"empty platform value from expression {from_.platform}"))
    if platform is not None:
        with said_behind(f"failed to parse platform {from_.platform}: "):
            values.platform(platform)


@dataclass
class Needs:
    """Which stages and images each stage needs, looked up as BuildKit does: by the last stage of a name."""

    document: Document
    images: list[str] = field(default_factory=list)
    """Images that only files are taken from; they continue the numbering of the stages."""
    stages: dict[int, set[int]] = field(default_factory=dict)

    def check(self) -> Iterator[Problem]:
        for stage in self.document.stages:
            self.stages[stage.index] = {stage.base.index} if isinstance(stage.base, Stage) else set()
            for instruction in stage.instructions:
                yield from self.check_one(stage, instruction)

    def check_one(self, stage: Stage, instruction: Instruction) -> Iterator[Problem]:
        """What an instruction, or an ONBUILD trigger, takes files from."""
        if isinstance(instruction, Copy) and instruction.from_:
            yield from caught(instruction, self._copy, stage, instruction.from_)
        elif isinstance(instruction, Run):
            for flag in instruction.flags:
                if flag.name == "mount":
                    yield from caught(instruction, self._mount, stage, flag.value or "")

    def _copy(self, stage: Stage, name: str) -> None:
        if expanded(name, lambda _: UNSET, self.document.escape) != name:
            instead = "define a new stage with FROM using ARG from global scope as a workaround"
            raise MistakeError(f"variable expansion is not supported for --from, {instead}")
        index = values.integer(name)
        late = f'cannot copy from stage "{name}", it needs to be defined before current stage'
        if index is None:
            self._take(stage, name, late)
        elif not 0 <= index < len(self.document.stages) + len(self.images):
            raise MistakeError(f"invalid stage index {index}")
        elif index < len(self.document.stages):
            self._need(stage, index, late)

    def _mount(self, stage: Stage, text: str) -> None:
        """A mount that takes files from nowhere counts as one from `scratch`, which may be the name of a stage."""
        name, target = mounts.source_stage(text), mounts.target(text)
        other = self.document.named("scratch")
        if name or other is None or other.index <= stage.index:
            late = f'cannot mount from stage "{name}" to "{target}", stage needs to be defined before current command'
            self._take(stage, name or "scratch", late)

    def _take(self, stage: Stage, name: str, late: str) -> None:
        if (named := self.document.named(name)) is not None:
            self._need(stage, named.index, late)
            return
        self.images.append(name)
        _check_image(name)

    def _need(self, stage: Stage, index: int, late: str) -> None:
        circular = f"circular dependency detected on stage: {stage.name or f'stage-{index}'}"
        refuse((index == stage.index, circular), (index > stage.index, late))
        self.stages[stage.index].add(index)

    def reachable(self) -> set[int]:
        """The stages that the last one needs, itself included."""
        found = {len(self.document.stages) - 1}
        for index in reversed(range(len(self.document.stages))):
            found |= self.stages[index] if index in found else set()
        return found


def _check_image(name: str, what: str = "") -> None:
    if name != "scratch":
        with said_behind(what or f'failed to parse stage name "{name}": '):
            values.reference(name)
