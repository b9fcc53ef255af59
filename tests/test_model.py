"""Views of instructions, stages, and the graph between them."""

from __future__ import annotations

from collections import Counter

import dfrefactor
import pytest
from dfrefactor.dockerfile.instructions import Copy, Env, From, Onbuild, Run
from dfrefactor.dockerfile.model import Document, Stage


def doc(text: str) -> Document:
    return dfrefactor.parse(text.encode())


def test_from_can_be_matched() -> None:
    match doc("FROM --platform=$P debian:12 As Base\n").instructions[0]:
        case From(image, label) as view:
            assert (image, label, view.platform) == ("debian:12", "Base", "$P")
        case _:
            raise AssertionError("no FROM")


def test_pairs_keep_their_quotes_and_know_their_place() -> None:
    text = "FROM a\nENV A=1 \\\n  B='x y'\n"
    env = doc(text).instructions[1]
    assert isinstance(env, Env)
    assert [(p.key, p.value) for p in env.pairs] == [("A", "1"), ("B", "'x y'")]
    assert text[slice(*env.pairs[1].value_span)] == "'x y'"


def test_the_legacy_form_is_one_pair() -> None:
    env = doc("FROM a\nENV PATH /x:$PATH y=z\n").instructions[1]
    assert isinstance(env, Env)
    assert [(p.key, p.value, p.legacy) for p in env.pairs] == [("PATH", "/x:$PATH y=z", True)]


def test_json_form_is_decoded_and_placed() -> None:
    text = 'FROM a\nCOPY ["a\\u0020b", "/x"] y\n'
    copy = doc(text).instructions[1]
    assert isinstance(copy, Copy)
    assert [w.text for w in copy.words] == ["a b", "/x"]
    assert text[slice(*copy.dest.span)] == '"/x"'


def test_json_that_is_none_is_shell_form() -> None:
    for args in ("['a']", '["a"', '["a" "b"]', "[NaN]"):
        assert not doc(f"FROM a\nRUN {args}\n").instructions[1].is_json


def test_flags_and_mounts() -> None:
    run = doc('FROM a\nRUN --mount=type=cache,target=/x --mount=target="/in put" --network=none -- a\n').instructions[1]
    assert isinstance(run, Run)
    assert [f.name for f in run.flags] == ["mount", "mount", "network"]
    assert [(m.type, m.fields["target"]) for m in run.mounts] == [("cache", "/x"), ("bind", "/in put")]
    assert run.args == "a"


@pytest.mark.parametrize("said", ["src=a,dst=/b", "source=a,destination=/b", "SRC=a,TARGET=/b", "src=x,source=a,target=/x,dst=/b"])
def test_a_field_of_a_mount_has_one_name(said: str) -> None:
    run = doc(f"FROM a\nRUN --mount=type=Cache,{said} x\n").instructions[1]
    assert isinstance(run, Run)
    assert [dict(mount.fields) for mount in run.mounts] == [{"type": "cache", "source": "a", "target": "/b"}]


def test_onbuild_holds_an_instruction() -> None:
    onbuild = doc("FROM a\nONBUILD COPY --from=b /x \\\n /y\n").instructions[1]
    assert isinstance(onbuild, Onbuild)
    assert isinstance(onbuild.trigger, Copy)
    assert (onbuild.trigger.from_, onbuild.trigger.dest.text) == ("b", "/y")


def test_comments_directly_above_belong_to_an_instruction() -> None:
    instructions = doc("# top\n\n# one\n# two\nFROM a\n").instructions
    assert [t.text for t in instructions[0].leading] == ["# one\n", "# two\n"]


def test_the_graph_knows_names_indexes_and_images() -> None:
    d = doc(
        "ARG V=12\nFROM debian:${V} AS A\nFROM a AS b\nFROM scratch\nCOPY --from=0 /x /x\nCOPY --from=busybox /y /y\n"
        "RUN --mount=type=bind,from=B,target=/b true\n"
    )
    assert d.stages[0].base == "debian:12"
    assert d.stages[1].base is d.stages[0]
    targets = [e.target.index if isinstance(e.target, Stage) else e.target for e in d.graph[2]]
    assert targets == ["scratch", 0, "busybox", 1]


def test_a_stage_is_not_its_own_base() -> None:
    d = doc("FROM debian AS debian\nFROM Debian\n")
    assert d.stages[0].base == "debian"
    assert d.stages[1].base is d.stages[0]


def test_an_unknown_argument_is_left_as_written() -> None:
    assert doc("ARG BASE\nFROM $BASE\n").stages[0].base == "$BASE"


def test_a_file_of_many_stages_asks_each_for_its_name_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    name = Stage.name.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Stage, "name", property(lambda stage: asked.append(stage.index) or name(stage)))
    text = "".join(f"FROM debian:bookworm AS s{at}\nRUN make x\nCOPY --from=s{max(at - 1, 0)} /a /a\n" for at in range(300))
    dfrefactor.refactor(text.encode())
    assert max(Counter(asked).values()) < 30
