"""Values and regular expressions that wait for their first use are those of the standard library."""

from __future__ import annotations

import dataclasses
import pickle
import re
import subprocess
import sys
from dataclasses import field, replace
from typing import Any, ClassVar

import pytest
from dfrefactor import lazy


def both(**how: bool) -> list[Any]:
    """The same class twice: as the standard library makes it, and as we do."""
    made = []
    for dataclass in (dataclasses.dataclass, lazy.dataclass):

        class Base:
            a: int
            b: str = "b"
            known: ClassVar[int] = 7

        class Value(dataclass(**how)(Base)):  # type: ignore[misc]
            c: list[int] = field(default_factory=list)
            d: int = field(default=4, compare=False, repr=False)

            def __post_init__(self) -> None:
                self.__dict__["more"] = self.a + self.d

        made.append(dataclass(**how)(Value))
    return made


def tried(function: Any) -> Any:
    try:
        return function()
    except (TypeError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("how", [{}, {"frozen": True}, {"frozen": True, "eq": False}, {"eq": False}, {"frozen": True, "order": True}])
@pytest.mark.parametrize(
    "what",
    [
        lambda make: vars(make(1)),
        lambda make: vars(make(1, c=[2], b="x")),
        lambda make: make(),
        lambda make: make(1, 2, [3], 4, 5),
        lambda make: make(1, other=2),
        lambda make: make(1).c is make(1).c,
        lambda make: repr(make(1, d=3)),
        lambda make: make(1, d=3) == make(1, d=4),
        lambda make: make(1) == make(2),
        lambda make: make(1).__eq__(1),
        lambda make: make(1) < make(2),
        lambda make: make(1, "z") >= make(1, "y"),
        lambda make: len({make(1, c=()), make(1, c=(), d=9)}),
        lambda make: setattr(make(1), "a", 2),
        lambda make: delattr(make(1), "a"),
        lambda make: [(each.name, each.compare, each.repr) for each in dataclasses.fields(make)],
        lambda make: vars(replace(make(1, d=5), b="c")),
        lambda make: dataclasses.asdict(make(1)),
        lambda make: (make.__match_args__, make.known, make.b, make.d, hasattr(make, "c")),
    ],
)
def test_a_value_is_what_the_standard_library_makes_of_it(how: dict[str, bool], what: Any) -> None:
    theirs, ours = both(**how)
    assert tried(lambda: what(ours)) == tried(lambda: what(theirs))


@lazy.dataclass(frozen=True)
class Sent:
    a: int
    b: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return "its own"


def test_what_another_process_made_is_equal_before_any_is_made_here() -> None:
    made = "import pickle, sys; from tests.test_lazy import Sent; sys.stdout.buffer.write(pickle.dumps(Sent(1, (2,))))"
    got = [pickle.loads(subprocess.run([sys.executable, "-c", made], capture_output=True, check=True).stdout) for _ in "12"]
    assert got[0] == got[1] and hash(got[0]) == hash(got[1]) and repr(got[0]) == "its own"
    with pytest.raises(dataclasses.FrozenInstanceError):
        got[0].a = 2
    assert got[0] == Sent(1, (2,))


def test_an_expression_is_compiled_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    compiled = re.compile
    monkeypatch.setattr(re, "compile", lambda *said: asked.append(said[0]) or compiled(*said))
    pattern = lazy.regex("(A)b", re.I)
    assert not asked
    assert pattern.sub(r"\1", "xaBy") == "xay" and pattern.pattern == "(A)b" and pattern.match("ab")
    assert pattern.flags & re.I and asked == ["(A)b"]
