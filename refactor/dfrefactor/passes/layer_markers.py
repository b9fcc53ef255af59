r"""Give stages the classic builder's cache could mistake for one another a marker of their own.

Where two stages have the same base and the same first instruction, `--cache-from` of the classic builder
(`DOCKER_BUILDKIT=0`) takes an image of one for the start of the other and rebuilds what it had
(docker/for-linux#410).  A first line that is a stage's own ends that: every stage of such a file is marked.

BuildKit's cache does not mistake stages, so this is advice (`--advice` shows it) unless somebody builds with the classic
builder.  To have the markers written, say so in one of these ways:

- `--select layer-markers`, or `select = ["layer-markers"]` in the configuration;
- `--builder classic`, or `builder = "classic"` in the configuration;
- a Compose file beside the Dockerfile builds it stage by stage: one of its `cache_from` lists names the images of two
  stages that start alike, and nothing in those builds is for BuildKit alone.

    FROM debian AS stage1
    ENV DEBIAN_FRONTEND=noninteractive
    RUN touch /tmp/stage1.txt

    FROM debian
    ENV DEBIAN_FRONTEND=noninteractive
    COPY --from=stage1 /tmp/* /tmp/
    ->
    FROM debian AS stage1
    ENV DEBIAN_FRONTEND=noninteractive LAYER=stage1
    RUN touch /tmp/stage1.txt

    FROM debian
    ENV DEBIAN_FRONTEND=noninteractive LAYER=final
    COPY --from=stage1 /tmp/* /tmp/

A stage that starts with something else gets an ENV of its own:

    FROM debian AS a
    RUN make
    FROM debian
    RUN make
    COPY --from=a /x /x
    ->
    FROM debian AS a
    ENV LAYER=a
    RUN make
    FROM debian
    ENV LAYER=final
    RUN make
    COPY --from=a /x /x

Stages that differ in their base or first instruction are left alone:

    FROM debian AS a
    RUN make
    FROM debian
    RUN make install
    FROM alpine
    RUN make

So is a file that the classic builder cannot build: with RUN --mount, a heredoc, COPY --link, `# syntax`, $BUILDPLATFORM:

    FROM debian AS a
    RUN --mount=type=cache,target=/root/.cache make
    FROM debian
    RUN --mount=type=cache,target=/root/.cache make

    FROM --platform=$BUILDPLATFORM debian AS a
    RUN make
    FROM --platform=$BUILDPLATFORM debian
    RUN make

So is a stage FROM scratch, which has no layer to mistake, and a file that is marked already:

    FROM scratch AS a
    COPY x /
    FROM scratch
    COPY x /

    FROM debian AS a
    ENV LAYER=a
    FROM debian
    ENV LAYER=final

Stages that another pass makes are no reason to mark a file: none of their images is in a cache list yet.  For the next run
they are the file's own.

Safe: no file of the image changes; its environment gains `LAYER`, and each finding says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count

from dfrefactor.buildkit.classic import alike, needs_buildkit
from dfrefactor.dockerfile.instructions import Env
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.dockerfile.tree import Node
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.settings import Settings
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

RULE = "layer-markers"


def layer_markers(facts: Facts, settings: Settings) -> Iterator[Finding]:
    document = facts.document
    if needs_buildkit(document) or not alike(document.stages):
        return
    asked = settings.builder == "classic" or RULE in settings.selected or _mistaken(document, settings.cached)
    taken = {marker for stage in document.stages if (marker := _marker(stage))}
    for stage in document.stages:
        if _marker(stage) is not None or stage.from_.image.lower() == "scratch":
            continue
        wanted = "final" if stage is document.stages[-1] else stage.name or f"stage{stage.index}"
        name = next(name for name in chain((wanted,), (f"{wanted}-{i}" for i in count(2))) if name not in taken)
        taken.add(name)
        what = "stages of this file start alike: ENV LAYER={} {} the classic builder's cache from mixing them up"
        if asked and (edit := _edit(stage, name)):
            yield Finding(RULE, stage.from_.span, what.format(name, "keeps"), (edit,), config=frozenset({"ENV LAYER"}),
                          severity=Severity.WARNING)  # fmt: skip
        elif not asked:
            yield Finding(RULE, stage.from_.span, what.format(name, "would keep"), safety=Safety.ADVICE)


def _mistaken(document: Document, cached: tuple[frozenset[str], ...]) -> bool:
    """Whether one cache list names images of two stages that start alike."""
    lists = ({document.stage(name) if name else document.stages[-1] for name in names} for names in cached)
    return any(alike(stage for stage in stages if stage) for stages in lists)


def _marker(stage: Stage) -> str | None:
    return next((p.value for i in stage.instructions if isinstance(i, Env) for p in i.pairs if p.key == "LAYER"), None)


def _edit(stage: Stage, name: str) -> Edit | None:
    first = stage.instructions[1] if len(stage.instructions) > 1 else None
    if isinstance(first, Env) and first.pairs and not first.pairs[-1].legacy:
        end = first.pairs[-1].span.end
        return Edit(Span(end, end), f" LAYER={name}")
    if isinstance(stage.from_.node.children[-1], Node):
        return None  # the file ends in a continuation: there is no line to put one below
    source, end, keyword = stage.document.source, stage.from_.span.end, stage.from_.keyword_span
    indent = source.text[stage.from_.span.start : keyword.start]
    line = f"{indent}{'env' if source.text[slice(*keyword)].islower() else 'ENV'} LAYER={name}"
    open_end = not source.text[:end].endswith("\n")
    return Edit(Span(end, end), source.newline + line if open_end else line + source.newline)
