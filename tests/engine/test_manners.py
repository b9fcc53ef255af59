"""What goes wrong gets one clear message, shows no secret, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from dfrefactor.cli.building import errors
from dfrefactor.engine.build import Builder, Options
from dfrefactor.engine.builders import find
from dfrefactor.engine.process import EngineError
from dfrefactor.engine.verify import verify

from tests.engine.conftest import no_leftovers

VERIFY = [sys.executable, "-c", "from dfrefactor.cli.verify import command; command()"]
FINE = b"FROM debian:bookworm\nRUN true\n"
engine_test = pytest.mark.engine


def test_no_engine_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="no engine to build with: docker is not installed; podman is not"):
        find()


def test_an_engine_nobody_knows() -> None:
    with pytest.raises(EngineError, match="no engine is called 'kaniko'"):
        find("kaniko")


@engine_test
@pytest.mark.usefixtures("engine")
def test_an_engine_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(EngineError, match="docker does not answer"):
        find("docker")


@pytest.mark.parametrize(("problem", "says"), [
    (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
    (PermissionError(errno.EACCES, "Permission denied", "/f"), "/f: Permission denied"),
    (KeyboardInterrupt(), "interrupted"),
    (EngineError("the reason"), "the reason"),
])  # fmt: skip
def test_errors_are_one_line_and_exit_2(problem: BaseException, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end, errors():
        raise problem
    assert end.value.code == 2
    message = capsys.readouterr().err
    assert says in message
    assert message.count("\n") == 1


@engine_test
@pytest.mark.parametrize("name", ["engine", "classic", "buildah"])
def test_a_failing_build_names_the_instruction(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> None:
    engine: Builder = request.getfixturevalue(name)
    bad = b'FROM debian:bookworm\nARG T\nRUN echo fine\nRUN echo "the token is $T"; ls /nowhere\nRUN true\n'
    options = Options(build_args={"T": "s3cr3t-value"})
    with no_leftovers(engine), pytest.raises(EngineError) as failed:
        verify(FINE, bad, tmp_path, engine=engine, options=options, secrets={"T": "s3cr3t-value"})
    message = str(failed.value)
    assert message.startswith('the new file: the build failed at `RUN echo "the token is ')
    assert "cannot access '/nowhere'" in message
    assert "the token is ***" in message
    assert "s3cr3t-value" not in message


@engine_test
@pytest.mark.parametrize("name", ["engine", "classic", "buildah"])
@pytest.mark.parametrize("bad", [b"FROM debian:bookworm\nRUNN x\n", b"FROM debian:bookworm\nCOPY nope /\n"])
def test_a_file_that_cannot_be_built(request: pytest.FixtureRequest, name: str, tmp_path: Path, bad: bytes) -> None:
    engine: Builder = request.getfixturevalue(name)
    with no_leftovers(engine), pytest.raises(EngineError, match=r"(?is)the new file: the build failed.*(RUNN|nope)"):
        verify(FINE, bad, tmp_path, engine=engine)


@engine_test
def test_a_missing_context(engine: Builder, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"there is no build context .*/nope"):
        verify(FINE, FINE, tmp_path / "nope", engine=engine)
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="is not a folder"):
        verify(FINE, FINE, tmp_path / "file", engine=engine)


@engine_test
def test_a_full_disk_is_named(engine: Builder, tmp_path: Path) -> None:
    full = b"FROM debian:bookworm\nRUN --mount=type=tmpfs,size=1048576,target=/t head -c 9M /dev/zero >/t/x\n"
    with no_leftovers(engine), pytest.raises(EngineError, match="for want of disk space, at `RUN"):
        verify(full, full, tmp_path, engine=engine)


def _wait_for(step: str) -> None:
    """Until a process of this machine runs it as a program: the builder has come to it."""
    words = step.encode().replace(b" ", b"\0")
    for _ in range(600):
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if file.read_bytes().startswith(words):
                    return
        time.sleep(0.1)
    raise AssertionError(f"no process runs {step}")


@engine_test
@pytest.mark.parametrize("name", ["engine", "classic", "buildah"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_nothing(
    request: pytest.FixtureRequest, name: str, sent: signal.Signals, tmp_path: Path
) -> None:
    engine: Builder = request.getfixturevalue(name)
    # A length nobody slept before: a step that is in the cache would not run.
    step = f"sleep 60.{uuid.uuid4().int % 10**9}"
    (tmp_path / "Dockerfile").write_text(f"FROM debian:bookworm\nRUN touch /a\nRUN {step}\n")
    with no_leftovers(engine):
        child = subprocess.Popen(
            [*VERIFY, "Dockerfile", "Dockerfile", f"--engine={engine.name}"],
            cwd=tmp_path, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        _wait_for(step)
        child.send_signal(sent)
        _, said = child.communicate(timeout=40)
        assert (child.returncode, said) == (2, "dfrefactor: interrupted; what was built so far is removed\n")
        time.sleep(1)


@engine_test
def test_kept_images_stay(engine: Builder, tmp_path: Path) -> None:
    verdict = verify(FINE, FINE, tmp_path, engine=engine, keep=True)
    assert (
        subprocess.run(["docker", "image", "inspect", verdict.new.built.reference], capture_output=True).returncode == 0
    )
    for side in (verdict.old, verdict.new):
        engine.remove(side.built)
