"""BuildKit's linter, and the options of the `# check=` directive: with `error=true` a warning is an error, and nothing is built.

Two rules are missing: CopyIgnoredFile and InvalidBaseImagePlatform look at the build context and at images.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from dfrefactor.buildkit import values
from dfrefactor.buildkit.arguments import arguments, opens_heredoc
from dfrefactor.buildkit.mistake import refuse, said_behind
from dfrefactor.dockerfile import expand as substitution
from dfrefactor.dockerfile.directives import DIRECTIVE
from dfrefactor.dockerfile.expand import ExpandError, Unset
from dfrefactor.dockerfile.instructions import Arg, From, Instruction, Pairs, Run, Transfer, Volume
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.dockerfile.scope import NOT_VARIABLES, Scope, expand
from dfrefactor.dockerfile.tree import Node, Token
from dfrefactor.images import scopes
from dfrefactor.lazy import regex
from dfrefactor.text.source import Source

_SECRET = regex(r"(?i)(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)")
_PUBLIC = regex(r"(?i)(?:_|^)public(?:_|$)")
_EXPERIMENTAL = frozenset(("InvalidDefinitionDescription",))


class Options(NamedTuple):
    """Which rules BuildKit's linter leaves out, which experimental ones it runs, and whether one broken is an error."""

    skip: frozenset[str] = frozenset()
    experimental: frozenset[str] = frozenset()
    error: bool = False


def find_options(source: Source) -> tuple[int, str] | None:
    """The line of the directive, and its options, which BuildKit reads up to the first space.

    parser/directives.go reads them apart from the others: no white space before `#`, and a `#!` line on top is skipped.
    """
    lines = source.text.removeprefix("\ufeff").split("\n")
    for number, line in enumerate(lines, 1):
        if number == 1 and line.startswith("#!"):
            continue
        found = DIRECTIVE.fullmatch(line)
        if not found or found[1].lower() not in ("syntax", "check", "escape"):
            break
        if found[1].lower() == "check":
            return number, found[2].partition(" ")[0]
    return None


def read_options(text: str) -> Options:
    """Raises MistakeError."""
    found: dict[str, frozenset[str]] = {}
    error = False
    for option in text.split(";", 2):
        key, equals, value = map(str.strip, option.partition("="))
        broken = f'failed to parse check option "{option}": strconv.ParseBool: parsing "{value}": invalid syntax'
        with said_behind("failed to parse check options: "):
            known = equals and key in ("skip", "experimental", "error")
            refuse((not known, f'invalid check option "{key if equals else option}"'))
            refuse((key == "error" and not values.boolean(value), broken))
        if key == "error":
            error = value[0] in "1tT"
        else:
            found[key] = frozenset(name.strip() for name in value.split(","))
    return Options(error=error, **found)


def violations(document: Document, options: Options) -> list[str]:
    """The rules that the file breaks, in the order in which they are first broken."""
    found = dict.fromkeys(_found(document))
    ran = (_EXPERIMENTAL & found.keys()) & (options.experimental if "all" not in options.experimental else _EXPERIMENTAL)
    usual = [] if "all" in options.skip else [rule for rule in found if rule not in _EXPERIMENTAL | options.skip]
    return [*usual, *ran]


def _found(document: Document) -> Iterator[str]:
    for check in (_continuations, _descriptions, _casing, _stage_names):
        yield from check(document)
    if any(instruction.keyword == "MAINTAINER" for instruction in document.instructions):
        yield "MaintainerDeprecated"
    for stage in document.stages:
        for look in (_platform, _base_arguments, _repeated, _used):
            yield from look(stage)


def _continuations(document: Document) -> Iterator[str]:
    pieces = [piece for node in document.tree.children if isinstance(node, Node) for piece in node.children]
    long = [piece for piece in pieces if isinstance(piece, Node) and piece.kind == "continuation"]
    if any(token.kind == "BLANK" for piece in long for token in piece.tokens()):
        yield "NoEmptyContinuation"


def _descriptions(document: Document) -> Iterator[str]:
    """A comment above ARG, or above a FROM with a name, starts with the name."""
    comment = ""
    by_node = {id(instruction.node): instruction for instruction in document.instructions}
    for child in document.tree.children:
        if isinstance(child, Token):
            if child.kind == "COMMENT":
                comment = child.text.rstrip("\r\n")[1:].strip()
            continue
        instruction = by_node[id(child)]
        names = [pair.key for pair in instruction.pairs] if isinstance(instruction, Arg) else []
        names += [instruction.label.lower()] if isinstance(instruction, From) and instruction.label else []
        if comment and names and comment.split(" ")[0] not in names:
            yield "InvalidDefinitionDescription"
        comment = ""


def _written(instruction: Instruction) -> str:
    return instruction.logical.text[instruction.at :].split(maxsplit=1)[0]


def _casing(document: Document) -> Iterator[str]:
    keywords = [_written(instruction) for stage in document.stages for instruction in stage.instructions]
    lower = sum(keyword.islower() for keyword in keywords) > sum(keyword.isupper() for keyword in keywords)
    if not all(keyword.islower() if lower else keyword.isupper() for keyword in keywords):
        yield "ConsistentInstructionCasing"


def _stage_names(document: Document) -> Iterator[str]:
    names = Counter(stage.name for stage in document.stages if stage.name)
    if any(count > 1 for count in names.values()):
        yield "DuplicateStageName"
    if names.keys() & {"scratch", "context"}:
        yield "ReservedStageName"
    for stage in document.stages:
        if stage.label and stage.label != stage.name:
            yield "StageNameCasing"
        given, keyword = arguments(stage.from_), _written(stage.from_)
        agrees = str.islower if keyword.islower() else str.isupper
        if len(given) == 3 and keyword.islower() != keyword.isupper() and not agrees(given[1]):
            yield "FromAsCasing"


def _platform(stage: Stage) -> Iterator[str]:
    platform = stage.platform or ""
    names = substitution.variables(platform, stage.document.escape)
    if names == {"TARGETPLATFORM"}:
        yield "RedundantTargetPlatform"
    if platform and not names:
        parts = set(platform.lower().split("/")[:2]) - {""}
        if not any(part in (stage.name or "") for part in parts):
            yield "FromPlatformFlagConstDisallowed"


def _base_arguments(stage: Stage) -> Iterator[str]:
    for text in (stage.from_.image, stage.platform or ""):
        if substitution.variables(text, stage.document.escape) - stage.document.declared:
            yield "UndefinedArgInFrom"


def _repeated(stage: Stage) -> Iterator[str]:
    keywords = [instruction.keyword for instruction in stage.instructions]
    if any(keywords.count(keyword) > 1 for keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK")):
        yield "MultipleInstructionsDisallowed"


def _used(stage: Stage) -> Iterator[str]:
    below = {instruction.keyword for each in stage.chain[:-1] for instruction in each.instructions}
    placed, shell = "WORKDIR" in below, "SHELL" in below
    for instruction, scope in zip(stage.instructions, scopes(stage), strict=True):
        if _undefined(instruction, scope) - NOT_VARIABLES:
            yield "UndefinedVar"
        if isinstance(instruction, Pairs):
            yield from _pairs(instruction, scope)
        match instruction.keyword:
            case "WORKDIR":
                path = expand(instruction.args, scope)
                if not placed and path is not None and not path.startswith("/"):
                    yield "WorkdirRelativePath"
                placed = True
            case "SHELL":
                shell = True
            case "CMD" | "ENTRYPOINT" if not shell and not instruction.is_json:
                yield "JSONArgsRecommended"
            case "EXPOSE":
                yield from _ports(instruction, scope)


def _pairs(instruction: Pairs, scope: Scope) -> Iterator[str]:
    for pair in instruction.pairs:
        name = pair.key if isinstance(instruction, Arg) else expand(pair.key, scope) or ""
        if pair.legacy:
            yield "LegacyKeyValueFormat"
        if instruction.keyword != "LABEL" and _SECRET.search(name) and not _PUBLIC.search(name):
            yield "SecretsUsedInArgOrEnv"


def _ports(instruction: Instruction, scope: Scope) -> Iterator[str]:
    for argument in arguments(instruction):
        for port in substitution.words(argument, scope.lookup, scope.escape) or ():
            *before, last = port.split(":")
            if last.partition("/")[2] != last.partition("/")[2].lower():
                yield "ExposeProtoCasing"
            if any(before):
                yield "ExposeInvalidFormat"


def _undefined(instruction: Instruction, scope: Scope) -> set[str]:
    """The variables that BuildKit looks up for an instruction in vain."""
    missing: set[str] = set()

    def seen(name: str) -> str | Unset | None:
        value = scope.lookup(name)
        if isinstance(value, Unset):
            missing.add(name)
        return value

    for text, quotes in _texts(instruction):
        with suppress(ExpandError):
            substitution.expand(text, seen, scope.escape if quotes else "\\", quotes=quotes)
    return missing


def _texts(instruction: Instruction) -> Iterator[tuple[str, bool]]:
    match instruction:
        case Arg():
            yield from ((pair.value or "", True) for pair in instruction.pairs)
        case Pairs():
            yield from ((text, True) for pair in instruction.pairs for text in (pair.key, pair.value or ""))
        case Instruction(keyword="WORKDIR" | "USER" | "STOPSIGNAL"):
            yield instruction.args, True
        case Volume():
            yield from ((text, True) for text in arguments(instruction))
        case Run():
            yield from ((flag.value or "", True) for flag in instruction.flags if flag.name == "mount")
        case Transfer():
            named = (instruction.flag(name) or "" for name in ("chown", "chmod", "checksum"))
            yield from ((text, True) for text in (*named, *(w for w in arguments(instruction) if not opens_heredoc(w))))
            yield from ((heredoc.content, False) for heredoc in instruction.heredocs if heredoc.expand)
