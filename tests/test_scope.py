"""What holds before an instruction; the rows of ENV, ARG and WORKDIR were seen in builds (tests/engine/test_scope.py)."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.dockerfile.expand import UNSET
from dfrefactor.dockerfile.scope import Scope, Scopes, expand
from dfrefactor.images import scopes, start


def last(text: str) -> Scope:
    """The scope before the last instruction of the file."""
    return scopes(dfrefactor.parse(text.encode()).stages[-1])[-1]


def value(text: str, name: str = "X") -> object:
    return last(text + "\nRUN end").lookup(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM debian\nENV X=1", "1"),
        ("FROM debian\nENV X 1 2", "1 2"),
        ("FROM debian\nENV X='a b'", "a b"),
        ("FROM debian\nENV A=1\nENV X=$A$A", "11"),
        ("FROM debian\nENV A=1 X=$A", ""),
        ("FROM debian\nARG A=1 X=$A", "1"),
        ("FROM debian\nARG X=1\nENV X=2", "2"),
        ("FROM debian\nENV X=2\nARG X=1", "1"),
        ("ARG X=1\nFROM debian", UNSET),
        ("ARG X=1\nFROM debian\nARG X", "1"),
        ("ARG X=1\nFROM debian\nARG X=2", "2"),
        ("ARG A=1\nARG X=$A\nFROM debian\nARG X", "1"),
        ("FROM debian\nARG X", None),
        ("FROM debian\nARG X\nENV X=1", "1"),
        ("FROM debian\nARG TARGETARCH\nENV X=$TARGETARCH", None),
        ("FROM debian\nENV X=$TARGETARCH", ""),
        ("FROM debian AS a\nENV X=1\nFROM a", "1"),
        ("FROM debian AS a\nARG X=1\nFROM a", "1"),
        ("FROM debian AS a\nENV X=1\nFROM debian", UNSET),
        ("FROM debian AS a\nENV X=1\nARG X=2\nFROM a", "1"),
        ("FROM debian AS a\nARG X=2\nENV X=1\nFROM a", "1"),
        ("FROM debian AS a\nONBUILD ENV X=1\nFROM a", "1"),
        ("FROM debian\nONBUILD ENV X=1", UNSET),
        ("FROM example.org/image", None),
        ("FROM example.org/image\nENV X=$Y", None),
        ("FROM example.org/image\nENV X=$Y\nENV X=1", "1"),
        ("FROM debian\nENV X=${Y^}", None),
        ("FROM debian\nENV X=$PATH", None),
        ("FROM scratch\nENV X=${PATH%%:*}", "/usr/local/sbin"),
        ("FROM debian\nENV NAME=X\nENV $NAME=1", "1"),
        ("# escape=`\nFROM debian\nENV X=`$A", "$A"),
    ],
)
def test_variable(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM debian", "/"),
        ("FROM docker.io/library/debian:12", "/"),
        ("FROM golang:1.22", "/go"),
        ("FROM example.org/debian", None),
        ("FROM debian\nWORKDIR a\nWORKDIR b", "/a/b"),
        ("FROM debian\nWORKDIR /a\nWORKDIR ../c", "/c"),
        ("FROM debian\nWORKDIR /a\nWORKDIR /b", "/b"),
        ("FROM debian\nENV D=/d\nWORKDIR $D/e", "/d/e"),
        ("FROM debian\nARG D\nWORKDIR $D", None),
        ("FROM debian\nARG D\nWORKDIR $D\nWORKDIR x", None),
        ("FROM debian\nARG D\nWORKDIR $D\nWORKDIR /x", "/x"),
        ("FROM example.org/i\nWORKDIR x", None),
        ("FROM debian AS a\nWORKDIR /w\nFROM a", "/w"),
        ("FROM debian AS a\nWORKDIR /w\nFROM debian", "/"),
    ],
)
def test_workdir(text: str, expected: str | None) -> None:
    assert last(text + "\nRUN end").workdir == expected


def test_user_and_shell() -> None:
    assert last("FROM debian\nRUN end").user == "root"
    assert last("FROM example.org/i\nRUN end").user is None
    assert last("FROM debian\nUSER me:us\nRUN end").user == "me:us"
    assert last("FROM debian\nRUN end").shell == ("/bin/sh", "-c")
    assert last('FROM debian\nSHELL ["bash", "-c"]\nRUN end').shell == ("bash", "-c")
    assert last('FROM debian AS a\nSHELL ["bash", "-c"]\nUSER me\nFROM a\nRUN end').shell == ("bash", "-c")


def test_the_instruction_itself_is_not_in_its_scope() -> None:
    (stage,) = dfrefactor.parse(b"FROM debian\nENV X=1\nRUN a").stages
    assert [scope.lookup("X") for scope in scopes(stage)] == [UNSET, UNSET, "1"]


def test_what_is_given_takes_the_place_of_a_default() -> None:
    (stage,) = dfrefactor.parse(b"FROM debian\nARG X=1\nENV Y=a$X\nRUN a").stages
    assert scopes(stage)[-1].lookup("Y") == "a1"
    assert scopes(stage, lambda name, value, fixed: value if fixed else f"{name}{value}2")[-1].lookup("Y") == "aX12"
    assert scopes(stage, lambda *_: None)[-1].lookup("Y") is None


def test_env_and_args_are_told_apart() -> None:
    scope = last("FROM debian\nARG A=1\nENV B=2\nRUN end")
    assert (dict(scope.env), dict(scope.args)) == ({"B": "2"}, {"A": "1"})


def test_expand_is_none_where_docker_refuses() -> None:
    assert expand("a${X", last("FROM debian")) is None
    assert expand("a${X:-b}", last("FROM debian")) == "ab"


def test_a_long_chain_of_stages() -> None:
    text = "FROM debian AS s0\nENV X=1\n" + "".join(f"FROM s{i} AS s{i + 1}\n" for i in range(1_500))
    document = dfrefactor.parse(text.encode())
    assert Scopes(document, start).of(document.stages[-1])[0].lookup("X") == "1"
