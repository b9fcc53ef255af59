"""The graph in Graphviz' language (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from collections.abc import Iterator

from dfrefactor.report.graph import TITLES, Graph
from dfrefactor.report.graph.picture import Box, Picture, shortened

_LONGEST = 60
_COLOURS = {"from": "gray40", "copy": "dodgerblue3", "mount": "violetred3"}


def render(shown: Graph) -> str:
    lines = [
        "digraph dockerfile {",
        "  rankdir=LR; ranksep=0.8; nodesep=0.2;",
        '  graph [fontname="sans-serif", fontsize=12, labeljust=l]; edge [arrowsize=0.7];',
        '  node [shape=plain, fontname="monospace", fontsize=10];',
    ]
    for name, picture in reversed(shown.pictures.items()):  # the last one is put on top
        lines += [f"  subgraph {quoted(f'cluster_{name}')} {{", f"    label={quoted(TITLES[name])};"]
        lines += [*(f"    {line}" for line in _picture(name, picture)), "  }"]
    return "\n".join([*lines, "}"]) + "\n"


def _picture(side: str, picture: Picture) -> Iterator[str]:
    for box in picture.boxes:
        yield f"{_node(side, box)} [label=<{''.join(_table(box))}>, tooltip={quoted(f'{box.name}: {box.base}')}];"
    for arrow in picture.arrows:
        source, target = _node(side, picture.boxes[arrow.source]), _node(side, picture.boxes[arrow.target])
        port = f"s{arrow.step.number}" if arrow.step else "head"
        yield f'{source}:head:e -> {target}:{port}:w [color="{_COLOURS[arrow.kind]}", tooltip="{arrow.kind}"];'


def _node(side: str, box: Box) -> str:
    return quoted(f"{side}_{box.index}")


def _table(box: Box) -> Iterator[str]:
    """A label with a row, and a port, for the stage's head and for each step."""
    look = ' COLOR="gray60"' if not box.built else ""
    yield f'<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="4"{look}>'
    head = f"<B>{_escaped(box.name)}</B>  {_escaped(box.base)}"
    yield f'<TR><TD PORT="head" ALIGN="LEFT" BGCOLOR="gray90">{head}{"" if box.built else " (not built)"}</TD></TR>'
    for step in box.steps:
        yield f'<TR><TD PORT="s{step.number}" ALIGN="LEFT">{step.number} {_escaped(step.text)}</TD></TR>'
    yield "</TABLE>"


def _escaped(text: str) -> str:
    text = shortened(text, _LONGEST).replace("&", "&amp;")
    return text.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def quoted(text: str) -> str:
    """A quoted string; a backslash is escaped too, for it starts a sequence in labels."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
