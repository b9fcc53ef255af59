"""The lines of a YAML scalar, and where in the file each of their characters stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dfrefactor.compose.tree import Node
from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.source import Source, Span

_HEADER = regex(r"(?:[&!]\S+\s+)*[|>][-+\d]*[ \t]*(?:#[^\n]*)?\r?\n")


@dataclass(frozen=True)
class Text:
    """A text that is taken from a file, and the place of each of its characters there.

    Where that is not known, it is -1 less the place of the whole.
    """

    text: str
    places: tuple[int, ...]

    def span(self, span: Span) -> Span | None:
        """Where a part of it stands, None where that is not in one piece."""
        found = self.places[span.start : span.end]
        return None if not found or min(found) < 0 else Span(found[0], found[-1] + 1)

    def near(self, offset: int) -> Span:
        """Where the text begins that a character is in."""
        start = self.places[offset]
        return Span(*(start if start >= 0 else -1 - start,) * 2)


def lines(source: Source, node: Node) -> list[Span]:
    """Where the lines of a text stand, without their indentation; [] where they are written otherwise than they are meant."""
    node = node.value
    written = source.text[slice(*node.span)]
    if node.kind != "text":
        return []
    if node.quote in ("|", ">"):
        header = _HEADER.match(written)
        found = [*_below(written[header.end() :], node.span.start + header.end())] if header else []
    elif "\n" in written:
        found = [*_below(written, node.span.start)] if not node.quote else []
    else:
        found = [Span(node.span.start + 1, node.span.end - 1) if node.quote else node.span]
    joined = ("\n" if node.quote == "|" else " ").join(source.text[slice(*each)] for each in found)
    return found if joined == node.text.rstrip("\n") else []


def _below(text: str, offset: int) -> Iterator[Span]:
    """The lines of an indented text, up to the last that has something."""
    rows = text.rstrip().split("\n")
    indents = [len(row) - len(row.lstrip(" ")) for row in rows[1:] or rows if row.strip()]
    cut = min([*indents, *([len(rows[0]) - len(rows[0].lstrip(" "))] if indents and rows[0][:1] == " " else [])], default=0)
    for row in rows:
        start = min(cut, len(row)) if row[:1] == " " else 0
        yield Span(offset + start, offset + max(start, len(row.rstrip("\r"))))
        offset += len(row) + 1


def unquoted(node: Node, around: Node) -> Node:
    """A text as it can be edited: between brackets one without quotes must not get a comma, so no part of it has a place."""
    return replace(node, span=Span(node.span.start, node.span.start)) if around.flow and not node.quote else node


def joined(source: Source, nodes: Sequence[Node]) -> Text:
    """Texts one below the other, as the lines of one script; what reaches from one into the next is not in one piece."""
    pieces: list[str] = []
    places: list[int] = []
    for node in nodes:
        found = lines(source, node)
        text = node.value.text.rstrip("\n")
        pieces.append(text)
        if not found:
            places += [-1 - node.span.start] * (len(text) + 1)
        for span in found:
            places += [*range(*span), span.end]
        places[-1] = -1 - node.span.start
    return Text("\n".join(pieces), tuple(places))
