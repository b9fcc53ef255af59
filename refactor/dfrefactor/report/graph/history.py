"""What the commits of a repository built again: each is built once, with a cache that forgets nothing.

A step is taken from the cache where its parent, what it says, the variables it sees and what it copies are as they were in a
build before.  Of a stage that was built again all is taken to have changed, though BuildKit goes by content there: at most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dfrefactor.compose.needs import closure
from dfrefactor.context import matcher
from dfrefactor.dockerfile.instructions import STEPS, Add, Arg, Copy, Env, Instruction, Run
from dfrefactor.dockerfile.model import Document, Stage

_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)[^}]*\}?")


@dataclass(frozen=True)
class Commit:
    """Paths of the build context that a commit changed, and the Dockerfile behind it."""

    changed: tuple[str, ...]
    text: str


class Replayed(NamedTuple):
    """How many commits there were, and how many RUNs all of them built again of how many, before and after the rewrite.

    `changes` are the instructions that copy from the build context, by line, with how many commits changed what they copy.
    """

    commits: int
    before: int
    after: int
    of: int
    changes: tuple[tuple[int, int], ...] = ()


class _Step(NamedTuple):
    """`said` is all that its key is made of, but for the step before it and what it takes: from the context, and from stages."""

    said: int
    sources: tuple[str, ...]
    stages: tuple[int, ...]
    is_run: bool


class _Plan(NamedTuple):
    """The stages of a file that the last one needs, by index: what each starts from, and its steps."""

    stages: dict[int, tuple[int | str, tuple[_Step, ...]]]


def replay(commits: Sequence[Commit], before: Callable[[str], Document], after: Callable[[str], Document]) -> Replayed:
    """What `commits`, the oldest first, built again; the first of them is what was there."""
    (old, of), (new, _) = (_built(commits, made) for made in (before, after))
    changes: list[tuple[int, int]] = []
    for stage in before(commits[-1].text).stages if commits else ():
        for each in stage.instructions:
            if matches := [matcher(source).match for source in _sources(each, {})]:
                often = sum(any(match(path) for match in matches for path in commit.changed) for commit in commits[1:])
                changes.append((each.lines[0], often))
    return Replayed(max(len(commits) - 1, 0), old, new, of, tuple(changes))


def _built(commits: Sequence[Commit], made: Callable[[str], Document]) -> tuple[int, int]:
    plans: dict[str, _Plan] = {}
    matches: dict[str, Callable[[str], object]] = {}
    last: dict[str, int] = {}  # the commit that last changed what a source names
    seen, built, of = set[int](), 0, 0
    for number, commit in enumerate(commits):
        if commit.text not in plans:
            plan = plans[commit.text] = _plan(made(commit.text))
            matches |= {each: matcher(each).match for _, steps in plan.stages.values() for step in steps for each in step.sources}
        for source, match in matches.items():
            if any(map(match, commit.changed)):
                last[source] = number
        keys = list(_keys(plans[commit.text], last))
        built += sum(key not in seen for key in keys) if number else 0
        of += len(keys) if number else 0
        seen.update(keys)
    return built, of


def _keys(plan: _Plan, last: dict[str, int]) -> Iterator[int]:
    """The cache keys of the RUNs."""
    ends: dict[int, int] = {}
    for index, (base, steps) in plan.stages.items():
        key = hash(ends[base] if isinstance(base, int) else base)
        for step in steps:
            taken = *(last.get(each) for each in step.sources), *(ends.get(each) for each in step.stages)
            key = hash((key, step.said, taken))
            if step.is_run:
                yield key
        ends[index] = key


def _plan(document: Document) -> _Plan:
    if not document.stages:
        return _Plan({})
    defaults = {pair.key: pair.value for arg in document.global_args for pair in arg.pairs}
    known: dict[int, dict[str, str | None]] = {}
    stages: dict[int, tuple[int | str, tuple[_Step, ...]]] = {}
    needed = closure(document.stages[-1])
    for stage in document.stages:
        if stage not in needed:
            continue
        base = stage.base if isinstance(stage.base, str) else stage.base.index
        values = dict(known.get(base, {})) if isinstance(base, int) else {}
        stages[stage.index] = base, tuple(_steps(document, stage, values, defaults))
        known[stage.index] = values
    return _Plan(stages)


def _steps(
    document: Document, stage: Stage, values: dict[str, str | None], defaults: dict[str, str | None]
) -> Iterator[_Step]:
    edges = [edge for edge in document.graph[stage.index] if isinstance(edge.target, Stage) and edge.kind != "from"]
    for each in stage.instructions:
        if isinstance(each, Env | Arg):
            for pair in each.pairs:
                given = pair.value if pair.value is not None else defaults.get(pair.key)
                values[pair.key] = _expanded(given, values)
        elif each.keyword in STEPS:
            text = " ".join([*map(str, each.flags), each.args, *(heredoc.content for heredoc in each.heredocs)])
            is_run = isinstance(each, Run)
            said = text if is_run else _expanded(text, values)
            others = tuple(edge.target.index for edge in edges if edge.instruction is each and isinstance(edge.target, Stage))
            environment = tuple(sorted(values.items(), key=str)) if is_run else ()
            yield _Step(hash((each.keyword, said, environment)), tuple(_sources(each, values)), others, is_run)


def _sources(instruction: Instruction, values: dict[str, str | None]) -> Iterator[str]:
    """What of the build context goes into a step."""
    if isinstance(instruction, Copy | Add):
        for source in instruction.sources if not instruction.flag("from") and not instruction.heredocs else ():
            yield _VARIABLE.sub("*", _expanded(source.text, values) or "")
    elif isinstance(instruction, Run):
        for mount in instruction.mounts:
            if mount.type == "bind" and not mount.fields.get("from"):
                yield mount.fields.get("source") or mount.fields.get("src") or "."


def _expanded(text: str | None, values: dict[str, str | None]) -> str | None:
    return text if text is None else _VARIABLE.sub(lambda found: values.get(found[1]) or found[0], text)
