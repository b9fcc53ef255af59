r"""The catalog: what commands do, as data (`catalog/*.toml`, and a user's own tables in the same form).

One table a command.  Every key is optional:

    ["name"]
    like = "curl"                    # as that one, with what is said here on top
    free = true                      # every base image has it: it is not a dependency
    grade = "bounded"                # at best "exact" (the default), "bounded" or "unknown"; `why` is the reason shown
    lenient = true                   # options that are not listed are flags and change nothing of the below
    options = { "-o --output" = "write", "-s --silent" = "", "-H --header" = "value" }
    operands = ["text", "read..."]   # one role an operand; "..." after a role: as many as there are
    reads = ["~/.curlrc", "./**"]    # always read;  also `writes`, `removes`, `ensures`, `leftovers`
    system-reads = ["trust-store"]   # shared state;  also `system-writes`
    variables = ["TAR_OPTIONS", "PIP_*"]   # environment variables it looks at without being told; "?*": any, perhaps
    provides = ["pip", "*"]          # commands later steps may have from it; "*": others too; "{}": its operands
    needs = ["gzip"]                 # commands it runs itself
    network = true                   # also `heavy` (compile work), `mtime` (looks at modification times)
    handler = "tar"                  # code that knows what a table can't say
    [name.when."-i"]                 # keys that hold instead when that option is given
    [name.sub.clone]                 # keys that hold instead when that is the first operand

In `options` a key is one option under all its names, its value what becomes of the option's value: "" takes none, "value" takes
one that does not matter, "value?" one that is only ever attached, else a role.

Roles: `text`, `url` nothing; `read` a file, `read-tree` a path and all below; `write` a file made or overwritten; `append` the
same, read first; `change` a file or folder changed in place, `change-tree` with all below; `folder` made new; `ensure` made
with its parents where missing; `fill` a folder that gets content nobody can name; `remove`, `remove-tree`; `own` a folder
made new with all its content; `command` the words from here on are a command; `shell` shell text that is run; `cwd` the
folder it works in; `user` a user's or group's name; `package` a package's name, or its file or project where it has a slash;
`project` a file of a project, which is worked in; `write-beside` a file made, with others named after it; `unknown` lowers
the grade.

Paths: `~` is HOME, `.` the working folder, a final `/**` means the tree, `*` and `?` make a glob.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

from dfrefactor.effects.types import Grade

ROLES = frozenset({
    "text", "url", "value", "read", "read-tree", "write", "append", "change", "change-tree", "folder", "ensure", "fill",
    "remove", "remove-tree", "own", "command", "shell", "cwd", "user", "package", "project", "write-beside", "unknown",
})  # fmt: skip
_LISTS = ("reads", "writes", "removes", "ensures", "leftovers", "system-reads", "system-writes", "variables", "provides",
          "needs", "operands")  # fmt: skip
_FLAGS = ("free", "lenient", "network", "heavy", "mtime")
_HEADER = re.compile(r'^\[(?:"([^"\n]+)"|([\w-]+))', re.M)


class CatalogError(ValueError):
    """A user's table is not of the documented form."""


@dataclass(frozen=True)
class Entry:
    """One command, one of its subcommands, or either with an option given.  The fields are the keys of the form."""

    name: str
    free: bool = False
    lenient: bool = False
    network: bool = False
    heavy: bool = False
    mtime: bool = False
    grade: Grade = Grade.EXACT
    why: str = ""
    handler: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    operands: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    ensures: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    system_reads: tuple[str, ...] = ()
    system_writes: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    when: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sub: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    made: dict[tuple[str, str], Entry | None] = field(default_factory=dict, compare=False)

    @cached_property
    def plain(self) -> bool:
        """Whether the arguments say all there is to say."""
        return not (
            self.reads or self.writes or self.removes or self.ensures or self.leftovers or self.system_reads
            or self.system_writes or self.variables or self.needs or self.provides
            or self.network or self.heavy or self.mtime
        )  # fmt: skip

    def given(self, option: str) -> Entry:
        """This entry with what holds when `option` is given."""
        if option not in self.when:
            return self
        if (found := self.made.get(("when", option))) is None:
            found = self.made["when", option] = _overlaid(self, _like(self.when, option))
        return found

    def subcommand(self, name: str) -> Entry | None:
        """The entry of a subcommand; None where it is not listed."""
        if name not in self.sub:
            return None
        if (found := self.made.get(("sub", name))) is None:
            plain = replace(self, name=f"{self.name} {name}", when={}, sub={}, made={})
            found = self.made["sub", name] = _overlaid(plain, _like(self.sub, name))
        return found


def _like(tables: Mapping[str, Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """A table with that of the one it is like below it."""
    table = tables[name]
    if "like" not in table:
        return table
    return {**tables[table["like"]], **{key: value for key, value in table.items() if key != "like"}}


class Catalog:
    """Entries by name: the package's, and a user's own tables before them."""

    def __init__(self, own: Mapping[str, Any] | None = None) -> None:
        self._own = dict(own or {})
        self._entries: dict[str, Entry | None] = {}
        for name in self._own:
            self.get(name)

    def get(self, name: str) -> Entry | None:
        """The entry of command `name`; None for a command nobody described.  Raises CatalogError for a user's own bad table."""
        if name not in self._entries:
            table = self._own.get(name)
            self._entries[name] = self._entry(name, table, 0) if table is not None else _packaged(name)
        return self._entries[name]

    def _entry(self, name: str, table: Mapping[str, Any], depth: int) -> Entry:
        base = Entry(name)
        if like := table.get("like"):
            found = self.get(like) if depth == 0 and like != name else _packaged(like)
            if found is None:
                raise CatalogError(f"`{name}` is like `{like}`, which is not in the catalog")
            base = replace(found, name=name)
        return _overlaid(base, table)


def _overlaid(entry: Entry, table: Mapping[str, Any]) -> Entry:
    changes: dict[str, Any] = {}
    for key, value in table.items():
        field_name = key.replace("-", "_")
        if key in _LISTS:
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                raise CatalogError(f"`{entry.name}`: `{key}` is not a list of texts")
            changes[field_name] = tuple(value)
        elif key in _FLAGS:
            changes[key] = bool(value)
        elif key == "grade":
            if value not in ("exact", "bounded", "unknown"):
                raise CatalogError(f"`{entry.name}`: no grade is called `{value}`")
            changes[key] = Grade[value.upper()]
        elif key == "options":
            options, aliases = dict(entry.options), dict(entry.aliases)
            for names, role in value.items():
                first, *_ = every = names.split()
                for each in every:
                    options[each], aliases[each] = role, first
                if role.removesuffix("?") not in ROLES | {""}:
                    raise CatalogError(f"`{entry.name}`: no role is called `{role}`")
            changes |= {"options": options, "aliases": aliases}
        elif key in ("when", "sub"):
            changes[key] = {**getattr(entry, key), **value}
        elif key in ("why", "handler"):
            changes[key] = value
        elif key not in ("like", "about"):
            raise CatalogError(f"`{entry.name}`: no key is called `{key}`")
    for role in changes.get("operands", ()):
        if role.removesuffix("...") not in ROLES:
            raise CatalogError(f"`{entry.name}`: no role is called `{role}`")
    return replace(entry, **changes, made={})


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    """The TOML text of each command, found by its header: reading twenty small tables beats parsing all of them."""
    found: dict[str, str] = {}
    for file in sorted(resources.files(__package__).joinpath("catalog").iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".toml"):
            continue
        text = file.read_text("utf-8")
        headers = list(_HEADER.finditer(text))
        for at, header in enumerate(headers):
            end = headers[at + 1].start() if at + 1 < len(headers) else len(text)
            name = header[1] or header[2]
            first, *others = name.split()
            found[first] = found.get(first, "") + text[header.start() : end].replace(name, first, 1)
            found |= {each: f'["{each}"]\nlike = "{first}"\n' for each in others}
    return found


@lru_cache(maxsize=4096)
def _packaged(name: str) -> Entry | None:
    text = _texts().get(name)
    if text is None:
        return None
    import tomllib

    table = tomllib.loads(text)[name]
    base = Entry(name)
    if like := table.get("like"):
        base = replace(_packaged(like) or base, name=name)
    return _overlaid(base, table)


def names() -> Iterator[str]:
    """Every command of the package's catalog."""
    yield from _texts()


PACKAGED = Catalog()
