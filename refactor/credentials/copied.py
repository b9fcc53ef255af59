"""Credentials that are files of the build context."""

from __future__ import annotations

from collections.abc import Iterator

from refactor.credentials.carry import touches, trace
from refactor.credentials.copies import Copied
from refactor.credentials.reading import Reading
from refactor.credentials.tools import tool
from refactor.credentials.types import RUNNING, Credential, Use


def files(reading: Reading, secret: frozenset[str]) -> Iterator[Credential]:
    """The credential files that steps copy in.

    One that is configuration as often as not counts where a step takes it away again, for then it was not meant to stay.
    """
    for copied, stage in reading.copied:
        carriers = tuple(trace(reading, copied.path, copied.instruction, stage, copied.instruction.span))
        removed = any(carrier.removed for carrier in carriers)
        if not copied.certain and (not removed or _names_a_variable(reading, copied, stage, secret)):
            continue
        uses = tuple(_uses(reading, copied, stage, [carrier.path for carrier in carriers]))
        runtime = () if removed or uses else (RUNNING,)
        yield Credential("file", copied.name, copied.span, frozenset({stage}), uses=uses, carriers=carriers, runtime=runtime)


def _names_a_variable(reading: Reading, copied: Copied, stage: int, secret: frozenset[str]) -> bool:
    """Whether the file is configuration that names a variable, as `.npmrc` does with `${NPM_TOKEN}`: that one is the secret."""
    later = (ran for ran in reading.ran if ran.stage >= stage and ran.instruction.span > copied.instruction.span)
    return any(secret & ran.visible and (entry := tool(ran.name)) and entry.any and touches(ran, copied.path) for ran in later)


def _uses(reading: Reading, copied: Copied, stage: int, paths: list[str]) -> Iterator[Use]:
    done: set[tuple[int, str]] = set()
    for ran in reading.ran:
        if ran.stage < stage or ran.instruction.span < copied.instruction.span:
            continue
        for path in paths:
            touch = touches(ran, path)
            key = (ran.instruction.span.start, ran.name)
            if (
                touch
                and touch != "removes"
                and ran.name not in ("chmod", "chown", "ls", "cp", "mv", "install", "ln")
                and key not in done
            ):
                done.add(key)
                yield Use(ran.instruction, ran.stage, ran.span, f"by `{ran.name}`, which reads {path}", "", False, ran.name)
