"""Results for a reader: each finding with what to do about it, then the difference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.kinds import kind_of
from dfrefactor.report import Done
from dfrefactor.result import Result, Rewrite
from dfrefactor.text.shown import plain
from dfrefactor.text.source import Source, Span

if TYPE_CHECKING:
    from rich.text import Text

_LEXERS = {"dockerfile": "docker", "bake": "json"}
_STYLES = {"-": "red", "+": "green"}
_MARKS = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan", "advice": "bold blue", "fixed": "bold green"}
_LEAST = 40
"""A narrower terminal gets lines of that width all the same."""

Kind = Literal["head", "more", "diff", "context", "title", "hunk", ""]
Line = tuple[str, Kind]
"""A line without its end, and what it is."""


def render(
    result: Result, done: Done, *, advice: bool = False, notes: bool = True, width: int = 0, colour: bool = False
) -> str:  # fmt: skip
    """What a reader sees of one file; messages are wrapped at `width` where that is not 0, differences are not.

    `shown` gives findings with their difference, `checked` and `applied` the findings alone; without `notes` the difference
    and what is an error are all there is.  No line holds a secret's value.
    """
    lines: list[Line] = []
    for number, rewrite in enumerate(result.rewrites):
        for finding in result.new(rewrite):
            if notes or (done != "applied" and finding.severity is Severity.ERROR):
                span = result.origin(finding.span, number)
                lines += _finding(result, finding, span, "fixed" if done == "applied" else "", notes=notes)
        lines += _difference(result, rewrite, rewrite.by) if done == "shown" and result.new(rewrite) else ()
    where, source = (result.destination, result.after) if done == "applied" else (result.origin, result.before)
    for left in result.shown(advice):
        if notes or left.finding.severity is Severity.ERROR:
            lines += _finding(result, left.finding, where(left.finding.span, left.after), source=source, left=True, notes=notes)
    if (suggested := result.suggested) and done == "shown" and notes and result.shown():
        command = f"dfrefactor {result.otherwise} --apply {result.path}"
        for rewrite in suggested.rewrites:
            lines.append((f"suggested: {plain(command)}", "title"))
            for finding in rewrite.findings:
                lines += [(f"  {plain(suggested.mask(each))}", "more") for each in (finding.why, *finding.notes) if each]
            lines += _difference(suggested, rewrite, "suggested")
    lines += [(plain(f"{result.path}: note: {remark}"), "") for remark in result.notes if notes]
    return _written([piece for line in lines for piece in _wrapped(line, width)], result.path, colour)


def errors(result: Result) -> Iterator[str]:
    """What is wrong with what is in the image, one line each."""
    for finding, span, _ in result.found():
        if finding.severity is Severity.ERROR:
            yield _head(result, finding, span, result.before, "", finding.message) + "\n"


def complaints(result: Result) -> Iterator[str]:
    """What is wrong with a file, or with us, one line each: `file:line:column: message`."""
    for error in result.shown_errors:
        yield plain(f"{result.path}:{error.line}:{error.column}: {error.message}")
    for problem in (*result.problems, *result.refused):
        yield plain(f"{result.path}: {result.mask(problem)}")


def _finding(
    result: Result, finding: Finding, span: Span, mark: str = "", source: Source | None = None, *,
    left: bool = False, notes: bool = True,
) -> Iterator[Line]:  # fmt: skip
    """Place, severity, pass and what is the matter; then why, and what to do."""
    yield _head(result, finding, span, source or result.before, mark, finding.what), "head"
    fix = finding.fix or ("--unsafe would mend it" if left and finding.edits and finding.safety is Safety.UNSAFE else "")
    more = [finding.why, f"fix: {fix}" if fix else "", *(f"note: {note}" for note in finding.notes if notes)]
    yield from ((f"  {plain(result.mask(each))}", "more") for each in more if each)


def _head(result: Result, finding: Finding, span: Span, source: Source, mark: str, what: str) -> str:
    line, column = source.position(span.start)
    mark = mark or ("advice" if finding.safety is Safety.ADVICE else finding.severity.name.lower())
    return plain(f"{result.path}:{line}:{column}: {mark}: {finding.rule}: {result.mask(what)}")


def _difference(result: Result, rewrite: Rewrite, label: str) -> Iterator[Line]:
    from dfrefactor.report.diff import shown

    yield f"--- {plain(result.path)}", "title"
    yield f"+++ {plain(result.path)} ({label})", "title"
    for header, steps in shown(result.mask(rewrite.before.text), result.mask(rewrite.after.text)):
        yield header, "hunk"
        yield from ((sign + text, "context" if sign == " " else "diff") for sign, text in steps)
    yield "", ""


def _wrapped(line: Line, width: int) -> Iterator[Line]:
    text, kind = line
    if not width or kind not in ("head", "more") or len(text) <= width:
        yield line
        return
    from textwrap import wrap

    broken = wrap(text, max(width, _LEAST), subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    yield from ((piece, kind if number == 0 or kind == "more" else "more") for number, piece in enumerate(broken))


def _written(lines: list[Line], path: str, colour: bool) -> str:
    if not colour:
        return "".join(text + "\n" for text, _ in lines)
    from rich.text import Text

    context = iter(_highlighted([text[1:] for text, kind in lines if kind == "context"], path))
    shown = []
    for text, kind in lines:
        if kind == "context":
            shown.append(Text(" ") + next(context))
        elif kind == "head":
            shown.append(_coloured_head(text, path))
        elif kind == "more" and text.startswith("  fix: "):
            shown.append(Text.assemble("  ", ("fix:", "bold green"), text[6:]))
        else:
            shown.append(Text(text, _STYLES[text[0]] if kind == "diff" else {"title": "bold", "hunk": "cyan"}.get(kind, "")))
    return on_terminal(shown)


def _coloured_head(text: str, path: str) -> Text:
    """The place in bold, the severity in its colour, the pass in bold."""
    from rich.text import Text

    start = len(plain(path))
    place, mark, rule, what = (text[start:].split(": ", 3) + [""] * 3)[:4]
    pieces = [(text[:start] + place, "bold"), (mark, _MARKS.get(mark, "")), (rule, "bold"), (what, "")]
    return Text(": ").join(Text(*piece) for piece in pieces if piece[0])


def on_terminal(lines: Iterable[Text]) -> str:
    """The lines as a terminal with colours takes them."""
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    console = Console(
        file=out, width=1000, force_terminal=True, color_system="standard", no_color=False, highlight=False, emoji=False,
        markup=False, _environ={},
    )  # fmt: skip
    for line in lines:
        console.print(line, soft_wrap=True)
    return out.getvalue()


def _highlighted(lines: list[str], path: str) -> list[Text]:
    """The lines, coloured as the language they are in."""
    from rich.syntax import Syntax

    lexer = _LEXERS.get(kind_of(path), "yaml")
    coloured = Syntax("", lexer, theme="ansi_dark", background_color="default").highlight("\n".join(lines))
    coloured.spans = [span for span in coloured.spans if not re.search("red|green", str(span.style))]  # they mean gone and new
    return list(coloured.split("\n", allow_blank=True))
