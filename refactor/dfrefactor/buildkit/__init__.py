"""What BuildKit 28.5 rejects beyond the structure of lines, as `docker build --check` says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dfrefactor.buildkit import arguments, build, options
from dfrefactor.buildkit.mistake import MistakeError
from dfrefactor.buildkit.stages import Needs, Problem, check_bases
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.dockerfile.expand import UNSET, Unset
from dfrefactor.dockerfile.instructions import Arg, From, Instruction, Onbuild
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.dockerfile.scope import Scope, Scopes

_LONGEST = 300
"""A message that repeats a name of thousands of characters helps nobody."""


def check(document: Document, missing: Unset | None = UNSET) -> tuple[ParseError, ...]:
    """Every mistake of the first kind that has any: forms of instructions, then bases, stages, and what they do.

    `missing` is the value of an ARG without default: UNSET as for `docker build --check`, which gives no argument, or
    None for the mistakes that no `--build-arg` can mend.  Where the verdict hangs on something else the file does not
    say (a variable of the base image), there is no mistake.
    """
    said = options.find(document.source)
    try:
        option = options.read(said[1]) if said else options.Options()
    except MistakeError as mistake:
        return (ParseError(said[0] if said else 1, 1, str(mistake)),)
    wrong: tuple[ParseError, ...] = ()
    for kind in (_forms, check_bases, _uses):
        wrong = wrong or tuple(_errors(document, kind(document, missing)))
    if said and option.error and not wrong and "syntax" not in document.directives:
        from dfrefactor.buildkit import lint

        broken = lint.violations(document, option)
        if broken:
            wrong = (ParseError(said[0], 1, f"lint violation found for rules: {', '.join(broken)}"),)
    return wrong


def _errors(document: Document, problems: Iterable[Problem]) -> Iterator[ParseError]:
    for instruction, mistake in problems:
        span = mistake.span or instruction.keyword_span
        message = str(mistake)
        short = message if len(message) <= _LONGEST else message[:_LONGEST] + "…"
        yield ParseError(*document.source.position(span.start), short)


def _forms(document: Document, _: Unset | None) -> Iterator[Problem]:
    in_stage = found = False
    for instruction in document.instructions:
        in_stage = in_stage or isinstance(instruction, From)
        wrong = list(_form(instruction, document))
        if not wrong and not in_stage and not isinstance(instruction, Arg):
            wrong = [(instruction, MistakeError("no build stage in current context"))]
        found = found or bool(wrong)
        yield from wrong
    if not in_stage and not found:
        yield document.instructions[0], MistakeError("dockerfile contains no stages to build")


def _form(instruction: Instruction, document: Document) -> Iterator[Problem]:
    try:
        arguments.check(instruction, labs="syntax" in document.directives)
    except MistakeError as mistake:
        yield instruction, mistake


def _uses(document: Document, missing: Unset | None) -> Iterator[Problem]:
    needs = Needs(document)
    yield from needs.check()
    reachable = needs.reachable()
    walk = Scopes(document, missing)
    for stage in document.stages:
        before = walk.of(stage)
        for instruction, scope in zip(stage.instructions, before, strict=True):
            yield from _carried_out(instruction, scope)
        if isinstance(stage.base, Stage) and stage.index in reachable:
            yield from _triggers(stage, stage.base, needs, before[0])


def _carried_out(instruction: Instruction, scope: Scope) -> Iterator[Problem]:
    try:
        build.check(instruction, scope)
    except MistakeError as mistake:
        yield instruction, mistake


def _triggers(stage: Stage, base: Stage, needs: Needs, scope: Scope) -> Iterator[Problem]:
    """The ONBUILDs of the base, which run at the start of `stage`: BuildKit reads them only there."""
    for onbuild in base.instructions:
        if isinstance(onbuild, Onbuild):
            wrong = list(_form(onbuild.trigger, stage.document))
            wrong = wrong or [*needs.check_one(stage, onbuild.trigger), *_carried_out(onbuild.trigger, scope)]
            yield from ((stage.from_, mistake) for _, mistake in wrong)
