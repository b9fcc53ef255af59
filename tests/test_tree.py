"""Every byte of every file is in exactly one token, and the tree cuts lines where BuildKit does."""

from __future__ import annotations

from itertools import pairwise

import dfrefactor
import pytest
from dfrefactor import buildkit
from dfrefactor.text.source import Source
from hypothesis import given, settings
from hypothesis import strategies as st

PIECES = st.sampled_from(
    (
        "FROM", "RUN", "COPY", "onbuild ", "a", " ", "\t", "\n", "\r\n", "\r", "\\", "\\\n", "\\ \r\n", "# c\n", "#", "<<EOF", "<<-'E'",
        "<<A <<B", "EOF\n", "\tE\n", "A\n", "B\n", '"', "'", "$X", "${", "}", "\u00a0", "\ufeff", "\udc80", "\x00", "=", "`", "`\n",
        "# escape=`\n", "# syntax=x\n", "# check=skip=all\n", "[", "]", ",", "--x", "--", "\u2028", "\x0b", "\x85",
    )
)  # fmt: skip


TEXTS = st.lists(PIECES, max_size=25).map("".join)


@settings(max_examples=1_000)
@given(TEXTS)
def test_any_text_has_a_tree_that_prints_it_and_errors_that_can_be_asked(text: str) -> None:
    data = Source(text).data
    document = dfrefactor.parse(data)
    assert bytes(document) == data
    spans = [token.span for token in document.tree.tokens()]
    assert all(a.end == b.start for a, b in pairwise(spans)), "every character once"
    assert all(e.line >= 1 and e.column >= 1 and e.message for e in buildkit.errors(document))


@pytest.mark.slow
def test_so_have_many_more_texts() -> None:
    inner = test_any_text_has_a_tree_that_prints_it_and_errors_that_can_be_asked.hypothesis.inner_test  # type: ignore[attr-defined]
    settings(max_examples=20_000)(given(TEXTS)(inner))()


@settings(max_examples=2_000)
@given(st.binary(max_size=200))
def test_any_bytes_are_printed_back(data: bytes) -> None:
    assert bytes(dfrefactor.parse(data)) == data


def keywords(text: str) -> list[tuple[str, tuple[int, int]]]:
    return [(i.keyword, i.lines) for i in dfrefactor.parse(text.encode()).instructions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("FROM a\nRUN b\\\n\n # c\n  d\n", [("FROM", (1, 1)), ("RUN", (2, 5))], id="comments and blanks between"),
        pytest.param("FR\\\nOM a\n", [("FROM", (1, 2))], id="a continuation inside the keyword"),
        pytest.param("\\\nFROM a\n", [("FROM", (1, 2))], id="a file that starts in a continuation"),
        pytest.param("FROM a\nRUN b \\\n", [("FROM", (1, 1)), ("RUN", (2, 2))], id="a file that ends in a continuation"),
        pytest.param("FROM a\nRUN b \\\\\nRUN c\n", [("FROM", (1, 1)), ("RUN", (2, 2)), ("RUN", (3, 3))], id="two escapes join nothing"),
        pytest.param("FROM a\nRUN <<E cat\nFROM x\nE\nRUN c\n", [("FROM", (1, 1)), ("RUN", (2, 4)), ("RUN", (5, 5))], id="heredoc"),
        pytest.param("FROM a\nRUN <<A <<-'B'\nA\n\tx\n\tB\nCMD c", [("FROM", (1, 1)), ("RUN", (2, 5)), ("CMD", (6, 6))], id="two heredocs"),
        pytest.param("FROM a\nRUN echo \"<<E\nCMD x\n", [("FROM", (1, 1)), ("RUN", (2, 2)), ("CMD", (3, 3))], id="none in an open quote"),
        pytest.param("FROM a\nENV x=<<E\nCMD x\n", [("FROM", (1, 1)), ("ENV", (2, 2)), ("CMD", (3, 3))], id="none on ENV"),
        pytest.param("FROM a\nONBUILD RUN <<E\nx\nE\n", [("FROM", (1, 1)), ("ONBUILD", (2, 4))], id="one below ONBUILD"),
        pytest.param("# escape=`\nFROM a\nRUN b `\n c\\\nRUN d", [("FROM", (2, 2)), ("RUN", (3, 4)), ("RUN", (5, 5))], id="the other escape"),
        pytest.param("# c\n# escape=`\nFROM a\nRUN b `\nRUN d", [("FROM", (3, 3)), ("RUN", (4, 4)), ("RUN", (5, 5))], id="too late for a directive"),
        pytest.param("\ufeff# check=skip=x\r\n# escape=`\r\nFROM a `\r\n AS b\r\n", [("FROM", (3, 4))], id="BOM and CRLF"),
        pytest.param("\u00a0FROM a\n\u00a0# c\n", [("FROM", (1, 1))], id="no-break spaces are trimmed"),
    ],
)  # fmt: skip
def test_lines_are_cut_where_buildkit_cuts_them(text: str, expected: list[tuple[str, tuple[int, int]]]) -> None:
    assert keywords(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "file with no instructions"),
        ("# only a comment\n", "file with no instructions"),
        ("# escape=x\nFROM a\n", "invalid escape token"),
        ("# escape=\\\n# escape=`\nFROM a\n", "only one escape parser directive"),
        ("FROM a\nRUN <<E\nx\n", "unterminated heredoc"),
        ("FROM a\nRUN " + "x" * 65_532 + "\n", "greater than max allowed size"),
    ],
)
def test_what_no_builder_reads_is_an_error_with_a_place(text: str, message: str) -> None:
    errors = buildkit.errors(dfrefactor.parse(text.encode()))
    assert message in errors[0].message
    assert errors[0].line >= 1


def test_a_line_of_just_the_longest_length_is_no_error() -> None:
    errors = buildkit.errors(dfrefactor.parse(b"FROM a\nRUN " + b"x" * 65_531 + b"\n"))
    assert errors == ()
