"""The guard lets through what a pass may do, and nothing else."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.finding import Finding
from dfrefactor.guard import complaints, parts
from dfrefactor.text.source import Span

BEFORE = """\
# syntax=docker/dockerfile:1
FROM debian AS a
# the tools
RUN apt-get update && apt-get install -y curl
COPY x y /in/
FROM debian
ENV A=1
COPY --from=a /in /in
CMD ["x"]
"""


def wrong(after: str, before: str = BEFORE, **finding: frozenset[str]) -> list[str]:
    mended = Finding("test", Span(0, 0), "", **finding)  # type: ignore[arg-type]
    return complaints(dfrefactor.parse(before.encode()), dfrefactor.parse(after.encode()), [mended])


def test_nothing_changed_is_fine() -> None:
    assert wrong(BEFORE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("FROM debian\nENV", "FROM a AS b\nFROM debian\nENV", id="a new stage"),
        pytest.param("FROM debian\nENV A=1", "FROM debian AS b\nENV A=1\nFROM debian\nENV A=1", id="scope said again"),
        pytest.param("update && apt-get", "update\nRUN apt-get", id="a RUN cut in two"),
        pytest.param("RUN apt-get update &&", "RUN apt-get update \\\n  &&", id="layout"),
    ],
)
def test_what_a_pass_may_do(old: str, new: str) -> None:
    assert wrong(BEFORE.replace(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param('CMD ["x"]\n', "", "lost: CMD", id="an instruction lost"),
        pytest.param("apt-get update && ", "", "lost: RUN apt-get update", id="a unit lost"),
        pytest.param("COPY x y /in/", "COPY x /in/", "lost: COPY  y", id="a copied source lost"),
        pytest.param("update &&", "update && apt-get update &&", "new or repeated: RUN apt-get update", id="a unit repeated"),
        pytest.param("RUN apt", "RUN evil\nRUN apt", "new or repeated: RUN evil", id="a unit added"),
        pytest.param("# the tools\n", "", "comment lost (1): # the tools", id="a comment lost"),
        pytest.param("# the tools\nRUN apt-get update && apt-get install -y curl\nCOPY x y /in/",
                     "RUN apt-get update && apt-get install -y curl\n# the tools\nCOPY x y /in/", "no longer at its", id="a comment moved"),
        pytest.param("# syntax=docker/dockerfile:1\n", "\n# syntax=docker/dockerfile:1\n", "directive lost", id="a directive moved"),
        pytest.param("ENV A=1", "ENV A=2", "lost: ENV A=1", id="a value changed"),
        pytest.param("FROM debian AS a\n", "FROM debian AS a\nUSER x\n", "new or repeated: USER x", id="a user set"),
        pytest.param("FROM debian AS a", "FROM debian AS z", "stage lost: a", id="a stage renamed"),
        pytest.param("FROM debian\nENV A=1\n", "FROM debian AS n\nENV A=1\nFROM debian\n", "ENV A is no longer", id="an ENV moved away"),
        pytest.param('CMD ["x"]\n', 'CMD ["x"]\nFROM debian\n', "CMD is no longer", id="another last stage"),
        pytest.param("COPY --from=a", "COPY --fromm=a", "does not parse", id="a new error"),
    ],
)  # fmt: skip
def test_what_no_pass_may_do(old: str, new: str, message: str) -> None:
    assert BEFORE.replace(old, new) != BEFORE
    assert any(message in complaint for complaint in wrong(BEFORE.replace(old, new)))


def test_a_finding_may_name_what_goes_and_comes() -> None:
    after = BEFORE.replace("ENV A=1\n", "ENV LAYER=x\n").replace("apt-get update && ", "")
    assert wrong(after) != []
    named = {"gone": frozenset({"ENV A=1", "RUN apt-get update"}), "config": frozenset({"ENV A", "ENV LAYER"})}
    assert wrong(after, **named) == []


def test_entrypoint_below_a_command_loses_it() -> None:
    before = "FROM debian\nCMD x\nENTRYPOINT y\n"
    after = "FROM debian AS base\nCMD x\nFROM base\nENTRYPOINT y\n"
    assert any("CMD is no longer" in each for each in wrong(after, before))


def test_parts_of_a_run_are_its_units() -> None:
    run = dfrefactor.parse(b"FROM a\nRUN set -e; a  'b && c' \\\n # d\n && ( e; f ) || g\n").instructions[1]
    assert list(parts(run)) == ["RUN set -e", "RUN a 'b && c'", "RUN ( e; f )", "RUN g"]


def test_stages_of_one_name_are_told_apart_by_place() -> None:
    before = "FROM debian AS core\nRUN a && b\nFROM core AS s\nENV X=1\nFROM core AS s\n"
    after = before.replace("RUN a && b\n", "RUN a\nRUN b\n")
    assert wrong(after, before) == []
    assert any("ENV X is no longer" in each for each in wrong(after.replace("ENV X=1\nFROM core AS s\n", "FROM core AS s\nENV X=1\n"), before))
    assert "stage lost: s" in wrong(after.replace("FROM core AS s\nENV X=1\n", ""), "FROM debian AS s\n" + before)


def test_a_file_with_two_stages_of_one_name_is_split() -> None:
    download = "RUN curl -fsSL https://example.org/{0} -o /usr/local/bin/{0}\n"
    text = f"FROM buildpack-deps:bookworm AS core\n{download.format('one')}{download.format('two')}FROM core AS s\nENV X=1\nFROM core AS s\n"
    result = dfrefactor.refactor(text.encode())
    assert result.problems == () and [rewrite.by for rewrite in result.rewrites] == ["parallel-stages"]
    assert result.data.endswith(b"\nFROM core AS s\nENV X=1\nFROM core AS s\n")
