"""Where COPY and ADD take files from: paths, URLs and git repositories."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from dfrefactor.buildkit import values
from dfrefactor.buildkit.mistake import MistakeError

_SCHEME = re.compile(r"([a-zA-Z0-9]+)://")
_SSH = re.compile(r"[a-zA-Z0-9_-]+@[a-zA-Z0-9.-]+:(.*?)(?:\?(.*?))?(?:#(.*))?", re.S)
_SWITCHES = ("submodules", "keep-git-dir")
_PLACES = ("ref", "tag", "branch", "subdir", "checksum", "commit")


def is_git(source: str) -> bool:
    """Whether BuildKit clones it (dfgitutil/git_ref.go).  Raises MistakeError for a query it does not take."""
    if source.startswith(("./", "../")):
        return False
    if source.startswith("github.com/"):
        _query(*_split(source))
        return False
    if scheme := _SCHEME.match(source):
        try:
            path = urlsplit(source).path
        except ValueError:
            return False
        name = scheme[1].lower()
        if name not in ("http", "https", "ssh", "git") or (name.startswith("http") and not path.endswith(".git")):
            return False
        _query(*_split(source))
        return True
    if ssh := _SSH.fullmatch(source):
        _query(ssh[2] or "", ssh[3] or "")
    return bool(ssh)


def _split(source: str) -> tuple[str, str]:
    before, _, fragment = source.partition("#")
    return before.partition("?")[2], fragment


def _query(query: str, fragment: str) -> None:
    ref, _, subdir = fragment.partition(":")
    given = parse_qs(query, keep_blank_values=True)
    for key, found in given.items():
        if len(found) > 1:
            raise MistakeError(f'query "{key}" has multiple values')
        if not found[0] and key not in _SWITCHES:
            raise MistakeError(f'query "{key}" has no value')
        if key in _SWITCHES and found[0] and not values.boolean(found[0]):
            raise MistakeError(f'invalid {key} value: "{found[0]}"')
        if key not in (*_SWITCHES, *_PLACES):
            raise MistakeError(f'unexpected query "{key}"')
    one = {key: found[0] for key, found in given.items()}
    _no_conflict("subdir", subdir.strip("/"), one.get("subdir", ""))
    if "tag" in one and "branch" in one:
        raise MistakeError("branch conflicts with tag")
    ref = _no_conflict("ref", ref, one.get("ref", ""))
    for key, folder in (("tag", "refs/tags/"), ("branch", "refs/heads/")):
        ref = _no_conflict("ref", ref, folder + one[key].removeprefix(folder) if one.get(key) else "")


def _no_conflict(what: str, first: str, second: str) -> str:
    if first and second and first != second:
        raise MistakeError(f'{what} conflicts: "{first}" vs "{second}"')
    return first or second


def check(source: str, keyword: str, checksum: str, keep_git_dir: str | None) -> None:
    """Check one source of COPY or ADD, its variables put in.  Raises MistakeError."""
    if is_git(source):
        if keyword == "COPY":
            raise MistakeError("source can't be a git ref for COPY")
        _git_options(source, checksum, keep_git_dir)
    elif source.startswith(("http://", "https://")):
        if keyword == "COPY":
            raise MistakeError("source can't be a URL for COPY")
        if checksum:
            values.digest(checksum)


def _git_options(source: str, checksum: str, keep_git_dir: str | None) -> None:
    query = parse_qs(_split(source)[0], keep_blank_values=True)
    pinned = (query.get("checksum") or query.get("commit") or [""])[0]
    if checksum and pinned and checksum != pinned:
        raise MistakeError(f'checksum mismatch "{checksum}" != "{pinned}"')
    asked = query.get("keep-git-dir")
    keeps = asked is not None and (asked[0] or "true").lower() in ("1", "t", "true")
    if asked is not None and keep_git_dir is not None and keeps != (keep_git_dir.lower() in ("", "true")):
        raise MistakeError("inconsistent keep-git-dir configuration")


def check_checksum(sources: Sequence[str | None]) -> None:
    """`ADD --checksum` wants one source, from the network.  Raises MistakeError."""
    if len(sources) != 1:
        raise MistakeError("checksum can't be specified for multiple sources")
    if sources[0] is not None and not sources[0].startswith(("http://", "https://")) and not is_git(sources[0]):
        raise MistakeError("checksum requires HTTP(S) or Git sources")
