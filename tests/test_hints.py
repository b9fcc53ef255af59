"""What is said of a `# dfrefactor:` comment that can't be read."""

from __future__ import annotations

import pytest
from dfrefactor.dockerfile.model import parse
from dfrefactor.facts import Facts


def said(comment: str) -> str:
    return " ".join(map(str, Facts(parse(f"# dfrefactor:{comment}\nFROM debian\n".encode())).notes.errors))


@pytest.mark.parametrize("word", ["wirtes=/a", "skip-fiel"])
def test_a_slip_is_named(word: str) -> None:
    assert f"`{word.partition('=')[0]}` is none of writes" in said(word)


@pytest.mark.parametrize("word", ["https://u:hunter22@h/", "hunter22", "hunter22=/a"])
def test_what_is_no_word_is_not_printed(word: str) -> None:
    assert "this is none of writes" in said(word) and "hunter22" not in said(word)
