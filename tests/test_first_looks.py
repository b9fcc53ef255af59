"""A pass's first look never says no to a file the pass would mend."""

from __future__ import annotations

import re

import dfrefactor
import pytest
from dfrefactor import buildkit
from dfrefactor.compose.file import BuildFile
from dfrefactor.facts import Facts
from dfrefactor.passes import PASSES, Pass
from dfrefactor.secrets.values import formats, may_hold_credentials
from dfrefactor.settings import Settings
from dfrefactor.text.source import Source
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared import Real

ON_DOCKERFILES = [by for by in PASSES if "dockerfile" in by.reads]


def mends(by: Pass, facts: Facts) -> bool:
    return any(finding.edits for finding in getattr(by.module, by.name.replace("-", "_"))(facts, Settings(builder="classic")))


@pytest.mark.parametrize("by", ON_DOCKERFILES, ids=lambda by: by.name)
def test_no_real_file_is_missed(by: Pass, real: list[Real]) -> None:
    passed_over = [
        each for each in real[:700] if not buildkit.errors(each.document) and not by.may_find(each.facts, Settings())
    ]
    assert len(passed_over) > 30, "a look that never says no is no first look"
    assert [each.path for each in passed_over if mends(by, each.facts)] == []


@pytest.mark.parametrize("by", PASSES, ids=lambda by: by.name)
def test_no_example_is_missed(by: Pass) -> None:
    for example in by.examples:
        if example.before != example.after:
            text = example.before.encode()
            is_dockerfile = by in ON_DOCKERFILES
            file = Facts(dfrefactor.parse(text)) if is_dockerfile else BuildFile(Source.of_bytes(text), lambda _: None)
            assert by.may_find(file, Settings(selected=frozenset({by.name})))


def test_a_file_with_nothing_to_do_loads_no_pass() -> None:
    document = dfrefactor.parse(b"FROM debian\nRUN apt-get update && apt-get install -y curl git wget\nCMD [\"x\"]\n")
    assert not any(by.may_find(Facts(document), Settings()) for by in ON_DOCKERFILES)


@pytest.mark.parametrize("pattern", formats()["tokens"].values(), ids=formats()["tokens"])
@settings(max_examples=30)
@given(choice=st.data())
def test_every_token_format_is_seen(pattern: str, choice: st.DataObject) -> None:
    token = choice.draw(st.from_regex(re.compile(pattern, re.A), fullmatch=True))
    assert may_hold_credentials(f"FROM debian\nRUN x {token}\n")


LOOKS = {
    "ssh-keyscan github.com > /opt/one": True, "sudo -u app curl -o /x h": True, "sh -c 'curl -o /x h'": True, "env A=b wget h": True,
    "A=b make -C /x": True, "if true; then git clone h; fi": True, "cd /x && ./configure": True, '["wget", "h"]': True, "$GET h": True,
    "xargs -n 1 curl -O": True, "python -m pip install -t /x y": True, "(cd /x; timeout 9 make)": True, "cp /a /b": False,
    "apt-get update && apt-get install -y curl git make": False, "echo make it so": False, "mkdir -p /x/curl": False, "X=$(cat /a)": False,
}  # fmt: skip


@pytest.mark.parametrize("line", LOOKS)
def test_work_is_seen_where_a_command_may_stand(line: str) -> None:
    document = dfrefactor.parse(f"FROM debian\nRUN {line}\nRUN {line}\n".encode())
    look = next(by.may_find for by in PASSES if by.name == "parallel-stages")
    assert look(Facts(document), Settings()) is LOOKS[line]
