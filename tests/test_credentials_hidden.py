"""Values planted in files that purge-credentials has something to say about: no output of the program shows one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor.dockerfile.model import parse
from dfrefactor.facts import Facts
from dfrefactor.stages.atoms import atoms
from dfrefactor.stages.layout import short
from dfrefactor.text.mask import Mask
from dfrefactor.text.source import Span

from tests.conftest import Run
from tests.test_credentials_purge import VALUES

Program = Callable[..., Run]
VALUE = "hUnter2-Planted-Value"


@pytest.mark.parametrize("text", VALUES)
@pytest.mark.parametrize("strategy", ["builder", "mount"])
def test_no_report_shows_a_planted_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dfrefactor: Program, text: str, strategy: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(text.replace("VALUE", VALUE))
    for form in ("text", "json", "sarif", "github"):
        for words in ([], ["--check"], ["--advice"]):
            run = dfrefactor("--strategy", strategy, "--format", form, *words, terminal=form == "text")
            shown = run.text + run.err
            assert shown
            assert VALUE not in shown and VALUE[:8] not in shown and b64encode(VALUE.encode()).decode()[:12] not in shown


@pytest.mark.parametrize("text", VALUES)
@pytest.mark.parametrize("command", [("graph", "Dockerfile"), ("explain", "--footprint", "Dockerfile"), ("cache", "Dockerfile", "--image", "x")])
def test_no_subcommand_shows_a_planted_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dfrefactor: Program, text: str, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(text.replace("VALUE", VALUE))
    run = dfrefactor(*command)
    assert VALUE not in run.text + run.err and VALUE[:8] not in run.text + run.err


def test_what_is_written_holds_it_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dfrefactor: Program) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(f"FROM debian\nENV T={VALUE}\nRUN curl -u b:$T -o /srv/f https://h/f\n")
    run = dfrefactor("--apply")
    assert VALUE not in run.text + run.err
    assert (tmp_path / "Dockerfile").read_text().startswith(f"FROM debian AS builder\nENV T={VALUE}\n")


PHRASE = "correct  horse battery staple of a pass-phrase"


@pytest.mark.parametrize("before", range(0, 44, 3))
@pytest.mark.parametrize(
    "form", ["RUN cmd {} -p'{}' x", 'RUN cmd {} "{}" x', 'RUN ["cmd", "{}", "{}"]', "RUN cmd {} '{} x", "ENV T {} {}", "ENV A=1{} T='{}' B=1"]
)  # fmt: skip
@pytest.mark.parametrize("escape", [" ", "\\ ", "\\\n "])
def test_a_command_is_cut_between_words(before: int, form: str, escape: str) -> None:
    value = PHRASE.replace(" ", escape, 1)
    text = "FROM debian\n" + form.format("x" * before, value) + "\n"
    facts, start = Facts(parse(text.encode())), text.index(value)
    shown = Mask.of([(text, Span(start, start + len(value)))])(short(atoms(facts, facts.document.stages[0], "")[0]))
    assert not any(word in shown for word in PHRASE.split())
