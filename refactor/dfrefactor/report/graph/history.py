"""What the commits of a repository built again: each is built once, with a cache that forgets nothing.

A step is taken from the cache where its parent, what it says, the variables it sees and what it copies are as they were in a
build before.  Of a stage that was built again all is taken to have changed, though BuildKit goes by content there: at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from dfrefactor.compose.needs import closure
from dfrefactor.context import matcher
from dfrefactor.dockerfile.expand import Unset, tried
from dfrefactor.dockerfile.instructions import STEPS, Add, Arg, Copy, Env, Instruction, Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.dockerfile.scope import Scope, expand
from dfrefactor.images import scopes
from dfrefactor.lazy import dataclass


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


_Plan = Mapping[int, tuple[int | str, tuple[_Step, ...]]]
"""The stages of a file that the last one needs, by index: what each starts from, and its steps."""


def replay(commits: Sequence[Commit], before: Callable[[str], Document], after: Callable[[str], Document]) -> Replayed:
    """What `commits`, the oldest first, built again; the first of them is what was there."""
    (old, of), (new, _) = (_built(commits, made) for made in (before, after))
    changes: list[tuple[int, int]] = []
    for stage in before(commits[-1].text).stages if commits else ():
        for each, scope in zip(stage.instructions, scopes(stage), strict=True):
            if matches := [matcher(source).match for source in _sources(each, scope)]:
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
            matches |= {each: matcher(each).match for _, steps in plan.values() for step in steps for each in step.sources}
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
    for index, (base, steps) in plan.items():
        key = hash(ends[base] if isinstance(base, int) else base)
        for step in steps:
            taken = *(last.get(each) for each in step.sources), *(ends.get(each) for each in step.stages)
            key = hash((key, step.said, taken))
            if step.is_run:
                yield key
        ends[index] = key


def _plan(document: Document) -> _Plan:
    needed = closure(document.stages[-1]) if document.stages else ()
    return {
        stage.index: (stage.base if isinstance(stage.base, str) else stage.base.index, tuple(_steps(stage)))
        for stage in document.stages
        if stage in needed
    }


def _steps(stage: Stage) -> Iterator[_Step]:
    edges = [edge for edge in stage.document.graph[stage.index] if isinstance(edge.target, Stage) and edge.kind != "from"]
    written: dict[str, str | None] = {}
    for each, scope in zip(stage.instructions, scopes(stage), strict=True):
        if isinstance(each, Env | Arg):
            written |= {pair.key: pair.value for pair in each.pairs}
        elif each.keyword in STEPS:
            text = " ".join([*map(str, each.flags), each.args, *(heredoc.content for heredoc in each.heredocs)])
            others = tuple(edge.target.index for edge in edges if edge.instruction is each and isinstance(edge.target, Stage))
            # a value that is not known is another one where it is written in another way
            values = {name: written.get(name) if value is None else value for name, value in scope.variables.items()}
            said = (text, tuple(sorted(values.items(), key=str))) if isinstance(each, Run) else expand(text, scope) or text
            yield _Step(hash((each.keyword, said)), tuple(_sources(each, scope)), others, isinstance(each, Run))


def _sources(instruction: Instruction, scope: Scope) -> Iterator[str]:
    """What of the build context goes into a step, as patterns: a value that is not known may be any."""
    def any_for_unknown(name: str) -> str | Unset:
        return "*" if (value := scope.lookup(name)) is None else value

    if isinstance(instruction, Copy | Add):
        for source in instruction.sources if not instruction.flag("from") and not instruction.heredocs else ():
            yield tried(source.text, any_for_unknown, scope.escape) or "*"
    elif isinstance(instruction, Run):
        for mount in instruction.mounts:
            if mount.type == "bind" and not mount.fields.get("from"):
                yield mount.fields.get("source") or "."
