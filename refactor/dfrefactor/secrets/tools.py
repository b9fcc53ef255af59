"""What known commands do with credentials: the catalog's entries, as the passes about credentials ask for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from dfrefactor.effects.arguments import apportion, understand
from dfrefactor.effects.catalog import PACKAGED, Entry
from dfrefactor.effects.words import Arg
from dfrefactor.shell import Simple, Word

_SECRET_OPTION = re.compile(
    r"--?(?!no-|disabled-|empty-|ask-)[\w.-]*?(?:password|passwd|passphrase|token|secret|api[-_]?key|access[-_]?key|auth[-_]?key|credentials?|[-_]pat)",
    re.I,
)


@dataclass(frozen=True)
class Tool:
    """A command that authenticates, whichever of its subcommands it is; the fields are those of the catalog's form."""

    entry: Entry
    pair: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    header: frozenset[str] = frozenset()
    file: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()
    stdin: frozenset[str] = frozenset()
    commands: tuple[re.Pattern[str], ...] = ()
    variables: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    writes: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = ()
    logs: str = ""
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


UNKNOWN = Tool(Entry(""))


def files_of(tool: Tool, words: tuple[Word, ...]) -> tuple[str, ...]:
    """The files this call reads without being told their names; folders end in a slash."""
    if is_idle(tool, words):
        return ()
    entry = tool.entry
    config = dict.fromkeys(path for name in entry.sub for path in (entry.subcommand(name) or entry).config)
    for option in understand(entry, _args(words), bool(entry.sub)).given:
        entry = entry.given(option)
    return tuple(path.removesuffix("**") for path in dict.fromkeys((*entry.config, *config)))


def is_idle(entry: Tool, words: tuple[Word, ...]) -> bool:
    """Whether this call does not authenticate, though the command may."""
    joined = " ".join(word.text for word in words[1:])
    return entry.idle is not None and entry.idle.match(joined) is not None


@cache
def tool(name: str) -> Tool | None:
    """What the catalog says of a command's credentials; None where it has none, or is not known."""
    entry = PACKAGED.get(name)
    if entry is None:
        return None
    options = {name: option for variant in entry.variants() for name, option in variant.options.items()}

    def named(word: str, takes: tuple[str, ...] = ("nothing", "value")) -> frozenset[str]:
        return frozenset(name for name, option in options.items() if word in option.words and option.takes in takes)

    found = Tool(
        entry,
        named("pair"),
        named("secret"),
        named("header"),
        named("key"),
        named("secret", ("attached",)),
        named("stdin"),
        tuple(re.compile(pattern, re.I) for pattern in entry.commands),
        entry.auth_variables,
        entry.url_variables,
        tuple(
            (re.compile(store.when, re.I), tuple(path.removesuffix("**") for path in store.paths))
            for store in entry.stores
            if not store.why
        ),
        entry.logs,
        re.compile(entry.idle) if entry.idle else None,
        entry.any,
        entry.configured,
        entry.sets,
    )
    return found if found != Tool(entry) or any(each.config for each in entry.variants()) else None


def called(simple: Simple) -> tuple[str, tuple[Word, ...]]:
    """The command that runs and its words, behind `sudo`, `env A=b` and the like; ("", ()) for an assignment alone."""
    words = tuple(simple.words)
    while words:
        name = (words[0].value or "").rpartition("/")[2]
        entry = PACKAGED.get(name) if name else None
        if entry is None or (entry.runs is None and not entry.sub) or (entry.runs or {}).get("more") or tool(name) is not None:
            return name, words
        inner = _inner(entry, words)
        if not inner:
            return name, words
        words = inner
    return "", ()


def _inner(entry: Entry, words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words of the command that a command with these words runs."""
    if entry.sub:
        below = entry.subcommand(words[1].value or "") if len(words) > 1 else None
        return words[1:] if below is not None and below.name == words[1].value else ()
    found = understand(entry, _args(words))
    for option in found.given:
        entry = entry.given(option)
    command = next((args for role, args in apportion(entry, found.operands) if role == "command"), [])
    return tuple(arg.word for arg in command if arg.word is not None)


def _args(words: tuple[Word, ...]) -> list[Arg]:
    return [Arg(word.text if word.value is None else word.value, False, word) for word in words[1:]]


def is_secret_option(option: str) -> bool:
    """Whether an option's name says that its value is a secret, whatever the command."""
    return _SECRET_OPTION.fullmatch(option) is not None
