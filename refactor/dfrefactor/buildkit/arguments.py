"""What one instruction may look like: its flags, how many arguments, and their form."""

from __future__ import annotations

import json
import re
from typing import Literal

from dfrefactor.buildkit import values
from dfrefactor.buildkit.mistake import MistakeError, expanded, refuse, suggested
from dfrefactor.buildkit.mounts import check_shape
from dfrefactor.dockerfile import parser
from dfrefactor.dockerfile.directives import GO_SPACE
from dfrefactor.dockerfile.instruction import JSON_FORM, no_constant
from dfrefactor.dockerfile.instructions import VIEWS, Arg, Instruction, Onbuild
from dfrefactor.lazy import regex

Kind = Literal["value", "values", "boolean"]

_DURATIONS = ("interval", "timeout", "start-period", "start-interval")
_COMMON: dict[str, Kind] = {"chown": "value", "chmod": "value", "link": "boolean", "exclude": "values"}
FLAGS: dict[str, dict[str, Kind]] = {
    "FROM": {"platform": "value"},
    "ADD": {**_COMMON, "checksum": "value", "keep-git-dir": "boolean", "unpack": "boolean"},
    "COPY": {**_COMMON, "from": "value"},
    "RUN": {"mount": "values", "network": "value", "device": "values"},
    "HEALTHCHECK": dict.fromkeys((*_DURATIONS, "retries"), "value"),
}
"""The flags of BuildKit's built-in frontend; an instruction that is not here has none."""

LABS: dict[str, dict[str, Kind]] = {"COPY": {"parents": "boolean"}, "RUN": {"security": "value"}}
"""Flags that Docker's own frontend knows in other versions, which a file may ask for with `# syntax`."""

# a tag or digest may follow, and the registry stand in front
_OWN_FRONTEND = regex(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?![\w./-])")

# instructions/parse.go reads the flags of all others
_FLAGS_UNREAD = frozenset(("ARG", "STOPSIGNAL"))
_STAGE_NAME = regex(r"[a-z][a-z0-9_.-]*")


def check(instruction: Instruction, frontend: str | None) -> None:
    """Raises MistakeError for an instruction that BuildKit rejects whatever stands around it.

    `frontend` is what the file says behind `# syntax=`: it may know flags that the built-in one does not.
    """
    _check_line(instruction)
    if instruction.keyword not in VIEWS:
        raise MistakeError(_unknown(instruction))
    _check_form(instruction)
    none = instruction.keyword == "HEALTHCHECK" and _type(instruction.args)[0].upper() == "NONE"
    if instruction.keyword not in _FLAGS_UNREAD and not none:
        _check_flags(instruction, frontend)
    if instruction.keyword == "RUN":
        _run_flags(instruction, frontend)


def _unknown(instruction: Instruction) -> str:
    """The message; a word that is no word of a language, and may be a credential, is not in it."""
    text = instruction.logical.text[instruction.at :].strip(GO_SPACE)
    written = re.split(r"[\t\v\f\r ]", text, maxsplit=1)[0]
    if not re.fullmatch("[A-Za-z-]{1,20}", written):
        return "unknown instruction"
    if written == written.upper():
        return suggested(f"unknown instruction: {written}", written, VIEWS)
    return suggested(f"unknown instruction: {written}", written.lower(), map(str.lower, VIEWS))


def _check_line(instruction: Instruction) -> None:
    """The form of the line, which BuildKit also checks below ONBUILD.  Raises MistakeError."""
    if instruction.keyword in ("ENV", "LABEL"):
        _pairs(instruction)
    elif instruction.keyword in JSON_FORM:
        array(instruction)
    elif isinstance(instruction, Onbuild) and not isinstance(instruction.trigger, Onbuild):
        _check_line(instruction.trigger)


def array(instruction: Instruction) -> list[str] | None:
    """The strings of a JSON form, None where it is none.  Raises MistakeError for an array of something else.

    Stricter than `Instruction.is_json`: 28.5 takes `["a"] b` for a shell command, older ones for JSON.
    """
    text = instruction.args
    if instruction.keyword == "HEALTHCHECK":
        text = _type(text)[1]
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text, parse_constant=no_constant, parse_float=_number, parse_int=_number)
    except RecursionError:
        found = [None]
    except ValueError:
        return None
    strings = all(isinstance(item, str) for item in found)
    refuse((not strings, "when using JSON array syntax, arrays must be comprised of strings only"))
    return [str(item) for item in found]


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def arguments(instruction: Instruction) -> list[str]:
    """The arguments of an instruction that takes a list: of the JSON form, or between ASCII white space."""
    found = array(instruction) if instruction.keyword in JSON_FORM else None
    text = instruction.args
    return [text[a:b] for a, b in parser.split(text)] if found is None else found


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
        if (flag.value is None) if kind != "boolean" else (flag.value == ""):
            raise MistakeError(f"missing a value on flag: --{flag.name}", flag.span)
        switch = kind != "boolean" or (flag.value or "true").lower() in ("true", "false")
        refuse((not switch, f"expecting boolean value for flag --{flag.name}, not: {flag.value}"))


def _run_flags(instruction: Instruction, frontend: str | None) -> None:
    for flag in instruction.flags:
        if flag.name == "mount":
            check_shape(flag.value or "")
        elif flag.name == "network" and flag.value not in ("default", "none", "host"):
            raise MistakeError(f'invalid network mode "{flag.value}"')
        elif flag.name == "device" and not frontend:
            raise MistakeError("device feature is only supported in Dockerfile frontend 1.14.0-labs or later")


def _pairs(instruction: Instruction) -> None:
    spans = parser.pairs(instruction.args, instruction.escape)
    cut = [instruction.args[a:b] for a, b in spans]
    legacy = cut and "=" not in cut[0]
    refuse((legacy and not re.search(r"[\t\v\f\r ]", instruction.args), f"{instruction.keyword} must have two arguments"))
    for word, span in zip(cut, spans, strict=True):
        if not legacy and "=" not in word:
            message = "Syntax error - can't find =. Must be of the form: name=value"
            raise MistakeError(message, instruction.span_of(*span))


def opens_heredoc(word: str) -> bool:
    """Whether one argument announces a heredoc."""
    return "<<" in word and bool(parser.heredoc_openers(word))


def _check_form(instruction: Instruction) -> None:
    """How many arguments there are, and what they look like.  Raises MistakeError."""
    keyword, text = instruction.keyword, instruction.args
    none = f"{keyword} requires at least one argument"
    match keyword:
        case "ENV" | "LABEL" | "ARG":
            cut = [text[a:b] for a, b in parser.pairs(instruction.args, instruction.escape)]
            nameless = any(word.startswith("=") for word in cut) and (keyword == "ARG" or "=" in cut[0])
            refuse((not cut, none), (nameless, f"{keyword} names can not be blank"))
            if isinstance(instruction, Arg):
                for pair in instruction.pairs:
                    # a default that asks for a variable which is not set passes: it is not looked at if a value is given
                    expanded(pair.value or "", lambda _: None, instruction.escape)
        case "USER" | "WORKDIR" | "STOPSIGNAL" | "MAINTAINER":
            refuse((not text, f"{keyword} requires exactly one argument"))
        case "SHELL":
            refuse((array(instruction) is None and text, "SHELL requires the arguments to be in JSON form"))
            refuse((not array(instruction), none))
        case "EXPOSE" | "VOLUME":
            given = arguments(instruction)
            blank = keyword == "VOLUME" and not all(path.strip(GO_SPACE) for path in given)
            refuse((not given, none), (blank, "VOLUME specified can not be an empty string"))
        case "FROM":
            _check_from(arguments(instruction))
        case "COPY" | "ADD":
            given = arguments(instruction)
            why = "requires at least two arguments, but only one was provided. Destination could not be determined"
            refuse((len(given) < 2, f"{keyword} {why}"))
            refuse((opens_heredoc(given[-1]), f"{keyword} cannot accept a heredoc as a destination"))
        case "ONBUILD":
            trigger = re.split(r"[\t\v\f\r ]", text, maxsplit=1)[0].strip(GO_SPACE).upper()
            refuse((not text, none), (trigger == "ONBUILD", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"))
            refuse((trigger in ("FROM", "MAINTAINER"), f"{trigger} isn't allowed as an ONBUILD trigger"))
        case "HEALTHCHECK":
            _check_health(instruction)


def _check_from(given: list[str]) -> None:
    named = len(given) == 3 and given[1].casefold() == "as"
    refuse((not named and len(given) != 1, "FROM requires either one or three arguments"))
    if named and not _STAGE_NAME.fullmatch(given[2].lower()):
        why = "name can't start with a number or contain symbols"
        raise MistakeError(f'invalid name for build stage: "{given[2]}", {why}')


def _type(text: str) -> tuple[str, str]:
    """The type of a HEALTHCHECK and the rest, cut at white space."""
    kind = re.match(rf"[^{GO_SPACE}]*", text)
    assert kind is not None
    return kind[0], text[kind.end() :].lstrip(GO_SPACE)


def _check_health(instruction: Instruction) -> None:
    (kind, rest), given = _type(instruction.args.upper()), array(instruction)
    empty = not rest if given is None else not given
    written = kind.replace('"', '\\"')
    refuse(
        (not kind, "HEALTHCHECK requires at least one argument"),
        (kind == "NONE" and not empty, "HEALTHCHECK NONE takes no arguments"),
        (kind not in ("NONE", "CMD"), f'Unknown type "{written}" in HEALTHCHECK (try CMD)'),
        (kind == "CMD" and empty, "Missing command after HEALTHCHECK CMD"),
    )
    for flag in instruction.flags if kind == "CMD" else ():
        if flag.name == "retries" and flag.value:
            number = values.integer(flag.value, 32)
            why = "invalid syntax" if values.integer(flag.value, 3000) is None else "value out of range"
            refuse((number is None, f'strconv.ParseInt: parsing "{flag.value}": {why}'))
            refuse(((number or 0) < 0, f"--retries cannot be negative ({number})"))
        elif flag.name in _DURATIONS and flag.value:
            nanoseconds = values.duration(flag.value)
            refuse((nanoseconds and nanoseconds < 10**6, f'Interval "{flag.name}" cannot be less than 1ms'))
