"""HEALTHCHECK: its type, command, durations and retries."""

from __future__ import annotations

import re

from dfrefactor.buildkit import values
from dfrefactor.buildkit.mistake import MistakeError
from dfrefactor.dockerfile.directives import GO_SPACE
from dfrefactor.dockerfile.instructions import Instruction

DURATIONS = ("interval", "timeout", "start-period", "start-interval")


def split(text: str) -> tuple[str, str]:
    """The type and the rest, cut at white space."""
    kind, _, rest = re.split(rf"([{GO_SPACE}]+|\Z)", text, maxsplit=1)
    return kind, rest


def is_none(instruction: Instruction) -> bool:
    """Whether it is `HEALTHCHECK NONE`, whose flags BuildKit does not read."""
    return instruction.keyword == "HEALTHCHECK" and split(instruction.args)[0].upper() == "NONE"


def check(instruction: Instruction, given: list[str] | None) -> None:
    """Raises MistakeError.  `given` is the command where it is in JSON form."""
    kind, rest = split(instruction.args)
    if not kind:
        raise MistakeError("HEALTHCHECK requires at least one argument")
    empty = not rest if given is None else not given
    if kind.upper() == "NONE":
        if not empty:
            raise MistakeError("HEALTHCHECK NONE takes no arguments")
        return
    if kind.upper() != "CMD":
        written = kind.upper().replace('"', '\\"')
        raise MistakeError(f'Unknown type "{written}" in HEALTHCHECK (try CMD)')
    if empty:
        raise MistakeError("Missing command after HEALTHCHECK CMD")
    for flag in instruction.flags:
        if flag.name == "retries" and flag.value:
            _retries(flag.value)
        elif flag.name in DURATIONS and flag.value and 0 != values.duration(flag.value) < 10**6:
            raise MistakeError(f'Interval "{flag.name}" cannot be less than 1ms')


def _retries(text: str) -> None:
    number = values.integer(text, 32)
    if number is None:
        why = "invalid syntax" if values.integer(text, 3000) is None else "value out of range"
        raise MistakeError(f'strconv.ParseInt: parsing "{text}": {why}')
    if number < 0:
        raise MistakeError(f"--retries cannot be negative ({number})")
