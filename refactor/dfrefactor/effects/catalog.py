r"""The catalog: what commands do and what they authenticate with, as data (`catalog/<command>.toml`, and a user's own tables).

One file a command; its name is the command's, percent-encoded where it is no good name of a file.  The table is the command.
Every key is optional:

    like = "curl"                    # as that one but for `linked`, `packages` and `caches`, with what is said here on top
    free = true                      # every base image has it: it is not a dependency
    builtin = true                   # the shell has it itself
    special = true                   # a special one (POSIX 2.14), or bash's own: variables set for it may stay set
    shell = "bash"                   # it is a shell: "bash", or "sh" for any other
    packages = ["coreutils"]         # packages of the system that bring it, where every base image has it
    linked = true                    # in base images its program is often a link: to a version, an alternative, one big program
    grade = "bounded"                # at best "exact" (the default), "bounded" or "unknown"; `why` is the reason shown
    verbatim = true                  # its words are no options: all are operands, or its handler tells them apart
    operands = ["text", "read..."]   # one role an operand; "..." after a role: as many as there are
    reads = ["/etc/magic", "./**"]   # always looked at;  also `writes`, `removes`, `ensures`, `leftovers`
    config = ["~/.netrc"]            # as `reads`: files in which it may find a credential, looked for unasked
    system-reads = ["trust-store"]   # shared state;  also `system-writes`
    variables = ["TAR_OPTIONS", "PIP_*"]   # environment variables it looks at without being told; "?*": any, perhaps
    auth-variables = ["NPM_TOKEN"]   # the same: it authenticates with them
    url-variables = ["GOPROXY"]      # the same: they hold a credential where their value has one
    address-variables = ["PIP_INDEX_URL"]   # the same: they may well hold one where a build argument is all of their value
    provides = ["pip", "*"]          # commands later steps may have from it; "*": others too; "{}": its operands
    needs = ["gzip"]                 # commands it runs itself
    network = true                   # also `heavy` (compile work), `mtime` (looks at modification times)
    worth = true                     # what it does may be worth a stage, though it is not always network or compile work
    handler = "tar"                  # code that knows what a table can't say
    runs = { as = "root" }           # it runs the command among its words; see below
    is = "yarn"                      # in a subcommand: the words behind it are those of that command
    [options]
    "-o --output" = "write"          # an option under all its names: the words for it and its value
    [when."-i"]                      # keys that hold instead when that option is given
    [sub.clone]                      # keys that hold instead when that is the first operand

An option that is not listed makes the command unknown.  `"-[0-9]"` stands for ten options; a final `?` says that a value is only
ever attached (`-i.bak`, `--color=never`).  Words for an option without a value: "" nothing; `clear` the environment is dropped;
`keep` it is kept; `home` HOME becomes the user's; `login` profiles are read, as by a login shell; `there` it starts in the user's
home; `stdin` a secret is read from standard input.

Words for values, and roles of operands: `value`, `text`, `url` nothing; `read` a file, `read-tree` a path and all below; `write`
a file made or overwritten; `append` the same, read first; `change` a file or folder changed in place, `change-tree` with all
below; `folder` made new; `ensure` made with its parents where missing; `fill` a folder that gets content nobody can name;
`remove`, `remove-tree`, `remove-empty` a folder that is empty; `own` a folder made new with all its content; `cwd` the folder it
works in; `user` a user's or group's name; `package` a package's name, or its file or project where it has a slash; `project` a
file of a project, which is worked in;
`write-beside` a file made, with others named after it; `unknown` lowers the grade.  Of commands that run others: `command` the
words from here on are a command; `shell` shell text that is run (`shell...`: the words joined); `program` the shell that runs it;
`script` a file in the command's own language that it runs, with the words behind; `as` the user it becomes, perhaps
`user:group`; `unset` a variable that is dropped; `assign` variables set, `A=b`, as long as the words look so.  Of credentials,
beside one of those or alone: `secret`, `pair` is `user:password`, `header` may hold one, `key` the file authenticates, `log` it
writes what it sends, where it is verbose, `address` of an index of packages: where a build argument is all of it, it may well
have user and password.

`runs`: `as` whom it becomes where no word says so; `environment = "reset"` where only a few variables are handed on; `home` "set"
or "perhaps" where HOME becomes the other user's; `here` in this very shell, `past-functions` and never a function, `ends` and the
shell ends with it; `more` arguments nobody knows are put behind; `perhaps` not at all, or again; `without` what it does when no
command is given: run a "shell", print its "environment", or nothing; `prefix` is tried before the command's name.

`manifests` are all the files of a project that an installer reads, should its own files not have it read more: names (`*` for any
text), or an option whose value is one; `makes` what it makes beside them.

What else is said of a command: `prints` it hands text on; `shows` it prints the variables it sees; `formats` its first operand
has the others put in, one for each `%s`; `replaces` it puts a new file in the place of an older one, where others write into it;
`carries` "copy" or "move": the content of its operands goes to the last; `attributes` it changes nothing but mode, owner and
times; `varies` what it prints is not the same every time.

Where it keeps what it fetched, so that it need not fetch it again: `caches` are folders that it alone uses, each with words
behind: `locked` by one process at a time, `needed` other commands may want what is in it, `kept` what is in it is used where it
lies, and a path where it is kept as long as there is no such folder; `$NAME` may begin it.  `uncached` are options that keep it
from its caches, each perhaps with an option that stands in its place; `cache-variables` say where they are, or that there are
none; with one of the options `offline` it fetches nothing, or to somewhere else; `emptied-by` are files of images that have
caches emptied at once.  A command that is like another one has no caches but those of its subcommands, and none of these either
where `sub = {}` says so.

What it does with credentials: `commands` expressions over the words, joined by one space: the group `s` is the secret, `p` a
`user:password`; `idle` an expression over the words of calls that do not authenticate; `any` its configuration may name any
variable, and it puts the value in; `configured` the same, but only where the file names the variable in configuration; `logs` a
folder of logs that hold its arguments;

    [[stores]]                       # what a login leaves: the first whose `when` matches the words
    when = 'config set (?P<key>\S+)'
    path = "~/.npmrc"                # or several; a final "/**": a folder
    clean = "npm config delete {key}"   # takes it out again: groups of `when` and `command` filled in; else the file goes;
                                     # several ways are a list, of which the first is written
    why = "…"                        # why it can't be taken out again: the file is wanted

Paths: `~` is HOME, `.` the working folder, `^` the project, a final `/**` means the tree, `*` and `?` make a glob.
Sources are the commands' manuals, where a file names no other.
"""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from dfrefactor.effects.entry import UNDESCRIBED, CatalogError, Entry, Option, Store, overlaid
from dfrefactor.lazy import regex

__all__ = ["PACKAGED", "UNDESCRIBED", "Catalog", "CatalogError", "Entry", "Option", "Store", "file_name", "names"]

_FOLDER = os.path.join(os.path.dirname(__file__), "catalog")
_RESERVED = regex(r"(?:con|prn|aux|nul|com\d|lpt\d)(?![^.])")
_PLAIN = regex(r"[a-z0-9_+.-]")


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
            table, self._entries[name] = self._own.get(name), None  # what it is like can't be like it
            self._entries[name] = _entry(name, table, self.get) if table is not None else _packaged(name)
        return self._entries[name]


def file_name(name: str) -> str:
    """The name of a command's file: good on every system, whether or not it tells capitals from small letters."""
    text = "".join(each if _PLAIN.fullmatch(each) else _encoded(each) for each in name)
    return (_encoded(text[0]) + text[1:] if text.startswith(".") or _RESERVED.match(text) else text) + ".toml"


def _encoded(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))


@lru_cache(maxsize=4096)
def _packaged(name: str) -> Entry | None:
    import tomllib

    file = file_name(name)
    if len(file) > 100:
        return None
    try:
        with open(os.path.join(_FOLDER, file), "rb") as found:
            table = tomllib.load(found)
    except OSError:
        return None
    return _entry(name, table, _packaged)


def _entry(name: str, table: Mapping[str, Any], get: Callable[[str], Entry | None]) -> Entry:
    """What a table says, with the command that it is like below it and those that its subcommands are."""
    base = Entry(name)
    if like := table.get("like"):
        if (found := get(like) if like != name else _packaged(like)) is None:
            raise CatalogError(f"`{name}` is like `{like}`, which is not in the catalog")
        base = found.twin(name)
    entry = overlaid(base, table)
    for below, said in entry.sub.items():
        if "is" in said:
            entry.made["is", below] = get(said["is"])
    return entry


def names() -> Iterator[str]:
    """Every command of the package's catalog."""
    from pathlib import Path
    from urllib.parse import unquote

    yield from sorted(unquote(each.stem) for each in Path(_FOLDER).glob("*.toml"))


PACKAGED = Catalog()
