"""Run passes, each over a fresh parse of what the last one left, and guard what they did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from dfrefactor import buildkit
from dfrefactor.dockerfile.comments import ALL, ignores, notes
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.dockerfile.generated import generated
from dfrefactor.dockerfile.model import Document
from dfrefactor.facts import Facts
from dfrefactor.finding import GENERATED, UNUSED, Finding, Safety, Severity
from dfrefactor.guard import complaints
from dfrefactor.kinds import Kind, kind_of
from dfrefactor.lazy import dataclass
from dfrefactor.passes import PASSES, Pass
from dfrefactor.result import Left, Result, Rewrite
from dfrefactor.secrets.hidden import known, stated
from dfrefactor.settings import Settings
from dfrefactor.text.edit import OverlappingEditsError, apply
from dfrefactor.text.places import Moved
from dfrefactor.text.source import Source, Span

if TYPE_CHECKING:
    from dfrefactor.compose.file import Read

_MOST_IGNORES = 20
"""So many are looked at one by one."""
ROUNDS = 100
"""A pass may mend one stage at a time; more rounds than this are a pass that does not settle."""


@dataclass(frozen=True)
class _Language:
    """How the files of a kind are read, obeyed and guarded; what `parse` gives is what their passes get."""

    parse: Callable[[Source], Any]
    errors: Callable[[Any], tuple[ParseError, ...]]
    """Why a file has to be left alone."""
    skipped: Callable[[Any], bool]
    """Whether its comments ask for that."""
    ignored: Callable[[Any, str], Sequence[Span]]
    """Where they ask the pass of that name to leave it alone."""
    neighbours: Callable[[Any, str], Sequence[Span]]
    """Where comments for other linters do."""
    complaints: Callable[[Any, Any, Sequence[Finding]], Sequence[str]]
    secrets: Callable[[Any], tuple[Span, ...]]
    """What no report may show."""


def refactor(
    data: bytes,
    path: str = "Dockerfile",
    passes: Sequence[Pass] = PASSES,
    settings: Settings | None = None,
    read: Read = lambda _: None,
) -> Result:
    """Refactor `data`, a Dockerfile, Compose or bake file as its path says; never raises for content.

    `read` gives the bytes of the files beside it that a Compose file speaks of.
    """
    settings, kind, source = settings or Settings(), kind_of(path), Source.of_bytes(data, path)
    passes = [each for each in passes if kind in each.reads]
    if not passes and kind != "dockerfile":
        return Result(source, source)  # what is wrong with a Compose file is said only where somebody reads it
    language = _language(kind, read, settings)
    document = language.parse(source)
    if language.skipped(document):
        return Result(source, source)
    if errors := language.errors(document):
        return Result(source, source, errors=errors, secrets=language.secrets(document))
    result = _refactored(document, passes, language, settings)
    if "ignore" not in source.text or not isinstance(document, Facts):
        return result
    return replace(result, left=(*result.left, *map(Left, _unused(result, document, passes, language, settings))))


def _unused(
    result: Result, facts: Facts, passes: Sequence[Pass], language: _Language, settings: Settings
) -> Iterator[Finding]:  # fmt: skip
    """The ignores that silence nothing: without one of them, the same is found and made of the file."""

    def essence(result: Result) -> object:
        found = [(finding.rule, span, finding.message, rewrite) for finding, span, rewrite in result.found(advice=True)]
        return found, len(result.after.text)

    running = frozenset(each.name for each in passes if each.name in settings.selected or not each.asked)
    whole = all(each in passes for each in PASSES if "dockerfile" in each.reads)
    text = facts.source.text
    for ignore in islice(ignores(facts.document), _MOST_IGNORES):
        if ignore.names <= running or (ALL in ignore.names and whole):
            start, end = ignore.span
            without = language.parse(Source(text[:start] + " " * (end - start) + text[end:], result.path))
            if essence(_refactored(without, passes, language, settings)) == essence(result):
                yield Finding(UNUSED, ignore.span, f"nothing is found that `{text[start:end]}` silences", fix="take it away")


def _refactored(document: Any, passes: Sequence[Pass], language: _Language, settings: Settings) -> Result:
    """What the passes make of a file that was read."""
    source, now = document.source, document
    passes = [each for each in passes if not each.own or each.may_find(document, settings)]
    rewrites: list[Rewrite] = []
    for _ in range(ROUNDS):
        made = _sweep(passes, now, language, settings)
        rewrites += made.rewrites
        now = made.after
        if not made.rewrites:
            break  # one run settles: what a later pass leaves may be work for an earlier one
    else:
        return Result(source, source, problems=("the passes do not settle together",))
    left = tuple(Left(finding, len(rewrites)) for finding in made.left)
    secrets = language.secrets(document) if rewrites or left or made.problems else ()
    result = Result(source, _plain(now.source), tuple(rewrites), left, problems=made.problems, secrets=secrets)
    comment = generated(source.text) if rewrites and not settings.generated else None
    if comment:
        return _withheld(result, comment, frozenset(each.name for each in passes if each.faults))
    return _with_suggestion(result, document, passes, language, settings) if isinstance(document, Facts) else result


def alone(before: Source, finding: Finding, read: Read = lambda _: None) -> Source | None:
    """`before` with this one of its findings mended and nothing else; None where the guard has something against it."""
    language = _language(kind_of(before.path), read, Settings())
    try:
        edits = tuple(sorted(set(finding.edits)))
        after = Source(apply(before.text, edits), before.path)
    except OverlappingEditsError:
        return None
    wrong = language.complaints(language.parse(before), language.parse(Moved(before, edits, after).numbered()), [finding])
    return None if wrong else after


def _with_suggestion(result: Result, document: Facts, passes: Sequence[Pass], language: _Language, settings: Settings) -> Result:
    """The result for a Dockerfile with what a pass that left something would make of it in another way."""
    unmended = {left.finding.rule for left in result.left if not left.finding.edits}
    for each in passes:
        if each.name in unmended and (other := each.otherwise(settings)):
            option, settings = other
            start = language.parse(result.after) if result.rewrites else document
            suggested = _refactored(start, [each], language, settings)
            if suggested.changed and not suggested.problems:
                return replace(result, suggested=suggested, otherwise=option)
    return result


def _withheld(result: Result, comment: Span, faults: frozenset[str]) -> Result:
    """The result for a generated file, which is left as it is: one note at the comment that says so, and what is wrong with it.

    What would only be better is advice.
    """
    fix = "edit its template, or pass --generated"
    left = [Finding(GENERATED, comment, "this file says it is generated, and is left alone", fix=fix)]
    for finding, number in result.numbered:
        fault = finding.rule in faults
        safety, severity = (finding.safety, finding.severity) if fault else (Safety.ADVICE, Severity.NOTE)
        span, *secrets = (result.origin(each, number) for each in (finding.span, *finding.secrets))
        message = f"{finding.message} (not done: the file is generated)" if finding.edits else finding.message
        left.append(replace(finding, span=span, message=message, edits=(), safety=safety, secrets=tuple(secrets),
                            severity=severity))
    return replace(result, after=result.before, rewrites=(), left=tuple(map(Left, left)))


def _language(kind: Kind, read: Read, settings: Settings) -> _Language:
    if kind == "dockerfile":
        return _Language(
            lambda source: Facts(Document(source), settings),
            _errors,
            lambda facts: facts.notes.skip_file,
            _ignored,
            lambda facts, rule: [each.instruction.span for each in facts.neighbours if each.rule == rule],
            lambda before, after, findings: complaints(before.document, after.document, findings),
            known,
        )
    from dfrefactor.compose import file

    return _Language(
        lambda source: file.BuildFile(source, read, kind),
        lambda build: build.errors,
        lambda build: build.skip_file,
        file.BuildFile.ignored,
        lambda _build, _rule: (),
        file.complaints,
        lambda build: stated(build.source.text),
    )


def _errors(facts: Facts) -> tuple[ParseError, ...]:
    return *buildkit.errors(facts.document), *notes(facts.document, frozenset(each.name for each in PASSES)).errors


def _ignored(facts: Facts, rule: str) -> list[Span]:
    remarks = facts.notes
    return [each.span for each in facts.document.instructions if remarks.ignores(each, rule)] if remarks.ignored else []


class _Made(NamedTuple):
    """What passes made of a text: the last one, and what they found in it and did not mend."""

    after: Any
    rewrites: tuple[Rewrite, ...] = ()
    left: tuple[Finding, ...] = ()
    problems: tuple[str, ...] = ()


def _sweep(passes: Sequence[Pass], now: Any, language: _Language, settings: Settings) -> _Made:
    """Every pass once, each over what the one before left; what was found and not mended lies in the text its pass saw."""
    whole = _Made(now)
    for each in passes:
        made = _run(each, whole.after, language, settings)
        whole = _Made(made.after, whole.rewrites + made.rewrites, whole.left + made.left, whole.problems + made.problems)
    return whole


def _run(by: Pass, start: Any, language: _Language, settings: Settings) -> _Made:
    """One pass until it finds nothing more to mend; all of it is dropped if the guard complains once."""

    def dropped(why: object) -> _Made:
        found = _allowed(by, start, language, settings)
        return _Made(start, left=tuple(f for f in found if not f.edits), problems=(f"{by.name}: {why}",))

    rewrites: list[Rewrite] = []
    now = start
    for _ in range(ROUNDS):
        found = _allowed(by, now, language, settings)
        able = by.name not in settings.checked
        mended = tuple(f for f in found if able and f.edits and f.safety <= settings.allow)
        if not mended:
            return _Made(now, tuple(rewrites), tuple(found))
        edits = tuple(sorted({edit for finding in mended for edit in finding.edits}))
        try:
            text = Source(apply(now.source.text, edits), now.source.path)
        except OverlappingEditsError as error:
            return dropped(error)
        after = language.parse(Moved(now.source, edits, text).numbered())
        if wrong := language.complaints(now, after, mended):
            return dropped(wrong[0])
        rewrites.append(Rewrite(by.name, _plain(now.source), mended, text))
        now = after
    return _Made(start, problems=(f"{by.name}: does not settle",))


def _allowed(by: Pass, document: Any, language: _Language, settings: Settings) -> list[Finding]:
    """The findings of `by`, without those that an ignore comment speaks for.

    What another linter is to ignore goes by names: where more than a name is wrong, that is still told.
    """
    ignored, others = language.ignored(document, by.name), language.neighbours(document, by.name)

    def touches(finding: Finding) -> bool:
        spans = [finding.span, *(edit.span for edit in finding.edits)]
        heard = ignored if finding.severity is Severity.ERROR else [*ignored, *others]
        return any(a.overlaps(s) for a in heard for s in spans)

    found = [finding for finding in _found(by, document, settings) if not touches(finding)]
    severity = settings.severity.get(by.name)
    return found if severity is None else [replace(finding, severity=severity) for finding in found]


def _found(by: Pass, document: Any, settings: Settings) -> list[Finding]:
    """What a pass finds, and which of it rests on what a build was seen to do: what it does not find without that.

    That is one build on one machine: it is applied where what comes of it is built and compared, or the user says so.
    """
    found = list(by.run(document, settings))
    if not (isinstance(document, Facts) and document.measured):
        return found
    without = replace(settings, measured={})
    known = list(by.run(Facts(document.document, without), without))
    proved = {(each.rule, each.edits) for each in known}
    lines = ", ".join(str(run.lines[0]) for run in document.measured)
    note = f"rests on what a build was seen to do (line{'s' if ', ' in lines else ''} {lines})"
    resting = [
        replace(each, notes=(*each.notes, note), safety=each.safety if settings.verified else max(each.safety, Safety.UNSAFE))
        for each in found
        if each.edits and (each.rule, each.edits) not in proved
    ]
    if settings.verified or settings.allow >= Safety.UNSAFE:
        return [*resting, *(each for each in found if not each.edits or (each.rule, each.edits) in proved)]
    return [*known, *resting]


def _plain(source: Source) -> Source:
    """Its lines called by their own numbers."""
    return Source(source.text, source.path)
