"""What became of one file, in the form that every report reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from dfrefactor.finding import Finding, Safety
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Source, Span

if TYPE_CHECKING:
    from dfrefactor.text.mask import Mask

Done = Literal["shown", "checked", "applied"]
"""What was done with the outcomes."""


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
class Left:
    """A finding that was not acted on, found when `after` of the changes had been made."""

    finding: Finding
    after: int = 0


@dataclass(frozen=True)
class Outcome:
    """What the passes made of one file.

    `faults` is why a file was left alone, `problems` what went wrong on our side, `refused` why a rewrite was not
    written, `remarks` what there is to say about the writing.
    """

    path: str
    before: Source
    after: Source
    changes: tuple[Change, ...] = ()
    left: tuple[Left, ...] = ()
    faults: tuple[Fault, ...] = ()
    problems: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    secrets: tuple[Span, ...] = ()
    """Places in `before` that no report may show, beside those the findings name."""

    @property
    def changed(self) -> bool:
        return self.before.text != self.after.text

    @cached_property
    def mask(self) -> Mask:
        """Hides every credential, wherever its value stands."""
        from dfrefactor.text.mask import Mask

        found = [(finding, number) for number, change in enumerate(self.changes) for finding in change.findings]
        found += [(left.finding, left.after) for left in self.left]
        places = [(self._text(number), span) for finding, number in found for span in finding.secrets]
        return Mask.of([*places, *((self.before.text, span) for span in self.secrets)])

    def _text(self, change: int) -> str:
        """The text that change number `change` was, or would be, made in."""
        return (self.changes[change - 1].after if change else self.before).text

    def shown(self, advice: bool = False) -> tuple[Left, ...]:
        """What was found and not mended, advice only on demand."""
        return tuple(each for each in self.left if advice or each.finding.safety is not Safety.ADVICE)

    def origin(self, span: Span, change: int) -> Span:
        """Where the text at `span`, a place before change number `change`, stands in the file as it was read.

        Text that an earlier change wrote stands where that change put it.
        """
        for each in reversed(self.changes[:change]):
            span = Span(*(_moved(offset, each.edits, back=True) for offset in span))
        return Span(span.start, max(span))

    def destination(self, span: Span, change: int) -> Span:
        """Where the text at `span`, a place before change number `change`, stands in the file as it is left."""
        for each in self.changes[change:]:
            span = Span(*(_moved(offset, each.edits, back=False) for offset in span))
        return Span(span.start, max(span))


def _moved(offset: int, edits: tuple[Edit, ...], *, back: bool) -> int:
    """Where `offset` is on the other side of the edits; what one of them wrote or took is at its start."""
    shift = 0  # from here to there, so far
    for (start, end), text in ((edit.span, edit.text) for edit in edits):
        at, here, there = start, end - start, len(text)
        if back:
            at, here, there = start - shift, there, here
        if offset < at:
            break
        if offset < at + here:
            return at + shift
        shift += there - here
    return offset + shift
