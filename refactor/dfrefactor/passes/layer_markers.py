r"""Give stages the classic builder's cache could mistake for one another a marker of their own.

Where two stages have the same base and the same first instruction, `--cache-from` of the classic builder
(`DOCKER_BUILDKIT=0`) takes an image of one for the start of the other and rebuilds what it had
(docker/for-linux#410).  A first line that is a stage's own ends that: every stage of such a file is marked.

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

So is a stage FROM scratch, which has no layer to mistake, and a file that is marked already:

    FROM scratch AS a
    COPY x /
    FROM scratch
    COPY x /

    FROM debian AS a
    ENV LAYER=a
    FROM debian
    ENV LAYER=final

Safe: no file of the image changes; its environment gains `LAYER`, and each finding says so.  BuildKit's cache does not
mistake stages and does not need the marker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dfrefactor.dockerfile.instructions import Env
from dfrefactor.dockerfile.model import Stage
from dfrefactor.dockerfile.tree import Node
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding
from dfrefactor.settings import Settings
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span


def layer_markers(facts: Facts, _: Settings) -> Iterator[Finding]:
    document = facts.document
    starts = Counter(start for stage in document.stages if (start := _start(stage)))
    if not any(count > 1 for count in starts.values()):
        return
    taken = {marker for stage in document.stages if (marker := _marker(stage))}
    for stage in document.stages:
        if _marker(stage) is not None or stage.from_.image.lower() == "scratch":
            continue
        wanted = "final" if stage is document.stages[-1] else stage.name or f"stage{stage.index}"
        name = next(name for name in (wanted, *(f"{wanted}-{i}" for i in range(2, len(taken) + 3))) if name not in taken)
        taken.add(name)
        message = f"another stage starts like this one: ENV LAYER={name} keeps the classic builder's cache from mixing them up"
        if edit := _edit(stage, name):
            yield Finding("layer-markers", stage.from_.span, message, (edit,), config=frozenset({"ENV LAYER"}))


def _start(stage: Stage) -> tuple[str, ...] | None:
    """What the classic builder compares: base reference, platform and first instruction."""
    base = stage.from_.image.lower() if isinstance(stage.base, Stage) else stage.base
    if base.lower() == "scratch" or len(stage.instructions) < 2:
        return None
    first = stage.instructions[1]
    return base, stage.platform or "", first.keyword, *map(str, first.flags), first.args, *(h.content for h in first.heredocs)


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
