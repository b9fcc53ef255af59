"""What is known of each step of a Dockerfile, as a table and as JSON.

The JSON is `{"version": 1, "file", "steps": [step]}`.  A step is `{"stage", "line", "lines": [first, last], "text", …known,
"units": [{"lines", "text", …known, "cut", "whyNot"}]}`: units are the commands of a RUN's top-level list where there is more
than one; `cut` says whether the RUN may be cut before one, `whyNot` why it may not.  What is known, of either:

    grade       "exact", "bounded" or "unknown"; `reasons` are all that keep it down
    outputs     {"path", "kind": file|dir|tree|symlink|name, "how": create|modify|unknown, "temporary", "target", "mode" ("0755"),
                "owner" ("root:root")}; null is: not known
    reads writes removes ensures leftovers     paths; `/**` behind one is all below it, `*` and `?` are a glob's
    commands provides     needed, and given to later steps ("*": others that nobody can name)
    variables             looked at; ["*"] is all of them, "?*" perhaps any, `PIP_*` all with that beginning
    systemReads systemWrites     shared state: packages, users, ldconfig, trust-store, …
    network heavy looksAtTimes
    measured    of a step: whether this is what a build was seen to do (`dfrefactor --observe`), and not what its text says

Within a version keys keep their names and meaning; new ones may come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dfrefactor.dockerfile.instructions import STEPS, Instruction
from dfrefactor.effects.effects import ALL, Effects
from dfrefactor.effects.output import ANY, OTHER_OWNER, Output
from dfrefactor.effects.trace import Unit
from dfrefactor.facts import Facts
from dfrefactor.lazy import dataclass
from dfrefactor.text.mask import Mask
from dfrefactor.text.shown import plain, shortened

_MOST = 4


@dataclass(frozen=True)
class Row:
    """One step, or one unit of it: its lines, its text, and what is known of it; `why` it can't be cut from what is before."""

    stage: str
    lines: tuple[int, int]
    text: str
    step: Effects
    parts: tuple[Row, ...] = ()
    why: str = ""
    measured: bool = False
    """Whether that is what a build was seen to do."""


def rows(facts: Facts, mask: Mask) -> Iterator[Row]:
    """Every step of a document, in the order of the file."""
    for stage in facts.document.stages:
        for instruction, step in zip(stage.instructions, facts.steps(stage), strict=True):
            if instruction.keyword not in STEPS:
                continue
            name = stage.name or str(stage.index)

            def row(unit: Unit, text: str = step.text, of: Instruction = instruction, name: str = name) -> Row:
                return Row(name, _lines_of(of, unit, text), mask(text[unit.start : unit.end]), unit.effects, why=unit.blocked)

            hinted = instruction in facts.hints
            parts = tuple(map(row, step.units)) if len(step.units) > 1 and not hinted else ()
            text, measured = mask(f"{instruction.keyword} {instruction.args}"), instruction in facts.measured
            yield Row(name, instruction.lines, text, step.effects, parts, measured=measured)


def _lines_of(instruction: Instruction, unit: Unit, text: str) -> tuple[int, int]:
    """The lines a unit is written in; all of the instruction's where it is a script of its own."""
    if text != instruction.args:
        return instruction.lines
    span = instruction.span_of(unit.start, unit.end)
    return instruction.source.line(span.start), instruction.source.line(max(span.end - 1, span.start))


def as_json(found: Iterable[Row], mask: Mask) -> list[dict[str, Any]]:
    """The rows as plain values, for `--format json`."""
    return [
        {
            "stage": plain(mask(row.stage)),
            "line": row.lines[0],
            "lines": row.lines,
            "text": row.text,
            "measured": row.measured,
            **_values(row.step, mask),
            "units": [
                {
                    "lines": each.lines, "text": each.text, **_values(each.step, mask),
                    "cut": not each.why, "whyNot": plain(mask(each.why)),
                }
                for each in row.parts
            ],
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
        about = [*_lines(row.step, mask), *([f"not exact: {plain(mask(row.step.reason))}"] if row.step.reason else [])]
        text = shortened(plain(" ".join(row.text.split())), 120)
        known = Text("measured" if row.measured else grade, styles[grade] if colours else "")
        shown.add_row(str(row.lines[0]), Text(text), known, Text("\n".join(about) or "leaves no file"))
    out = StringIO()
    Console(file=out, width=width, force_terminal=colours, no_color=not colours, highlight=False, _environ={}).print(shown)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _lines(step: Effects, mask: Mask) -> Iterator[str]:
    """One line for each thing there is to say."""
    said: dict[str, Iterable[object]] = {
        "leaves": map(_output, step.outputs),
        "writes": sorted(step.writes | step.ensures) if not step.outputs else (),
        "removes": sorted(step.gone),
        "reads": sorted(step.reads),
        "changes": sorted(step.system_writes),
        "brings": [*sorted(step.provides - {ANY}), *(["commands nobody can name"] if ANY in step.provides else [])],
        "runs": sorted(step.commands),
    }
    for verb, names in said.items():
        if every := [plain(mask(str(name))) for name in names]:
            more = len(every) - _MOST
            yield f"{verb} {', '.join(every[:_MOST])}" + (f" and {more} more" if more > 0 else "")
    if step.network:
        yield "uses the network"


def _output(output: Output) -> str:
    return {"tree": f"{output.path}/**", "symlink": f"{output.path} → {output.target or '?'}"}.get(output.kind, output.path)


def _values(step: Effects, mask: Mask) -> dict[str, Any]:
    def shown(names: Iterable[object]) -> list[str]:
        return [plain(mask(str(name))) for name in names]

    named = ("reads", "writes", "removes", "ensures", "leftovers", "commands", "provides")
    return {
        "grade": step.grade.name.lower(),
        "reasons": shown(step.reasons),
        **{name: shown(sorted(getattr(step, name))) for name in named},
        "outputs": [
            {
                "path": plain(mask(each.path)), "kind": each.kind, "how": each.how, "temporary": each.temporary,
                "target": each.target and plain(mask(each.target)), "owner": each.owner if each.owner != OTHER_OWNER else None,
                "mode": f"{each.mode:04o}" if each.mode is not None and each.mode >= 0 else None,
            }
            for each in step.outputs
        ],
        "variables": ["*"] if ALL in step.variables else shown(sorted(step.variables)),
        "systemReads": sorted(step.system_reads),
        "systemWrites": sorted(step.system_writes),
        "network": step.network,
        "heavy": step.heavy,
        "looksAtTimes": step.mtime,
    }
