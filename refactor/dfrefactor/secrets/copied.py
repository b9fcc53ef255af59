"""Credentials that are files of the build context."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfrefactor.secrets.carry import SSH_KEY, texts, touches, trace
from dfrefactor.secrets.copies import Copied
from dfrefactor.secrets.paths import real
from dfrefactor.secrets.ran import Ran
from dfrefactor.secrets.seen import Reading
from dfrefactor.secrets.types import RUNNING, Credential, Use

_POSITION = re.compile(r"(?:authorization|token|passw\w*|secret|key|auth)[\w-]*[\"']?\s*[:=]|://[^/@]*\$\(", re.I)


def files(reading: Reading, secret: frozenset[str]) -> Iterator[Credential]:
    """The credential files that steps copy in.

    One that is configuration as often as not counts where a step takes it away again, for then it was not meant to stay; one
    of any name where a command authenticates with it.
    """
    for copied, stage in reading.copied:
        carriers = tuple(trace(reading, copied.path, copied.instruction, stage, copied.instruction.span))
        removed = any(carrier.removed for carrier in carriers)
        if not copied.certain and not _authenticates(reading, copied):
            if not copied.likely or not removed or _names_a_variable(reading, copied, stage, secret):
                continue
        uses = tuple(_uses(reading, copied, stage, [carrier.path for carrier in carriers]))
        runtime = () if removed or uses else (RUNNING,)
        blocked = tuple(
            f"line {other.instruction.lines[0]} copies it to {other.path} too"
            for other, at in reading.copied
            if at == stage and other is not copied and other.name == copied.name
        )
        if copied.likely and not removed:
            blocked += ("it is configuration, which the running container may need too: remove it in a step if it does not",)
        stages = frozenset({stage})
        yield Credential("file", copied.name, copied.span, stages, uses=uses, carriers=carriers, runtime=runtime, blocked=blocked)


def _authenticates(reading: Reading, copied: Copied) -> bool:
    """Whether a command takes the file for a key, or puts what is in it into an authentication position."""
    path = real(copied.path)
    before: list[Ran] = []
    for ran in reading.ran:
        if ran.instruction.span < copied.instruction.span:
            continue
        for found in ran.event.found:
            for name, _, arg in found.values:
                option = ran.entry.options.get(name)
                if option is not None and "key" in option.words and ran.path(arg.value.removeprefix("@")) == path:
                    return True
        if any(ran.path(key[1]) == path for text in texts(ran) if (key := SSH_KEY.search(text))):
            return True
        for word in (arg.word for arg in (*ran.event.args, *(arg for _, arg in ran.event.assigns)) if arg.word is not None):
            if word.scripts and _POSITION.search(word.text):
                place = ran.text.span(ran.event.origin.span(word.span))
                inner = (each for each in before if place.start <= each.span.start and each.span.end <= place.end)
                if any(each.entry.prints and each.path(arg.value) == path for each in inner for arg in each.event.args[1:]):
                    return True
        before.append(ran)
    return False


def _names_a_variable(reading: Reading, copied: Copied, stage: int, secret: frozenset[str]) -> bool:
    """Whether the file is configuration that names a variable, as `.npmrc` does with `${NPM_TOKEN}`: that one is the secret."""
    later = (ran for ran in reading.ran if ran.stage >= stage and ran.instruction.span > copied.instruction.span)
    return any(secret & ran.visible and ran.entry.any and touches(ran, real(copied.path)) for ran in later)


def _uses(reading: Reading, copied: Copied, stage: int, paths: list[str]) -> Iterator[Use]:
    done: set[tuple[int, str]] = set()
    for ran in reading.ran:
        if ran.stage < stage or ran.instruction.span < copied.instruction.span:
            continue
        for path in paths:
            touch = touches(ran, real(path))
            key = (ran.instruction.span.start, ran.name)
            carried = touch == "copies" and ran.entry.carries
            if touch and touch not in ("removes", "readies") and not carried and key not in done:
                done.add(key)
                yield Use(ran.instruction, ran.stage, ran.span, f"by `{ran.name}`, which reads {path}", "", False, ran.name)
