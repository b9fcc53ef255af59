"""Real files: printed back, rewritten without damage, settled in one run.  Skipped where the shared data is not there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dfrefactor
import dockerfile
import pytest
from dfrefactor import buildkit
from dfrefactor.settings import Settings

from tests.shared import SHARED, corpus, needs_shared

SPLIT = [Settings(), Settings(parallel="all"), Settings(strategy="mount")]


def conformance() -> Iterator[bytes]:
    """Every text of the other projects' cases, valid or not."""
    root = SHARED / "conformance"
    for path in sorted(root.rglob("Dockerfile")):
        yield path.read_bytes()
    for path in sorted(root.glob("*.json")):
        yield from _texts(json.loads(path.read_text()))


def _texts(value: object) -> Iterator[bytes]:
    if isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def comments(data: bytes) -> Counter[str]:
    document = dfrefactor.parse(data)
    return Counter(t.text.strip() for t in document.tree.tokens() if t.kind in ("COMMENT", "DIRECTIVE"))


def accepted(data: bytes) -> bool:
    """Whether BuildKit's own parser reads it (the wheel crashes on lone surrogates)."""
    try:
        dockerfile.parse_string(data.decode("utf-8", "replace"))
    except dockerfile.GoParseError:
        return False
    return True


@needs_shared
def test_every_real_file_is_printed_back() -> None:
    files = [path.read_bytes() for path in corpus()]
    assert len(files) > 2_000
    assert [data for data in files if bytes(dfrefactor.parse(data)) != data] == []


@needs_shared
def test_every_case_of_other_projects_is_printed_back() -> None:
    texts = list(conformance())
    assert len(texts) > 800
    assert [data for data in texts if bytes(dfrefactor.parse(data)) != data] == []
    for data in texts:
        dfrefactor.refactor(data)  # never raises


@needs_shared
@pytest.mark.parametrize("settings", SPLIT, ids=["default", "all", "mount"])
@pytest.mark.figures
def test_rewriting_damages_no_real_file(settings: Settings) -> None:
    changed = Counter[str]()
    for path in corpus():
        data = path.read_bytes()
        result = dfrefactor.refactor(data, str(path), settings=settings)
        assert result.problems == (), path
        if not result.changed:
            continue
        changed.update({rewrite.by for rewrite in result.rewrites})
        assert accepted(result.data) or not accepted(data), path
        assert dfrefactor.refactor(result.data, settings=settings).data == result.data, f"{path} does not settle"
        assert not comments(data) - comments(result.data), f"{path} lost a comment"
    print(f"\nfiles changed, by pass: {dict(changed)}")
    assert changed["layer-markers"] > 0


@needs_shared
def test_a_file_with_errors_is_left_alone() -> None:
    rejected = [data for data in conformance() if buildkit.errors(dfrefactor.parse(data))]
    assert len(rejected) > 20
    for data in rejected:
        result = dfrefactor.refactor(data)
        assert result.data == data
        assert result.errors


def test_tests_do_not_pass_for_want_of_files() -> None:
    assert not SHARED.is_dir() or isinstance(corpus()[0], Path)
