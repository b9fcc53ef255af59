"""Results as a comment of a merge request: what was found, the difference, and the stages before and after."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from dfrefactor.finding import Severity
from dfrefactor.report.diff import shown
from dfrefactor.report.places import place
from dfrefactor.result import Result
from dfrefactor.text.shown import count, plain

_MOST = 60_000  # characters; GitHub takes 65,536 and GitLab a million
_ICONS = {Severity.ERROR: "🔴", Severity.WARNING: "🟡", Severity.NOTE: "🔵"}
_LEFT_OUT = "\n_Differences are left out: the comment would be too long. `dfrefactor` shows them._\n"


def render(results: Sequence[Result], advice: bool = False) -> str:
    """A comment that fits: with graphs, else without, else without differences, else cut.  No secret's value is in it."""
    spoken = [each for each in results if each.speaks(advice)]
    text = ""
    for graphs, differences in ((True, True), (False, True), (False, False)):
        parts = [_head(results, advice), *(_file(each, advice, graphs, differences) for each in spoken)]
        text = "\n".join(parts) + ("" if differences else _LEFT_OUT)
        if len(text) <= _MOST:
            return text
    return text[: text.rfind("\n", 0, _MOST)] + "\n\n_The rest is left out: the comment would be too long._\n"


def _head(results: Sequence[Result], advice: bool) -> str:
    counts = Counter(found.finding.severity for each in results for found in each.found(advice))
    said = [count(counts[level], level.name.lower()) for level in reversed(Severity) if counts[level]]
    wrong = sum(bool(each.errors) for each in results)
    said += [f"{wrong} {'file does' if wrong == 1 else 'files do'} not parse"] if wrong else []
    return f"### dfrefactor: {', '.join(said) or 'nothing found'}\n"


def _file(result: Result, advice: bool, graphs: bool, differences: bool) -> str:
    out = [f"#### `{_code(result.path)}`\n"]
    for finding, span, rewrite in result.found(advice):
        line = place(result.before, span).line
        mended = " (mended by `--apply`)" if rewrite is not None else ""
        out.append(f"- {_ICONS[finding.severity]} **{finding.severity.name.lower()}** `{finding.rule}`, line {line}{mended}:")
        out.append(f"  {_prose(result, finding.what)}")
        out += [f"  <br>{_prose(result, finding.why)}"] if finding.why else []
        out += [f"  <br>**fix:** {_prose(result, finding.fix)}"] if finding.fix else []
        out += [f"  <br><sub>{_prose(result, note)}</sub>" for note in finding.notes]
    out += [f"- 🔴 line {error.line}: {_prose(result, error.message)}" for error in result.shown_errors]
    out += [f"- {_prose(result, problem)}" for problem in (*result.problems, *result.refused)]
    if result.changed and differences:
        out += ["", *_folded("What `dfrefactor --apply` writes", "diff", "\n".join(_difference(result)))]
    if graphs and (drawn := _graph(result)):
        out += ["", *_folded("Stages before and after", "mermaid", drawn.rstrip("\n"))]
    return "\n".join(out) + "\n"


def _graph(result: Result) -> str:
    """The stages before and after, where both are there and are not the same."""
    from dfrefactor.report.graph import of_change, render

    seen = of_change(result)
    return render(seen, "mermaid") if seen and len(seen.pictures) > 1 else ""


def _difference(result: Result) -> Iterator[str]:
    for header, steps in shown(result.mask(result.before.text), result.mask(result.after.text)):
        yield header
        yield from (sign + text for sign, text in steps)


def _folded(title: str, language: str, text: str) -> list[str]:
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return [f"<details><summary>{_summary(title)}</summary>\n", f"{fence}{language}", text, fence, "\n</details>"]


def _summary(title: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", title)


def _prose(result: Result, text: str) -> str:
    """A message with its quoted texts as code, and nothing else in it as markup."""
    pieces = re.split(r"`([^`]*)`", plain(result.mask(text)))
    return "".join(f"`{_code(piece)}`" if at % 2 else re.sub(r"([\\*_<>\[\]#@|~!$])", r"\\\1", piece)
                   for at, piece in enumerate(pieces))  # fmt: skip


def _code(text: str) -> str:
    return plain(text).replace("`", "'")
