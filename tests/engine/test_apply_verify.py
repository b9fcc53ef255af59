"""`--apply --verify` writes what builds the same image, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from dfrefactor.dockerfile.model import Document
from dfrefactor.engine.build import Builder
from dfrefactor.finding import Finding
from dfrefactor.passes import Pass
from dfrefactor.settings import Settings
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

from tests.conftest import Run
from tests.engine.test_verify_command import APART, LARGER, TOGETHER

pytestmark = pytest.mark.engine
Program = Callable[..., Run]
Rewrite = Callable[[Document, Settings], Iterator[Finding]]
Only = Callable[[Rewrite], None]

TWINS = b"FROM debian:bookworm AS a\nRUN touch /x\n\nFROM debian:bookworm\nRUN touch /x\nCOPY --from=a /x /y\n"


@pytest.fixture
def here(engine: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def swapped(old: str, new: str) -> Rewrite:
    """One file becomes another."""

    def rewrite(document: Document, _settings: Settings) -> Iterator[Finding]:
        if document.source.text == old:
            everything = Span(0, len(old))
            yield Finding("spoiler", everything, "another file", (Edit(everything, new),))

    return rewrite


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Only:
    """Puts one rewrite in the place of all passes, and the guard out of its way."""
    from dfrefactor import passes, pipeline

    def put(rewrite: Rewrite) -> None:
        spoiler = Pass("spoiler", lambda *_: True)
        vars(spoiler)["module"] = SimpleNamespace(spoiler=rewrite, __doc__="")  # in the place of dfrefactor.passes.spoiler
        monkeypatch.setattr(passes, "PASSES", (spoiler,))
        monkeypatch.setattr(pipeline, "complaints", lambda *_: ())

    return put


def test_what_builds_the_same_image_is_written(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(TWINS)
    run = dfrefactor("--apply", "--verify", "--select", "layer-markers")
    assert run.code == 0 and run.err.startswith("1 file changed")
    assert b"LAYER=final" in (here / "Dockerfile").read_bytes()


def test_what_builds_another_image_is_not_written(here: Path, dfrefactor: Program, only: Only) -> None:
    text = "FROM debian:bookworm\nRUN touch /x\n"
    (here / "Dockerfile").write_text(text)
    only(swapped(text, text.replace("/x", "/z")))
    run = dfrefactor("--apply", "--verify")
    assert run.code == 1
    assert "Dockerfile: not written: different" in run.err and "/z" in run.err
    assert run.err.endswith("\n1 file not written\n")
    assert (here / "Dockerfile").read_text() == text


def test_what_builds_a_larger_image_is_not_written(here: Path, dfrefactor: Program, only: Only) -> None:
    (here / "Dockerfile").write_text(TOGETHER)
    only(swapped(TOGETHER, APART))
    run = dfrefactor("--apply", "--verify")
    assert run.code == 1
    assert re.search(f"^Dockerfile: not written: {LARGER}$", run.err, re.MULTILINE)
    assert run.err.endswith("\n1 file not written\n")
    assert (here / "Dockerfile").read_text() == TOGETHER
    assert dfrefactor("--apply", "--verify", "--size-margin=1000").code == 0
    assert (here / "Dockerfile").read_text() == APART


def test_what_builds_a_smaller_image_is_written(here: Path, dfrefactor: Program, only: Only) -> None:
    (here / "Dockerfile").write_text(APART)
    only(swapped(APART, TOGETHER))
    run = dfrefactor("--apply", "--verify", "--size-margin=0")
    assert (run.code, run.err) == (0, "1 file changed\n")
    assert (here / "Dockerfile").read_text() == TOGETHER


def test_what_does_not_build_is_not_written(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(TWINS.replace(b"RUN touch", b"RUN false && touch"))
    run = dfrefactor("--apply", "--verify", "--select", "layer-markers")
    assert run.code == 2 and "not written, for it could not be verified: " in run.err
    assert b"LAYER" not in (here / "Dockerfile").read_bytes()
