"""The graph as a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html"""

from __future__ import annotations

from collections.abc import Iterator

from refactor.report.graph import TITLES, Graph
from refactor.report.graph.picture import Box, Picture, shortened

_LONGEST = 60
_HARMLESS = frozenset(" .,:/=+@-()")


def render(shown: Graph) -> str:
    lines = ["flowchart LR"]
    for name, picture in shown.pictures.items():
        if len(shown.pictures) == 1:
            lines += [f"  {line}" for line in _picture(name, picture)]
        else:
            lines += [f"  subgraph {name}_[{quoted(TITLES[name])}]"]
            lines += [f"    {line}" for line in _picture(name, picture)]
            lines += ["  end"]
    lines += ["  classDef idle stroke-dasharray: 4 3, opacity: 0.6"]
    return "\n".join(lines) + "\n"


def _picture(side: str, picture: Picture) -> Iterator[str]:
    for box in picture.boxes:
        stage = f"{side}_s{box.index}"
        yield f"subgraph {stage}[{quoted(f'{box.name} · {box.base}')}]"
        yield "  direction TB"
        yield from (f"  {side}_{step.number}[{quoted(f'{step.number} {step.text}')}]" for step in box.steps)
        if not box.steps:
            yield f"  {stage}_[{quoted('no step of its own')}]"
        if len(box.steps) > 1:
            yield "  " + " --> ".join(f"{side}_{step.number}" for step in box.steps)
        yield "end"
        if not box.built:
            yield f"class {stage} idle"
    for arrow in picture.arrows:
        source, target = picture.boxes[arrow.source], picture.boxes[arrow.target]
        end = f"{side}_{arrow.step.number}" if arrow.step else _node(side, target, 0)
        yield f"{_node(side, source, -1)} -->|{arrow.kind.upper()}| {end}"


def _node(side: str, box: Box, which: int) -> str:
    """The first or last node of a stage."""
    return f"{side}_{box.steps[which].number}" if box.steps else f"{side}_s{box.index}_"


def quoted(text: str) -> str:
    """A label: whatever could be markup, in Mermaid or in HTML, is written as its code point."""
    text = shortened(text, _LONGEST)
    return '"' + "".join(c if c.isalnum() or c in _HARMLESS else f"#{ord(c)};" for c in text) + '"'
