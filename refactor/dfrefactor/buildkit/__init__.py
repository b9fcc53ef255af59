"""What BuildKit 28.5 rejects, as `docker build --check` says it; it reads documents, and documents do not know it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from dfrefactor.buildkit import arguments, build, lint
from dfrefactor.buildkit.mistake import MistakeError, Problem, caught
from dfrefactor.buildkit.stages import Needs, check_bases
from dfrefactor.dockerfile.directives import ParseError, read_directives
from dfrefactor.dockerfile.instructions import Arg, From, Onbuild
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.dockerfile.scope import Scope, Scopes
from dfrefactor.images import start

_LONGEST_LINE = 65_535
"""BuildKit reads with bufio.Scanner's default buffer (FACTS, parsers)."""

_ENOUGH = 3
"""So many lines that start with no instruction are shown; more of them are mostly no Dockerfile."""


@lru_cache(maxsize=16)
def errors(document: Document) -> tuple[ParseError, ...]:
    """What BuildKit rejects of `document` whatever the build arguments are, in file order; () for a file it may build.

    All mistakes of the first kind that has any: lines, forms of instructions, bases, what the stages do, and lint where
    the file asks for it.  Where the verdict hangs on what the file does not say (a build argument, whether it has a
    default or not; a variable of the base image; a flag of a frontend it names), there is no mistake.
    """
    kinds = (_lines, _options, _forms, check_bases, _uses, _lint)
    return next((tuple(sorted(set(found))) for kind in kinds if (found := list(_errors(document, kind(document))))), ())


def _errors(document: Document, problems: Iterable[Problem | ParseError]) -> Iterator[ParseError]:
    for problem in problems:
        if isinstance(problem, ParseError):
            yield problem
        else:
            instruction, mistake = problem
            span = mistake.span or instruction.keyword_span
            yield ParseError(*document.source.position(span.start), str(mistake))


def _lines(document: Document) -> Iterator[ParseError]:
    source = document.source
    yield from read_directives(source)[1]
    for number, line in enumerate(source.data.split(b"\n"), 1):
        if len(line) > _LONGEST_LINE:
            yield ParseError(number, 1, f"dockerfile line greater than max allowed size of {_LONGEST_LINE}")
    for instruction in document.instructions:
        if instruction.unterminated:
            yield ParseError(*source.position(instruction.span.start), "unterminated heredoc")
    if not document.instructions:
        yield ParseError(1, 1, "file with no instructions")


def _options(document: Document) -> Iterator[ParseError]:
    if said := lint.find_options(document.source):
        try:
            lint.read_options(said[1])
        except MistakeError as mistake:
            yield ParseError(said[0], 1, str(mistake))


def _lint(document: Document) -> Iterator[ParseError]:
    """For a file that says `# check=error=true`: there a warning is an error, and nothing is built."""
    said = lint.find_options(document.source)
    if said and (asked := lint.read_options(said[1])).error and "syntax" not in document.directives:
        if broken := lint.violations(document, asked):
            yield ParseError(said[0], 1, f"lint violation found for rules: {', '.join(broken)}")


def _forms(document: Document) -> list[Problem]:
    """The mistakes of form.  A text that is no Dockerfile at all would have one a line: one question says more."""
    found = list(_each_form(document))
    unknown = [at for at, (_, mistake) in enumerate(found) if str(mistake).startswith("unknown instruction")]
    if len(unknown) <= _ENOUGH:
        return found
    at = unknown[_ENOUGH]
    question = f"and {len(unknown) - _ENOUGH} more: is this a Dockerfile?"
    return [*found[:at], (found[at][0], MistakeError(question))]


def _each_form(document: Document) -> Iterator[Problem]:
    in_stage = found = False
    for instruction in document.instructions:
        in_stage = in_stage or isinstance(instruction, From)
        wrong = list(caught(instruction, arguments.check, instruction, document.directives.get("syntax")))
        if not wrong and not in_stage and not isinstance(instruction, Arg):
            wrong = [(instruction, MistakeError("no build stage in current context"))]
        found = found or bool(wrong)
        yield from wrong
    if not in_stage and not found:
        yield document.instructions[0], MistakeError("dockerfile contains no stages to build")


def _any_given(_name: str, value: str, fixed: bool) -> str | None:
    return value if fixed else None


def _uses(document: Document) -> Iterator[Problem]:
    needs = Needs(document)
    yield from needs.check()
    reachable = needs.reachable()
    # a base that a build argument chooses may be any, and a build may give any value in the place of a default
    walk = Scopes(document, lambda each: Scope() if "$" in each.from_.image else start(each), _any_given)
    for stage in document.stages:
        before = walk.of(stage)
        for instruction, scope in zip(stage.instructions, before, strict=True):
            yield from caught(instruction, build.check, instruction, scope)
        if isinstance(stage.base, Stage) and stage.index in reachable:
            yield from _triggers(stage, stage.base, needs, before[0])


def _triggers(stage: Stage, base: Stage, needs: Needs, scope: Scope) -> Iterator[Problem]:
    """The ONBUILDs of the base, which run at the start of `stage`: BuildKit reads them only there."""
    for onbuild in base.instructions:
        if isinstance(onbuild, Onbuild):
            trigger, frontend = onbuild.trigger, stage.document.directives.get("syntax")
            wrong = list(caught(trigger, arguments.check, trigger, frontend))
            wrong = wrong or [*needs.check_one(stage, trigger), *caught(trigger, build.check, trigger, scope)]
            yield from ((stage.from_, mistake) for _, mistake in wrong)
