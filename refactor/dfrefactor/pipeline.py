"""Run passes, each over a fresh parse of what the last one left, and guard what they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dfrefactor import buildkit
from dfrefactor.dockerfile.comments import Notes, notes
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.dockerfile.model import Document, parse
from dfrefactor.finding import Finding
from dfrefactor.guard import complaints
from dfrefactor.passes import PASSES, Pass
from dfrefactor.settings import Settings
from dfrefactor.text.edit import OverlappingEditsError, apply

ROUNDS = 100
"""A pass may mend one stage at a time; more rounds than this are a pass that does not settle."""


@dataclass(frozen=True)
class Rewrite:
    """What one pass made of one text: from what, why, to what."""

    by: str
    before: Document
    findings: tuple[Finding, ...]
    after: Document


@dataclass(frozen=True)
class Result:
    """What refactoring made of one file.

    `findings` are all that were found, those without edits and advice included; the spans of each lie in the text it
    was found in (a Rewrite's `before`, or the last text for the others).  `errors` are the reasons a builder rejects the file
    or a comment of ours can't be read: then nothing was changed.  `problems` are bugs of ours: passes the guard
    dropped.
    """

    document: Document
    data: bytes
    findings: tuple[Finding, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    errors: tuple[ParseError, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return self.data != self.document.source.data


def refactor(
    data: bytes, path: str = "Dockerfile", passes: Sequence[Pass] = PASSES, settings: Settings | None = None
) -> Result:
    """Refactor the Dockerfile in `data`; never raises for content."""
    settings = settings or Settings()
    document = parse(data, path)
    remarks = notes(document, frozenset(p.name for p in PASSES))
    errors = () if remarks.skip_file else (*buildkit.errors(document), *remarks.errors)
    if errors or remarks.skip_file:
        return Result(document, data, errors=errors)
    rewrites: list[Rewrite] = []
    for _ in range(ROUNDS):
        now = rewrites[-1].after if rewrites else document
        made, unmended, problems = _sweep(passes, now, settings)
        rewrites += made
        if not made:
            break  # one run settles: what a later pass leaves may be work for an earlier one
    else:
        return Result(document, data, problems=("the passes do not settle together",))
    found = tuple(finding for rewrite in rewrites for finding in rewrite.findings)
    return Result(document, now.source.data, (*found, *unmended), tuple(rewrites), (), tuple(problems))


def _sweep(passes: Sequence[Pass], now: Document, settings: Settings) -> tuple[list[Rewrite], list[Finding], list[str]]:
    """Every pass once, each over what the one before left; what was found and not mended lies in the text its pass saw."""
    rewrites: list[Rewrite] = []
    unmended: list[Finding] = []
    problems: list[str] = []
    for each in passes:
        made, rest, problem = _run(each, now, settings)
        rewrites += made
        unmended += rest
        if problem:
            problems.append(problem)
        now = made[-1].after if made else now
    return rewrites, unmended, problems


def _run(by: Pass, start: Document, settings: Settings) -> tuple[list[Rewrite], list[Finding], str]:
    """One pass until it finds nothing more to mend; all of it is dropped if the guard complains once."""
    rewrites: list[Rewrite] = []
    now = start
    for _ in range(ROUNDS):
        found = _allowed(by, now, notes(now), settings)
        mended = tuple(f for f in found if f.edits and f.safety <= settings.allow)
        rest = [f for f in found if f not in mended]
        if not mended:
            return rewrites, rest, ""
        try:
            text = apply(now.source.text, [edit for finding in mended for edit in finding.edits])
        except OverlappingEditsError as error:
            return [], _without_edits(by, start, settings), f"{by.name}: {error}"
        after = parse(text.encode("utf-8", "surrogateescape"), now.source.path)
        wrong = complaints(now, after, mended)
        if wrong:
            return [], _without_edits(by, start, settings), f"{by.name}: {wrong[0]}"
        rewrites.append(Rewrite(by.name, now, mended, after))
        now = after
    return [], [], f"{by.name}: does not settle"


def _without_edits(by: Pass, document: Document, settings: Settings) -> list[Finding]:
    return [f for f in _allowed(by, document, notes(document), settings) if not f.edits]


def _allowed(by: Pass, document: Document, remarks: Notes, settings: Settings) -> list[Finding]:
    """The findings of `by`, without those that an ignore comment speaks for."""
    ignored = [i.span for i in document.instructions if remarks.ignores(i, by.name)]

    def touches(finding: Finding) -> bool:
        spans = [finding.span, *(edit.span for edit in finding.edits)]
        return any(a.start < s.end and s.start < a.end for a in ignored for s in spans)

    return [finding for finding in by.run(document, settings) if not touches(finding)]
