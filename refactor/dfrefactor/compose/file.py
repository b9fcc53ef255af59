"""A Compose or bake file: what it builds, the Dockerfiles that it names, and what its comments say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dfrefactor.compose.builds import Build, bake_builds, compose_builds
from dfrefactor.compose.dockerfiles import Dockerfiles, Read, needs_buildkit
from dfrefactor.compose.lists import Known
from dfrefactor.compose.tree import Node, UnreadableError, same
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.finding import Finding
from dfrefactor.text.source import Source, Span

_IGNORE = re.compile(r"[ \t]*(?:#|//)[ \t]*dfrefactor:.*\bignore=([\w,-]*)")
_SKIP = re.compile(r"^[ \t]*(?:#|//)[ \t]*dfrefactor:[ \t]*skip-file\b", re.MULTILINE)


@dataclass(frozen=True)
class BuildFile:
    """One file, each part read when it is asked for.  `read` gives the bytes of the files beside it."""

    source: Source
    read: Read

    @property
    def ending(self) -> str:
        """`json` and `hcl` are bake files."""
        return self.source.path.lower().rpartition(".")[2]

    @cached_property
    def _root(self) -> Node | UnreadableError | None:
        """None where what the file says stands in no one place."""
        try:
            return _tree(self.source, self.ending)
        except UnreadableError as error:
            return error

    @property
    def root(self) -> Node | None:
        return self._root if isinstance(self._root, Node) else None

    @cached_property
    def builds(self) -> tuple[Build, ...]:
        if self.root is None:
            return ()
        bake = self.ending in ("json", "hcl")
        return tuple(bake_builds(self.root, self.ending) if bake else compose_builds(self.root))

    @property
    def contexts(self) -> frozenset[str]:
        """The build contexts it names; a stage of such a name would be replaced."""
        return frozenset().union(*(build.contexts for build in self.builds))

    @cached_property
    def _opened(self) -> tuple[tuple[Known, ...], tuple[ParseError, ...]]:
        if not any(build.cache_from for build in self.builds):
            return (), ()
        dockerfiles = Dockerfiles(self.source, self.read)
        known = dockerfiles.known(self.builds)
        return tuple(known), tuple(sorted(set(dockerfiles.errors)))

    @property
    def known(self) -> tuple[Known, ...]:
        """The builds whose Dockerfile can be read, of those that a cache list may have to do with."""
        return self._opened[0]

    @property
    def errors(self) -> tuple[ParseError, ...]:
        """Why it can't be read, or a Dockerfile it names can't."""
        if isinstance(self._root, UnreadableError):
            return (ParseError(*self.source.position(self._root.offset), str(self._root)),)
        return () if self.skip_file else self._opened[1]

    @property
    def classic(self) -> bool:
        """Whether nothing in it needs BuildKit."""
        return not any(build.buildkit for build in self.builds) and not any(needs_buildkit(each.document) for each in self.known)

    @property
    def skip_file(self) -> bool:
        return bool(_SKIP.search(self.source.text))

    def ignored(self, rule: str) -> list[Span]:
        """The cache lists that a comment above them, or above a service that uses them, speaks for."""
        if "dfrefactor:" not in self.source.text:
            return []
        lists = {build.cache_from for build in self.builds if build.cache_from}
        return [each.span for each in lists if self._is_ignored(each, rule)]

    def _is_ignored(self, entries: Node, rule: str) -> bool:
        lines = self.source.text.split("\n")
        key = self._row(entries)
        while key and not re.search(r"cache[_-]from", lines[key]):
            key -= 1
        rows = [key, *(self._row(build.place) for build in self.builds if build.cache_from is entries)]
        return any(rule in found[1].split(",") for row in rows if row and (found := _IGNORE.match(lines[row - 1])))

    def _row(self, node: Node) -> int:
        return self.source.text.count("\n", 0, node.span.start)


def complaints(before: BuildFile, after: BuildFile, _: Sequence[Finding]) -> list[str]:
    """Whether something but cache lists changed its meaning.  It cannot happen; but then it would be somebody's file."""
    lists = {build.cache_from for build in before.builds if build.cache_from}
    if before.root is not None and after.root is not None and same(before.root, after.root, lists):
        return []
    return ["more would change than cache lists"]


def _tree(source: Source, ending: str) -> Node | None:
    """Raises UnreadableError."""
    if ending == "json":
        from dfrefactor.compose.json_tree import read_json

        return read_json(source.text)
    if ending == "hcl":
        from dfrefactor.compose.hcl_tree import read_hcl

        return read_hcl(source.text)
    from dfrefactor.compose.yaml_tree import read_yaml

    documents = read_yaml(source.text)
    # Several documents in one file overlay one another: what the whole says is not written in any of them.
    return documents[0] if len(documents) == 1 else None
