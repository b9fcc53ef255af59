"""The shell text of a RUN, and where each of its characters stands in the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from dfrefactor import shell
from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.shell import Script
from dfrefactor.text.source import Span

_SHELLS = re.compile(r"(?:/\S*/)?(?:env\s+)?(?:ba|da|a|z|k)?sh(?:\s.*)?", re.S)
_OPENER = re.compile(r"\d*<<-?\s*[\"']?[A-Za-z_]\w*[\"']?")


@dataclass(frozen=True)
class Shelled:
    """Shell text made of pieces of the file; `pieces` are where each starts in `text` and in the file."""

    instruction: Instruction
    text: str
    pieces: tuple[tuple[int, int], ...]

    @cached_property
    def script(self) -> Script:
        return shell.parse(self.text)

    def span(self, span: Span) -> Span:
        """The place in the file of `span` of the text."""
        return Span(self._at(span.start), self._at(span.end - 1) + 1 if span.end > span.start else self._at(span.start))

    def _at(self, offset: int) -> int:
        start, place = self.pieces[max(bisect_right([s for s, _ in self.pieces], offset) - 1, 0)]
        if place < 0:
            return self.instruction.span_of(offset - start, offset - start + 1).start
        return place + offset - start


def shelled(instruction: Instruction) -> Iterator[Shelled]:
    """The texts of a RUN (or of a CMD, ENTRYPOINT, HEALTHCHECK in shell form) that a shell reads.

    None for a JSON form that calls no shell, and for a heredoc that another interpreter reads.
    """
    args = instruction.args
    if instruction.keyword == "HEALTHCHECK":
        return
    if instruction.is_json:
        words = instruction.words
        if len(words) == 3 and _SHELLS.fullmatch(words[0].text) and re.fullmatch(r"-\w*c", words[1].text):
            # escapes of JSON change offsets: only a text without them can be told place by place
            inner = words[2]
            plain = inner.span.end - inner.span.start - 2 == len(inner.text)
            yield Shelled(instruction, inner.text, ((0, inner.span.start + 1),) if plain else ((0, inner.span.start),))
        return
    if not instruction.heredocs:
        yield Shelled(instruction, args, ((0, -1),))
        return
    rest = _OPENER.sub("", args).strip()
    if not rest or _SHELLS.fullmatch(rest):
        for heredoc in instruction.heredocs:
            if not (heredoc.content.startswith("#!") and "sh" not in heredoc.content.partition("\n")[0]):
                yield Shelled(instruction, heredoc.content, ((0, heredoc.span.start),))
        return
    text, pieces = args + "\n", [(0, -1)]
    for heredoc in instruction.heredocs:
        pieces.append((len(text), heredoc.span.start))
        text += heredoc.content if heredoc.content.endswith("\n") or not heredoc.content else heredoc.content + "\n"
        pieces.append((len(text), heredoc.span.end))
        text += heredoc.name + "\n"
    yield Shelled(instruction, text, tuple(pieces))
