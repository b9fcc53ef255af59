"""What the tables of the catalog say, done to a draft: roles of arguments, and what a command does whatever they are."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from dfrefactor.effects.arguments import apportion
from dfrefactor.effects.call import Call, Departs, outside
from dfrefactor.effects.catalog import Entry
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.leavings import topmost
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import HOLE, LIBRARIES, STAR, absolute, known, region, written
from dfrefactor.effects.regions import Region, Regions, canonical
from dfrefactor.effects.state import ROOT, ShellState, Variable
from dfrefactor.effects.words import Arg

PROXIES = tuple(
    case(f"{scheme}_proxy") for scheme in ("http", "https", "ftp", "no", "all") for case in (str.lower, str.upper)
)
SECURE = ("SSL_CERT_FILE", "SSL_CERT_DIR")
TRUSTED = frozenset(
    Region(path, "tree") for path in ("/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates")
)
NAMES = frozenset(map(Region, ("/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf")))
"""How host names are looked up; /etc/hosts and /etc/resolv.conf are the builder's own in every RUN."""
PROFILES = frozenset({
    *map(Region, ("/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/environment", "/etc/login.defs")),
    Region("/etc/profile.d", "tree"),
})  # fmt: skip
_OWN_PROFILES = (".profile", ".bash_profile", ".bash_login", ".bashrc", ".login")
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


def login(draft: Draft, home: str | None) -> None:
    """What a login shell reads before anything else."""
    draft.reads |= PROFILES
    draft.reads |= {Region(f"{home}/{name}") if home else Region(f"/**/{name}", "glob") for name in _OWN_PROFILES}


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
        at = absolute(plain.replace("*", STAR), cwd)
        if at is None:
            found.add(region("/", True))
            missing = missing or "the working folder is not known"
        else:
            found.add(region(at, tree))
    return frozenset(found), missing


def apply_roles(call: Call) -> None:
    """Every option's value and every operand, by its role."""
    if call.entry.runs is not None:
        run_others(call)
        return
    for _, role, arg in call.found.values:
        role_of(call, role, [arg])
    if len(set(call.entry.operands)) > 1:
        for arg in call.found.operands:
            if arg.may_vanish:
                call.unknown(f"`{written(arg.value)}` may be no word at all")
    for role, args in apportion(call.entry, call.found.operands):
        role_of(call, role, args)


def role_of(call: Call, role: str, args: list[Arg]) -> None:
    """What a role means for `args`."""
    draft = call.draft
    for arg in args:
        value = arg.value
        match role:
            case "read":
                draft.read(value)
            case "package" | "project":
                if "/" in value or value == "." or role == "project":
                    draft.read(value, tree=True)
                    _work_in(draft, value)
            case "write-beside":
                draft.write(value)
                if (path := draft.place(value)) is not None:
                    draft.writes.add(region(path + STAR))
            case "read-tree":
                draft.read(value, tree=True)
            case "write":
                draft.write(value)
            case "append":
                draft.write(value, append=True)
            case "change":
                draft.change(value)
            case "change-tree":
                draft.change(value, tree=True)
            case "folder" | "ensure":
                draft.folder(value, parents=role == "ensure")
            case "fill":
                draft.parents_of(value)
                draft.fill(value, keeps=True)
            case "own":
                draft.own(value)
            case "remove" | "remove-tree":
                draft.remove(value, tree=role == "remove-tree")
            case "cwd":
                draft.cwd = draft.place(value)
            case "user":
                if value.strip("0123456789:.+"):
                    draft.system_reads.add("users")
            case "unknown":
                call.unknown(f"what it does with `{written(value)}` is not known")


def _work_in(draft: Draft, value: str) -> None:
    """A tool works in the project that `value` is a part of."""
    path = draft.place(value)
    if "://" in value or value.startswith("git+"):
        return
    if path is None:
        draft.lower(Grade.UNKNOWN, f"it works in `{written(value)}`, which is not known")
    else:
        draft.writes.add(region(topmost(path), True))


# -- commands that run others ---------------------------------------------------------------------------------------------


def run_others(call: Call) -> None:
    """Peel a wrapper: its own words change the state, and the rest is run in it."""
    runs, draft = call.entry.runs or {}, call.draft
    here = "here" in runs
    inner = call.after if here else outside(call.after)
    user: Arg | None = Arg(str(runs["as"])) if "as" in runs else None
    words: list[Arg] = []
    text: Arg | None = None
    program = ""
    flags: set[str] = set()
    given: set[str] = set()
    for role, arg in _ordered(call):
        match role:
            case "as":
                user = arg
            case "cwd":
                draft.read(arg.value)
                inner = replace(inner, cwd=draft.place(arg.value), also=())
            case "unset":
                inner = inner.with_variable(arg.value, Variable("", False, frozenset(), False))
            case "assign":
                name, _, value = arg.value.partition("=")
                inner = inner.with_variable(name, Variable(value, True, arg.of))
                given.add(name)
            case "shell":
                text = arg
            case "program":
                program = arg.value
            case "command":
                words.append(arg)
            case "clear" | "keep" | "home" | "login" | "there":
                flags.add(role)
            case _:
                role_of(call, role, [arg])
    if "clear" in flags and user is None:
        inner = replace(inner, variables={name: each for name, each in inner.variables.items() if name in given}, home=None)
    call.own = len(call.args) - len(words) if words else None
    if user is not None or flags & {"login", "there"}:
        inner = _become(call, inner, user, flags)
    if words or text is not None:
        _run_inner(call, words, text, program, inner, here)
    elif runs.get("without") == "environment":
        draft.variables.add("*")
    elif runs.get("without") == "shell" and call.input.text is None:
        call.unknown(f"`{call.name}` runs a shell")
    elif runs.get("without") == "shell":
        call.run_text(call.input.text or "", call.input.word, inner)


def _ordered(call: Call) -> list[tuple[str, Arg]]:
    found = [(role, arg) for _, role, arg in call.found.values]
    for role, args in apportion(call.entry, call.found.operands):
        if role == "shell" and len(args) > 1:
            args = [Arg(" ".join(arg.value for arg in args), any(arg.many for arg in args), None, _of(args))]
        found += [(role, arg) for arg in args]
    return found


def _of(args: list[Arg]) -> frozenset[str]:
    return frozenset[str]().union(*(arg.of for arg in args))


def _run_inner(call: Call, words: list[Arg], text: Arg | None, program: str, inner: ShellState, here: bool) -> None:
    """The command or text that a wrapper runs."""
    runs = call.entry.runs or {}
    doubt = f"`{call.name}` may not run it, or run it again" if "perhaps" in runs else ""
    if "past-functions" in runs:
        inner = replace(inner, functions={})
    if text is not None:
        if program and program.rpartition("/")[2] not in ("sh", "bash", "dash", "ash"):
            call.unknown(f"the shell `{written(program)}` is not one we read")
            return
        if not known(text.value):
            call.unknown("shell text that is not known is run")
            return
        inner = replace(inner, shell=(program or "sh", "-c"), parameters=None if words else ())
        call.run_text(text.value, text.word, inner)
        return
    if prefix := runs.get("prefix"):
        first = words[0].value
        if call.machine.catalog.get(f"{prefix}{first}") is not None:
            words = [words[0]._replace(value=f"{prefix}{first}"), *words[1:]]
    if "more" in runs:
        words = [*words, Arg(call.fresh("its input"), True)]
    flow = call.run(words, inner, doubt, wrapped=not here)
    if here:
        ok, failed, _ = flow
        call.after = _lasting(call.after, ok or failed)
        call.failed = failed
        if "ends" in runs:
            call.departs = Departs("exit", False)
        elif ok is None and failed is None:
            call.dead = True


def _lasting(before: ShellState, state: ShellState | None) -> ShellState:
    """The shell behind a command run in it: functions that the command was not to see are there again."""
    return before if state is None else replace(state, functions={**before.functions, **state.functions})


def _become(call: Call, state: ShellState, user: Arg | None, flags: set[str]) -> ShellState:
    """The state of a command that somebody else runs, or that a login starts."""
    runs = call.entry.runs or {}
    name = user.value.partition(":")[0] if user is not None else state.user
    call.draft.system_reads.add("users")
    known_name = name is not None and known(name)
    other = name != state.user and not (name in ROOT and state.user in ROOT)
    state = replace(state, user=name if known_name else None)
    if ("environment" in runs and "keep" not in flags) or "clear" in flags:
        state = replace(state, variables={name: each for name, each in state.variables.items() if name in _HANDED_ON})
    home = "/root" if name in ROOT else None
    if "home" in flags or (runs.get("home") == "set" and other and "keep" not in flags):
        state = _at_home(state, home)
    elif runs.get("home") == "perhaps" and other:
        state = _at_home(state, None)
    if "login" in flags:
        login(call.draft, home)
    if "there" in flags:
        state = replace(state, cwd=home, also=())
    return state


_HANDED_ON = frozenset(("HOME", "TERM"))


def _at_home(state: ShellState, home: str | None) -> ShellState:
    variables = {name: each for name, each in state.variables.items() if name != "HOME"}
    return replace(state, variables=variables, home=home)
