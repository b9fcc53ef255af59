"""What goes wrong when the instructions of a stage are carried out, before anything runs."""

from __future__ import annotations

from dfrefactor.buildkit import mounts, sources, values
from dfrefactor.buildkit.arguments import arguments, opens_heredoc
from dfrefactor.buildkit.mistake import MistakeError
from dfrefactor.buildkit.mounts import Expander
from dfrefactor.dockerfile import expand as substitution
from dfrefactor.dockerfile.expand import ExpandError
from dfrefactor.dockerfile.instructions import (
    Add,
    Arg,
    Copy,
    Env,
    Expose,
    Instruction,
    Label,
    Run,
    Stopsignal,
    User,
    Volume,
    Workdir,
)
from dfrefactor.dockerfile.scope import Scope


def expander(scope: Scope) -> Expander:
    """Substitution in `scope` that raises MistakeError; the text, which may hold a credential, is not in its message."""

    def expand(text: str) -> str | None:
        try:
            return substitution.expand(text, scope.lookup, scope.escape)
        except ExpandError as error:
            raise MistakeError(str(error)) from None

    return expand


def check(instruction: Instruction, scope: Scope) -> None:
    """Raises MistakeError for what BuildKit refuses of an instruction whose form is right."""
    expand = expander(scope)
    match instruction:
        case Env() | Label() | Arg():
            _pairs(instruction, scope)
        case Workdir() | User():
            expand(instruction.args)
        case Stopsignal():
            name = expand(instruction.args)
            if name is not None:
                values.signal(name)
        case Volume():
            if "" in map(expand, arguments(instruction)):
                raise MistakeError("VOLUME specified can not be an empty string")
        case Expose():
            _expose(instruction, scope)
        case Run():
            for mount in instruction.flags:
                if mount.name == "mount":
                    mounts.check(mount.value or "", expand, scope.workdir)
        case Copy() | Add():
            _transfer(instruction, expand, scope)


def _pairs(instruction: Env | Label | Arg, scope: Scope) -> None:
    for pair in instruction.pairs:
        expand = expander(scope)
        if not isinstance(instruction, Arg):
            expand(pair.key)
        if pair.value is not None:
            value = expand(pair.value)
            if isinstance(instruction, Arg):
                scope = scope.with_variable(pair.key, value)


def _expose(instruction: Instruction, scope: Scope) -> None:
    for argument in arguments(instruction):
        try:
            ports = substitution.words(argument, scope.lookup, scope.escape)
        except ExpandError as error:
            raise MistakeError(str(error)) from None
        for port in ports or ():
            values.port(port)


def _transfer(instruction: Copy | Add, expand: Expander, scope: Scope) -> None:
    chmod = expand(instruction.chmod or "")
    expand(instruction.chown or "")
    checksum = expand(instruction.flag("checksum") or "")
    *given, dest = arguments(instruction)
    paths = [expand(word) for word in given if not opens_heredoc(word)]
    expand(dest)
    for heredoc in instruction.heredocs:
        if heredoc.expand:
            _heredoc(heredoc.content, scope)
    if chmod:
        values.mode(chmod)
    if checksum:
        sources.check_checksum(paths)
    for path in paths:
        if path is not None:
            sources.check(path, instruction.keyword, checksum or "", instruction.flag("keep-git-dir"))


def _heredoc(text: str, scope: Scope) -> None:
    try:
        substitution.expand(text, scope.lookup, quotes=False)
    except ExpandError as error:
        raise MistakeError(str(error)) from None
