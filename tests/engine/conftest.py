"""Engines for the tests that build, and the one helper they need."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from dfrefactor.engine.build import Builder, Options
from dfrefactor.engine.builders import find
from dfrefactor.engine.process import EngineError
from dfrefactor.engine.verify import Verdict, verify

from tests.engine.downloads import Downloads, offering
from tests.engine.servers import SECRET, Services, serving

BuildAndCompare = Callable[..., Verdict]


HERE = Path(__file__).parent
TURN = os.open(Path(tempfile.gettempdir(), f"turn-at-the-engine-{os.getuid()}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
"""Tests that run side by side in several processes share the engine; one that looks at all that is in it has it for itself."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test that uses the engine waits for one that has it for itself."""
    if not item.path.is_relative_to(HERE):
        return (yield)
    fcntl.flock(TURN, fcntl.LOCK_SH)
    try:
        return (yield)
    finally:
        fcntl.flock(TURN, fcntl.LOCK_UN)


def engine_or_skip(name: str | None = None, required: bool = True) -> Builder:
    """The engine; without one a test is skipped with the reason, or fails where one is required (in CI)."""
    try:
        return find(name)
    except EngineError as problem:
        if required and os.environ.get("DFREFACTOR_REQUIRE_ENGINE") == "1":
            pytest.fail(str(problem))
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
def engine() -> Builder:
    """Docker with BuildKit."""
    return engine_or_skip("docker")


@pytest.fixture(scope="session")
def classic() -> Builder:
    return engine_or_skip("classic")


@pytest.fixture
def containerd(monkeypatch: pytest.MonkeyPatch) -> Builder:
    """Docker with the containerd image store, which gives out images in another form."""
    if "DFREFACTOR_CONTAINERD_HOST" not in os.environ:
        pytest.skip("DFREFACTOR_CONTAINERD_HOST names no engine")
    monkeypatch.setenv("DOCKER_HOST", os.environ["DFREFACTOR_CONTAINERD_HOST"])
    return engine_or_skip("docker")


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An image store of the tests' own for buildah and podman, and the one base image they use, from Docker's."""
    engine_or_skip("docker")
    folder = tmp_path_factory.mktemp("containers")
    base = folder / "base.tar"
    with base.open("wb") as out:
        subprocess.run(["docker", "save", "debian:bookworm"], stdout=out, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_STORAGE_CONF", str(folder / "storage.conf"))
        patch.setenv("BUILDAH_ISOLATION", "chroot")
        yield base
    subprocess.run(["rm", "-rf", folder / "graph", folder / "run"], check=False)


@pytest.fixture(scope="session")
def buildah(storage: Path) -> Builder:
    return with_base("buildah", storage)


@pytest.fixture(scope="session")
def podman(storage: Path) -> Builder:
    return with_base("podman", storage)


def with_base(program: str, base: Path) -> Builder:
    """The engine with the base image loaded: over the kernel's overlay where that works, else with whole copies."""
    pull = ["pull", "-q", f"docker-archive:{base}"] if program == "buildah" else ["load", "-q", "-i", str(base)]
    for driver in ("overlay", "vfs"):
        lines = ["[storage]", f'driver = "{driver}"', f'graphroot = "{base.parent}/graph"']
        (base.parent / "storage.conf").write_text("\n".join([*lines, f'runroot = "{base.parent}/run"', ""]))
        engine = engine_or_skip(program, required=program == "buildah")
        if subprocess.run([program, *pull], capture_output=True).returncode == 0:
            return engine
        subprocess.run(["rm", "-rf", base.parent / "graph", base.parent / "run"], check=True)
    raise AssertionError(f"{program} can't load the base image")


def leftovers(engine: Builder) -> set[str]:
    """Images of ours, containers, and temporary files."""
    program = "docker" if engine.name == "classic" else engine.name
    containers = ["containers", "-q"] if program == "buildah" else ["ps", "-aq"]
    images = ["images", "--all", "--quiet"] if program != "docker" else ["image", "ls", "--quiet", "dfrefactor-built"]
    found = {line for what in (images, containers) for line in subprocess.check_output([program, *what], text=True).split()}
    return found | {str(path) for folder in ("/tmp", "/var/tmp") for path in Path(folder).glob("dfrefactor-*")}


@contextmanager
def no_leftovers(engine: Builder) -> Iterator[None]:
    """A block after which the engine's store and the temporary folders are as they were; nobody else uses them meanwhile."""
    fcntl.flock(TURN, fcntl.LOCK_EX)
    try:
        before = leftovers(engine)
        yield
        extra = leftovers(engine) - before
        until = time.monotonic() + 60  # temporary folders of tests without an engine go too, in their time
        while extra and time.monotonic() < until:
            time.sleep(0.2)
            extra &= leftovers(engine)
        assert not extra
    finally:
        fcntl.flock(TURN, fcntl.LOCK_SH)


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Downloads]:
    """A server on the loopback interface that has all that is asked for."""
    with offering(tmp_path_factory.mktemp("served")) as services:
        yield services


@pytest.fixture
def build_and_compare(engine: Builder, tmp_path: Path) -> BuildAndCompare:
    """`build_and_compare(old, new, context=None, *, options, secrets, allowed, twice) -> Verdict`.

    The context is an empty folder unless given; base images are what `docker image ls` shows.
    """

    def helper(
        old: bytes,
        new: bytes,
        context: Path | None = None,
        *,
        options: Options | None = None,
        secrets: Mapping[str, str] | None = None,
        allowed: Collection[str] = (),
        twice: bool = False,
    ) -> Verdict:
        if context is None:
            context = tmp_path / "empty-context"
            context.mkdir(exist_ok=True)
        return verify(old, new, context, engine=engine, options=options, secrets=secrets, allowed=allowed, twice=twice)

    return helper


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(SECRET, tmp_path_factory.mktemp("repositories")) as running:
        yield running
