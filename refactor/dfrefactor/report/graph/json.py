"""The graph as JSON, for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dfrefactor.report.graph.picture import Picture, Step
from dfrefactor.report.graph.sides import Graph

VERSION = 1


def render(shown: Graph) -> str:
    """One JSON object; `steps` of the rebuild table are step numbers, `after` is null where the step is gone."""
    import json

    found = {
        "version": VERSION,
        "path": shown.path,
        "changed": shown.changed,
        **{side: _picture(picture) for side, picture in _sides(shown).items()},
        "rebuild": [
            {"step": row.mark or None, "line": row.line, "text": row.text, "commands": row.commands}
            | {side: _numbers(row.before if side == "before" else row.after) for side in _sides(shown)}
            for row in shown.rows
        ],
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _sides(shown: Graph) -> dict[str, Picture]:
    both = {"before": shown.before, "after": shown.after}
    return both if shown.sides == "both" else {shown.sides: both[shown.sides]}


def _numbers(steps: Sequence[Step] | None) -> list[int] | None:
    return None if steps is None else [step.number for step in steps]


def _picture(picture: Picture) -> dict[str, Any]:
    return {
        "target": picture.target,
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
                    {
                        "number": step.number,
                        "line": step.instruction.lines[0],
                        "text": step.text,
                        "commands": step.commands,
                    }
                    for step in box.steps
                ],
            }
            for box in picture.boxes
        ],
        "edges": [
            {
                "kind": arrow.kind,
                "from": arrow.source,
                "to": arrow.target,
                "step": arrow.step.number if arrow.step else None,
            }
            for arrow in picture.arrows
        ],
    }
