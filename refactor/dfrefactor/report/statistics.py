"""How many findings there are of each pass and severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from dfrefactor.result import Result

Counts = Counter[tuple[str, str, bool]]
"""Findings by pass, severity, and whether the pass mends them."""


def counted(result: Result, advice: bool = False) -> Counts:
    """The findings of one file."""
    found = result.found(advice)
    return Counter((finding.rule, finding.severity.name.lower(), rewrite is not None) for finding, _, rewrite in found)


def render(counts: Counts, pages: Mapping[str, str], form: str = "text") -> str:
    """A line for each pass and severity, the most findings first; [*] marks what --apply mends."""
    every = sorted(counts, key=lambda each: (-counts[each], each))
    if form == "json":
        import json

        rows = [{"rule": rule, "severity": level, "mended": mended, "count": counts[rule, level, mended]}
                for rule, level, mended in every]  # fmt: skip
        return json.dumps(rows, indent=2) + "\n"
    width = max((len(rule) for rule, _, _ in every), default=0)
    digits = max((len(str(count)) for count in counts.values()), default=0)
    lines = []
    for rule, level, mended in every:
        what = pages.get(rule, "").strip().partition("\n")[0]
        mark = "[*]" if mended else "[ ]"
        lines.append(f"{counts[rule, level, mended]:>{digits}}  {level:<7}  {rule:<{width}}  {mark} {what}".rstrip())
    if any(mended for _, _, mended in every):
        lines.append("[*] mended by --apply")
    return "".join(line + "\n" for line in lines)
