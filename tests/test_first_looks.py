"""A pass's first look never says no to a file the pass would mend."""

from __future__ import annotations

import re

import dfrefactor
import pytest
from dfrefactor.passes import PASSES, Pass
from dfrefactor.secrets.quick import may_hold_credentials
from dfrefactor.secrets.values import data
from dfrefactor.settings import Settings
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared import corpus, needs_shared


def mends(by: Pass, text: bytes) -> bool:
    document = dfrefactor.parse(text)
    return any(finding.edits for finding in getattr(by.module, by.name.replace("-", "_"))(document, Settings()))


@needs_shared
@pytest.mark.parametrize("by", PASSES, ids=lambda by: by.name)
def test_no_real_file_is_missed(by: Pass) -> None:
    texts = [path.read_bytes() for path in corpus()[::3]]
    documents = [(text, dfrefactor.parse(text)) for text in texts]
    passed_over = [text for text, document in documents if not document.errors and not by.may_find(document, Settings())]
    assert len(passed_over) > 100, "a look that never says no is no first look"
    assert [text for text in passed_over if mends(by, text)] == []


@pytest.mark.parametrize("by", PASSES, ids=lambda by: by.name)
def test_no_example_is_missed(by: Pass) -> None:
    for example in by.examples:
        if example.before != example.after:
            assert by.may_find(dfrefactor.parse(example.before.encode()), Settings())


def test_a_file_with_nothing_to_do_loads_no_pass() -> None:
    document = dfrefactor.parse(b"FROM debian\nRUN apt-get update && apt-get install -y curl git wget\nCMD [\"x\"]\n")
    assert not any(by.may_find(document, Settings()) for by in PASSES)


@pytest.mark.parametrize("pattern", data("formats")["tokens"].values(), ids=data("formats")["tokens"])
@settings(max_examples=30, deadline=None)
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
    assert look(document, Settings()) is LOOKS[line]
