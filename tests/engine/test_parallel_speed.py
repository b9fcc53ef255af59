"""What a split is worth: the time of a rebuild after one branch changed, of a cold build, and the size of the image.

Ratios of times, which other work on the machine spoils: asked for by `pytest -m speed`, and no part of the suite.
"""

from __future__ import annotations

import re
import statistics
from pathlib import Path
from uuid import uuid4

import dfrefactor
import pytest
from dfrefactor.engine.build import Builder, Options

from tests.engine.downloads import Downloads
from tests.engine.parallel_files import File
from tests.engine.test_parallel_realistic import PARALLEL, SPLIT

pytestmark = [pytest.mark.engine, pytest.mark.speed]

DELAY = 3.0
"""Seconds that the server waits before each file: downloads are what the builds wait for."""

COLD = """\
FROM buildpack-deps:bookworm
RUN curl -fsSL -o /usr/local/bin/one {url}/tools/v1/one && chmod +x /usr/local/bin/one
RUN mkdir -p /opt/two && curl -fsSL {url}/two/two-2.0.tar.gz -o /tmp/two.tgz && tar -xzf /tmp/two.tgz -C /opt/two --strip-components=1 && rm /tmp/two.tgz
RUN git clone -q {url}/git/app.git /opt/three
CMD ["one"]
"""
OPTIONS = Options(network="host")


def split(old: bytes) -> bytes:
    result = dfrefactor.refactor(old, passes=PARALLEL)
    assert not result.problems and result.changed
    return result.data


def addresses(old: bytes, new: bytes, url: str) -> list[str]:
    """An address that is fetched in each branch, in their order."""
    found = []
    for stage in dfrefactor.parse(new).stages[:-1]:
        first = re.search(rf"{re.escape(url)}/[^\s\"']+", "".join(i.logical.text + "\n" for i in stage.instructions[1:]))
        if first and old.decode().count(first[0]) == new.decode().count(first[0]) == 1 and "/simple" not in first[0]:
            found.append(first[0])
    return found


def seconds(engine: Builder, text: bytes, context: Path, options: Options = OPTIONS) -> tuple[float, int]:
    """How long a build takes, and the size of what it makes."""
    built = engine.build(text, context, options)
    try:
        return built.seconds, sum(len(each.read()) for each in engine.archives([built]))
    finally:
        engine.remove(built)


def rebuilt(engine: Builder, file: File, turn: int, downloads: Downloads, context: Path) -> tuple[float, float, float] | None:
    """Seconds before and after, once the branch whose turn it is fetches from another address; and the ratio of the sizes."""
    old = file.dockerfile(downloads.url)
    new = split(old)
    branches = addresses(old, new, downloads.url)
    if not branches:
        return None
    where = branches[turn % len(branches)]

    def changed(text: bytes) -> bytes:
        """Another address each time: what one of the two files built is no help to the other."""
        return text.replace(where.encode(), where.replace(downloads.url, f"{downloads.url}/again{uuid4().int}").encode())

    downloads.delay = 0
    sizes = [seconds(engine, text, context)[1] for text in (old, new)]
    downloads.delay = DELAY
    before, after = (seconds(engine, changed(text), context)[0] for text in (old, new))
    return before, after, sizes[1] / sizes[0]


@pytest.mark.figures
def test_rebuilds_after_a_change_in_one_branch(engine: Builder, downloads: Downloads, tmp_path: Path) -> None:
    rows = []
    for turn, file in enumerate(SPLIT[::3]):
        context = file.write_context(tmp_path / file.name, downloads.url)
        context.mkdir(exist_ok=True)
        if found := rebuilt(engine, file, turn, downloads, context):
            rows.append((file.name, *found))
    downloads.delay = 0
    print(f"\n{'file':28} before  after  ratio   size")
    for name, before, after, size in rows:
        print(f"{name:28} {before:6.1f} {after:6.1f} {after / before:6.2f} {size:6.3f}")
    ratio = statistics.median(after / before for _, before, after, _ in rows)
    print(f"rebuild, median of {len(rows)}: {ratio:.2f}; image, largest: {max(row[3] for row in rows):.3f}")
    assert len(rows) >= 7
    assert ratio <= 0.5
    assert max(row[3] for row in rows) <= 1.02


@pytest.mark.figures
def test_a_cold_build_of_three_branches(engine: Builder, downloads: Downloads, tmp_path: Path) -> None:
    old = COLD.replace("{url}", downloads.url).encode()
    new = split(old)
    downloads.delay = 8.0
    cold = Options(network="host", no_cache=True)
    (before, _), (after, _) = (seconds(engine, text, tmp_path, cold) for text in (old, new))
    downloads.delay = 0
    print(f"\ncold build: {before:.1f} s before, {after:.1f} s after: {after / before:.2f}")
    assert after / before <= 0.5


