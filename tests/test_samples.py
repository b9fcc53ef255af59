"""Every sample becomes exactly what stands beside it, and stays so.

After a change that is meant:
for s in samples/*/; do dfrefactor - --stdin-filename $s/Dockerfile <$s/Dockerfile >$s/becomes.Dockerfile; done
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.shared import ROOT

SAMPLES = sorted(path for path in (ROOT / "samples").iterdir() if path.is_dir())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_sample_becomes_what_stands_beside_it(sample: Path, tmp_path: Path, dfrefactor: Callable[..., Run]) -> None:
    shutil.copytree(sample, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "Dockerfile"
    assert dfrefactor("--apply", "--no-config", file).code == 0
    assert file.read_bytes() == (sample / "becomes.Dockerfile").read_bytes()
    assert dfrefactor("--apply", "--no-config", file).code == 0
    assert file.read_bytes() == (sample / "becomes.Dockerfile").read_bytes()


def test_the_cases_of_the_article_and_some_real_ones_are_there() -> None:
    names = {sample.name for sample in SAMPLES}
    assert {"purging-secrets", "unsequencing-layers", "layer-markers"} <= names and len(names) >= 8
