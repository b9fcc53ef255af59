"""The graph as JSON, for other programs."""

from __future__ import annotations

from typing import Any

from dfrefactor.report.graph import Graph
from dfrefactor.report.graph.picture import Picture

VERSION = 1


def render(shown: Graph) -> str:
    """One JSON object; `steps` of the rebuild table are step numbers, `after` is null where the step is gone."""
    import json

    sides = ("before", "after") if shown.sides == "both" else (shown.sides,)
    found = {
        "version": VERSION,
        "path": shown.path,
        "changed": shown.changed,
        **{side: _picture(getattr(shown, side)) for side in sides},
        "rebuild": [
            {"step": row.mark or None, "line": row.line, "text": row.text, "commands": row.commands}
            | {side: None if (steps := row.steps(side)) is None else [step.number for step in steps] for side in sides}
            for row in shown.rows
        ],
        "history": shown.history and {
            **{name: getattr(shown.history, name) for name in ("commits", "of", *sides)},
            "changes": [{"line": line, "commits": often} for line, often in shown.history.changes],
        },
    }  # fmt: skip
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


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
                    {"number": step.number, "line": step.instruction.lines[0], "text": step.text, "commands": step.commands}
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
