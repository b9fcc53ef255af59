"""A secret is in no output of the program, even where no finding is about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor import parse
from dfrefactor.facts import Facts
from dfrefactor.secrets.hidden import known, suspected

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


LONG = "x" * 269 + "-"  # what follows stands where long messages are cut


@pytest.mark.parametrize("line", [f"EXPOSE {TOKEN}", f"{LONG}{TOKEN}", f"EXPOSE {LONG}{TOKEN}"])
@pytest.mark.parametrize(
    "words",
    [("--check",), ("--format", "json"), ("--format", "sarif"), ("--format", "github"), ("graph",),
     ("explain", "--footprint"), ("cache", "--image", "x")],
)  # fmt: skip
def test_a_mistake_is_shown_without_it(here: Path, dfrefactor: Program, line: str, words: tuple[str, ...]) -> None:
    (here / "Dockerfile").write_text(f"{STAGES}{line}\n")
    run = dfrefactor(*words, "Dockerfile")
    assert run.code == 4 and "Dockerfile" in run.text + run.err
    assert TOKEN[:8].upper() not in (run.text + run.err).upper()


def test_a_mistake_of_a_dockerfile_that_a_compose_file_names(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_text(f"FROM debian\nENV API_TOKEN=hunter22\nEXPOSE hunter22\nEXPOSE {TOKEN}\n")
    (here / "compose.yml").write_text("services:\n  a:\n    image: x:a\n    build: {context: ., cache_from: [x:a]}\n")
    run = dfrefactor("--select", "cache-from", "--check", "compose.yml")
    assert "invalid containerPort: ***" in run.err and "hunter22" not in run.err


@pytest.mark.parametrize(
    "lines",
    ["EXPOSE ${API_TOKEN#hun}", "EXPOSE $API_TOKEN-1", "ENV P=${API_TOKEN%22}\nSTOPSIGNAL $P", "COPY --chmod=${API_TOKEN/t/9} a b",
     "RUN --mount=type=${API_TOKEN#hun} make", "ENV P=x:${API_TOKEN#hun}\nEXPOSE $P", "COPY ${X:?${API_TOKEN#hun}} /",
     "ONBUILD EXPOSE ${API_TOKEN#hun}\nFROM a"],
)  # fmt: skip
def test_nor_is_a_part_of_it_that_a_variable_holds(here: Path, dfrefactor: Program, lines: str) -> None:
    (here / "Dockerfile").write_text(f"FROM debian AS a\nENV API_TOKEN=hunter22\n{lines}\n")
    run = dfrefactor("--check")
    assert run.code == 4 and not any(part in run.err for part in ("hun9er", "ter22", "hunter"))
