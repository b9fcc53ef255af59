"""Looks for mistakes: `python -m tests.scripts.explore --seed N --count N [--shell sh|bash|both] [--splits] [--most N] [--without PATTERN]`."""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.scripts.generate import Maker
from tests.scripts.judge import Verdict, chosen, explained, judged
from tests.scripts.program import Program
from tests.scripts.sandbox import Sandbox, missing, sandbox
from tests.shrink import shrink


@dataclass
class Figures:
    """What was run, and the mistakes, made smaller and explained."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    explained: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        c = self.counts
        passed = max(c["ran"] - c["failed"], 1)
        shares = ", ".join(f"{grade.lower()} {c[grade]} ({100 * c[grade] // passed} %)" for grade in ("EXACT", "BOUNDED", "UNKNOWN"))
        return (
            f"{c['ran']} scripts, {c['failed']} of them fail; of the others {shares}; wrong {self.wrong.total()}"
            f"; {c['ran'] / max(self.seconds, 0.001):.0f} scripts/s"
        )


def scripts(box: Sandbox, seeds: range, bash: bool, most: int = 10, deep: float = 0.3, without: str = "", tell: Callable[[str], None] = lambda _: None) -> Figures:
    """Runs the scripts of `seeds`; the first `most` mistakes are made smaller.

    Programs in which the pattern `without` is found are left out: what is known to be wrong hides what is not.
    """
    figures, start, seen, tried = Figures(), time.monotonic(), set[str](), 0
    for seed in seeds:
        dice = random.Random(seed) if random.Random(~seed).random() < deep else None
        programs = [each for each in Maker(seed, bash).programs() if not without or not re.search(without, each.data.decode())]
        if not programs:
            continue
        program, verdict = chosen(box, programs, dice)
        figures.counts["ran"] += 1
        figures.counts[verdict.grade or "failed"] += 1
        if verdict.kind:
            figures.wrong[verdict.kind] += 1
            if len(figures.explained) < most and tried < 4 * most:
                tried += 1
                small, found = smaller(box, program, verdict, seed)
                if (same := skeleton(small, found)) not in seen:
                    seen.add(same)
                    figures.explained.append(f"seed {seed}{' bash' if bash else ''}:\n{explained(small, found)}")
                    tell(figures.explained[-1])
    figures.seconds = time.monotonic() - start
    return figures


_PLACES = re.compile(r"[\"']?[$~./][\w/.{}$*@#%:~+-]*[\"']?")
_NAMES = re.compile(r"\b(?:[abcxnmkDEVWfg]|one|two|make|i)\b")


def skeleton(program: Program, verdict: Verdict) -> str:
    """What two programs with the same mistake have in common: their last step without its names."""
    last = program.steps[-1]
    text = last if isinstance(last, str) else last.text
    return f"{verdict.kind} {_NAMES.sub('N', _PLACES.sub('P', text))}"


def smaller(box: Sandbox, program: Program, verdict: Verdict, seed: int) -> tuple[Program, Verdict]:
    """The smallest program with a mistake of the same kind."""
    def fails(other: Program) -> Verdict | None:
        for attempt in range(6 if "unsaid" in verdict.kind else 1):
            found = judged(box, other, random.Random(seed + attempt) if "unsaid" in verdict.kind else None)
            if found.kind == verdict.kind:
                return found
        return None

    small = shrink(program, lambda other: fails(other) is not None)
    return small, fails(small) or verdict


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.scripts.explore", description=__doc__)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--count", type=int, default=1000)
    options.add_argument("--shell", choices=("sh", "bash", "both"), default="both")
    options.add_argument("--splits", action="store_true", help="rewrite Dockerfiles and build them before and after")
    options.add_argument("--most", type=int, default=20, help="so many mistakes are made smaller and shown")
    options.add_argument("--deep", type=float, default=0.3, help="the share run again with something unread changed")
    options.add_argument("--without", default="", metavar="PATTERN", help="leave out programs in which this is found")
    given = options.parse_args()
    if reason := missing():
        print(reason, file=sys.stderr)
        return 2
    seeds = range(given.seed, given.seed + given.count)
    total = 0
    with sandbox() as box:
        for bash in {"sh": (False,), "bash": (True,), "both": (False, True)}[given.shell]:
            if given.splits:
                from tests.scripts.splits import said, splits

                figures = splits(box, seeds, bash, given.most, without=given.without, tell=lambda text: print(text, "\n", flush=True))
            else:
                figures = scripts(box, seeds, bash, given.most, given.deep, given.without, tell=lambda text: print(text, "\n", flush=True))
            for kind, number in figures.wrong.most_common():
                print(f"{number:6} {kind}")
            print("bash:" if bash else "sh:", said(figures) if given.splits else figures, flush=True)
            total += figures.wrong.total()
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
