"""What edits take away and what they put in its place, as the guard counts it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Document, parse
from dfrefactor.parts import parts
from dfrefactor.text.edit import Edit, apply
from dfrefactor.text.source import Span


def changed(document: Document, edits: Iterable[Edit], touched: Iterable[Instruction]) -> tuple[frozenset[str], frozenset[str]]:
    """What of the `touched` instructions goes, and what comes in their place, when `edits` are made in each of them."""
    gone: Counter[str] = Counter()
    new: Counter[str] = Counter()
    every = list(edits)
    for instruction in touched:
        span = instruction.span
        inner = [e for e in every if span.start <= e.span.start < span.end]
        text = document.source.text[slice(*span)]
        after = apply(
            text, [Edit(Span(e.span.start - span.start, min(e.span.end, span.end) - span.start), e.text) for e in inner]
        )
        gone.update(parts(instruction))
        if after.strip():
            head = "# escape=`\n" if document.escape == "`" else ""
            again = parse((head + "FROM scratch\n" + after).encode("utf-8", "surrogateescape"))
            for each in again.instructions[1:]:
                new.update(parts(each))
    return frozenset(gone - new), frozenset(new - gone)
