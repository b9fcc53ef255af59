"""The Dockerfiles that a Compose or bake file names, each read once, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dfrefactor import buildkit
from dfrefactor.compose.builds import Build
from dfrefactor.compose.lists import Known
from dfrefactor.compose.tree import Node
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.dockerfile.model import Document, parse
from dfrefactor.facts import Facts
from dfrefactor.secrets.find import tainted_stages
from dfrefactor.text.source import Source

Read = Callable[[str], bytes | None]
"""Gives the bytes of a file, its path being relative to the folder of the file at hand; None where there is none."""

_CLASSIC_FLAGS = frozenset({"from", "chown", "platform"})


@dataclass
class Dockerfiles:
    """`errors` are places in the Compose or bake file `source`."""

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
            alone = sum(other.source == build.source for other in builds) == 1
            found_one = self.opened(build, quiet=alone and not build.chosen and build.target is None)
            if found_one is None:
                continue
            document, tainted = found_one
            stage = document.stages[-1]
            if build.target is not None:
                named = [each for each in document.stages if each.name == build.target.text.lower()]
                if not named and "$" not in build.target.text:
                    where = build.file or "its Dockerfile"
                    self.fail(build.target, f"`{build.name}`: {where} has no stage called `{build.target.text}`")
                if not named:
                    continue
                stage = named[-1]
            if not build.contexts & {each.name for each in document.stages}:
                found.append(Known(build, document, stage, tainted))
        return found

    def opened(self, build: Build, *, quiet: bool) -> tuple[Document, frozenset[int]] | None:
        key = (build.file, build.inline)
        if key not in self.seen:
            self.seen[key] = self._open(build, quiet)
        return self.seen[key]

    def _open(self, build: Build, quiet: bool) -> tuple[Document, frozenset[int]] | None:
        file = build.file or "dockerfile_inline"
        data = build.inline.encode() if build.inline is not None else self.read(file)
        if data is None:
            # A lone service that says nothing of its Dockerfile has a list that nothing in it could prove wrong.
            if not quiet:
                self.fail(build.place, f"`{build.name}`: there is no {file}")
            return None
        document = parse(data, file)
        wrong = buildkit.errors(document)
        for error in wrong[:1]:
            self.fail(build.place, f"`{build.name}`: {file}:{error.line}:{error.column}: {error.message}")
        return None if wrong else (document, tainted_stages(Facts(document)))

    def fail(self, node: Node, message: str) -> None:
        self.errors.append(ParseError(*self.source.position(node.span.start), message))


def needs_buildkit(document: Document) -> bool:
    """Whether the classic builder could not read it: a frontend of its own, mounts, heredocs, newer flags."""
    return "syntax" in document.directives or any(
        instruction.heredocs
        or (instruction.keyword in ("FROM", "RUN", "COPY", "ADD") and {f.name for f in instruction.flags} - _CLASSIC_FLAGS)
        for instruction in document.instructions
    )
