"""What one instruction may look like: its flags, how many arguments, and their form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Literal

from dfrefactor.buildkit import health
from dfrefactor.buildkit.mistake import MistakeError, expanded, suggested
from dfrefactor.buildkit.mounts import check_shape
from dfrefactor.dockerfile import words
from dfrefactor.dockerfile.directives import GO_SPACE
from dfrefactor.dockerfile.instruction import no_constant
from dfrefactor.dockerfile.instructions import VIEWS, Arg, Instruction, Onbuild
from dfrefactor.text.source import Span

Kind = Literal["value", "values", "boolean"]

_COMMON: dict[str, Kind] = {"chown": "value", "chmod": "value", "link": "boolean", "exclude": "values"}
FLAGS: dict[str, dict[str, Kind]] = {
    "FROM": {"platform": "value"},
    "ADD": {**_COMMON, "checksum": "value", "keep-git-dir": "boolean", "unpack": "boolean"},
    "COPY": {**_COMMON, "from": "value"},
    "RUN": {"mount": "values", "network": "value", "device": "values"},
    "HEALTHCHECK": dict.fromkeys((*health.DURATIONS, "retries"), "value"),
}
"""The flags of BuildKit's built-in frontend; an instruction that is not here has none."""

LABS: dict[str, dict[str, Kind]] = {"COPY": {"parents": "boolean"}, "RUN": {"security": "value"}}
"""Flags that Docker's own frontend knows in other versions, which a file may ask for with `# syntax`."""

# a tag or digest may follow, and the registry stand in front
_OWN_FRONTEND = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?![\w./-])")

# instructions/parse.go reads the flags of all others
_FLAGS_UNREAD = frozenset(("ARG", "STOPSIGNAL"))
_STAGE_NAME = re.compile(r"[a-z][a-z0-9_.-]*")


def check(instruction: Instruction, frontend: str | None) -> None:
    """Raises MistakeError for an instruction that BuildKit rejects whatever stands around it.

    `frontend` is what the file says behind `# syntax=`: it may know flags that the built-in one does not.
    """
    _check_line(instruction)
    if instruction.keyword not in VIEWS:
        raise MistakeError(_unknown(instruction))
    if further := _CHECKS.get(instruction.keyword):
        further(instruction)
    if instruction.keyword not in _FLAGS_UNREAD and not health.is_none(instruction):
        _check_flags(instruction, frontend)
    if instruction.keyword == "RUN":
        _run_flags(instruction, frontend)


def _unknown(instruction: Instruction) -> str:
    """The message; a word that is no word of a language, and may be a credential, is not in it."""
    text = instruction.logical.text[instruction.at :].strip(GO_SPACE)
    written = re.split(r"[\t\v\f\r ]", text, maxsplit=1)[0]
    if not re.fullmatch("[A-Za-z-]{1,20}", written):
        return "unknown instruction"
    known = VIEWS if written == written.upper() else {keyword.lower() for keyword in VIEWS}
    return suggested(f"unknown instruction: {written}", written if known is VIEWS else written.lower(), known)


def _check_line(instruction: Instruction) -> None:
    """The form of the line, which BuildKit also checks below ONBUILD.  Raises MistakeError."""
    if instruction.keyword in ("ENV", "LABEL"):
        _pairs(instruction)
    elif instruction.keyword in _JSON:
        array(instruction)
    elif isinstance(instruction, Onbuild) and not isinstance(instruction.trigger, Onbuild):
        _check_line(instruction.trigger)


_JSON = frozenset(("ADD", "COPY", "CMD", "ENTRYPOINT", "RUN", "SHELL", "VOLUME", "HEALTHCHECK"))


def array(instruction: Instruction) -> list[str] | None:
    """The strings of a JSON form, None where it is none.  Raises MistakeError for an array of something else.

    Stricter than `Instruction.is_json`: 28.5 takes `["a"] b` for a shell command, older ones for JSON.
    """
    text = instruction.args
    if instruction.keyword == "HEALTHCHECK":
        text = health.split(text)[1]
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text, parse_constant=no_constant, parse_float=_number, parse_int=_number)
    except RecursionError:
        found = [None]
    except ValueError:
        return None
    if not all(isinstance(item, str) for item in found):
        raise MistakeError("when using JSON array syntax, arrays must be comprised of strings only")
    return [str(item) for item in found]


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def arguments(instruction: Instruction) -> list[str]:
    """The arguments of an instruction that takes a list: of the JSON form, or between ASCII white space."""
    found = array(instruction) if instruction.keyword in _JSON else None
    text = instruction.args
    return [text[a:b] for a, b in words.split(text)] if found is None else found


def _check_flags(instruction: Instruction, frontend: str | None) -> None:
    """Raises MistakeError for a flag that is unknown, given twice, or without the value it needs."""
    known = FLAGS.get(instruction.keyword, {}) | (LABS.get(instruction.keyword, {}) if frontend else {})
    seen = set()
    for flag in instruction.flags:
        kind = known.get(flag.name)
        if kind is None and frontend and not _OWN_FRONTEND.match(frontend):
            continue  # nobody knows which flags it takes
        if kind is None:
            raise MistakeError(suggested(f"unknown flag: --{flag.name}", flag.name, known), flag.span)
        if flag.name in seen and kind != "values":
            raise MistakeError(f"duplicate flag specified: --{flag.name}", flag.span)
        seen.add(flag.name)
        if (kind != "boolean" and flag.value is None) or (kind == "boolean" and flag.value == ""):
            raise MistakeError(f"missing a value on flag: --{flag.name}", flag.span)
        if kind == "boolean" and (flag.value or "true").lower() not in ("true", "false"):
            raise MistakeError(f"expecting boolean value for flag --{flag.name}, not: {flag.value}")


def _run_flags(instruction: Instruction, frontend: str | None) -> None:
    for flag in instruction.flags:
        if flag.name == "mount":
            check_shape(flag.value or "")
        elif flag.name == "network" and flag.value not in ("default", "none", "host"):
            raise MistakeError(f'invalid network mode "{flag.value}"')
        elif flag.name == "device" and not frontend:
            raise MistakeError("device feature is only supported in Dockerfile frontend 1.14.0-labs or later")


def _pairs(instruction: Instruction) -> None:
    legacy, args = False, instruction.args
    for at, span in enumerate(_words(instruction)):
        legacy = legacy or (at == 0 and "=" not in args[slice(*span)])
        if legacy and not re.search(r"[\t\v\f\r ]", args):
            raise MistakeError(f"{instruction.keyword} must have two arguments")
        if not legacy and "=" not in args[slice(*span)]:
            raise MistakeError("Syntax error - can't find =. Must be of the form: name=value", instruction.span_of(*span))


def _words(instruction: Instruction) -> list[Span]:
    return words.pairs(instruction.args, instruction.escape) if instruction.args else []


def _named(instruction: Instruction) -> None:
    cut = [instruction.args[a:b] for a, b in _words(instruction)]
    if not cut:
        raise MistakeError(f"{instruction.keyword} requires at least one argument")
    legacy = instruction.keyword != "ARG" and "=" not in cut[0]
    if not legacy and any(word.startswith("=") for word in cut):
        raise MistakeError(f"{instruction.keyword} names can not be blank")


def _arg(instruction: Instruction) -> None:
    """A default that asks for a variable which is not set passes: it is not looked at if a value is given."""
    assert isinstance(instruction, Arg)
    _named(instruction)
    for pair in instruction.pairs:
        expanded(pair.value or "", lambda _: None, instruction.escape)


def _at_least_one(instruction: Instruction) -> None:
    if not arguments(instruction):
        raise MistakeError(f"{instruction.keyword} requires at least one argument")


def _exactly_one(instruction: Instruction) -> None:
    if not instruction.args:
        raise MistakeError(f"{instruction.keyword} requires exactly one argument")


def _from(instruction: Instruction) -> None:
    given = arguments(instruction)
    if len(given) == 3 and given[1].casefold() == "as":
        if not _STAGE_NAME.fullmatch(given[2].lower()):
            why = "name can't start with a number or contain symbols"
            raise MistakeError(f'invalid name for build stage: "{given[2]}", {why}')
    elif len(given) != 1:
        raise MistakeError("FROM requires either one or three arguments")


def _transfer(instruction: Instruction) -> None:
    given, keyword = arguments(instruction), instruction.keyword
    if len(given) < 2:
        why = "requires at least two arguments, but only one was provided. Destination could not be determined"
        raise MistakeError(f"{keyword} {why}")
    if opens_heredoc(given[-1]):
        raise MistakeError(f"{keyword} cannot accept a heredoc as a destination")


def opens_heredoc(word: str) -> bool:
    """Whether one argument announces a heredoc."""
    return "<<" in word and bool(words.heredoc_openers(word))


def _onbuild(instruction: Instruction) -> None:
    if not instruction.args:
        raise MistakeError("ONBUILD requires at least one argument")
    trigger = re.split(r"[\t\v\f\r ]", instruction.args, maxsplit=1)[0].strip(GO_SPACE).upper()
    if trigger == "ONBUILD":
        raise MistakeError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger in ("FROM", "MAINTAINER"):
        raise MistakeError(f"{trigger} isn't allowed as an ONBUILD trigger")


def _volume(instruction: Instruction) -> None:
    _at_least_one(instruction)
    if not all(path.strip(GO_SPACE) for path in arguments(instruction)):
        raise MistakeError("VOLUME specified can not be an empty string")


def _shell(instruction: Instruction) -> None:
    found = array(instruction)
    if found is None and instruction.args:
        raise MistakeError("SHELL requires the arguments to be in JSON form")
    if not found:
        raise MistakeError("SHELL requires at least one argument")


_CHECKS: dict[str, Callable[[Instruction], None]] = {
    **dict.fromkeys(("USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"), _exactly_one),
    **dict.fromkeys(("COPY", "ADD"), _transfer), **dict.fromkeys(("LABEL", "ENV"), _named),
    "FROM": _from, "ARG": _arg, "SHELL": _shell, "VOLUME": _volume, "EXPOSE": _at_least_one, "ONBUILD": _onbuild,
    "HEALTHCHECK": lambda instruction: health.check(instruction, array(instruction)),
}  # fmt: skip
