"""Real files: printed back, rewritten without damage, settled in one run.  Skipped where the shared data is not there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dfrefactor
import dockerfile
import pytest
from dfrefactor import buildkit
from dfrefactor.dockerfile.model import Document
from dfrefactor.settings import Settings

from tests.shared import SHARED, Real, corpus, needs_shared

SPLIT: list[dict[str, Any]] = [
    {}, {"parallel": "all", "generated": True}, {"strategy": "mount", "generated": True}, {"builder": "classic"},
]  # fmt: skip


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


def comments(document: Document) -> Counter[str]:
    return Counter(t.text.strip() for t in document.tree.tokens() if t.kind in ("COMMENT", "DIRECTIVE"))


def accepted(data: bytes) -> bool:
    """Whether BuildKit's own parser reads it (the wheel crashes on lone surrogates)."""
    try:
        dockerfile.parse_string(data.decode("utf-8", "replace"))
    except dockerfile.GoParseError:
        return False
    return True


def test_every_real_file_is_printed_back(real: list[Real]) -> None:
    assert len(real) > 200
    assert [each.path for each in real if bytes(each.document) != each.data] == []


@needs_shared
def test_every_case_of_other_projects_is_printed_back() -> None:
    texts = list(conformance())
    assert len(texts) > 800
    assert [data for data in texts if bytes(dfrefactor.parse(data)) != data] == []
    for data in texts:
        dfrefactor.refactor(data)  # never raises


@pytest.mark.parametrize("settings", SPLIT, ids=["default", "all", "mount", "classic"])
@pytest.mark.figures
def test_rewriting_damages_no_real_file(real: list[Real], settings: dict[str, Any]) -> None:
    changed = Counter[str]()
    for each in real:
        result = each.result(**settings)
        assert result.problems == (), each.path
        if not result.changed:
            continue
        changed.update({rewrite.by for rewrite in result.rewrites})
        assert accepted(result.data) or not accepted(each.data), each.path
        again = dfrefactor.refactor(result.data, settings=Settings(**settings))
        # Stages that a pass made are the file's own for the next run, which marks them for the classic builder.
        more = {rewrite.by for rewrite in again.rewrites}
        assert not more or (settings.get("builder") == "classic" and more == {"layer-markers"}), f"{each.path} does not settle"
        assert not comments(each.document) - comments(dfrefactor.parse(result.data)), f"{each.path} lost a comment"
    print(f"\nfiles changed, by pass: {dict(changed)}")
    assert not changed["layer-markers"] or settings.get("builder") == "classic"


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
