"""What goes wrong when the instructions of a stage are carried out, before anything runs.

COPY and ADD take files from paths, URLs and git repositories.
"""

from __future__ import annotations

import re
from functools import partial

from dfrefactor.buildkit import mounts, values
from dfrefactor.buildkit.arguments import arguments, opens_heredoc
from dfrefactor.buildkit.mistake import MistakeError, expanded, refuse, said_behind
from dfrefactor.buildkit.mounts import Expander
from dfrefactor.dockerfile import expand as substitution
from dfrefactor.dockerfile.instructions import Env, Instruction, Label, Run, Transfer, User, Volume, Workdir
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.lazy import regex

_SCHEME = regex(r"([a-zA-Z0-9]+)://")
_SSH = regex(r"[a-zA-Z0-9_-]+@[a-zA-Z0-9.-]+:(.*?)(?:\?(.*?))?(?:#(.*))?", re.S)
_SWITCHES = ("submodules", "keep-git-dir")
_PLACES = ("ref", "tag", "branch", "subdir", "checksum", "commit")


def check(instruction: Instruction, scope: Scope) -> None:
    """Raises MistakeError for what BuildKit refuses of an instruction whose form is right.

    No message quotes what a variable holds: nobody knows a part of a credential, as `${TOKEN#x}` makes it, for one.
    """
    try:
        _check(instruction, scope)
    except MistakeError:
        texts = (instruction.logical.text, *(heredoc.content for heredoc in instruction.heredocs))
        if any(scope.variables.get(name) for text in texts for name in re.findall(r"\$\{?(\w+)", text)):
            raise MistakeError(f"with what its variables hold, {instruction.keyword} is not valid") from None
        raise


def _check(instruction: Instruction, scope: Scope) -> None:
    expand = partial(expanded, lookup=scope.lookup, escape=scope.escape)
    if instruction.keyword == "STOPSIGNAL" and (name := expand(instruction.args)) is not None:
        values.signal(name)
    if instruction.keyword == "EXPOSE":
        with said_behind(""):
            for argument in arguments(instruction):
                for port in substitution.words(argument, scope.lookup, scope.escape) or ():
                    values.port(port)
    match instruction:
        case Env() | Label():
            for pair in instruction.pairs:
                expand(pair.key)
                expand(pair.value or "")
        case Workdir() | User():
            expand(instruction.args)
        case Volume():
            refuse(("" in map(expand, arguments(instruction)), "VOLUME specified can not be an empty string"))
        case Run():
            for mount in instruction.flags:
                if mount.name == "mount":
                    mounts.check(mount.value or "", expand, scope.workdir)
        case Transfer():
            _transfer(instruction, expand, scope)


def _transfer(instruction: Transfer, expand: Expander, scope: Scope) -> None:
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
        refuse((len(paths) != 1, "checksum can't be specified for multiple sources"))
        remote = paths[0] is None or paths[0].startswith(("http://", "https://")) or is_git(paths[0])
        refuse((not remote, "checksum requires HTTP(S) or Git sources"))
    for path in paths:
        if path is not None:
            _check_source(path, instruction.keyword, checksum or "", instruction.flag("keep-git-dir"))


def is_git(source: str) -> bool:
    """Whether BuildKit clones it (dfgitutil/git_ref.go).  Raises MistakeError for a query it does not take."""
    if source.startswith(("./", "../")):
        return False
    if source.startswith("github.com/"):
        _check_query(*_split(source))
        return False
    scheme = _SCHEME.match(source)
    if scheme:
        if scheme[1].lower() not in ("http", "https", "ssh", "git"):
            return False
        from urllib.parse import urlsplit

        try:
            path = urlsplit(source).path
        except ValueError:
            return False
        if scheme[1].lower().startswith("http") and not path.endswith(".git"):
            return False
        _check_query(*_split(source))
        return True
    ssh = _SSH.fullmatch(source)
    if ssh:
        _check_query(ssh[2] or "", ssh[3] or "")
    return bool(ssh)


def _split(source: str) -> tuple[str, str]:
    before, _, fragment = source.partition("#")
    return before.partition("?")[2], fragment


def _query(text: str) -> dict[str, list[str]]:
    from urllib.parse import parse_qs

    return parse_qs(text, keep_blank_values=True)


def _check_query(query: str, fragment: str) -> None:
    ref, _, subdir = fragment.partition(":")
    given = _query(query)
    for key, found in given.items():
        refuse(
            (len(found) > 1, f'query "{key}" has multiple values'),
            (not found[0] and key not in _SWITCHES, f'query "{key}" has no value'),
            (key in _SWITCHES and found[0] and not values.boolean(found[0]), f'invalid {key} value: "{found[0]}"'),
            (key not in (*_SWITCHES, *_PLACES), f'unexpected query "{key}"'),
        )
    one = {key: found[0] for key, found in given.items()}
    _no_conflict("subdir", subdir.strip("/"), one.get("subdir", ""))
    refuse(("tag" in one and "branch" in one, "branch conflicts with tag"))
    for key, prefix in (("ref", ""), ("tag", "refs/tags/"), ("branch", "refs/heads/")):
        name = one.get(key, "")
        ref = _no_conflict("ref", ref, prefix + name.removeprefix(prefix) if name else "")


def _no_conflict(what: str, first: str, second: str) -> str:
    refuse((first and second and first != second, f'{what} conflicts: "{first}" vs "{second}"'))
    return first or second


def _check_source(source: str, keyword: str, checksum: str, keep_git_dir: str | None) -> None:
    """Check one source of COPY or ADD, its variables put in.  Raises MistakeError."""
    if is_git(source):
        refuse((keyword == "COPY", "source can't be a git ref for COPY"))
        query = _query(_split(source)[0])
        pinned = (query.get("checksum") or query.get("commit") or [""])[0]
        refuse((checksum and pinned and checksum != pinned, f'checksum mismatch "{checksum}" != "{pinned}"'))
        if (asked := query.get("keep-git-dir")) and keep_git_dir is not None:
            keeps = (asked[0] or "true").lower() in ("1", "t", "true")
            refuse((keeps != (keep_git_dir.lower() in ("", "true")), "inconsistent keep-git-dir configuration"))
    elif source.startswith(("http://", "https://")):
        refuse((keyword == "COPY", "source can't be a URL for COPY"))
        if checksum:
            values.digest(checksum)
