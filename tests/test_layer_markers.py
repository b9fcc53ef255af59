"""When stages are marked: only where the classic builder builds the file, and for stages of the file's own."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.buildkit.classic import needs_buildkit
from dfrefactor.finding import Safety
from dfrefactor.passes import named
from dfrefactor.settings import Settings

ALIKE = "FROM debian AS a\nENV A=1\nRUN make\nFROM debian\nENV A=1\nCOPY --from=a /x /x\n"
CLASSIC = Settings(builder="classic")
ASKED = [CLASSIC, Settings(selected=frozenset({"layer-markers"})), Settings(cached=(frozenset({"a", ""}),))]


@pytest.mark.parametrize("settings", ASKED, ids=["builder", "select", "compose"])
def test_they_are_marked_where_that_is_asked_for(settings: Settings) -> None:
    assert dfrefactor.refactor(ALIKE.encode(), settings=settings).data.count(b"LAYER=") == 2


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(selected=frozenset({"parallel-stages"})), Settings(cached=(frozenset({"a"}), frozenset({""})))]
)
def test_elsewhere_it_is_advice(settings: Settings) -> None:
    result = dfrefactor.refactor(ALIKE.encode(), settings=settings)
    assert not result.changed and [each.rule for each in result.findings] == ["layer-markers"] * 2
    assert all(each.safety is Safety.ADVICE and not each.edits for each in result.findings)


NEW = [
    "# syntax=docker/dockerfile:1\nFROM debian", "FROM debian\nRUN --mount=type=cache,target=/x true", "FROM debian\nRUN --network=none true",
    "FROM debian\nRUN --security=insecure true", "FROM debian\nRUN <<E\ntrue\nE", "FROM debian\nCOPY <<E /x\ntrue\nE",
    "FROM debian\nCOPY --link x /x", "FROM debian\nCOPY --parents x /x", "FROM debian\nCOPY --chmod=755 x /x", "FROM debian\nCOPY --exclude=y x /x",
    "FROM debian\nADD --checksum=sha256:0 https://h/x /x", "FROM --platform=$BUILDPLATFORM debian", "ARG BUILDPLATFORM\nFROM --platform=$BUILDPLATFORM debian",
    "FROM debian\nARG TARGETARCH\nRUN echo $TARGETARCH", "FROM debian-${TARGETARCH}", "FROM debian\nONBUILD RUN --mount=type=cache,target=/x true",
]  # fmt: skip
OLD = [
    "FROM debian", "# check=skip=all\nFROM debian", "# escape=\\\nFROM debian", "FROM --platform=linux/amd64 debian", "FROM debian\nCOPY --chown=1 x /x",
    "FROM debian\nHEALTHCHECK --interval=5s CMD true", "ARG TARGETARCH=amd64\nFROM debian-${TARGETARCH}", "FROM debian\nARG TARGETARCH=amd64",
    "ARG V=1\nFROM debian:$V", "FROM debian\nADD --chown=1 x /x", "FROM debian\nONBUILD RUN true",
]  # fmt: skip


@pytest.mark.parametrize("settings", ASKED, ids=["builder", "select", "compose"])
@pytest.mark.parametrize("head", NEW)
def test_a_file_that_only_buildkit_builds_is_never_marked(head: str, settings: Settings) -> None:
    text = f"{head}\n{ALIKE}"
    assert needs_buildkit(dfrefactor.parse(text.encode()))
    result = dfrefactor.refactor(text.encode(), passes=[named("layer-markers")], settings=settings)
    assert not result.changed and result.findings == ()


@pytest.mark.parametrize("head", OLD)
def test_what_the_classic_builder_builds_too(head: str) -> None:
    assert not needs_buildkit(dfrefactor.parse(f"{head}\n{ALIKE}".encode()))


SPLIT = "FROM debian\nENV A=1\n# dfrefactor: writes=/a\nRUN make a $A\n# dfrefactor: writes=/b\nRUN make b $A\n"


@pytest.mark.parametrize("settings", [Settings(), *ASKED[:2], Settings(cached=(frozenset({"a", "b", ""}),))])
def test_stages_that_another_pass_made_are_no_reason(settings: Settings) -> None:
    result = dfrefactor.refactor(SPLIT.encode(), settings=settings)
    assert [each.by for each in result.rewrites] == ["parallel-stages"] and b"LAYER" not in result.data


def test_stages_of_one_name_are_told_apart() -> None:
    text = "FROM debian AS s\nENV A=1\nFROM debian AS s\nENV A=1\nFROM s AS s\n"
    result = dfrefactor.refactor(text.encode(), settings=CLASSIC)
    assert result.problems == ()
    assert result.data.decode() == "FROM debian AS s\nENV A=1 LAYER=s\nFROM debian AS s\nENV A=1 LAYER=s-2\nFROM s AS s\nENV LAYER=final\n"
    assert not dfrefactor.refactor(result.data, settings=CLASSIC).changed
