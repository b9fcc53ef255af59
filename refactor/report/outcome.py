"""What became of one file, in the form that every report reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from refactor.edit import Edit
from refactor.finding import Finding, Safety
from refactor.report.mask import Mask
from refactor.source import Source, Span


@dataclass(frozen=True)
class Change:
    """What one pass made of one text; the findings' spans are places in `before`."""

    by: str
    before: Source
    findings: tuple[Finding, ...]
    after: Source

    @cached_property
    def edits(self) -> tuple[Edit, ...]:
        return tuple(sorted({edit for finding in self.findings for edit in finding.edits}))


@dataclass(frozen=True)
class Fault:
    """A place the builder would reject."""

    line: int
    column: int
    message: str


@dataclass(frozen=True)
class Outcome:
    """What the passes made of one file.

    `left` are the findings that were not acted on, with their spans in `after`; `faults` is why a file was left alone,
    `problems` what went wrong on our side.
    """

    path: str
    before: Source
    after: Source
    changes: tuple[Change, ...] = ()
    left: tuple[Finding, ...] = ()
    faults: tuple[Fault, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return self.before.text != self.after.text

    @cached_property
    def mask(self) -> Mask:
        """Hides every credential that a finding points at, wherever its value stands."""
        values = {
            source.text[span.start : span.end]
            for findings, source in [*((each.findings, each.before) for each in self.changes), (self.left, self.after)]
            for finding in findings
            for span in finding.secrets
        }
        return Mask(frozenset(values))

    def shown(self, advice: bool = False) -> tuple[Finding, ...]:
        """What was found and not mended, advice only on demand."""
        return tuple(each for each in self.left if advice or each.safety is not Safety.ADVICE)

    def origin(self, span: Span, change: int) -> Span:
        """Where the text at `span`, a place before change number `change`, stands in the file as it was read.

        Text that an earlier change wrote stands where that change put it.
        """
        start, end = span
        for each in reversed(self.changes[:change]):
            start, end = _back(each.edits, start), _back(each.edits, end)
        return Span(start, max(start, end))


def _back(edits: tuple[Edit, ...], offset: int) -> int:
    grown = 0
    for (start, end), text in ((edit.span, edit.text) for edit in edits):
        if offset < start + grown:
            break
        if offset < start + grown + len(text):
            return start
        grown += len(text) - (end - start)
    return offset - grown
