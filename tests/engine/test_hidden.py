"""Credentials are masked in an engine's lines although nobody named them."""

from __future__ import annotations

from pathlib import Path

import pytest
from dfrefactor.engine.build import Builder, Options
from dfrefactor.engine.process import EngineError
from dfrefactor.engine.verify import credentials, verify

TOKEN = "ghp_" + "aB3dE5gH1jK7mN9pQ2sT4vW6xY8zA0cF2eG4"
CLONE = "RUN git clone https://u:{}@example.invalid/r /src"


def test_a_literal_and_an_argument_are_hidden() -> None:
    assert TOKEN in credentials(f"FROM debian\n{CLONE.format(TOKEN)}\n".encode(), {})
    assert TOKEN in credentials(f"FROM debian\nENV TOKEN={TOKEN}\n{CLONE.format('$TOKEN')}\n".encode(), {})
    assert credentials(f"FROM debian\nARG TOKEN\n{CLONE.format('$TOKEN')}\n".encode(), {"TOKEN": "hunter22"}) == (
        "hunter22",
    )


def test_an_argument_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "from-environment")
    file = f"FROM debian\nARG TOKEN\n{CLONE.format('$TOKEN')}\n".encode()
    assert credentials(file, {"TOKEN": None}) == ("from-environment",)


def test_nothing_else_is_hidden() -> None:
    assert credentials(b"FROM debian\nARG VERSION\nENV PATH=/bin\nRUN make $VERSION\n", {"VERSION": "1.2.3"}) == ()


@pytest.mark.engine
def test_a_failing_clone_shows_no_token(engine: Builder, tmp_path: Path) -> None:
    bad = f"FROM buildpack-deps:bookworm\nARG TOKEN\n{CLONE.format('$TOKEN')}\n".encode()
    with pytest.raises(EngineError) as failed:
        verify(bad, bad, tmp_path, engine=engine, options=Options(build_args={"TOKEN": TOKEN}))
    assert TOKEN not in str(failed.value)
    assert "git clone" in str(failed.value)
