"""`dfrefactor graph`: what rebuilds when a step changes, and every form it is shown in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from dfrefactor import parse
from dfrefactor.cli.config import Config
from dfrefactor.cli.work import Choices, rewrite
from dfrefactor.dockerfile.instructions import From
from dfrefactor.report.graph import FORMATS, Graph, graph, render
from dfrefactor.report.graph.picture import cells, draw, padded, shortened
from dfrefactor.report.graph.rebuild import origins, rebuilt
from dfrefactor.report.graph.text import ranges

from tests.conftest import Run

Program = Callable[..., Run]

ARTICLE = """\
FROM debian
# dfrefactor: writes=/folder1
RUN one
# dfrefactor: writes=/folder2
RUN two
# dfrefactor: writes=/folder3
RUN three
"""
STAGES = """\
ARG DEB=bookworm
FROM debian:$DEB AS base
RUN base
FROM base AS tools
ARG VER=1
RUN tools
FROM base AS docs
RUN docs
FROM base AS node
COPY package.json .
RUN node
FROM base
WORKDIR /app
COPY --from=tools /t /t
COPY --from=node /n /n
RUN --mount=from=tools,target=/x last
"""
MARKED = "FROM debian AS a\nENV A=1\nRUN make\n\nFROM debian\nENV A=1\nCOPY --from=a /x /x\n"
TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
SECRET = f"FROM debian\nARG TOKEN={TOKEN}\nENV PAT={TOKEN}\nRUN git clone https://u:{TOKEN}@example.org/r \\\n  && make\n"
ODD = """\
FROM debian AS end
RUN echo 'a\\nb' "<b>&amp;</b>" `id` | tr # %% --> {x} [y] ]]> \x01
RUN <<EOF
line 1 é 😀
EOF
FROM scratch
FROM debian
COPY --from=end ["/a b", "/c"]
CMD ["x"]
"""


def shown(text: str, **how: str) -> Graph:
    return graph(rewrite("Dockerfile", text.encode(), Choices(config=Config())), **how)  # type: ignore[arg-type]


def again(text: str, line: int, target: str | None = None) -> str:
    """The numbers of the steps that run again when the instruction in that line changes."""
    document = parse(text.encode())
    changed = [i for i in document.instructions if i.lines[0] == line]
    return ranges(rebuilt(draw(document, str, target), changed))


# --- what rebuilds ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "steps"),
    [
        (1, "1-2, 4-9"),  # an ARG that a FROM names
        (2, "1-2, 4-9"),
        (3, "1-2, 4-9"),  # but not 3: `docs` is not built
        (5, "2, 7-9"),
        (6, "2, 7-9"),
        (8, ""),
        (10, "4-5, 8-9"),
        (11, "5, 8-9"),
        (13, "6-9"),
        (14, "7-9"),
        (16, "9"),
    ],
)
def test_a_step_takes_along_what_builds_on_it(line: int, steps: str) -> None:
    assert again(STAGES, line) == steps


def test_what_is_built_depends_on_the_target() -> None:
    assert again(STAGES, 8, "docs") == "3"
    assert again(STAGES, 6, "docs") == ""
    assert again(STAGES, 3, "DOCS") == "1, 3"


VARIABLES = """\
FROM debian AS base
ENV A=1
COPY a /a
WORKDIR /w
FROM base
COPY b /b
COPY $A /c
RUN make
"""


def test_a_variable_reaches_what_runs_with_it_or_names_it() -> None:
    """Measured with BuildKit 28.5: a COPY or WORKDIR behind a changed ENV or ARG is cached."""
    assert again(VARIABLES, 2) == "4-5"
    assert again(VARIABLES.replace("$A", "A"), 2) == "5"
    assert again(VARIABLES.replace("ENV A", "ARG A"), 2) == "4-5"


@pytest.mark.parametrize(
    ("text", "line", "steps"),
    [
        ("FROM a\nENV A=1\nENV A=2\nRUN x\n", 2, ""),  # it is set anew before anything sees it
        ("FROM a\nENV A=1\nENV A=$A:2\nRUN x\n", 2, "1"),
        ("FROM a\nENV A=1\nENV B=${A}\nENV A=2\nRUN x\n", 2, "1"),
        ("FROM a\nENV A=1\nENV B=$AB\nENV A=2\nRUN x\n", 2, ""),
        ("ARG A=1\nFROM a\nRUN x\n", 1, ""),  # not declared in the stage
        ("ARG A=1\nFROM a\nARG A\nRUN x\n", 1, "1"),
        ("ARG A=1\nFROM a\nARG A=2\nRUN x\n", 1, ""),
        ("ARG A=1\nFROM a AS b\nRUN x\nFROM b-$A\nRUN y\n", 1, "2"),
        ("FROM a\nRUN x\nENV A=1\n", 3, ""),
        ("FROM a\nRUN x\nLABEL a=b\nRUN y\n", 3, ""),  # the configuration is no step
        ("FROM a\nRUN x\nCMD y\n", 3, ""),
        ("FROM a AS b\nENV A=1\nFROM c\nCOPY --from=b /x /x\nRUN y\n", 2, ""),  # an ENV stays in its stage
        ("FROM a AS b\nRUN x\nFROM b AS c\nFROM c\nRUN y\n", 2, "1-2"),  # through a stage without steps
        ("FROM a AS b\nRUN x\nFROM c\nRUN w\nCOPY --from=0 /x /x\n", 2, "1, 3"),
        ("FROM a AS b\nRUN x\nFROM c\nRUN --mount=from=0 w\n", 2, ""),  # here 0 is an image
        ("FROM a\nCOPY <<EOF /x\n$A\nEOF\nRUN y\n", 2, "1-2"),
        ("FROM a\nARG A\nCOPY <<EOF /x\n$A\nEOF\n", 2, "1"),
        ("FROM a\nARG A\nCOPY <<'EOF' /x\n$A\nEOF\n", 2, ""),
    ],
)
def test_how_far_a_change_reaches(text: str, line: int, steps: str) -> None:
    assert again(text, line) == steps


def test_two_stages_from_one_image_change_together() -> None:
    both = shown(MARKED).rows[0]
    assert (both.text, ranges(both.before)) == ("FROM debian", "1-2")
    other = "FROM debian AS a\nRUN x\nFROM alpine\nCOPY --from=a /x /x\n"
    assert [(row.text, ranges(row.before)) for row in shown(other).rows if row.mark == ""] == [
        ("FROM debian", "1-2"),
        ("FROM alpine", "2"),
    ]


# --- before and after -------------------------------------------------------------------------------------------------


def table(found: Graph) -> list[tuple[str, str, str | None]]:
    return [(row.mark, ranges(row.before), None if row.after is None else ranges(row.after)) for row in found.rows]


def test_the_article_s_second_intention() -> None:
    assert table(shown(ARTICLE)) == [
        ("", "1-3", "1-6"), ("1", "1-3", "1, 4-6"), ("2", "2-3", "2, 5-6"), ("3", "3", "3, 6"),
    ]  # fmt: skip


CUT = """\
FROM debian
ENV A=1
RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/* \\
 && curl -fsSLo /usr/local/bin/a https://example.org/a && curl -fsSLo /usr/local/bin/b https://example.org/b
"""


def test_each_part_of_a_cut_run_counts_for_its_fragment() -> None:
    found = shown(CUT)
    rows = {row.mark: row for row in found.rows if row.mark}
    assert list(rows) == ["1a", "1b", "1c"]
    assert {ranges(row.before) for row in rows.values()} == {"1"}
    assert [ranges(row.after or ()) for row in rows.values()] == ["1-5", "2, 4-5", "3, 5"]
    assert sum(row.commands for row in rows.values()) == sum(step.commands for step in found.after.steps) == 5
    assert rows["1b"].text == "RUN curl -fsSLo /usr/local/bin/a https://example.org/a"


def test_nothing_to_refactor_is_one_picture() -> None:
    for text in (STAGES, MARKED, "FROM debian\nRUN a\n", "FROM scratch\n"):
        found = shown(text)
        assert list(found.pictures) == ["both"]
        assert all(row.before and row.after is not None and len(row.before) == len(row.after) for row in found.rows if row.before)


def test_equal_instructions_of_two_stages_are_not_taken_for_one_another() -> None:
    text = "FROM debian AS a\nENV A=1\nRUN make\nFROM debian\nENV A=1\nRUN make\nCOPY --from=a /x /x\n"
    found = [row for row in table(shown(text)) if row[0]]
    assert found == [("1", "1, 3", "1, 3"), ("2", "2-3", "2-3"), ("3", "3", "3")]


def test_a_new_stage_comes_from_the_old_one_below_it() -> None:
    before = parse(b"FROM a AS x\nRUN 1\nFROM b\nRUN 2\n")
    after = parse(b"FROM a AS n1\nFROM a AS x\nCOPY --from=n1 /1 /1\nFROM b AS base\nFROM base AS n2\nFROM base\n")
    assert origins([before, after]) == (0, 0, 1, 1, 1)
    assert origins([before]) == (0, 1)
    named = parse(b"FROM a AS x\nRUN 1\nFROM b AS late\nRUN 2\n")
    assert origins([before, named]) == (0, 1)
    twice = "FROM a AS x\nRUN 1\nFROM x AS y\nRUN 2\nFROM x AS y\n"
    after = parse(("FROM a AS n\n" + twice.replace("FROM x", "FROM x AS m\nFROM x", 1)).encode())
    assert origins([parse(twice.encode()), after]) == (0, 0, 1, 1, 2)


def test_what_becomes_worse_is_not_hidden() -> None:
    from dfrefactor.report.graph.rebuild import rows
    from dfrefactor.report.graph.text import change

    old, new = (draw(parse(t), str) for t in (b"FROM a\nRUN x\nRUN y\nRUN z\n", b"FROM a\nRUN y\nRUN x\nRUN z\n"))
    found = {row.mark: row for row in rows(old, new, (0,), str)}
    assert {mark: change(row) for mark, row in found.items()} == {"": 0, "1": -1, "2": 1, "3": 0}


def test_a_step_that_is_gone_is_said_to_be() -> None:
    from dfrefactor.report.graph.rebuild import rows

    old, new = (draw(parse(text), str) for text in (b"FROM a\nRUN x\nRUN y\n", b"FROM a\nRUN y\n"))
    found = list(rows(old, new, (0,), str))
    assert [(row.mark, row.after is None) for row in found] == [("", False), ("1", True), ("2", False)]


def test_a_run_that_gets_a_secret_mount_is_the_same_run() -> None:
    from dfrefactor.report.graph.rebuild import rows

    old, new = (draw(parse(t), str) for t in (b"FROM a\nRUN x && y\n", b"FROM a\nRUN --mount=type=secret,id=t x && y\n"))
    assert [ranges(row.after or ()) for row in rows(old, new, (0,), str) if row.mark] == ["1"]


# --- the forms --------------------------------------------------------------------------------------------------------


def test_the_terminal_picture() -> None:
    assert render(shown(ARTICLE), "text").startswith("""\
Dockerfile, before: 1 stage, 3 steps

   (final)  FROM debian
    1  RUN one
    2  RUN two
    3  RUN three

Dockerfile, after: 4 stages, 6 steps
side by side: folder1, folder2, folder3

      folder1  FROM debian
       1  RUN one
╭────╯
│     folder2  FROM debian
│      2  RUN two
│╭───╯
││    folder3  FROM debian
││     3  RUN three
││╭──╯
│││   (final)  FROM debian
╰┼┼─▶  4  COPY --from=folder1 /folder1 /folder1
 ╰┼─▶  5  COPY --from=folder2 /folder2 /folder2
  ╰─▶  6  COPY --from=folder3 /folder3 /folder3

""")


def test_a_line_ends_where_its_last_reader_is() -> None:
    text = render(shown(STAGES), "text")
    assert "docs  FROM base  (not built)" in text and "4 of 5 stages built for (final), 8 steps" in text
    arrows = [line for line in text.splitlines() if "▶" in line]
    assert [line[: line.index("▶")].count("├") for line in arrows] == [1, 1, 1, 0, 1, 0, 0]
    assert re.search(r"^3  RUN docs +not built$", text, re.M)
    assert text.count("╭") == 3 and text.count("╰") == 3  # base, tools, node; nothing reads docs


@pytest.mark.parametrize("width", [20, 80, 100, 300])
@pytest.mark.parametrize("text", [ARTICLE, STAGES, CUT, ODD])
def test_no_line_is_wider_than_the_terminal(text: str, width: int) -> None:
    room = min(max(width, 80), 120)
    for line in render(shown(text), "text", width).splitlines():
        assert cells(line) <= room


@pytest.mark.parametrize("text", [ARTICLE, STAGES, CUT, ODD, "FROM scratch\n"])
def test_mermaid_has_safe_ids_and_labels(text: str) -> None:
    first, kind, *lines = render(shown(text), "mermaid").splitlines()
    assert first.startswith("%%{init:") and kind == "flowchart LR"
    label = r'"(?:[\w .,:/=+@()-]|#\d+;|</?b>|<br>)*"'
    forms = (
        r"subgraph (?:both|before|after)_\[" + label + r"\]", r"direction LR", r"end",
        r"(?:both|before|after)_\d+\[" + label + r"\]:::(?:stage|idle)",
        r"(?:both|before|after)_\d+ -->\|" + label + r"\| (?:both|before|after)_\d+", r"classDef \w+ [\w:,. -]+",
    )  # fmt: skip
    for line in lines:
        assert any(re.fullmatch(form, line.strip()) for form in forms), line
    assert sum("subgraph" in line for line in lines) == sum(line.strip() == "end" for line in lines)


@pytest.mark.parametrize("text", [ARTICLE, STAGES, CUT, ODD, "FROM scratch\n"])
def test_graphviz_takes_the_dot_form(text: str) -> None:
    form = render(shown(text), "dot")
    if shutil.which("dot"):
        made = subprocess.run(["dot", "-Tsvg"], input=form, capture_output=True, text=True, check=False)
        assert made.returncode == 0 and not made.stderr, made.stderr
        ElementTree.fromstring(made.stdout)
    for line in form.splitlines():
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', re.sub(r"label=<.*</TABLE>>", "label=<>", line))
        assert bare.count('"') % 2 == 0 and "&" not in bare
        for table_ in re.findall(r"label=<(.*</TABLE>)>", line):
            ElementTree.fromstring(table_)


@pytest.mark.parametrize("text", [ARTICLE, STAGES, CUT, ODD, "FROM scratch\n"])
def test_the_svg_is_valid_and_nothing_leaves_it(text: str) -> None:
    found = shown(text)
    root = ElementTree.fromstring(render(found, "svg"))
    name = "{http://www.w3.org/2000/svg}"
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    stages = [g for g in root.iter(f"{name}g") if "stage" in g.get("class", "")]
    assert len(stages) == sum(len(picture.boxes) for picture in found.pictures.values())
    for group in stages:
        x, y = map(float, re.findall(r"[\d.]+", group.attrib["transform"]))
        box = group.find(f"{name}rect")
        assert box is not None
        assert x >= 0 <= y and x + float(box.attrib["width"]) <= width and y + float(box.attrib["height"]) <= height
    titles = [e.text for e in root.iter(f"{name}title")]
    assert all(step.text.replace("\x01", "\u2401") in titles for step in found.after.steps)
    assert not [e for e in root.iter() if e.tag in (f"{name}script", f"{name}image", f"{name}a")]


def test_no_boxes_of_a_column_overlap() -> None:
    from dfrefactor.report.graph.layout import layout

    for text in (ARTICLE, STAGES, CUT, ODD):
        places = list(layout(shown(text).after).places.values())
        for a in places:
            for b in places:
                apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
                assert a is b or apart


def test_the_arrows_of_the_svg_point_from_left_to_right() -> None:
    from dfrefactor.report.graph.layout import layout

    for points in layout(shown(STAGES).after).lines.values():
        xs = [x for x, _ in points]
        assert xs == sorted(xs)


def test_json_says_it_all() -> None:
    found = json.loads(render(shown(CUT), "json"))
    assert found["version"] == 1 and found["changed"] and found["path"] == "Dockerfile"
    assert [stage["name"] for stage in found["after"]["stages"]] == ["base", "a", "b", "(final)"]
    assert {edge["kind"] for edge in found["after"]["edges"]} == {"from", "copy"}
    row = next(row for row in found["rebuild"] if row["step"] == "1b")
    assert (row["line"], row["before"], row["after"], row["commands"]) == (3, [1], [2, 4, 5], 1)
    assert "before" not in json.loads(render(shown(CUT, sides="after"), "json"))


@pytest.mark.parametrize("form", FORMATS)
def test_no_form_shows_a_credential(form: str, here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_text(SECRET)
    run = dfrefactor("graph", "--format", form, "Dockerfile")
    assert run.code == 0
    assert TOKEN not in run.text and TOKEN[:20] not in run.text and "git clone" in run.text
    assert TOKEN not in dfrefactor("graph", "--format", form, terminal=True).text


def test_a_text_is_cut_by_what_it_needs_of_a_terminal() -> None:
    assert shortened("abcdef", 6) == "abcdef" and shortened("abcdefg", 6) == "abcde…"
    assert cells("日本") == 4 and cells("e\u0301") == 1
    assert cells(padded("日本語日本語", 6)) == 6 and padded("a", 3) == "a  "


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_shows_both_sides_or_one(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_text(ARTICLE)
    both = dfrefactor("graph")
    assert both.code == 0 and both.err == "" and "before: 1 stage" in both.text and "after: 4 stages" in both.text
    assert "after:" not in dfrefactor("graph", "--before").text
    assert "before:" not in dfrefactor("graph", "--after").text
    assert (here / "Dockerfile").read_text() == ARTICLE and [p.name for p in here.iterdir()] == ["Dockerfile"]
    assert dfrefactor("graph", "-", stdin=ARTICLE.encode()).text == both.text.replace("Dockerfile,", "-,")


def test_colours_are_for_terminals_that_want_them(here: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "Dockerfile").write_text(ARTICLE)
    assert "\x1b[" in dfrefactor("graph", terminal=True).text
    assert "\x1b[" not in dfrefactor("graph").text
    assert "\x1b[" not in dfrefactor("graph", "--format", "svg", terminal=True).text
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in dfrefactor("graph", terminal=True).text


def test_an_output_file_is_written_whole(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_text(ARTICLE)
    run = dfrefactor("graph", "--format", "svg", "-o", "graph.svg", terminal=True)
    assert run == Run(0, b"", "")
    ElementTree.parse(here / "graph.svg")
    assert sorted(p.name for p in here.iterdir()) == ["Dockerfile", "graph.svg"]


@pytest.mark.parametrize(
    ("words", "data", "code", "message"),
    [
        (["nowhere"], None, 2, "nowhere: no such file or directory\n"),
        (["."], None, 2, ".: is a directory\n"),
        ([], b"FROM debian\nFOO x\n", 4, "Dockerfile:2:1: "),
        ([], b"", 4, "Dockerfile:1:1: "),
        ([], b"\xff\0", 4, "Dockerfile:1:1: "),
        (["--target", "nope"], b"FROM debian\n", 2, "Dockerfile: no stage is called 'nope'\n"),
        (["-o", "no/such/folder"], b"FROM debian\n", 2, "no/such/folder: no such file or directory\n"),
        (["-o", "."], b"FROM debian\n", 2, ".: is a directory\n"),
        (["compose.yaml"], None, 2, "compose.yaml is not a Dockerfile"),
        (["--format", "png"], b"FROM debian\n", 2, "dfrefactor graph: "),
    ],
)
def test_trouble_is_one_line(
    here: Path, dfrefactor: Program, words: list[str], data: bytes | None, code: int, message: str
) -> None:
    if data is not None:
        (here / "Dockerfile").write_bytes(data)
    run = dfrefactor("graph", *words)
    assert run.code == code and run.out == b""
    assert message in run.err and run.err.count("\n") == 1


def test_a_file_of_odd_texts_keeps_its_lines(here: Path, dfrefactor: Program) -> None:
    (here / "Dockerfile").write_bytes(ODD.encode() + b"RUN \xff\x1b[2J\n")
    for form in FORMATS:
        run = dfrefactor("graph", "--format", form)
        assert run.code == 0 and "\x1b" not in run.text and "\x01" not in run.text


def test_every_stage_but_images_is_in_the_picture() -> None:
    document = parse(STAGES.encode())
    picture = draw(document, str)
    assert len(picture.boxes) == sum(isinstance(i, From) for i in document.instructions)
    assert [box.name for box in picture.abreast] == ["tools", "node"]
    assert [box.depth for box in picture.boxes] == [0, 1, 1, 1, 2]
