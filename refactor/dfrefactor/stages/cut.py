"""Cut RUNs: what of one goes to each stage, and how the guard names it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from itertools import groupby, pairwise

from dfrefactor.dockerfile.instructions import Instruction, Run
from dfrefactor.dockerfile.model import Stage
from dfrefactor.lazy import dataclass, regex
from dfrefactor.stages.atoms import Atom, without
from dfrefactor.stages.layout import FINAL, GONE, TRUNK, Layout
from dfrefactor.text.source import Span

_COMMENT = regex(r"^[ \t]*(#[^\n]*\n)", re.M)
_INDENT = regex(r"\n(\t+|  +)(?=[^\s#]|\Z)")
_TURNS = regex(r"([\\`][ \t]*\r?\n)(?:[ \t]*[\\`][ \t]*\r?\n)+")
"""Empty lines of a RUN, which set the commands apart that stood above them."""


def comments_of(instruction: Instruction) -> str:
    """The comments that stand directly above an instruction."""
    return "".join(token.text for token in instruction.leading)


def stands_apart(text: str, start: int) -> bool:
    """Whether a blank line stands above `start`."""
    return re.search(r"\n[ \t]*\r?\n\Z", text[:start]) is not None


@dataclass(frozen=True)
class Laid:
    """A stage with its layout, and the text it is written in."""

    stage: Stage
    layout: Layout

    @property
    def text(self) -> str:
        return self.stage.document.source.text

    @property
    def newline(self) -> str:
        return self.stage.document.source.newline

    @cached_property
    def places(self) -> list[list[Atom]]:
        """The atoms of each instruction."""
        return [list(atoms) for _, atoms in groupby(self.layout.atoms, key=lambda atom: atom.place)]


@dataclass(frozen=True)
class Cut(Laid):
    """The RUNs of a stage, cut as the layout says.

    `mounts` are flags that lend something to what is left, by place; `drops`: comments above commands at the end of a RUN go with
    them.
    """

    mounts: Mapping[int, Sequence[str]] = field(default_factory=dict)
    drops: bool = False

    def changed(self) -> tuple[frozenset[str], frozenset[str]]:
        """What is gone and what is new, as the guard names it: units said again, divided, lent something, or needed no more."""
        gone, new = set[str](), set[str]()
        for atoms in self.places:
            flags = self.mounts.get(atoms[0].place, ())
            homes = {home for atom in atoms for home in self.layout.homes[atom]} - {GONE}
            for _, unit in groupby(atoms, key=lambda atom: atom.unit):
                mine = list(unit)
                before, after = self._said(mine, mine), list[str]()
                for home in homes:
                    if some := [atom for atom in mine if home in self.layout.homes[atom]]:
                        after.append(self._said(mine, some, flags if home == FINAL else ()))
                if [before] != after:
                    new.update(after)
                    gone |= {before} - set(after)
        return frozenset(gone), frozenset(new)

    def fragment(self, atoms: list[Atom], home: int) -> str:
        """The RUN of those units that go to `home`: their own text, what stood in front of each, and what they are lent."""
        chosen = [atom for atom in atoms if home in self.layout.homes[atom]]
        instruction = atoms[0].instruction
        units = [list(unit) for _, unit in groupby(atoms, key=lambda atom: atom.unit)]
        spans = [_place(unit[0]) for unit in units]
        gaps = ["", *(self.text[one.end : other.start] for one, other in pairwise(spans))]
        ours = [at for at, unit in enumerate(units) if any(atom in chosen for atom in unit)]
        first = ours[0]
        keyword = self.text[instruction.span.start : instruction.keyword_span.end]
        before = self.text[instruction.span.start : spans[0].start]
        home_of = TRUNK if atoms[0].place < self.layout.cut else FINAL
        lone = [at for at, unit in enumerate(units) if home == home_of and all(self.layout.homes[a] == (GONE,) for a in unit)]
        indent = self.text[instruction.span.start : instruction.keyword_span.start]
        lifted = "".join(indent + each for each in _COMMENT.findall(gaps[first])) if first else ""
        before = f"{keyword} " if first else before
        if flags := self.mounts.get(atoms[0].place, ()) if home == FINAL else ():
            turn = f" {self.stage.document.escape}{self.newline}{self._indent(instruction, gaps)}"
            lifted = "".join(indent + comment for comment in _COMMENT.findall(before)) + lifted
            given = self.text[slice(instruction.flags[0].span.start, instruction.flags[-1].span.end)] if instruction.flags else ""
            before = turn.join([" ".join(filter(None, [keyword, given, flags[0]])), *flags[1:], ""])
        nothing_stays = not any(not atom.is_state for atom in self.layout.at(atoms[0].place, home_of))
        moved = [atom for atom in atoms if not atom.is_state and self.layout.homes[atom] != (GONE,)]
        above, text, pending = comments_of(instruction) if nothing_stays and moved[0] in chosen else "", before, list[str]()
        for at, gap in enumerate(gaps):
            if at in lone:
                pending += _COMMENT.findall(gap)
            if at not in ours:
                continue
            gap = "" if at == first else gap if at - 1 in ours else _TURNS.sub(r"\1", gap)
            if pending and "\n" in gap:
                gap, pending = with_comments(gap, pending), []
            text += gap + piece(self.text, units[at], [atom for atom in units[at] if atom in chosen])
        text = above + lifted + "".join(indent + comment for comment in ([] if self.drops else pending)) + text
        text += self.text[spans[-1].end : instruction.span.end] if ours[-1] == len(units) - 1 else self.newline
        return text if text.endswith("\n") else text + self.newline

    def _indent(self, instruction: Instruction, gaps: Sequence[str]) -> str:
        """How far the lines of a RUN are indented that hold its commands, and not their arguments."""
        found = [gap[1] for each in gaps if (gap := _INDENT.search(each))]
        every = _INDENT.findall(self.text[slice(*instruction.span)])
        near = [each for each in every if each[0] == "\t" or len(each) < 4]
        return next(iter([*found, *sorted(near, key=len)]), "\t" if every and every[0][0] == "\t" else "    ")

    def _said(self, unit: list[Atom], chosen: list[Atom], flags: Sequence[str] = ()) -> str:
        """A part of a RUN as the guard names it."""
        instruction = unit[0].instruction
        every = " ".join([*map(str, instruction.flags if isinstance(instruction, Run) else ()), *flags])
        whole = Span(unit[0].of.start, unit[0].of.end) if unit[0].of else Span(0, len(instruction.args))
        args = without(instruction.args, whole, _left_out(unit, chosen))
        return f"RUN {' '.join(args.split())}" + (f" [{every}]" if every else "")


def with_comments(gap: str, comments: Sequence[str]) -> str:
    """What stands between two commands in lines of their own, with comments in front of all that is there."""
    head, _, tail = gap.partition("\n")
    indent = tail[: len(tail) - len(tail.lstrip())]
    return f"{head}\n{''.join(indent + comment for comment in comments)}{tail}"


def piece(text: str, unit: list[Atom], chosen: list[Atom]) -> str:
    """A unit as it stands in `text`, without the operands that are not chosen; an instruction's commands where it is not cut."""
    out = [unit[0].instruction.span_of(*operand) for operand in _left_out(unit, chosen)]
    return without(text, _place(unit[0]), out)


def _place(atom: Atom) -> Span:
    """Where the commands of an atom stand: behind keyword and flags."""
    return atom.span if atom.of else atom.instruction.span_of(0, len(atom.instruction.args))


def _left_out(unit: list[Atom], chosen: list[Atom]) -> list[Span]:
    """The operands of a unit that are not among what is chosen of it."""
    return [atom.operand for atom in unit if atom not in chosen and atom.operand is not None]
