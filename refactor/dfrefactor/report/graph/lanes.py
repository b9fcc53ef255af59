"""What ran when in a build, and in one of what the file became: a row a stage, both on one axis of time, in SVG."""

from __future__ import annotations

from collections.abc import Iterator

from dfrefactor.report.graph import TITLES, Graph
from dfrefactor.report.graph.layout import CHARACTER, LINE
from dfrefactor.report.graph.measured import Times, Took
from dfrefactor.report.graph.picture import Box, shortened

WIDTH = 720.0
_NAMES = 24  # characters for a stage
_LEAST = 1.5  # so much of a step is seen, however short it was
_TICKS = 6

Text = tuple[float, float, str, str]
"""Where a text stands, what it says and its style."""
Bar = tuple[float, float, float, str, str]
"""Where a bar stands, how long it is, its style and its title."""


def lanes(shown: Graph) -> tuple[list[Text], list[Bar], float]:
    """Texts, bars and the height of it all; nothing where nothing was measured."""
    sides = [(name, picture, times) for name, picture in shown.pictures.items() if (times := shown.times(name))]
    end = max((took.since + took.seconds for *_, times in sides for took in times.values()), default=0.0)
    if not end:
        return [], [], 0.0
    texts: list[Text] = []
    bars: list[Bar] = []
    left, y = _NAMES * CHARACTER, LINE
    scale = (WIDTH - left) / end
    for name, picture, times in sides:
        over = max(took.since + took.seconds for took in times.values())
        texts.append((0.0, y, f"{TITLES[name]}: {over:.1f} s", "bold"))
        y += LINE
        for box in picture.boxes:
            ran = list(_ran(box, times)) if box.built else []
            if not ran:
                continue
            texts.append((0.0, y, shortened(box.name, _NAMES - 2), "dim"))
            for title, took in ran:
                long, style = max(took.seconds * scale, _LEAST), "track" if took.cached else "bar"
                bars.append((left + took.since * scale, y - 10, long, style, title))
            y += LINE
    for part in (tick / _TICKS for tick in range(_TICKS + 1)):
        texts.append((left + (WIDTH - left) * part, y, f"{end * part:.1f} s", "dim"))
    return texts, bars, y + LINE


def _ran(box: Box, times: Times) -> Iterator[tuple[str, Took]]:
    """What of a stage was built, and the words that say so."""
    if image := times.get(box.stage.from_):
        yield f"{box.base}: {image}", image
    for step in box.steps:
        if took := times.get(step.instruction):
            yield f"{step.number} {step.text}: {took}", took
