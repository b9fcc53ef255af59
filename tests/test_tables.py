"""The parser that is made ready when the package is built: it reads as Lark does, and is left alone where it is of other grammars."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dfrefactor.dockerfile import parser
from dfrefactor.text.source import Source

from tests.shared import Real

GRAMMAR = Path(__file__).parents[1] / "grammar"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    parser._lark.cache_clear()
    yield
    parser._lark.cache_clear()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the grammars, with what the build makes of them; the parser goes by it."""
    spec = importlib.util.spec_from_file_location("build_hook", GRAMMAR / "build.py")
    assert spec is not None and spec.loader is not None
    hook: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    for path in GRAMMAR.glob("*.lark"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(hook, "HERE", tmp_path)
    hook.CustomBuildHook.initialize(None, "standard", {})
    monkeypatch.setattr(parser, "_grammar", lambda name: str(tmp_path / name))
    return tmp_path


def test_it_needs_no_lark(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lark", None)
    assert parser.parse(Source("FROM a\nRUN <<E\nb\nE\n")).text == "FROM a\nRUN <<E\nb\nE\n"
    assert parser.parse(Source("# escape=`\nFROM a `\n  AS b\n"), "`").children[-1].kind == "instruction"


def test_it_reads_real_files_as_lark_does(made: Path, real: list[Real]) -> None:
    texts = [(Source(each.data.decode("utf-8", "surrogateescape")), escape) for each in real for escape in "\\`"]
    ready = [parser.parse(*text) for text in texts]
    (made / "tables.py").unlink()
    parser._lark.cache_clear()
    assert parser._made() is None
    assert ready == [parser.parse(*text) for text in texts]


def test_of_another_grammar_it_is_not_used(made: Path) -> None:
    assert parser._made() is not None
    (made / "dockerfile.lark").write_bytes((made / "dockerfile.lark").read_bytes() + b"// another\n")
    assert parser._made() is None
