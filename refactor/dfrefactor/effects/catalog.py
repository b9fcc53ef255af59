r"""The catalog: what commands do and what they authenticate with, as data (`catalog/<command>.toml`, and a user's own tables).

One file a command; its name is the command's, percent-encoded where it is no good name of a file.  The table is the command.
Every key is optional:

    like = "curl"                    # as that one, with what is said here on top
    free = true                      # every base image has it: it is not a dependency
    builtin = true                   # the shell has it itself
    grade = "bounded"                # at best "exact" (the default), "bounded" or "unknown"; `why` is the reason shown
    lenient = true                   # options that are not listed are flags and change nothing of the below
    operands = ["text", "read..."]   # one role an operand; "..." after a role: as many as there are
    reads = ["/etc/magic", "./**"]   # always looked at;  also `writes`, `removes`, `ensures`, `leftovers`
    config = ["~/.netrc"]            # as `reads`: files in which it may find a credential, looked for unasked
    system-reads = ["trust-store"]   # shared state;  also `system-writes`
    variables = ["TAR_OPTIONS", "PIP_*"]   # environment variables it looks at without being told; "?*": any, perhaps
    auth-variables = ["NPM_TOKEN"]   # the same: it authenticates with them
    url-variables = ["GOPROXY"]      # the same: they hold a credential where their value has one
    provides = ["pip", "*"]          # commands later steps may have from it; "*": others too; "{}": its operands
    needs = ["gzip"]                 # commands it runs itself
    network = true                   # also `heavy` (compile work), `mtime` (looks at modification times)
    handler = "tar"                  # code that knows what a table can't say
    runs = { as = "root" }           # it runs the command among its words; see below
    is = "yarn"                      # in a subcommand: the words behind it are those of that command
    [options]
    "-o --output" = "write"          # an option under all its names: the words for it and its value
    [when."-i"]                      # keys that hold instead when that option is given
    [sub.clone]                      # keys that hold instead when that is the first operand

An option that is not listed makes the command unknown.  `"-[0-9]"` stands for ten options; a final `?` says that a value is only
ever attached (`-i.bak`, `--color=never`).  Words for an option without a value: "" nothing; `clear` the environment is dropped;
`keep` it is kept; `home` HOME becomes the user's; `login` a login shell: it reads profiles, and starts in the user's home with the
user's environment; `stdin` a secret is read from standard input.

Words for values, and roles of operands: `value`, `text`, `url` nothing; `read` a file, `read-tree` a path and all below; `write`
a file made or overwritten; `append` the same, read first; `change` a file or folder changed in place, `change-tree` with all
below; `folder` made new; `ensure` made with its parents where missing; `fill` a folder that gets content nobody can name;
`remove`, `remove-tree`; `own` a folder made new with all its content; `cwd` the folder it works in; `user` a user's or group's
name; `package` a package's name, or its file or project where it has a slash; `project` a file of a project, which is worked in;
`write-beside` a file made, with others named after it; `unknown` lowers the grade.  Of commands that run others: `command` the
words from here on are a command; `shell` shell text that is run (`shell...`: the words joined); `program` the shell that runs it;
`as` the user it becomes, perhaps `user:group`; `unset` a variable that is dropped; `assign` variables set, `A=b`, as long as the
words look so.  Of credentials, beside one of those or alone: `secret`, `pair` is `user:password`, `header` may hold one, `key`
the file authenticates.

`runs`: `as` whom it becomes where no word says so; `environment = "reset"` where only a few variables are handed on; `home` "set"
or "perhaps" where HOME becomes the other user's; `here` in this very shell, `past-functions` and never a function, `ends` and the
shell ends with it; `more` arguments nobody knows are put behind; `perhaps` not at all, or again; `without` what it does when no
command is given: run a "shell", print its "environment", or nothing; `prefix` is tried before the command's name.

What else is said of a command: `prints` it hands text on; `replaces` it puts a new file in the place of an older one, where
others write into it; `carries` "copy" or "move": the content of its operands goes to the last; `attributes` it changes nothing but
mode, owner and times; `interprets` its first operand is a script that it runs; `project` it runs what the files of a project say.

What it does with credentials: `commands` expressions over the words, joined by one space: the group `s` is the secret, `p` a
`user:password`; `idle` an expression over the words of calls that do not authenticate; `any` its configuration may name any
variable, and it puts the value in; `configured` the same, but only where the file names the variable in configuration; `logs` a
folder of logs that hold its arguments; `sets` it sets the password, and does not authenticate with it;

    [[stores]]                       # what a login leaves: the first whose `when` matches the words
    when = 'config set (?P<key>\S+)'
    path = "~/.npmrc"                # or several; a final "/**": a folder
    clean = "npm config delete {key}"   # takes it out again, groups of `when` filled in; without it, the file has to go

Paths: `~` is HOME, `.` the working folder, `^` the project, a final `/**` means the tree, `*` and `?` make a glob.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any, Literal
from urllib.parse import unquote

from dfrefactor.effects.output import Grade

VALUES = frozenset((
    "value text url read read-tree write append change change-tree folder ensure fill remove remove-tree own cwd user package "
    "project write-beside unknown command shell program as unset assign"
).split())  # fmt: skip
"""Words for what becomes of a value."""
FLAGS = frozenset(("clear", "keep", "home", "login", "stdin"))
"""Words for an option that takes none."""
CREDENTIALS = frozenset(("secret", "pair", "header", "key"))
"""Words for a value that authenticates."""
_RUNS: Mapping[str, tuple[object, ...]] = {
    "as": (), "environment": ("reset",), "home": ("set", "perhaps"), "here": (True,), "past-functions": (True,), "ends": (True,),
    "more": (True,), "perhaps": (True,), "without": ("shell", "environment"), "prefix": (),
}  # fmt: skip
_LISTS = frozenset((
    "operands reads config writes removes ensures leftovers system-reads system-writes variables auth-variables url-variables "
    "provides needs commands"
).split())  # fmt: skip
_SWITCHES = frozenset((
    "free builtin lenient network heavy mtime prints replaces attributes interprets project any configured sets"
).split())  # fmt: skip
_TEXTS = frozenset(("why", "handler", "is", "idle", "logs", "carries"))
_FIELDS = {"reads": "looks_at", "variables": "looks_up", "is": "stands_for"}
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?![^.])")
_PLAIN = re.compile(r"[a-z0-9_+.-]")


class CatalogError(ValueError):
    """A user's table is not of the documented form."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its first name, all words for it, the one of them that is for what it does, and whether it takes a value."""

    name: str
    words: frozenset[str]
    effect: str
    takes: Literal["nothing", "value", "attached"]


@dataclass(frozen=True, slots=True)
class Store:
    """What a command line that `when` matches leaves a secret in; `clean` takes it out again."""

    when: str
    paths: tuple[str, ...]
    clean: str = ""


@dataclass(frozen=True)
class Entry:
    """One command, one of its subcommands, or either with an option given.  The fields are the keys of the form."""

    name: str
    free: bool = False
    builtin: bool = False
    lenient: bool = False
    network: bool = False
    heavy: bool = False
    mtime: bool = False
    prints: bool = False
    replaces: bool = False
    attributes: bool = False
    interprets: bool = False
    project: bool = False
    grade: Grade = Grade.EXACT
    why: str = ""
    handler: str = ""
    carries: str = ""
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
    provides: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    idle: str = ""
    any: bool = False
    configured: bool = False
    logs: str = ""
    sets: bool = False
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
        return tuple(dict.fromkeys((*self.looks_up, *self.auth_variables, *self.url_variables)))

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

    def variants(self) -> Iterator[Entry]:
        """This entry, and what it is with each option and each subcommand that it knows of."""
        yield self
        for option in self.when:
            yield self.given(option)
        for name in self.sub:
            if (below := self.subcommand(name)) is not None:
                yield from below.variants()


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
            base = replace(found, name=name, made={})
        return _overlaid(base, table)


def _overlaid(entry: Entry, table: Mapping[str, Any]) -> Entry:
    """`entry` with what `table` says.  Raises CatalogError."""
    changes: dict[str, Any] = {}
    for key, value in table.items():
        changes[_FIELDS.get(key, key.replace("-", "_"))] = _value(entry, key, value)
    changes.pop("like", None)
    changes.pop("about", None)
    return replace(entry, **changes, made={})


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
    if key in _TEXTS or key in ("like", "about"):
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
            return {**getattr(entry, key), **value}
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
        every = [each for name in names.split() for each in _each(name)]
        words = frozenset(said.removesuffix("?").split())
        unknown = words - VALUES - FLAGS - CREDENTIALS
        effects = words & VALUES
        if unknown or len(effects) > 1 or (words & FLAGS and words - FLAGS):
            raise CatalogError(f"`{command}`: no role is called `{said}`")
        takes: Literal["nothing", "value", "attached"] = "attached" if said.endswith("?") else "value"
        takes = takes if words - FLAGS else "nothing"
        effect = next(iter(effects), "value" if words & CREDENTIALS else "")
        for name in every:
            # ten options in one are ten: each is its own first name
            found[name] = Option(name if len(every) > len(names.split()) else every[0], words, effect, takes)
    return found


def _each(name: str) -> Iterable[str]:
    return (name.replace("[0-9]", digit) for digit in "0123456789") if "[0-9]" in name else (name,)


def _store(command: str, table: Mapping[str, Any]) -> Store:
    if not isinstance(table, dict) or not {"when", "path"} <= table.keys() <= {"when", "path", "clean"}:
        raise CatalogError(f"`{command}`: `stores` says `when`, `path` and perhaps `clean`")
    path = table["path"]
    return Store(table["when"], (path,) if isinstance(path, str) else tuple(path), table.get("clean", ""))


def file_name(name: str) -> str:
    """The name of a command's file: good on every system, whether or not it tells capitals from small letters."""
    text = "".join(
        each if _PLAIN.fullmatch(each) and (at or each != ".") else "".join(f"%{byte:02X}" for byte in each.encode("utf-8", "replace"))
        for at, each in enumerate(name)
    )
    return (f"%{ord(text[0]):02X}{text[1:]}" if _RESERVED.match(text) else text) + ".toml"


@lru_cache(maxsize=4096)
def _packaged(name: str) -> Entry | None:
    import tomllib

    file = file_name(name)
    if len(file) > 100:
        return None
    try:
        text = resources.files(__package__).joinpath("catalog", file).read_text("utf-8")
    except OSError:
        return None
    table = tomllib.loads(text)
    base = Entry(name)
    if like := table.get("like"):
        base = replace(_packaged(like) or base, name=name, made={})
    return _overlaid(base, table)


def names() -> Iterator[str]:
    """Every command of the package's catalog."""
    files = resources.files(__package__).joinpath("catalog").iterdir()
    yield from sorted(unquote(each.name.removesuffix(".toml")) for each in files if each.name.endswith(".toml"))


PACKAGED = Catalog()
