"""What is rejected, against what `docker build --check` of 28.5.2 said of the same files."""

from __future__ import annotations

import re

import dfrefactor
import pytest
from dfrefactor.buildkit import check

from tests.verdict_cases import FILES, IN_STAGE

CASES = [(b"FROM debian:bookworm\n" + line + b"\n", message) for line, message in IN_STAGE.items()] + list(FILES.items())
ACCEPTED = [data for data, message in CASES if not message]
REJECTED = [(data, message) for data, message in CASES if message]

# Ours says less where BuildKit prints what stands in the file, which may be a credential, and where it goes on at length.
_REPEATED = re.compile(r'^failed to process "(?:[^"\\]|\\.)*": | in \'\S+\'(?= |$)| in "[^"]+"(?=\. Must)', re.S)


def name(data: bytes) -> str:
    return repr(data.removeprefix(b"FROM debian:bookworm\n").strip())[2:62]


@pytest.mark.parametrize("data", ACCEPTED, ids=name)
def test_accepted(data: bytes) -> None:
    assert not dfrefactor.parse(data).errors


@pytest.mark.parametrize(("data", "message"), REJECTED, ids=[name(data) for data, _ in REJECTED])
def test_rejected(data: bytes, message: str) -> None:
    assert dfrefactor.parse(data).errors


def test_messages_are_those_of_buildkit() -> None:
    said = {data: _REPEATED.sub("", message) for data, message in REJECTED}
    ours = {data: dfrefactor.parse(data).errors[0].message for data in said}
    other = {(message, ours[data]) for data, message in said.items() if not message.startswith(ours[data])}
    assert other <= OTHER_WORDS


OTHER_WORDS = {
    ("unsupported modifier (\ufffd) in substitution", "syntax error: missing '}'"),
    ("unsupported modifier (", "syntax error: missing '}'"),
    ("the Dockerfile cannot be empty", "file with no instructions"),
    (
        "circular dependency detected on stage: a",
        'cannot copy from stage "b", it needs to be defined before current stage',
    ),
}


def test_more_than_half_of_the_cases_are_accepted_or_about() -> None:
    assert len(ACCEPTED) >= 0.45 * len(CASES)


def test_no_message_repeats_a_value() -> None:
    for line in (b'ENV TOKEN="s3cr3t', b"ENV A=1 s3cr3t", b"LABEL a=${s3cr3t^}s3cr3t", b"s3cr3t=1 a", b"ARG A=${B:?}s3cr3t"):
        errors = dfrefactor.parse(b"FROM debian:bookworm\n" + line + b"\n").errors
        assert errors
        assert not any("s3cr3t" in error.message for error in errors)


def test_every_mistake_of_form_is_reported_with_its_place() -> None:
    errors = dfrefactor.parse(b"FROM debian\nRUNN a\n\n  COPY --nothing a b\nENV a=1 \\\n  b\n").errors
    assert [(error.line, error.column, error.message) for error in errors] == [
        (2, 1, "unknown instruction: RUNN (did you mean RUN?)"),
        (4, 8, "unknown flag: --nothing"),
        (6, 3, "Syntax error - can't find =. Must be of the form: name=value"),
    ]


def test_a_file_for_another_frontend_may_use_its_flags() -> None:
    assert not dfrefactor.parse(b"# syntax=docker/dockerfile:1-labs\nFROM a\nCOPY --parents a b\n").errors
    assert dfrefactor.parse(b"FROM a\nCOPY --parents a b\n").errors


def test_what_hangs_on_an_unknown_base_is_no_mistake() -> None:
    assert not dfrefactor.parse(b"FROM example.org/base\nENV A=${JAVA_HOME:?}\nVOLUME $DATA\n").errors
    assert not dfrefactor.parse(b"FROM example.org/base\nRUN --mount=type=cache a\n").errors


@pytest.mark.parametrize("text", [b"ARG I\nFROM $I\n", b"ARG T\nFROM debian:$T\n", b"FROM debian\nARG S\nSTOPSIGNAL $S\n"])
def test_what_a_build_argument_can_mend_is_told_apart(text: bytes) -> None:
    document = dfrefactor.parse(text)
    assert document.errors
    assert not check(document, None)


def test_what_no_build_argument_can_mend_stays_a_mistake() -> None:
    assert check(dfrefactor.parse(b"ARG I\nFROM $I AS 1\n"), None)
    assert check(dfrefactor.parse(b"FROM debian:$T\n"), None)
