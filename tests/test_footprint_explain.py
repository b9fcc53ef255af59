"""`dfrefactor explain`: pages, and what is known of each step, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from dfrefactor.cli.explain import command
from dfrefactor.passes import PASSES

FILE = """FROM debian
WORKDIR /app
RUN apt-get update && apt-get install -y jq
RUN curl -u admin:pa55-W0rd-long -o /opt/x https://h/x && chmod 755 /opt/x
RUN ./install.sh
# dfrefactor: writes=/opt/y
RUN ./other.sh
ENV A=1
"""


def explain(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, list(args), standalone_mode=False)
    return result.return_value, result.output


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "Dockerfile").write_text(FILE)
    return str(tmp_path / "Dockerfile")


def test_a_page_is_that_of_the_pass() -> None:
    for each in PASSES:
        code, out = explain(each.name)
        assert code == 0 and each.summary in out


def test_without_a_name_the_passes_are_listed() -> None:
    code, out = explain()
    listed = [line.split()[0] for line in out.splitlines()]
    assert code == 0 and listed[: len(PASSES)] == [each.name for each in PASSES]


def test_an_unknown_name_says_which_there_are() -> None:
    assert explain("nonsense")[0] == 2
    assert explain("--footprint", "/nowhere/Dockerfile")[0] == 2


def test_a_file_that_does_not_parse(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FOO bar\n")
    assert explain("--footprint", str(tmp_path / "Dockerfile"))[0] == 4


def test_the_table_says_what_is_known_and_what_is_not(file: str) -> None:
    code, out = explain("--footprint", file)
    assert code == 0
    flat = " ".join(out.split())
    for each in ("exact leaves /opt/x", "bounded", "not exact: `./install.sh` is a program we do not know", "leaves /opt/y/**"):
        assert each in flat
    assert "ENV" not in out
    assert max(map(len, out.splitlines())) <= 100


def test_json_has_a_value_for_everything(file: str) -> None:
    code, out = explain("--footprint", file, "--format", "json")
    steps = json.loads(out)["steps"]
    assert code == 0 and [step["grade"] for step in steps] == ["exact", "bounded", "exact", "unknown", "exact"]
    assert json.loads(out)["version"] == 1 and steps[1]["lines"] == [3, 3] and steps[1]["units"][0]["lines"] == [3, 3]
    left = {"path": "/opt/x", "kind": "file", "how": "create", "temporary": False, "target": None, "owner": "root:root"}
    assert steps[2]["outputs"] == [{**left, "mode": "0755"}]
    assert steps[1]["provides"] == ["*", "jq"] and [unit["cut"] for unit in steps[1]["units"]] == [False, True]


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_shown(file: str, form: str) -> None:
    _, out = explain("--footprint", file, "--format", form)
    assert "pa55-W0rd-long" not in out and "***" in out


def test_what_a_step_needs_and_brings_is_shown_without_a_secret(tmp_path: Path) -> None:
    lines = "RUN --mount=type=cache,target=/c hunter22 -x && apt-get install -y hunter22 && $(hunter22) && touch /x\n"
    (tmp_path / "Dockerfile").write_text(f"FROM debian AS hunter22\nENV API_TOKEN=hunter22\n{lines}")
    _, out = explain("--footprint", str(tmp_path / "Dockerfile"), "--format", "json")
    assert "hunter22" not in out and json.loads(out)["steps"][0]["stage"] == "***"
