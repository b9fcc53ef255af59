"""What a strategy answers: the edits and what they mean, or why there are none; and edits both strategies need."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from dfrefactor.dockerfile.instructions import Arg, Env, Instruction
from dfrefactor.dockerfile.model import Document, parse
from dfrefactor.finding import Asked
from dfrefactor.lazy import dataclass
from dfrefactor.parts import parts
from dfrefactor.secrets.types import Credential, Declaration
from dfrefactor.text.edit import Edit, apply
from dfrefactor.text.source import Span


@dataclass(frozen=True)
class Purge:
    """Edits that take a credential out, with what the guard and a reader have to know of them."""

    edits: tuple[Edit, ...]
    message: str
    notes: tuple[str, ...] = ()
    gone: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    config: frozenset[str] = frozenset()
    mounts: bool = False
    """Whether steps get secret mounts."""
    messages: tuple[str, ...] = ()
    """The message for each credential, where they are not the same."""
    asked: tuple[Asked, ...] = ()


class CannotPurgeError(Exception):
    """A strategy does not reach; the message is what is missing, as a clause."""


def whole(instruction: Instruction) -> Span:
    """The instruction with one of the blank lines around it, if it stands between two."""
    text, (start, end) = instruction.source.text, instruction.span
    after = re.match(r"[ \t]*\r?\n", text[end:])
    above = re.search(r"(?:^|\n)[ \t]*\r?\n$", text[:start]) or start == 0
    return Span(start, end + after.end()) if after and above else Span(start, end)


def without(declarations: Iterable[Declaration]) -> Iterator[Edit]:
    """Edits that take pairs out of ENV and ARG instructions; raises CannotPurgeError where a comment is in the way."""
    by: dict[Instruction, list[Declaration]] = {}
    for declaration in declarations:
        by.setdefault(declaration.instruction, []).append(declaration)
    for instruction, mine in by.items():
        assert isinstance(instruction, Arg | Env)
        goes = {declaration.pair.span for declaration in mine}
        pairs = [pair.span for pair in instruction.pairs]
        stay = [span for span in pairs if span not in goes]
        if not stay:
            if any(token.kind == "COMMENT" for token in instruction.node.tokens()):
                raise CannotPurgeError(f"comments stand inside of line {instruction.lines[0]}, which would go")
            yield Edit(whole(instruction), "")
            continue
        cuts = [Span(pairs[0].start, stay[0].start)]  # one in front of the first that stays, and one behind each
        for span in pairs[pairs.index(stay[0]) :]:
            start = cuts.pop().start if span in goes else span.end
            cuts.append(Span(start, span.end))
        for cut in cuts:
            if "#" in instruction.source.text[slice(*cut)]:
                raise CannotPurgeError(f"a comment stands beside it in line {instruction.source.line(cut.start)}")
            if cut.start < cut.end:
                yield Edit(cut, "")


def variables_gone(credential: Credential) -> frozenset[str]:
    """The runtime configuration that changes when the credential's declarations go."""
    return frozenset(f"ENV {d.pair.key}" for d in credential.declarations if d.is_env and d.stage >= 0)


def environment_of(document: Document, name: str, before: Instruction, declarations: Iterable[Declaration]) -> Declaration | None:
    """The declaration of `name` that counts for a step: the last one above it, in its stage or those it is FROM."""
    stage = next(each for each in document.stages if before in each.instructions)
    chain = {each.index for each in stage.chain}
    above = [d for d in declarations if d.pair.key == name and d.stage in chain and d.instruction.span < before.span]
    return max(above, key=lambda d: d.pair.span, default=None)


def changed(document: Document, edits: Iterable[Edit], touched: Iterable[Instruction]) -> tuple[frozenset[str], frozenset[str]]:
    """What of the `touched` instructions goes, and what comes in their place, when `edits` are made in each of them."""
    gone: Counter[str] = Counter()
    new: Counter[str] = Counter()
    every = list(edits)
    for instruction in dict.fromkeys(touched):
        start, end = instruction.span
        last = end == len(document.source.text)  # there is no line end behind it
        inner = [(each.span, each.text) for each in every if start <= each.span.start < end + last]
        moved = [Edit(Span(span.start, min(span.end, end)).moved(-start), text) for span, text in inner]
        after = apply(document.source.text[start:end], moved)
        gone.update(parts(instruction))
        if after.strip():
            head = "# escape=`\n" if document.escape == "`" else ""
            again = parse((head + "FROM scratch\n" + after).encode("utf-8", "surrogateescape"))
            for each in again.instructions[1:]:
                new.update(parts(each))
    return frozenset(gone - new), frozenset(new - gone)
