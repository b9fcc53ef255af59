"""What a Compose or bake file builds: from which Dockerfile, which stage, under which names, with which cache list."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from dfrefactor.compose.images import normal, read_cache
from dfrefactor.compose.tree import Node
from dfrefactor.lazy import dataclass, regex

_REMOTE = regex(r"[a-z][a-z0-9+.-]*://|git@|github\.com/|~|-$|[A-Za-z]:[\\/]")
_ONLY_BUILDKIT = ("cache_to", "additional_contexts", "secrets", "ssh", "dockerfile_inline", "platforms", "no_cache_filter")


@dataclass(frozen=True, eq=False)
class Build:
    """One service or target.  `file` and `inline` are None where we cannot know which Dockerfile it is."""

    name: str
    place: Node
    """Its name in the file, for messages."""
    file: str | None = None
    """The Dockerfile, relative to the folder of this file."""
    chosen: bool = False
    """Whether the file says which Dockerfile it is, rather than leaving it to the default."""
    inline: str | None = None
    context: str = "."
    target: Node | None = None
    args: tuple[tuple[str, str], ...] = ()
    images: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    """What it writes its cache to (`cache_to`), as image references."""
    cache_from: Node | None = None
    contexts: frozenset[str] = frozenset()
    parts: tuple[Node, ...] = ()
    """The maps that say it, the strongest first: its own, and of a bake target those it inherits from."""
    buildkit: bool = False
    """Whether only BuildKit can build it as it is written."""

    @property
    def source(self) -> tuple[object, ...] | None:
        """Equal for two builds of one Dockerfile over one context with the same arguments."""
        where = self.inline if self.inline is not None else self.file
        return None if where is None else (where, self.inline is None, self.context, self.args)

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.name.lower(), *([self.target.text.lower()] if self.target else [])})


def compose_builds(root: Node) -> Iterator[Build]:
    """The services of a Compose file that are built."""
    services = root.get("services")
    for place, value in services.pairs if services else ():
        service, name = value.value, place.value.text
        build = service.get("build")
        if build is None or place.text == "<<":
            continue
        images = tuple(filter(None, (service.string("image"), *_texts(build.get("tags")))))
        if build.kind == "text":
            yield _located(Build(name, place, images=images, context=build.text, parts=(build,)), None)
        elif build.kind == "map":
            found = _build(name, place, build.get, "additional_contexts")
            inline_cache = any(key == "BUILDKIT_INLINE_CACHE" for key, _ in found.args)
            found = replace(
                found,
                images=images,
                parts=(build,),
                args=tuple(pair for pair in found.args if pair[0] != "BUILDKIT_INLINE_CACHE"),
                buildkit=inline_cache
                or any(build.get(key) for key in _ONLY_BUILDKIT)
                or any("=" in entry for entry in _texts(build.get("cache_from"))),
            )
            # A build that does not say where is a part of one: the rest stands in another file.
            placed = build.string("context") or (build.string("dockerfile") and not build.get("context"))
            known = not service.get("extends") and (placed or found.inline is not None)
            yield _located(found, build.get("dockerfile")) if known and _readable(build.get, "dockerfile", "target") else found


def bake_builds(root: Node, place_of: str) -> Iterator[Build]:
    """The targets of a bake file: JSON has a `target` map, HCL blocks called `target.NAME` (`place_of` says which)."""
    targets: dict[str, tuple[Node, Node]] = {}
    for key, value in root.pairs:
        if place_of == "hcl" and key.text.startswith("target."):
            targets[key.text.removeprefix("target.")] = (key, value)
        elif place_of == "json" and key.text == "target":
            targets |= {inner.text: (inner, body) for inner, body in value.pairs if body.kind == "map"}
    for name, (place, body) in targets.items():
        line = _ancestors(name, targets)
        if line is None or body.get("matrix"):
            continue

        def own(key: str, line: tuple[Node, ...] = line) -> Node | None:
            return next((found for node in line if (found := node.get(key.replace("_", "-")))), None)

        found = replace(_build(name, place, own, "contexts"), images=_texts(own("tags")), parts=line, buildkit=True)
        known = _readable(own, "context", "dockerfile", "dockerfile_inline", "target")
        yield _located(found, own("dockerfile")) if known else found


def cached_together(builds: Sequence[Build], file: str) -> Iterator[frozenset[str]]:
    """For each cache list of the builds of the Dockerfile `file`, the stages whose images it names; "" is the last stage.

    None of them where a build is for BuildKit, whose cache does not mistake stages.
    """
    ours = [build for build in builds if build.file == file]
    made = {normal(image): build.target.text.lower() if build.target else "" for build in ours for image in build.images}
    for build in ours if not any(build.buildkit for build in ours) else ():
        listed = [normal(read_cache(entry).ref) for entry in _texts(build.cache_from)]
        yield frozenset(made[image] for image in listed if image in made)


Get = Callable[[str], Node | None]
"""Gives the value of a key, which Compose writes with `_` and bake with `-`."""


def _build(name: str, place: Node, get: Get, contexts: str) -> Build:
    """What the two kinds of files say alike."""
    context, inline = get("context"), get("dockerfile_inline")
    return Build(
        name,
        place,
        context=(context.text if context else "") or ".",
        inline=inline.text if inline and inline.kind == "text" else None,
        target=_filled(get("target"), "text"),
        args=_args(get("args")),
        caches=tuple(cache.ref for cache in map(read_cache, _texts(get("cache_to"))) if cache.type == "registry" and cache.ref),
        cache_from=_filled(get("cache_from"), "list"),
        contexts=frozenset(_keys(get(contexts))),
    )


def _ancestors(name: str, targets: dict[str, tuple[Node, Node]]) -> tuple[Node, ...] | None:
    """A target and what it inherits from, the strongest first; None where that cannot be seen."""
    line: list[Node] = []
    todo = [name]
    while todo:
        current = todo.pop()
        if current not in targets or len(line) > 50:
            return None
        body = targets[current][1]
        line.append(body)
        inherits = body.get("inherits")
        if inherits and (inherits.kind != "list" or len(_texts(inherits)) != len(inherits.items)):
            return None
        todo += _texts(inherits)
    return tuple(line)


def _located(build: Build, dockerfile: Node | None) -> Build:
    """`build` with its Dockerfile's path, where that is a local one we can know."""
    written = dockerfile.text if dockerfile else ""
    if build.inline is not None or "$" in build.context + written or _REMOTE.match(build.context):
        return build
    context = posixpath.normpath(build.context)
    file = posixpath.normpath(posixpath.join(context, written or "Dockerfile"))
    return replace(build, context=context, file=file, chosen=dockerfile is not None)


def _readable(get: Get, *keys: str) -> bool:
    return all((found := get(key)) is None or found.kind == "text" for key in keys)


def _filled(node: Node | None, kind: str) -> Node | None:
    return node if node is not None and node.kind == kind and (node.text or node.items) else None


def _texts(node: Node | None) -> tuple[str, ...]:
    items = node.items if node is not None and node.kind == "list" else ()
    return tuple(item.value.text for item in items if item.value.kind == "text")


def _keys(node: Node | None) -> Iterator[str]:
    if node is not None and node.kind == "map":
        yield from (name.lower() for name, _ in node.entries())
    yield from (text.partition("=")[0].lower() for text in _texts(node))


def _args(node: Node | None) -> tuple[tuple[str, str], ...]:
    if node is not None and node.kind == "map":
        return tuple(sorted((name, value.text) for name, value in node.entries()))
    return tuple(sorted((name, value) for name, _, value in (text.partition("=") for text in _texts(node))))
