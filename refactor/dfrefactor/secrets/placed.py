"""Files of the build context, as mounts in the place where a COPY put them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence, Set

from dfrefactor.dockerfile.instructions import Add, Copy, Instruction
from dfrefactor.dockerfile.scope import expand
from dfrefactor.effects.paths import STANDARD, covers, is_glob
from dfrefactor.effects.trace import Event, Unit
from dfrefactor.effects.words import Arg
from dfrefactor.facts import Facts
from dfrefactor.lazy import dataclass, regex
from dfrefactor.secrets.exposure import brought, lineage
from dfrefactor.secrets.given import owner
from dfrefactor.secrets.paths import KEY_FILES, path_of, real
from dfrefactor.secrets.plan import CannotPurgeError, whole
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.types import Carrier, Credential
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

_FOLDERS = regex(r"\.(?:ssh|aws|azure|kube|docker|config|gnupg|m2|gem|bundle)|gcloud")
_PRIVATE = regex(r"/\.pgpass$|/\.gem/credentials$")
"""Beside keys, files that their readers refuse where others may read them."""


@dataclass(frozen=True)
class Placed:
    """A file that is to be mounted at `path`; it was copied there, or to another place first (`paths` are both)."""

    credential: Credential
    copied: Copy | Add
    source: str
    path: str
    paths: frozenset[str]
    carriers: tuple[Carrier, ...]

    @property
    def spans(self) -> frozenset[Span]:
        return frozenset(span for carrier in self.carriers for span in carrier.spans)

    @property
    def readers(self) -> frozenset[Instruction]:
        """The steps that get the mount."""
        perhaps = (step for carrier in self.carriers for step in carrier.perhaps)
        return frozenset((*(use.instruction for use in self.credential.uses), *perhaps))

    @property
    def steps(self) -> frozenset[Instruction]:
        """The steps that do something with it."""
        touch = {step for carrier in self.carriers for step in (*carrier.readers, carrier.removed, *carrier.perhaps)}
        return frozenset(step for step in (*touch, *(c.written for c in self.carriers[1:])) if step is not None)


def placed(facts: Facts, credential: Credential) -> Placed:
    """Where a file would be mounted.  Raises CannotPurgeError."""
    if copy := brought(facts.document, lineage(facts.document)):
        raise CannotPurgeError(f"{copy.keyword} (line {copy.lines[0]}) brings the file itself, unless .dockerignore keeps it out")
    first, *copies = credential.carriers
    copied, line = first.written, f"line {first.written.lines[0]}"
    last = copies[0] if copies else first
    if len(copies) > 1 or (copies and last.at not in first.spans):
        raise CannotPurgeError("steps make copies of it")
    for carrier in credential.carriers:
        if adding := carrier.added + tuple(step for step, _ in carrier.sets):
            raise CannotPurgeError(f"line {adding[0].lines[0]} adds to {carrier.path}, and a mount can't be written to")
    if not isinstance(copied, Copy | Add) or any(flag.name not in ("chown", "chmod") for flag in copied.flags):
        raise CannotPurgeError(f"{copied.keyword} ({line}) does more than copy it")
    base = credential.name.rpartition("/")[2]
    if _FOLDERS.fullmatch(base):
        raise CannotPurgeError(f"{line} copies the folder {base}, and a mount is one file: copy what is needed by name")
    source, path = expand(credential.name, facts.scope(copied)), real(last.path)
    if source is None:
        raise CannotPurgeError(f"which file {line} copies is not known")
    if not path.startswith("/") or not re.fullmatch(r"[\w./@%+-]+", path):
        raise CannotPurgeError(f"where {last.path} is can't be told")
    return Placed(credential, copied, source, path, frozenset((path, real(first.path))), credential.carriers)


def place(files: Sequence[tuple[Placed, str]], change: Callable[[Instruction], RunChange]) -> set[Instruction]:
    """Mount files, each by the name of its secret, for the steps that read them; the steps that go.

    Raises CannotPurgeError.
    """
    gone: set[Instruction] = set()
    for step in sorted({step for file, _ in files for step in file.steps}, key=lambda step: step.span):
        mine = [(file, name) for file, name in files if step in file.steps]
        target = change(step)
        if _settle(target, [file for file, _ in mine], any(step in file.readers for file, _ in mine)):
            gone.add(step)
            continue
        for file, name in mine:
            if step in file.readers:
                private = bool(KEY_FILES.search(file.path) or _PRIVATE.search(file.path))
                target.mounts[f"type=secret,id={name},target={file.path},required=true{owner(target, private)}"] = None
    if any(file.readers <= gone for file, _ in files):
        raise CannotPurgeError("no step is seen to read it")
    return gone


def uncopied(facts: Facts, copied: Copy | Add, files: Sequence[Placed]) -> Iterator[Edit]:
    """Edits that take files out of a COPY; the folder that it made stays where others need it.  Raises CannotPurgeError."""
    if others := _beside(files):
        end = copied.dest.span.end
        yield Edit(copied.sources[0].span, " ".join(others))
        if not copied.dest.text.endswith("/"):
            yield Edit(Span(end, end), "/")
        return
    if len(copied.sources) == len({file.credential.span for file in files}):
        folders = ((file, posixpath.dirname(real(file.carriers[0].path))) for file in files)
        needed = [folder for file, folder in folders if _is_needed(facts, copied, folder, file)]
        if needed and (facts.scope(copied).user or "root") not in ("root", "0"):
            raise CannotPurgeError(f"line {copied.lines[0]} makes {needed[0]}, which later steps write to")
        run = "run" if copied.source.text[slice(*copied.keyword_span)].islower() else "RUN"
        made = f"{run} mkdir -p {needed[0]}{_line_end(copied)}" if needed else ""
        yield Edit(copied.span if needed else whole(copied), made)
        return
    for each in (file.credential for file in files):
        at = next(at for at, word in enumerate(copied.sources) if word.span == each.span)
        start, end = each.span.start, copied.words[at + 1].span.start
        quote = int(copied.is_json and copied.source.text[start] != '"')
        yield Edit(Span(start - quote, end - quote), "")


def _beside(files: Sequence[Placed]) -> list[str]:
    """What COPYs of folders bring besides these files of them."""
    names = {file.credential.name for file in files}
    return list(dict.fromkeys(each for file in files for each in file.credential.folder if each not in names))


def _line_end(instruction: Instruction) -> str:
    start, end = instruction.span
    text = instruction.source.text[start:end]
    return text[len(text.rstrip("\r\n")) :]


def _is_needed(facts: Facts, copied: Copy | Add, folder: str, file: Placed) -> bool:
    """Whether later steps write to the folder that the COPY made, and no other makes it."""
    workdir = facts.scope(copied).workdir
    there = folder in STANDARD or folder in ("/", "/root") or (workdir is not None and covers(folder, workdir))
    return not there and _others(facts, copied, folder, file.paths, {copied}, behind=True)


def _others(facts: Facts, by: Instruction, folder: str, paths: frozenset[str], but: Set[Instruction],
            behind: bool = False) -> bool:  # fmt: skip
    """Whether a step of its stage `but` these, this one or one before it (or behind it), puts other files into a folder."""
    stage = next(each for each in facts.document.stages if by in each.instructions)
    for instruction, step in zip(stage.instructions, facts.steps(stage), strict=True):
        if instruction not in but and (instruction.span > by.span if behind else instruction.span <= by.span):
            written = (region.path for region in step.effects.writes if region.kind == "file")
            if any(covers(folder, path) and path not in paths and path != folder for path in written):
                return True
    return False


def _settle(change: RunChange, files: Sequence[Placed], mounted: bool) -> bool:
    """Take out commands that only made the files ready or removed them; True where nothing else is left of the RUN."""
    spans, paths = {span for file in files for span in file.spans}, frozenset(path for file in files for path in file.paths)
    made = {carrier.at for file in files for carrier in file.carriers[1:]}
    known = {file.copied for file in files if file.credential.folder}
    drop: list[Unit] = []
    for unit in change.units:
        for event in (each for each in unit.events if not each.wraps and change.text.span(each.span) in spans):
            entry, span = event.entry, change.text.span(event.span)
            if entry is None or not (entry.takes_away or entry.attributes or (entry.carries and span in made)):
                continue
            alone = span == change.place(unit)
            line, name = change.run.lines[0], event.name
            others = [arg for arg in _named(event) if path_of(arg.value, event.state) not in paths]
            wide = [_folder(arg, event) for arg in others if _is_wide(arg, event, paths)]
            if wide and (_beside(files) or any(_others(change.facts, change.run, each, paths, known) for each in wide)):
                if mounted and alone and unit is change.units[-1] and entry.takes_away and change.is_shell:
                    change.then.append(change.run.source.text[slice(*change.place(unit))])
                    drop.append(unit)
                elif mounted:
                    raise CannotPurgeError(f"`{name}` of line {line} is about the file and others, and a mount can't be changed")
            elif alone and len(wide) == len(others):
                drop.append(unit)
            else:
                _spare(change, event, paths)
    if len(drop) == len(change.units):
        return True
    if drop and not change.is_shell:
        raise CannotPurgeError(f"line {change.run.lines[0]} is not in shell form")
    change.drop(drop)
    return False


def _named(event: Event) -> list[Arg]:
    """The files that the words of a command name: a mode or an owner is none."""
    operands = list(event.found[-1].operands) if event.found else []
    entry = event.entry
    return operands[1:] if entry is not None and entry.attributes and not entry.takes_away and len(operands) > 1 else operands


def _folder(arg: Arg, event: Event) -> str:
    path = path_of(arg.value, event.state)
    return posixpath.dirname(path) if is_glob(path) else path


def _is_wide(arg: Arg, event: Event, paths: frozenset[str]) -> bool:
    """Whether a word names a folder that one of the files is in, or all that is in it."""
    return any(covers(_folder(arg, event), path) for path in paths)


def _spare(change: RunChange, event: Event, paths: frozenset[str]) -> None:
    """Let a command that is about other files too leave these alone.  Raises CannotPurgeError."""
    mine = [arg for arg in _named(event) if path_of(arg.value, event.state) in paths]
    if not mine or event.origin.shift is None or any(arg.word is None for arg in mine) or len(mine) == len(_named(event)):
        raise CannotPurgeError(f"`{event.name}` of line {change.run.lines[0]} is about the file, and needs it to be there")
    text = change.run.source.text
    for arg in mine:
        place = change.text.span(event.origin.span(arg.word.span if arg.word is not None else Span(0, 0)))
        start = next(at for at in range(place.start, 0, -1) if text[at - 1] not in " \t")
        change.replaced[Span(start, place.end)] = ""
