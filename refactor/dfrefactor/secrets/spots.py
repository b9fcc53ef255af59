"""Where the characters of a shell text stand in the file."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.text.source import Span


@dataclass(frozen=True)
class Text:
    """The text that a trace was made of, and the instruction it is from."""

    instruction: Instruction
    text: str

    @property
    def is_body(self) -> bool:
        """Whether it is the body of a heredoc."""
        heredocs = self.instruction.heredocs
        return len(heredocs) == 1 and not self.text.startswith(self.instruction.args)

    @cached_property
    def _pieces(self) -> tuple[tuple[int, int, int], ...]:
        """Where pieces start in `text`, where in the file (-1: in the arguments), and how long one without places inside is."""
        instruction = self.instruction
        heredocs = instruction.heredocs
        if not heredocs:
            return ((0, -1, 0),)
        content = heredocs[0].content
        if self.is_body and content.endswith(self.text):
            return ((0, heredocs[0].span.start + len(content) - len(self.text), 0),)
        if self.is_body and content.startswith("#!") is False and not self.text.endswith(f"{content}{heredocs[0].name}\n"):
            return ((0, heredocs[0].span.start, len(content)),)  # its tabs are gone
        bodies = sum(len(each.content) + len(each.name) + 1 for each in heredocs)
        at = len(self.text) - bodies
        moved = 0 if self.text.startswith(instruction.args) else len(instruction.args)
        found = [(0, -1, moved)]
        for each in heredocs:
            found += [(at, each.span.start, 0), (at + len(each.content), each.span.end, 1)]
            at += len(each.content) + len(each.name) + 1
        return tuple(found)

    def span(self, span: Span) -> Span:
        """The place in the file of `span` of the text."""
        start, end = self._at(span.start), self._at(max(span.end - 1, span.start))
        return Span(start.start, max(end.end if span.end > span.start else start.start, start.start))

    def _at(self, offset: int) -> Span:
        start, place, whole = self._pieces[max(bisect_right([each[0] for each in self._pieces], offset) - 1, 0)]
        if place < 0:
            return self.instruction.span_of(0, whole) if whole else self.instruction.span_of(offset - start, offset - start + 1)
        return Span(place, place + whole) if whole else Span(place + offset - start, place + offset - start + 1)
