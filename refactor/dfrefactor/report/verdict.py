"""What building both files showed, for a reader."""

from __future__ import annotations

from collections.abc import Iterator

from dfrefactor.dockerfile.comments import notes
from dfrefactor.dockerfile.model import parse
from dfrefactor.engine.image import Leak
from dfrefactor.engine.verify import Side, Verdict
from dfrefactor.result import Result
from dfrefactor.text.shown import in_bytes, plain, shortened


def lines(verdict: Verdict) -> Iterator[str]:
    """The answer first, then what differs, then the two builds side by side."""
    if verdict.equal:
        yield f"equal: {len(verdict.new.image.files):,} paths and the configuration ({verdict.engine})"
    elif verdict.differences:
        yield f"different in {len(verdict.differences):,} ways ({verdict.engine})"
    else:
        yield f"equal, but the new image {'holds a secret' if verdict.leaks else 'is too large'} ({verdict.engine})"
    for difference in verdict.differences:
        yield f"  {difference}"
    if verdict.growth.excessive:
        yield str(verdict.growth)
    yield from _leaks("the new image", verdict.leaks)
    yield from _leaks("the old image", verdict.old_leaks)
    if verdict.unread:
        yield "not searched for secrets:"
        yield from (f"  {plain(line)}" for line in verdict.unread)
    if verdict.learned:
        yield "noise, seen between two builds of the old file:"
        yield from (f"  {plain(noise.pattern)}" for noise in verdict.learned)
    yield ""
    yield from table(verdict.old, verdict.new)
    for name, side in (("old", verdict.old), ("new", verdict.new)):
        yield from critical_path(name, side)


def verified(verdict: Verdict) -> str:
    """The answer on one line, for a file that was written."""
    old, new = (side.built.seconds for side in (verdict.old, verdict.new))
    return f"verified: equal, {len(verdict.new.image.files):,} paths; {old:.1f} s → {new:.1f} s"


def hinted(result: Result, verdict: Verdict) -> Iterator[str]:
    """Which hints have to be looked at where a path is missing: what a hint does not name stays behind in its stage."""
    missing = sorted(verdict.old.image.files.keys() - verdict.new.image.files.keys())
    hints = notes(parse(result.before.data, result.path)).hints
    if missing and hints:
        lines = ", ".join(str(instruction.lines[0]) for instruction in hints)
        yield f"{plain(missing[0])} is missing, and perhaps in no hint's `writes=`: look at what the hint of line {lines} names"


def _leaks(image: str, leaks: tuple[Leak, ...]) -> Iterator[str]:
    if leaks:
        yield f"{image} holds a secret:"
    for leak in leaks:
        yield f"  {plain(leak.secret)}: {leak.form}, {plain(leak.place)}"


def table(old: Side, new: Side) -> Iterator[str]:
    """Layers, sizes and times of both builds."""
    rows = [
        ("", "old", "new"),
        ("layers", *(str(len(side.image.layers)) for side in (old, new))),
        ("size", *(in_bytes(side.image.size) for side in (old, new))),
        ("build time", *(f"{side.built.seconds:.1f} s" for side in (old, new))),
        ("steps, from cache", *(f"{len(side.built.steps)}, {side.built.cached}" for side in (old, new))),
        ("critical path", *(f"{sum(step.seconds for step in side.built.critical_path):.1f} s" for side in (old, new))),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, *cells in rows:
        yield "  ".join([name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))]).rstrip()


def critical_path(name: str, side: Side, shortest: float = 0.05) -> Iterator[str]:
    """The steps that no number of workers can overlap, the ones that take no time left out."""
    steps = [step for step in side.built.critical_path if step.seconds >= shortest]
    if steps:
        yield f"critical path, {name}:"
    for step in steps:
        yield f"  {step.seconds:6.1f} s  {shortened(plain(' '.join(step.name.split())), 100)}"
