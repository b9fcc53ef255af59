"""The `mount` strategy: steps stay where they are and get the credential as a secret mount, for as long as they run."""

from __future__ import annotations

import re

from dfrefactor.dockerfile.instructions import From, Instruction, Run
from dfrefactor.dockerfile.model import Document
from dfrefactor.facts import Facts
from dfrefactor.secrets import plan, values
from dfrefactor.secrets.changed import changed
from dfrefactor.secrets.exposure import lasts, may_read
from dfrefactor.secrets.files import carry_along, set_up
from dfrefactor.secrets.mountfile import mount_file, owner, passing, taken_out
from dfrefactor.secrets.plan import CannotPurgeError, Purge
from dfrefactor.secrets.runs import CannotChangeError, RunChange
from dfrefactor.secrets.types import Credential, Use
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
        if credential.kind == "file":
            return mount_file(facts, credential)
        return _Mounting(facts, credential).result()
    except CannotChangeError as error:
        raise CannotPurgeError(str(error)) from None
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
            raise CannotPurgeError(
                f"{instruction.keyword} (line {instruction.lines[0]}) uses it, and only a RUN can be given a secret"
            )
        if instruction not in self.changes:
            if re.search(r"powershell|pwsh|cmd(?:\.exe)?$", self.facts.scope(instruction).shell[0], re.I):
                raise CannotPurgeError("the shell is one of Windows")
            self.changes[instruction] = RunChange(self.facts, instruction)
        return self.changes[instruction]

    def result(self) -> Purge:
        credential = self.credential
        steps = {use.instruction for use in credential.uses}
        self._not_in_from()
        if credential.configured:
            raise CannotPurgeError("the file names it in some tool's configuration, and no step is seen to read that")
        for use in credential.uses:
            if use.role != "test" or not any(u.instruction is use.instruction and u.role != "test" for u in credential.uses):
                self._give(use)
        steps |= self._give_scripts()
        for carrier in credential.carriers:
            if not isinstance(carrier.written, Run):
                raise CannotPurgeError(f"{carrier.written.keyword} (line {carrier.written.lines[0]}) writes it to {carrier.path}")
            if carrier.refused or (carrier.kept and not carrier.local_clean):
                raise CannotPurgeError(carrier.refused or f"how to take it out of {carrier.path} is not known")
            if carrier.kept and lasts(carrier):
                assert carrier.at is not None
                self.change(carrier.written).after(carrier.at, carrier.local_clean, carrier.clean)
        for written, carriers in set_up([c for c in credential.carriers if not c.kept and lasts(c)]).items():
            places = [use.span for use in credential.uses]
            tested = next((use.variable for use in credential.uses if use.role == "test" and use.instruction is written), "")
            self.gone |= carry_along(self.document, self.change(written), carriers, places, self.change, tested)
        edits = [e for i, c in self.changes.items() if i not in self.gone for e in c.edits()]
        edits += plan.without(self.document, credential.declarations)
        edits += [Edit(plan.whole(self.document, i), "") for i in self.gone]
        touched = [*self.changes, *(d.instruction for d in credential.declarations)]
        gone, new = changed(self.document, edits, dict.fromkeys(touched))
        message = _message([i for i, change in self.changes.items() if change.mounts and i not in self.gone])
        return Purge(
            tuple(edits), message, self.notes() if steps else (), gone, new, plan.variables_gone(credential), mounts=True
        )

    def _not_in_from(self) -> None:
        for instruction in self.document.instructions:
            if isinstance(instruction, From) and set(values.variables(instruction.args)) & self.credential.names:
                raise CannotPurgeError(f"FROM (line {instruction.lines[0]}) uses it")

    def _give_scripts(self) -> set[Instruction]:
        """Steps that may read a variable without naming it go on seeing it."""
        stages = frozenset(d.stage for d in self.credential.declarations if d.stage >= 0)
        scripts, others = may_read(self.credential, stages)
        steps: set[Instruction] = set()
        for run in scripts + ([] if self.credential.uses else others):
            for name in sorted(self.credential.names):
                if isinstance(run, Run) and plan.environment_of(self.document, name, run, self.credential.declarations):
                    self._variable(name, self.change(run))
                    steps.add(run)
        return steps

    def _give(self, use: Use) -> None:
        change = self.change(use.instruction)
        if self.credential.kind == "literal":
            self._literal(use, change)
        else:
            self._variable(use.variable, change)

    def _variable(self, name: str, change: RunChange, depth: int = 0) -> None:
        """Give a step the variable `name`: the secret itself, or what the file makes of it."""
        declared = plan.environment_of(self.document, name, change.run, self.credential.declarations)
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
            change.mounts[f"type=secret,id={self.id}{required}{owner(change)}"] = None
            change.before[f'export {name}="$(cat /run/secrets/{self.id})"'] = None
        else:
            change.mounts[f"type=secret,id={self.id},env={name}{required}"] = None

    def _literal(self, use: Use, change: RunChange) -> None:
        """Put a variable in the place of a literal, quoted as the place asks for."""
        if change.run.is_json:
            raise CannotPurgeError("the command is not in shell form")
        before = self.document.source.text[change.text.span(Span(0, 1)).start : use.span.start]
        quote = _open_quote(before)
        change.replaced[use.span] = _QUOTED[quote].replace("NAME", self.id)
        self._mount(self.id, change)

    def notes(self) -> tuple[str, ...]:
        return (*passing(self.id, self.as_file), *taken_out(self.credential))


def _needs_file(document: Document) -> bool:
    syntax = document.directives.get("syntax", "")
    if syntax and not _SYNTAX.match(syntax):
        raise CannotPurgeError("the syntax line names a frontend that may not know secret mounts")
    return bool(_OLD_SYNTAX.match(syntax))


def _open_quote(text: str) -> str:
    """The quote that is open where shell text ends, "" for none."""
    quote = ""
    skip = False
    for char in text:
        if skip:
            skip = False
        elif char == "\\" and quote != "'":
            skip = True
        elif not quote and char in "'\"":
            quote = char
        elif char == quote:
            quote = ""
    return quote


def _name(document: Document, credential: Credential) -> str:
    """A name for the secret that a literal was: of the command and of what it is, new in the file."""
    command = re.sub(r"\W+", "_", credential.uses[0].command if credential.uses else "").upper().strip("_")
    what = "PASSWORD" if re.search(r"passw|user|-u\b|-p\b|netrc", credential.name) else "TOKEN"
    name = "_".join(filter(None, [command, what]))
    text = document.source.text
    return next(n for n in (name, *(f"{name}_{i}" for i in range(2, 99))) if not re.search(rf"\b{n}\b", text))


def _message(steps: list[Instruction]) -> str:
    if not steps:
        return "nothing uses it: its declaration goes"
    lines = ", ".join(str(line) for line in sorted(step.lines[0] for step in steps))
    return f"a secret mount gives it to the {'step that uses' if len(steps) == 1 else 'steps that use'} it (line {lines})"
