"""A secret is in no output of the program, even where no finding is about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor import parse
from dfrefactor.facts import Facts
from dfrefactor.hidden import known, suspected

from tests.conftest import Run

Program = Callable[..., Run]

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
STAGES = "FROM debian AS a\nENV A=1\nRUN make\n\nFROM debian\nENV A=1\nCOPY --from=a /x /x\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [f"RUN git clone https://ci:{TOKEN}@git.example.org/x /x", f"ENV GITHUB_TOKEN={TOKEN}", f"# {TOKEN}",
     f"RUN curl -H 'Authorization: Bearer {TOKEN}' https://example.org"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
@pytest.mark.parametrize("rest", ["", "FOO bar\n", f"ENV X=${{Y?{TOKEN}}} ${{a!}}\n", f"{TOKEN}\n"])
def test_no_report_shows_it(here: Path, dfrefactor: Program, line: str, form: str, rest: str) -> None:
    (here / "Dockerfile").write_text(STAGES.replace("RUN make\n", f"RUN make\n{line}\n") + rest)
    for words in ([], ["--check"], ["--advice"]):
        for terminal in (False, True):
            run = dfrefactor("--format", form, *words, terminal=terminal)
            assert TOKEN not in run.text and TOKEN not in run.err
            assert TOKEN.upper() not in run.err.upper()


def test_a_compose_file_with_a_password_next_to_its_cache_list(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_text("FROM debian AS a\nRUN make\nFROM debian\nCOPY --from=a /x /x\n")
    (here / "compose.yml").write_text(
        "services:\n  a:\n    image: x:a\n    build: {context: ., target: a, cache_from: [x:a]}\n"
        "  b:\n    image: x:b\n    build:\n      context: .\n      # DB_PASSWORD: correct-horse\n"
        "      cache_from:\n        - x:b\n"
    )
    run = dfrefactor("compose.yml", "--format", "text")
    assert "cache-from" in run.text and "correct-horse" not in run.text


@pytest.mark.parametrize("text", ["FROM debian\nENV TOKENIZER=fast\n", "FROM debian\nENV GPG_KEY=0123456789ABCDEF\n"])
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert known(Facts(parse(text.encode()))) == ()


@pytest.mark.parametrize(
    "text", ["DB_PASSWORD: 'hunter22'", 'ENV API_TOKEN "hunter22"', "API_TOKEN=hunter22", "ftp://joe:hunter22@h/"]
)
def test_where_a_text_is_not_understood_suspicion_is_enough(text: str) -> None:
    assert "hunter22" in [text[start:end] for start, end in suspected(text)]
