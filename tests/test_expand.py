"""Substitution and words: BuildKit's own cases, and what it does where a value is not known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dfrefactor.dockerfile.expand import UNSET, ExpandError, Lookup, Unset, expand, variables, words

from tests.shared import SHARED, needs_shared

# The environment that BuildKit's test of envVarTest sets.
ENVIRONMENT = {"PWD": "/home", "SHELL": "bash", "KOREAN": "한국어", "NULL": ""}


def lookup_in(values: dict[str, str | None]) -> Lookup:
    def lookup(name: str) -> str | Unset | None:
        return values.get(name, UNSET)

    return lookup


def cases(name: str) -> list[dict[str, Any]]:
    path = SHARED / "conformance" / name
    return json.loads(path.read_text("utf-8")) if path.exists() else []


@needs_shared
def test_agrees_with_every_substitution_case_of_buildkit() -> None:
    wrong = []
    for case in cases("buildkit_envVarTest.json"):
        if case["platform"] not in ("A", "U"):
            continue
        try:
            found = expand(case["source"], lookup_in(dict(ENVIRONMENT)))
        except ExpandError:
            found = "error"
        if found != case["expected"]:
            wrong.append((case, found))
    assert not wrong


@needs_shared
def test_agrees_with_every_word_case_of_buildkit() -> None:
    wrong = []
    for case in cases("buildkit_wordsTest.json"):
        values: dict[str, str | None] = dict(pair.partition("=")[::2] for pair in case["env_so_far"])
        try:
            found = list(words(case["source"], lookup_in(values)) or ())
        except ExpandError:
            found = ["error"]
        if found != (["error"] if case["expected"] in ("error", ["error"]) else case["expected"]):
            wrong.append((case, found))
    assert not wrong


KNOWN: dict[str, str | None] = {"a": "1", "empty": "", "secret": None, "path": "/usr/local/bin"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$a", "1"),
        ("${a}", "1"),
        ("$missing", ""),
        ("$secret", None),
        ("x${secret}y", None),
        ("\\$secret", "$secret"),
        ("'$secret'", "$secret"),
        ('"$secret"', None),
        ("${secret:-x}", None),
        ("${secret-x}", None),
        ("${secret:+x}", None),
        ("${secret:+}", ""),
        ("${secret?must}", None),
        ("${secret#x}", None),
        ("${secret/x/y}", None),
        ("${a:-$secret}", "1"),
        ("${missing:-$secret}", None),
        ("${missing:+$secret}", ""),
        ("${empty:-x}", "x"),
        ("${empty-x}", ""),
        ("${path#*/}", "usr/local/bin"),
        ("${path##*/}", "bin"),
        ("${path%/*}", "/usr/local"),
        ("${path%%/*}", ""),
        ("${path//\\//_}", "_usr_local_bin"),
        ("${path/local/x}", "/usr/x/bin"),
        ("${path//l?/-}", "/usr/-ca-bin"),
        ("${path//*/x}", "x"),
        ("$", "$"),
        ("a$ b", "a$ b"),
        ("$1a", "a"),
        ("${missing:-a b}", "a b"),
        ("${missing:-${a}}", "1"),
        ("a\\", "a"),
    ],
)
def test_value(text: str, expected: str | None) -> None:
    assert expand(text, lookup_in(KNOWN)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${a", "missing '}'"),
        ("${", "missing '}'"),
        ("${}", "bad substitution"),
        ("${a:}", "missing '}'"),
        ("${a:}b}", "unsupported modifier (:})"),
        ("${a:#x}", "unsupported modifier (:#)"),
        ("${a:-x", "missing '}'"),
        ("${a/x}", "missing '/'"),
        ("${a^}", "unsupported modifier (^)"),
        ("${a@U}", "unsupported modifier (@)"),
        ("${missing?}", "missing: is not allowed to be unset"),
        ("${empty:?}", "empty: is not allowed to be empty"),
        ("${missing:?give it}", "missing: give it"),
        ("${secret#\\a}", "invalid escape"),
        ("'", "single-quote"),
        ('"', "double-quote"),
        ('"${a"', "unsupported modifier ("),
    ],
)
def test_refused_with_the_words_of_buildkit(text: str, message: str) -> None:
    with pytest.raises(ExpandError) as refused:
        expand(text, lookup_in(KNOWN))
    assert message in str(refused.value)


def test_another_escape_leaves_backslashes_alone() -> None:
    assert expand("C:\\$a `$a", lookup_in(KNOWN), "`") == "C:\\1 $a"


def test_a_heredoc_keeps_its_quotes() -> None:
    assert expand('it\'s "$a"', lookup_in(KNOWN), quotes=False) == 'it\'s "1"'


def test_a_modifier_of_its_own_word_loses_the_word_before_it_as_in_28_5() -> None:
    assert words("x${a:-y}z", lookup_in(KNOWN)) == ("1z",)
    assert expand("x${a:-y}z", lookup_in(KNOWN)) == "x1z"


def test_what_no_memory_holds_is_unknown_and_patterns_are_quick() -> None:
    assert expand("$x" * 30_000, lookup_in({"x": "a" * 60_000})) is None
    assert expand("${x#" + "*a" * 200 + "b}", lookup_in({"x": "a" * 9_000})) == "a" * 9_000
    assert expand("${x//" + "*a" * 5 + "/-}", lookup_in({"x": "a" * 20_000})) is None
    with pytest.raises(ExpandError):
        expand("${a:-" * 5_000, lookup_in(KNOWN))


def test_words_split_a_value_and_not_a_quoted_one() -> None:
    assert words('$x "$x"', lookup_in({"x": "80 81"})) == ("80", "81", "80 81")
    assert words("$x y", lookup_in({"x": None})) is None


def test_names_are_found_inside_of_modifiers_and_before_a_mistake() -> None:
    assert variables("$a ${b:-$c} '$d' \\$e ${f") == {"a", "b", "c"}
