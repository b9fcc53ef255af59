"""What an editor is told of a result: diagnostics, code actions, and pages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import cache

from lsprotocol import types as lsp

from dfrefactor.cli.lsp.lines import EVERYTHING, Lines
from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.lazy import dataclass
from dfrefactor.report.diff import replacements
from dfrefactor.result import Found, Result
from dfrefactor.text.shown import shortened, valid
from dfrefactor.text.source import Source, Span
from dfrefactor.version import page

FIX_ALL = "source.fixAll.dfrefactor"
_SOURCE = "dfrefactor"
_SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.NOTE: lsp.DiagnosticSeverity.Information,
}
_TITLE = 80  # characters; a menu is no place to read in


@dataclass(frozen=True)
class Fix:
    """What would be done about findings: a title, and the text it gives."""

    title: str
    after: Source
    preferred: bool = True


def diagnostics(result: Result, lines: Lines, advice: bool) -> list[lsp.Diagnostic]:
    """All that is wrong with a file, and with us, without a secret's value."""
    found = [diagnostic(result, lines, each) for each in result.found(advice)]
    for error in result.shown_errors:
        starts = result.before.starts
        start = lines.position(min(starts[min(error.line, len(starts)) - 1] + error.column - 1, len(lines.text)))
        end = lines.position(lines.offset(lsp.Position(start.line, len(lines.text))))
        found.append(_plain(lsp.Range(start, end), valid(error.message), "parse-error"))
    return found + [trouble(result.mask(problem)) for problem in result.problems]


def diagnostic(result: Result, lines: Lines, found: Found) -> lsp.Diagnostic:
    finding = found.finding
    severity = lsp.DiagnosticSeverity.Hint if finding.safety is Safety.ADVICE else _SEVERITIES[finding.severity]
    start, end = found.span
    bare = lines.text[start:end].rstrip("\r\n")  # the end of a line is nothing to underline
    return lsp.Diagnostic(
        lines.range(Span(start, start + len(bare))),
        valid(result.mask("\n".join(finding.lines))),
        severity,
        finding.rule,
        lsp.CodeDescription(page(finding.rule)) if _page(finding.rule) else None,
        _SOURCE,
    )


def trouble(message: str) -> lsp.Diagnostic:
    """What is wrong with more than a place of the file."""
    return _plain(lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0)), valid(message), None)


def _plain(place: lsp.Range, message: str, code: str | None) -> lsp.Diagnostic:
    return lsp.Diagnostic(place, message, lsp.DiagnosticSeverity.Error, code, source=_SOURCE)


def fixes(result: Result, found: Found, guarded: Callable[[Source, Finding], Source | None]) -> Iterator[Fix]:
    """What can be done about one finding; `guarded` makes its edits alone, where the guard has nothing against that."""
    finding, _, number = found
    before = (result.before, *(rewrite.after for rewrite in result.rewrites))
    at = number if number is not None else len(result.rewrites)
    unsafe = number is None and finding.safety is Safety.UNSAFE
    if finding.edits and (number is not None or unsafe):
        after = guarded(before[at], finding)
        if after is None and number is not None:
            after = result.rewrites[number].after
        if after is not None:
            first = list(dict.fromkeys(each.by for each in result.rewrites[:at] if each.by != finding.rule))
            name = finding.rule + (f" after {', '.join(first)}" if first else "")
            said = shortened(" ".join(valid(result.mask(finding.message)).split()), _TITLE)
            yield Fix(f"{name}{' (can change the image)' if unsafe else ''}: {said}", after, not unsafe)
    suggested = result.suggested
    if number is None and suggested and any(each.by == finding.rule for each in suggested.rewrites):
        yield Fix(f"{finding.rule}: as with {result.otherwise}", suggested.after, False)


def edits(lines: Lines, after: str) -> list[lsp.TextEdit]:
    """What an editor has to do so that its text is `after`: whole lines."""
    if lines.lone or "\r" in after.replace("\r\n", ""):
        return [lsp.TextEdit(EVERYTHING, after)]
    return [lsp.TextEdit(lines.range(each.span), each.text) for each in replacements(lines.text, after)]


def page_at(lines: Lines, at: lsp.Position, result: Result | None, advice: bool) -> lsp.Hover | None:
    """The pages of the passes that found something here, or whose name stands here in a comment of ours."""
    offset = lines.offset(at)
    rules: dict[str, Span] = {}
    for found in result.found(advice) if result else ():
        if found.span.start <= offset <= found.span.end:
            rules.setdefault(found.finding.rule, found.span)
    start = lines.starts[at.line] if at.line < len(lines.starts) else len(lines.text)
    line = re.match(r"[^\r\n]*", lines.text[start:])
    if line and "dfrefactor:" in line[0]:
        for word in re.finditer(r"[a-z][a-z-]*", line[0]):
            if start + word.start() <= offset <= start + word.end():
                rules.setdefault(word[0], Span(start + word.start(), start + word.end()))
    known = {rule: text for rule in rules if (text := _page(rule))}
    if not known:
        return None
    shown = "\n\n---\n\n".join(f"**{rule}**\n\n{text}" for rule, text in known.items())
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, shown), lines.range(rules[next(iter(known))]))


@cache
def _page(rule: str) -> str:
    from dfrefactor.passes import PASSES

    return next((each.page.strip() for each in PASSES if each.name == rule), "")


def path_of(uri: str) -> str:
    """The path a URI means, or "" where it means no file.  Not pygls's: it takes `;` and `?` for more than characters."""
    from urllib.parse import unquote, urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(uri)
    if parts.scheme != "file":
        return ""
    if os.name == "nt":
        return url2pathname((f"//{parts.netloc}" if parts.netloc else "") + parts.path)
    return unquote(uri[len("file://") + len(parts.netloc) :], errors="surrogateescape")
