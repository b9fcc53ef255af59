"""What is known of each step of a Dockerfile, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dfrefactor import effects, hidden
from dfrefactor.dockerfile.comments import notes
from dfrefactor.effects import ALL, ANY, Effects, Output, Region
from dfrefactor.images import scopes
from dfrefactor.text.mask import Mask

if TYPE_CHECKING:
    from dfrefactor.dockerfile.instructions import Instruction
    from dfrefactor.dockerfile.model import Document

STEPS = ("RUN", "COPY", "ADD", "WORKDIR")
_MOST = 4


@dataclass(frozen=True)
class Row:
    """One step: its stage, its first line, its text, and what is known of it and of its parts."""

    stage: str
    line: int
    text: str
    step: Effects
    parts: tuple[tuple[str, Effects, str], ...] = ()


def rows(document: Document, catalog: Mapping[str, Any] | None = None) -> Iterator[Row]:
    """Every step of `document`, in the order of the file.  No text holds a secret's value."""
    mask = Mask.of((document.source.text, span) for span in hidden.known(document))
    hints = notes(document).hints
    for stage in document.stages:
        before: list[Effects] = []
        base = stage.base if isinstance(stage.base, str) else None
        for instruction, scope in zip(stage.instructions, scopes(stage), strict=True):
            if instruction.keyword not in STEPS:
                continue
            step = effects.of(instruction, scope, hints.get(instruction), catalog, before, base)
            before.append(step.effects)
            parts = tuple((mask(step.text[unit.start : unit.end]), unit.effects, unit.blocked) for unit in step.units)
            yield Row(
                stage.name or str(stage.index), instruction.lines[0], mask(_text(instruction)), step.effects,
                parts if len(parts) > 1 else (),
            )  # fmt: skip


def as_json(found: Iterable[Row], mask: Mask) -> list[dict[str, Any]]:
    """The rows as plain values, for `--format json`."""
    return [
        {
            "stage": row.stage,
            "line": row.line,
            "text": row.text,
            **_values(row.step, mask),
            "units": [{"text": text, **_values(part, mask), "cut": not why, "whyNot": why} for text, part, why in row.parts],
        }
        for row in found
    ]


def table(found: Iterable[Row], mask: Mask, width: int, colours: bool = False) -> str:
    """The rows for a reader, `width` columns wide."""
    from io import StringIO

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name, options in (("line", {"justify": "right"}), ("step", {"ratio": 3}), ("known", {}), ("what it does", {"ratio": 4})):
        shown.add_column(name, **options)
    styles = {"exact": "green", "bounded": "yellow", "unknown": "red"}
    for row in found:
        grade = row.step.grade.name.lower()
        about = [*_lines(row.step, mask), *([f"not exact: {_clean(mask(row.step.reason))}"] if row.step.reason else [])]
        shown.add_row(
            str(row.line), Text(_short(row.text)), Text(grade, styles[grade] if colours else ""),
            Text("\n".join(about) or "leaves no file"),
        )  # fmt: skip
    out = StringIO()
    Console(file=out, width=width, force_terminal=colours, no_color=not colours, highlight=False, _environ={}).print(shown)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _text(instruction: Instruction) -> str:
    return f"{instruction.keyword} {instruction.args}"


def _short(text: str) -> str:
    text = _clean(" ".join(text.split()))
    return text if len(text) <= 120 else text[:119] + "…"


def _clean(text: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in text.encode("utf-8", "replace").decode())


def _lines(step: Effects, mask: Mask) -> Iterator[str]:
    """One line for each thing there is to say."""
    if step.outputs:
        yield "leaves " + _some(map(_output, step.outputs), mask)
    elif step.writes | step.ensures:
        yield "writes " + _some(map(str, sorted(step.writes | step.ensures)), mask)
    if step.gone:
        yield "removes " + _some(map(str, sorted(step.gone)), mask)
    if step.reads:
        yield "reads " + _some(map(str, sorted(step.reads)), mask)
    if step.system_writes:
        yield "changes " + _some(sorted(step.system_writes), mask)
    if step.provides:
        named = sorted(step.provides - {ANY})
        yield "brings " + _some([*named, *(["commands nobody can name"] if ANY in step.provides else [])], mask)
    if step.commands:
        yield "runs " + _some(sorted(step.commands), mask)
    if step.network:
        yield "uses the network"


def _output(output: Output) -> str:
    return {"tree": f"{output.path}/**", "symlink": f"{output.path} → {output.target or '?'}"}.get(output.kind, output.path)


def _some(names: Iterable[str], mask: Mask) -> str:
    every = [_clean(mask(name)) for name in names]
    more = len(every) - _MOST
    return ", ".join(every[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _values(step: Effects, mask: Mask) -> dict[str, Any]:
    def names(regions: frozenset[Region]) -> list[str]:
        return [_clean(mask(str(region))) for region in sorted(regions)]

    return {
        "grade": step.grade.name.lower(),
        "reasons": [_clean(mask(reason)) for reason in step.reasons],
        "reads": names(step.reads),
        "writes": names(step.writes),
        "removes": names(step.removes),
        "ensures": names(step.ensures),
        "leftovers": names(step.leftovers),
        "outputs": [
            {"path": _clean(mask(each.path)), "kind": each.kind, "how": each.how, "temporary": each.temporary}
            for each in step.outputs
        ],
        "commands": sorted(step.commands),
        "provides": sorted(step.provides),
        "variables": ["*"] if ALL in step.variables else sorted(mask(name) for name in step.variables),
        "systemReads": sorted(step.system_reads),
        "systemWrites": sorted(step.system_writes),
        "network": step.network,
        "heavy": step.heavy,
        "looksAtTimes": step.mtime,
    }
