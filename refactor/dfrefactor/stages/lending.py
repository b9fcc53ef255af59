"""Files that a COPY brings for RUNs which read them and then remove them: lent by a bind mount, they are in no layer.

A mount shows what COPY would bring, with the same mode, owner and times, and behind the RUN nothing is left of it, nor of folders
that are made for it (measured: BuildKit 28.5.2).  What can't be done with it is to remove or rename it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, groupby

from dfrefactor.dockerfile.instructions import Add, Copy, Run, Word, Workdir
from dfrefactor.dockerfile.model import Stage
from dfrefactor.dockerfile.scope import expand
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import PROGRAMS, STANDARD, Region, absolute, covers, parent
from dfrefactor.effects.trace import Event
from dfrefactor.facts import Facts
from dfrefactor.images import image
from dfrefactor.lazy import dataclass, regex
from dfrefactor.parts import parts
from dfrefactor.stages.atoms import Atom
from dfrefactor.stages.folding import FILE, Fold, comments_in, comments_within, has_syntax, rest, without
from dfrefactor.stages.outputs import is_own_place, narrow, only_removed
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

_PROGRAMS = (*PROGRAMS, "/bin", "/sbin")

_SIMPLE = regex(r"[A-Za-z0-9._/+@${}~-]+")
"""Paths that a `--mount` can say without quotes."""

_PACKS = frozenset(("tar",))
"""Handlers of commands that put the mode and the owner of folders into archives."""

_UNPACKED = regex(r"(?i)://|\.(?:tar|t?gz|t[bx]z2?|bz2|xz|zst|git)\b|^git@")
"""Sources of an ADD that are fetched or unpacked."""


@dataclass(frozen=True)
class Brought:
    """What one source of a COPY brings: where it lands, as known and as written; `folder`: it may be a folder."""

    copy: Atom
    word: Word
    path: str
    target: str
    folder: bool

    @property
    def region(self) -> Region:
        return Region(self.path, "tree")


@dataclass(frozen=True)
class Loan:
    """What is lent to the RUNs at these places until `remover` ran, `doubt` says what would have to hold for that."""

    remover: Atom
    users: Mapping[Brought, tuple[int, ...]]
    writable: bool
    doubt: str = ""


def lendings(facts: Facts, stage: Stage, atoms: Sequence[Atom]) -> Iterator[Fold]:
    """All that may be lent in `stage`, and all that might be."""
    every = tuple(_loans(facts, stage, atoms)) if has_syntax(stage.document, 2) else ()
    for sure in (True, False):
        if some := [loan for loan in every if sure == (not loan.doubt)]:
            yield _fold(stage, atoms, some)


def _loans(facts: Facts, stage: Stage, atoms: Sequence[Atom]) -> Iterator[Loan]:
    every = {atom: tuple(_brought(facts, atom, atoms)) for atom in atoms if isinstance(atom.instruction, Copy | Add)}
    for remover in atoms if any(every.values()) else ():
        if (removed := only_removed(remover)) and removed not in STANDARD:
            mine = [b for each in every.values() for b in each if b.copy.order < remover.order and covers(removed, b.path)]
            if mine and (found := _Search(facts, stage, atoms, every, remover, removed, tuple(mine)).loan()):
                yield found


def _fold(stage: Stage, atoms: Sequence[Atom], loans: Sequence[Loan]) -> Fold:
    """The loans written down: one mount a line, and COPY without what is lent."""
    mounts, comments, words = dict[int, list[str]](), dict[int, str](), dict[Atom, list[Word]]()
    users = [(brought, places, loan.writable) for loan in loans for brought, places in loan.users.items()]
    for brought, places, writable in sorted(users, key=lambda user: user[0].word.span):
        words.setdefault(brought.copy, []).append(brought.word)
        for place in places:
            mounts.setdefault(place, []).append(_mount(brought, writable))
        if len(words[brought.copy]) == len(_sources(brought.copy)):
            first = min(place for other, used, _ in users if other.copy is brought.copy for place in used)
            comments[first] = comments.get(first, "") + comments_in(brought.copy.instruction)
    left = rest(stage, atoms, {loan.remover for loan in loans}, mounts)
    if left.comments:
        comments[max(mounts)] = comments.get(max(mounts), "") + left.comments
    edits, gone = list(left.edits), set(left.gone)
    for copy, some in words.items():
        instruction = copy.instruction
        every = _sources(copy)
        if len(some) == len(every):
            edits.append(without(instruction))
        else:
            assert isinstance(instruction, Copy | Add)
            behind = [*every, instruction.dest][1:]
            pairs = zip(every, behind, strict=True)
            edits += (Edit(Span(word.span.start, then.span.start), "") for word, then in pairs if word in some)
        texts = {word.text for word in some}
        named = list(zip(parts(instruction), every, strict=True))
        gone |= {part for part, word in named if word.text in texts}
    for place, text in comments.items():
        start = stage.instructions[place].start
        edits.append(Edit(Span(start, start), text))
    copied = sorted((user[0] for user in users), key=lambda each: each.word.span)
    paths = "`, `".join(each.path for each in copied)
    are, mount, it = ("is", "a bind mount lends", "it") if len(copied) == 1 else ("are", "bind mounts lend", "them")
    message = f"`{paths}` {are} copied only to be read and removed: {mount} {it}, and no layer holds {it}"
    sources = tuple(each.word.text for each in copied if not each.copy.instruction.flag("from"))
    doubts = tuple(loan.doubt for loan in loans if loan.doubt)
    return Fold(copied[0].copy.instruction.span, message, tuple(edits), frozenset(gone), left.new, sources, doubts)


def _sources(copy: Atom) -> tuple[Word, ...]:
    instruction = copy.instruction
    return instruction.sources if isinstance(instruction, Copy | Add) else ()


def _mount(brought: Brought, writable: bool) -> str:
    """The flag that lends it, as whoever writes the file would put it."""
    source = re.sub(r"^(?:\./+)+|/+\.?$", "", brought.word.text) or "."
    copy = brought.copy.instruction
    where = f"from={copy.from_}," if isinstance(copy, Copy) and copy.from_ else ""
    return f"--mount=type=bind,{where}source={source},target={brought.target}{',rw' if writable else ''}"


def _brought(facts: Facts, atom: Atom, atoms: Sequence[Atom]) -> Iterator[Brought]:
    """What a COPY brings, source by source, as far as it is known where it lands."""
    copy = atom.instruction
    if not isinstance(copy, Copy | Add) or copy.heredocs or atom.hinted:
        return
    if any(flag.name not in ("from", "link") for flag in copy.flags):
        return
    if (isinstance(copy, Copy) and (copy.from_ or "").isdecimal()) or (len(copy.sources) > 1 and comments_within(copy)):
        return
    scope = facts.scope(copy)
    dest = absolute(expand(copy.dest.text, scope) or "", scope.workdir)
    if dest is None or (scope.workdir is None and not copy.dest.text.startswith(("/", "$"))):
        return
    made = {o.path for each in atoms[: atom.order] for o in each.effects.outputs if o.is_folder}
    made |= {region.path for each in atoms[: atom.order] for region in each.effects.ensures}
    into = len(copy.sources) > 1 or copy.dest.text.endswith(("/", ".")) or dest in STANDARD or dest in made
    for word in copy.sources:
        name = expand(word.text, scope)
        if not name or ".." in name or not _SIMPLE.fullmatch(word.text) or not _SIMPLE.fullmatch(copy.dest.text):
            continue
        if isinstance(copy, Add) and (_UNPACKED.search(name) or not FILE.search(name)):
            continue
        base, file = name.rstrip("/").rpartition("/")[2], FILE.search(name) or parent(name) in _PROGRAMS
        if file and into:
            written = re.sub(r"^(?:\./*)+", "", copy.dest.text)
            target = f"{written.rstrip('/')}/" if written else ""
            yield Brought(atom, word, f"{dest.rstrip('/')}/{base}", target + word.text.rpartition("/")[2], False)
        elif file:
            yield Brought(atom, word, dest, copy.dest.text, False)
        elif not into or (name[-1:] in ("/", ".") and len(copy.sources) == 1 and dest not in STANDARD):
            yield Brought(atom, word, dest, copy.dest.text.rstrip("/"), True)


@dataclass(frozen=True)
class _Search:
    """Whether `mine`, what copies bring to `removed`, may be lent until `remover` takes all that is there away."""

    facts: Facts
    stage: Stage
    atoms: Sequence[Atom]
    every: Mapping[Atom, Sequence[Brought]]
    remover: Atom
    removed: str
    mine: tuple[Brought, ...]

    def loan(self) -> Loan | None:
        if any(one.region.overlaps(other.region) for one, other in combinations(self.mine, 2)):
            return None  # what is brought last is there
        doubts = [] if self._is_fresh() else [f"nothing is at `{self.removed}` before"]
        whole, writable = Region(self.removed, "tree"), False
        first = self.mine[0].copy.order
        lone_folder = self.mine[0].folder and [each.path for each in self.mine] == [self.removed]
        for atom in self.atoms:
            if atom is self.remover or not (atom.is_step or isinstance(atom.instruction, Workdir)):
                continue
            if atom.order > self.remover.order:
                if atom.place == self.remover.place and self._sees(atom, whole):
                    return None
            elif self._changes(atom, whole):
                inside = atom.place == self.remover.place and Region(self.removed) not in atom.effects.removes
                if not (lone_folder and inside and atom.effects.grade):
                    return None
                writable = True
            elif not atom.effects.grade:
                does = "make" if atom.order < first else "remove or change" if lone_folder else "make, remove or change"
                doubts.append(f"`{' '.join(atom.text.split())}` does not {does} `{self.removed}`")
                writable = writable or (self.mine[0].folder and atom.order > first)
        users = {each: self._users(each) for each in self.mine}
        if not all(users.values()) or not all(map(self._has_folder, self.mine)):
            return None
        return Loan(self.remover, users, writable, "; ".join(dict.fromkeys(doubts)))

    def _changes(self, atom: Atom, whole: Region) -> bool:
        """Whether an atom is seen to change something at that place, or puts something else there.

        What unpacks or compiles beside it is taken to leave it alone; else the build would fail.
        """
        if brought := self.every.get(atom):
            return any(each.region.overlaps(whole) and each not in self.mine for each in brought)
        found = {each for each in atom.effects.touched if each.overlaps(whole)}
        if not found:
            return False
        above = all(each.kind == "tree" and each.path != whole.path and covers(each.path, whole.path) for each in found)
        installs = bool(atom.effects.system_writes)
        gentle = not any(e.entry is None or e.entry.attributes or e.entry.carries for e in self._events(atom) if e.args)
        return not (above and gentle and isinstance(atom.instruction, Run) and (installs or not found & atom.effects.removes))

    def _sees(self, atom: Atom, whole: Region) -> bool:
        """Whether an atom of the RUN that has the mount may see that it is still there."""
        looks = [each for each in atom.effects.reads if each.overlaps(whole)]
        if atom.effects.grade is Grade.BOUNDED and atom.effects.system_writes:
            looks = [each for each in looks if covers(whole.path, each.path)]  # packages do not look for it
        return not atom.effects.grade or bool(looks) or self._changes(atom, whole)

    def _is_fresh(self) -> bool:
        """Whether nothing is there where the stage starts: a mount would hide it only as long as the RUN lasts."""
        base, path, place = self.stage.chain[0].base, self.removed, Region(self.removed, "tree")
        scratch = path.startswith(("/tmp/", "/var/tmp/"))
        known = isinstance(base, str) and image(base).stock and (is_own_place(path) or parent(path) in image(base).folders)
        below = [step.effects for each in self.stage.chain[:-1] for step in self.facts.steps(each)]
        return (scratch or known) and all(e.grade and not any(r.overlaps(place) for r in narrow(e)) for e in below)

    def _has_folder(self, brought: Brought) -> bool:
        """Whether the folder it lands in is there without the COPY, or is removed as well."""
        folder = parent(brought.path)
        if folder in STANDARD or covers(self.removed, folder):
            return True
        before = [atom.effects for atom in self.atoms[: brought.copy.order]]
        made = {each.path for known in before for each in known.ensures} | {o.path for known in before for o in known.outputs}
        return folder in made

    def _users(self, brought: Brought) -> tuple[int, ...]:
        """The places of the RUNs that look at what is brought; none where one of them can't be lent it."""
        found = list[int]()
        between = [a for a in self.atoms[brought.copy.order + 1 : self.remover.order] if isinstance(a.instruction, Run)]
        for place, some in groupby(between, key=lambda atom: atom.place):
            if mine := [atom for atom in some if _may_look(atom, brought)]:
                if not self._can_borrow(mine, brought):
                    return ()
                found.append(place)
        return tuple(found)

    def _can_borrow(self, mine: Sequence[Atom], brought: Brought) -> bool:
        """Whether the RUN of these atoms, which look at what is brought, may have a mount for it."""
        run, copy = mine[0].instruction, brought.copy.instruction
        if not isinstance(run, Run) or run.is_json or run.heredocs or any(atom.hinted for atom in mine):
            return False
        if any(covers(brought.path, m.target) or covers(m.target, brought.path) for m in run.mounts):
            return False
        here, there = self.facts.scope(run), self.facts.scope(copy)
        if not brought.target.startswith(("/", "$")) and here.workdir != there.workdir:
            return False
        if any(expand(said, here) != expand(said, there) for said in (brought.word.text, brought.target)):
            return False  # a variable has another value by then
        if mine[0].place != self.remover.place and brought.path.rpartition("/")[2] not in run.args:
            return False  # it looks at whole folders: whoever reads the RUN sees no need for a mount
        if any(atom.effects.grade is Grade.EXACT and not self._is_named(atom, brought) for atom in mine):
            return False  # it may stop at mounts
        if any(arg.value == "-w" for atom in mine for event in self._events(atom) for arg in event.args):
            return False  # `[ -w … ]`: a mount can't be written to
        return not brought.folder or not any(map(partial(self._takes, brought.path), mine))

    def _is_named(self, atom: Atom, brought: Brought) -> bool:
        """Whether an atom looks at just what is brought, not at all of a folder it is in."""
        return all(covers(brought.path, each.path) for each in atom.effects.reads if each.overlaps(brought.region))

    def _takes(self, folder: str, atom: Atom) -> bool:
        """Whether an atom copies or packs a folder itself: by COPY it is root's and 0755, by a mount what it was before."""
        events = [e for e in self._events(atom) if e.entry and (e.entry.carries or e.entry.handler in _PACKS)]
        return any(absolute(arg.value, event.state.cwd) == folder for event in events for arg in event.args)

    def _events(self, atom: Atom) -> tuple[Event, ...]:
        return atom.of.events if atom.of else tuple(self.facts.step(atom.instruction).trace.events)


def _may_look(atom: Atom, brought: Brought) -> bool:
    regions = atom.effects.reads | atom.effects.touched
    return not atom.effects.grade or any(each.overlaps(brought.region) for each in regions)
