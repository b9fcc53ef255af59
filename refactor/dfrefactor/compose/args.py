"""Build arguments in Compose and bake files that a Dockerfile takes as secrets: where they stand, and their values come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dfrefactor.compose.builds import Build
from dfrefactor.compose.edits import pairs
from dfrefactor.compose.tree import Node
from dfrefactor.dockerfile.model import parse
from dfrefactor.finding import Asked
from dfrefactor.lazy import dataclass, regex
from dfrefactor.secrets.asked import asked as asked_by

AskedBy = Mapping[str, tuple[Asked, ...]]
"""The arguments that Dockerfiles take as secrets, by their paths."""

_COMPOSE = regex(r"\$(?:(\w+)|\{(\w+)(?::?-|:?\?[^{}]*)?\})")
_BAKE = regex(r"\$\{(\w+)\}")
_NAME = regex(r"[A-Za-z_]\w*")
_NO_NAMES = ("true", "false", "null")


@dataclass(frozen=True, eq=False)
class Passing:
    """A place that passes a build argument: the map or list `holder` has it, which may be the `args` of several builds.

    `owners` are, for each build, the map that says `args` and the place of that in it.  `variable` is the host's variable that
    its value comes from, "" where it comes from elsewhere; `value` is where it stands.
    """

    owners: tuple[tuple[Build, Node, int], ...]
    asked: Asked
    holder: Node
    entry: int
    variable: str
    value: Node | None

    @property
    def builds(self) -> tuple[Build, ...]:
        return tuple(dict.fromkeys(build for build, _, _ in self.owners))

    @property
    def place(self) -> Node:
        return self.holder.items[self.entry] if self.holder.items else self.holder.pairs[self.entry][0]

    @property
    def where(self) -> tuple[Node, int]:
        return self.holder, self.entry


def passings(root: Node, builds: tuple[Build, ...], known: AskedBy, bake: bool) -> list[Passing]:
    """Every place at which one of the builds passes what its Dockerfile takes as a secret, each once."""
    found: dict[tuple[Node, int], Passing] = {}
    for build in builds:
        for asked in (each for each in wanted(build, known) if each.argument):
            for owner, at, holder, entry in places(build, asked.argument, bake):
                before = found.get((holder, entry))
                others = before.owners if before else ()
                variable, value = _source(root, holder, entry, asked.argument, bake)
                found[holder, entry] = Passing((*others, (build, owner, at)), asked, holder, entry, variable, value)
    return list(found.values())


def wanted(build: Build, known: AskedBy) -> tuple[Asked, ...]:
    """What the Dockerfile of a build takes as secrets."""
    if build.inline is not None:
        return asked_by(parse(build.inline.encode("utf-8", "surrogateescape")))
    return known.get(build.file, ()) if build.file else ()


def places(build: Build, argument: str, bake: bool) -> Iterator[tuple[Node, int, Node, int]]:
    """The maps and lists in which a build has the argument, with the map that has these: `args` of bake targets add up."""
    for part in build.parts:
        for owner, at in [*pairs(part, "args")][: None if bake else 1]:
            container = owner.pairs[at][1].value
            for holder, entry in pairs(container, argument):
                yield owner, at, holder, entry
            for entry, item in enumerate(container.items):
                if item.value.text.partition("=")[0] == argument:
                    yield owner, at, container, entry


def _source(root: Node, holder: Node, entry: int, argument: str, bake: bool) -> tuple[str, Node | None]:
    """The variable that a value comes from, and where a value stands that comes from none."""
    value = (holder.items[entry] if holder.items else holder.pairs[entry][1]).value
    if bake:
        named = _NAME.fullmatch(value.text) if value.kind == "other" and value.text not in _NO_NAMES else None
        found = named or (_BAKE.fullmatch(value.text) if value.kind == "text" else None)
        return _of_variable(root, found[found.lastindex or 0]) if found else ("", value)
    text, said = value.text, True
    if holder.items:
        _, sign, text = text.partition("=")
        said = bool(sign)
    elif not value.quote and text in ("", "~", "null"):
        said = False
    if not said:
        return argument, None  # as `docker build --build-arg NAME`: from the environment
    match = _COMPOSE.fullmatch(text)
    return (match[1] or match[2], None) if match else ("", value)


def _of_variable(root: Node, variable: str) -> tuple[str, Node | None]:
    """The same for a variable of a bake file: it is one of the environment where it has no value of its own."""
    blocks = root.get("variable")
    block = root.get(f"variable.{variable}") or (blocks.get(variable) if blocks else None)
    default = block.get("default") if block else None
    if block is None or (default is not None and default.text not in ("", "null")):
        return "", default
    return variable, None
