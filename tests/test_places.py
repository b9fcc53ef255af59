"""Where the places of a text are before and after a pass: what is said of a file, is said of the file its user has."""

from __future__ import annotations

import re

import dfrefactor
import pytest
from dfrefactor.settings import Settings
from dfrefactor.text.edit import Edit, apply, composed
from dfrefactor.text.places import Moved
from dfrefactor.text.source import Source, Span
from hypothesis import given
from hypothesis import strategies as st

FILE = """\
FROM debian
ARG A
RUN one && \\
    two
RUN three
"""


def edited(before: str, *changes: tuple[str, str]) -> Moved:
    edits = [Edit(Span(before.index(old), before.index(old) + len(old)), new) for old, new in changes]
    return Moved(Source(before), tuple(sorted(edits)), Source(apply(before, edits)))


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        pytest.param([("ARG A\n", "")], (1, 3, 4, 5, 6), id="lines behind what is gone keep their numbers"),
        pytest.param([("debian\n", "debian\nUSER x\n")], (1, 1, 2, 3, 4, 5, 6), id="a new line is called by the one it is put to"),
        pytest.param([("RUN three", "RUN --mount=x three")], (1, 2, 3, 4, 5, 6), id="a changed line is that line"),
        pytest.param(
            [("FROM", "FROM debian AS b\nRUN three\n\nFROM"), ("RUN three\n", "COPY --from=b /b /b\n")],
            (1, 5, 1, 1, 2, 3, 4, 5, 6), id="a line that moves takes its number along",
        ),
        pytest.param(
            [("FROM", "FROM debian AS b\nRUN two\n\nFROM"), (" && \\\n    two", "")], (1, 4, 1, 1, 2, 3, 5, 6),
            id="so does a command that becomes a line",
        ),
    ],
)  # fmt: skip
def test_lines_are_called_by_the_numbers_they_had(changes: list[tuple[str, str]], numbers: tuple[int, ...]) -> None:
    moved = edited(FILE, *changes)
    assert moved.numbered().numbers == numbers
    after = moved.numbered()
    assert [after.line(m.start()) for m in re.finditer(r"^|\Z", after.text, re.M)][: len(numbers)] == list(numbers)


def test_numbers_go_through_several_rewrites() -> None:
    first = edited(FILE, ("ARG A\n", "")).numbered()
    at = first.text.index("RUN one")
    second = Moved(first, (Edit(Span(at, at), "# new\n# new\n"),), Source(first.text[:at] + "# new\n# new\n" + first.text[at:]))
    assert second.numbered().numbers == (1, 3, 3, 3, 4, 5, 6)


TWO = """\
# header
FROM debian
ARG A_TOKEN
ARG B_TOKEN
RUN curl -u u:$A_TOKEN -o /srv/a https://h/a
RUN apt-get update && apt-get install -y git && \\
    curl -u u:$B_TOKEN -o /srv/b https://h/b
RUN pip install --index-url https://u:$B_TOKEN@h/simple x
"""


@pytest.mark.parametrize("strategy", ["mount", "builder"])
def test_messages_and_places_count_in_the_text_the_user_has(strategy: str) -> None:
    result = dfrefactor.refactor(TWO.encode(), settings=Settings(strategy=strategy))  # type: ignore[arg-type]
    found = [each for each in result.found() if each.finding.rule == "purge-credentials"]
    assert result.rewrites and [result.before.line(each.span.start) for each in found] == [3, 4]
    for each in found:
        name = each.finding.message.split(",")[0].rpartition(" ")[2]
        said = re.findall(r"\(line ([\d, ]+)\)", each.finding.message)
        lines = {int(line) for some in said for line in some.split(", ")}
        assert lines and all(line in {"A_TOKEN": {5}, "B_TOKEN": {6, 8}}[name] for line in lines)


@given(st.text("ab\n", max_size=12), st.data())
def test_two_sets_of_edits_are_one(text: str, data: st.DataObject) -> None:
    first = data.draw(edits(text))
    between = apply(text, first)
    second = data.draw(edits(between))
    assert apply(text, composed(text, first, second)) == apply(between, second)


def edits(text: str) -> st.SearchStrategy[list[Edit]]:
    """Edits of `text` that do not touch one another."""
    places = st.lists(st.integers(0, len(text)), max_size=6, unique=True).map(lambda each: sorted(each)[: len(each) // 2 * 2])
    spans = places.map(lambda each: [Span(*pair) for pair in zip(each[::2], each[1::2], strict=True)])
    return spans.flatmap(lambda each: st.tuples(*(st.builds(Edit, st.just(span), st.text("xy", max_size=3)) for span in each)).map(list))
