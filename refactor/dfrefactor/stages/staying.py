"""Why work that could be built side by side stays in one stage: the line that stops most of it, and what would let it go."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import written
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


def why(atoms: Sequence[Atom], is_work: Callable[[Atom], bool], refused: Iterable[Refusal]) -> Staying | None:
    """What stops most of the work of a stage; None where there are no two pieces that could part.

    What packages a package manager installs is one state: such steps are no pieces of their own.
    """
    pieces = [atom for atom in atoms if is_work(atom) and not atom.effects.system_writes]
    if len(pieces) < 2:
        return None
    stops: dict[Atom, list[tuple[str, str]]] = defaultdict(list)
    for piece in pieces:
        if piece.effects.grade is not Grade.EXACT:
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
_OWN_RUN = "give it a RUN of its own that sets what it needs"
_ONE_RUN = "do both in one RUN, or leave it to the stage that downloads it"


def _remedy(cause: str) -> str:
    """What a user can do about a cause."""
    if "stored twice" in cause:
        return _ONE_RUN
    if "can't be cut" in cause or "set -e" in cause or "unnoticed" in cause or "was changed before" in cause:
        return _OWN_RUN
    return _PLACE if re.search(r"(?:writes|makes|fills|folder|cloned|destination).*known", cause) else _HINT
