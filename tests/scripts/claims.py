"""The one place where the tests of scripts ask dfrefactor: what is claimed of the last step of a Dockerfile, and its rewrite."""

from __future__ import annotations

from dataclasses import dataclass

import dfrefactor
from dfrefactor.facts import Facts

from tests.apart import taken_apart

EVERYWHERE = "/"


@dataclass(frozen=True)
class Area:
    """A part of the file system: a name, or (`tree`, `glob`) names."""

    contains: object
    text: str

    def __contains__(self, path: str) -> bool:
        return self.contains(path)  # type: ignore[operator]


@dataclass(frozen=True)
class Left:
    """Something that is claimed to be left: kind is "file", "dir", "tree", "symlink" or "name" (a file or a link).

    `certain`: a tree is a folder.  `how`: "create", "modify" or "unknown".  `mode` and `owner` are None where not known.
    """

    path: str
    kind: str
    how: str
    target: str | None
    mode: int | None
    owner: str | None
    certain: bool


@dataclass(frozen=True)
class Claim:
    """What is claimed of a step.  `touched` are all names it may change, `ensured` those made only where missing, `parts` what
    each of its units may change (None where one has no limits)."""

    grade: str
    outputs: tuple[Left, ...]
    leftovers: tuple[Area, ...]
    removed: tuple[Area, ...]
    ensured: tuple[Area, ...]
    touched: tuple[Area, ...]
    reads: tuple[Area, ...]
    links: tuple[tuple[str, str], ...]
    parts: tuple[Area, ...] | None
    reads_variable: object
    reasons: tuple[str, ...]


def _areas(regions) -> tuple[Area, ...]:  # type: ignore[no-untyped-def]
    return tuple(Area(each.contains, str(each)) for each in sorted(regions))


def claim(data: bytes) -> Claim:
    """What dfrefactor claims of the last step of `data`."""
    facts = Facts(dfrefactor.parse(data))
    step = facts.steps(facts.document.stages[-1])[-1]
    known = step.effects
    units = [unit.effects for unit in step.units]
    limited = all(each.grade.name != "UNKNOWN" for each in units)
    return Claim(
        known.grade.name,
        tuple(Left(o.path, o.kind, o.how, o.target, o.mode, o.owner, o.certain) for o in known.outputs),
        _areas(known.leftovers), _areas(known.removes | known.gone), _areas(known.ensures), _areas(known.touched | known.leftovers),
        _areas(known.reads), tuple(known.links),
        _areas({region for each in units for region in each.touched | each.leftovers}) if units and limited else None,
        known.reads_variable, known.reasons,
    )  # fmt: skip


def rewritten(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """`data` with everything taken apart that can be, and bugs that stopped it."""
    result = taken_apart(data)
    return result.data, tuple(map(str, result.problems))
