"""The graph as a picture that stands alone: no script, no font, no file beside it; light and dark as the reader's page is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dfrefactor.report.graph import TITLES, Graph
from dfrefactor.report.graph.lanes import WIDTH, lanes
from dfrefactor.report.graph.layout import CHARACTER, HEAD, LINE, PAD, Place, base, label, layout
from dfrefactor.report.graph.measured import Times
from dfrefactor.report.graph.picture import Arrow, Box, Picture, cells, shortened
from dfrefactor.report.graph.rebuild import Row
from dfrefactor.report.graph.text import abreast, cell, change, notes, summary, took

_MARGIN = 24.0
_TITLE = 40.0
_HEADING = 140
_CAUSE = 60  # characters for what changes
_BAR = 72.0
_SECONDS = 10  # characters for how long a step took

_STYLE = """
  svg { font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace }
  text { fill: #1f2328; white-space: pre } .page { fill: #ffffff } .box { fill: #f6f8fa; stroke: #8c959f }
  .head { fill: #dde4eb } .bold { font-weight: bold } .dim { fill: #656d76 } .run { fill: #1a7f37 }
  .copy { fill: #0969da } .edge { fill: none; stroke-width: 1.5; opacity: .85 }
  .from { stroke: #656d76 } .copies { stroke: #0969da } .mount { stroke: #bf3989 } .tip { fill: #656d76 }
  .copies-tip { fill: #0969da } .mount-tip { fill: #bf3989 } .idle { opacity: .5; stroke-dasharray: 4 3 }
  .track { fill: #dde4eb } .bar { fill: #bc4c00 } .less { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .page { fill: #0d1117 } .box { fill: #161b22; stroke: #6e7681 } .head { fill: #262e38 }
    .dim { fill: #9198a1 } .run { fill: #56d364 } .copy { fill: #79c0ff } .from { stroke: #9198a1 } .tip { fill: #9198a1 }
    .copies { stroke: #58a6ff } .copies-tip { fill: #58a6ff } .mount { stroke: #f778ba } .mount-tip { fill: #f778ba }
    .track { fill: #262e38 } .bar { fill: #f0883e } .less { fill: #3fb950 }
  }
"""
_KINDS = {"from": ("from", "tip"), "copy": ("copies", "copies-tip"), "mount": ("mount", "mount-tip")}


def render(shown: Graph) -> str:
    body: list[str] = []
    y, width = _MARGIN, 0.0
    for name, picture in shown.pictures.items():
        heading = f"{shown.path}, {TITLES[name]}: "
        times = shown.times(name) or {}
        about = shortened("; ".join([summary(picture), *abreast(picture), *took(picture, times)]), _HEADING)
        body.append(_text(_MARGIN, y + 12, heading, "bold", then=((about, ""),)))
        width = max(width, cells(heading + about) * CHARACTER)
        made = layout(picture, _SECONDS if times else 0)
        body.append(f'<g transform="translate({_MARGIN:g},{y + _TITLE - 12:g})">')
        body += _arrows(picture, made.lines)
        body += [line for box in picture.boxes for line in _box(box, made.places[box.index], times)]
        body.append("</g>")
        width = max(width, made.width)
        y += _TITLE + made.height + _MARGIN
    texts, bars, lanes_height = lanes(shown)
    if bars:
        body.append(f'<g class="lanes" transform="translate({_MARGIN:g},{y:g})">')
        body += [_text(*text) for text in texts]
        for left, top, long, style, title in bars:
            shape = f'<rect class="{style}" x="{left:g}" y="{top:g}" width="{long:g}" height="12" rx="1">'
            body.append(f"{shape}<title>{_escaped(title)}</title></rect>")
        body.append("</g>")
        width, y = max(width, WIDTH), y + lanes_height
    table, table_width, table_height = _table(shown)
    body += [f'<g transform="translate({_MARGIN:g},{y:g})">', *table, "</g>"]
    full, height = max(width, table_width) + 2 * _MARGIN, y + table_height + _MARGIN
    size = f'viewBox="0 0 {full:g} {height:g}" width="{full:g}" height="{height:g}"'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{_escaped(f'Stages and steps of {shown.path}')}</title>",
        f"<style>{_STYLE}</style>",
        f"<defs>{''.join(map(_tip, _KINDS))}</defs>",
        '<rect class="page" width="100%" height="100%"/>',
        *body,
        "</svg>",
        "",
    ])  # fmt: skip


def _tip(kind: str) -> str:
    return (
        f'<marker id="{kind}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
        f'<path class="{_KINDS[kind][1]}" d="M0 0 8 4 0 8z"/></marker>'
    )


def _arrows(picture: Picture, lines: Mapping[Arrow, Sequence[tuple[float, float]]]) -> Iterator[str]:
    for arrow, points in lines.items():
        target, source = picture.boxes[arrow.target], picture.boxes[arrow.source]
        title = f"{target.name} needs {source.name}: {arrow.step.text if arrow.step else target.base}"
        look = f'class="edge {_KINDS[arrow.kind][0]}" marker-end="url(#{arrow.kind})"'
        yield f'<path {look} d="{_curve(points)}"><title>{_escaped(title)}</title></path>'


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """Level at every point: curves between columns, straight lines beside them."""
    (x, y), *rest = points
    found = [f"M{x:g} {y:g}"]
    for number, (right, lower) in enumerate(rest):
        if number % 2:
            found.append(f"L{right:g} {lower:g}")
        else:
            bend = (right - x) / 2
            found.append(f"C{x + bend:g} {y:g} {right - bend:g} {lower:g} {right:g} {lower:g}")
        x, y = right, lower
    return " ".join(found)


def _box(box: Box, place: Place, times: Times) -> Iterator[str]:
    yield f'<g class="{"stage" if box.built else "stage idle"}" transform="translate({place.x:g},{place.y:g})">'
    note = "" if box.built else " (not built)"
    yield f"<title>{_escaped(f'{box.name}: {box.base}{note}')}</title>"
    yield f'<rect class="box" width="{place.width:g}" height="{place.height:g}" rx="6"/>'
    yield f'<path class="head" d="M.5 {HEAD - 3:g}V6.5a6 6 0 0 1 6-6H{place.width - 6.5:g}a6 6 0 0 1 6 6V{HEAD - 3:g}z"/>'
    yield _text(PAD, HEAD / 2 + 3, shortened(box.name, 26), "bold", then=((f"  {base(box)}", "dim"),))
    for number, step in enumerate(box.steps):
        keyword, _, rest = label(step.text).partition(" ")
        style = {"RUN": "bold run", "COPY": "bold copy", "ADD": "bold copy"}.get(keyword, "bold")
        y = HEAD + LINE * (number + 0.5) + 5
        seconds = f"{times.get(step.instruction, '')!s:>{_SECONDS - 2}}  " if times else ""
        yield _text(PAD, y, f"{step.number:>2}  {seconds}", "dim", then=((keyword, style), (f" {rest}", "")), title=step.text)
    yield "</g>"


def _text(x: float, y: float, text: str, style: str = "", then: Sequence[tuple[str, str]] = (), title: str = "") -> str:
    spans = "".join(f'<tspan class="{kind}">{_escaped(piece)}</tspan>' for piece, kind in ((text, style), *then))
    full = f"<title>{_escaped(title)}</title>" if title else ""
    return f'<text x="{x:g}" y="{y:g}" xml:space="preserve">{full}{spans}</text>'


def _table(shown: Graph) -> tuple[list[str], float, float]:
    """The rebuild table, its width and its height; the bars are the share of the steps."""
    names = list(shown.pictures)
    cause = (min(_CAUSE, max((cells(row.text) for row in shown.rows), default=20)) + 6) * CHARACTER
    contents = [[cell(shown, row, name) for name in names] for row in shown.rows]
    column = _BAR + 10 + (max((len(c) for line in contents for c in line), default=10) + 3) * CHARACTER
    found = [_text(0, 12, "When this changes,", "bold")]
    for number, name in enumerate(names):
        text = "this rebuilds" if len(names) == 1 else f"this rebuilds {name}"
        found.append(_text(cause + number * column, 12, text, "bold"))
    y = 12 + 1.3 * LINE
    for row, texts in zip(shown.rows, contents, strict=True):
        found.append(_text(0, y, f"{row.mark:>3}  ", "dim", ((shortened(row.text, _CAUSE), ""),), row.text))
        for number, name in enumerate(names):
            found += _bar(shown, row, name, cause + number * column, y)
            found.append(_text(cause + number * column + _BAR + 10, y, texts[number]))
        y += LINE
    for note in notes(shown):
        y += LINE
        found.append(_text(0, y, note, "dim"))
    return found, cause + column * len(names), y


def _bar(shown: Graph, row: Row, name: str, x: float, y: float) -> Iterator[str]:
    total = len(shown.pictures[name].steps)
    share = len(row.steps(name) or ()) / total if total else 0
    yield f'<rect class="track" x="{x:g}" y="{y - 9:g}" width="{_BAR:g}" height="10" rx="2"/>'
    if share:
        style = "less" if name == "after" and change(row) < 0 else "bar"
        yield f'<rect class="{style}" x="{x:g}" y="{y - 9:g}" width="{share * _BAR:g}" height="10" rx="2"/>'


def _escaped(text: str) -> str:
    """Text for XML 1.0, which has no place for some characters that a file may hold."""
    text = "".join(c if c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff" else "\ufffd" for c in text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
