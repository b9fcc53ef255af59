"""The `mount` strategy: steps stay where they are and get credentials as secret mounts, for as long as they run."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dfrefactor.dockerfile.instructions import Copy, From, Instruction, Run
from dfrefactor.dockerfile.model import Document
from dfrefactor.facts import Facts
from dfrefactor.finding import Asked
from dfrefactor.lazy import regex
from dfrefactor.secrets import values
from dfrefactor.secrets.along import carry_along
from dfrefactor.secrets.exposure import may_read, passing, taken_out
from dfrefactor.secrets.files import clean, rewired
from dfrefactor.secrets.given import as_shell_text, can_do_without, colons, owner
from dfrefactor.secrets.placed import Placed, place, placed, uncopied
from dfrefactor.secrets.plan import CannotPurgeError, Purge, changed, environment_of, variables_gone, whole, without
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.types import Credential, Use
from dfrefactor.text.edit import Edit, OverlappingEditsError
from dfrefactor.text.source import Span

_QUOTED = {"": '"${NAME}"', '"': "${NAME}", "'": "'\"${NAME}\"'"}
_OLD_SYNTAX = regex(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?:(?:1\.[0-9](?:\.\d+)?|experimental|1\.[0-9](?:\.\d+)?-\w+)(?:@.*)?$"
)
_SYNTAX = regex(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::.*|@.*)?$")


def purge(facts: Facts, credentials: Sequence[Credential]) -> Purge:
    """Edits that give every step that uses one of the credentials a secret mount.  Raises CannotPurgeError."""
    try:
        return _Mounting(facts, credentials).result()
    except OverlappingEditsError:
        raise CannotPurgeError("it stands in a command that has to be moved, and is not plain enough for that") from None


class _Mounting:
    """Credentials of one file being mounted, all in one go: a step may use several, and a file hold them."""

    def __init__(self, facts: Facts, credentials: Sequence[Credential]) -> None:
        self.facts, self.document, self.credentials = facts, facts.document, credentials
        self.changes: dict[Instruction, RunChange] = {}
        self.gone: set[Instruction] = set()
        self.files: list[tuple[Placed, str]] = []
        self.others: dict[Instruction, None] = {}
        self.given: dict[str, str] = {}
        """How each secret is passed, by its id."""
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
        ids = [self._file(each) if each.kind == "file" else self._value(each) for each in self.credentials]
        self.gone |= place(self.files, self.change)
        self.gone |= carry_along([each for each in self.credentials if each.kind != "file"], self.change)
        declarations = [declaration for each in self.credentials for declaration in each.declarations]
        edits = [e for i, c in self.changes.items() if i not in self.gone for e in c.edits()]
        edits += [*without(declarations), *(Edit(whole(i), "") for i in self.gone)]
        copied = {file.copied: [each for each, _ in self.files if each.copied is file.copied] for file, _ in self.files}
        edits += [edit for copy, files in copied.items() for edit in uncopied(self.facts, copy, files)]
        touched = [*self.changes, *self.gone, *copied, *(d.instruction for d in declarations)]
        gone, new = changed(self.document, edits, touched)
        messages = tuple(self._message(each, name) for each, name in zip(self.credentials, ids, strict=True))
        used = {name: how for name, how in self.given.items() if self._lines(name)}
        others = sorted({step.lines[0] for step in self.others if step not in self.changes})
        unknown = [f"taken not to read it, for it does not name it: line {', '.join(map(str, others))}"] if others else []
        notes = [*(passing(used, self.as_file) if used else ()), *unknown]
        notes += [note for each in self.credentials for note in taken_out(each)]
        config = frozenset(name for each in self.credentials for name in variables_gone(each))
        pairs = [(each, name) for each, name in zip(self.credentials, ids, strict=True) if name in used]
        asked = tuple(Asked(each.name, name) if each.is_argument else Asked("", name, given=used[name]) for each, name in pairs)
        return Purge(tuple(edits), messages[0], tuple(notes), gone, new, config, True, messages, asked)

    def _lines(self, name: str) -> list[int]:
        changes = (change for step, change in self.changes.items() if step not in self.gone)
        return sorted(change.run.lines[0] for change in changes if any(f",id={name}," in f"{mount}," for mount in change.mounts))

    def _message(self, credential: Credential, name: str) -> str:
        lines = self._lines(name)
        if not lines:
            return "nothing uses it: its declaration goes"
        said = f"(line {', '.join(map(str, lines))})"
        if credential.kind == "file":
            return f"a secret mount puts it in its place for the steps that read it {said}"
        return f"a secret mount gives it to the {'step that uses' if len(lines) == 1 else 'steps that use'} it {said}"

    def _value(self, credential: Credential) -> str:
        """Mount a variable or a literal."""
        name = self._known(credential.name) if credential.kind == "variable" else self._named(credential)
        self.given[name] = f"env={credential.name if credential.kind == 'variable' else name}"
        for instruction in self.document.instructions:
            if isinstance(instruction, From) and set(values.variables(instruction.args)) & credential.names:
                raise CannotPurgeError(f"FROM (line {instruction.lines[0]}) uses it")
        if odd := next((each for each in sorted(credential.names) if not each.isidentifier()), ""):
            raise CannotPurgeError(f"no shell has a variable that is called {odd}")
        if credential.configured:
            raise CannotPurgeError("the file names it in some tool's configuration, and no step is seen to read that")
        required = "" if credential.optional or can_do_without(self.facts, credential) else ",required=true"
        copies = {carrier.written for carrier in credential.carriers if not isinstance(carrier.written, Run)}
        for use in credential.uses:
            told = any(u.instruction is use.instruction and u.role != "test" for u in credential.uses)
            if use.role == "test" and told:
                continue
            if isinstance(use.instruction, Copy) and use.instruction.heredocs and use.instruction in copies:
                for step in {s for c in credential.carriers if c.written is use.instruction for s in (*c.readers, *c.perhaps)}:
                    self._variable(credential, use.variable, self.change(step), name, required)
            elif credential.kind == "literal":
                self._literal(use, self.change(use.instruction), name)
                self._mount(name, self.change(use.instruction), name, required)
            else:
                self._variable(credential, use.variable, self.change(use.instruction), name, required)
        self._give_others(credential, name, required)
        if not required:
            for run in {use.instruction for use in credential.uses if isinstance(use.instruction, Run)}:
                self.change(run).replaced |= colons(self.change(run), credential.names)
        for carrier in credential.carriers:
            if not isinstance(carrier.written, Run) and not getattr(carrier.written, "heredocs", ()):
                raise CannotPurgeError(f"{carrier.written.keyword} (line {carrier.written.lines[0]}) writes it to {carrier.path}")
            if carrier.kept and not (carrier.url and rewired(self.change(carrier.written), carrier, credential.names)):
                clean(self.change(carrier.written), carrier)
        return name

    def _give_others(self, credential: Credential, name: str, required: str) -> None:
        """Steps that may read a variable without naming it go on seeing it."""
        scripts, others = may_read(credential, frozenset(d.stage for d in credential.declarations if d.stage >= 0))
        if any(use.named and use.role != "test" for use in credential.uses):
            self.others |= dict.fromkeys(others)
            others = []
        for run in scripts + others:
            for each in sorted(credential.names):
                if isinstance(run, Run) and environment_of(self.document, each, run, credential.declarations):
                    self._variable(credential, each, self.change(run), name, required)

    def _variable(self, credential: Credential, variable: str, change: RunChange, name: str, required: str,
                  depth: int = 0) -> None:  # fmt: skip
        """Give a step a variable: the secret itself, or what the file makes of it."""
        declared = environment_of(self.document, variable, change.run, credential.declarations)
        value = declared.pair.value if declared else None
        inside = [n for n in values.variables(value or "") if n in credential.names and n != variable]
        if not inside or re.fullmatch(r"\$(?:\w+|\{\w+\})", (value or "").strip("\"'")) or depth > 8:
            self._mount(variable, change, name, required)
            return
        text = as_shell_text(value or "")
        if text is None:
            raise CannotPurgeError(f"the value of {variable} can't be written in shell")
        for each in dict.fromkeys(inside):
            self._variable(credential, each, change, name, required, depth + 1)
        change.exports[f"export {variable}={text}"] = None

    def _mount(self, variable: str, change: RunChange, name: str, required: str) -> None:
        if self.as_file:
            change.mounts[f"type=secret,id={name}{required}{owner(change)}"] = None
            change.exports[f'export {variable}="$(cat /run/secrets/{name})"'] = None
        else:
            change.mounts[f"type=secret,id={name},env={variable}{required}"] = None

    def _literal(self, use: Use, change: RunChange, name: str) -> None:
        """Put a variable in the place of a literal, quoted as the place asks for."""
        if change.run.is_json:
            raise CannotPurgeError("the command is not in shell form")
        before = self.document.source.text[change.text.span(Span(0, 1)).start : use.span.start]
        change.replaced[use.span] = _QUOTED[_open_quote(before)].replace("NAME", name)

    def _known(self, variable: str) -> str:
        """The id by which the repository has the secret already, its own name otherwise."""
        runs = (each for each in self.document.instructions if isinstance(each, Run))
        here = (mount.secret for run in runs for mount in run.mounts if mount.fields.get("env") == variable)
        name = self.facts.settings.ids.get(variable) or next(here, variable)
        return variable if name in self.given or "$" in name else name

    def _named(self, credential: Credential) -> str:
        """A name for the secret that a literal was: of the command and of what it is."""
        command = re.sub(r"\W+", "_", credential.uses[0].command if credential.uses else "").upper().strip("_")
        what = "PASSWORD" if re.search(r"passw|user|-u\b|-p\b|netrc", credential.name) else "TOKEN"
        return self._new("_".join(filter(None, [command, what])))

    def _new(self, name: str) -> str:
        """The name, with a number where it is taken."""
        names = (name, *(f"{name}_{number}" for number in range(2, 99)))
        text = self.document.source.text
        return next(each for each in names if each not in self.given and not re.search(rf"\b{each}\b", text))

    def _file(self, credential: Credential) -> str:
        """Mount a file of the build context where it was copied to."""
        file = placed(self.facts, credential)
        name = self._id(file.source)
        self.given[name] = f"src={file.source}"
        self.files.append((file, name))
        return name

    def _id(self, source: str) -> str:
        """The name of a file's secret."""
        name = re.sub(r"\W+", "_", source.rpartition("/")[2].lstrip(".")).strip("_")
        return next(each for each in (name, *(f"{name}_{number}" for number in range(2, 99))) if each not in self.given)


def _needs_file(document: Document) -> bool:
    syntax = document.directives.get("syntax", "")
    if syntax and not _SYNTAX.match(syntax):
        raise CannotPurgeError("the syntax line names a frontend that may not know secret mounts")
    return bool(_OLD_SYNTAX.match(syntax))


def _open_quote(text: str) -> str:
    """The quote that is open where shell text ends, "" for none."""
    rest = re.sub(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*\"""", "", text, flags=re.S)
    return next((char for char in rest if char in "'\""), "")
