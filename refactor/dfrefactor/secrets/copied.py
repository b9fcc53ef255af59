"""Credentials that are files of the build context."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfrefactor.secrets.carry import SSH_KEY, touches, trace
from dfrefactor.secrets.copies import Copied
from dfrefactor.secrets.reading import Reading
from dfrefactor.secrets.tools import called, tool
from dfrefactor.secrets.types import RUNNING, Credential, Use
from dfrefactor.shell import simple_commands

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
    for ran in reading.ran:
        if ran.instruction.span < copied.instruction.span:
            continue
        entry = tool(ran.name)
        for at, word in enumerate(ran.words[1:], 1):
            option, equals, value = word.text.partition("=")
            text = value if equals and option.startswith("-") else word.text
            by = option if equals else ran.words[at - 1].text
            if entry and by in entry.file and ran.place.path(text.removeprefix("@")) == copied.path:
                return True
        for word in (*ran.words, *(a.value for a in ran.simple.assignments if a.value)):
            inner = [
                w for script in word.scripts for s in simple_commands(script) if called(s)[0] == "cat" for w in called(s)[1][1:]
            ]
            if any(ran.place.path(w.text) == copied.path for w in inner) and _POSITION.search(word.text):
                return True
            if (key := SSH_KEY.search(word.text)) and ran.place.path(key[1]) == copied.path:
                return True
    return False


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
