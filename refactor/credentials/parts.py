"""An instruction as the guard counts it, so that a finding can name what it takes away and what it puts in its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from refactor import shell
from refactor.edit import Edit, apply
from refactor.instructions import Add, Arg, Copy, Env, From, Instruction, Label, Run
from refactor.model import Document, parse
from refactor.source import Span


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
        gone.update(_parts(instruction))
        if after.strip():
            head = "# escape=`\n" if document.escape == "`" else ""
            again = parse((head + "FROM scratch\n" + after).encode("utf-8", "surrogateescape"))
            for each in again.instructions[1:]:
                new.update(_parts(each))
    return frozenset(gone - new), frozenset(new - gone)


def _parts(instruction: Instruction) -> Iterator[str]:
    flags = " ".join(map(str, instruction.flags))
    if isinstance(instruction, Run):
        mounts = f" [{flags}]" if flags else ""
        yield from (f"RUN {' '.join(unit.split())}{mounts}" for unit in _units(instruction))
    elif isinstance(instruction, Copy | Add):
        bodies = "".join(h.content for h in instruction.heredocs)
        for source in instruction.sources:
            yield f"{instruction.keyword} {flags} {source.text} {instruction.dest.text} {bodies}"
    elif isinstance(instruction, Env | Label | Arg):
        yield from (f"{instruction.keyword} {pair.key}={pair.value}" for pair in instruction.pairs)
    elif isinstance(instruction, From):
        yield f"FROM {instruction.image}"
    else:
        yield " ".join(filter(None, [instruction.keyword, flags, " ".join(instruction.args.split())]))


def _units(run: Run) -> tuple[str, ...]:
    text = run.args
    if run.is_json or run.heredocs:
        return (" ".join([text, *(h.content for h in run.heredocs)]),)
    return tuple(text[slice(*item.command.span)] for item in shell.parse(text).items)
