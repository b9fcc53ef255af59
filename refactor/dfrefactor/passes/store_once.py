r"""Fold what a later layer does to a file into the instruction that brings it, so that it is stored once.

A layer holds whole files: one that is copied and then given another mode or owner is in the image twice.  COPY and ADD can
give both at once:

    FROM debian
    COPY entrypoint.sh /usr/local/bin/
    RUN chmod 755 /usr/local/bin/entrypoint.sh
    ENTRYPOINT ["entrypoint.sh"]
    ->
    FROM debian
    COPY --chmod=755 entrypoint.sh /usr/local/bin/
    ENTRYPOINT ["entrypoint.sh"]

Of a RUN that does more, the rest stays:

    FROM debian
    COPY a.conf b.conf /etc/
    RUN chown 7:8 /etc/a.conf /etc/b.conf && echo done > /etc/done
    ->
    FROM debian
    COPY --chown=7:8 a.conf b.conf /etc/
    RUN echo done > /etc/done

A file that is copied only to be read and removed is lent to the RUN by a bind mount, and is in no layer at all:

    FROM debian
    COPY tool.tar.gz /tmp/
    RUN tar xzf /tmp/tool.tar.gz -C /opt && rm /tmp/tool.tar.gz
    ->
    FROM debian
    RUN --mount=type=bind,source=tool.tar.gz,target=/tmp/tool.tar.gz \
        tar xzf /tmp/tool.tar.gz -C /opt

A cache that is removed in a layer of its own is still in the one that filled it, so that one removes it:

    FROM debian
    RUN apt-get update && \
        apt-get install -y make
    # not needed any more
    RUN rm -rf /var/lib/apt/lists/*
    ->
    FROM debian
    RUN apt-get update && \
        apt-get install -y make && \
        # not needed any more
        rm -rf /var/lib/apt/lists/*

A mode or owner is set later still where not all that is copied gets it, where something looks at it in between, and where a
folder would get it too:

    FROM debian
    COPY a.sh b.sh /usr/local/bin/
    RUN chmod +x /usr/local/bin/a.sh

    FROM debian
    COPY a.sh /usr/local/bin/
    RUN ls -l /usr/local/bin > /list
    RUN chmod +x /usr/local/bin/a.sh

    FROM debian
    COPY a.key /srv/keys/
    RUN chmod 600 /srv/keys/a.key

Nothing is lent that is changed, moved or linked, or that leaves its folder behind, nor where somebody sees that it is still
there:

    FROM debian
    COPY tool.tar.gz /new/
    RUN tar xzf /new/tool.tar.gz -C /opt && rm /new/tool.tar.gz

    FROM debian
    COPY tool.tar.gz /tmp/
    RUN tar xzf /tmp/tool.tar.gz -C /opt && rm /tmp/tool.tar.gz && ls /tmp > /list

A cache that several RUNs fill, or that another one looks at before it is removed, stays as it is:

    FROM debian
    RUN apt-get update
    RUN apt-get install -y make
    RUN rm -rf /var/lib/apt/lists/*

Safe: the mode is set of files alone, each of them named, and nothing in between looks at them.  A mode in letters (`+x`) needs
Dockerfile syntax 1.14 (Docker 28), and is left alone where `# syntax` says an older one.  What a mount shows has the mode, the
owner and the times that COPY would give it, and nothing of it is left behind the RUN; what reads it is known, else the rewrite is
unsafe: it needs `--unsafe`.  Not with `builder = "classic"`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from dfrefactor import stages as extract
from dfrefactor.dockerfile.instructions import Add, Copy, Instruction, Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.effects.paths import STANDARD, parent
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.parts import parts
from dfrefactor.passes._pass import may_change_again
from dfrefactor.settings import Settings
from dfrefactor.stages.atoms import Atom, dependence
from dfrefactor.stages.cleaning import Cleaning, cleanings
from dfrefactor.stages.folding import rest
from dfrefactor.stages.lending import FILE, Lending, lending, loans
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

RULE = "store-once"

_SYNTAX = re.compile(r"(?:docker\.io/)?docker/dockerfile:1(?:\.(\d+).*)?")
_LETTERS = re.compile(r"(?:[ugoa]+[-+=][rwx]+|\+[rx]+)(?:,(?:[ugoa]+[-+=][rwx]+|\+[rx]+))*")
_OWNER = re.compile(r"[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+")
"""A user alone leaves the group as it is, but gives a copy the user's own."""


def store_once(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """One copy at a time: the next run finds the next one in the new text."""
    unsure: list[Finding] = []
    for stage in facts.document.stages if settings.builder != "classic" else ():
        if extract.stage_refusal(stage) or not may_change_again(stage.instructions, bool(settings.catalog)):
            continue
        atoms = extract.atoms(facts, stage, RULE, divided=True)
        if len(atoms) > extract.MOST:
            continue
        emptied = _emptied(stage, cleanings(facts, stage, atoms, RULE))
        for found in chain(_changed(facts, stage, atoms), _removed(facts, stage, atoms), emptied):
            if found.safety is Safety.SAFE:
                yield found
                return
            unsure.append(found)
    yield from unsure[:1]


def _changed(facts: Facts, stage: Stage, atoms: Sequence[Atom]) -> Iterator[Finding]:
    for copy in atoms:
        if found := _changes(facts, atoms, copy):
            yield _finding(stage, atoms, copy, *found)


def _removed(facts: Facts, stage: Stage, atoms: Sequence[Atom]) -> Iterator[Finding]:
    """What is copied, read and removed, lent instead."""
    every = tuple(loans(facts, stage, atoms)) if _fits(facts.document, 2) else ()
    for sure in (True, False):
        if some := [loan for loan in every if sure == (not loan.doubt)]:
            yield _lent(lending(stage, atoms, some))


def _lent(lending: Lending) -> Finding:
    copied = sorted({each for loan in lending.loans for each in loan.users}, key=lambda each: (each.copy.order, each.path))
    paths = "`, `".join(each.path for each in copied)
    are, mounts = ("is", "a bind mount lends it") if len(copied) == 1 else ("are", "bind mounts lend them")
    message = f"`{paths}` {are} copied only to be read and removed: {mounts}, and no layer holds {mounts.split()[-1]}"
    doubts = tuple(f"the image is the same if {loan.doubt}" for loan in lending.loans if loan.doubt)
    safety = Safety.UNSAFE if doubts else Safety.SAFE
    return Finding(RULE, copied[0].copy.instruction.span, message, lending.edits, safety, doubts, gone=lending.gone,
                   new=lending.new, severity=Severity.WARNING)  # fmt: skip


def _emptied(stage: Stage, found: Iterable[Cleaning]) -> Iterator[Finding]:
    for cleaning in found:
        said = "`, `".join(dict.fromkeys(" ".join(atom.text.split()) for atom in cleaning.moved))
        filler = stage.instructions[cleaning.place]
        message = f"the layer of line {filler.lines[0]} holds what `{said}` removes in a later one: it is removed there instead"
        yield Finding(RULE, cleaning.moved[0].span, message, cleaning.edits, gone=cleaning.gone, new=cleaning.new,
                      severity=Severity.WARNING)  # fmt: skip


def _changes(facts: Facts, atoms: Sequence[Atom], copy: Atom) -> tuple[str, str, list[Atom]] | None:
    """The command that changes all that a copy brings, what it gives, and the atoms that do."""
    instruction = copy.instruction
    paths = _files(instruction) if isinstance(instruction, Copy | Add) and not instruction.heredocs else frozenset[str]()
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
    plain = dest.startswith("/") and not re.search(r"[$*?\[\\\"']", " ".join([dest, *names]))
    if not plain or not all(map(FILE.search, names)) or (isinstance(copy, Add) and not all("://" in name for name in names)):
        return frozenset()
    if dest.endswith("/"):
        return frozenset(dest + name.rpartition("/")[2] for name in names)
    return frozenset((dest,) if len(names) == 1 and FILE.search(dest) else ())


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
    if re.fullmatch("0?[0-7]{3}", given):
        return True
    return _LETTERS.fullmatch(given) is not None and _fits(document, 14)


def _fits(document: Document, minor: int) -> bool:
    """Whether this file is read with Dockerfile syntax 1.`minor` or a later one."""
    syntax = _SYNTAX.fullmatch(document.directives.get("syntax", "docker/dockerfile:1"))
    return syntax is not None and int(syntax[1] or 99) >= minor


def _has_folder(before: Sequence[Atom], path: str, name: str, given: str) -> bool:
    """Whether the folder of `path` is there, or comes out the same: one that COPY makes gets the mode and the owner too."""
    folder = parent(path)
    made = any(each.path == folder for atom in before for each in atom.effects.ensures)
    made = made or any(each.path == folder for atom in before for each in atom.effects.outputs)
    same = name == "chmod" and re.fullmatch(r"0?755|a?\+[rx]+", given) is not None
    return folder in STANDARD or folder == "/" or made or same


def _finding(stage: Stage, atoms: Sequence[Atom], copy: Atom, name: str, given: str, changing: Sequence[Atom]) -> Finding:
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
    return Finding(RULE, instruction.span, message, tuple(edits), notes=letters, gone=left.gone | had, new=left.new | has,
                   severity=Severity.WARNING)  # fmt: skip
