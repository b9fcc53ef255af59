"""What goes wrong when the instructions of a stage are carried out, before anything runs."""

from __future__ import annotations

from functools import partial

from dfrefactor.buildkit import mounts, sources, values
from dfrefactor.buildkit.arguments import arguments, opens_heredoc
from dfrefactor.buildkit.mistake import MistakeError, expanded
from dfrefactor.buildkit.mounts import Expander
from dfrefactor.dockerfile import expand as substitution
from dfrefactor.dockerfile.expand import ExpandError
from dfrefactor.dockerfile.instructions import Add, Copy, Env, Expose, Instruction, Label, Run, Stopsignal, User, Volume, Workdir
from dfrefactor.dockerfile.scope import Scope


def check(instruction: Instruction, scope: Scope) -> None:
    """Raises MistakeError for what BuildKit refuses of an instruction whose form is right."""
    expand = partial(expanded, lookup=scope.lookup, escape=scope.escape)
    match instruction:
        case Env() | Label():
            for pair in instruction.pairs:
                expand(pair.key)
                expand(pair.value or "")
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
            expanded(heredoc.content, scope.lookup, quotes=False)
    if chmod:
        values.mode(chmod)
    if checksum:
        sources.check_checksum(paths)
    for path in paths:
        if path is not None:
            sources.check(path, instruction.keyword, checksum or "", instruction.flag("keep-git-dir"))
