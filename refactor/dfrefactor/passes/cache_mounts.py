r"""Keep what package managers fetch in cache mounts, so that a step that is built again fetches only what is new.

It acts when it is asked for (`--select cache-mounts`): the caches are then on the machine that builds, and not in the image.
Commands that empty them are needed no more, nor are options that keep a manager from its cache:

    FROM debian
    RUN apt-get update && \
        apt-get install -y make && \
        rm -rf /var/lib/apt/lists/*
    ->
    FROM debian
    RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
        --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
        apt-get update && \
        apt-get install -y make

pip is told to keep none in many files, and so is apk:

    FROM python
    COPY requirements.txt /
    RUN pip install --no-cache-dir -r /requirements.txt
    ->
    FROM python
    COPY requirements.txt /
    RUN --mount=type=cache,target=/root/.cache/pip \
        pip install -r /requirements.txt

Where apk has a cache it looks at an old list of packages, unless it is told to fetch a new one:

    FROM alpine
    RUN apk add --no-cache make
    ->
    FROM alpine
    RUN --mount=type=cache,target=/etc/apk/cache,sharing=locked \
        apk add --update-cache make

Two platforms that are built side by side get caches of their own where the file knows of them:

    FROM alpine
    ARG TARGETARCH
    RUN apk add --update-cache make
    ->
    FROM alpine
    ARG TARGETARCH
    RUN --mount=type=cache,id=etc-apk-cache-$TARGETARCH,target=/etc/apk/cache,sharing=locked \
        apk add --update-cache make

A cache that a later step needs stays in the image, and so does what is used where it was fetched to, but in a stage of which
only the outcome is copied:

    FROM debian
    RUN apt-get update
    RUN ./install.sh

This is the image, and who uses it may want what Maven fetched:

    FROM maven
    WORKDIR /src
    COPY . .
    RUN mvn package

Where a cache lies that a variable moves (`ENV PIP_CACHE_DIR`), or the home of a user who is not root, is not known:

    FROM python
    ENV PIP_NO_CACHE_DIR=1
    RUN pip install numpy

Safe: the image has no longer what lay in the caches, which the finding names, and is else the same.  Debian's and Ubuntu's own
images empty /var/cache/apt behind every installation; with `--unsafe` the step takes the file away that says so, and the image
has not got it either.  Not with `builder = "classic"`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dfrefactor import stages as extract
from dfrefactor.dockerfile.instructions import Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.effects.paths import STANDARD, parent
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.parts import parts
from dfrefactor.settings import Settings
from dfrefactor.stages.atoms import Atom
from dfrefactor.stages.caching import Cache, Caching, cachings
from dfrefactor.stages.folding import has_syntax, rest
from dfrefactor.text.edit import Edit, apply, composed
from dfrefactor.text.source import Source, Span

RULE = "cache-mounts"


def cache_mounts(facts: Facts, settings: Settings) -> Iterator[Finding]:
    if RULE not in settings.selected or settings.builder == "classic" or not has_syntax(facts.document, 2):
        return
    for stage in facts.document.stages:
        atoms = () if extract.stage_refusal(stage) else extract.atoms(facts, stage, RULE, divided=True)
        if atoms and len(atoms) <= extract.MOST and (found := cachings(facts, stage, atoms, RULE)):
            yield _finding(facts, stage, found, settings.allow >= Safety.UNSAFE)
            return


def _finding(facts: Facts, stage: Stage, found: Sequence[Caching], undo: bool) -> Finding:
    text, source = facts.source.text, facts.source
    first = next((each for each in found if each.emptied), None) if undo else None
    plain = [edit for each in found for edit in _words(facts.source, stage, each, undo=each is first)]
    there = Facts(Document(Source(apply(text, plain), source.path)), facts.settings)
    changed = there.document.stages[stage.index]
    dropped = {_called(atom) for each in found for atom in each.dropped}
    atoms = extract.atoms(there, changed, RULE, divided=True)
    out = {atom for atom in atoms if _called(atom) in dropped}
    mounts = {each.place: [_mount(facts, stage, each, cache) for cache in each.caches] for each in found}
    edits = tuple(composed(text, plain, rest(changed, atoms, out, mounts, drops=True).edits))
    new_document = Document(Source(apply(text, edits), source.path))
    after = new_document.stages[stage.index]
    runs = [(stage.instructions[each.place], after.instructions[each.place]) for each in found]
    gone, new = ({part for pair in runs for part in parts(pair[side])} for side in (0, 1))
    gone |= {f"comment {told}" for told in _comments(facts.document) - _comments(new_document)}
    caches = sorted({cache.path for each in found for cache in each.caches})
    emptied = sorted({path for each in found for path in each.emptied})
    folders = {path for each in found for cache in each.caches for path in cache.folders}
    left = {f"{path}/**" for path in folders} | (set(emptied) if undo else set())
    notes = [f"no longer in the image: {', '.join(sorted(left))}"]
    if emptied and not undo:
        notes.append(f"an image that has {', '.join(emptied)} empties it behind every installation: --unsafe removes that")
    message = f"what is fetched into {', '.join(caches)} can be kept in a cache mount: a step that is built again fetches less"
    safety = Safety.UNSAFE if first else Safety.SAFE
    return Finding(RULE, runs[0][0].span, message, edits, safety, tuple(notes), gone=frozenset(gone), new=frozenset(new),
                   left=frozenset(left | set(map(parent, folders)) - STANDARD), severity=Severity.WARNING)  # fmt: skip


def _comments(document: Document) -> set[str]:
    return {" ".join(token.text.split()) for token in document.tree.tokens() if token.kind == "COMMENT"}


def _called(atom: Atom) -> tuple[int, str, str]:
    """What an atom is called in a text whose words were changed elsewhere."""
    return atom.place, atom.text, atom.instruction.args[slice(*atom.operand)] if atom.operand else ""


def _words(source: Source, stage: Stage, each: Caching, undo: bool) -> Iterator[Edit]:
    """The edits that let the managers of a RUN keep their caches; `undo`: it is the first that is to find them."""
    run, text = stage.instructions[each.place], source.text
    for span, instead in each.words:
        word = run.span_of(*span)
        behind = re.compile(r"(?:[ \t]|[\\`][ \t]*\r?\n)+").match(text, word.end)
        if instead:
            yield Edit(word, instead)
        elif behind and text[behind.end() : behind.end() + 1] not in ("&", "|", ";", ""):
            yield Edit(Span(word.start, behind.end()), "")
        else:
            before = re.search(r"(?:[ \t]|[\\`][ \t]*\r?\n)+\Z", text[: word.start])
            yield Edit(Span(before.start() if before else word.start, word.end), "")
    if undo:
        at = run.span_of(0, 0).start
        yield Edit(Span(at, at), f"rm -f {' '.join(each.emptied)} && {stage.document.escape}{source.newline}    ")


def _mount(facts: Facts, stage: Stage, each: Caching, cache: Cache) -> str:
    run = stage.instructions[each.place]
    assert isinstance(run, Run)
    args = facts.scope(run).args
    arch = next((name for name in ("TARGETARCH", "TARGETPLATFORM") if name in args), "") if cache.locked else ""
    own = f"id={cache.path.strip('/').replace('/', '-')}-${arch}," if arch else ""
    return f"--mount=type=cache,{own}target={cache.path}{',sharing=locked' if cache.locked else ''}"
