"""One simple command: its words expanded, its entry of the catalog looked up and acted on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from refactor.footprint.arguments import Arguments, understand
from refactor.footprint.catalog import Entry
from refactor.footprint.draft import Draft
from refactor.footprint.paths import HOLE, PROGRAMS, STAR, absolute, known, parent, region, written
from refactor.footprint.session import Session
from refactor.footprint.types import Grade, Region, Regions
from refactor.footprint.words import Arg
from refactor.shell import Simple, Word

BASIC = ("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD")
"""Variables that decide which program is run, whatever it is."""
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
           "all_proxy")  # fmt: skip
TRUSTED = frozenset(
    Region(path, "tree") for path in ("/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates")
)
_BUILTINS = frozenset(
    ". : [ [[ alias bg break builtin cd command continue declare echo eval exec exit export false fg getopts hash jobs let local popd "
    "printf pushd pwd read readonly return set shift shopt source test times trap true type typeset ulimit umask unalias unset wait"
    .split()
)  # fmt: skip


@dataclass
class Call:
    """A command with its arguments, for a handler: `default` does what the table says."""

    session: Session
    draft: Draft
    entry: Entry
    name: str
    args: list[Arg]
    found: Arguments

    def default(self) -> None:
        apply_roles(self)

    def operand(self, at: int) -> str | None:
        return self.found.operands[at].value if at < len(self.found.operands) else None

    def has(self, *options: str) -> bool:
        return any(option in self.found.given for option in options)


def note_words(session: Session, words: Iterable[Word]) -> None:
    """The variables that `words` read."""
    for word in words:
        for part in word.parts:
            if part.names:
                session.draft.variables.update(part.names)
                session.used.update(part.names)


def simple(session: Session, command: Simple) -> None:
    """Run a simple command."""
    note_words(session, command.words)
    note_words(session, (each.value for each in command.assignments if each.value is not None))
    values = session.values
    args = [arg for word in command.words for arg in values.args(word)]
    settings = {each.name: values.text(each.value) if each.value else None for each in command.assignments}
    for each in command.assignments:
        if each.append:
            before = session.env.get(each.name, "")
            added = settings[each.name]
            settings[each.name] = None if before is None or added is None else before + added
    if not args:
        session.redirects(command.redirects)
        for name, value in settings.items():
            session.set(name, value)
        return
    session.stdin = None
    session.redirects(command.redirects)
    if command.redirects and args[0].value == "exec":
        session.lasting.add("redirection")
    if not settings:
        run(session, args)
        return
    before_env, before_home = dict(session.env), session.home
    session.env.update(settings)
    session.home = settings.get("HOME", session.home)
    run(session, args)
    for name in settings:
        if name in before_env:
            session.env[name] = before_env[name]
        else:
            session.env.pop(name, None)
    session.home = before_home


def run(session: Session, args: list[Arg]) -> None:
    """Run `args[0]` with the rest."""
    if not args:
        return
    name, draft = args[0].value, session.draft
    if HOLE in name or not name or not known(name):
        session.unknown(f"the command `{written(name)}` is not known")
        return
    if name in session.functions:
        call_function(session, session.functions[name], args[1:])
        return
    prefix = ""
    if "/" in name:
        path = draft.place(name)
        folder = parent(path) if path else ""
        if folder in PROGRAMS:
            name = name.rpartition("/")[2]
        else:
            draft.read(name)
            base = name.rpartition("/")[2]
            entry = session.catalog.get(f"*/{base}") or session.catalog.get(name)
            if entry is None and path and folder.rpartition("/")[2] in ("bin", "sbin", "Scripts"):
                entry = session.catalog.get(base)
                prefix = parent(folder) if entry is not None else ""
            if entry is None:
                session.unknown(f"`{written(args[0].value)}` is a program we do not know")
                return
            _run(session, entry, args, prefix)
            return
    entry = session.catalog.get(name)
    if name not in _BUILTINS:
        draft.commands.add(name)
        draft.variables.update(BASIC)
    if entry is None:
        session.unknown(f"`{name}` is not in the catalog")
        return
    _run(session, entry, args, prefix)


def _run(session: Session, entry: Entry, args: list[Arg], prefix: str) -> None:
    draft = session.draft
    if prefix:
        draft.reads.add(region(prefix, True))
        if entry.grade is not Grade.EXACT or entry.sub:
            draft.writes.add(region(prefix, True))
    apply(session, entry, args[0].value.rpartition("/")[2], args[1:])


def apply(session: Session, entry: Entry, name: str, args: list[Arg]) -> None:
    """Do what `entry` says of `args`."""
    draft = session.draft
    stop = bool(entry.sub) or "command" in entry.operands
    found = understand(entry, args, stop)
    cwd = draft.cwd
    moves = any(role == "cwd" for _, role, _arg in found.values)
    _apply(session, entry, name, args, found)
    if moves:
        draft.cwd = cwd


def _apply(session: Session, entry: Entry, name: str, args: list[Arg], found: Arguments) -> None:
    draft = session.draft
    if entry.sub:
        for _, role, arg in found.values:
            role_of(session, role, [arg])
        word = found.operands[0].value if found.operands else ""
        for option in found.given:
            entry = entry.given(option)
        below = entry.subcommand(word) or (entry.subcommand("*") if word else None)
        if below is not None:
            apply(session, below, name, found.operands[1:] if word else args)
            return
        if word:
            draft.commands.update(entry.needs)
            session.unknown(f"what `{name} {written(word)}` does is not in the catalog")
            return
        _effects(session, entry, [])
        return
    for option in found.given:
        entry = entry.given(option)
    if found.strange and not entry.lenient:
        session.unknown(found.strange)
    call = Call(session, draft, entry, name, args, found)
    if entry.handler:
        from refactor.footprint.handlers import HANDLERS

        HANDLERS[entry.handler](call)
    else:
        apply_roles(call)
    _effects(session, entry, [arg.value for arg in found.operands])


def _effects(session: Session, entry: Entry, operands: list[str]) -> None:
    """What the table says whatever the arguments are."""
    draft = session.draft
    draft.lower(entry.grade, entry.why or f"what `{entry.name}` leaves is not known by name")
    for paths, into in (
        (entry.reads, draft.reads), (entry.writes, draft.writes), (entry.removes, draft.removes),
        (entry.ensures, draft.ensures), (entry.leftovers, draft.leftovers), (entry.leftovers, draft.writes),
    ):  # fmt: skip
        if paths:
            _fixed(session, paths, into)
    draft.system_reads.update(entry.system_reads, entry.system_writes)
    draft.system_writes.update(entry.system_writes)
    draft.variables.update(entry.variables)
    draft.commands.update(entry.needs)
    for name in entry.provides:
        draft.provides.update(operands if name == "{}" else [name])
    draft.network |= entry.network
    draft.heavy |= entry.heavy or entry.network
    draft.mtime |= entry.mtime
    if entry.network:
        network(draft)


def network(draft: Draft) -> None:
    """What every program that talks to the network looks at."""
    draft.network = draft.heavy = True
    draft.variables.update(PROXIES, ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    draft.system_reads.add("trust-store")
    draft.reads |= TRUSTED


def _fixed(session: Session, paths: tuple[str, ...], into: set[Region]) -> None:
    """Paths of a table: `~`, `.`, `^` and a final `/**` understood."""
    draft = session.draft
    found, missing = placed(paths, session.home, draft.cwd, draft.project())
    if draft.files.links:
        found = frozenset(Region(draft.files.real(each.path), each.kind) for each in found)
    into.update(found)
    if missing and into is not draft.reads:
        session.unknown(missing)


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
    for _, role, arg in call.found.values:
        role_of(call.session, role, [arg])
    operands = call.found.operands
    roles = call.entry.operands
    many = next((at for at, role in enumerate(roles) if role.endswith("...")), None)
    if many is None:
        for at, role in enumerate(roles[: len(operands)]):
            role_of(call.session, role, operands[at:] if role == "command" else operands[at : at + 1])
        return
    tail = len(roles) - many - 1
    for at, role in enumerate(roles[:many]):
        role_of(call.session, role, operands[at : at + 1])
    middle = operands[many : len(operands) - tail if tail else None]
    role_of(call.session, roles[many].removesuffix("..."), middle)
    for at in range(tail):
        role_of(call.session, roles[many + 1 + at], operands[len(operands) - tail + at :][:1])


def role_of(session: Session, role: str, args: list[Arg]) -> None:
    """What a role means for `args`."""
    draft = session.draft
    if role == "command":
        run(session, args)
        return
    for arg in args:
        value = arg.value
        match role:
            case "read":
                draft.read(value)
            case "package":
                draft.read(value if "/" in value else "")
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
                draft.fill(value)
            case "own":
                draft.own(value)
            case "remove" | "remove-tree":
                draft.remove(value, tree=role == "remove-tree")
            case "cwd":
                place = draft.place(value)
                draft.cwd = place
            case "user":
                if value.strip("0123456789:.+"):
                    draft.system_reads.add("users")
            case "shell":
                shell_text(session, value)
            case "unknown":
                session.unknown(f"what it does with `{written(value)}` is not known")


def shell_text(session: Session, value: str) -> None:
    """Text that another shell runs."""
    from refactor.shell import parse

    if HOLE in value:
        session.unknown("shell text that is not known is run")
        return
    if session.depth > 8:
        session.unknown("there is too much to follow")
        return
    with session.subshell():
        session.errexit = session.pipefail = False
        session.script(parse(value), session.draft.unsure)


def call_function(session: Session, body, args: list[Arg]) -> None:  # type: ignore[no-untyped-def]
    """Run a function of the script: its parameters are `args`."""
    names = [str(at) for at in range(1, 10)]
    before = {name: session.env.get(name) for name in names}
    many = any(arg.many for arg in args)
    for at, name in enumerate(names):
        session.env[name] = args[at].value if at < len(args) and not many else None if many else ""
    session.command(body)
    session.env.update(before)
