"""BuildKit's linter, for files that say `# check=error=true`: there a warning is an error, and nothing is built.

Two rules are missing: CopyIgnoredFile and InvalidBaseImagePlatform look at the build context and at images.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from dfrefactor.buildkit.arguments import arguments, opens_heredoc
from dfrefactor.buildkit.options import Options
from dfrefactor.dockerfile import expand as substitution
from dfrefactor.dockerfile.bases import PREDEFINED
from dfrefactor.dockerfile.expand import ExpandError, Lookup, Unset
from dfrefactor.dockerfile.instructions import (
    Add,
    Arg,
    Copy,
    Env,
    From,
    Instruction,
    Label,
    Run,
    Stopsignal,
    User,
    Volume,
    Workdir,
)
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.dockerfile.scope import NOT_VARIABLES, Scope, expand
from dfrefactor.dockerfile.tree import Node, Token
from dfrefactor.images import scopes

_SECRET = re.compile(r"(?i)(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)")
_PUBLIC = re.compile(r"(?i)(?:_|^)public(?:_|$)")
_EXPERIMENTAL = frozenset(("InvalidDefinitionDescription",))


def violations(document: Document, options: Options) -> list[str]:
    """The rules that the file breaks, in the order in which they are first broken."""
    found = dict.fromkeys(_found(document))
    ran = (_EXPERIMENTAL & found.keys()) & (options.experimental if "all" not in options.experimental else _EXPERIMENTAL)
    usual = [] if "all" in options.skip else [rule for rule in found if rule not in _EXPERIMENTAL | options.skip]
    return [*usual, *ran]


def _found(document: Document) -> Iterator[str]:
    yield from _continuations(document)
    yield from _descriptions(document)
    yield from _casing(document)
    yield from _stage_names(document)
    if any(instruction.keyword == "MAINTAINER" for instruction in document.instructions):
        yield "MaintainerDeprecated"
    declared = PREDEFINED | {pair.key for arg in document.global_args for pair in arg.pairs}
    for stage in document.stages:
        yield from _platform(stage)
        if substitution.variables(f"{stage.from_.image} {stage.platform or ''}", document.escape) - declared:
            yield "UndefinedArgInFrom"
        count = Counter(instruction.keyword for instruction in stage.instructions)
        if any(count[keyword] > 1 for keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK")):
            yield "MultipleInstructionsDisallowed"
        yield from _used(stage)


def _continuations(document: Document) -> Iterator[str]:
    pieces = [piece for node in document.tree.children if isinstance(node, Node) for piece in node.children]
    for piece in pieces:
        if isinstance(piece, Node) and piece.kind == "continuation" and any(t.kind == "BLANK" for t in piece.tokens()):
            yield "NoEmptyContinuation"


def _descriptions(document: Document) -> Iterator[str]:
    """A comment above ARG, or above a FROM with a name, starts with the name."""
    comment = ""
    by_node = {id(instruction.node): instruction for instruction in document.instructions}
    for child in document.tree.children:
        if isinstance(child, Token):
            comment = child.text.rstrip("\r\n")[1:].strip() if child.kind == "COMMENT" else comment
            continue
        names: list[str] = []
        match by_node[id(child)]:
            case Arg() as arg:
                names = [pair.key for pair in arg.pairs]
            case From() as from_ if from_.label:
                names = [from_.label.lower()]
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


def _used(stage: Stage) -> Iterator[str]:
    below = {instruction.keyword for each in stage.chain[:-1] for instruction in each.instructions}
    placed, shell = "WORKDIR" in below, "SHELL" in below
    for instruction, scope in zip(stage.instructions, scopes(stage), strict=True):
        if _undefined(instruction, scope) - NOT_VARIABLES:
            yield "UndefinedVar"
        match instruction:
            case Env() | Label() | Arg():
                yield from _pairs(instruction, scope)
            case Workdir():
                path = expand(instruction.args, scope)
                if not placed and path is not None and not path.startswith("/"):
                    yield "WorkdirRelativePath"
                placed = True
        if instruction.keyword == "SHELL":
            shell = True
        if instruction.keyword in ("CMD", "ENTRYPOINT") and not shell and not instruction.is_json:
            yield "JSONArgsRecommended"
        if instruction.keyword == "EXPOSE":
            yield from _ports(instruction, scope)


def _pairs(instruction: Env | Label | Arg, scope: Scope) -> Iterator[str]:
    for pair in instruction.pairs:
        name = pair.key if isinstance(instruction, Arg) else expand(pair.key, scope) or ""
        if pair.legacy:
            yield "LegacyKeyValueFormat"
        if not isinstance(instruction, Label) and _SECRET.search(name) and not _PUBLIC.search(name):
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

    def watch(lookup: Lookup) -> Lookup:
        def seen(name: str) -> str | Unset | None:
            value = lookup(name)
            if isinstance(value, Unset):
                missing.add(name)
            return value

        return seen

    for text, quotes in _texts(instruction):
        with suppress(ExpandError):
            substitution.expand(text, watch(scope.lookup), scope.escape if quotes else "\\", quotes=quotes)
    return missing


def _texts(instruction: Instruction) -> Iterator[tuple[str, bool]]:
    match instruction:
        case Env() | Label():
            yield from ((text, True) for pair in instruction.pairs for text in (pair.key, pair.value or ""))
        case Arg():
            yield from ((pair.value, True) for pair in instruction.pairs if pair.value is not None)
        case Workdir() | User() | Stopsignal():
            yield instruction.args, True
        case Volume():
            yield from ((text, True) for text in arguments(instruction))
        case Run():
            yield from ((flag.value or "", True) for flag in instruction.flags if flag.name == "mount")
        case Copy() | Add():
            named = (instruction.flag(name) or "" for name in ("chown", "chmod", "checksum"))
            yield from ((text, True) for text in (*named, *(w for w in arguments(instruction) if not opens_heredoc(w))))
            yield from ((heredoc.content, False) for heredoc in instruction.heredocs if heredoc.expand)
