"""Results for a reader: a diff whose hunks say why, findings one a line, and one line at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.kinds import kind_of
from dfrefactor.report import Done
from dfrefactor.result import Result, Rewrite
from dfrefactor.text.shown import plain
from dfrefactor.text.source import Source, Span

if TYPE_CHECKING:
    from rich.text import Text

    from dfrefactor.report.diff import Hunk

_LEXERS = {"dockerfile": "docker", "bake": "json"}
_STYLES = {"-": "red", "+": "green", " ": ""}


def render(result: Result, done: Done, *, advice: bool = False, notes: bool = True, width: int = 0) -> str:
    """What a reader sees of one file; `width` > 0 stands for a terminal with colours.

    `shown` gives the diff, `checked` and `applied` one line a finding; without `notes` the diff and what is an error are
    all there is.  No line holds a secret's value.
    """
    blocks: list[str] = []
    for number, rewrite in enumerate(result.rewrites):
        if done == "shown":
            blocks.append(_diff(result, rewrite, width))
        else:
            worth = [each for each in rewrite.findings if notes or (done == "checked" and each.severity is Severity.ERROR)]
            blocks += [_line(result, each, result.origin(each.span, number), mark=_mark(each, done)) for each in worth]
        if notes:
            blocks += [_notes(result, finding) for finding in rewrite.findings]
    where, source = (result.destination, result.after) if done == "applied" else (result.origin, result.before)
    for left in result.shown(advice):
        if notes or left.finding.severity is Severity.ERROR:
            blocks.append(_line(result, left.finding, where(left.finding.span, left.after), source, _mark(left.finding)))
            blocks.append(_notes(result, left.finding) if notes else "")
    if (suggested := result.suggested) and done == "shown" and notes:
        label = f"suggested: dfrefactor {result.otherwise} --apply {result.path}"
        for rewrite in suggested.rewrites:
            blocks += [_diff(suggested, rewrite, width, label), *(_notes(suggested, finding) for finding in rewrite.findings)]
    blocks += [plain(f"{result.path}: note: {remark}") + "\n" for remark in result.notes if notes]
    return "".join(blocks)


def errors(result: Result) -> Iterator[str]:
    """What is wrong with what is in the image, one line each."""
    for finding, span, _ in result.found():
        if finding.severity is Severity.ERROR:
            yield _line(result, finding, span, mark=_mark(finding))


def _mark(finding: Finding, done: Done = "shown") -> str:
    """How bad it is; what was mended, or would only be better, says nothing of that."""
    if done != "shown" and (done == "applied" or finding.severity is not Severity.ERROR):
        return ""
    return "advice: " if finding.safety is Safety.ADVICE else f"{finding.severity.name.lower()}: "


def complaints(result: Result) -> Iterator[str]:
    """What is wrong with a file, or with us, one line each: `file:line:column: message`."""
    for error in result.shown_errors:
        yield plain(f"{result.path}:{error.line}:{error.column}: {error.message}")
    for problem in (*result.problems, *result.refused):
        yield plain(f"{result.path}: {result.mask(problem)}")


def _line(result: Result, finding: Finding, span: Span, source: Source | None = None, mark: str = "") -> str:
    line, column = (source or result.before).position(span.start)
    more = " (--unsafe would mend it)" if mark and source and finding.edits and finding.safety is Safety.UNSAFE else ""
    text = result.mask(f"{finding.rule}: {finding.message}{more}")
    return plain(f"{result.path}:{line}:{column}: {mark}{text}") + "\n"


def _notes(result: Result, finding: Finding) -> str:
    return "".join(f"  note: {plain(result.mask(note))}\n" for note in finding.notes)


def _diff(result: Result, rewrite: Rewrite, width: int, label: str = "") -> str:
    from dfrefactor.report.diff import hunks, lines

    before, after = (result.mask(source.text) for source in (rewrite.before, rewrite.after))
    old, new = lines(before), lines(after)
    found = list(hunks(old, new))
    head = [f"--- {plain(result.path)}", f"+++ {plain(result.path)} ({plain(label) or rewrite.by})"]
    titles = [_title(result, hunk, rewrite) for hunk in found]
    if width:
        return _coloured(head, titles, found, (before, after), result.path, width)
    for title, hunk in zip(titles, found, strict=True):
        head.append(title)
        head += [sign + plain((new if sign == "+" else old)[number].rstrip("\r\n")) for sign, number in hunk.steps]
    return "\n".join(head) + "\n"


def _title(result: Result, hunk: Hunk, rewrite: Rewrite) -> str:
    """The head of a hunk: the pass and its reason, and further reasons on lines of their own."""
    from dfrefactor.report.diff import reasons

    messages = dict.fromkeys(plain(result.mask(finding.message)) for finding in reasons(hunk, rewrite))
    first, *others = (f"{rewrite.by}: {message}" for message in messages)
    return "\n".join([f"{hunk.header} {first}", *(f"@@ {other}" for other in others)])


def _coloured(head: list[str], titles: list[str], found: list[Hunk], texts: tuple[str, str], path: str, width: int) -> str:
    from rich.text import Text

    old, new = (_highlighted(text, path) for text in texts)
    shown = [Text("\n".join(head), "bold")]
    for title, hunk in zip(titles, found, strict=True):
        shown.append(Text(title, "cyan"))
        for sign, number in hunk.steps:
            shown.append(Text(sign, _STYLES[sign]) + (new if sign == "+" else old)[number])
            if sign == "-":
                shown[-1].stylize("red")
    return on_terminal(shown, width)


def on_terminal(lines: Iterable[Text], width: int) -> str:
    """The lines as a terminal with colours takes them."""
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    console = Console(file=out, width=width, force_terminal=True, highlight=False, emoji=False, markup=False)
    for line in lines:
        console.print(line, soft_wrap=True)
    return out.getvalue()


def _highlighted(text: str, path: str) -> list[Text]:
    """The lines of `text`, coloured as the language they are in."""
    from rich.syntax import Syntax

    from dfrefactor.report.diff import lines

    shown = "\n".join(plain(line.rstrip("\r\n")) for line in lines(text))
    lexer = _LEXERS.get(kind_of(path), "yaml")
    coloured = Syntax("", lexer, theme="ansi_dark", background_color="default").highlight(shown)
    return list(coloured.split("\n", allow_blank=True))
