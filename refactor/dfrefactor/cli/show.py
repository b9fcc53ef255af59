"""Outcomes on the terminal or in a pipe, and the exit code they come to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from dfrefactor.report.outcome import Done, Outcome

OK, WOULD_CHANGE, TROUBLE, NOTHING_FOUND, FAULTY = range(5)
"""The exit codes; with several files the highest counts."""

FORMATS = ("text", "patch", "json", "sarif", "github")


@dataclass(frozen=True)
class View:
    """How outcomes are shown."""

    done: Done = "shown"
    form: str = "text"
    advice: bool = False
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)

    @property
    def width(self) -> int:
        """Of the terminal where colours are wanted, else 0."""
        if not _colours(self.out):
            return 0
        from shutil import get_terminal_size

        return get_terminal_size().columns


def _colours(stream: TextIO) -> bool:
    """https://no-color.org: NO_COLOR, when it is not empty, forbids them."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def code(outcome: Outcome, done: Done) -> int:
    """What one file adds to the exit code."""
    if outcome.faults:
        return FAULTY
    if outcome.problems:
        return TROUBLE
    return WOULD_CHANGE if outcome.refused or (done == "checked" and outcome.changed) else OK


def show(outcomes: Iterable[Outcome], view: View, *, summary: bool = True) -> int:
    """Show every outcome as soon as it is there, and give the exit code."""
    codes: list[int] = []
    kept: list[Outcome] = []
    changed = refused = 0
    for outcome in outcomes:
        codes.append(code(outcome, view.done))
        changed += outcome.changed
        refused += bool(outcome.refused)
        if outcome.faults or outcome.problems or outcome.refused:
            from dfrefactor.report import text

            sys.stderr.writelines(line + "\n" for line in text.complaints(outcome))
        if view.form in ("json", "sarif"):
            kept.append(outcome)
        else:
            _one(outcome, view)
    if view.form in ("json", "sarif"):
        view.out.write(_all(kept, view))
    failed = sum(each >= TROUBLE for each in codes)
    if summary and view.form == "text" and not view.quiet and codes:
        view.out.flush()
        print(_summary(changed, len(codes) - changed - refused - failed, refused, failed, view.done), file=sys.stderr)
    return max(codes, default=OK)


def _summary(changed: int, same: int, refused: int, failed: int, done: Done) -> str:
    """The last line: how many files changed, or would."""
    parts = [f"{_files(changed)} {'changed' if done == 'applied' else 'would change'}"] if changed else []
    if same:
        parts.append(f"{_files(same)} unchanged")
    if refused:
        parts.append(f"{_files(refused)} not written")
    if failed:
        parts.append(f"{_files(failed)} could not be handled")
    return ", ".join(parts)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _one(outcome: Outcome, view: View) -> None:
    if view.form == "patch":
        from dfrefactor.report import patch

        view.out.flush()
        view.out.buffer.write(patch.render(outcome))
    elif view.form == "github":
        from dfrefactor.report import github

        view.out.write(github.render(outcome, view.advice))
    elif (outcome.changes or outcome.left or outcome.remarks) and not (view.quiet and view.done != "shown"):
        from dfrefactor.report import text

        lines = text.render(outcome, view.done, advice=view.advice, notes=not view.quiet, width=view.width)
        view.out.write(lines)


def _all(outcomes: list[Outcome], view: View) -> str:
    if view.form == "json":
        from dfrefactor.report import json

        return json.render(outcomes, view.advice)
    from dfrefactor.report import sarif
    from dfrefactor.version import __version__

    return sarif.render(outcomes, pages(), __version__, view.advice)


def pages() -> Mapping[str, str]:
    """The page of every pass, by its name."""
    from dfrefactor.compose import cache_from as compose
    from dfrefactor.passes import PASSES

    return {each.name: each.page for each in PASSES} | {compose.RULE: compose.__doc__ or ""}
