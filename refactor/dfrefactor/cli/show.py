"""Results on the terminal or in a pipe, and the exit code they come to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from dfrefactor.facts import Facts
from dfrefactor.finding import NEVER, Severity
from dfrefactor.report import Done
from dfrefactor.result import Result
from dfrefactor.text.shown import plain

OK, WOULD_CHANGE, TROUBLE, NOTHING_FOUND, FAULTY = range(5)
"""The exit codes; with several files the highest counts."""

FORMATS = ("text", "patch", "json", "sarif", "github")


@dataclass(frozen=True)
class View:
    """How results are shown."""

    done: Done = "shown"
    form: str = "text"
    advice: bool = False
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)

    @property
    def width(self) -> int:
        """Of the terminal where colours are wanted, else 0."""
        able = os.environ.get("FORCE_COLOR") or (self.out.isatty() and os.environ.get("TERM") != "dumb")
        if not able or os.environ.get("NO_COLOR"):  # https://no-color.org: when it is not empty, it forbids them
            return 0
        from shutil import get_terminal_size

        return get_terminal_size().columns


def code(result: Result, done: Done) -> int:
    """What one file adds to the exit code."""
    if result.errors:
        return FAULTY
    if result.problems:
        return TROUBLE
    return WOULD_CHANGE if result.refused or _fails(result, done) else OK


def _fails(result: Result, done: Done) -> bool:
    """Whether what was found is as bad as what the user fails on.

    A check fails on errors and on what would change, if nobody says otherwise; the other jobs only where somebody does.
    """
    if done == "shown" or (done == "applied" and not result.fail_on):
        return False
    for finding, _, rewrite in result.found():
        least = result.fail_on.get(finding.rule, result.fail_on.get("", Severity.ERROR))
        if least < NEVER and rewrite is not None and done == "checked":
            return True
        if least <= finding.severity and (rewrite is None or done == "checked"):
            return True
    return False


def rejected(facts: Facts, command: str) -> bool:
    """Whether a builder rejects the file; why is said on standard error."""
    from dfrefactor import buildkit
    from dfrefactor.report.text import complaints
    from dfrefactor.secrets.hidden import known

    wrong = buildkit.errors(facts.document)
    result = Result(facts.source, facts.source, errors=wrong, secrets=known(facts) if wrong else ())
    for line in complaints(result):
        complain(f"dfrefactor {command}: {line}")
    return bool(wrong)


def complain(line: str) -> int:
    """Say on standard error what is wrong, and give the exit code."""
    print(plain(line), file=sys.stderr)
    return TROUBLE


def show(results: Iterable[Result], view: View, *, summary: bool = True) -> int:
    """Show every result as soon as it is there, and give the exit code."""
    codes: list[int] = []
    kept: list[Result] = []
    changed = refused = wrong = 0
    for result in results:
        codes.append(code(result, view.done))
        changed += result.changed
        refused += bool(result.refused)
        wrong += sum(e.severity is Severity.ERROR and (n is None or view.done != "applied") for e, _, n in result.found())
        if result.errors or result.problems or result.refused:
            from dfrefactor.report import text

            sys.stderr.writelines(line + "\n" for line in text.complaints(result))
        if view.form in ("json", "sarif"):
            kept.append(result)
        else:
            _one(result, view)
    if view.form in ("json", "sarif"):
        view.out.write(_all(kept, view))
    failed = sum(each >= TROUBLE for each in codes)
    if summary and view.form == "text" and not view.quiet and codes:
        view.out.flush()
        print(_summary(changed, len(codes) - changed - refused - failed, refused, failed, view.done, wrong), file=sys.stderr)
    return max(codes, default=OK)


def _summary(changed: int, same: int, refused: int, failed: int, done: Done, wrong: int) -> str:
    """The last line: how many files changed, or would, and how much is wrong with what is in images."""
    became = {"changed" if done == "applied" else "would change": changed, "unchanged": same}
    became |= {"not written": refused, "could not be handled": failed}
    said = [f"{count} {'file' if count == 1 else 'files'} {what}" for what, count in became.items() if count]
    return ", ".join([*said, *([f"{wrong} {'error' if wrong == 1 else 'errors'}"] if wrong else [])])


def _one(result: Result, view: View) -> None:
    if view.form == "patch":
        from dfrefactor.report import patch

        view.out.flush()
        view.out.buffer.write(patch.render(result))
        if view.done != "shown":
            from dfrefactor.report import text

            sys.stderr.writelines(text.errors(result))
    elif view.form == "github":
        from dfrefactor.report import github

        view.out.write(github.render(result, view.advice))
    elif result.rewrites or result.left or result.notes:
        from dfrefactor.report import text

        view.out.write(text.render(result, view.done, advice=view.advice, notes=not view.quiet, width=view.width))


def _all(results: list[Result], view: View) -> str:
    if view.form == "json":
        from dfrefactor.report import json

        return json.render(results, view.advice)
    from dfrefactor.report import sarif
    from dfrefactor.version import __version__

    return sarif.render(results, pages(), __version__, view.advice)


def pages() -> Mapping[str, str]:
    """The page of every pass, by its name."""
    from dfrefactor.passes import PASSES

    return {each.name: each.page for each in PASSES}
