"""The README, pasted block by block."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from dfrefactor.cli.main import SUBCOMMANDS

from tests.conftest import Run
from tests.shared import ROOT

Program = Callable[..., Run]

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
KNOWN = {"sh", "console", "dockerfile", "diff", "toml", "yaml"}
"""Kinds of blocks that are run or read: here, those of `diff` in test_house, those of `toml` in test_config."""


def blocks(kind: str) -> list[str]:
    return [text for each, text in BLOCKS if each == kind]


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {kind for kind, _ in BLOCKS} <= KNOWN
    indented = [line.strip() for line in re.findall(r"^    \S.*$", re.sub(r"```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)]
    assert indented == [
        "python3 -m venv .venv", ".venv/bin/pip install -e '.[dev]'", ".venv/bin/dfrefactor samples/unsequencing-layers",
        ".venv/bin/pytest",
    ]  # fmt: skip


def test_the_job_of_the_set_up_runs(dfrefactor: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    run = dfrefactor("samples/unsequencing-layers")
    assert run.code == 0 and "+FROM debian AS folder1\n" in run.text


@pytest.mark.parametrize("block", blocks("console"))
def test_what_a_command_prints_is_what_stands_there(dfrefactor: Program, monkeypatch: pytest.MonkeyPatch, block: str) -> None:
    monkeypatch.chdir(ROOT)
    for command, expected in re.findall(r"^\$ (.*)\n((?:[^$\n].*\n|\n)*)", block, re.MULTILINE):
        words = shlex.split(command)
        assert words[0] == "dfrefactor"
        run = dfrefactor(*words[1:])
        assert run.text + run.err == expected


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_a_line_to_paste_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] != "dfrefactor":
        assert words == ["pipx", "install", "dfrefactor"]
        return
    (tmp_path / "Dockerfile").write_text("FROM debian\n")
    monkeypatch.chdir(tmp_path)
    name = words[1] if words[1:] and words[1] in SUBCOMMANDS else "rewrite"
    command = import_module(f"dfrefactor.cli.{name}").command
    with command.make_context(name, words[2 if name != "rewrite" else 1 :]) as context:
        assert context.params


@pytest.mark.parametrize("block", blocks("dockerfile"))
def test_a_dockerfile_to_paste_is_one(dfrefactor: Program, block: str) -> None:
    run = dfrefactor("-", "--no-config", "--check", stdin=block.encode())
    assert run.code in (0, 1) and run.out == block.encode(), run.err
    assert "unused-ignore" not in run.err


@pytest.mark.parametrize("block", blocks("yaml"))
def test_yaml_to_paste_is_read(block: str) -> None:
    from ruamel.yaml import YAML

    assert YAML(typ="safe").load(block)


def test_links_lead_somewhere() -> None:
    headings = {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)$", README, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)\s]+)\)", README):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif not target.startswith("https://"):
            assert (ROOT / target).exists(), target


def test_the_pictures_are_what_the_program_prints() -> None:
    path = ROOT / ".github" / "pictures" / "draw.py"
    spec = importlib.util.spec_from_file_location("draw", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def texts(svg: str) -> str:
        return "".join(re.findall(r">([^<>]*)</(?:text|tspan)>", svg)).replace("&#160;", " ")

    for name, draw in module.PICTURES.items():
        kept = (path.parent / name).read_text()
        assert texts(kept) == texts(draw()) != "", f"{name} is old: .venv/bin/python .github/pictures/draw.py"
        assert not re.search(r"url\(.?https?:|@import|<script|<image", kept)
        assert name in README
