"""Dockerfiles of every day, split and built before and after: the images are equal but for the leftovers that are named."""

from __future__ import annotations

from pathlib import Path

import dfrefactor
import pytest
from dfrefactor.engine.build import Options
from dfrefactor.passes import PASSES
from dfrefactor.result import Result

from tests.engine.conftest import BuildAndCompare
from tests.engine.downloads import Downloads
from tests.engine.parallel_files import FILES, File

pytestmark = pytest.mark.engine

PARALLEL = [each for each in PASSES if each.name == "parallel-stages"]
SPLIT = [file for file in FILES if file.branches]


def rewritten(file: File, url: str) -> tuple[bytes, Result]:
    old = file.dockerfile(url)
    result = dfrefactor.refactor(old, passes=PARALLEL)
    assert not result.problems
    return old, result


def branches(result: Result) -> int:
    """Stages that the rewrite made, the trunk not counted."""
    return sum(finding.message.count(",") + 2 for finding in result.findings if "side by side" in finding.message)


def test_there_are_enough_files() -> None:
    assert len(SPLIT) >= 20
    assert len(FILES) - len(SPLIT) >= 5


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_split_where_a_person_would(file: File) -> None:
    _, result = rewritten(file, "http://127.0.0.1:8080")
    assert branches(result) == file.branches, result.data.decode()
    again = dfrefactor.refactor(result.data, passes=PARALLEL)
    assert not again.changed


@pytest.mark.parametrize("file", SPLIT, ids=lambda file: file.name)
def test_the_images_are_equal(
    file: File, downloads: Downloads, tmp_path: Path, build_and_compare: BuildAndCompare
) -> None:
    old, result = rewritten(file, downloads.url)
    left = frozenset[str]().union(*(finding.left for finding in result.findings))
    context = file.write_context(tmp_path, downloads.url)
    verdict = build_and_compare(old, result.data, context, options=Options(network="host"), allowed=left)
    assert verdict.differences == (), result.data.decode()
