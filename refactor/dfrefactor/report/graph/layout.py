"""Where the boxes of a picture go: columns by depth, each box beside what it is tied to, lines around the boxes between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from dfrefactor.lazy import dataclass
from dfrefactor.report.graph.picture import Arrow, Box, Picture, cells, shortened

CHARACTER = 7.25  # the width of one in a 12 px monospaced font
LINE = 18.0
HEAD = 28.0
PAD = 10.0
LONGEST = 52
_BETWEEN = 22.0  # boxes of one column
_LANE = 14.0  # for a line that passes by a column
_COLUMNS = 84.0
_SWEEPS = 8

_Node = tuple[int, int]
"""A box (its index, -1), or the line from one box to another where it passes by a column."""


@dataclass(frozen=True)
class Place:
    """The rectangle of a box."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """Rectangles by box index, the points each arrow goes through, and the size of it all."""

    places: Mapping[int, Place]
    lines: Mapping[Arrow, tuple[tuple[float, float], ...]]
    width: float
    height: float


def layout(picture: Picture, more: int = 0) -> Layout:
    """The layout of a picture; `more` characters stand in front of each step beside its number."""
    layers = {box.index: box.depth for box in picture.boxes}
    for box in reversed(picture.boxes):  # each as far right as what needs it allows: lines are short
        readers = [layers[arrow.target] for arrow in picture.arrows if arrow.source == box.index]
        layers[box.index] = min(readers) - 1 if readers else box.depth
    columns: list[list[_Node]] = [[] for _ in range(max(layers.values()) + 1)]
    for box in picture.boxes:
        columns[layers[box.index]].append((box.index, -1))
    for pair in _pairs(picture):
        for layer in range(layers[pair[0]] + 1, layers[pair[1]]):
            columns[layer].append(pair)
    neighbours = _neighbours(picture, layers)
    for sweep in range(_SWEEPS):
        _sort(columns, neighbours, forward=sweep % 2 == 0)
    return _placed(picture, layers, columns, more)


def _pairs(picture: Picture) -> dict[tuple[int, int], None]:
    return dict.fromkeys((arrow.source, arrow.target) for arrow in picture.arrows)


def _neighbours(picture: Picture, layers: Mapping[int, int]) -> dict[_Node, list[tuple[int, _Node]]]:
    """For each node the nodes it is joined to, with their columns."""
    found: dict[_Node, list[tuple[int, _Node]]] = {}
    for pair in _pairs(picture):
        first, last = layers[pair[0]], layers[pair[1]]
        chain: list[_Node] = [(pair[0], -1), *([pair] * (last - first - 1)), (pair[1], -1)]
        for a, b in pairwise(enumerate(chain, first)):
            found.setdefault(a[1], []).append(b)
            found.setdefault(b[1], []).append(a)
    return found


def _sort(columns: list[list[_Node]], neighbours: Mapping[_Node, list[tuple[int, _Node]]], *, forward: bool) -> None:
    """Put each node of a column where the middle of its neighbours in the column before is."""
    order = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
    for number in order:
        other = number - 1 if forward else number + 1
        rank, now = (
            {node: place / max(len(columns[at]) - 1, 1) for place, node in enumerate(columns[at])} for at in (other, number)
        )

        def middle(node: _Node, other: int = other, rank: dict[_Node, float] = rank, now: dict[_Node, float] = now) -> float:
            found = [rank[near] for column, near in neighbours.get(node, ()) if column == other]
            return sum(found) / len(found) if found else now[node]

        columns[number].sort(key=middle)


def _placed(picture: Picture, layers: Mapping[int, int], columns: list[list[_Node]], more: int) -> Layout:
    sizes = {box.index: (width_of(box, more), HEAD + LINE * len(box.steps) + (PAD if box.steps else 0)) for box in picture.boxes}

    def height(node: _Node) -> float:
        return sizes[node[0]][1] if node[1] < 0 else _LANE

    totals = [sum(map(height, column)) + _BETWEEN * (len(column) - 1) for column in columns]
    tallest, x = max(totals), 0.0
    places: dict[int, Place] = {}
    lanes: dict[tuple[_Node, int], tuple[float, float, float]] = {}
    for number, column in enumerate(columns):
        widest = max((sizes[node[0]][0] for node in column if node[1] < 0), default=0.0)
        y = (tallest - totals[number]) / 2
        for node in column:
            if node[1] < 0:
                places[node[0]] = Place(x, y, widest, height(node))
            else:
                lanes[node, number] = (x, x + widest, y + _LANE / 2)
            y += height(node) + _BETWEEN
        x += widest + _COLUMNS
    lines = {arrow: tuple(_points(picture, arrow, places, layers, lanes)) for arrow in picture.arrows}
    return Layout(places, lines, x - _COLUMNS, tallest)


def width_of(box: Box, more: int = 0) -> float:
    head = f"{shortened(box.name, LONGEST // 2)}  {base(box)}"
    return max([cells(head), *(cells(label(step.text)) + 4 + more for step in box.steps)]) * CHARACTER + 2 * PAD


def base(box: Box) -> str:
    return shortened(box.base, LONGEST - 2 - min(cells(box.name), LONGEST // 2))


def label(text: str) -> str:
    return shortened(text, LONGEST)


def _points(
    picture: Picture, arrow: Arrow, places: Mapping[int, Place], layers: Mapping[int, int],
    lanes: Mapping[tuple[_Node, int], tuple[float, float, float]],
) -> Iterator[tuple[float, float]]:  # fmt: skip
    start, end = places[arrow.source], places[arrow.target]
    yield start.x + start.width, start.y + HEAD / 2
    for layer in range(layers[arrow.source] + 1, layers[arrow.target]):
        left, right, y = lanes[(arrow.source, arrow.target), layer]
        yield left, y
        yield right, y
    steps = picture.boxes[arrow.target].steps
    at = HEAD + LINE * (steps.index(arrow.step) + 0.5) if arrow.step else HEAD / 2
    yield end.x, end.y + at
