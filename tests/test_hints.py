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


@pytest.mark.parametrize("text", [
    # each copies its own folder into one that is nobody's
    """
    FROM buildpack-deps:bookworm
    COPY one /src/one
    # dfrefactor: writes=/opt/one,/src/one/one.so reads=/src/one/Makefile
    RUN make -C /src/one install PREFIX=/opt/one
    COPY two /src/two
    # dfrefactor: writes=/opt/two,/src/two/two.so reads=/src/two/Makefile
    RUN make -C /src/two install PREFIX=/opt/two
    """,
    # both need two things that do not need one another
    """
    FROM debian:bookworm
    COPY gen /usr/local/bin/gen
    RUN mkdir /etc/gen && echo 7 >/etc/gen/conf
    # dfrefactor: writes=/opt/first reads=/etc/gen/conf,/usr/local/bin/gen
    RUN gen /opt/first
    # dfrefactor: writes=/opt/second reads=/etc/gen/conf,/usr/local/bin/gen
    RUN gen /opt/second
    """,
])  # fmt: skip
def test_what_lies_in_one_folder_or_starts_from_the_same_is_split(text: str) -> None:
    from textwrap import dedent

    from dfrefactor import refactor

    made = refactor(dedent(text).lstrip().encode())
    assert not made.problems and made.data.count(b"COPY --from=") >= 2


def test_a_folder_that_is_looked_into_is_needed() -> None:
    from dfrefactor.effects.instruction import hinted
    from dfrefactor.effects.order import between

    makes = hinted(["/src/a/x"], [])
    assert between(makes, hinted(["/b"], ["/src"])) and between(makes, hinted(["/b"], ["/src/a"]))
    assert between(hinted(["/b"], ["/src"]), makes) and between(hinted(["/b"], ["/src/a"]), makes)
    assert not between(makes, hinted(["/b"], ["/src/b"])) and not between(hinted(["/b"], ["/src/b"]), makes)
