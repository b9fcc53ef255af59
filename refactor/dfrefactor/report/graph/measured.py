"""How long the steps of a file took in a build, what of it was one behind the other, and what a change costs.

BuildKit names a step after its stage and its place there, `[builder 2/5] RUN …`: the FROM counts where it names an image, and a
stage without a name is `stage-0`, unless it is the only one (measured with BuildKit 28.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.engine.progress import Step as Ran
from dfrefactor.lazy import dataclass, regex
from dfrefactor.report.graph.picture import Box, Picture, Step

_PLACE = regex(r"\[([^\]]*?)\s*(\d+)/(\d+)\] (\w+)")


@dataclass(frozen=True)
class Took:
    """When a step began and how long it took, in seconds; the first thing the build did began at 0."""

    since: float
    seconds: float
    cached: bool = False

    def __str__(self) -> str:
        return "cached" if self.cached else f"{self.seconds:.1f} s"


Times = Mapping[Instruction, Took]


@dataclass(frozen=True)
class Measured:
    """The times of the file as it was, and of what became of it, where they are known; a step of an image has its FROM's."""

    before: Times
    after: Times | None = None

    def of(self, side: str) -> Times | None:
        """The times of one side; of a picture that is of both sides at once, as before."""
        return self.after if side == "after" else self.before


def times(picture: Picture, ran: Iterable[Ran]) -> Times:
    """What a build's log says of the steps of a picture.  Empty where the log is that of another file."""
    found: dict[Instruction, Took] = {}
    stages = {_name(picture, box): box for box in picture.boxes}
    for each in ran:
        place = _PLACE.match(each.name)
        if place is None:
            continue
        words = [word for word in place[1].split() if "/" not in word]  # a platform stands before the stage
        box = stages.get(words[-1].lower() if words else "")
        instruction = _at(box, int(place[2]), int(place[3])) if box else None
        if instruction is None or instruction.keyword != place[4].upper():
            continue
        took = Took(each.since, each.seconds, each.cached)
        if instruction not in found or found[instruction].seconds < took.seconds:  # once for each platform
            found[instruction] = took
    return found


def _name(picture: Picture, box: Box) -> str:
    if len(picture.boxes) == 1:
        return ""
    return (box.stage.name or f"stage-{box.index}").lower()


def _at(box: Box, place: int, of: int) -> Instruction | None:
    """The instruction at a place of its stage, counted from 1; None where the stage has another number of steps."""
    image = isinstance(box.stage.base, str) and box.stage.base != "scratch"
    own = [*([box.stage.from_] if image else ()), *(step.instruction for step in box.steps)]
    return own[place - 1] if len(own) == of and 0 < place <= of else None


def longest(picture: Picture, took: Times, only: Iterable[Step] | None = None) -> tuple[float, tuple[Step, ...]]:
    """The chain of steps that takes the longest, in seconds: no build is shorter, however many steps run at once.

    Of all that the target needs, or of `only` these steps, as where the others come from the cache.
    """
    counted = None if only is None else {step.instruction for step in only}
    none: tuple[float, tuple[Step, ...]] = (0.0, ())
    ends: dict[int, tuple[float, tuple[Step, ...]]] = {}
    last = none
    for box in (box for box in picture.boxes if box.built):
        needs: dict[Step | None, list[tuple[float, tuple[Step, ...]]]] = {}
        for arrow in picture.arrows:
            if arrow.target == box.index and arrow.source in ends:
                needs.setdefault(arrow.step, []).append(ends[arrow.source])
        image = took.get(box.stage.from_) if counted is None else None
        last = max([none, *needs.get(None, [])], key=_seconds)
        last = (last[0] + (image.seconds if image else 0.0), last[1])
        for step in box.steps:
            last = max([last, *needs.get(step, [])], key=_seconds)
            if (counted is None or step.instruction in counted) and (here := took.get(step.instruction)) and here.seconds:
                last = (last[0] + here.seconds, (*last[1], step))
        ends[box.index] = last
    return last


def cost(picture: Picture, took: Times, steps: Iterable[Step]) -> tuple[float, bool] | None:
    """How many seconds it takes at least to run these steps again, and whether that is known of all of them; None where of none.

    What came from the cache took its time in an earlier build.
    """
    steps = tuple(steps)
    known = [each for step in steps if (each := took.get(step.instruction)) and not each.cached]
    return (longest(picture, took, steps)[0], len(known) == len(steps)) if known else None


def _seconds(chain: tuple[float, tuple[Step, ...]]) -> float:
    return chain[0]
