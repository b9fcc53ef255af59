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

from collections.abc import Iterator, Sequence

from dfrefactor.compose.file import BuildFile
from dfrefactor.compose.lists import Change, edit, judge
from dfrefactor.compose.tree import Node
from dfrefactor.finding import Finding, Severity
from dfrefactor.settings import Settings

RULE = "cache-from"


def cache_from(file: BuildFile, _: Settings) -> Iterator[Finding]:
    """HCL is only judged: its findings have no edits."""
    judged = judge(file.builds, file.known, classic=file.classic)
    findings = [finding for entries, changes in judged for finding in _findings(file, entries, changes)]
    yield from sorted(findings, key=lambda finding: finding.span)


def _findings(file: BuildFile, entries: Node, changes: Sequence[Change]) -> Iterator[Finding]:
    """One finding for all changes that belong to the same place."""
    places: dict[tuple[str, int], list[Change]] = {}
    for change in changes:
        places.setdefault((change.kind, change.at), []).append(change)
    gone = {change.at for change in changes if change.kind == "remove"}
    kept = [at for at in range(len(entries.items)) if at not in gone]
    for (_, at), here in places.items():
        made = edit(file.source, entries, here, kept) if kept and file.ending != "hcl" else None
        span = entries.items[at if at >= 0 else (kept or [0])[0]].span
        severity = Severity.WARNING if made else Severity.NOTE
        yield Finding(RULE, span, "; ".join(change.why for change in here), (made,) if made else (), severity=severity)
