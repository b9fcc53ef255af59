"""The graph as JSON, for other programs."""

from __future__ import annotations

from typing import Any

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.report.graph import Graph
from dfrefactor.report.graph.measured import Times, cost, longest
from dfrefactor.report.graph.picture import Picture
from dfrefactor.report.graph.rebuild import Row

VERSION = 1


def render(shown: Graph) -> str:
    """One JSON object; `before` and `after` of the rebuild table are step numbers, `after` is null where the step is gone.

    Where a build was measured, steps have `since`, `seconds` and `cached` (null where its log does not say), each side has its
    `critical_path`, and a row of the table `seconds_before` and `seconds_after`: what a change costs at least.
    """
    import json

    sides = ("before", "after") if shown.sides == "both" else (shown.sides,)
    times = {side: shown.times(side) for side in sides}
    found = {
        "version": VERSION,
        "path": shown.path,
        "changed": shown.changed,
        **{side: _picture(getattr(shown, side), times[side]) for side in sides},
        "rebuild": [
            {"step": row.mark or None, "line": row.line, "text": row.text, "commands": row.commands}
            | {side: None if (steps := row.steps(side)) is None else [step.number for step in steps] for side in sides}
            | {f"seconds_{side}": _seconds(shown, side, row, known) for side in sides if (known := times[side])}
            for row in shown.rows
        ],
        "history": shown.history and {
            **{name: getattr(shown.history, name) for name in ("commits", "of", *sides)},
            "changes": [{"line": line, "commits": often} for line, often in shown.history.changes],
        },
    }  # fmt: skip
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _picture(picture: Picture, times: Times | None) -> dict[str, Any]:
    return {
        "target": picture.target,
        **(_critical(picture, times) if times else {}),
        "steps": len(picture.steps),
        "side_by_side": [box.name for box in picture.abreast],
        "stages": [
            {
                "index": box.index,
                "name": box.name,
                "from": box.base,
                "depth": box.depth,
                "built": box.built,
                "line": box.stage.from_.lines[0],
                "steps": [
                    {"number": step.number, "line": step.instruction.lines[0], "text": step.text, "commands": step.commands}
                    | (_took(step.instruction, times) if times else {})
                    for step in box.steps
                ],
            }
            for box in picture.boxes
        ],
        "edges": [
            {"kind": arrow.kind, "from": arrow.source, "to": arrow.target, "step": arrow.step.number if arrow.step else None}
            for arrow in picture.arrows
        ],
    }


def _seconds(shown: Graph, side: str, row: Row, times: Times) -> float | None:
    """What it costs at least to run its steps again; null where that is not known of any."""
    known = cost(getattr(shown, side), times, row.steps(side) or ())
    return round(known[0], 3) if known else None


def _critical(picture: Picture, times: Times) -> dict[str, Any]:
    seconds, chain = longest(picture, times)
    return {"critical_path": {"seconds": round(seconds, 3), "steps": [step.number for step in chain]}}


def _took(instruction: Instruction, times: Times) -> dict[str, Any]:
    """When a step began and how long it took, in seconds from the build's first; null where the log does not say."""
    known = times.get(instruction)
    return {
        "since": round(known.since, 3) if known else None,
        "seconds": round(known.seconds, 3) if known else None,
        "cached": known.cached if known else None,
    }
