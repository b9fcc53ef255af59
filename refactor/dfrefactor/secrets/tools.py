"""What known commands do with credentials, read from tools.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from dfrefactor.secrets.values import data
from dfrefactor.shell import Simple, Word

_WRAPPERS = frozenset(
    ("sudo", "env", "exec", "command", "time", "nice", "nohup", "eatmydata", "gosu", "su-exec", "timeout", "retry")
)
_SECRET_OPTION = re.compile(
    r"--?(?!no-|disabled-|empty-|ask-)[\w.-]*?(?:password|passwd|passphrase|token|secret|api[-_]?key|access[-_]?key|auth[-_]?key|credentials?|[-_]pat)",
    re.I,
)


@dataclass(frozen=True)
class Tool:
    """One command of the catalog; the fields are explained at the head of tools.toml."""

    pair: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    header: frozenset[str] = frozenset()
    file: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()
    stdin: frozenset[str] = frozenset()
    commands: tuple[re.Pattern[str], ...] = ()
    variables: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    writes: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = ()
    logs: str = ""
    reads_if: tuple[tuple[re.Pattern[str], str], ...] = ()
    idle: re.Pattern[str] | None = None
    any: bool = False
    configured: bool = False
    sets: bool = False

    def reads(self, variable: str) -> bool:
        """Whether it authenticates with that environment variable."""
        return any(fnmatchcase(variable, pattern) for pattern in self.variables)

    def may_read(self, variable: str) -> bool:
        """Whether it reads that environment variable, credential or not."""
        return self.reads(variable) or variable in self.urls


UNKNOWN = Tool()


def files_of(entry: Tool, words: tuple[Word, ...]) -> tuple[str, ...]:
    """The files this call reads without being told their names."""
    if is_idle(entry, words):
        return ()
    joined = " ".join(word.text for word in words[1:])
    return (*entry.files, *(path for pattern, path in entry.reads_if if pattern.search(joined)))


def _list(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def is_idle(entry: Tool, words: tuple[Word, ...]) -> bool:
    """Whether this call does not authenticate, though the command may."""
    joined = " ".join(word.text for word in words[1:])
    return entry.idle is not None and entry.idle.match(joined) is not None


@cache
def tool(name: str) -> Tool | None:
    """The catalog's entry for a command; None for one it does not have."""
    entry: Mapping[str, Any] | None = data("tools").get(name)
    if entry is None:
        return None
    if "like" in entry:
        entry = {**data("tools")[entry["like"]], **entry}
    sets = {key: frozenset(entry.get(key, ())) for key in ("pair", "secret", "header", "file", "attached", "stdin")}
    return Tool(
        **sets,
        commands=tuple(re.compile(pattern, re.I) for pattern in entry.get("commands", ())),
        variables=tuple(entry.get("variables", ())),
        urls=tuple(entry.get("urls", ())),
        files=tuple(entry.get("files", ())),
        writes=tuple((re.compile(each["when"]), _list(each["path"])) for each in entry.get("writes", ())),
        idle=re.compile(entry["idle"]) if "idle" in entry else None,
        reads_if=tuple((re.compile(each["when"]), each["path"]) for each in entry.get("reads", ())),
        logs=entry.get("logs", ""),
        any=entry.get("any", False),
        configured=entry.get("configured", False),
        sets=entry.get("sets", False),
    )


def called(simple: Simple) -> tuple[str, tuple[Word, ...]]:
    """The command that runs and its words, behind `sudo`, `env A=b` and the like; ("", ()) for an assignment alone."""
    words = list(simple.words)
    while words:
        name = (words[0].value or "").rpartition("/")[2]
        if name not in _WRAPPERS:
            break
        words.pop(0)
        while words and (
            words[0].text.startswith("-") or "=" in words[0].text or (name == "timeout" and words[0].text[:1].isdigit())
        ):
            words.pop(0)
        if name in ("gosu", "su-exec"):
            words = words[1:]
    if not words:
        return "", ()
    name = (words[0].value or "").rpartition("/")[2]
    if name in ("python", "python3") and len(words) > 2 and words[1].value == "-m":
        return words[2].value or name, tuple(words[2:])
    if name == "corepack" and len(words) > 1:
        return words[1].value or name, tuple(words[1:])
    return name, tuple(words)


def is_secret_option(option: str) -> bool:
    """Whether an option's name says that its value is a secret, whatever the command."""
    return _SECRET_OPTION.fullmatch(option) is not None
