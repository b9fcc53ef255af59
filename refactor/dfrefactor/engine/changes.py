"""What each instruction of a stage really changed, taken from the layer it left."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field, replace

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Stage
from dfrefactor.engine.image import Entry, Image, Layer, parents
from dfrefactor.engine.process import EngineError
from dfrefactor.lazy import dataclass


@dataclass(frozen=True)
class Changes:
    """The paths one instruction made, changed, and took away."""

    created: Mapping[str, Entry] = field(default_factory=dict)
    modified: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()

    @property
    def paths(self) -> frozenset[str]:
        return self.modified | self.removed | self.created.keys()

    @property
    def tops(self) -> tuple[str, ...]:
        """What was made, each new folder standing for all that is in it."""
        return tops(self.created)

    def without(self, noise: Callable[[str], bool]) -> Changes:
        """The same but for the paths that are noise."""
        created = {path: entry for path, entry in self.created.items() if not noise(path)}
        modified, removed = (frozenset(path for path in paths if not noise(path)) for paths in (self.modified, self.removed))
        return Changes(created, modified, removed)


def tops(paths: Collection[str]) -> tuple[str, ...]:
    """The paths that are in no other one."""
    return tuple(sorted(path for path in paths if not any(above in paths for above in parents(path))))


def observed(image: Image, stage: Stage) -> dict[Instruction, Changes]:
    """The changes of every instruction the image was built from.  Raises EngineError if its history isn't theirs.

    An image's history ends with one entry for each instruction but FROM (moby, image/spec; OCI image-spec, config.md).
    """
    if any(one.keyword == "ONBUILD" for part in stage.chain[:-1] for one in part.instructions):
        raise EngineError("ONBUILD in a stage that another one starts from: its steps can't be told from the file's own")
    instructions = [one for part in stage.chain for one in part.instructions if one.keyword != "FROM"]
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
            found[instruction] = _changes(files, layer) if layer else Changes()
        if layer is not None:
            files = dict(Image({}, (Layer("", files), layer)).files)
    return found


def check(instruction: Instruction, created_by: str) -> None:
    """A history that counts differently is seen by its text: a RUN's command stands in it."""
    told = "".join(created_by.split())
    word = next(iter(instruction.args.split()), "")
    if instruction.keyword == "RUN" and not instruction.is_json and not instruction.heredocs and word not in told:
        raise EngineError(f"the image's history does not tell of the RUN of line {instruction.lines[0]}")


def _changes(before: Mapping[str, Entry], layer: Layer) -> Changes:
    created = {path: entry for path, entry in layer.entries.items() if path not in before}
    modified = {
        path
        for path, entry in layer.entries.items()
        if path in before and (entry.kind != "folder" or replace(before[path], inode=None) != replace(entry, inode=None))
    }
    emptied = {path for path in before if path not in layer.entries and any(top in layer.emptied for top in parents(path))}
    return Changes(created, frozenset(modified), frozenset(emptied | (layer.removed & before.keys())))
