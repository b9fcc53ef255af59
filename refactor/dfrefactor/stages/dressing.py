"""Modes and owners that a RUN gives to files that were copied: COPY gives them at once, so that no file is stored twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dfrefactor.dockerfile.instructions import Add, Copy, Instruction, Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.effects.paths import STANDARD, parent
from dfrefactor.facts import Facts
from dfrefactor.lazy import regex
from dfrefactor.parts import parts
from dfrefactor.stages.atoms import Atom, dependence
from dfrefactor.stages.folding import FILE, Fold, has_syntax, rest
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

_LETTERS = regex(r"(?:[ugoa]+[-+=][rwx]+|\+[rx]+)(?:,(?:[ugoa]+[-+=][rwx]+|\+[rx]+))*")
_ODD = regex(r"[$*?\[\\\"']")
_OWNER = regex(r"[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+")
"""A user alone leaves the group as it is, but gives a copy the user's own."""


def dressings(facts: Facts, stage: Stage, atoms: Sequence[Atom]) -> Iterator[Fold]:
    """Each copy of which all gets another mode or owner."""
    for copy in atoms:
        if found := _changes(facts, atoms, copy):
            yield _fold(stage, atoms, copy, *found)


def _changes(facts: Facts, atoms: Sequence[Atom], copy: Atom) -> tuple[str, str, list[Atom]] | None:
    """The command that changes all that a copy brings, what it gives, and the atoms that do."""
    instruction = copy.instruction
    paths = _files(instruction) if isinstance(instruction, Copy | Add) else frozenset[str]()
    first: dict[str, tuple[str, str, Atom]] = {}
    for atom in atoms[copy.order + 1 :] if paths else ():
        touched = {region.path for region in atom.effects.touched}
        gives = _gives(facts, atom, instruction) if touched <= paths else None
        for path in paths & touched:
            if gives is None or path in first:
                return None  # it is changed in another way, or changed again
            first[path] = (*gives, atom)
    kinds = {each[:2] for each in first.values()}
    if len(kinds) != 1 or first.keys() != paths:
        return None
    ((name, given),) = kinds
    changing = sorted({each[2] for each in first.values()}, key=lambda atom: atom.order)
    between = [atom for atom in atoms[copy.order + 1 : changing[-1].order] if atom not in changing]
    if any(dependence(atom, each) for each in changing for atom in between if atom.order < each.order):
        return None
    fits = _is_fitting(facts.document, name, given) and all(_has_folder(atoms[: copy.order], path, name, given) for path in paths)
    return (name, given, changing) if fits else None


def _files(copy: Copy | Add) -> frozenset[str]:
    """Where the files land that a copy brings; nothing where one of them may be a folder or an archive, or lands elsewhere."""
    dest, names = copy.dest.text, [source.text for source in copy.sources]
    if not dest.startswith("/") or _ODD.search(dest):
        return frozenset()
    if len(names) == 1 and not dest.endswith("/") and (copy.heredocs or (isinstance(copy, Add) and _is_download(copy, names[0]))):
        return frozenset((dest,))  # a text, or what an address answers, is one file
    if copy.heredocs or not all(map(FILE.search, names)) or any(map(_ODD.search, names)):
        return frozenset()
    if isinstance(copy, Add) and not all("://" in name for name in names):
        return frozenset()
    if dest.endswith("/"):
        return frozenset(dest + name.rpartition("/")[2] for name in names)
    return frozenset((dest,) if len(names) == 1 and FILE.search(dest) else ())


def _is_download(add: Add, name: str) -> bool:
    """Whether it is one file of an address, neither a repository nor unpacked (Docker's reference, "ADD")."""
    is_file = re.match("""["']?https?://[^#]+\\Z""", name) is not None and re.search(r"\.git/?[\"']?(?:\?|\Z)", name) is None
    return is_file and add.flag("unpack") is None


def _gives(facts: Facts, atom: Atom, copy: Instruction) -> tuple[str, str] | None:
    """The command by which an atom gives files a mode or an owner, and which; None where it does anything else."""
    run = atom.instruction
    if not isinstance(run, Run) or run.flags or run.heredocs or atom.hinted:
        return None
    events = atom.of.events if atom.of else [event for unit in facts.step(run).units for event in unit.events]
    event = events[0] if len(events) == 1 else None
    if event is None or event.name not in ("chmod", "chown") or event.wraps or event.via or event.redirects or not event.found:
        return None
    words = event.found[-1]
    if not atom.effects.grade or atom.tied or words.given or len(words.operands) < 2:
        return None
    return None if any(flag.name == event.name for flag in copy.flags) else (event.name, words.operands[0].value)


def _is_fitting(document: Document, name: str, given: str) -> bool:
    """Whether `--chmod` or `--chown` can say what is given, in the syntax of this file."""
    if name == "chown":
        return _OWNER.fullmatch(given) is not None
    return re.fullmatch("0?[0-7]{3}", given) is not None or (_LETTERS.fullmatch(given) is not None and has_syntax(document, 14))


def _has_folder(before: Sequence[Atom], path: str, name: str, given: str) -> bool:
    """Whether the folder of `path` is there, or comes out the same: one that COPY makes gets the mode and the owner too."""
    folder = parent(path)
    made = any(each.path == folder for atom in before for each in atom.effects.ensures)
    made = made or any(each.path == folder for atom in before for each in atom.effects.outputs)
    same = name == "chmod" and re.fullmatch(r"0?755|a?\+[rx]+", given) is not None
    return folder in STANDARD or folder == "/" or made or same


def _fold(stage: Stage, atoms: Sequence[Atom], copy: Atom, name: str, given: str, changing: Sequence[Atom]) -> Fold:
    instruction, flag = copy.instruction, f"--{name}={given}"
    left = rest(stage, atoms, changing, {})
    at = instruction.flags[-1].span.end if instruction.flags else instruction.keyword_span.end
    edits = [*left.edits, Edit(Span(at, at), f" {flag}")]
    if left.comments:
        edits.append(Edit(Span(instruction.span.start, instruction.span.start), left.comments))
    had = frozenset(parts(instruction))
    flags = f"{instruction.keyword} {' '.join(map(str, instruction.flags))}"
    has = {f"{flags} {flag}".replace("  ", " ") + part.removeprefix(flags) for part in had}
    letters = ("a mode in letters needs Dockerfile syntax 1.14 (Docker 28)",) if name == "chmod" and not given.isdigit() else ()
    brings = f"{instruction.keyword} {' '.join(instruction.args.split())}"
    message = f"what `{brings}` brings is stored again by `{name} {given}`: `{flag}` stores it once"
    copied = instruction.sources if isinstance(instruction, Copy) and not instruction.from_ and not instruction.heredocs else ()
    sources = [source.text for source in copied]
    return Fold(instruction.span, message, tuple(edits), left.gone | had, left.new | has, tuple(sources), notes=letters)
