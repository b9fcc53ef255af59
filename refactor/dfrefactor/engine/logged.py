"""What BuildKit remembers of builds that were made."""

from __future__ import annotations

from dfrefactor.engine.process import EngineError, last_words, run
from dfrefactor.engine.progress import RawJson, Step
from dfrefactor.text.mask import Mask


def logged(ref: str, mask: Mask) -> tuple[Step, ...]:
    """The steps of a build that was made, each after those it needs (`docker buildx history logs`, buildx 0.20 and later).

    `ref` is a build's ID, or `^N` for the one N before the last.  Raises EngineError where there is none, or no log of it.
    """
    if ref.startswith("-"):
        raise EngineError(f"`{ref}` names no build")
    log = RawJson(mask)
    if run(["docker", "buildx", "history", "logs", ref, "--progress", "rawjson"], each=log.line)[0]:
        words = last_words("\n".join(log.lines), lines=1).removeprefix("ERROR: ")
        raise EngineError(words or f"the log of build {ref} can't be read")
    if not (steps := log.steps()):
        raise EngineError(f"the log of build {ref} has no step")
    return steps
