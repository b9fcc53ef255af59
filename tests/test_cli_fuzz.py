"""No input whatever makes the program stumble, or lose a byte it did not mean to change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Run
from tests.shared import ROOT

Program = Callable[..., Run]

SAMPLES = sorted(path.read_bytes() for path in (ROOT / "samples").glob("*/Dockerfile"))
PIECES = st.sampled_from(
    [b"FROM debian", b" AS a", b"\n", b"\r\n", b"\\\n", b"RUN ", b"<<E\n", b"E\n", b"<<-'E'\n", b"&&", b"$(", b"`", b"\"",
     b"'", b"${", b"}", b"ENV A=", b"ARG ", b"COPY --from=a / /", b"#", b"# escape=`\n", b"# syntax=x\n", b"\xff", b"\0",
     b"\xef\xbb\xbf", b"ONBUILD ", b"[\"a\"]", b"--mount=type=secret,id=", b"# dfrefactor: writes=/a", b"\t", b"\xc2\xa0",
     b"https://u:hunter22@h/", b"curl ", b"apt-get install -y x", b"tar xf a -C /b"]
)  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from([b"", b"FROM debian\n", *SAMPLES]))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.one_of(PIECES, st.binary(max_size=3))) + data[at + draw(st.integers(0, 4)) :]
    return data


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=files(), words=st.sampled_from([[], ["--unsafe"], ["--strategy", "mount"], ["--parallel", "all"]]))
def test_the_filter_takes_anything(dfrefactor: Program, data: bytes, words: list[str]) -> None:
    run = dfrefactor("-", "--no-config", *words, stdin=data)
    assert run.code in (0, 4), run.err
    assert run.code == 0 or not run.out
    assert "hunter22" not in run.err
    if run.code == 0 and not run.err:
        assert run.out == data
    if run.code == 0:
        again = dfrefactor("-", "--no-config", *words, stdin=run.out)
        assert (again.code, again.out) == (0, run.out)


@pytest.mark.parametrize("name", ["compose.yml", "docker-bake.json", "docker-bake.hcl"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.one_of(st.binary(max_size=30), st.text("a:{}[]-\n \"'&*!|>#", max_size=40).map(str.encode)))
def test_so_it_does_for_compose_and_bake_files(dfrefactor: Program, name: str, data: bytes) -> None:
    run = dfrefactor("-", "--no-config", "--stdin-filename", name, stdin=data)
    assert run.code in (0, 4), run.err
    assert run.out == (b"" if run.code else data)
