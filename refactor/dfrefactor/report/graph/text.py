"""The graph for a terminal: stages one below the other, a line from each to what needs it, and the rebuild table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from dfrefactor.report.graph import TITLES, Graph
from dfrefactor.report.graph.measured import Times, cost, longest
from dfrefactor.report.graph.picture import Box, Picture, Step, cells, padded, shortened
from dfrefactor.report.graph.rebuild import Row
from dfrefactor.report.text import on_terminal
from dfrefactor.text.shown import count

Piece = tuple[str, str]
"""Text and its style."""
Line = list[Piece]

_LANES = ("cyan", "magenta", "yellow", "green", "blue", "red")
_KEYWORDS = {"RUN": "bold green", "COPY": "bold blue", "ADD": "bold blue", "WORKDIR": "bold"}
_TRENDS = {-1: "green", 0: "", 1: "red"}
_NARROW, _WIDE = 80, 120
_NOWHERE = object()
"""A place that needs nothing."""


def render(shown: Graph, width: int = 100, colours: bool = False) -> str:
    width = min(max(width, _NARROW), _WIDE)
    lines: list[Line] = []
    for name, picture in shown.pictures.items():
        lines.append([(f"{shown.path}, {TITLES[name]}", "bold"), (f": {summary(picture)}", "")])
        lines += [[(shortened(text, width), "")] for text in abreast(picture)]
        times = shown.times(name)
        lines += [[(shortened(text, width), "")] for text in took(picture, times)]
        lines += [[], *_picture(picture, width, times or {}), []]
    lines += _table(shown, width)
    if not colours:
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
    from rich.text import Text

    return on_terminal(Text.assemble(*line) for line in lines)


def summary(picture: Picture) -> str:
    built = sum(box.built for box in picture.boxes)
    stages = count(len(picture.boxes), "stage")
    if built < len(picture.boxes):
        stages = f"{built} of {stages} built for {picture.target}"
    return f"{stages}, {count(len(picture.steps), 'step')}"


def abreast(picture: Picture) -> Iterator[str]:
    """Which stages can be built at the same time, if any can."""
    if len(picture.abreast) > 1:
        yield f"side by side: {', '.join(box.name for box in picture.abreast)}"


def took(picture: Picture, times: Times | None) -> Iterator[str]:
    """What a build of it took, one thing behind the other."""
    if times:
        seconds, chain = longest(picture, times)
        steps = f", in the steps {ranges(chain)}" if len(chain) > 1 else f", in step {chain[0].number}" if chain else ""
        every = sum(each.seconds for each in times.values())
        cached = sum(each.cached for step in picture.steps if (each := times.get(step.instruction)))
        said = f"critical path: {seconds:.1f} s of {every:.1f} s of work{steps}"
        yield said + (f"; {count(cached, 'step')} came from the cache" if cached else "")


# --- the picture ------------------------------------------------------------------------------------------------------


class _Gutter:
    """Lines that run from a stage down to the last place that needs it."""

    def __init__(self, picture: Picture) -> None:
        self.readers: dict[int, list[object]] = {}
        order = {id(step): number for number, step in enumerate(s for box in picture.boxes for s in box.steps)}
        for arrow in sorted(picture.arrows, key=lambda a: (a.target, order.get(id(a.step), -1))):
            self.readers.setdefault(arrow.source, []).append(arrow.step or picture.boxes[arrow.target])
        self.lanes: list[int | None] = []
        self.width = 0
        for box in picture.boxes:  # once for its width
            for place in (box, *box.steps):
                self.row(place)
            self.start(box)
        self.width, self.lanes = len(self.lanes), []

    def row(self, place: object) -> Line:
        """The gutter beside a stage's head or a step, with the arrows that end there."""
        ends = [lane for lane, source in enumerate(self.lanes) if source is not None and place in self.readers[source]]
        line = self._crossed(ends, place)
        for lane in ends:
            if self._last(lane) is place:
                self.lanes[lane] = None
        return line

    def start(self, box: Box) -> Line | None:
        """The gutter below a stage that others need, and the line that begins there."""
        if box.index not in self.readers:
            return None
        lane = next((i for i, source in enumerate(self.lanes) if source is None), len(self.lanes))
        self.lanes[lane : lane + 1] = [box.index]
        return self._crossed([lane], None)

    def _last(self, lane: int) -> object:
        source = self.lanes[lane]
        return self.readers[source][-1] if source is not None else None

    def _crossed(self, ends: Sequence[int], place: object) -> Line:
        pieces: Line = []
        for lane in range(max(len(self.lanes), self.width)):
            source = self.lanes[lane] if lane < len(self.lanes) else None
            colour = _LANES[lane % len(_LANES)]
            if lane in ends:
                kept = self._last(lane) is not place
                through = any(end < lane for end in ends)
                pieces.append((("╭" if place is None else "├" if kept else "╰" if not through else "┴"), colour))
            elif any(end < lane for end in ends):
                pieces.append(("┼" if source is not None else "─", _LANES[min(ends) % len(_LANES)]))
            else:
                pieces.append(("│" if source is not None else " ", colour))
        tail = "──╯" if place is None else "─▶ " if ends else "   "
        return [*pieces, (tail, _LANES[max(ends) % len(_LANES)] if ends else "")]


def _picture(picture: Picture, width: int, times: Times) -> Iterator[Line]:
    gutter = _Gutter(picture)
    room_for = max((len(str(each)) for each in times.values()), default=-2) + 2
    digits = len(str(max((step.number for box in picture.boxes for step in box.steps), default=1)))
    for box in picture.boxes:
        room = width - gutter.width - 3
        note = "" if box.built else "  (not built)"
        head = shortened(box.name, room // 2)
        base = shortened(box.base, room - cells(head) - 2 - len(note))
        yield [*gutter.row(box), (head, "bold" if box.built else "dim"), (f"  {base}{note}", "dim")]
        for step in box.steps:
            keyword, _, rest = shortened(step.text, room - digits - 3 - room_for).partition(" ")
            seconds = str(times.get(step.instruction, "")).rjust(room_for - 2) + "  " if times else ""
            line = [*gutter.row(step), (f" {step.number:>{digits}}  ", "dim"), (seconds, "cyan")]
            yield [*line, (keyword, _KEYWORDS.get(keyword, "")), (f" {rest}", "" if box.built else "dim")]
        if (begun := gutter.start(box)) is not None:
            yield begun
        elif box is not picture.boxes[-1]:
            yield gutter.row(_NOWHERE)


# --- the table --------------------------------------------------------------------------------------------------------


def _table(shown: Graph, width: int) -> Iterator[Line]:
    if not shown.rows:
        yield [("No step: nothing rebuilds.", "")]
        return
    names = list(shown.pictures)
    contents = [[cell(shown, row, name) for name in names] for row in shown.rows]
    titles = ["steps rebuilt" if len(names) == 1 else f"steps rebuilt {name}" for name in names]
    mark = max(len(row.mark) for row in shown.rows)
    most = (width - mark - 20) // len(names) - 2
    widths = [min(max(len(title), *(len(c[i]) for c in contents)), most) for i, title in enumerate(titles)]
    first = width - mark - 2 - sum(widths) - 2 * len(widths)
    first = min(first, max(len("when this changes"), *(cells(row.text) for row in shown.rows)))
    head = ["when this changes".ljust(first), *(padded(t, w) for t, w in zip(titles, widths, strict=True))]
    yield [("  ".join([" " * mark, *head]), "bold")]
    for row, texts in zip(shown.rows, contents, strict=True):
        line: Line = [(f"{row.mark:>{mark}}  ", "dim"), (padded(row.text, first), "")]
        for name, content, room in zip(names, texts, widths, strict=True):
            line.append((f"  {padded(content, room)}", _TRENDS[change(row)] if name == "after" else ""))
        yield line
    yield []
    yield from ([(line, "")] for line in notes(shown))


def cell(shown: Graph, row: Row, name: str) -> str:
    """`3 of 7, 4 commands: 2, 4-5`: how many steps, how many commands their RUNs have, and which steps."""
    steps = row.steps(name)
    if steps is None:
        return "no longer there"
    total = len(shown.pictures[name].steps)
    if not steps:  # a step that is built is always one of those that run again
        return "not built" if row.mark else f"0 of {total}"
    commands = f", {count(_commands(steps), 'command')}" if _commands(steps) else ""
    times = shown.times(name)
    known = cost(shown.pictures[name], times, steps) if times else None
    seconds = f", {known[0]:.1f} s{'' if known[1] else ' or more'}" if known else ""
    return f"{len(steps)} of {total}{commands}{seconds}: {ranges(steps)}"


def change(row: Row) -> int:
    """-1 where fewer commands run again than before, 1 where more do."""
    more = 0 if row.after is None else _commands(row.after) - _commands(row.before)
    return (more > 0) - (more < 0)


def _commands(steps: Iterable[Step]) -> int:
    return sum(step.commands for step in steps)


def ranges(steps: Iterable[Step]) -> str:
    """`2, 4-6`"""
    found = []
    for _, group in groupby(enumerate(step.number for step in steps), lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in group]
        found.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}")
    return ", ".join(found)


def notes(shown: Graph) -> Iterator[str]:
    """What the table comes to, and how to read it."""
    kept = [row for row in shown.rows if row.commands and row.after is not None and row.before]
    if len(shown.pictures) > 1 and kept:
        total = _commands(shown.before.steps)
        changes = sum(row.commands for row in kept)
        old, new = (
            sum(row.commands * _commands(row.steps(side) or ()) for row in kept) / changes for side in ("before", "after")
        )
        yield f"On average, changing a command of a RUN reruns {old:.1f} of {total} before, {new:.1f} after."
    yield "At most: BuildKit's cache takes over where a rebuilt stage comes out the same."
    if (told := shown.history) is not None:
        share = f" ({told.after / told.before:.0%})" if told.before else ""
        sides = {"before": f"{told.before:,} before", "after": f"{told.after:,} after{share}"}
        built = ", ".join(sides.values()) if len(shown.pictures) > 1 else f"{told.before:,}"
        yield f"Of {told.of:,} RUNs, {count(told.commits, 'commit')} built {built} again."
        for line, often in told.changes:
            yield f"  {count(often, 'commit')} changed what line {line} takes from the build context"
