"""The state of a shell: every field is joined, and a join lies above both of its sides."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from dfrefactor.effects.effects import Effects, sequence
from dfrefactor.effects.files import Files
from dfrefactor.effects.output import Output
from dfrefactor.effects.paths import Region
from dfrefactor.effects.state import Parameter, Reached, ShellState, Variable
from dfrefactor.shell import parse

BODY = parse("f() { mkdir /a; }").items[0].command
START = ShellState(
    variables={"A": Variable("1", True, frozenset({"A"}))}, home="/root", flags={"errexit": True},
    files=Files(kinds={"/a": "dir"}, links={"/l": "/a"}, fresh=frozenset({"/a"}), base="debian"), stock=True,
)  # fmt: skip
OTHER = {
    "cwd": "/srv", "also": ("/opt",), "variables": {"A": Variable("2", None, frozenset({"B"}), None)}, "home": "/home/app", "user": "app",
    "shell": ("/bin/bash", "-c"), "umask": 0o077, "flags": {"errexit": False, "pipefail": True},
    "functions": {"f": frozenset({BODY})}, "parameters": (Parameter("x"),), "redirected": frozenset({">"}), "stdout": ("/log",),
    "traps": {"EXIT": frozenset({"rm /a"})}, "pushed": ("/x",), "kept": frozenset({"`alias`"}),
    "files": Files(kinds={"/a": "file", "/b": "dir"}, links={"/m": "/b"}, filled=frozenset({"/c"}), fetched=frozenset({"/d"}),
                   foreign=frozenset({"/e"}), sharing=frozenset({"/g"}), made_here=frozenset({"/b"}), before=frozenset({"/b"}),
                   touched=frozenset({Region("/t")}), base="alpine", secrets=frozenset({("/s", "secret s")})),
    "stock": False, "reached": Reached.MAY, "doubt": "perhaps",
}  # fmt: skip


def test_every_field_has_another_value_here() -> None:
    assert OTHER.keys() == {each.name for each in fields(ShellState)}
    assert all(OTHER[name] != getattr(START, name) for name in OTHER)


@pytest.mark.parametrize("name", OTHER)
def test_a_join_over_each_field_lies_above_both(name: str) -> None:
    other = replace(START, **{name: OTHER[name]})
    above = START.join(other)
    for side in (START, other):
        assert side.join(above) == above == above.join(side)
    assert getattr(above, name) != getattr(START, name) or getattr(above, name) != getattr(other, name)
    rest = [each.name for each in fields(ShellState) if each.name not in (name, "also")]
    assert all(getattr(above, each) == getattr(START, each) for each in rest)


@pytest.mark.parametrize("name", [each.name for each in fields(Files)])
def test_a_join_over_each_field_of_the_files_lies_above_both(name: str) -> None:
    given = {"perhaps": {"/p": frozenset({"/q"})}, "fresh": frozenset({"/p"})}.get(name, getattr(OTHER["files"], name))
    other = replace(START.files, **{name: given})
    above = START.files.join(other)
    assert above.join(other) == above.join(START.files) == above
    assert getattr(above, name) != getattr(START.files, name) or getattr(above, name) != getattr(other, name)


def test_what_is_known_of_a_file_on_one_way_alone_is_not_known() -> None:
    made = replace(Files(base="debian"), kinds={"/opt/a": "dir"})
    assert made.join(Files(base="debian")).kind("/opt/a") is None  # and not absent, as it is in the image


def test_effects_are_a_fold() -> None:
    one = Effects(outputs=(Output("/opt/a", "file", "create"),), writes=frozenset({Region("/opt/a")}))
    two = Effects(reads=frozenset({Region("/opt/a"), Region("/etc/x")}), removes=frozenset({Region("/opt/a")}), gone=frozenset({Region("/opt/a")}))
    three = Effects(outputs=(Output("/opt/b", "file", "create"),), writes=frozenset({Region("/opt/b")}), network=True)
    whole = one.then(two).then(three)
    assert whole.outputs == three.outputs == one.then(two.then(three)).outputs
    assert whole == sequence((one, two, three))
    assert whole.reads == {Region("/etc/x")} and not whole.gone and whole.network
