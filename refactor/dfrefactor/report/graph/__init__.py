"""The stage and step graph of a file before and after refactoring, and what rebuilds when a step changes."""

from __future__ import annotations

from importlib import import_module

from dfrefactor.report.graph.sides import Graph, Sides, graph

__all__ = ["FORMATS", "Graph", "Sides", "graph", "render"]

FORMATS = ("text", "mermaid", "dot", "svg", "json")


def render(shown: Graph, form: str, width: int = 100, colours: bool = False) -> str:
    """The graph in one of FORMATS, a newline at its end; `width` and `colours` are for text."""
    module = import_module(f"dfrefactor.report.graph.{form}")
    rendered: str = module.render(shown, width, colours) if form == "text" else module.render(shown)
    return rendered
