"""What the tests share."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from dfrefactor.cli import remembered, work
from dfrefactor.cli.main import main
from hypothesis import HealthCheck, settings

from tests.shared import SHARED, Real, corpus

# The same inputs every time, on a machine of any speed: a change is judged by what it changed.
# `--hypothesis-profile default` tries others, and so does tests/scripts/fuzz.py.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures that tests measured: the output of a test that passes is not shown otherwise."""
    for report in terminalreporter.getreports("passed"):
        if report.when == "call" and "figures" in report.keywords and report.capstdout:
            terminalreporter.section(report.nodeid, sep="-")
            terminalreporter.write_line(report.capstdout.strip())


class Run(NamedTuple):
    """What a run of the program gave."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "surrogateescape")


class _Stream(io.TextIOWrapper):
    def __init__(self, data: bytes = b"", terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8", newline="", write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def data(self) -> bytes:
        return self.buffer.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of each test's own: what is remembered is no matter of the machine."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("DFREFACTOR_CACHE_DIR", str(folder))
    remembered.folder.cache_clear()
    yield folder
    remembered.folder.cache_clear()


@pytest.fixture
def dfrefactor(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Runs the program in this process: `dfrefactor("--check", "Dockerfile", stdin=b"…")`."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*words: object, stdin: bytes = b"", terminal: bool = False) -> Run:
        work.forget()  # as a new process
        out, err = _Stream(terminal=terminal), _Stream(terminal=terminal)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", _Stream(stdin))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            code = main([str(word) for word in words])
            out.flush()
            err.flush()
        assert b"Traceback" not in err.data
        return Run(code, out.data, err.data.decode())

    return run


@pytest.fixture(scope="session", params=["every-10th", pytest.param("others", marks=pytest.mark.slow)])
def real(request: pytest.FixtureRequest) -> list[Real]:
    """Real Dockerfiles: every tenth in a fast run, the others where slow tests are asked for too; each is in one part."""
    if not SHARED.is_dir():
        pytest.skip("the shared test data is not beside the checkout")
    return [Real(path) for at, path in enumerate(corpus()) if (at % 10 == 0) is (request.param == "every-10th")]
