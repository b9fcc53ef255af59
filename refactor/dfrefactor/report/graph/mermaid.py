"""The graph as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""

from __future__ import annotations

from collections.abc import Iterator

from dfrefactor.report.graph import TITLES, Graph
from dfrefactor.report.graph.picture import Box, Picture, shortened

_LONGEST = 60
_HARMLESS = frozenset(" .,:/=+@-()")
_WRAP = 520  # pixels; Mermaid's own 200 would break most steps


def render(shown: Graph) -> str:
    """A node for each stage, with its steps as lines; the steps that need another stage are named at the edges.

    Nodes of their own for steps would be laid out across: Mermaid ignores the direction of a subgraph that has edges.
    """
    lines = [f'%%{{init: {{"flowchart": {{"wrappingWidth": {_WRAP}}}}}}}%%', "flowchart LR"]
    for name, picture in reversed(shown.pictures.items()):  # the last one is put on top
        lines += [f"  subgraph {name}_[{quoted(TITLES[name])}]", "    direction LR"]
        lines += [f"    {line}" for line in _picture(name, picture)]
        lines += ["  end"]
    lines += ["  classDef stage text-align:left", "  classDef idle text-align:left,opacity:0.5,stroke-dasharray:4 3"]
    return "\n".join(lines) + "\n"


def _picture(side: str, picture: Picture) -> Iterator[str]:
    for box in picture.boxes:
        yield f'{side}_{box.index}["{_label(box)}"]:::{"stage" if box.built else "idle"}'
    edges: dict[tuple[int, int], list[str]] = {}
    for arrow in picture.arrows:
        step = f" {arrow.step.number}" if arrow.step else ""
        edges.setdefault((arrow.source, arrow.target), []).append(arrow.kind.upper() + step)
    for (source, target), kinds in edges.items():
        yield f"{side}_{source} -->|{quoted(', '.join(kinds))}| {side}_{target}"


def _label(box: Box) -> str:
    head = f"<b>{_plain(box.name)}</b> {_plain(box.base)}{'' if box.built else ' (not built)'}"
    return "<br>".join([head, *(_plain(f"{step.number} {step.text}") for step in box.steps)])


def quoted(text: str) -> str:
    return f'"{_plain(text)}"'


def _plain(text: str) -> str:
    """Whatever could be markup, in Mermaid or in HTML, is written as its code point.

    A backslash gets an invisible character behind it, or Mermaid makes a line break of `\\n`.
    """
    coded = "".join(c if c.isalnum() or c in _HARMLESS else f"#{ord(c)};" for c in shortened(text, _LONGEST))
    return coded.replace("#92;", "#92;#8203;")
