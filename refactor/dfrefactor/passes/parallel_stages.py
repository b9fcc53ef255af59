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

Steps that depend on one another stay as they are, and so do steps of which not enough is known:

    FROM debian
    # dfrefactor: writes=/a
    RUN one
    # dfrefactor: writes=/b reads=/a
    RUN two

    FROM debian
    RUN one
    RUN two

Cheap steps are not worth a stage (`--parallel all` splits them too), and nor is one group alone:

    FROM debian
    RUN mkdir /a
    RUN mkdir /b

    FROM debian
    # dfrefactor: writes=/a
    RUN one
    RUN two

Safe: a group is moved only where every step of it is known to leave just what is copied back, and every step whose order to it
changes is known to be independent.  Package caches and temporary files that nobody reads later stay behind; the finding names
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dfrefactor import stages as extract
from dfrefactor.dockerfile.instructions import Run
from dfrefactor.dockerfile.model import Stage
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding, Safety
from dfrefactor.settings import Settings
from dfrefactor.stages import Split, grouping

RULE = "parallel-stages"


def parallel_stages(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """One stage at a time: the next run finds the next one in the new text."""
    advice: list[Finding] = []
    for stage in facts.document.stages:
        if extract.stage_refusal(stage) or len(stage.instructions) < 2:
            continue
        atoms = extract.atoms(facts, stage, RULE)
        if len(atoms) > extract.MOST:
            continue

        def is_seed(atom: extract.Atom) -> bool:
            return isinstance(atom.instruction, Run) and (settings.parallel == "all" or atom.effects.heavy)

        found = grouping.find(atoms, is_seed, partial(extract.check, facts, stage))
        for refusal in found.refused:
            span = refusal.atom.instruction.span if refusal.atom else stage.from_.span
            advice.append(Finding(RULE, span, refusal.reason, safety=Safety.ADVICE))
        if found.layout:
            yield _finding(stage, extract.split(facts, stage, found.layout))
            return
    yield from advice


def _finding(stage: Stage, split: Split) -> Finding:
    if not split.moves:
        message = "stages are named, for their numbers will change"
        return Finding(RULE, stage.from_.span, message, split.edits, gone=split.gone, new=split.new)
    names = [move.name for move in split.moves]
    message = f"{', '.join(names[:-1])} and {names[-1]} do not depend on one another: they can be built side by side"
    left = tuple(f"{name} leaves behind: {', '.join(paths)}" for name, paths in split.behind.items())
    return Finding(RULE, stage.from_.span, message, split.edits, notes=left, new=split.new, left=split.left)
