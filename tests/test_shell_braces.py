"""Two variables in one word stay one word: tree-sitter-bash cuts some of them in two."""

from __future__ import annotations

import pytest
from dfrefactor import shell

from tests.test_shell import simple_commands

WORDS = [
    "$A@h/$r.git", "$T/$r/b", "$T:$r.x", "h/$r-x", "$1/$r.git", "${A}/$r.git", "$(x)/$r.git", "`x`/$r.git", '"$T/$r"$x/$y.z', "'$T/$r.git'",
    '"é$T/$r.git"', "\\$T/$r.git", "$$T/$r.git", "é$T/$r.é",
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_a_word_with_two_variables_is_one_word_where_it_was_written(word: str) -> None:
    text = f"cp {word} {word} é"
    command = next(simple_commands(shell.parse(text)))
    assert [each.text for each in command.words] == ["cp", word, word, "é"]
    assert [text[slice(*each.span)] for each in command.words] == ["cp", word, word, "é"]


def test_the_variables_of_such_a_word_are_known_by_name() -> None:
    word = next(simple_commands(shell.parse("cp x$A/$B.c y"))).words[1]
    assert word.variables == {"A", "B"}
    assert [part.text for part in word.parts] == ["x", "$A", "/", "$B", ".c"]


def test_assignments_and_targets_of_redirections_too() -> None:
    command = next(simple_commands(shell.parse("X=$A/$B.c cp > $A/$B.d")))
    assert [a.value.text for a in command.assignments if a.value] == ["$A/$B.c"]
    assert [r.target.text for r in command.redirects if r.target] == ["$A/$B.d"]
