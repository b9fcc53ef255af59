"""Why work that could be built side by side stays in one stage: the line that stops most of it, and what would let it go."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import written
from dfrefactor.facts import Facts
from dfrefactor.lazy import dataclass
from dfrefactor.stages.atoms import Atom
from dfrefactor.stages.layout import Refusal


@dataclass(frozen=True)
class Staying:
    """The atom in whose line the cause stands, the cause in a user's words, and what they can do."""

    atom: Atom
    cause: str
    remedy: str
    work: tuple[int, ...]
    """The lines of the work that stays."""
    small: bool = False
    """Whether it is of a moment, so that nobody waits for it."""

    @property
    def message(self) -> str:
        *lines, last = map(str, self.work)
        named = f"lines {', '.join(lines)} and {last}" if lines else f"line {last}"
        where = named if len(lines) < _MOST else f"lines {lines[0]} to {last}"
        stops = "it" if [line_of(self.atom)] == list(self.work) else f"line {line_of(self.atom)}"
        return f"the downloads and builds of {where} stay in one stage, as {stops} stops most of them: {self.cause}"


def line_of(atom: Atom) -> int:
    """The line of the file an atom starts in."""
    return atom.instruction.source.position(atom.span.start)[0]


def why(
    facts: Facts, atoms: Sequence[Atom], is_seed: Callable[[Atom], bool], is_work: Callable[[Atom], bool],
    refused: Iterable[Refusal],
) -> Staying | None:  # fmt: skip
    """What stops most of the work of a stage; None where there are no two pieces that could part.

    What packages a package manager installs is one state: such steps are no pieces of their own.
    """
    uncut = {atom: why for atom in atoms if is_seed(atom) and (why := _uncut(facts, atom))}
    every = [atom for atom in atoms if is_seed(atom) and (atom in uncut or not atom.effects.system_writes)]
    pieces = [atom for atom in every if is_work(atom)]
    if len(every) < 2 and not uncut:
        return None
    if len(pieces) < 2 and not uncut:
        small = next(atom for atom in every if atom not in pieces)
        return Staying(small, "it takes a moment (text, signatures, files of a repository)", _ALL, _lines(every), True)
    stops: dict[Atom, list[tuple[str, str]]] = defaultdict(list)
    for piece in pieces:
        if piece in uncut:
            stops[piece] += [(uncut[piece], _remedy(uncut[piece]))] * 2
        elif piece.effects.grade is not Grade.EXACT:
            stops[piece].append((piece.effects.reason, _remedy(piece.effects.reason)))
        elif piece.tied and piece.of is not None:
            stops[piece].append((piece.of.blocked, _OWN_RUN))
    for refusal in refused:
        at = refusal.by if refusal.by is not None and refusal.by.effects.grade is not Grade.EXACT else refusal.atom
        if at is not None:
            cause = at.effects.reason if at is refusal.by else _told(refusal)
            stops[at].append((cause, _remedy(cause)))
    if not stops:
        return Staying(pieces[0], "one builds on the other", _HINT, _lines(pieces))
    worst = max(stops, key=lambda atom: (len(stops[atom]), -atom.order))
    cause, remedy = stops[worst][0]
    return Staying(worst, written(cause), remedy, _lines(pieces))


def _uncut(facts: Facts, atom: Atom) -> str:
    """Why a RUN is not taken apart, if it is not and does two pieces of work or more, else ""."""
    run = atom.instruction
    units = facts.step(run).units if atom.of is None and run not in facts.hints else ()
    if sum(each.effects.heavy and not each.effects.system_writes for each in units) < 2:
        return ""
    if run.flags or run.heredocs:
        return f"a RUN with {f'`--{run.flags[0].name}`' if run.flags else 'a here-document'} is not taken apart"
    return next((each.blocked for each in units[1:] if each.blocked), "")


def _lines(atoms: Iterable[Atom]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(map(line_of, atoms)))


def _told(refusal: Refusal) -> str:
    """A reason with the lines it speaks of by their numbers."""
    if refusal.atom is None or refusal.by is None:
        return refusal.reason
    first, second = sorted((refusal.atom, refusal.by), key=lambda atom: atom.order)
    text = re.sub(r"the earlier step|the other\b", f"line {line_of(first)}", refusal.reason)
    return re.sub(r"the later (?:step|one)", f"line {line_of(second)}", text)


_MOST = 4
"""Lines that are named one by one."""
_HINT = "say what it reads and leaves in a comment above (`# dfrefactor: reads=… writes=…`), or let `dfrefactor observe` see it"
_PLACE = "name the place by its whole path, or say it in a comment above (`# dfrefactor: writes=…`)"
_ALL = "`--parallel all` takes those apart too"
_SET_E = "begin the RUN with `set -e`, or join its commands by `&&`, so that it ends where one fails"
_OWN_RUN = "give it a RUN of its own that sets what it needs"
_ONE_RUN = "do both in one RUN, or leave it to the stage that downloads it"


def _remedy(cause: str) -> str:
    """What a user can do about a cause."""
    if "stored twice" in cause:
        return _ONE_RUN
    if "can't be cut" in cause or "unnoticed" in cause or "was changed before" in cause:
        return _OWN_RUN
    if "set -e" in cause:
        return _SET_E
    return _PLACE if re.search(r"(?:writes|makes|fills|folder|cloned|destination).*known", cause) else _HINT
