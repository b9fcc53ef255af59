"""Results as one page that stands alone: no network, no file beside it, light and dark as the reader's screen is.

It is read by keyboard: everything that folds or scrolls takes the focus, and j and k go from finding to finding.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.report.diff import shown
from dfrefactor.report.places import place
from dfrefactor.result import Found, Result, Rewrite
from dfrefactor.text.shown import count, plain

_LEVELS = ("error", "warning", "note", "advice")
_SIGNS = {"+": "add", "-": "gone", " ": "same"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_SCRIPT = """
addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || !'jk'.includes(event.key)) return
  const all = [...document.querySelectorAll('.finding')].filter(each => each.offsetParent)
  const at = all.indexOf(document.activeElement.closest('.finding'))
  const next = all[event.key === 'j' ? Math.min(at + 1, all.length - 1) : Math.max(at - 1, 0)]
  if (next) { next.focus(); next.scrollIntoView({block: 'nearest'}) }
})
"""


def render(results: Sequence[Result], advice: bool = True) -> str:
    """The page.  No secret's value is in it."""
    from importlib.resources import files

    style = (files("dfrefactor") / "report" / "html" / "style.css").read_text("utf-8")
    spoken = [each for each in results if each.speaks(advice)]
    spoken.sort(key=lambda each: not each.errors and -max((found.finding.severity for found in each.found(advice)), default=0))
    quiet = [each for each in results if each not in spoken]
    body = [line for number, result in enumerate(spoken) for line in _file(result, number, advice)]
    if quiet:
        rows = "".join(f"<li><code>{_text(each.path)}</code></li>" for each in quiet)
        title = f"<summary>Nothing to say of {count(len(quiet), 'file')}</summary>"
        body.append(f'<details>{title}<ul class="files">{rows}</ul></details>')
    return "\n".join([
        "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        "<title>dfrefactor report</title>", f"<style>\n{style}</style>", "</head>", "<body>",
        *_head(results, spoken, advice), '<main id="findings">', *body, "</main>", f"<script>{_SCRIPT}</script>",
        "</body>", "</html>", "",
    ])  # fmt: skip


def _head(results: Sequence[Result], spoken: Sequence[Result], advice: bool) -> Iterator[str]:
    levels = Counter(_level(each.finding) for result in results for each in result.found(advice))
    changed = sum(result.changed for result in results)
    yield '<header><a class="skip" href="#findings">To the findings</a><h1>dfrefactor report</h1>'
    keys = '<span class="dim">The keys j and k go from finding to finding.</span>'
    yield f'<p>{count(len(results), "file")}, {changed} would change. {keys}</p>'
    shown = [level for level in _LEVELS if levels[level]]
    yield f'<ul class="counts">{"".join(_count(level, levels[level]) for level in shown)}</ul>'
    if shown:
        boxes = "".join(f'<label><input type="checkbox" id="show-{level}" checked> {level}</label>' for level in shown)
        yield f'<fieldset class="filter"><legend>Show</legend>{boxes}</fieldset>'
    if len(spoken) > 1:
        rows = (f'<li><a href="#file-{number}"><code>{_text(each.path)}</code></a></li>' for number, each in enumerate(spoken))
        yield f'<nav aria-label="Files"><ul class="files">{"".join(rows)}</ul></nav>'
    yield "</header>"


def _count(level: str, number: int) -> str:
    said = f"{number} advice" if level == "advice" else count(number, level)
    return f'<li class="{level}"><span class="level">{said}</span></li>'


def _file(result: Result, number: int, advice: bool) -> Iterator[str]:
    yield f'<section id="file-{number}"><h2><code>{_text(result.path)}</code></h2>'
    for error in result.shown_errors:
        head = f'<span class="level">does not parse</span> <span class="place">line {error.line}</span>'
        yield f'<article class="finding error" tabindex="-1"><p>{head}</p><p>{_said(error.message)}</p></article>'
    for problem in (*result.problems, *result.refused):
        yield f'<p class="error"><span class="level">{_said(result.mask(problem))}</span></p>'
    found = sorted(result.found(advice), key=lambda each: (-each.finding.severity, each.span))
    for at, rewrite in enumerate(result.rewrites):
        mine = [each for each in found if each.rewrite == at]
        if mine:
            yield from (_finding(result, each) for each in mine)
            yield _difference(result, rewrite)
    if left := [each for each in found if each.rewrite is None]:
        yield "<h3>Left as it is, and why</h3>"
        yield from (_finding(result, each) for each in left)
    yield from _graph(result, number)
    yield "</section>"


def _finding(result: Result, found: Found) -> str:
    finding, level = found.finding, _level(found.finding)
    line = place(result.before, found.span).line

    def said(text: str) -> str:
        return _said(result.mask(text))

    parts = [f'<p><span class="level">{level}</span> <b>{_text(finding.rule)}</b> <span class="place">line {line}</span></p>']
    parts += [f"<p>{said(finding.what)}</p>"] + ([f"<p>{said(finding.why)}</p>"] if finding.why else [])
    parts += [f"<p><b>fix:</b> {said(finding.fix)}</p>"] if finding.fix else []
    parts += [f"<ul>{''.join(f'<li>{said(note)}</li>' for note in finding.notes)}</ul>"] if finding.notes else []
    return f'<article class="finding {level}" tabindex="-1">{"".join(parts)}</article>'


def _difference(result: Result, rewrite: Rewrite) -> str:
    out = []
    for header, steps in shown(result.mask(rewrite.before.text), result.mask(rewrite.after.text)):
        out.append(f'<span class="hunk">{header}</span>')
        out += [f'<span class="{_SIGNS[sign]}">{escape(sign + text)}</span>' for sign, text in steps]
    label = f"Difference of {rewrite.by}"
    return f'<pre class="difference" tabindex="0" role="region" aria-label="{_text(label)}">{"".join(out)}</pre>'


def _graph(result: Result, number: int) -> Iterator[str]:
    """The stages before and after, and what rebuilds; of a file that changes."""
    from dfrefactor.report.graph import of_change, svg
    from dfrefactor.report.graph.text import notes

    if (seen := of_change(result)) is None:
        return
    drawn = svg.render(seen)
    drawn = re.sub(r'(id="|url\(#)(from|copy|mount)(?=["\)])', rf"\g<1>\g<2>-{number}", drawn)  # one page has many
    yield f"<h3>Stages before and after, and what rebuilds</h3><p>{' '.join(_said(each) for each in notes(seen))}</p>"
    yield f'<div class="drawn" tabindex="0" role="region" aria-label="Stages before and after">{drawn}</div>'


def _level(finding: Finding) -> str:
    return "advice" if finding.safety is Safety.ADVICE else Severity(finding.severity).name.lower()


def _said(text: str) -> str:
    """A message with what it quotes as code; to be masked before."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", _text(text))


def _text(text: str) -> str:
    return escape(plain(text))
