"""What store-once folds: edits that say in one layer what two hold, and what is left of the RUNs that did the rest."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.lazy import dataclass, regex
from dfrefactor.stages.atoms import Atom
from dfrefactor.stages.cut import Cut, comments_of, stands_apart
from dfrefactor.stages.layout import FINAL, GONE, Layout
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

FILE = regex(r"[^/]\.[A-Za-z]\w*\Z")
"""Names of files: folders have no ending."""

_SYNTAX = regex(r"(?:docker\.io/)?docker/dockerfile:1(?:\.(\d+).*)?")


@dataclass(frozen=True)
class Fold:
    """What two layers hold, said in one: a place, what is the matter, and the edits; `gone` and `new` as in a Finding.

    `sources` of the build context are stored once less.  `doubts` say what would have to hold for the image to be the same.
    """

    span: Span
    message: str
    edits: tuple[Edit, ...]
    gone: frozenset[str]
    new: frozenset[str]
    sources: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def has_syntax(document: Document, minor: int) -> bool:
    """Whether this file is read with Dockerfile syntax 1.`minor` or a later one."""
    syntax = _SYNTAX.fullmatch(document.directives.get("syntax", "docker/dockerfile:1"))
    return syntax is not None and int(syntax[1] or 99) >= minor


@dataclass(frozen=True)
class Rest:
    """Edits that take commands out of RUNs, and what they come to; `gone` and `new` as in a Finding.

    `comments` are those of RUNs of which nothing stays.
    """

    edits: tuple[Edit, ...]
    comments: str
    gone: frozenset[str]
    new: frozenset[str]


def rest(
    stage: Stage, atoms: Sequence[Atom], out: Collection[Atom], mounts: Mapping[int, Sequence[str]], drops: bool = False
) -> Rest:  # fmt: skip
    """What is left of `stage` without the atoms that are `out`, with `mounts` for the RUNs at these places; `drops` as in Cut."""
    stays = {atom.place for atom in atoms if atom not in out and not atom.is_state}
    homes: dict[Atom, tuple[int, ...]] = dict.fromkeys(atoms, (FINAL,))
    homes |= {atom: (GONE,) for atom in atoms if atom in out or (atom.is_state and atom.place not in stays)}
    cut = Cut(stage, Layout(tuple(atoms), (), 1, homes), mounts, drops)
    edits, comments = list[Edit](), ""
    for place in sorted({atom.place for atom in out} | mounts.keys()):
        mine = [atom for atom in atoms if atom.place == place]
        if place in stays:
            edits.append(Edit(mine[0].instruction.span, cut.fragment(mine, FINAL)))
        else:
            edits.append(without(mine[0].instruction))
            comments += comments_in(mine[0].instruction)
    gone, new = cut.changed()
    return Rest(tuple(edits), comments, gone, new)


def without(instruction: Instruction) -> Edit:
    """The edit that takes an instruction away, with the comments above it and the blank line that sets it apart."""
    text, start, end = instruction.source.text, instruction.start, instruction.span.end
    blank = re.match(r"[ \t]*\r?\n", text[end:]) if stands_apart(text, start) else None
    return Edit(Span(start, end + (blank.end() if blank else 0)), "")


def comments_in(instruction: Instruction) -> str:
    """The comments above an instruction, and those inside of it."""
    return comments_of(instruction) + comments_within(instruction)


def comments_within(instruction: Instruction) -> str:
    """The comments between the lines of an instruction."""
    return "".join(token.text.lstrip() for token in instruction.node.tokens() if token.kind == "COMMENT")
