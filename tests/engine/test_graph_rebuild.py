"""The rebuild table against BuildKit: what it says runs again is what runs again."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from dfrefactor import parse
from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.engine.build import Builder, Options
from dfrefactor.report.graph.picture import draw
from dfrefactor.report.graph.rebuild import rebuilt

pytestmark = pytest.mark.engine

# Every RUN leaves something new each time it runs, so that no stage comes out as it was.
NEW = "cat /proc/sys/kernel/random/uuid"
FILE = f"""\
ARG WHAT=what
FROM debian:bookworm AS base
RUN {NEW} > /base
FROM base AS tools
ARG VER=1
COPY file /tools-file
RUN {NEW} > /tools
FROM base AS docs
RUN {NEW} > /docs
FROM debian:bookworm AS node
WORKDIR /node
COPY file file
ENV MODE=a
RUN {NEW} > /node/made
FROM node AS checked
FROM base
ENV HOME_OF=x
COPY file /final-file
WORKDIR /app
COPY --from=tools /tools /t
ARG WHAT
RUN {NEW} > /mid
COPY --from=checked /node /n
RUN --mount=from=tools,target=/x {NEW} > /last
"""


def changed(text: str, instruction: Instruction, salt: str) -> str:
    """The file with another version of that instruction."""
    start, end = instruction.span
    old = text[start:end].rstrip("\n")
    match instruction.keyword:
        case "RUN":
            new = f"{old} && : {salt}"
        case "WORKDIR":
            new = f"{old}/{salt}"
        case "COPY":
            new = re.sub(r"\S+$", lambda found: f"{found[0]}-{salt}", old)
        case _:
            new = f"{old.partition('=')[0]}={salt}"
    return text[:start] + new + "\n" + text[end:]


def ran(engine: Builder, text: str, folder: Path) -> tuple[list[str], int]:
    """The steps of a build, in `STAGE n/m` order, that were not taken from the cache; and how many there were."""
    built = engine.build(text.encode(), folder, Options())
    try:
        steps = [step for step in built.steps if re.match(r"\[\S+ +\d+/\d+\] (RUN|COPY|WORKDIR)", step.name)]
        return sorted(re.sub(r"^\[[^]]*\] ", "", step.name) for step in steps if not step.cached), len(steps)
    finally:
        engine.remove(built)


def test_what_the_table_says_is_what_buildkit_does(engine: Builder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    text = FILE.replace("> /base", f"> /base && : {uuid.uuid4().hex}")
    document = parse(text.encode())
    causes = [i for i in document.instructions if i.keyword in ("RUN", "COPY", "WORKDIR", "ENV", "ARG")]
    _, steps = ran(engine, text, tmp_path)
    assert steps == len(draw(document, str).steps)
    assert ran(engine, text, tmp_path)[0] == []
    for cause in causes:
        salt = uuid.uuid4().hex[:12]
        new = changed(text, cause, salt)
        document_now = parse(new.encode())
        place = document.instructions.index(cause)
        expected = rebuilt(draw(document_now, str), [document_now.instructions[place]])
        again, _ = ran(engine, new, tmp_path)
        said = sorted(" ".join([s.instruction.keyword, *s.instruction.flags, s.instruction.args]) for s in expected)
        assert again == said, f"changed: {cause.keyword} {cause.args}"
