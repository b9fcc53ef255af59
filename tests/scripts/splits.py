"""Dockerfiles of random scripts, rewritten with everything taken apart that can be, and built before and after."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.scripts import build as builder
from tests.scripts.claims import rewritten
from tests.scripts.explore import Figures
from tests.scripts.generate import Maker
from tests.scripts.judge import shown
from tests.scripts.program import Program, Script
from tests.scripts.sandbox import Sandbox, Tree
from tests.shrink import shrink

TEMPORARY = ("/tmp/", "/var/tmp/", "/run/")
"""What a rewrite may leave out, as its finding says."""


@dataclass(frozen=True)
class Outcome:
    """`state` is "same", "different", "unbuilt" (the original fails) or "unchanged" (it is not taken apart)."""

    state: str
    told: str = ""
    after: bytes = b""


def program(box: Sandbox, seed: int, bash: bool) -> Program:
    """Of each step the first that succeeds behind those before it, so that most Dockerfiles can be built."""
    start, steps = Maker(seed, bash).split()
    made = Program("debian:12", start)
    for choices in steps:
        for step in choices:
            longer = replace(made, steps=(*made.steps, step))
            if not isinstance(step, Script) or builder.succeeds(box, longer.data):
                made = longer
                break
    return made


def outcome(box: Sandbox, program: Program) -> Outcome:
    """The images before and after, compared."""
    data = program.data
    after, problems = rewritten(data)
    if problems:
        return Outcome("different", f"problem: {problems[0]}", after)
    if after == data or after.count(b"FROM ") == data.count(b"FROM "):
        return Outcome("unchanged")
    try:
        old = builder.build(box, data)
    except builder.BuildError:
        return Outcome("unbuilt")
    try:
        new = builder.build(box, after)
    except builder.BuildError as error:
        return Outcome("different", f"it does not build: {error}", after)
    told = _differences(old, new)
    if told and any(builder.unlike(old, builder.build(box, data)) for _ in range(5)):
        return Outcome("unbuilt")  # it gives another image now and then
    return Outcome("different" if told else "same", told, after)


def _differences(old: Tree, new: Tree) -> str:
    """Nothing is allowed to differ but temporary files that are left behind."""
    differ = [path for path in builder.unlike(old, new) if not (path in old and path not in new and path.startswith(TEMPORARY))]
    return ", ".join(f"{path}: {shown(old.get(path))} -> {shown(new.get(path))}" for path in differ[:4])


def _kind(told: str) -> str:
    return "problem" if told.startswith("problem") else "split: does not build" if told.startswith("it does") else "split: images differ"


def splits(box: Sandbox, seeds: range, bash: bool, most: int = 10, wanted: int | None = None, without: str = "", tell: Callable[[str], None] = lambda _: None) -> Figures:
    """Rewrites and builds the Dockerfiles of `seeds`, until `wanted` were taken apart and compared."""
    figures, start = Figures(), time.monotonic()
    for seed in seeds:
        made = program(box, seed, bash)
        if without and re.search(without, made.data.decode()):
            continue
        found = outcome(box, made)
        figures.counts["ran"] += 1
        figures.counts[found.state] += 1
        if found.state == "different":
            kind = _kind(found.told)
            figures.wrong[kind] += 1
            if len(figures.explained) < most:
                small = shrink(made, lambda other, kind=kind: (again := outcome(box, other)).state == "different" and _kind(again.told) == kind)  # type: ignore[misc]
                again = outcome(box, small)
                text = f"seed {seed}{' bash' if bash else ''}:\n{small.data.decode()}becomes:\n{again.after.decode()}mistake: {again.told}"
                figures.explained.append(text)
                tell(text)
        if wanted is not None and figures.counts["same"] + figures.counts["different"] >= wanted:
            break
    figures.seconds = time.monotonic() - start
    return figures


def said(figures: Figures) -> str:
    """The figures of splits."""
    c = figures.counts
    return (f"{c['ran']} Dockerfiles, {c['unchanged']} not taken apart, {c['unbuilt']} fail as they are; {c['same']} split and the same, "
            f"{c['different']} split and different; {c['ran'] / max(figures.seconds, 0.001):.0f} files/s")  # fmt: skip
