"""A Compose or bake file: what it builds, the Dockerfiles that it names, and what its comments say."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from functools import cached_property

from dfrefactor import buildkit
from dfrefactor.buildkit.classic import needs_buildkit
from dfrefactor.compose.args import AskedBy
from dfrefactor.compose.builds import Build, bake_builds, compose_builds
from dfrefactor.compose.edits import entries
from dfrefactor.compose.handing import Handing
from dfrefactor.compose.kept import same_but
from dfrefactor.compose.lists import Known
from dfrefactor.compose.tree import Node, UnreadableError, read_json, read_yaml, same
from dfrefactor.dockerfile.comments import ALL
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.dockerfile.model import Document, parse
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding
from dfrefactor.kinds import Kind
from dfrefactor.lazy import dataclass, regex
from dfrefactor.secrets.find import tainted_stages
from dfrefactor.secrets.hidden import known
from dfrefactor.text.mask import Mask
from dfrefactor.text.source import Source, Span

_IGNORE = regex(r"[ \t]*(?:#|//)[ \t]*dfrefactor:.*?\bignore(?:=([\w,-]*)|(?=\s|$))")
_SKIP = regex(r"^[ \t]*(?:#|//)[ \t]*dfrefactor:[ \t]*skip-file\b", re.MULTILINE)

MAIN = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""The names that Compose looks for, in that order; a file beside it that is called otherwise lies over it."""

Read = Callable[[str], bytes | None]
"""Gives the bytes of a file, its path being relative to the folder of the file at hand; None where there is none."""


@dataclass(frozen=True)
class BuildFile:
    """One file, each part read when it is asked for.  `read` gives the bytes of the files beside it."""

    source: Source
    read: Read
    kind: Kind = "compose"

    @property
    def ending(self) -> str:
        """`json` and `hcl` are bake files."""
        return self.source.path.lower().rpartition(".")[2]

    @cached_property
    def _root(self) -> Node | UnreadableError | None:
        """None where what the file says stands in no one place."""
        if self.kind in ("script", "makefile"):
            return None
        try:
            return _tree(self.source, self.ending)
        except UnreadableError as error:
            return error if self.kind in ("compose", "bake") else None  # others are looked at unasked

    @property
    def root(self) -> Node | None:
        return self._root if isinstance(self._root, Node) else None

    @cached_property
    def builds(self) -> tuple[Build, ...]:
        if self.root is None:
            return ()
        bake = self.ending in ("json", "hcl")
        return tuple(bake_builds(self.root, self.ending) if bake else compose_builds(self.root))

    def handing(self, known: AskedBy) -> Handing | None:
        """What its builds pass that Dockerfiles take as secrets."""
        form = self.ending if self.ending in ("json", "hcl") else "yaml"
        if self.root is None or self.kind not in ("compose", "bake"):
            return None
        return Handing(self.source, self.root, tuple(map(self._placed, self.builds)), form, known)

    def _placed(self, build: Build) -> Build:
        """A build that says no more than what another file leaves out, with the Dockerfile that is named there."""
        unsaid = build.file is None and build.inline is None and self.kind == "compose"
        if not unsaid or any(part.get(key) for part in build.parts for key in ("context", "dockerfile")):
            return build
        whole = next((each for each in self._main if each.name == build.name), None)
        return replace(build, file=whole.file) if whole is not None else build

    @cached_property
    def _main(self) -> tuple[Build, ...]:
        """What the file that this one lies over builds: Compose takes the first of these names."""
        found = ((name, self.read(name)) for name in MAIN if name != posixpath.basename(self.source.path))
        name, data = next(((name, data) for name, data in found if data is not None), ("", None))
        return BuildFile(Source.of_bytes(data, name), self.read).builds if data is not None else ()

    def ids(self, known: AskedBy) -> dict[str, str]:
        """Under which ids it has secrets of what it passes as those arguments."""
        handing = self.handing(known)
        if handing is None:
            if self.root is None or self.kind != "workflow":
                return {}
            from dfrefactor.compose.workflow import ids

            return ids(self.source, self.root, known)
        found = handing.ids()
        return {each.asked.argument: found[each.variable] for each in handing.passings if each.variable in found}

    @property
    def contexts(self) -> frozenset[str]:
        """The build contexts it names; a stage of such a name would be replaced."""
        return frozenset().union(*(build.contexts for build in self.builds))

    @cached_property
    def _opened(self) -> tuple[tuple[Known, ...], tuple[ParseError, ...]]:
        if not any(build.cache_from for build in self.builds):
            return (), ()
        dockerfiles = _Dockerfiles(self.source, self.read)
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
        files = (each.stage.document for each in self.known)
        return not any(build.buildkit for build in self.builds) and not any(map(needs_buildkit, files))

    @property
    def skip_file(self) -> bool:
        return bool(_SKIP.search(self.source.text))

    def ignored(self, rule: str) -> list[Span]:
        """What a comment above speaks for: the entry below it; a cache list also above a service that uses it."""
        if "dfrefactor:" not in self.source.text:
            return []
        if rule != "cache-from":
            lines = self.source.text.split("\n")
            rows = {row + 1 for row, line in enumerate(lines) if _speaks_of(rule, line)}
            places = [*self._entries(self.root)] if self.root is not None else []
            places += [Span(start, start + len(line)) for start, line in zip(self.source.starts, lines, strict=True)]
            return [each for each in places if self.source.text.count("\n", 0, each.start) in rows]
        lists = {build.cache_from for build in self.builds if build.cache_from}
        return [each.span for each in lists if self._is_ignored(each, rule)]

    def _is_ignored(self, entries: Node, rule: str) -> bool:
        lines = self.source.text.split("\n")
        key = self._row(entries)
        while key and not re.search(r"cache[_-]from", lines[key]):
            key -= 1
        rows = [key, *(self._row(build.place) for build in self.builds if build.cache_from is entries)]
        return any(_speaks_of(rule, lines[row - 1]) for row in rows if row)

    def _entries(self, node: Node) -> Iterator[Span]:
        yield from entries(node)
        for below in (*node.items, *(value for _, value in node.pairs)):
            yield from self._entries(below)

    def _row(self, node: Node) -> int:
        return self.source.text.count("\n", 0, node.span.start)


def _speaks_of(rule: str, line: str) -> bool:
    """Whether the comment in a line asks the pass to leave alone what is below."""
    found = _IGNORE.match(line)
    return found is not None and not {rule, ALL}.isdisjoint((found[1] or ALL).split(","))


def complaints(before: BuildFile, after: BuildFile, findings: Sequence[Finding]) -> list[str]:
    """Whether something but cache lists, or what the findings name, changed its meaning.

    It cannot happen; but then it would be somebody's file.
    """
    gone, new = (frozenset(name for each in findings for name in getattr(each, field)) for field in ("gone", "new"))
    if gone or new:
        kept = before.root is not None and after.root is not None and same_but(before.root, after.root, gone, new)
        return [] if kept else ["more would change than what builds pass"]
    lists = {build.cache_from for build in before.builds if build.cache_from}
    if before.root is not None and after.root is not None and same(before.root, after.root, lists):
        return []
    return ["more would change than cache lists"]


def _tree(source: Source, ending: str) -> Node | None:
    """Raises UnreadableError."""
    if ending == "json":
        return read_json(source.text)
    if ending == "hcl":
        from dfrefactor.compose.hcl_tree import read_hcl

        return read_hcl(source.text)
    documents = read_yaml(source.text)
    # Several documents in one file overlay one another: what the whole says is not written in any of them.
    return documents[0] if len(documents) == 1 else None


@dataclass
class _Dockerfiles:
    """The Dockerfiles that a file names, each read once; `errors` are places in the Compose or bake file `source`."""

    source: Source
    read: Read
    errors: list[ParseError] = field(default_factory=list)
    seen: dict[object, tuple[Document, frozenset[int]] | None] = field(default_factory=dict)

    def known(self, builds: Sequence[Build]) -> list[Known]:
        """The builds whose Dockerfile can be read, of those that a cache list may have to do with."""
        wanted = {build.source for build in builds if build.cache_from is not None and build.source}
        found = []
        for build in builds:
            if build.source not in wanted:
                continue
            key, alone = (build.file, build.inline), sum(other.source == build.source for other in builds) == 1
            if key not in self.seen:
                self.seen[key] = self._open(build, quiet=alone and not build.chosen and build.target is None)
            if (opened := self.seen[key]) is None:
                continue
            document, tainted = opened
            named = [each for each in document.stages if not build.target or each.name == build.target.text.lower()]
            if build.target and not named and "$" not in build.target.text:
                where = build.file or "its Dockerfile"
                self.fail(build.target, f"`{build.name}`: {where} has no stage called `{build.target.text}`")
            if named and not build.contexts & {each.name for each in document.stages}:
                found.append(Known(build, named[-1], tainted))
        return found

    def _open(self, build: Build, quiet: bool) -> tuple[Document, frozenset[int]] | None:
        file = build.file or "dockerfile_inline"
        data = build.inline.encode() if build.inline is not None else self.read(file)
        if data is None:
            # A lone service that says nothing of its Dockerfile has a list that nothing in it could prove wrong.
            if not quiet:
                self.fail(build.place, f"`{build.name}`: there is no {file}")
            return None
        document = parse(data, file)
        facts, wrong = Facts(document), buildkit.errors(document)
        for error in wrong[:1]:
            mask = Mask.of((document.source.text, span) for span in known(facts))
            self.fail(build.place, f"`{build.name}`: {file}:{error.line}:{error.column}: {mask(error.message)}")
        return None if wrong else (document, tainted_stages(facts))

    def fail(self, node: Node, message: str) -> None:
        self.errors.append(ParseError(*self.source.position(node.span.start), message))
