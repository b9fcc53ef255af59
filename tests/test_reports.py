"""What is shown of an outcome, form by form."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.report import github, gitlab, html, markdown, patch, sarif, text
from dfrefactor.report import json as json_report
from dfrefactor.result import Left, Result, Rewrite
from dfrefactor.text.edit import Edit, apply
from dfrefactor.text.mask import Mask
from dfrefactor.text.source import Source, Span
from hypothesis import given
from hypothesis import strategies as st

SECRET = "s3cr3t-V/alue+1"


def outcome(before: str, *changes: tuple[str, str], path: str = "Dockerfile", **more: Any) -> Result:
    """Each change replaces one piece of text by another, with a finding that says so."""
    now, made = Source(before, path), []
    for number, (old, new) in enumerate(changes):
        start = now.text.index(old)
        edit = Edit(Span(start, start + len(old)), new)
        after = Source(apply(now.text, [edit]), path)
        finding = Finding(f"pass-{number}", edit.span, "reason", (edit,), severity=Severity.WARNING)
        made.append(Rewrite(f"pass-{number}", now, (finding,), after))
        now = after
    return Result(Source(before, path), now, tuple(made), **more)


LONG = "FROM debian\n" + "".join(f"RUN step {number}\n" for number in range(30))


def test_a_finding_stands_above_its_difference() -> None:
    shown = text.render(outcome(LONG, ("step 2\n", "step two\n"), ("step 20", "step twenty")), "shown")
    assert shown.count("\n@@ ") == 2
    first = "Dockerfile:4:5: warning: pass-0: reason\n--- Dockerfile\n+++ Dockerfile (pass-0)\n@@ -1,7 +1,7 @@\n FROM debian\n"
    assert shown.startswith(first)
    assert "\n\nDockerfile:22:5: warning: pass-1: reason\n--- Dockerfile\n+++ Dockerfile (pass-1)\n@@ -19,7 +19,7 @@\n" in shown


def test_each_finding_is_said_once_whatever_hunks_there_are() -> None:
    source = Source(LONG)
    places = [LONG.index(f"step {number}\n") for number in (2, 20)]
    findings = tuple(Finding("p", Span(at, at), f"reason {at}", (Edit(Span(at, at + 4), "do"),)) for at in places)
    after = Source(apply(LONG, [edit for finding in findings for edit in finding.edits]))
    shown = text.render(Result(source, after, (Rewrite("p", source, findings, after),)), "shown")
    assert [shown.count(f"p: reason {at}\n") for at in places] == [1, 1]
    assert shown.index("reason") < shown.index("---") < shown.index("@@")


def test_why_and_what_to_do_stand_on_lines_of_their_own() -> None:
    finding = Finding("p", Span(0, 4), "`a: b` is wrong: it is: odd", notes=("by the way",), fix="mend it")
    found = Result(Source("FROM debian\n", "D"), Source("FROM debian\n", "D"), left=(Left(finding),))
    assert text.render(found, "shown") == (
        "D:1:1: note: p: `a: b` is wrong\n  it is: odd\n  fix: mend it\n  note: by the way\n"
    )
    assert json.loads(json_report.render([found]))["files"][0]["findings"][0]["fix"] == "mend it"
    assert "fix: mend it" in github.render(found)


def test_messages_are_wrapped_at_the_width_and_differences_are_not() -> None:
    long = "RUN " + "word " * 60 + "\n"
    finding = Finding("p", Span(0, 0), "what " * 40 + "is: why " * 30, (Edit(Span(0, 0), long),), severity=Severity.ERROR)
    found = Result(Source("", "D"), Source(long, "D"), (Rewrite("p", Source("", "D"), (finding,), Source(long, "D")),))
    lines = text.render(found, "shown", width=80).splitlines()
    assert max(len(line) for line in lines if "word" not in line) <= 80
    assert sum("word" in line for line in lines) == 1
    coloured = text.render(found, "shown", width=80, colour=True)
    assert "\x1b[32m+RUN word" in coloured and "\x1b[1;31merror" in coloured


def test_whole_lines_are_green_and_red_and_only_context_is_highlighted() -> None:
    shown = text.render(outcome('FROM debian\nENV A="b"\nRUN a && b\n', ("RUN a", "RUN c")), "shown", colour=True)
    red, green = (next(line for line in shown.splitlines() if sign in line) for sign in ("-RUN", "+RUN"))
    assert (red, green) == ("\x1b[31m-RUN a && b\x1b[0m", "\x1b[32m+RUN c && b\x1b[0m")
    assert "ENV" in shown and " ENV A=" not in shown


def test_findings_that_were_not_acted_on() -> None:
    left = (
        Left(Finding("p", Span(12, 15), "cannot be mended", notes=("because",))),
        Left(Finding("p", Span(0, 4), "some advice", safety=Safety.ADVICE)),
        Left(Finding("p", Span(0, 4), "may differ", (Edit(Span(0, 0), "x"),), Safety.UNSAFE)),
    )
    found = outcome("FROM debian\nRUN a\n", left=left)
    plain = "D:2:1: note: p: cannot be mended\n  note: because\nD:1:1: note: p: may differ\n  fix: --unsafe would mend it\n"
    assert text.render(found, "checked").replace("Dockerfile", "D") == plain
    assert "advice: p: some advice" in text.render(found, "checked", advice=True)


def test_places_are_those_of_the_file_as_it_was_read_or_as_it_is_left() -> None:
    changes = (("FROM", "# one\n# two\nFROM"), ("RUN a", "RUN b"))
    left = (Left(Finding("p", Span(12, 15), "left"), 0), Left(Finding("p", Span(24, 27), "left"), 2))
    found = outcome("FROM debian\nRUN a\n", *changes, left=left)
    assert [line.split(":")[1] for line in text.render(found, "checked").splitlines()] == ["1", "2", "2", "2"]
    assert [line.split(":")[1] for line in text.render(found, "applied").splitlines()] == ["1", "2", "4", "4"]


@given(
    st.text("ab\n", max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4), st.text("xy\n", max_size=4)), max_size=3),
)
def test_a_place_no_edit_touches_is_found_again(before: str, wanted: list[tuple[int, int, str]]) -> None:
    edits, at = [], 0
    for start, length, new in sorted(wanted):
        if at <= start and start + length <= len(before):
            edits.append(Edit(Span(start, start + length), new))
            at = start + length + 1
    source, after = Source(before), Source(apply(before, edits))
    change = Rewrite("p", source, (Finding("p", Span(0, 0), "m", tuple(edits)),), after)
    found = Result(source, after, (change,))
    for offset in range(len(before)):
        if not any(edit.span.start <= offset <= edit.span.end for edit in edits):
            moved = found.destination(Span(offset, offset), 0)
            assert after.text[moved.start] == before[offset]
            assert found.origin(moved, 1).start == offset


def test_control_characters_never_reach_a_terminal() -> None:
    nasty = "FROM debian\nRUN echo \x1b]0;gone\x07 \u202e\x9b31m\rx\r\nRUN a\n"
    for colour in (False, True):
        shown = text.render(outcome(nasty, ("RUN a", "RUN b"), path="D\x1b[2J"), "shown", colour=colour)
        assert not {"\x07", "\x9b", "\u202e", "\r"} & set(shown)
        assert "\x1b]0" not in shown and "\x1b[2J" not in shown


def test_a_terminal_gets_colours_and_the_same_lines() -> None:
    import re

    found = outcome('FROM debian # c\nENV A="b" C=$D\n\nRUN a && b\n', ("RUN a", "RUN c"))
    coloured = text.render(found, "shown", colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == text.render(found, "shown")


@pytest.mark.parametrize(
    ("path", "before", "change"),
    [
        ("Dockerfile", "FROM debian\nRUN a", ("RUN a", "RUN b")),
        ("Dockerfile", "FROM debian\nRUN a", ("RUN a", "RUN b\n")),
        ("Dockerfile", "FROM debian\r\nRUN a\r\n", ("RUN a", "RUN b\r\nRUN c")),
        ("a b/Docker file", "FROM debian\nRUN a\n", ("RUN a\n", "")),
        ('odd "\\\tname/é.Dockerfile', "\ufeffFROM debian\nRUN \udcff\udcfe a\n", ("a\n", "\udc80\n")),
        ("Dockerfile", LONG, ("step 15", "step fifteen")),
        ("Dockerfile", LONG, ("FROM debian\n", "")),
        ("Dockerfile", "FROM a\n\x0cRUN \u2028 x\x1cy\n", ("x", "z")),
        ("deep/er/Dockerfile", "A\n", ("A\n", "B\nA\n")),
    ],
)
@pytest.mark.parametrize("tool", [["git", "apply", "--whitespace=nowarn"], ["patch", "-p1", "-s", "--binary"]])
@pytest.mark.parametrize("folder", [".", "sub"])
def test_a_patch_applies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: list[str], folder: str, path: str, before: str,
    change: tuple[str, str],
) -> None:  # fmt: skip
    import shutil

    if not shutil.which(tool[0]):
        pytest.skip(f"{tool[0]} is not installed")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / folder).mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / folder)
    found = outcome(before, change, path=path)
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(found.before.data)
    subprocess.run(tool, input=patch.render(found), check=True)
    assert file.read_bytes() == found.after.data


def test_a_patch_names_files_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inside = outcome("a\n", ("a", "b"), path=str(tmp_path / "x" / "D"))
    assert patch.render(inside).startswith(b"--- a/x/D\n+++ b/x/D\n")
    assert patch.render(outcome("a\n", ("a", "b"), path="./D")).startswith(b"--- a/D\n")
    assert patch.render(outcome("a\n")) == b""


def test_json_edits_give_what_apply_writes() -> None:
    found = outcome("FROM é\nRUN a\nRUN b", ("RUN a", "RUN x\nRUN y"), ("RUN y\n", ""), ("RUN b", "RUN c\n"))
    (file,) = json.loads(json_report.render([found]))["files"]
    data = found.before.data
    for edit in reversed(file["edits"]):
        start, end = edit["location"]["start"]["byte"], edit["location"]["end"]["byte"]
        data = data[:start] + edit["text"].encode() + data[end:]
    assert data == found.after.data
    assert file["changed"] and [each["mended"] for each in file["findings"]] == [True] * 3


def test_json_counts_and_errors() -> None:
    broken = outcome("FOO\n", errors=(ParseError(1, 1, "unknown"),))
    log = json.loads(json_report.render([broken, outcome("a\n", problems=("our bug",)), outcome("a\n", ("a", "b"))]))
    severities = {"error": 0, "warning": 1, "note": 0}
    assert log["summary"] == {"files": 3, "changed": 1, "findings": 1, "errors": 2, "severities": severities}
    assert log["files"][0]["errors"] == [{"line": 1, "column": 1, "message": "unknown"}]
    assert log["files"][1]["problems"] == ["our bug"]


def sarif_text(log: dict[str, Any], before: str, number: int) -> str:
    """`before` with the fix of result `number` made."""
    lines = [0]
    while (at := before.find("\n", lines[-1]) + 1) > 0:
        lines.append(at)
    (fix,) = log["runs"][0]["results"][number]["fixes"]
    for replacement in reversed(fix["artifactChanges"][0]["replacements"]):
        region = replacement["deletedRegion"]
        start = lines[region["startLine"] - 1] + region["startColumn"] - 1
        end = lines[region["endLine"] - 1] + region["endColumn"] - 1
        before = before[:start] + replacement["insertedContent"]["text"] + before[end:]
    return before


def test_each_sarif_fix_alone_gives_a_whole_text() -> None:
    found = outcome("FROM é\r\nRUN a\r\nRUN b\r\n", ("RUN a", "RUN x"), ("RUN b", "RUN c"))
    log = json.loads(sarif.render([found], {"pass-0": "One.\n", "pass-1": "Two."}, "1"))
    assert sarif_text(log, found.before.text, 0) == found.rewrites[0].after.text
    assert sarif_text(log, found.before.text, 1) == found.after.text


@pytest.mark.parametrize("path", ["a b/é%.Dockerfile", "/abs/Dockerfile", "./x/../Dockerfile", "a:b", "D\udcff"])
def test_sarif_locations_are_uris(path: str) -> None:
    from urllib.parse import unquote_to_bytes

    uri = sarif.uri(path)
    assert uri.isascii() and " " not in uri
    import os

    assert unquote_to_bytes(uri.removeprefix("file://")) == os.fsencode(os.path.normpath(path))


def test_github_annotations() -> None:
    left = (Left(Finding("p", Span(0, 4), "look: 100%,\nnow")),)
    found = outcome("FROM debian\nRUN a\n", ("RUN a", "RUN b"), path="a,b:c/D", left=left, errors=(ParseError(1, 2, "bad"),))
    assert github.render(found).splitlines() == [
        "::warning file=a%2Cb%3Ac/D,line=2,endLine=2,col=1,endColumn=6,title=dfrefactor pass-0::reason",
        "::notice file=a%2Cb%3Ac/D,line=1,endLine=1,col=1,endColumn=5,title=dfrefactor p::look: 100%25,%0Anow",
        "::error file=a%2Cb%3Ac/D,line=1,col=2,title=dfrefactor::bad",
    ]


def everything(found: Result) -> str:
    ways = [(done, width) for done in ("shown", "checked", "applied") for width in (0, 80)]
    shown = [text.render(found, done, advice=True, width=w, colour=bool(w)) for done, w in ways]  # type: ignore[arg-type]
    return "\n".join(
        [*shown, *text.complaints(found), json_report.render([found], True), github.render(found, True),
         sarif.render([found], {}, "1", True), gitlab.render([found], True), markdown.render([found], True),
         html.render([found])]
    )  # fmt: skip


def leaky(value: str, *, written: str | None = None) -> Result:
    """A file with a secret here and there, which a pass moves about."""
    written = written or value
    before = f"FROM debian\nENV TOKEN={written}\n# was {value}\nRUN curl -H 'X: {value}' -p{value} x\nRUN b\n"
    start = before.index(written)
    span = Span(start, start + len(written))
    end = len(before)
    edits = (Edit(Span(12, before.index("# was")), ""), Edit(Span(end, end), f"RUN x {value} -p{value}\n"))
    note = f"use {value} no more"
    glued = before.index(f"-p{value}") + 2
    spans = (span, Span(glued, glued + len(value)))
    finding = Finding("p", Span(12, 20), f"TOKEN={value} is a secret", edits, notes=(note,), secrets=spans)
    source, after = Source(before), Source(apply(before, edits))
    left = (Left(Finding("p", Span(0, 4), note, notes=(note,), safety=Safety.ADVICE), 1),)
    more = {"errors": (ParseError(1, 1, note),), "problems": (note,), "refused": (note,)}
    return Result(source, after, (Rewrite("p", source, (finding,), after),), left, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value", [SECRET, "pässwörd", "a\"b'c\\d$e", "abc", "%41%42%43", "x" * 300, "***", "\udcff\udcfe"]
)
def test_a_secret_is_in_no_report_in_no_form(value: str) -> None:
    from base64 import b64encode
    from urllib.parse import quote

    shown = everything(leaky(value))
    data = value.encode("utf-8", "surrogateescape")
    forms = {value, json.dumps(value)[1:-1], quote(data, safe=""), b64encode(data).decode().rstrip("=")}
    for form in forms - {"***"}:
        assert form not in shown.replace("u003", ""), form
    assert "***" in shown


def test_quotes_and_backslashes_around_a_secret() -> None:
    shown = everything(leaky(SECRET, written='"s3cr3t-V\\/alue"+1'))
    assert SECRET not in shown and "s3cr3t" not in shown and "alue+" not in shown


def test_a_secret_over_two_lines() -> None:
    written = "s3cr3t-V/a\\\nlue+1"
    shown = everything(leaky(SECRET, written=written))
    assert SECRET not in shown and "s3cr3t" not in shown and "lue+1" not in shown


def test_a_fix_that_would_carry_a_secret_is_withheld_and_says_so() -> None:
    found = leaky(SECRET)
    (file,) = json.loads(json_report.render([found]))["files"]
    assert file["edits"] == [] and "would carry a secret" in file["withheld"]
    results = json.loads(sarif.render([found], {}, "1"))["runs"][0]["results"]
    assert not any("fixes" in result for result in results)
    assert "would carry a secret" in results[0]["message"]["text"]


def test_a_fix_that_carries_none_is_given_though_a_secret_is_near() -> None:
    before = f"FROM debian\nENV TOKEN={SECRET}\nRUN b\n"
    found = outcome(before, ("RUN b", "RUN c"))
    finding = Finding("pass-0", Span(0, 4), "m", found.rewrites[0].moved.edits, secrets=(Span(22, 22 + len(SECRET)),))
    found = Result(found.before, found.after, (Rewrite("p", found.before, (finding,), found.after),))
    (file,) = json.loads(json_report.render([found]))["files"]
    assert [edit["text"] for edit in file["edits"]] == ["RUN c\n"] and SECRET not in everything(found)


def test_only_the_patch_carries_the_text_itself() -> None:
    assert SECRET.encode() in patch.render(leaky(SECRET))


@pytest.mark.parametrize("value", ["", "a", '"', "''", " ", "1"])
def test_a_short_or_empty_value_does_not_eat_the_text(value: str) -> None:
    assert Mask(frozenset({value}))("banana 21 'x'") == "banana 21 'x'"


def test_a_mask_keeps_the_number_of_lines() -> None:
    assert Mask(frozenset({"ab\ncd"}))("1\nab\ncd\n2") == "1\n***\n\n2"


def test_sarif_is_valid_by_its_schema() -> None:
    from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log

    odd = outcome("FROM é\r\nRUN a\n", ("RUN a", "RUN x"), path="a b/D", errors=(ParseError(1, 1, "bad"),), problems=("p",))
    Log.model_validate_json(sarif.render([odd, leaky(SECRET), outcome("")], {"pass-0": "One.\n\nTwo."}, "1", advice=True))


def test_red_and_green_are_for_lines_that_go_and_come() -> None:
    before = 'FROM debian\nENV A="b" C=$D\nRUN echo ${E} "x" && true\nRUN a\n'
    shown = text.render(outcome(before, ("RUN a", "RUN c")), "shown", colour=True)
    context = [line for line in shown.split("+++ ")[1].splitlines() if line.startswith(" ")]
    assert len(context) == 3 and not any(code in line for line in context for code in ("[31", "[32", "[91", "[92", ";31", ";32"))
