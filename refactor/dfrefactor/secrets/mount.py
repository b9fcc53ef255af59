"""The `mount` strategy: steps stay where they are and get the credential as a secret mount, for as long as they run."""

from __future__ import annotations

import re

from dfrefactor.dockerfile.instructions import Copy, From, Instruction, Run
from dfrefactor.dockerfile.model import Document
from dfrefactor.effects.trace import Unit
from dfrefactor.facts import Facts
from dfrefactor.secrets import values
from dfrefactor.secrets.exposure import brought, lasts, lineage, may_read, passing, taken_out
from dfrefactor.secrets.files import carry_along, clean
from dfrefactor.secrets.paths import real
from dfrefactor.secrets.plan import CannotPurgeError, Purge, changed, environment_of, variables_gone, whole, without
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.types import Carrier, Credential, Use
from dfrefactor.text.edit import Edit, OverlappingEditsError
from dfrefactor.text.source import Span

_QUOTED = {"": '"${NAME}"', '"': "${NAME}", "'": "'\"${NAME}\"'"}
_PLAIN_VALUE = re.compile(r"(?:[\w./:@%+=,~?&-]|\$\{?\w+\}?)*")
_OLD_SYNTAX = re.compile(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?:(?:1\.[0-9](?:\.\d+)?|experimental|1\.[0-9](?:\.\d+)?-\w+)(?:@.*)?$"
)
_SYNTAX = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::.*|@.*)?$")


def purge(facts: Facts, credential: Credential) -> Purge:
    """Edits that give every step that uses `credential` a secret mount.  Raises CannotPurgeError."""
    try:
        return _mount_file(facts, credential) if credential.kind == "file" else _Mounting(facts, credential).result()
    except OverlappingEditsError:
        raise CannotPurgeError("it stands in a command that has to be moved, and is not plain enough for that") from None


class _Mounting:
    """One credential being mounted."""

    def __init__(self, facts: Facts, credential: Credential) -> None:
        self.facts, self.document, self.credential = facts, facts.document, credential
        self.changes: dict[Instruction, RunChange] = {}
        self.gone: set[Instruction] = set()
        self.id = credential.name if credential.kind == "variable" else _name(self.document, credential)
        self.as_file = _needs_file(self.document)

    def change(self, instruction: Instruction) -> RunChange:
        if not isinstance(instruction, Run):
            line = f"{instruction.keyword} (line {instruction.lines[0]})"
            raise CannotPurgeError(f"{line} uses it, and only a RUN can be given a secret")
        if instruction not in self.changes:
            if re.search(r"powershell|pwsh|cmd(?:\.exe)?$", self.facts.scope(instruction).shell[0], re.I):
                raise CannotPurgeError("the shell is one of Windows")
            self.changes[instruction] = RunChange(self.facts, instruction)
        return self.changes[instruction]

    def result(self) -> Purge:
        credential = self.credential
        steps = {use.instruction for use in credential.uses}
        for instruction in self.document.instructions:
            if isinstance(instruction, From) and set(values.variables(instruction.args)) & credential.names:
                raise CannotPurgeError(f"FROM (line {instruction.lines[0]}) uses it")
        if credential.configured:
            raise CannotPurgeError("the file names it in some tool's configuration, and no step is seen to read that")
        for use in credential.uses:
            if use.role != "test" or not any(u.instruction is use.instruction and u.role != "test" for u in credential.uses):
                change = self.change(use.instruction)
                if credential.kind == "literal":
                    self._literal(use, change)
                else:
                    self._variable(use.variable, change)
        steps |= self._give_scripts()
        for carrier in credential.carriers:
            if not isinstance(carrier.written, Run):
                raise CannotPurgeError(f"{carrier.written.keyword} (line {carrier.written.lines[0]}) writes it to {carrier.path}")
            if carrier.kept:
                clean(self.change(carrier.written), carrier)
        own = [carrier for carrier in credential.carriers if not carrier.kept and lasts(carrier)]
        for written in dict.fromkeys(carrier.written for carrier in own):
            carriers = [carrier for carrier in own if carrier.written is written]
            self.gone |= carry_along(self.change(written), carriers, credential.uses, self.change)
        edits = [e for i, c in self.changes.items() if i not in self.gone for e in c.edits()]
        edits += without(credential.declarations)
        edits += [Edit(whole(i), "") for i in self.gone]
        gone, new = changed(self.document, edits, [*self.changes, *(d.instruction for d in credential.declarations)])
        mounts = sorted(i.lines[0] for i, change in self.changes.items() if change.mounts and i not in self.gone)
        message = f"a secret mount gives it to the {'step that uses' if len(mounts) == 1 else 'steps that use'} it"
        message = f"{message} (line {', '.join(map(str, mounts))})" if mounts else "nothing uses it: its declaration goes"
        notes = (*passing(self.id, self.as_file), *taken_out(credential)) if steps else ()
        return Purge(tuple(edits), message, notes, gone, new, variables_gone(credential), mounts=True)

    def _give_scripts(self) -> set[Instruction]:
        """Steps that may read a variable without naming it go on seeing it."""
        scripts, others = may_read(self.credential, frozenset(d.stage for d in self.credential.declarations if d.stage >= 0))
        steps: set[Instruction] = set()
        for run in scripts + ([] if self.credential.uses else others):
            for name in sorted(self.credential.names):
                if isinstance(run, Run) and environment_of(self.document, name, run, self.credential.declarations):
                    self._variable(name, self.change(run))
                    steps.add(run)
        return steps

    def _variable(self, name: str, change: RunChange, depth: int = 0) -> None:
        """Give a step the variable `name`: the secret itself, or what the file makes of it."""
        declared = environment_of(self.document, name, change.run, self.credential.declarations)
        value = declared.pair.value if declared else None
        inside = [n for n in values.variables(value or "") if n in self.credential.names and n != name]
        bare = (value or "").strip("\"'")
        if not inside or re.fullmatch(r"\$(?:\w+|\{\w+\})", bare) or depth > 8:
            self._mount(name, change)
            return
        if not _PLAIN_VALUE.fullmatch(bare):
            raise CannotPurgeError(f"the value of {name} can't be written in shell")
        for each in dict.fromkeys(inside):
            self._variable(each, change, depth + 1)
        change.before[f'export {name}="{bare}"'] = None

    def _mount(self, name: str, change: RunChange) -> None:
        required = "" if self.credential.optional else ",required=true"
        if self.as_file:
            change.mounts[f"type=secret,id={self.id}{required}{_owner(change)}"] = None
            change.before[f'export {name}="$(cat /run/secrets/{self.id})"'] = None
        else:
            change.mounts[f"type=secret,id={self.id},env={name}{required}"] = None

    def _literal(self, use: Use, change: RunChange) -> None:
        """Put a variable in the place of a literal, quoted as the place asks for."""
        if change.run.is_json:
            raise CannotPurgeError("the command is not in shell form")
        before = self.document.source.text[change.text.span(Span(0, 1)).start : use.span.start]
        change.replaced[use.span] = _QUOTED[_open_quote(before)].replace("NAME", self.id)
        self._mount(self.id, change)


def _needs_file(document: Document) -> bool:
    syntax = document.directives.get("syntax", "")
    if syntax and not _SYNTAX.match(syntax):
        raise CannotPurgeError("the syntax line names a frontend that may not know secret mounts")
    return bool(_OLD_SYNTAX.match(syntax))


def _open_quote(text: str) -> str:
    """The quote that is open where shell text ends, "" for none."""
    rest = re.sub(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*\"""", "", text, flags=re.S)
    return next((char for char in rest if char in "'\""), "")


def _name(document: Document, credential: Credential) -> str:
    """A name for the secret that a literal was: of the command and of what it is, new in the file."""
    command = re.sub(r"\W+", "_", credential.uses[0].command if credential.uses else "").upper().strip("_")
    what = "PASSWORD" if re.search(r"passw|user|-u\b|-p\b|netrc", credential.name) else "TOKEN"
    name = "_".join(filter(None, [command, what]))
    names = (name, *(f"{name}_{number}" for number in range(2, 99)))
    return next(each for each in names if not re.search(rf"\b{each}\b", document.source.text))


def _mount_file(facts: Facts, credential: Credential) -> Purge:
    """Edits that mount the file where it was copied to.  Raises CannotPurgeError."""
    document = facts.document
    if copy := brought(document, lineage(document)):
        raise CannotPurgeError(f"{copy.keyword} (line {copy.lines[0]}) brings the file itself, unless .dockerignore keeps it out")
    if len(credential.carriers) != 1:
        raise CannotPurgeError("steps make copies of it")
    carrier = credential.carriers[0]
    if carrier.added:
        raise CannotPurgeError(f"line {carrier.added[0].lines[0]} adds to {carrier.path}, and a mount can't be written to")
    copied = carrier.written
    if not isinstance(copied, Copy) or any(flag.name not in ("chown", "chmod") for flag in copied.flags):
        raise CannotPurgeError(f"{copied.keyword} (line {copied.lines[0]}) does more than copy it")
    name = re.sub(r"\W+", "_", credential.name.rpartition("/")[2].lstrip(".")).strip("_")
    changes: dict[Instruction, RunChange] = {}
    gone: list[Instruction] = []
    for step in dict.fromkeys([*carrier.readers, *([carrier.removed] if carrier.removed else [])]):
        assert isinstance(step, Run)
        change = RunChange(facts, step)
        if _settle(change, carrier):
            gone.append(step)
            continue
        changes[step] = change
        if any(use.instruction is step for use in credential.uses):
            path = real(carrier.path)
            if not path.startswith("/") or not re.fullmatch(r"[\w./@%+-]+", path):
                raise CannotPurgeError(f"where {carrier.path} is can't be told")
            change.mounts[f"type=secret,id={name},target={path},required=true{_owner(change)}"] = None
    if not changes:
        raise CannotPurgeError("no step is seen to read it")
    edits = [edit for change in changes.values() for edit in change.edits()]
    edits += [Edit(whole(step), "") for step in gone]
    edits += _uncopied(copied, credential)
    what, new = changed(document, edits, [*changes, *gone, copied])
    lines = ", ".join(str(step.lines[0]) for step in changes)
    message = f"a secret mount puts it in its place for the steps that read it (line {lines})"
    return Purge(tuple(edits), message, (*passing(name, source=credential.name), *taken_out(credential)), what, new, mounts=True)


def _uncopied(copied: Copy, credential: Credential) -> list[Edit]:
    if len(copied.sources) == 1:
        return [Edit(whole(copied), "")]
    if copied.is_json:
        raise CannotPurgeError(f"line {copied.lines[0]} copies it among others, in JSON form")
    at = next(at for at, word in enumerate(copied.sources) if word.span == credential.span)
    return [Edit(Span(credential.span.start, copied.words[at + 1].span.start), "")]


def _settle(change: RunChange, carrier: Carrier) -> bool:
    """Take out commands that only made the file ready or removed it; True where nothing else is left of the RUN."""
    drop = [unit for unit in change.units if _only(unit, carrier, change)]
    if len(drop) == len(change.units):
        return True
    left = (event for unit in change.units if unit not in drop for event in unit.events if event.entry and event.entry.takes_away)
    if any(change.text.span(event.span) in carrier.spans for event in left):
        raise CannotPurgeError(f"line {change.run.lines[0]} removes {carrier.path} among other things, and needs it to be there")
    if drop and not change.is_shell:
        raise CannotPurgeError(f"line {change.run.lines[0]} is not in shell form")
    change.drop(drop)
    return False


def _only(unit: Unit, carrier: Carrier, change: RunChange) -> bool:
    """Whether a command only gets the file ready or away: a mount needs neither."""
    events = [each for each in unit.events if not each.wraps]
    if len(events) != 1 or change.text.span(events[0].span) != change.place(unit) or change.place(unit) not in carrier.spans:
        return False
    event, entry = events[0], events[0].entry
    if entry is None or entry.carries or not (entry.takes_away or entry.attributes):
        return False
    if len(event.found[-1].operands) > (1 if entry.takes_away else 2):
        raise CannotPurgeError(f"`{event.name}` of line {change.run.lines[0]} is about other files too")
    return True


def _owner(change: RunChange) -> str:
    """The field that lets a user who is not root read a secret's file (FACTS, more on secrets)."""
    user = (change.facts.scope(change.run).user or "root").partition(":")[0]
    if user in ("root", "0", ""):
        return ""
    return f",uid={user}" if user.isdecimal() else ",mode=0444"
