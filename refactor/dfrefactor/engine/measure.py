"""What passes may know of steps that nobody can read: a build of the file watched, or one that is remembered."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dfrefactor.dockerfile.comments import Hint
from dfrefactor.dockerfile.instructions import Arg, Instruction
from dfrefactor.dockerfile.model import Document, Stage, parse
from dfrefactor.engine import bases
from dfrefactor.engine.build import Builder, Options
from dfrefactor.engine.builders import Docker
from dfrefactor.engine.observe import Proposal, observe, unknown
from dfrefactor.engine.process import EngineError
from dfrefactor.engine.reads import ENGINES, PLAIN
from dfrefactor.engine.remember import Seen, keep, keys, recall
from dfrefactor.engine.verify import building, credentials
from dfrefactor.lazy import dataclass
from dfrefactor.settings import Settings
from dfrefactor.text.mask import Mask


@dataclass(frozen=True)
class Measured:
    """Hints by the text of their RUN, and a line for each step that has none though it would need one."""

    hints: Mapping[str, Hint]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """A Dockerfile, its context with a digest of what it takes of that, and the folder where it is remembered what was seen."""

    data: bytes
    context: Path
    digest: str
    memory: Path


def measured(project: Project, builder: Builder, options: Options, secrets: Mapping[str, str], settings: Settings) -> Measured:
    """What a build of the file shows of the steps it would take a hint for.

    What was seen before with the same steps in front, base and context is not built again.  Raises EngineError.
    """
    document = parse(project.data)
    wanted = unknown(document, settings)
    if not wanted:
        return Measured({})
    if not (isinstance(builder, Docker) and builder.mounts):
        raise EngineError("only BuildKit can trace a build")
    hidden = {*secrets.values(), *credentials(project.data, options.build_args)}
    options = replace(options, mask=Mask(options.mask.values | hidden))
    own = {each: stage for stage in document.stages for each in stage.instructions}
    with building(builder) as build:
        known = bases.asked(builder, build, document, {own[each].chain[0]: None for each in wanted}, options)
    digests = {each: _base(own[each], known) for each in wanted}
    named = keys(document, wanted, given(document, project.digest, options))
    recalled = {} if options.no_cache else {each: recall(project.memory, named[each]) for each in wanted}
    found = {each: seen for each, seen in recalled.items() if seen is not None and seen.base == digests[each]}
    if len(found) < len(wanted):
        watched = observe(
            project.data, project.context, engine=builder, options=options, secrets=secrets, settings=settings, known=known
        )
        same = {each.span: each for each in wanted}
        fresh = {same[one.instruction.span]: one for one in watched.proposals}
        found = {each: _seen(one, digests[each], watched.mask) for each, one in fresh.items()}
        keep(project.memory, {named[each]: about for each, about in found.items() if not fresh[each].untraced})
    return Measured(_by_text(found), tuple(f"line {each.lines[0]}: not measured: {seen.reason}"
                                           for each, seen in found.items() if seen.reason))  # fmt: skip


def remembered(project: Project, settings: Settings) -> Mapping[str, Hint]:
    """What was seen of the file with this context before; which base it was, only an engine could tell."""
    document = parse(project.data)
    named = keys(document, unknown(document, settings), given(document, project.digest, Options()))
    return _by_text({each: seen for each, key in named.items() if (seen := recall(project.memory, key)) is not None})


def given(document: Document, digest: str, options: Options) -> list[str]:
    """What a build is given that may change what its steps do, but for secrets."""
    hidden = set(credentials(bytes(document), options.build_args))
    declared = {pair.key for each in document.instructions if isinstance(each, Arg) for pair in each.pairs}
    said = {name: os.environ.get(name, "") if value is None else value for name, value in options.build_args.items()}
    args = sorted(f"{name}={value}" for name, value in said.items() if name in declared and value not in hidden)
    return [digest, options.platform or "", *args, *options.build_contexts]


def _base(stage: Stage, known: Mapping[str, bases.Base]) -> str:
    base = known.get(str(stage.chain[0].base))
    return base.digest if base is not None else str(stage.chain[0].base)


def _seen(one: Proposal, base: str, mask: Mask) -> Seen:
    """What is kept of a proposal: no path with a secret in it, be it a temporary file's."""
    if not (one.reason or one.proved):
        return Seen(base, reason=one.untraced)
    beside = (path for path in one.left_out if PLAIN.fullmatch(path) and path not in ENGINES)
    leaves = tuple(path for path in beside if not any(path.startswith(f"{top}/") for top in one.writes))
    if any(mask(path) != path for path in leaves):
        return Seen(base, reason="a path of it holds a secret")
    return Seen(base, one.writes, one.reads, leaves, mask(one.reason))


def _by_text(found: Mapping[Instruction, Seen]) -> dict[str, Hint]:
    """One hint for each text; the same text twice has one where both did the same."""
    hints: dict[str, set[Hint | None]] = {}
    for instruction, seen in found.items():
        hints.setdefault(instruction.written, set()).add(seen.hint)
    return {text: one for text, said in hints.items() for one in said if one is not None and len(said) == 1}

