"""Results on the terminal or in a pipe, and the exit code they come to."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Literal, TextIO

from dfrefactor.facts import Facts
from dfrefactor.finding import NEVER, Severity
from dfrefactor.lazy import dataclass
from dfrefactor.report import Done
from dfrefactor.result import Result
from dfrefactor.text.shown import count, plain

OK, WOULD_CHANGE, TROUBLE, NOTHING_FOUND, FAULTY = range(5)
"""The exit codes; with several files the highest counts."""

FORMATS = ("text", "patch", "json", "sarif", "github", "gitlab", "markdown", "html")
_WHOLE = ("json", "sarif", "gitlab", "markdown", "html")
"""Those that are one document for all files."""

COLOURS = ("auto", "always", "never")


@dataclass(frozen=True)
class View:
    """How results are shown."""

    done: Done = "shown"
    form: str = "text"
    advice: bool = False
    quiet: bool = False
    color: Literal["auto", "always", "never"] = "auto"
    statistics: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)

    @property
    def colour(self) -> bool:
        """Whether colours are wanted: as said, else on a terminal, unless the environment says otherwise."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):  # https://no-color.org: when it is not empty, it forbids them
            return False
        return bool(os.environ.get("FORCE_COLOR")) or (self.out.isatty() and os.environ.get("TERM") != "dumb")

    def speaks_of(self, result: Result) -> bool:
        """Whether anything is shown of a file before all are done."""
        if result.errors or result.problems or result.refused:
            return True
        return not self.statistics and self.form not in _WHOLE and bool(result.findings or result.notes)

    @property
    def width(self) -> int:
        """Of the terminal, else 0."""
        if not self.out.isatty():
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
    files: Counter[str] = Counter()
    found: Counter[str] = Counter()
    counts: Counter[tuple[str, str, bool]] = Counter()
    for result in results:
        codes.append(code(result, view.done))
        files[_became(result, codes[-1], view.done)] += 1
        found.update(_standing(result, view.done))
        if result.errors or result.problems or result.refused:
            from dfrefactor.report import text

            sys.stderr.writelines(line + "\n" for line in text.complaints(result))
        if view.statistics:
            from dfrefactor.report.statistics import counted

            counts.update(counted(result, view.advice))
        elif view.form in _WHOLE:
            kept.append(result)
        else:
            _one(result, view)
    if view.statistics:
        from dfrefactor.report import statistics

        view.out.write(statistics.render(counts, pages(), view.form))
    elif view.form in _WHOLE:
        view.out.write(_all(kept, view))
    if summary and (view.form == "text" or view.out is not sys.stdout) and not view.quiet and codes:
        view.out.flush()
        print(_summary(files, found, view.done), file=sys.stderr)
    return max(codes, default=OK)


def _became(result: Result, how: int, done: Done) -> str:
    if result.refused:
        return "not written"
    if how >= TROUBLE:
        return "could not be handled"
    if done == "applied":
        return "changed" if result.changed else "unchanged"
    return "would change" if any(result.new(rewrite) for rewrite in result.rewrites) else "unchanged"


def _standing(result: Result, done: Done) -> Counter[str]:
    """The findings by severity, without those that were mended."""
    found = (each for each, _, rewrite in result.found() if rewrite is None or done != "applied")
    return Counter(finding.severity.name.lower() for finding in found)


def _summary(files: Counter[str], found: Counter[str], done: Done) -> str:
    """The last line: how many files changed, or would, and how much was found in them."""
    became = ("changed", "would change", "unchanged", "not written", "could not be handled")
    said = [f"{count(files[what], 'file')} {what}" for what in became if files[what]]
    levels = (each.name.lower() for each in reversed(Severity))
    said += [count(found[level], level) for level in levels if found[level]]
    return ", ".join(said) + ("; --apply writes it" if done == "shown" and files["would change"] else "")


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

        shown = text.render(
            result, view.done, advice=view.advice, notes=not view.quiet, width=view.width, colour=view.colour
        )  # fmt: skip
        view.out.write(shown)


def _all(results: list[Result], view: View) -> str:
    if view.form != "sarif":
        from importlib import import_module

        rendered: str = import_module(f"dfrefactor.report.{view.form}").render(results, view.advice)
        return rendered
    from dfrefactor.report import sarif
    from dfrefactor.version import __version__

    return sarif.render(results, pages(), __version__, view.advice)


def pages() -> Mapping[str, str]:
    """The page of every pass, by its name."""
    from dfrefactor.passes import PASSES

    return {each.name: each.page for each in PASSES}
