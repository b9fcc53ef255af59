"""The stage and step graph of a file before and after refactoring, and what rebuilds when a step changes."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import Literal

from dfrefactor.dockerfile.model import Document, parse
from dfrefactor.facts import Facts
from dfrefactor.kinds import kind_of
from dfrefactor.lazy import dataclass
from dfrefactor.report.graph.history import Replayed
from dfrefactor.report.graph.measured import Measured, Times
from dfrefactor.report.graph.picture import Picture, draw
from dfrefactor.report.graph.rebuild import Row, origins, rows
from dfrefactor.result import Result
from dfrefactor.text.mask import Mask
from dfrefactor.text.shown import plain

FORMATS = ("text", "mermaid", "dot", "svg", "json")
TITLES = {"both": "before and after", "before": "before", "after": "after"}
Sides = Literal["both", "before", "after"]


@dataclass(frozen=True)
class Graph:
    """What there is to show of one file.  `path` and all texts are fit to be shown."""

    path: str
    before: Picture
    after: Picture
    rows: tuple[Row, ...]
    changed: bool
    sides: Sides = "both"
    history: Replayed | None = None
    measured: Measured | None = None

    @cached_property
    def pictures(self) -> dict[str, Picture]:
        """What was asked for by name; one picture where both would be the same."""
        if self.sides != "both":
            return {self.sides: self.before if self.sides == "before" else self.after}
        same = self.before.shape == self.after.shape
        return {"both": self.before} if same else {"before": self.before, "after": self.after}

    def times(self, side: str) -> Times | None:
        """What the steps of one picture took, where a build was measured."""
        return self.measured.of(side) if self.measured else None


def graph(result: Result, sides: Sides = "both", target: str | None = None) -> Graph:
    """The graph of a result without errors.  Raises KeyError where the file has no stage called `target`."""
    from dfrefactor.secrets.find import find

    sources = [result.before, *(rewrite.after for rewrite in result.rewrites)]
    documents = [parse(source.data, result.path) for source in sources]
    places = [(doc.source.text, span) for doc in documents for each in find(Facts(doc)) for span in each.values]
    masked = Mask(Mask.of(places).values | result.mask.values)  # what any version holds, and what findings point at
    before, after = (draw(document, masked, target) for document in (documents[0], documents[-1]))
    table = tuple(rows(before, after, origins(documents), masked))
    return Graph(plain(masked(result.path)), before, after, table, result.changed, sides)


def of_change(result: Result) -> Graph | None:
    """The graph of a Dockerfile that changes and has stages before and after; None of any other file."""
    if not result.changed or result.errors or kind_of(result.path) != "dockerfile":
        return None
    return graph(result) if all(Document(source).stages for source in (result.before, result.after)) else None


def render(shown: Graph, form: str, width: int = 100, colours: bool = False) -> str:
    """The graph in one of FORMATS, a newline at its end; `width` and `colours` are for text."""
    module = import_module(f"dfrefactor.report.graph.{form}")
    rendered: str = module.render(shown, width, colours) if form == "text" else module.render(shown)
    return rendered
