"""One simple command: its words expanded, its entry of the catalog looked up and acted on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dfrefactor.effects.arguments import Arguments, understand
from dfrefactor.effects.catalog import Entry
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.paths import HOLE, PROGRAMS, STAR, known, parent, region, written
from dfrefactor.effects.roles import apply_roles, effects, named_by, role_of
from dfrefactor.effects.session import Session
from dfrefactor.effects.types import ALL, Grade, Region, canonical
from dfrefactor.effects.words import Arg
from dfrefactor.shell import Simple, Word

BASIC = ("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "TMPDIR", "POSIXLY_CORRECT", "GLOBIGNORE")
"""Variables that decide which program is run, or that any of them may look at, whatever it is."""
_BUILTINS = frozenset((
    ". : [ [[ alias bg break builtin cd command continue declare echo eval exec exit export false fg getopts hash "
    "jobs let local popd printf pushd pwd read readonly return set shift shopt source test times trap true type "
    "typeset ulimit umask unalias unset wait"
).split())  # fmt: skip


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
        return not self.found.given.keys().isdisjoint(options)


def note_words(session: Session, words: Iterable[Word]) -> None:
    """The variables that `words` read."""
    for word in words:
        if word.static:
            continue
        for part in word.parts:
            if part.text.startswith("${!"):
                session.draft.variables.add(ALL)
            if part.kind == "tilde":
                session.draft.variables.add("HOME")
            if part.names:
                session.draft.variables.update(part.names)
                session.used.update(part.names)


def simple(session: Session, command: Simple) -> None:
    """Run a simple command."""
    note_words(session, command.words)
    values = session.values
    args = [arg for word in command.words for arg in values.args(word)]
    if command.assignments:
        note_words(session, (each.value for each in command.assignments if each.value is not None))
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
    for arg in args:
        if STAR in arg.value and args[0].value != "[[":
            session.draft.read(arg.value)  # the shell looks at the names there
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
    if name == "bash" and session.env.get("BASH_ENV", "") != "":
        session.unknown("bash runs the file that `BASH_ENV` names first")
    if name not in _BUILTINS:
        draft.commands.add(name)
        draft.variables.update(BASIC)
        if "LD_LIBRARY_PATH" in session.env or "LD_PRELOAD" in session.env:
            named_by(session, BASIC)
        draft.reads.update(Region(f"{folder}/{name}") for folder in session.path_folders if canonical(folder) not in PROGRAMS)
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
    apply(session, entry, args[0].value.rpartition("/")[2], args[1:], prefix)


def apply(session: Session, entry: Entry, name: str, args: list[Arg], prefix: str = "") -> None:
    """Do what `entry` says of `args`; `prefix` is the folder of its own that the program lies in."""
    draft = session.draft
    stop = bool(entry.sub) or "command" in entry.operands
    found = understand(entry, args, stop)
    cwd = draft.cwd
    moves = bool(found.values) and any(role == "cwd" for _, role, _arg in found.values)
    _apply(session, entry, name, args, found, prefix)
    if moves:
        draft.cwd = cwd


def _apply(session: Session, entry: Entry, name: str, args: list[Arg], found: Arguments, prefix: str) -> None:
    draft = session.draft
    if entry.sub:
        if found.refused:
            session.unknown(found.refused)
        for _, role, arg in found.values:
            role_of(session, role, [arg])
        word = found.operands[0].value if found.operands else ""
        for option in found.given:
            entry = entry.given(option)
        below = entry.subcommand(word) or (entry.subcommand("*") if word else None)
        if below is not None:
            apply(session, below, name, found.operands[1:] if word else args, prefix)
            return
        if word:
            draft.commands.update(entry.needs)
            session.unknown(f"what `{name} {written(word)}` does is not in the catalog")
            return
        effects(session, entry, [])
        return
    if prefix:
        found.given["/"] = []
    for option in found.given:
        entry = entry.given(option)
    if found.strange and not entry.lenient:
        session.unknown(found.strange)
    if found.refused:
        session.unknown(found.refused)
    call = Call(session, draft, entry, name, args, found)
    if entry.handler:
        from dfrefactor.effects.commands import HANDLERS

        HANDLERS[entry.handler](call)
    else:
        apply_roles(call)
    effects(session, entry, [arg.value for arg in found.operands])


def shell_text(session: Session, value: str) -> None:
    """Text that another shell runs."""
    from dfrefactor.shell import parse

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
