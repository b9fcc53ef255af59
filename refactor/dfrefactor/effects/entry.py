"""One command of the catalog: what its table says, as a value (the form is described in `catalog`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any, Literal

from dfrefactor.effects.output import Grade
from dfrefactor.lazy import dataclass

VALUES = frozenset((
    "value text url read read-tree write append change change-tree folder ensure fill remove remove-tree remove-empty own cwd "
    "user package project write-beside unknown command shell script program as unset assign"
).split())  # fmt: skip
"""Words for what becomes of a value."""
FLAGS = frozenset(("clear", "keep", "home", "login", "there", "stdin"))
"""Words for an option that takes none."""
CREDENTIALS = frozenset(("secret", "pair", "header", "address", "key", "log"))
"""Words for a value that authenticates."""
_RUNS: Mapping[str, tuple[object, ...]] = {
    "as": (), "environment": ("reset",), "home": ("set", "perhaps"), "here": (True,), "past-functions": (True,), "ends": (True,),
    "more": (True,), "perhaps": (True,), "without": ("shell", "environment"), "prefix": (),
}  # fmt: skip
_LISTS = frozenset((
    "operands reads config writes removes ensures leftovers system-reads system-writes variables auth-variables url-variables "
    "address-variables provides needs packages commands manifests makes caches uncached cache-variables offline emptied-by"
).split())  # fmt: skip
_SWITCHES = frozenset((
    "free builtin special linked verbatim network heavy worth mtime prints shows formats "
    "replaces attributes varies any configured"
).split())  # fmt: skip
_TEXTS = frozenset("why handler shell is idle logs carries like about".split())
_FIELDS = {"reads": "looks_at", "variables": "looks_up", "is": "stands_for"}


class CatalogError(ValueError):
    """A user's table is not of the documented form."""


Takes = Literal["nothing", "value", "attached"]


@dataclass(frozen=True)
class Option:
    """One option: its first name, all words for it, the one of them that is for what it does, and whether it takes a value."""

    name: str
    words: frozenset[str]
    effect: str
    takes: Takes


@dataclass(frozen=True)
class Store:
    """What a command line that `when` matches leaves a secret in; `clean` takes it out again, `why` says why nothing does.

    `undone` are other ways to take it out.
    """

    when: str
    paths: tuple[str, ...]
    clean: str = ""
    why: str = ""
    undone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One command, one of its subcommands, or either with an option given.  The fields are the keys of the form."""

    name: str
    free: bool = False
    builtin: bool = False
    special: bool = False
    linked: bool = False
    verbatim: bool = False
    network: bool = False
    heavy: bool = False
    worth: bool = False
    mtime: bool = False
    prints: bool = False
    shows: bool = False
    formats: bool = False
    replaces: bool = False
    attributes: bool = False
    varies: bool = False
    grade: Grade = Grade.EXACT
    why: str = ""
    handler: str = ""
    carries: str = ""
    shell: str = ""
    stands_for: str = ""
    runs: Mapping[str, Any] | None = None
    options: Mapping[str, Option] = field(default_factory=dict)
    operands: tuple[str, ...] = ()
    looks_at: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    ensures: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    system_reads: tuple[str, ...] = ()
    system_writes: tuple[str, ...] = ()
    looks_up: tuple[str, ...] = ()
    auth_variables: tuple[str, ...] = ()
    url_variables: tuple[str, ...] = ()
    address_variables: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    uncached: tuple[str, ...] = ()
    cache_variables: tuple[str, ...] = ()
    offline: tuple[str, ...] = ()
    emptied_by: tuple[str, ...] = ()
    idle: str = ""
    any: bool = False
    configured: bool = False
    logs: str = ""
    stores: tuple[Store, ...] = ()
    when: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sub: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    made: dict[tuple[str, str], Entry | None] = field(default_factory=dict, compare=False)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """All that it always looks at."""
        return tuple(dict.fromkeys((*self.looks_at, *self.config)))

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """All variables that it looks at without being told."""
        return tuple(dict.fromkeys((*self.looks_up, *self.auth_variables, *self.url_variables, *self.address_variables)))

    @cached_property
    def interprets(self) -> bool:
        """Whether it runs a script that its words name."""
        return any("script" in each.operands for each in self.variants())

    @cached_property
    def takes_away(self) -> bool:
        """Whether the files its words name are gone behind it."""
        return any(role.startswith("remove") for each in self.variants() for role in each.operands)

    @property
    def project(self) -> bool:
        """Whether it runs what the files of a project say, which may read any variable."""
        return "?*" in self.looks_up

    @cached_property
    def plain(self) -> bool:
        """Whether the arguments say all there is to say."""
        paths = self.reads or self.writes or self.removes or self.ensures or self.leftovers
        shared = self.system_reads or self.system_writes or self.variables or self.needs or self.provides
        return not (paths or shared or self.network or self.heavy or self.mtime)

    def given(self, option: str) -> Entry:
        """This entry with what holds when `option` is given."""
        if option not in self.when:
            return self
        if (found := self.made.get(("when", option))) is None:
            found = self.made["when", option] = overlaid(self, _like(self.when, option))
        return found

    def subcommand(self, name: str) -> Entry | None:
        """The entry of a subcommand; None where it is not listed."""
        if name not in self.sub:
            return None
        if ("is", name) in self.made:
            return self.made["is", name]
        if (found := self.made.get(("sub", name))) is None:
            plain = replace(self, name=f"{self.name} {name}", when={}, sub={}, made={})
            found = self.made["sub", name] = overlaid(plain, _like(self.sub, name))
        return found

    def twin(self, name: str) -> Entry:
        """A command that does the same, though its program is another file."""
        return replace(self, name=name, linked=False, packages=(), caches=(), made={})

    def variants(self) -> Iterator[Entry]:
        """This entry, and what it is with each option and each subcommand that it knows of."""
        yield self
        for option in self.when:
            yield self.given(option)
        for name in self.sub:
            if (below := self.subcommand(name)) is not None:
                yield from below.variants()


UNDESCRIBED = Entry("")
"""What is said of a command that nobody described."""


def _like(tables: Mapping[str, Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """A table with that of the one it is like below it."""
    table = tables[name]
    return {**tables[table["like"]], **table} if "like" in table else table


def overlaid(entry: Entry, table: Mapping[str, Any]) -> Entry:
    """`entry` with what `table` says.  Raises CatalogError."""
    values = {key: _value(entry, key, value) for key, value in table.items()}
    changes = {_FIELDS.get(key, key.replace("-", "_")): each for key, each in values.items() if key not in ("like", "about")}
    return replace(entry, **changes, made={key: found for key, found in entry.made.items() if key[0] == "is"})


def _value(entry: Entry, key: str, value: Any) -> Any:
    """What a key of a table says, as the field of an entry holds it."""
    if key in _LISTS:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise CatalogError(f"`{entry.name}`: `{key}` is not a list of texts")
        for role in value if key == "operands" else ():
            if role.removesuffix("...") not in VALUES:
                raise CatalogError(f"`{entry.name}`: no role is called `{role}`")
        return tuple(value)
    if key in _SWITCHES:
        if not isinstance(value, bool):
            raise CatalogError(f"`{entry.name}`: `{key}` is neither true nor false")
        return value
    if key in _TEXTS:
        if not isinstance(value, str) or (key == "carries" and value not in ("copy", "move")):
            raise CatalogError(f"`{entry.name}`: `{key}` can't be {value!r}")
        return value
    match key:
        case "grade":
            if value not in ("exact", "bounded", "unknown"):
                raise CatalogError(f"`{entry.name}`: no grade is called `{value}`")
            return Grade[value.upper()]
        case "options":
            return {**entry.options, **_options(entry.name, value)}
        case "when" | "sub":
            return {**getattr(entry, key), **value} if value else {}
        case "runs":
            for name, said in value.items():
                if name not in _RUNS or not (said in _RUNS[name] if _RUNS[name] else isinstance(said, str)):
                    raise CatalogError(f"`{entry.name}`: `runs` can't say `{name} = {said!r}`")
            return dict(value)
        case "stores":
            return tuple(_store(entry.name, each) for each in value)
    raise CatalogError(f"`{entry.name}`: no key is called `{key}`")


def _options(command: str, table: Mapping[str, str]) -> dict[str, Option]:
    found: dict[str, Option] = {}
    for names, said in table.items():
        every = [name.replace("[0-9]", each) for name in names.split() for each in ("0123456789" if "[0-9]" in name else "0")]
        words = frozenset(said.removesuffix("?").split())
        unknown = words - VALUES - FLAGS - CREDENTIALS
        effects = words & VALUES
        if unknown or len(effects) > 1 or (words & FLAGS and words - FLAGS):
            raise CatalogError(f"`{command}`: no role is called `{said}`")
        takes: Takes = "attached" if said.endswith("?") else "value" if words - FLAGS else "nothing"
        effect = next(iter(effects), "value" if words & CREDENTIALS else "")
        for name in every:
            # ten options in one are ten: each is its own first name
            found[name] = Option(name if len(every) > len(names.split()) else every[0], words, effect, takes)
    return found


def _store(command: str, table: Mapping[str, Any]) -> Store:
    if not isinstance(table, dict) or not {"when", "path"} <= table.keys() <= {"when", "path", "clean", "why"}:
        raise CatalogError(f"`{command}`: `stores` says `when`, `path` and perhaps `clean` or `why`")
    path, ways = table["path"], table.get("clean", "")
    try:
        clean, *undone = [ways] if isinstance(ways, str) else ways
        for way in (clean, *undone):
            way.format(**dict.fromkeys(("command", *re.compile(table["when"], re.I).groupindex), ""))
    except (re.error, AttributeError, LookupError, TypeError, ValueError):
        raise CatalogError(f"`{command}`: `stores`: `when` is no expression, or `clean` names a group it has not") from None
    return Store(table["when"], (path,) if isinstance(path, str) else tuple(path), clean, table.get("why", ""), tuple(undone))
