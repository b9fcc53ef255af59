"""What the tables of the catalog say, done to a draft: roles of arguments, and what a command does whatever they are."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from dfrefactor.effects.arguments import apportion
from dfrefactor.effects.call import Call
from dfrefactor.effects.catalog import Entry
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.leavings import topmost
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import HOLE, LIBRARIES, STAR, Region, Regions, absolute, canonical, region, trees, written
from dfrefactor.effects.words import Arg

PROXIES = tuple(case(f"{scheme}_proxy") for scheme in ("http", "https", "ftp", "no", "all") for case in (str.lower, str.upper))
SECURE = ("SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF")
TRUSTED = trees("/etc/ssl /etc/pki /etc/crypto-policies /etc/gnutls /usr/lib/ssl /usr/share/ca-certificates")
NAMES = frozenset(map(Region, ("/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf")))
"""How host names are looked up; /etc/hosts and /etc/resolv.conf are the builder's own in every RUN."""
_ELSEWHERE = frozenset(("HOME", "PATH", "PWD", "OLDPWD"))


def effects(call: Call, entry: Entry) -> None:
    """What the table says whatever the arguments are."""
    draft = call.draft
    if entry.grade is not Grade.EXACT:
        draft.lower(entry.grade, entry.why or f"what `{entry.name}` leaves is not known by name")
    if entry.plain:
        return
    for paths, into in (
        (entry.reads, draft.reads), (entry.writes, draft.writes), (entry.removes, draft.removes),
        (entry.ensures, draft.ensures), (entry.leftovers, draft.leftovers), (entry.leftovers, draft.writes),
    ):  # fmt: skip
        if paths:
            _fixed(call, paths, into)
    if "/etc/apt/**" in entry.writes:
        call.after = replace(call.after, stock=False)
    draft.system_reads.update(entry.system_reads, entry.system_writes)
    draft.system_writes.update(entry.system_writes)
    draft.variables.update(entry.variables)
    if any(path.startswith("~") for path in (*entry.reads, *entry.writes, *entry.removes, *entry.ensures, *entry.leftovers)):
        draft.variables.add("HOME")
    named_by(call, entry.variables)
    draft.commands.update(entry.needs)
    for name in entry.provides:
        draft.provides.update((arg.value for arg in call.found.operands) if name == "{}" else [name])
    draft.network |= entry.network
    draft.heavy |= entry.heavy or entry.network
    draft.mtime |= entry.mtime
    if entry.network:
        network(draft)
        named_by(call, SECURE)


def named_by(call: Call, variables: tuple[str, ...]) -> None:
    """What a program is told to look at by the variables it looks at: files and folders, one or a list."""
    names, beginnings = _apart(variables)
    for name, variable in call.after.variables.items():
        value = variable.value
        if value and value[0] == "/" and (name in names or name.startswith(beginnings)) and name not in _ELSEWHERE:
            for path in value.split(":"):
                if canonical(path) not in (*LIBRARIES, "/"):
                    call.draft.read(path, tree=True)


@lru_cache(maxsize=1024)
def _apart(variables: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Names, and the beginnings that stand for all with them."""
    beginnings = tuple(each[:-1] for each in variables if each.endswith("*"))
    return frozenset(each for each in variables if not each.endswith("*")), beginnings


def network(draft: Draft) -> None:
    """What every program that talks to the network looks at."""
    draft.network = draft.heavy = True
    draft.variables.update(PROXIES, SECURE)
    draft.system_reads.add("trust-store")
    draft.reads |= TRUSTED | NAMES


def _fixed(call: Call, paths: tuple[str, ...], into: set[Region]) -> None:
    """Paths of a table: `~`, `.`, `^` and a final `/**` understood."""
    draft = call.draft
    found, missing = placed(paths, call.home, draft.cwd, draft.project())
    if draft.files.links:
        found = frozenset(Region(draft.files.real(each.path), each.kind) for each in found)
    into.update(found)
    if missing and into is not draft.reads:
        call.unknown(missing)


@lru_cache(maxsize=8192)
def placed(paths: tuple[str, ...], home: str | None, cwd: str | None, project: str | None) -> tuple[Regions, str]:
    """The regions of a table's paths, and why they are not all."""
    found: set[Region] = set()
    missing = ""
    for path in paths:
        tree, plain = path.endswith("/**"), path.removesuffix("/**") or "/"
        if plain.startswith("~"):
            if home is None or home.startswith(HOLE):
                if plain == "~":
                    found.add(region("/", True))
                    missing = missing or "where the user's home folder is, is not known"
                else:
                    found.add(Region(f"/**{plain[1:]}", "glob"))
                continue
            plain = home + plain[1:]
        elif plain == "^":
            plain = project or "."
        if (at := absolute(plain.replace("*", STAR), cwd)) is None:
            found.add(region("/", True))
            missing = missing or "the working folder is not known"
        else:
            found.add(region(at, tree))
    return frozenset(found), missing


def apply_roles(call: Call) -> None:
    """Every option's value and every operand, by its role."""
    options(call)
    if len(set(call.entry.operands)) > 1:
        certain(call)
    for role, args in apportion(call.entry, call.found.operands):
        role_of(call, role, args)


def options(call: Call, *roles: str) -> None:
    """Every option's value by its role, or only by those of `roles`."""
    for _, role, arg in call.found.values:
        if not roles or role in roles:
            role_of(call, role, [arg])


def certain(call: Call) -> None:
    """Every operand is a word, or nobody knows which is which."""
    for arg in call.found.operands:
        if arg.may_vanish:
            call.unknown(f"`{written(arg.value)}` may be no word at all")


def role_of(call: Call, role: str, args: list[Arg]) -> None:
    """What a role means for `args`."""
    draft = call.draft
    for value in (arg.value for arg in args):
        match role:
            case "read" | "read-tree":
                draft.read(value, tree=role == "read-tree")
            case "package" | "project":
                if "/" in value or value == "." or role == "project":
                    draft.read(value, tree=True)
                    _work_in(draft, value)
            case "write-beside":
                draft.write(value)
                if (path := draft.real(value)) is not None:
                    draft.writes.add(region(path + STAR))
            case "write" | "append":
                draft.write(value, append=role == "append")
            case "change" | "change-tree":
                draft.change(value, tree=role == "change-tree")
            case "folder" | "ensure":
                draft.folder(value, parents=role == "ensure")
            case "fill":
                draft.parents_of(value)
                draft.fill(value, keeps=True)
            case "own":
                draft.own(value)
            case "remove" | "remove-tree" | "remove-empty":
                draft.remove(value, tree=role == "remove-tree")
                if role == "remove-empty":
                    draft.read(value, tree=True)
            case "cwd":
                draft.cwd = draft.real(value)
            case "user":
                if value.strip("0123456789:.+"):
                    draft.system_reads.add("users")
            case "unknown":
                call.unknown(f"what it does with `{written(value)}` is not known")


def _work_in(draft: Draft, value: str) -> None:
    """A tool works in the project that `value` is a part of."""
    path = draft.real(value)
    if "://" in value or value.startswith("git+"):
        return
    if path is None:
        draft.lower(Grade.UNKNOWN, f"it works in `{written(value)}`, which is not known")
    else:
        draft.writes.add(region(topmost(path), True))
