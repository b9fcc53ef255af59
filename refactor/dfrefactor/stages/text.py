"""Write a layout down: new stages, what is left of the old one, and the edits between the two texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from dfrefactor.dockerfile import expand
from dfrefactor.dockerfile.instructions import Arg, Env, Instruction, Workdir
from dfrefactor.effects.paths import SOMEWHERE, covers
from dfrefactor.lazy import dataclass
from dfrefactor.stages.atoms import DOWNLOADS, SCOPED, Atom, dependence, may_read, says
from dfrefactor.stages.cut import Cut, Laid, comments_of, stands_apart
from dfrefactor.stages.layout import FINAL, TRUNK, Group
from dfrefactor.stages.outputs import borrowers, copy_line, mount_flag
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

_LOOKED_UP = frozenset("PATH HOME LD_LIBRARY_PATH LD_PRELOAD".split())
"""Variables that decide how any program is found, or run."""


@dataclass(frozen=True)
class Move:
    """A group with the name of its stage, what is copied back, and commands that are run behind it there."""

    group: Group
    name: str
    copied: tuple[str, ...]
    append: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All that comes back, copied or lent."""
        return (*self.copied, *(each.name for each in self.group.lent))


@dataclass(frozen=True)
class Writer(Laid):
    """One stage being rewritten.  `private` are variables that only the new stages have from now on."""

    moves: tuple[Move, ...]
    trunk: str = ""
    private: frozenset[str] = frozenset()

    @cached_property
    def cut(self) -> Cut:
        """The RUNs that are cut, or lent something."""
        found: dict[int, list[str]] = {}
        for move in self.moves:
            for lent in move.group.lent:
                for place in borrowers(self.layout, move.group, lent):
                    found.setdefault(place, []).append(mount_flag(move.name, move.group, lent))
        return Cut(self.stage, self.layout, found)

    def changed(self) -> tuple[frozenset[str], frozenset[str]]:
        """What is gone and what is new, as the guard names it."""
        gone, new = self.cut.changed()
        return gone, new | ({f"WORKDIR {DOWNLOADS}"} if any(map(self._works_somewhere, self.moves)) else set())

    def word(self, keyword: str) -> str:
        """`keyword` in the casing of the stage's FROM."""
        return keyword.lower() if self.text[slice(*self.stage.from_.keyword_span)].islower() else keyword

    def line(self, text: str) -> str:
        first = self.stage.from_
        indent = self.text[first.span.start : first.keyword_span.start]
        return f"{indent}{text}{self.newline}"

    def edits(self) -> tuple[Edit, ...]:
        found: list[Edit] = []
        start = self.stage.from_.start if self.stage.index else self.stage.from_.span.start  # a header stays on top
        based = "".join(self._stage(move) + self.newline for move in self.moves if not move.group.from_trunk)
        if based and start and self.stage.index and not stands_apart(self.text, start):
            based = self.newline + based
        if based:
            found.append(Edit(Span(start, start), based))
        if self.layout.cut > 1:
            found.append(self._name_trunk())
        for atoms in self.places:
            found += self._in_place(atoms[0].place, atoms)
        if self.layout.cut > 1:
            end = self.stage.instructions[self.layout.cut - 1].span.end
            blank = re.match(r"(?:[ \t]*\r?\n)+", self.text[end:])
            found.append(Edit(Span(end, end + (blank.end() if blank else 0)), self._boundary(end)))
        return tuple(self._closed_up(edit for edit in found if edit.text or edit.span.start < edit.span.end))

    def _closed_up(self, edits: Iterable[Edit]) -> Iterator[Edit]:
        """The edits in order, without the blank lines between COPY lines that stand where steps stood."""
        end = -1
        for edit in sorted(edits):
            lines = [line.lstrip().upper() for line in edit.text.splitlines() if line.strip()] or ["COPY --FROM="]
            if end >= 0 and lines[0].startswith("COPY --FROM=") and not self.text[end : edit.span.start].strip():
                edit = Edit(Span(end, edit.span.end), edit.text)
            end = edit.span.end if lines[-1].startswith("COPY --FROM=") and (edit.text or end >= 0) else -1
            yield edit

    # -- the old stage ------------------------------------------------------------------------------------------------

    def _name_trunk(self) -> Edit:
        words = self.stage.from_.words
        if self.stage.label:
            return Edit(words[2].span, self.trunk)
        return Edit(Span(words[0].span.end, words[0].span.end), f" {self.word('AS')} {self.trunk}")

    def _in_place(self, place: int, atoms: list[Atom]) -> Iterator[Edit]:
        """What becomes of the instruction at `place` where it stands."""
        instruction = atoms[0].instruction
        home = TRUNK if place < self.layout.cut else FINAL
        stay = self.layout.at(place, home)
        copies = self._copies(place) if place > self.layout.cut or self.layout.cut == 1 else ""
        start = instruction.start
        if self._privates(instruction):
            public, blank = self._public(instruction), self._blank_above(place)
            yield from [Edit(instruction.span, public)] if public else self._gone(start, instruction.span.end, "", blank)
        elif any(not atom.is_state for atom in stay):
            apart = self.newline if copies and stands_apart(self.text, start) else ""
            yield Edit(Span(start, start), copies + apart)
            if len(stay) < len(atoms) or (place in self.cut.mounts and home == FINAL):
                yield Edit(instruction.span, self.cut.fragment(atoms, home))
        else:
            above = range(self.layout.cut, place) if self.layout.cut > 1 else range(place, place)
            opens = place >= self.layout.cut > 1 and not any(self._copies(p) or self.layout.at(p, FINAL) for p in above)
            yield from self._gone(start, instruction.span.end, copies, opens or stands_apart(self.text, start))

    def _blank_above(self, place: int) -> bool:
        """Whether a blank line stands above an instruction that goes, and above those that go with it."""
        start = self.stage.instructions[place].start
        for above in reversed(self.stage.instructions[1:place]):
            if not self._is_private(above) or above.span.end != start:
                break
            start = above.start
        return stands_apart(self.text, start)

    def _gone(self, start: int, end: int, copies: str, apart: bool) -> Iterator[Edit]:
        """Nothing of an instruction stays, nor the blank line behind it where one is above it or it would open its stage."""
        if not copies:
            after = re.match(r"[ \t]*\r?\n", self.text[end:])
            end += after.end() if after and apart else 0
        elif not self.text[:end].endswith("\n"):
            copies = copies.rstrip("\r\n")
        yield Edit(Span(start, end), copies)

    def _copies(self, place: int) -> str:
        return "".join(
            self.line(copy_line(self.word("COPY"), move.name, path))
            for move in self.moves
            if self.layout.back(move.group) == place
            for path in move.copied
        )

    def _boundary(self, end: int) -> str:
        """All that stands between trunk and final stage: stages from the trunk, the final FROM, what comes back first."""
        stages = [self._stage(move) for move in self.moves if move.group.from_trunk]
        label = f" {self.word('AS')} {self.stage.label}" if self.stage.label else ""
        final = self.line(f"{self.word('FROM')} {self.trunk}{label}")
        above = [atom for atom in self.layout.atoms if FINAL in self.layout.homes[atom]]
        copies = self._copies(self.layout.cut)
        final += self._arguments(above, private=False) + copies
        for atoms in self.places:
            if atoms[0].place < self.layout.cut and any(not a.is_state for a in self.layout.at(atoms[0].place, FINAL)):
                final += self._moved(atoms, FINAL)
        open_end = "" if self.text[:end].endswith("\n") else self.newline
        last = self.layout.cut - 1
        apart = self._is_private(self.stage.instructions[last]) and self._blank_above(last)
        text = open_end + ("" if apart else self.newline) + self.newline.join([*stages, final])
        text += self.newline if self._opens_up() else ""
        return text if self.text[end:].strip() else text.rstrip("\r\n") + ("" if open_end else self.newline)

    def _opens_up(self) -> bool:
        """Whether a blank line stands behind what opens the final stage: as above the next instruction, not above our COPY."""
        for atoms in self.places:
            place, instruction = atoms[0].place, atoms[0].instruction
            if place > self.layout.cut and self._copies(place):
                return False
            if place >= self.layout.cut and not self._privates(instruction) and self.layout.at(place, FINAL):
                return stands_apart(self.text, instruction.start)
        return False

    # -- new stages ---------------------------------------------------------------------------------------------------

    def _stage(self, move: Move) -> str:
        """The text of a new stage: FROM, the scope in force said again in its old order, and the group."""
        words = self.stage.from_.words
        flags = "".join(f"{flag} " for flag in self.stage.from_.flags)
        base = self.trunk if move.group.from_trunk else f"{flags}{words[0].text}"
        text = self.line(f"{self.word('FROM')} {base} {self.word('AS')} {move.name}")
        first = self.layout.cut if move.group.from_trunk else 1
        somewhere, scope, said = self._works_somewhere(move), self._scope(move), self._said_in(move)
        if move.group.from_trunk:
            mine = [atom for atom in self.layout.atoms if atom in said or atom.place in scope]
            text += self._arguments(mine, private=True)
        for atoms in self.places:
            place, instruction = atoms[0].place, atoms[0].instruction
            mine = [atom for atom in atoms if atom in move.group.atoms]
            if first <= place <= move.group.last.place and isinstance(instruction, SCOPED):
                if place in scope:
                    text += self._again(instruction, scope[place], comments=self._is_private(instruction))
            elif mine:
                if somewhere:
                    text, somewhere = text + self.line(f"{self.word('WORKDIR')} {DOWNLOADS}"), False
                text += self._moved(atoms, self.layout.home(mine[0]))
        for command in move.append:
            text += self.line(f"{self.word('RUN')} {command}")
        return text

    def _works_somewhere(self, move: Move) -> bool:
        """Whether it leaves something in a folder that is not known: its stage then has one of its own."""
        return any(covers(SOMEWHERE, path) for path in move.paths)

    def _said_in(self, move: Move) -> list[Atom]:
        """The atoms of a new stage, what sets the shell's state included."""
        home = self.moves.index(move)
        return [atom for atom in self.layout.atoms if home in self.layout.homes[atom]]

    def _scope(self, move: Move) -> dict[int, frozenset[str]]:
        """The places of what sets the scope that the atoms of a new stage depend on, with what that depends on in turn.

        Of an ARG or ENV it says which of its variables.
        """
        atoms, found = self._said_in(move), dict[int, frozenset[str]]()
        for atom in reversed(self.layout.atoms[: move.group.last.order]):
            names = _wanted_names(atom.instruction, atoms)
            if isinstance(atom.instruction, SCOPED) and (names or self._is_wanted(atom, atoms)):
                atoms.append(atom)
                found[atom.place] = names
        return found

    def _is_wanted(self, setting: Atom, atoms: Iterable[Atom]) -> bool:
        """Whether one of `atoms` may depend on the folder they start in, or that it is there, or on any other setting."""
        if isinstance(setting.instruction, Workdir):
            return any(atom.needs_folder or dependence(setting, atom) for atom in atoms if atom.is_step)
        return not isinstance(setting.instruction, Arg | Env)

    def _arguments(self, atoms: Sequence[Atom], private: bool) -> str:
        """ARGs of the trunk that `atoms` name said again (FACTS: only BuildKit hands them down), and private variables."""
        text = ""
        below = [atom.instruction for atom in self.layout.atoms if atom.place < self.layout.cut]
        for at, instruction in enumerate(below):
            later = {p.key for i in below[at + 1 :] if isinstance(i, Env) for p in i.pairs}
            if isinstance(instruction, Arg):
                names = {pair.key for pair in instruction.pairs}
                paths = [path for move in self.moves for path in move.paths]
                copied = not private and any(f"\ue000{name}\ue001" in path for name in names for path in paths)
                if names & later or not (copied or any(says(atom, name) for name in names for atom in atoms)):
                    continue
                hidden = private and self._is_private(instruction)
                wanted = _wanted_names(instruction, atoms)
                text += self._again(instruction, wanted, comments=hidden) if private else self._public(instruction)
            elif private and isinstance(instruction, Env) and self._privates(instruction):
                text += comments_of(instruction) if self._is_private(instruction) else ""
                text += self._pairs(instruction, self.private)
        return text

    def _privates(self, instruction: Instruction) -> bool:
        return isinstance(instruction, Arg | Env) and any(pair.key in self.private for pair in instruction.pairs)

    def _is_private(self, instruction: Instruction) -> bool:
        """Whether nothing of it stays in the old stage."""
        return self._privates(instruction) and not self._public(instruction)

    def _public(self, instruction: Instruction) -> str:
        """An instruction without its private variables; "" where nothing is left."""
        if not isinstance(instruction, Arg | Env) or not self._privates(instruction):
            return self._whole(instruction)
        return self._pairs(instruction, {pair.key for pair in instruction.pairs} - self.private)

    def _again(self, instruction: Instruction, names: frozenset[str], comments: bool) -> str:
        """An instruction as a new stage says it again, with those of its variables that are `names`."""
        if not isinstance(instruction, Arg | Env) or names >= {pair.key for pair in instruction.pairs}:
            return self._whole(instruction, comments)
        return (comments_of(instruction) if comments else "") + self._pairs(instruction, names)

    def _pairs(self, instruction: Arg | Env, names: Collection[str]) -> str:
        kept = [self.text[slice(*pair.span)] for pair in instruction.pairs if pair.key in names]
        keyword = self.text[slice(*instruction.keyword_span)]
        return self.line(" ".join([keyword, *kept])) if kept else ""

    def _whole(self, instruction: Instruction, comments: bool = False) -> str:
        text = (comments_of(instruction) if comments else "") + self.text[slice(*instruction.span)]
        return text if text.endswith("\n") else text + self.newline

    def _moved(self, atoms: list[Atom], home: int) -> str:
        """An instruction, or what of it goes to `home`, with the comments that belong to it."""
        lent = home == FINAL and atoms[0].place in self.cut.mounts
        whole = not lent and all(self.layout.homes[atom] == (home,) for atom in atoms)
        return self._whole(atoms[0].instruction, comments=True) if whole else self.cut.fragment(atoms, home)


def _wanted_names(setting: Instruction, atoms: Sequence[Atom]) -> frozenset[str]:
    """The variables of an ARG or ENV that `atoms` may depend on, and those that their values name in turn."""
    found, named = set[str](), set[str]()
    for pair in reversed(setting.pairs) if isinstance(setting, Arg | Env) else ():
        others = (atom for atom in atoms if atom.instruction is not setting)
        if pair.key in named or pair.key in _LOOKED_UP or any(may_read(atom, pair.key) for atom in others):
            found.add(pair.key)
            named |= expand.variables(pair.value or "", setting.escape)
    return frozenset(found)
