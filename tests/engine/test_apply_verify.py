"""`--apply --verify` writes what builds the same image, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from dfrefactor.dockerfile.model import Document
from dfrefactor.engine.build import Builder
from dfrefactor.finding import Finding
from dfrefactor.passes import PASSES, Pass
from dfrefactor.settings import Settings
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

from tests.conftest import Run

pytestmark = pytest.mark.engine
Program = Callable[..., Run]

TWINS = b"FROM debian:bookworm AS a\nRUN touch /x\n\nFROM debian:bookworm\nRUN touch /x\nCOPY --from=a /x /y\n"


@pytest.fixture
def here(engine: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wrong(_document: Document, _settings: Settings) -> Iterator[Finding]:
    if "/x" in _document.source.text:
        at = _document.source.text.index("/x")
        yield Finding("wrong", Span(at, at + 2), "a mistake", (Edit(Span(at, at + 2), "/z"),))


def test_what_builds_the_same_image_is_written(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(TWINS)
    run = dfrefactor("--apply", "--verify", "--select", "layer-markers")
    assert run.code == 0 and run.err == "1 file changed\n"
    assert b"LAYER=final" in (here / "Dockerfile").read_bytes()


def test_what_builds_another_image_is_not_written(
    here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dfrefactor import passes, pipeline

    (here / "Dockerfile").write_bytes(b"FROM debian:bookworm\nRUN touch /x\n")
    spoiler = Pass("wrong", lambda *_: True)
    vars(spoiler)["module"] = SimpleNamespace(wrong=wrong, __doc__="")  # in the place of dfrefactor.passes.wrong
    monkeypatch.setattr(passes, "PASSES", (*PASSES, spoiler))
    monkeypatch.setattr(pipeline, "complaints", lambda *_: ())
    run = dfrefactor("--apply", "--verify")
    assert run.code == 1
    assert "Dockerfile: not written: different" in run.err and "/z" in run.err
    assert run.err.endswith("\n1 file not written\n")
    assert (here / "Dockerfile").read_bytes() == b"FROM debian:bookworm\nRUN touch /x\n"


def test_what_does_not_build_is_not_written(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(TWINS.replace(b"RUN touch", b"RUN false && touch"))
    run = dfrefactor("--apply", "--verify", "--select", "layer-markers")
    assert run.code == 2 and "not written, for it could not be verified: " in run.err
    assert b"LAYER" not in (here / "Dockerfile").read_bytes()
