"""Shell text read into small values: what is static, what is expanded, what we do not read."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from dfrefactor.shell import Branches, Function, Group, Loop, Opaque, Pipeline, Script, Simple, parse, walk


def simple_commands(script: Script) -> Iterator[Simple]:
    yield from (each for each in walk(script) if isinstance(each, Simple))


def only(text: str) -> Simple:
    (item,) = parse(text).items
    assert isinstance(item.command, Simple)
    return item.command


def values(text: str) -> list[str | None]:
    return [word.value for word in only(text).words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cp a b", ["cp", "a", "b"]),
        ("cp 'a b' \"c d\"", ["cp", "a b", "c d"]),
        ("cp a\\ b c\\$d", ["cp", "a b", "c$d"]),
        ('x "  lead and trail  "', ["x", "  lead and trail  "]),
        ('x "a\\"b\\$c\\n"', ["x", 'a"b$c\\n']),
        ("x $'a\\tb'", ["x", "a\tb"]),
        ("x -o/a/b --c=d", ["x", "-o/a/b", "--c=d"]),
        ("x a'b'\"c\"", ["x", "abc"]),
        ("x ''", ["x", ""]),
        ("[ -f /x ]", ["[", "-f", "/x", "]"]),
        ("[[ a == b && -n c ]]", ["[[", "a", "==", "b", "&&", "-n", "c", "]]"]),
        ("é 'ü' ñ", ["é", "ü", "ñ"]),
        ("export A=b", ["export", "A=b"]),
    ],
)
def test_words_without_expansions_have_a_value(text: str, expected: list[str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    "word", ["$x", '"$x"', "$(y)", "`y`", "a*", "a?", "[ab]c", "~/x", "{a,b}", "${x%.*}", "$((1+1))", "<(y)", "a$'\\u20ac'"]
)
def test_words_with_expansions_have_none(word: str) -> None:
    assert values(f"cmd {word}") == ["cmd", None]


@pytest.mark.parametrize("word", ["'$x'", '"*"', "\\*", "'~'", "'{a,b}'", "a~b", "{}", "{a}"])
def test_what_is_quoted_or_harmless_is_itself(word: str) -> None:
    assert values(f"cmd {word}")[1] is not None


def test_variables_of_a_word() -> None:
    word = only('x "$A/${B:-c}/${C##*/}"').words[1]
    assert word.variables == {"A", "B", "C"}
    assert word.quoted


def test_a_spans_text_is_the_word() -> None:
    text = 'é "ü" && tool --key="$A" b > /f'
    for command in simple_commands(parse(text)):
        for word in command.words:
            assert text[slice(*word.span)] == word.text


def test_lists_are_flat_and_keep_their_operators() -> None:
    script = parse("a && b || c; d & e")
    assert [item.joins for item in script.items] == ["&&", "||", ";", "&", ""]


def test_a_redirection_belongs_to_the_last_command_of_a_list() -> None:
    first, second = (item.command for item in parse("a && b > f 2>&1").items)
    assert isinstance(first, Simple) and not first.redirects
    assert isinstance(second, Simple) and [r.operator for r in second.redirects] == [">", ">&"]


def test_words_behind_a_redirection_are_arguments() -> None:
    command = only("tool >out a <in b")
    assert [word.value for word in command.words] == ["tool", "a", "b"]
    assert [redirect.target.value for redirect in command.redirects if redirect.target] == ["out", "in"]


@pytest.mark.parametrize(("quote", "expected"), [("'EOF'", "a $x\n"), ("EOF", None)])
def test_here_documents_are_expanded_unless_quoted(quote: str, expected: str | None) -> None:
    command = parse(f"cat <<{quote} > /f && next\na $x\nEOF\n").items[0].command
    assert isinstance(command, Simple)
    body = next(r.target for r in command.redirects if r.operator == "<<")
    assert body is not None and body.value == expected


def test_what_stands_behind_a_here_document_on_its_line_goes_on_the_list() -> None:
    script = parse("cat <<E && b | c\nx\nE\nd")
    assert [item.joins for item in script.items] == ["&&", ";", ""]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("a && b <f | c && d", ["a", "b <f | c", "d"]),
        ("a || b 2>/f | c | d; e", ["a", "b 2>/f | c | d", "e"]),
        ("a | b && c <f | d", ["a | b", "c <f | d"]),
        ("a && cat <<E | c && d | e\nx\nE\n", ["a", "cat <<E | c", "d | e"]),
    ],
)
def test_a_pipe_is_that_of_the_command_before_it(text: str, commands: list[str]) -> None:
    found = [item.command for item in parse(text).items]
    assert [text[slice(*each.span)] for each in found] == commands
    assert [isinstance(each, Pipeline) for each in found] == ["|" in each for each in commands]


def test_backquotes_in_a_here_document_are_no_text() -> None:
    command = parse("cat <<E\n`run`\nE\n").items[0].command
    assert isinstance(command, Simple)
    assert command.redirects[0].target is not None and command.redirects[0].target.value is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("if a; then b; elif c; then d; else e; fi", Branches),
        ("case $x in a|b) c ;; *) d ;; esac", Branches),
        ("for i in a b; do c; done", Loop),
        ("while a; do b; done", Loop),
        ("f() { a; }", Function),
        ("(a; b)", Group),
        ("{ a; b; }", Group),
        ("a | b", Pipeline),
        ("! a", Pipeline),
        ("for ((i=0;i<3;i++)); do a; done", Opaque),
        ("((a=1))", Opaque),
    ],
)
def test_constructs(text: str, kind: type) -> None:
    (item,) = parse(text).items
    assert isinstance(item.command, kind)


def test_commands_inside_substitutions_are_seen() -> None:
    text = 'A="$(one)" two "$(three `four`)" > $(five); if six; then (seven); fi'
    assert {command.words[0].value for command in simple_commands(parse(text)) if command.words} == {
        "one", "two", "three", "four", "five", "six", "seven",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "echo 'unbalanced",
        'echo "unbalanced',
        "echo $(unbalanced",
        "if a; then b",
        "a &&",
        "cat <<E\nno end",
        "a\0b",
        ")",
        "echo ${x",
        "\udcff",
        "(" * 3000,
        "a" * 200_000,
        "$(" * 500 + "a" + ")" * 500,
        "{ " * 400 + "a;" + " }" * 400,
        "a |" * 20_000 + "b",
        "a && " * 20_000 + "b",
        "echo " + "'x' " * 25_000,
        "cat <<A <<B\ncat <<C\nC\nA\nB\n",
        "",
        "\n\n",
        "# only a comment",
    ],
)
def test_bad_or_long_text_is_never_an_exception_and_never_slow(text: str) -> None:
    start = time.process_time()
    script = parse(text)
    list(walk(script))
    assert isinstance(script, Script)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("text", ["echo 'a", "if a; then b", "(" * 3000, "a" * 200_000])
def test_what_does_not_parse_says_why(text: str) -> None:
    (item,) = parse(text).items
    assert isinstance(item.command, Opaque) and item.command.reason
