"""What a build runs again when one instruction changes, in one file and in what became of it.

It is the most that can happen: BuildKit goes by content at `COPY --from` and `RUN --mount=from`, so where a rebuilt stage comes
out the same, what follows there is taken from the cache (measured with BuildKit 28.5, as are the rules for ENV and ARG).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from dfrefactor.dockerfile.instructions import STEPS, Arg, Env, From, Instruction, Run
from dfrefactor.dockerfile.model import Document
from dfrefactor.lazy import dataclass, regex
from dfrefactor.parts import parts, units
from dfrefactor.report.graph.picture import Masked, Picture, Step, written
from dfrefactor.text.shown import plain

_VARIABLE = regex(r"\$\{?([A-Za-z_]\w*)")
_INVALIDATORS = STEPS | {"ENV", "ARG", "FROM"}


@dataclass(frozen=True)
class Row:
    """An instruction of the file as it was, or the part of a RUN that became a step of its own.

    `mark` is the number of the step ("3", or "3a" for a part); "" for what is no step.  `after` is None where nothing in
    the new file says the same.
    """

    mark: str
    text: str
    line: int
    before: tuple[Step, ...]
    after: tuple[Step, ...] | None
    commands: int = 0
    """How many a RUN, or this part of it, has."""

    def steps(self, side: str) -> tuple[Step, ...] | None:
        """What it rebuilds; of a picture that is of both sides at once, as before."""
        return self.after if side == "after" else self.before


def rebuilt(picture: Picture, changed: Collection[Instruction]) -> tuple[Step, ...]:
    """The steps that run again when `changed`, instructions of that file, are no longer the same.

    A step, and what follows it in its stage; in stages FROM that one everything; in other stages the steps that read it
    and what follows.  A changed ENV or ARG reaches the RUNs that have it in their environment, and what names it.
    """
    document = picture.document
    globals_: set[str] = set()
    for arg in document.global_args:
        _assign(arg, globals_, arg in changed)
    again: dict[Instruction, None] = {}
    stale: set[int] = set()
    names: dict[int, set[str]] = {}
    for box in picture.boxes:
        arrows = [arrow for arrow in picture.arrows if arrow.target == box.index and arrow.source in stale]
        readers = {arrow.step.instruction for arrow in arrows if arrow.step}
        first, *rest = box.stage.instructions
        on = first in changed or any(arrow.step is None for arrow in arrows) or _names(first, globals_)
        base = [arrow.source for arrow in picture.arrows if arrow.target == box.index and arrow.kind == "from"]
        known = names[box.index] = set[str]().union(*(names[source] for source in base))
        for instruction in rest:
            if isinstance(instruction, Env | Arg):
                _assign(instruction, known, instruction in changed, globals_)
            elif instruction.keyword in STEPS:
                in_reach = bool(known) if isinstance(instruction, Run) else _names(instruction, known)
                on = on or instruction in changed or instruction in readers or in_reach
                if on:
                    again[instruction] = None
                    stale.add(box.index)
        if on:
            stale.add(box.index)
    return tuple(step for step in picture.steps if step.instruction in again)


def _names(instruction: Instruction, names: Collection[str]) -> bool:
    text = " ".join([*instruction.flags, instruction.args, *(h.content for h in instruction.heredocs if h.expand)])
    return bool(names) and any(name in names for name in _VARIABLE.findall(text))


def _assign(instruction: Env | Arg, names: set[str], is_changed: bool, globals_: Collection[str] = ()) -> None:
    """Follow which variables no longer have the value they had."""
    seen = frozenset(names)
    for pair in instruction.pairs:
        inherits = pair.value is None and pair.key in globals_
        if is_changed or inherits or any(name in seen for name in _VARIABLE.findall(pair.value or "")):
            names.add(pair.key)
        elif pair.value is not None:
            names.discard(pair.key)


def origins(documents: Sequence[Document]) -> tuple[int, ...]:
    """For each stage of the last document the stage of the first that it is, or was taken out of.

    `documents` are the versions of one file, in order.  A pass that adds stages puts them above the one they come from.
    """
    found = tuple(range(len(documents[0].stages)))
    for before, after in pairwise(documents):
        if len(before.stages) == len(after.stages):
            continue
        rest = len(before.stages) - 1
        named = {name: [stage.index for stage in before.stages if stage.name == name] for name in {s.name for s in before.stages}}
        was: list[int] = []
        for stage in reversed(after.stages):
            if stage.name and named.get(stage.name):  # a name may stand twice
                rest = named[stage.name].pop()
            elif not stage.name and was and rest > 0 and before.stages[rest - 1].name is None:
                rest -= 1
            was.append(rest)
        found = tuple(found[index] for index in reversed(was))
    return found


def rows(before: Picture, after: Picture, origin: Sequence[int], masked: Masked) -> Iterator[Row]:
    """The rebuild table in the order of the file; what rebuilds nothing and is no step is left out."""
    numbers = {step.instruction: step for box in before.boxes for step in box.steps}
    heirs = _Heirs(before.document, after.document, origin)
    for changed in _causes(before.document):
        first = changed[0]
        old = rebuilt(before, changed)
        groups = heirs.of(first)
        step = numbers.get(first)
        for count, (now, texts) in enumerate(groups.items()):
            new = rebuilt(after, now) if now else None
            if not step and not old and not new:
                continue
            cut = len(groups) > 1
            mark = f"{step.number}{_letter(count) if cut else ''}" if step else ""
            text = plain("RUN " + " && ".join(map(masked, texts))) if cut else written(first, masked)
            if isinstance(first, From):
                text = text.partition(" AS ")[0]
            yield Row(mark, text, first.lines[0], old, new, len(texts) if isinstance(first, Run) else 0)


def _letter(count: int) -> str:
    return (_letter(count // 26 - 1) if count >= 26 else "") + chr(ord("a") + count % 26)


def _causes(document: Document) -> Iterator[tuple[Instruction, ...]]:
    """What can change at once: an instruction, or the image that several stages start from."""
    images: dict[tuple[str, str | None], list[Instruction]] = defaultdict(list)
    for stage in document.stages:
        if isinstance(stage.base, str) and stage.base != "scratch":
            images[stage.base, stage.platform].append(stage.from_)
    starts = {froms[0]: tuple(froms) for froms in images.values()}
    for instruction in document.instructions:
        if instruction.keyword in _INVALIDATORS and (not isinstance(instruction, From) or instruction in starts):
            yield starts.get(instruction, (instruction,))


class _Heirs:
    """What became of each instruction, by what the guard sees to being kept: units, sources, pairs."""

    def __init__(self, before: Document, after: Document, origin: Sequence[int]) -> None:
        self._old = _places(before, range(len(before.stages)))
        self._new = _places(after, origin)
        self._stage = {i: stage.index for stage in before.stages for i in stage.instructions}

    def of(self, instruction: Instruction) -> dict[tuple[Instruction, ...], list[str]]:
        """The instructions that hold it now, () for none; several groups where a RUN was cut, each with its units."""
        found: dict[tuple[Instruction, ...], list[str]] = {}
        seen: dict[str, int] = defaultdict(int)
        texts = units(instruction) if isinstance(instruction, Run) else ()
        for number, part in enumerate(parts(instruction)):
            now = self._of_part(part, instruction, seen[part])
            seen[part] += 1
            found.setdefault(now, []).append(" ".join(texts[number].split()) if texts else part)
        if not isinstance(instruction, Run) or not found:
            return {tuple(dict.fromkeys(i for now in found for i in now)): []}
        return found

    def _of_part(self, part: str, instruction: Instruction, nth: int) -> tuple[Instruction, ...]:
        stage = self._stage.get(instruction, -1)
        for key in (part, _bare(part)):
            new = self._new.get(key, [])
            if isinstance(instruction, From):
                return tuple(i for i, _ in new)
            mine = [i for i, index in self._old[key] if index == stage]
            here = [i for i, index in new if index == stage]
            if len(mine) == len(here):
                return (here[mine.index(instruction) + nth],)
            if here:
                return tuple(dict.fromkeys(here))
        return ()


def _bare(part: str) -> str:
    """A part without its mounts: a rewrite may give a RUN a secret mount."""
    return part.partition(" [--")[0] + "\0"


def _places(document: Document, origin: Sequence[int]) -> dict[str, list[tuple[Instruction, int]]]:
    found: dict[str, list[tuple[Instruction, int]]] = defaultdict(list)
    everything: list[tuple[Instruction, int]] = [(i, -1) for i in document.global_args]
    everything += [(i, origin[stage.index]) for stage in document.stages for i in stage.instructions]
    for instruction, index in everything:
        for part in parts(instruction):
            found[part].append((instruction, index))
            found[_bare(part)].append((instruction, index))
    return found
