r"""Keep the cache lists of Compose and bake files accurate.

A build server that starts empty gets its cache from the images that `cache_from` names.  One stage's image missing
there, and that stage and all that rests on it are built again, every time.  What is missing follows from the stages of
the Dockerfile and the images that the file's own services make:

    services:
      tools:
        image: example/app:tools
        build:
          dockerfile_inline: &file |
            FROM debian AS tools
            RUN make tools
            FROM debian
            COPY --from=tools /tools /tools
          target: tools
          cache_from:
            - example/app:tools
      app:
        image: example/app:final
        build:
          dockerfile_inline: *file
          cache_from:
            - example/app:final # what the last build made
    ->
    services:
      tools:
        image: example/app:tools
        build:
          dockerfile_inline: &file |
            FROM debian AS tools
            RUN make tools
            FROM debian
            COPY --from=tools /tools /tools
          target: tools
          cache_from:
            - example/app:tools
      app:
        image: example/app:final
        build:
          dockerfile_inline: *file
          cache_from:
            - example/app:tools
            - example/app:final # what the last build made

A name that nothing in the file makes, and that is close to one that is missing, is a slip:

    services:
      tools:
        image: example/app:stage_tools
        build:
          dockerfile_inline: |
            FROM debian AS tools
            RUN make tools
          target: tools
          cache_from: [debian:latest, 'example/app:tools']
    ->
    services:
      tools:
        image: example/app:stage_tools
        build:
          dockerfile_inline: |
            FROM debian AS tools
            RUN make tools
          target: tools
          cache_from: [debian:latest, 'example/app:stage_tools']

An image of a stage that uses a credential leaves every list: such an image should not be pushed at all.

Images of others, names with variables, caches that hold all stages and services without a list are left alone:

    services:
      app:
        image: example/app:final
        build:
          dockerfile_inline: |
            FROM debian AS tools
            RUN make tools
            FROM debian
            COPY --from=tools /tools /tools
          cache_from:
            - registry.example.org/app:main
            - ${REGISTRY}/app:tools
            - type=gha
      tools:
        image: example/app:tools
        build:
          dockerfile_inline: |
            FROM debian AS tools
            RUN make tools
          target: tools

Where nothing in a Compose file needs BuildKit, its lists are made for the classic builder, which runs every stage above
the target.  BuildKit runs those that are needed, and an image's inline cache speaks for the stages it starts FROM too.

Safe: a cache list never changes what is in an image.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dfrefactor.compose.builds import Build, bake_builds, compose_builds
from dfrefactor.compose.dockerfiles import Dockerfiles, Read, Tainted, needs_buildkit
from dfrefactor.compose.lists import Change, judge
from dfrefactor.compose.places import edit
from dfrefactor.compose.tree import Node, UnreadableError, same
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.finding import Finding
from dfrefactor.text.edit import apply
from dfrefactor.text.source import Source

RULE = "cache-from"

_IGNORED = re.compile(r"[ \t]*(?:#|//)[ \t]*dfrefactor:.*\bignore=[\w,-]*\bcache-from\b")
_SKIPPED = re.compile(r"^[ \t]*(?:#|//)[ \t]*dfrefactor:[ \t]*skip-file\b", re.MULTILINE)


@dataclass(frozen=True)
class Mended:
    """What became of a file.  With `errors` it is as it was, and there are no findings."""

    data: bytes
    findings: tuple[Finding, ...] = ()
    errors: tuple[ParseError, ...] = ()


def mend(data: bytes, path: str, read: Read, tainted: Tainted | None = None) -> Mended:
    """Judge the cache lists of a Compose file, or of a bake file where `path` ends in .hcl or .json.

    Never raises for content.  `read` gives the bytes of a file, its path being relative to the folder of `path`; None
    where there is none.  `tainted` says which stages hold a credential; by default `dfrefactor.secrets` does.
    HCL is only judged: its findings have no edits.  The spans of the findings are places in `data`.
    """
    source = Source.of_bytes(data, path)
    try:
        root = _read(source)
    except UnreadableError as error:
        return Mended(data, errors=(ParseError(*source.position(error.offset), str(error)),))
    builds = _builds(source, root)
    if _SKIPPED.search(source.text) or not any(build.cache_from for build in builds):
        return Mended(data)
    dockerfiles = Dockerfiles(source, read, tainted)
    known = dockerfiles.known(builds)
    if dockerfiles.errors:
        return Mended(data, errors=tuple(sorted(set(dockerfiles.errors))))
    findings: list[Finding] = []

    def report(entries: Node, changes: list[Change]) -> None:
        if not _is_ignored(source, entries, [build for build in builds if build.cache_from is entries]):
            findings.extend(_findings(source, entries, changes))

    classic = not any(build.buildkit for build in builds) and not any(needs_buildkit(each.document) for each in known)
    judge(builds, known, report, classic=classic)
    if path.lower().endswith(".hcl"):
        findings = [Finding(RULE, each.span, each.message) for each in findings]
    findings.sort(key=lambda each: each.span)
    after = replace(source, text=apply(source.text, [each for finding in findings for each in finding.edits]))
    if after.text != source.text and not _is_kept(root, after, builds):
        return Mended(data, errors=(ParseError(1, 1, "its cache lists could not be mended (a bug of ours); left alone"),))
    return Mended(after.data, tuple(findings))


def contexts(data: bytes, path: str) -> frozenset[str]:
    """The build contexts that a Compose or bake file names; a stage of such a name would be replaced.  Never raises."""
    source = Source.of_bytes(data, path)
    try:
        builds = _builds(source, _read(source))
    except UnreadableError:
        return frozenset()
    return frozenset().union(*(build.contexts for build in builds))


def _read(source: Source) -> Node | None:
    """Raises UnreadableError."""
    if source.path.lower().endswith(".json"):
        from dfrefactor.compose.json_tree import read_json

        return read_json(source.text)
    if source.path.lower().endswith(".hcl"):
        from dfrefactor.compose.hcl_tree import read_hcl

        return read_hcl(source.text)
    from dfrefactor.compose.yaml_tree import read_yaml

    documents = read_yaml(source.text)
    # Several documents in one file overlay one another: what the whole says is not written in any of them.
    return documents[0] if len(documents) == 1 else None


def _builds(source: Source, root: Node | None) -> list[Build]:
    if root is None:
        return []
    ending = source.path.lower().rpartition(".")[2]
    return list(bake_builds(root, ending) if ending in ("json", "hcl") else compose_builds(root))


def _is_kept(root: Node | None, after: Source, builds: Sequence[Build]) -> bool:
    """Whether nothing but cache lists changed its meaning.  It cannot happen; but then it would be somebody's file."""
    try:
        new = _read(after)
    except UnreadableError:
        return False
    lists = {build.cache_from for build in builds if build.cache_from}
    return root is not None and new is not None and same(root, new, lists)


def _findings(source: Source, entries: Node, changes: list[Change]) -> list[Finding]:
    """One finding for all changes that belong to the same place."""
    places: dict[tuple[str, int], list[Change]] = {}
    for change in changes:
        places.setdefault((change.kind, change.at), []).append(change)
    gone = {change.at for change in changes if change.kind == "remove"}
    kept = [at for at in range(len(entries.items)) if at not in gone]
    findings = []
    for (_, at), here in places.items():
        made = edit(source, entries, here, kept) if kept else None
        message = "; ".join(change.why for change in here)
        span = entries.items[at if at >= 0 else (kept or [0])[0]].span
        findings.append(Finding(RULE, span, message, (made,) if made else ()))
    return findings


def _is_ignored(source: Source, entries: Node, users: Sequence[Build]) -> bool:
    """Whether a comment above the list or above a service that uses it says so."""
    lines = source.text.split("\n")
    key = source.line(entries.span.start)
    while key > 1 and not re.search(r"cache[_-]from", lines[key - 1]):
        key -= 1
    above = [key, *(source.line(build.place.span.start) for build in users)]
    return any(_IGNORED.match(lines[line - 2]) for line in above if line > 1)
