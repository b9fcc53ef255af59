"""What is rejected, against what `docker build --check` of 28.5.2 said of the same files."""

from __future__ import annotations

import re

import dfrefactor
import pytest
from dfrefactor.buildkit import errors

from tests.verdict_cases import FILES, IN_STAGE

CASES = [(b"FROM debian:bookworm\n" + line + b"\n", message) for line, message in IN_STAGE.items()] + list(FILES.items())
MENDED_BY_AN_ARGUMENT = (
    b"ARG I\nFROM $I\n",
    b"ARG I=\nFROM $I\n",
    b"ARG I=Debian\nFROM $I\n",
    b'ARG I="debian:bookworm AS a"\nFROM $I\n',
    b"ARG T\nFROM debian:$T\n",
    b"ARG T=${U:?}\nFROM debian:bookworm\n",
    b"ARG P\nFROM --platform=$P scratch\n",
    b"FROM debian:bookworm\nARG a\nENV b=${a:?}\n",
    b"FROM debian:bookworm\nARG a=${b:?}\n",
    b"ARG a\nFROM debian:bookworm\nARG a\nENV b=${a:?}\n",
    b"FROM debian:bookworm\nARG t\nRUN --mount=type=$t,target=/a x\n",
)
"""What `docker build --check`, which gives no arguments, refuses, and a `--build-arg` mends."""
ACCEPTED = [data for data, message in CASES if not message]
REJECTED = [(data, message) for data, message in CASES if message and data not in MENDED_BY_AN_ARGUMENT]

# Ours says less where BuildKit prints what stands in the file, which may be a credential, and where it goes on at length.
_REPEATED = re.compile(r'^failed to process "(?:[^"\\]|\\.)*": | in \'\S+\'(?= |$)| in "[^"]+"(?=\. Must)', re.S)


def name(data: bytes) -> str:
    return repr(data.removeprefix(b"FROM debian:bookworm\n").strip())[2:62]


@pytest.mark.parametrize("data", ACCEPTED, ids=name)
def test_accepted(data: bytes) -> None:
    assert not errors(dfrefactor.parse(data))


@pytest.mark.parametrize(("data", "message"), REJECTED, ids=[name(data) for data, _ in REJECTED])
def test_rejected(data: bytes, message: str) -> None:
    assert errors(dfrefactor.parse(data))


def test_messages_are_those_of_buildkit() -> None:
    said = {data: _REPEATED.sub("", message) for data, message in REJECTED}
    ours = {data: errors(dfrefactor.parse(data))[0].message for data in said}
    other = {(message, ours[data]) for data, message in said.items() if not message.startswith(ours[data])}
    assert other <= OTHER_WORDS


HELD = "with what its variables hold, "
OTHER_WORDS = {
    ("unsupported modifier (\ufffd) in substitution", "syntax error: missing '}'"),
    ("unsupported modifier (", "syntax error: missing '}'"),
    ("the Dockerfile cannot be empty", "file with no instructions"),
    (
        "circular dependency detected on stage: a",
        'cannot copy from stage "b", it needs to be defined before current stage',
    ),
    # what a variable holds may be part of a credential
    ("invalid chmod parameter: '999'. it should be octal string and between 0 and 07777", f"{HELD}COPY is not valid"),
    ("source can't be a URL for COPY", f"{HELD}COPY is not valid"),
    ("invalid signal: FOO", f"{HELD}STOPSIGNAL is not valid"),
    ("invalid containerPort: 80-70", f"{HELD}EXPOSE is not valid"),
}


def test_more_than_half_of_the_cases_are_accepted_or_about() -> None:
    assert len(ACCEPTED) >= 0.45 * len(CASES)


def test_no_message_repeats_a_value() -> None:
    for line in (b'ENV TOKEN="s3cr3t', b"ENV A=1 s3cr3t", b"LABEL a=${s3cr3t^}s3cr3t", b"s3cr3t=1 a", b"ENV A=${B:?}s3cr3t"):
        found = errors(dfrefactor.parse(b"FROM debian:bookworm\n" + line + b"\n"))
        assert found
        assert not any("s3cr3t" in error.message for error in found)


def test_every_mistake_of_form_is_reported_with_its_place() -> None:
    found = errors(dfrefactor.parse(b"FROM debian\nRUNN a\n\n  COPY --nothing a b\nENV a=1 \\\n  b\n"))
    assert [(error.line, error.column, error.message) for error in found] == [
        (2, 1, "unknown instruction: RUNN (did you mean RUN?)"),
        (4, 8, "unknown flag: --nothing"),
        (6, 3, "Syntax error - can't find =. Must be of the form: name=value"),
    ]


def test_a_file_for_another_frontend_may_use_its_flags() -> None:
    assert not errors(dfrefactor.parse(b"# syntax=docker/dockerfile:1-labs\nFROM a\nCOPY --parents a b\n"))
    assert errors(dfrefactor.parse(b"FROM a\nCOPY --parents a b\n"))


def test_what_hangs_on_an_unknown_base_is_no_mistake() -> None:
    assert not errors(dfrefactor.parse(b"FROM example.org/base\nENV A=${JAVA_HOME:?}\nVOLUME $DATA\n"))
    assert not errors(dfrefactor.parse(b"FROM example.org/base\nRUN --mount=type=cache a\n"))


def test_what_a_build_argument_can_mend_is_no_mistake() -> None:
    for data in MENDED_BY_AN_ARGUMENT:
        assert dict(CASES)[data]
        assert not errors(dfrefactor.parse(data))


@pytest.mark.parametrize(
    "text",
    [
        b"ARG BASE\nFROM ${BASE}\n",
        b"ARG BASE\nFROM ${BASE}:1\n",
        b"ARG BASE=none\nARG TAG=$BASE\nFROM a:$TAG:\n",
        b"ARG BASE\nFROM ${BASE:?say-which}\n",
        b"ARG BASE=${WHICH:?}\nFROM $BASE\n",
        b"ARG BASE\nFROM $BASE AS a\nFROM a\nENV A=${B:?}\n",
        b"ARG BASE=debian\nFROM $BASE\nENV A=${JAVA_HOME:?}\n",
        b"FROM debian\nARG A=${B:?}\nENV C=$A\n",
        b"ARG P\nFROM --platform=$P debian\n",
        b"ARG P=none\nFROM --platform=$P debian\n",
        b"FROM debian\nARG S\nSTOPSIGNAL $S\n",
        b"FROM debian\nARG S=none\nENV N=$S\nSTOPSIGNAL $N\n",
        b"ARG V\nFROM debian\nARG V\nENV A=${V:?}\nWORKDIR ${V?}\n",
        b"FROM debian\nARG P\nEXPOSE $P 80$P\n",
        b"FROM debian\nARG M\nCOPY --chmod=$M a b\n",
        b"FROM debian\nARG T\nRUN --mount=type=cache,target=$T,sharing=$T x\n",
        b"# check=error=true\nARG V\nFROM debian\nARG V\nENV A=$V\n",
    ],
    ids=lambda text: repr(text)[2:-1],
)
def test_a_build_argument_may_have_any_value(text: bytes) -> None:
    assert not errors(dfrefactor.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        b"ARG I\nFROM $I AS 1\n",
        b"ARG T=a\nFROM debian:$U\n",
        b"ARG I\nFROM Debian:$I AS a AS b\n",
        b"ARG I='a\nFROM $I\n",
        b"FROM debian\nARG A\nENV B=${A^}\n",
        b"FROM debian\nARG A\nENV B=${C:?}\n",
        b"ARG A\nFROM debian\nENV B=${A:?}\n",
        b"FROM debian\nARG S\nCOPY --from=$S a b\n",  # BuildKit puts in no variables there
    ],
    ids=lambda text: repr(text)[2:-1],
)
def test_what_no_build_argument_can_mend_stays_a_mistake(text: bytes) -> None:
    assert errors(dfrefactor.parse(text))


@pytest.mark.parametrize(
    "frontend",
    [
        "docker/dockerfile:1-labs",
        "docker/dockerfile:1.20-labs",
        "docker/dockerfile-upstream:master-labs",
        "docker.io/docker/dockerfile:1",
    ],
)
@pytest.mark.parametrize(
    "line",
    [
        "RUN --device=vendor.com/gpu=all a",
        "RUN --security=insecure a",
        "COPY --parents a/b c",
        "COPY --exclude=*.md a b",
        "ADD --unpack a b",
    ],
)
def test_a_file_may_ask_for_a_newer_frontend(frontend: str, line: str) -> None:
    assert not errors(dfrefactor.parse(f"# syntax={frontend}\nFROM debian\n{line}\n".encode()))
    assert errors(dfrefactor.parse(f"# syntax={frontend}\nFROM debian\n{line.replace('--', '--no')}\n".encode()))


def test_nobody_knows_the_flags_of_a_frontend_of_somebody_else() -> None:
    assert not errors(dfrefactor.parse(b"# syntax=example.org/frontend\nFROM debian\nCOPY --nothing a b\n"))
    assert errors(dfrefactor.parse(b"# syntax=docker/dockerfile:1\nFROM debian\nCOPY --nothing a b\n"))


def test_a_file_that_is_none_is_said_to_be_none_once() -> None:
    script = b"#!/bin/sh\nset -e\ncd /srv\nif true; then\n  make\nfi\nmake install\n"
    found = errors(dfrefactor.parse(script))
    assert [error.line for error in found] == [2, 3, 4, 5]
    assert [error.message.partition(":")[0] for error in found[:3]] == ["unknown instruction"] * 3
    assert found[3].message == "and 3 more: is this a Dockerfile?"


def test_three_mistyped_instructions_are_three_mistakes() -> None:
    found = errors(dfrefactor.parse(b"FROM a\nRUNN a\nCOPPY a b\nENVV A=1\nCOPY --nothing a b\n"))
    assert [error.line for error in found] == [2, 3, 4, 5]


def test_the_verdict_on_a_document_is_worked_out_once() -> None:
    document = dfrefactor.parse(b"FROM debian\nRUNN a\n")
    assert errors(document) is errors(document)
