r"""Build steps that do not depend on one another in stages of their own, side by side and cached apart.

What each step reads, writes and needs decides (`dfrefactor explain --footprint FILE`).  Steps that others build on stay in
sequence; each group that depends on them alone becomes a stage, and what it leaves is copied back at its place:

    FROM debian
    # dfrefactor: writes=/folder1
    RUN lot_of_commands_1
    # dfrefactor: writes=/folder2
    RUN lot_of_commands_2
    # dfrefactor: writes=/folder3
    RUN lot_of_commands_3
    ->
    FROM debian AS folder1
    # dfrefactor: writes=/folder1
    RUN lot_of_commands_1

    FROM debian AS folder2
    # dfrefactor: writes=/folder2
    RUN lot_of_commands_2

    FROM debian AS folder3
    # dfrefactor: writes=/folder3
    RUN lot_of_commands_3

    FROM debian
    COPY --from=folder1 /folder1 /folder1
    COPY --from=folder2 /folder2 /folder2
    COPY --from=folder3 /folder3 /folder3

What a step downloads, unpacks and removes again is no part of the image: its stage only downloads it, and the step is lent the
file.  The `rm` goes with it, and what is unpacked stays where it was:

    FROM buildpack-deps:bookworm
    RUN curl -fsSL -o /tmp/one.tgz https://example.org/one.tgz \
        && tar -xzf /tmp/one.tgz -C /usr/src \
        && rm /tmp/one.tgz
    RUN curl -fsSL -o /usr/local/bin/two https://example.org/two \
        && chmod +x /usr/local/bin/two
    ->
    FROM buildpack-deps:bookworm AS one
    RUN curl -fsSL -o /tmp/one.tgz https://example.org/one.tgz

    FROM buildpack-deps:bookworm AS two
    RUN curl -fsSL -o /usr/local/bin/two https://example.org/two \
        && chmod +x /usr/local/bin/two

    FROM buildpack-deps:bookworm
    RUN --mount=type=bind,from=one,source=/tmp/one.tgz,target=/tmp/one.tgz \
        tar -xzf /tmp/one.tgz -C /usr/src
    COPY --from=two /usr/local/bin/two /usr/local/bin/two

Steps that depend on one another stay as they are, and so do steps of which not enough is known:

    FROM debian
    # dfrefactor: writes=/a
    RUN one
    # dfrefactor: writes=/b reads=/a
    RUN two

    FROM debian
    RUN one
    RUN two

Cheap steps are not worth a stage, nor are downloads of a moment, and nor is one group alone; of more than eight new stages from
one you are told only (`--parallel all` makes all but the last of these):

    FROM debian
    RUN mkdir /a
    RUN mkdir /b

    FROM debian
    # dfrefactor: writes=/a
    RUN one
    RUN two

Safe: a group is moved only where every step of it is known to leave just what is copied back, and every step whose order to it
changes is known to be independent.  Package caches and temporary files that nobody reads later stay behind; the finding names
them.  An image does not grow: what one layer would bring and the next one change or remove goes along, or nothing moves.  A stage
has only the ARGs and ENVs it reads, and what the shell was told before (`cd`, `export`, `set`) is said again.  Nothing is lent
with `builder = "classic"`, which knows no mounts.

Where two pieces of work or more stay in one stage, a note says which line stops most of them, why, and what would let them go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from dfrefactor import stages as extract
from dfrefactor.dockerfile.instructions import Run
from dfrefactor.dockerfile.model import Stage
from dfrefactor.effects.output import Grade
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.lazy import regex
from dfrefactor.settings import Settings
from dfrefactor.stages import Atom, Layout, Refusal, Split, grouping
from dfrefactor.stages.grouping import Grouping
from dfrefactor.stages.outputs import leftovers, passed_through
from dfrefactor.stages.pipes import Pipe, divided, pipes
from dfrefactor.stages.staying import why
from dfrefactor.text.source import Span

RULE = "parallel-stages"


def parallel_stages(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """One stage at a time: the next run finds the next one in the new text."""
    told: list[Finding] = []
    for stage in facts.document.stages:
        refused = extract.stage_refusal(stage)
        if len(stage.instructions) <= extract.MOST and not extract.may_part(facts, stage, facts.steps(stage)):
            continue
        atoms = () if refused else extract.atoms(facts, stage, RULE, divided=True)
        if len(atoms) > extract.MOST:
            refused = Refusal(f"it has more than {extract.MOST} commands: make two stages of it first")
        if refused:
            message = f"nothing of this stage is moved: {refused.reason}"
            told.append(Finding(RULE, stage.from_.span, message, safety=Safety.ADVICE))
            continue
        found = _find(facts, stage, atoms, settings)
        if found.layout and len(found.layout.groups) > _STAGES and settings.parallel != "all":
            many = f"{len(found.layout.groups)} stages could be built side by side: more than a reader likes to follow"
            told.append(_note(stage.from_.span, many, "`--parallel all` makes them", quiet=bool(told)))
            continue
        if apart := _piped(facts, stage, atoms, settings, found.layout):
            yield apart
            return
        if found.layout:
            yield _finding(stage, extract.split(facts, stage, found.layout))
            return
        if stays := why(facts, atoms, _is_seed, partial(_is_work, small=settings.parallel == "all"), found.refused):
            told.append(_note(stays.atom.span, stays.message, stays.remedy, quiet=stays.small or bool(told)))
    yield from told


_STAGES = 8
"""How many new stages one stage becomes unless all are asked for."""


def _note(span: Span, message: str, fix: str, quiet: bool) -> Finding:
    """Why a stage stays as it is: shown for the first of a file, the others as advice."""
    return Finding(RULE, span, message, safety=Safety.ADVICE if quiet else Safety.SAFE, fix=fix)


def _find(facts: Facts, stage: Stage, atoms: Sequence[Atom], settings: Settings) -> Grouping:
    lend = partial(extract.lent, atoms=atoms, classic=settings.builder == "classic")
    is_work = partial(_is_work, small=settings.parallel == "all")
    return grouping.find(atoms, _is_seed, is_work, partial(_check, facts, stage), lend)


def _piped(
    facts: Facts, stage: Stage, atoms: Sequence[Atom], settings: Settings, plain: Layout | None
) -> Finding | None:  # fmt: skip
    """The split in which downloads move away from the pipe behind them, where that has more groups than `plain`."""
    apart = () if settings.builder == "classic" else tuple(pipes(facts, stage))
    work = [f"RUN {' '.join(a.text.split())}" for a in atoms if _is_seed(a) and a.effects.grade is Grade.EXACT]
    while apart and len(apart) + sum(each not in {pipe.was for pipe in apart} for each in work) > 1:
        there = divided(facts, stage, apart)
        parts = extract.atoms(there.facts, there.stage, RULE, divided=True)
        if len(parts) > extract.MOST:
            return None
        found = _find(there.facts, there.stage, parts, settings)
        groups = found.layout.groups if found.layout else ()
        lent = {each.path for group in groups for each in group.lent}
        used = tuple(pipe for pipe in apart if pipe.file in lent)
        if found.layout and used == apart:
            if len(groups) <= len(plain.groups if plain else ()):
                return None
            split = extract.split(there.facts, there.stage, found.layout)
            return _finding(stage, there.made_in(split), apart) if split.moves else None
        apart = used
    return None


_TEXT = regex(
    r"(?i)\.(?:asc|sig|sign|sha\d*(?:sums?)?|md5(?:sums?)?|txt|json|ya?ml|toml|xml|conf|cfg|ini|list|repo|gpg|key|pub|pem|crt|html?|md"
    r"|service|sh|env|patch|diff)\Z"
)
"""Names of files that are text, signatures or checksums: so small that nobody waits for them."""
_RAW = regex(r"//raw\.githubusercontent\.com/|//gist\.|/raw/")
"""Addresses of single files of a repository."""


def _is_seed(atom: Atom) -> bool:
    """Whether it is network or compile work."""
    return isinstance(atom.instruction, Run) and atom.effects.heavy


def _is_work(atom: Atom, small: bool) -> bool:
    """Whether a stage of its own is worth it; `small`: what takes a moment too."""
    if not _is_seed(atom):
        return False
    files = [each.path for each in atom.effects.outputs if each.kind in ("file", "name")]
    return small or len(files) < len(atom.effects.outputs) or not files or not all(
        _TEXT.search(path) or _RAW.search(atom.text) for path in files
    )  # fmt: skip


def _check(facts: Facts, stage: Stage, layout: Layout) -> Layout | Refusal:
    return extract.grows(layout) or passed_through(layout) or extract.check(facts, stage, layout)


def _finding(stage: Stage, split: Split, apart: Sequence[Pipe] = ()) -> Finding:
    if not split.moves:
        message = "stages are named, for their numbers will change"
        return Finding(RULE, stage.from_.span, message, split.edits, gone=split.gone, new=split.new, severity=Severity.WARNING)
    names = [move.name for move in split.moves]
    message = f"{', '.join(names[:-1])} and {names[-1]} do not depend on one another: they can be built side by side"
    notes = [leftovers(name, paths) for name, paths in split.behind.items()]
    if any(pipe.passed_over for pipe in apart):
        notes.append("a download that fails now fails the build: the pipe went on with what it had got")
    return Finding(RULE, stage.from_.span, message, split.edits, notes=tuple(notes), gone=split.gone, new=split.new,
                   left=split.left, severity=Severity.WARNING)  # fmt: skip
