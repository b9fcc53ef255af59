"""What became of one file: the one value that the pipeline makes and every report, command and editor shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from functools import cached_property
from typing import NamedTuple

from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.finding import Asked, FailOn, Finding, Safety
from dfrefactor.lazy import dataclass
from dfrefactor.text.mask import Mask
from dfrefactor.text.places import Moved
from dfrefactor.text.shown import shortened
from dfrefactor.text.source import Source, Span


@dataclass(frozen=True)
class Rewrite:
    """What one pass made of one text; the findings' spans and edits are places in `before`."""

    by: str
    before: Source
    findings: tuple[Finding, ...]
    after: Source

    @cached_property
    def moved(self) -> Moved:
        edits = {edit for finding in self.findings for edit in finding.edits}
        return Moved(self.before, tuple(sorted(edits)), self.after)


@dataclass(frozen=True)
class Left:
    """A finding that was not acted on; its spans are places in the text that the first `after` rewrites left."""

    finding: Finding
    after: int = 0


class Found(NamedTuple):
    """A finding, its place in the file as it was read, and the number of the rewrite that mends it, if one does."""

    finding: Finding
    span: Span
    rewrite: int | None


@dataclass(frozen=True)
class Result:
    """What the passes made of one file, whatever its kind.

    `errors` is why it was left alone: what a builder rejects, or a comment of ours that can't be read.  `problems` are bugs
    of ours: passes the guard dropped.  Whoever writes the file adds `refused`, why it was not written, `notes` about
    the writing, and `fail_on`, where the user said so.
    """

    before: Source
    after: Source
    rewrites: tuple[Rewrite, ...] = ()
    left: tuple[Left, ...] = ()
    errors: tuple[ParseError, ...] = ()
    problems: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    suggested: Result | None = None
    """What could be made of `after` in another way, which takes a user to say so: `otherwise` is the option for that."""
    otherwise: str = ""
    fail_on: FailOn = field(default_factory=dict)
    known: frozenset[Finding] = frozenset()
    """What was there before, as a baseline says: no report shows it, and it does not count."""
    secrets: tuple[Span, ...] = ()
    """Places in `before` that no report may show, beside those the findings name."""

    @property
    def path(self) -> str:
        return self.before.path

    @property
    def data(self) -> bytes:
        """The file as it is left."""
        return self.after.data

    @property
    def changed(self) -> bool:
        return self.before.text != self.after.text

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that was found, what was mended first."""
        return tuple(finding for finding, _ in self.numbered)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The build arguments that became secrets, and what else did."""
        return tuple(dict.fromkeys(each for rewrite in self.rewrites for finding in rewrite.findings for each in finding.asked))

    @property
    def numbered(self) -> tuple[tuple[Finding, int], ...]:
        """All that was found, with the number of rewrites made before: its spans are places in the text they left."""
        mended = [(finding, number) for number, rewrite in enumerate(self.rewrites) for finding in rewrite.findings]
        return (*mended, *((left.finding, left.after) for left in self.left))

    def new(self, rewrite: Rewrite) -> tuple[Finding, ...]:
        """What a rewrite mends and was not there before."""
        return tuple(finding for finding in rewrite.findings if finding not in self.known)

    def shown(self, advice: bool = False) -> tuple[Left, ...]:
        """What was found and not mended, advice only on demand."""
        new = (each for each in self.left if each.finding not in self.known)
        return tuple(each for each in new if advice or each.finding.safety is not Safety.ADVICE)

    def found(self, advice: bool = False) -> Iterator[Found]:
        """Every finding with its place, those that are mended first."""
        for number, rewrite in enumerate(self.rewrites):
            for finding in self.new(rewrite):
                yield Found(finding, self.origin(finding.span, number), number)
        for left in self.shown(advice):
            yield Found(left.finding, self.origin(left.finding.span, left.after), None)

    def speaks(self, advice: bool = False) -> bool:
        """Whether a report has anything to say of the file."""
        return bool(self.errors or self.problems) or any(True for _ in self.found(advice))

    def origin(self, span: Span, rewrite: int) -> Span:
        """Where the text at `span`, a place before rewrite number `rewrite`, stands in the file as it was read."""
        for each in reversed(self.rewrites[:rewrite]):
            span = each.moved.back(span)
        return span

    def destination(self, span: Span, rewrite: int) -> Span:
        """Where the text at `span`, a place before rewrite number `rewrite`, stands in the file as it is left."""
        for each in self.rewrites[rewrite:]:
            span = each.moved.forth(span)
        return span

    @cached_property
    def mask(self) -> Mask:
        """Hides every credential, wherever its value stands."""
        places = [(self._text(number), span) for finding, number in self.numbered for span in finding.secrets]
        return Mask.of([*places, *((self.before.text, span) for span in self.secrets)])

    @cached_property
    def shown_errors(self) -> tuple[ParseError, ...]:
        """`errors` without a credential; a message that repeats a name of thousands of characters helps nobody."""
        return tuple(replace(each, message=shortened(self.mask(each.message), 300)) for each in self.errors)

    def _text(self, rewrite: int) -> str:
        """The text that rewrite number `rewrite` was, or would be, made in."""
        return (self.rewrites[rewrite - 1].after if rewrite else self.before).text
