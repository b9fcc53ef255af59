"""The builder before BuildKit (`DOCKER_BUILDKIT=0`): files it cannot build, and stages its cache takes for one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dfrefactor.dockerfile.expand import variables
from dfrefactor.dockerfile.instructions import Arg, From, Instruction, Onbuild
from dfrefactor.dockerfile.model import PREDEFINED, Document, Stage

_FLAGS = {"FROM": {"platform"}, "RUN": set[str](), "COPY": {"from", "chown"}, "ADD": {"chown"}}
"""Those it knows.  Of the others 28.5.2 refuses some and silently reads over the rest, and 20.10 refuses all."""


def needs_buildkit(document: Document) -> bool:
    """Whether only BuildKit builds what it says: a frontend of its own, heredocs, newer flags, platforms that BuildKit sets.

    The classic builder does not always refuse such a file: it reads over `# syntax` and the body of a RUN's heredoc.
    """
    return "syntax" in document.directives or any(_is_new(document, each) for each in document.instructions)


def _is_new(document: Document, instruction: Instruction) -> bool:
    if isinstance(instruction, Onbuild):
        return _is_new(document, instruction.trigger)
    known = _FLAGS.get(instruction.keyword)
    if instruction.heredocs or (known is not None and any(flag.name not in known for flag in instruction.flags)):
        return True
    return any(document.global_lookup(name) is None for name in _automatic(document, instruction))


def _automatic(document: Document, instruction: Instruction) -> Iterable[str]:
    """The variables it takes from BuildKit: `FROM --platform=$BUILDPLATFORM` is refused, `ARG TARGETARCH` is empty."""
    if isinstance(instruction, From):
        return PREDEFINED & variables(f"{instruction.platform} {instruction.image}", document.escape)
    return PREDEFINED & {pair.key for pair in instruction.pairs if pair.value is None} if isinstance(instruction, Arg) else ()


def alike(stages: Iterable[Stage]) -> bool:
    """Whether `--cache-from` may take an image of one of these stages for the start of another."""
    starts = Counter(start for stage in stages if (start := _start(stage)))
    return any(count > 1 for count in starts.values())


def _start(stage: Stage) -> tuple[str, ...] | None:
    """What is compared: base reference, platform and first instruction; None where there is no layer to mistake."""
    base = stage.from_.image.lower() if isinstance(stage.base, Stage) else stage.base
    if base.lower() == "scratch" or len(stage.instructions) < 2:
        return None
    first = stage.instructions[1]
    return base, stage.platform or "", first.keyword, *map(str, first.flags), first.args
