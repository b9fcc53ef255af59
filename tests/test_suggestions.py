"""What `--strategy auto` suggests where no stage will do: the secret mount, shown and never applied."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

Program = Callable[..., Run]
STAYS = "FROM node:20\nARG NPM_TOKEN\nRUN npm config set //registry.npmjs.org/:_authToken $NPM_TOKEN && npm install\n"
MOVES = "FROM debian\nARG TOKEN\nRUN curl -H \"Authorization: Bearer $TOKEN\" -o /srv/data https://example.org/data\n"
LITERAL = "FROM node:20\nENV NPM_TOKEN=npm_s3cretS3cretS3cretS3cretS3cret01\nRUN npm config set //r/:_authToken $NPM_TOKEN && npm install\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "Dockerfile"


def test_it_is_shown_with_the_line_that_applies_it(file: Path, dfrefactor: Program) -> None:
    file.write_text(STAYS)
    shown = dfrefactor("--no-config").text
    assert "\nsuggested: dfrefactor --strategy mount --apply Dockerfile\n" in shown
    assert "+RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN" in shown
    assert "docker build --secret id=NPM_TOKEN" in shown


@pytest.mark.parametrize("options", [["--apply"], ["--check"], ["--strategy", "builder"]])
def test_it_is_not_applied_and_not_shown_elsewhere(file: Path, dfrefactor: Program, options: list[str]) -> None:
    file.write_text(STAYS)
    assert "--mount" not in dfrefactor("--no-config", *options).text
    assert file.read_text() == STAYS


def test_what_can_move_moves(file: Path, dfrefactor: Program) -> None:
    file.write_text(MOVES)
    shown = dfrefactor("--no-config").text
    assert "+COPY --from=" in shown and "suggested" not in shown


def test_other_programs_get_its_edits(file: Path, dfrefactor: Program) -> None:
    file.write_text(STAYS)
    (found,) = json.loads(dfrefactor("--no-config", "--format", "json").text)["files"]
    assert not found["changed"] and found["suggested"]["option"] == "--strategy mount"
    text = STAYS.encode()
    for edit in reversed(found["suggested"]["edits"]):
        start, end = (edit["location"][side]["byte"] for side in ("start", "end"))
        text = text[:start] + edit["text"].encode() + text[end:]
    dfrefactor("--no-config", "--strategy", "mount", "--apply")
    assert file.read_bytes() == text != STAYS.encode()


def test_values_are_hidden_in_it(file: Path, dfrefactor: Program) -> None:
    file.write_text(LITERAL)
    for options in ([], ["--format", "json"]):
        shown = dfrefactor("--no-config", *options).text
        assert "--mount=type=secret" in shown and "s3cret" not in shown
