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
    log, said = RawJson(mask), list[bytes]()

    def take(line: bytes) -> None:
        log.line(line)
        said.append(line if not line.startswith(b"{") else b"")

    code, _ = run(["docker", "buildx", "history", "logs", ref, "--progress", "rawjson"], each=take)
    if code:
        words = last_words(b"".join(said).decode("utf-8", "replace"), lines=1).removeprefix("ERROR: ")
        raise EngineError(mask(words or f"the log of build {ref} can't be read"))
    if not (steps := log.steps()):
        raise EngineError(f"the log of build {ref} has no step")
    return steps
