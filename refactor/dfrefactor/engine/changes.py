"""What each instruction of a stage really changed, taken from the layer it left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Stage
from dfrefactor.engine.image import Entry, Image, Layer, parents
from dfrefactor.engine.process import EngineError


@dataclass(frozen=True)
class Changes:
    """The paths one instruction made, changed, and took away."""

    created: Mapping[str, Entry]
    modified: frozenset[str]
    removed: frozenset[str]

    @property
    def tops(self) -> tuple[str, ...]:
        """What was made, each new folder standing for all that is in it."""
        return tuple(sorted(path for path in self.created if not any(above in self.created for above in parents(path))))


def chain(stage: Stage) -> tuple[Stage, ...]:
    """The stages a stage's image is made of, the one that starts from an image of someone else's first."""
    return (*chain(stage.base), stage) if isinstance(stage.base, Stage) else (stage,)


def observed(image: Image, stage: Stage) -> dict[Instruction, Changes]:
    """The changes of every instruction the image was built from.  Raises EngineError if its history isn't theirs.

    An image's history ends with one entry for each instruction but FROM (moby, image/spec; OCI image-spec, config.md).
    """
    parts = chain(stage)
    if any(one.keyword == "ONBUILD" for part in parts[:-1] for one in part.instructions):
        raise EngineError("ONBUILD in a stage that another one starts from: its steps can't be told from the file's own")
    instructions = [one for part in parts for one in part.instructions if one.keyword != "FROM"]
    history = image.config.get("history") or []
    first = len(history) - len(instructions)
    if first < 0:
        raise EngineError("the image's history is shorter than the file")
    layers = iter(image.layers)
    files: dict[str, Entry] = {}
    found: dict[Instruction, Changes] = {}
    for at, entry in enumerate(history):
        layer = None if entry.get("empty_layer") else next(layers, None)
        if at >= first:
            instruction = instructions[at - first]
            check(instruction, str(entry.get("created_by", "")))
            found[instruction] = _changes(files, layer) if layer else Changes({}, frozenset(), frozenset())
        if layer is not None:
            files = dict(Image({}, (Layer("", files), layer)).files)
    return found


def check(instruction: Instruction, created_by: str) -> None:
    """A history that counts differently is seen by its text: a RUN's command stands in it."""
    told = "".join(created_by.split())
    word = next(iter(instruction.args.split()), "")
    if instruction.keyword == "RUN" and not instruction.is_json and not instruction.heredocs and word not in told:
        raise EngineError(f"the image's history does not tell of `RUN {word} …` where the file does")


def _changes(before: Mapping[str, Entry], layer: Layer) -> Changes:
    def same(path: str, entry: Entry) -> bool:
        return path in before and replace(before[path], inode=None) == replace(entry, inode=None)

    created = {path: entry for path, entry in layer.entries.items() if path not in before}
    folders = {path for path, entry in layer.entries.items() if entry.kind == "folder" and same(path, entry)}
    modified = layer.entries.keys() - created.keys() - folders
    return Changes(created, frozenset(modified), frozenset(_removed(before, layer)))


def _removed(before: Mapping[str, Entry], layer: Layer) -> Iterator[str]:
    yield from (path for path in layer.removed if path in before)
    for path in before:
        if path not in layer.entries and any(above in layer.emptied for above in parents(path)):
            yield path
