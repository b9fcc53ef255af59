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

Cheap steps are not worth a stage, nor are downloads of a moment (`--parallel all` splits those too), and nor is one group alone:

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

import re
from collections.abc import Iterator
from functools import partial

from dfrefactor import stages as extract
from dfrefactor.dockerfile.instructions import Run
from dfrefactor.dockerfile.model import Stage
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.settings import Settings
from dfrefactor.stages import Atom, Layout, Refusal, Split, grouping
from dfrefactor.stages.staying import why

RULE = "parallel-stages"


def parallel_stages(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """One stage at a time: the next run finds the next one in the new text."""
    told: list[Finding] = []
    lend = partial(extract.lent, classic=settings.builder == "classic")
    for stage in facts.document.stages:
        if extract.stage_refusal(stage) or not extract.may_part(facts, stage, facts.steps(stage)):
            continue
        is_work = partial(_is_work, small=settings.parallel == "all")
        atoms = extract.atoms(facts, stage, RULE, divided=True)
        if len(atoms) > extract.MOST:
            continue
        found = grouping.find(atoms, _is_seed, is_work, partial(_check, facts, stage), partial(lend, atoms=atoms))
        if found.layout:
            yield _finding(stage, extract.split(facts, stage, found.layout))
            return
        if stays := why(atoms, is_work, found.refused):
            safety = Safety.ADVICE if told else Safety.SAFE
            told.append(Finding(RULE, stays.atom.span, stays.message, notes=(stays.remedy,), safety=safety))
    yield from told


_TEXT = re.compile(
    r"(?i)\.(?:asc|sig|sign|sha\d*(?:sums?)?|md5(?:sums?)?|txt|json|ya?ml|toml|xml|conf|cfg|ini|list|repo|gpg|key|pub|pem|crt|html?|md"
    r"|service|sh|env|patch|diff)\Z"
)
"""Names of files that are text, signatures or checksums: so small that nobody waits for them."""
_RAW = re.compile(r"//raw\.githubusercontent\.com/|//gist\.|/raw/")
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
    return extract.grows(layout) or extract.check(facts, stage, layout)


def _finding(stage: Stage, split: Split) -> Finding:
    if not split.moves:
        message = "stages are named, for their numbers will change"
        return Finding(RULE, stage.from_.span, message, split.edits, gone=split.gone, new=split.new, severity=Severity.WARNING)
    names = [move.name for move in split.moves]
    message = f"{', '.join(names[:-1])} and {names[-1]} do not depend on one another: they can be built side by side"
    left = tuple(f"{name} leaves behind: {', '.join(paths)}" for name, paths in split.behind.items())
    return Finding(RULE, stage.from_.span, message, split.edits, notes=left, gone=split.gone, new=split.new, left=split.left,
                   severity=Severity.WARNING)  # fmt: skip
