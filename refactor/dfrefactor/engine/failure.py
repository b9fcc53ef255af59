"""What a failed build has to say: which instruction, and the engine's last lines."""

from __future__ import annotations

from collections.abc import Sequence

from dfrefactor.engine.process import EngineError, last_words, mask

FULL = ("no space left on device", "disk quota exceeded")


def failure(instruction: str | None, text: str, masked: Sequence[str]) -> EngineError:
    """The one error for a failed build; `text` is what the engine last said about it."""
    words = last_words(text)
    where = f"the build failed at `{shorten(instruction)}`" if instruction else "the build failed"
    if any(sign in text.lower() for sign in FULL):
        where = where.replace("failed", "failed, for want of disk space,", 1)
    body = "".join(f"\n  {line}" for line in words.splitlines())
    return EngineError(mask(where + (":" + body if body else ""), masked))


def shorten(instruction: str, width: int = 200) -> str:
    line = " ".join(instruction.split())
    return line if len(line) <= width else line[: width - 1] + "…"
