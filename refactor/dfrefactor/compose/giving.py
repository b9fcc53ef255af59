"""Secrets that were no build arguments, but files of the context or values in the Dockerfile: what builds it has to pass them."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Sequence

from dfrefactor.compose.builds import Build
from dfrefactor.compose.edits import alone, before, behind, below, entries, merged, pairs
from dfrefactor.compose.handing import Handing
from dfrefactor.compose.plan import listed, on_top
from dfrefactor.compose.tree import Node
from dfrefactor.finding import Asked
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

_KEYS = {"src": "file", "env": "environment"}


Edits = tuple[Edit, ...]


def given(file: Handing, asked: Asked, builds: Sequence[Build]) -> dict[Build, Edits]:
    """The edits by which builds pass such a secret; a build that can't be edited is not among them."""
    made = {build: found for build in builds if (found := _given(file, build, asked)) is not None}
    together = merged([edit for which in (0, 1) for found in made.values() for edit in found[which]])  # top level last
    return {build: tuple(together[edit] for edit in (*put, *top)) for build, (put, top) in made.items()}


def _given(file: Handing, build: Build, asked: Asked) -> tuple[Edits, Edits] | None:
    """Those of a build, and those of the file's top level."""
    how, _, value = asked.given.partition("=")
    if not build.parts or how not in _KEYS:
        return None
    if how == "src":
        path = posixpath.normpath(posixpath.join(build.context, value))
        value = path if file.bake or path.startswith(("/", "../")) else f"./{path}"
    part = build.parts[0]
    entry = json.dumps(f"id={asked.secret},{how}={value}") if file.bake else asked.secret
    there = next(pairs(part, file.key), None)
    put = listed(file.source, there[0].pairs[there[1]][1], [entry]) if there else _beside(file, part, entry)
    top: Edits | None = ()
    if not file.bake and (known := file.top(asked.secret)) is not None:
        top = () if known.string(_KEYS[how]) == value else None
    elif not file.bake:
        top = on_top(file, asked.secret, f"{_KEYS[how]}: {value}")
    return (put, top) if put is not None and top is not None else None


def _beside(file: Handing, part: Node, entry: str) -> tuple[Edit, ...] | None:
    """A list of secrets put in behind all that a build says."""
    source, nl = file.source, file.source.newline
    if part.kind == "text":
        return _unfolded(file, part, entry)
    if part.kind != "map" or not part.pairs:
        return None
    last = len(part.pairs) - 1
    if file.bake:
        return behind(source, part, last, [f'"secret": [{entry}]' if file.form == "json" else f"secret = [{entry}]"])
    if part.flow:
        return behind(source, part, last, [f"secrets: [{entry}]"])
    return behind(source, part, last, [f"secrets:{nl}{before(source, entries(part)[last])}{_step(file)}- {entry}"])


def _unfolded(file: Handing, part: Node, entry: str) -> tuple[Edit, ...] | None:
    """`build: .` as a map, with secrets beside the context."""
    source, step = file.source, _step(file)
    if not (found := re.fullmatch(r"( *)build:( +)", before(source, part.span))) or not alone(source, part.span, "build:"):
        return None
    indent, context = found[1] + step, source.text[slice(*part.span)]
    said = [f"{indent}context: {context}", f"{indent}secrets:", f"{indent}{step}- {entry}"]
    return (Edit(Span(part.span.start - len(found[2]), part.span.end), ""), below(source, part.span.end, said))


def _step(file: Handing) -> str:
    """How far a Compose file indents."""
    services = file.root.get("services")
    return (before(file.source, entries(services)[0]) if services is not None else "") or "  "
