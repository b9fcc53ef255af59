"""Edits of Compose, bake and workflow files that leave every other byte: an entry taken out, one put in.

An entry is a pair of a map or an item of a list.  In a block it has lines of its own, and they go; else it goes with the comma
beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from dfrefactor.compose.tree import Node
from dfrefactor.lazy import regex
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Source, Span

_BEHIND = regex(r"[ \t]*,?[ \t]*(?:(?:#|//)[^\n]*)?\r?")
_COMMENT = regex(r"\r?\n([ \t]*)#[^\n]*(?<!\r)")
_BETWEEN = regex(r"[\s,]*")


def before(source: Source, span: Span) -> str:
    """What stands on its line before it."""
    return source.text[source.text.rfind("\n", 0, span.start) + 1 : span.start]


def line_end(source: Source, offset: int) -> int:
    end = source.text.find("\n", offset)
    if end < 0:
        return len(source.text)
    return end - 1 if source.text[end - 1] == "\r" else end


def entries(node: Node) -> list[Span]:
    """Where the entries of a map or list stand."""
    return [item.span for item in node.items] or [Span(name.span.start, value.span.end) for name, value in node.pairs]


def alone(source: Source, span: Span, dashes: str = "") -> bool:
    """Whether nothing else stands on the lines of an entry but `dashes` and a comment."""
    end = source.text.find("\n", span.end)
    behind = source.text[span.end : len(source.text) if end < 0 else end]
    return before(source, span).strip(" \t") in ("", dashes) and _BEHIND.fullmatch(behind) is not None


def without(source: Source, node: Node, gone: Collection[int]) -> tuple[Edit, ...] | None:
    """The entries `gone` taken out of a map or list, of which others stay; None where a comment would go."""
    spans = entries(node)
    if not node.flow and all(alone(source, spans[at], "-" if node.items else "") for at in gone):
        return tuple(cut(source, spans[at]) for at in sorted(gone))
    last = max(at for at in range(len(spans)) if at not in gone)
    pieces = [Span(spans[at].start, spans[at + 1].start) if at < last else Span(spans[at - 1].end, spans[at].end) for at in gone]
    between = [Span(spans[at].end, spans[at + 1].start) if at < last else Span(spans[at - 1].end, spans[at].start) for at in gone]
    if not all(_BETWEEN.fullmatch(source.text[slice(*each)]) for each in between):
        return None
    return tuple(Edit(piece, "") for piece in sorted(pieces))


def cut(source: Source, span: Span) -> Edit:
    """The lines of an entry taken out; the last of a file, which has no line end, with the one before it."""
    start, end = span.start - len(before(source, span)), source.text.find("\n", span.end) + 1
    return Edit(Span(start, end) if end else Span(max(line_end(source, start - 1), 0) if start else 0, len(source.text)), "")


def below(source: Source, offset: int, lines: Sequence[str]) -> Edit:
    """Lines put in below the one of `offset`, which may be the last and have no line end."""
    at = source.text.find("\n", offset) + 1
    if not at:
        return Edit(Span(len(source.text), len(source.text)), "".join(f"{source.newline}{each}" for each in lines))
    return Edit(Span(at, at), "".join(f"{each}{source.newline}" for each in lines))


def behind(source: Source, node: Node, at: int, texts: Sequence[str]) -> tuple[Edit, ...] | None:
    """Entries put in behind number `at`, each text an entry as it is written there; None where there is no room."""
    start, end = entries(node)[at]
    span = Span(start, len(source.text[:end].rstrip()))  # a block scalar ends where the next line begins
    lead = before(source, span)
    if not node.flow:
        if not alone(source, span, "-"):
            return None
        indent = lead if node.items or not lead.strip() else " " * len(lead)
        return (below(source, _end(source, span, len(lead)), [f"{indent}{each}" for each in texts]),)
    gap = source.newline + lead if lead and not lead.strip() else " "
    return (Edit(Span(span.end, span.end), "".join(f",{gap}{each}" for each in texts)),)


def _end(source: Source, span: Span, indent: int) -> int:
    """Where an entry ends, with the comments below it that are further in than it starts."""
    end = line_end(source, span.end)
    while (found := _COMMENT.match(source.text, end)) and len(found[1]) > indent:
        end = found.end()
    return end


def pairs(node: Node, key: str, depth: int = 8) -> Iterator[tuple[Node, int]]:
    """Where `key` stands in a map and those that merge keys (`<<`) bring: the map and the place in it, what counts first."""
    for at in reversed(range(len(node.pairs))):
        if node.pairs[at][0].value.text == key:
            yield node, at
    for name, value in reversed(node.pairs) if depth else ():
        if name.text == "<<" and not name.quote:
            found = value.value
            for source in [item.value for item in found.items] if found.kind == "list" else [found]:
                yield from pairs(source, key, depth - 1)


def merged(edits: Sequence[Edit]) -> dict[Edit, Edit]:
    """The one edit for all that put something in at the same place, by each of them."""
    places: dict[Span, dict[str, None]] = {}
    for edit in edits:
        places.setdefault(edit.span, {})[edit.text] = None
    return {edit: Edit(edit.span, "".join(places[edit.span])) for edit in edits}
