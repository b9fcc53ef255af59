"""The benchmark runs, and its tables have what they speak of; how long anything takes is no matter here."""

from __future__ import annotations

import re

import pytest

from tests.bench import __main__ as bench


def test_every_table_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main([str(bench.ROOT / "samples"), "--times", "1"])
    said = capsys.readouterr().out
    rows = dict(re.findall(r"^\| (.*?) \| (.*) \|$", said, re.M))
    assert {"one small file", "loaded for a credential", "`python -c pass`", "`--check`, a split", "click"} <= rows.keys()
    assert {"dfrefactor, nothing remembered", "dfrefactor, the same again"} <= rows.keys()
    assert all(name in said for name in bench.OTHERS)


def test_a_folder_without_a_dockerfile_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        bench.main([str(bench.ROOT / "grammar")])
    assert "no Dockerfile" in capsys.readouterr().err
