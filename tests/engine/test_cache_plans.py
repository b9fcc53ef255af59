"""The scripts of `dfrefactor cache`, run against a registry: what is built again, and what leaves the machine."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dfrefactor.cacheplan.formats import render
from dfrefactor.cacheplan.plan import Builder, plan
from dfrefactor.dockerfile.model import parse
from dfrefactor.facts import Facts
from dfrefactor.secrets.find import tainted_stages

pytestmark = pytest.mark.engine

STAGES = """\
FROM debian AS base
RUN echo base {0} | tee /base
FROM base AS one
RUN echo one {0} | tee /one
FROM base AS two
RUN echo two {0} | tee /two
FROM base
COPY --from=one /one /
COPY --from=two /two /
RUN ls / {0} || true
"""
ARTICLE = """\
FROM debian AS stage1
ENV LAYER=stage1
RUN touch /tmp/stage1.txt; echo {0}
FROM {1}:stage_stage1 AS stage2
ENV LAYER=stage2
RUN touch /tmp/stage2.txt; echo {0}
FROM debian
ENV LAYER=final
COPY --from=stage1 /tmp/* /tmp/
COPY --from=stage2 /tmp/* /tmp/
RUN ls -l /tmp/; echo {0}
"""
UNNAMED = """\
FROM debian AS one
RUN echo one {0} | tee /one
FROM debian
RUN echo two {0} | tee /two
FROM debian
COPY --from=one /one /
COPY --from=1 /two /
"""


def unless_required(reason: str) -> None:
    if os.environ.get("DFREFACTOR_REQUIRE_ENGINE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Registry:
    address: str
    folder: Path

    def blobs(self) -> set[Path]:
        return {path for path in self.folder.rglob("data") if path.is_file()}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Debian's docker-registry on loopback, empty."""
    if not shutil.which("docker-registry"):
        unless_required("no docker-registry (Debian's package of that name)")
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "version": "0.1",
        "log": "{level: error}",
        "storage": f"{{filesystem: {{rootdirectory: {folder}/data}}}}",
    }
    lines = [f"{key}: {value}" for key, value in settings.items()] + [f"http: {{addr: '{address}'}}"]
    (folder / "config.yml").write_text("\n".join(lines))
    server = subprocess.Popen(
        ["docker-registry", "serve", str(folder / "config.yml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0:
                    break
            time.sleep(0.1)
        yield Registry(address, folder / "data")
    finally:
        server.terminate()
        server.wait()


@dataclass(frozen=True)
class Server:
    """A build server: the Docker at `host`."""

    host: str
    image: str

    def run(self, *command: str, check: bool = True, cwd: Path | None = None) -> str:
        env = {**os.environ, "DOCKER_HOST": self.host, "BUILDKIT_PROGRESS": "plain"}
        done = subprocess.run(command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert not check or done.returncode == 0, done.stdout
        return done.stdout

    def forget(self) -> None:
        """Take away the images of this test; one that others are built on goes after them, and the list is not in that order."""
        left = {*self.run("docker", "image", "ls", "--quiet", self.image).split()}
        while left:
            printed = self.run("docker", "image", "rm", "--force", *sorted(left), check=False)
            before, left = left, {*self.run("docker", "image", "ls", "--quiet", self.image).split()}
            assert left < before, printed

    def empty(self) -> None:
        """Take away all that BuildKit knows of earlier builds."""
        self.forget()
        self.run("docker", "builder", "prune", "--all", "--force")


def server(variable: str, registry: Registry) -> Server:
    host = os.environ.get(variable)
    if not host:
        unless_required(f"${variable} does not name a Docker")
    return Server(str(host), f"{registry.address}/test{uuid.uuid4().hex[:8]}")


@pytest.fixture
def buildkit(registry: Registry) -> Iterator[Server]:
    """With the containerd image store, which can export a registry cache."""
    here = server("DFREFACTOR_CONTAINERD_HOST", registry)
    yield here
    here.forget()


@pytest.fixture
def classic(registry: Registry) -> Iterator[Server]:
    here = server("DOCKER_HOST", registry)
    yield here
    here.forget()


def script(text: str, image: str, builder: Builder, folder: Path) -> Path:
    (folder / "Dockerfile").write_text(text)
    file = folder / "cache.sh"
    document = parse(text.encode())
    made = plan(document, image, builder, tainted=tainted_stages(Facts(document)))
    file.write_text(render(made, "sh", "Dockerfile", "."))
    return file


def rebuilt(output: str) -> set[str]:
    """The steps that ran, of BuildKit's plain progress or the classic builder's.

    A step whose layer is fetched from a cache says so (`#7 sha256:…`) instead of CACHED; one that ran has an output.
    """
    ran = set()
    for build in re.split(r"(?m)^#0 ", output):
        kept = set(re.findall(r"^(#\d+) (?:CACHED|sha256:)", build, re.MULTILINE))
        kept -= set(re.findall(r"^(#\d+) \d+\.\d+ ", build, re.MULTILINE))
        steps = re.findall(r"^(#\d+) \[(?!internal)[^]]*\] ((?:RUN|COPY|ADD|WORKDIR) .*)$", build, re.MULTILINE)
        ran |= {step for number, step in steps if number not in kept}
    classic = re.findall(r"^Step \d+/\d+ : (.*)\n(?! ---> Using cache)", output, re.MULTILINE)
    return ran | {step for step in classic if not step.startswith("FROM ")}


@pytest.mark.parametrize("text", [STAGES, ARTICLE, UNNAMED], ids=["diamond", "images by name", "a stage without a name"])
@pytest.mark.parametrize("builder", ["buildkit-inline", "buildkit-registry"])
def test_an_emptied_server_builds_nothing_again(builder: str, text: str, buildkit: Server, tmp_path: Path) -> None:
    written = text.format(uuid.uuid4().hex, buildkit.image)
    file = script(written, buildkit.image, builder, tmp_path)
    buildkit.empty()
    assert rebuilt(buildkit.run("sh", str(file), cwd=tmp_path))
    buildkit.empty()
    assert rebuilt(buildkit.run("sh", str(file), cwd=tmp_path)) == set()


@pytest.mark.parametrize("builder", ["classic", "buildkit-inline", "buildkit-registry"])
def test_a_change_builds_only_what_depends_on_it(builder: str, classic: Server, buildkit: Server, tmp_path: Path) -> None:
    here, empty = (classic, Server.forget) if builder == "classic" else (buildkit, Server.empty)
    written = STAGES.format(uuid.uuid4().hex)
    here.run("sh", str(script(written, here.image, builder, tmp_path)), cwd=tmp_path)
    empty(here)
    changed = script(written.replace("echo two", "echo other"), here.image, builder, tmp_path)
    ran = rebuilt(here.run("sh", str(changed), cwd=tmp_path))
    assert ran and not [step for step in ran if "echo base" in step or "echo one" in step or "COPY --from=one" in step]


def test_the_classic_builder_builds_nothing_again(classic: Server, tmp_path: Path) -> None:
    for text in (ARTICLE, UNNAMED):
        written = text.format(uuid.uuid4().hex, classic.image)
        file = script(written, classic.image, "classic", tmp_path)
        assert rebuilt(classic.run("sh", str(file), cwd=tmp_path))
        classic.forget()
        assert rebuilt(classic.run("sh", str(file), cwd=tmp_path)) == set()


LEAKY = """\
FROM debian AS clean
RUN echo clean {0} | tee /clean
FROM debian AS fetch
ARG TOKEN
RUN echo "password $TOKEN" > /root/.netrc && echo data {0} > /data
FROM debian
COPY --from=clean /clean /
COPY --from=fetch /data /
RUN ls / {0} || true
"""


def leaks(registry: Registry, before: set[Path], token: str) -> list[Path]:
    """What was pushed since `before` and holds the token; the stage without it has to be there."""
    pushed = {path: path.read_bytes() for path in registry.blobs() - before}
    plain = {path: gzip.decompress(blob) if blob[:2] == b"\x1f\x8b" else blob for path, blob in pushed.items()}
    assert any(b"clean" in blob for blob in plain.values())
    return [path for path, blob in plain.items() if token.encode() in blob]


@pytest.mark.parametrize("builder", ["classic", "buildkit-inline", "buildkit-registry"])
@pytest.mark.parametrize("final", [False, True], ids=["in a builder stage", "in the last stage"])
def test_a_credential_stays_here(
    final: bool, builder: str, classic: Server, buildkit: Server, registry: Registry, tmp_path: Path
) -> None:
    here = classic if builder == "classic" else buildkit
    token = f"tok-{uuid.uuid4().hex}"
    text = LEAKY.format(uuid.uuid4().hex)
    if final:
        text = text.replace("FROM debian\nCOPY --from=clean", "COPY --from=clean").replace("COPY --from=fetch /data /\n", "")
    file = script(text, here.image, builder, tmp_path)
    before = registry.blobs()
    here.run("sh", str(file), "--build-arg", f"TOKEN={token}", cwd=tmp_path)
    assert leaks(registry, before, token) == []


@pytest.fixture
def buildah(registry: Registry, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Runs a command for which buildah has a storage of its own; `empty` takes away what it has built.

    In it is one small image, `localhost/shell`: whole copies are all that a storage can keep within a container.
    """
    if not shutil.which("buildah"):
        unless_required("no buildah (Debian's package of that name)")
    storage, root = tmp_path / "storage", tmp_path / "shell"
    tables = f'[storage]\ndriver = "vfs"\ngraphroot = "{storage}/graph"\nrunroot = "{storage}/run"\n'
    (tmp_path / "storage.conf").write_text(tables)
    (tmp_path / "registries.conf").write_text(f'[[registry]]\nlocation = "{registry.address}"\ninsecure = true\n')
    env = {
        **os.environ,
        "CONTAINERS_STORAGE_CONF": str(tmp_path / "storage.conf"),
        "CONTAINERS_REGISTRIES_CONF": str(tmp_path / "registries.conf"),
        "BUILDAH_ISOLATION": "chroot",
    }

    def run(*command: str) -> str:
        done = subprocess.run(command, env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        return done.stdout

    libraries = re.findall(r"(/\S+) \(0x", run("ldd", "/bin/sh"))
    for file in ("/bin/sh", *libraries):
        there = root / file.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, there)
    for folder in ("root", "tmp", "proc", "sys", "dev", "etc"):
        (root / folder).mkdir()
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")

    def empty() -> None:
        run("buildah", "rmi", "--all", "--force")
        run("buildah", "build", "--timestamp=0", "--tag", "localhost/shell", str(root))

    run.empty = empty  # type: ignore[attr-defined]
    empty()
    yield run
    run("buildah", "rmi", "--all", "--force")


def test_buildah_fills_its_cache_up_to_the_credential(buildah: Callable[..., str], registry: Registry, tmp_path: Path) -> None:
    token = f"tok-{uuid.uuid4().hex}"
    text = LEAKY.format(uuid.uuid4().hex).replace("FROM debian", "FROM localhost/shell").replace("| tee", ">")
    file = script(text, f"{registry.address}/test{uuid.uuid4().hex[:8]}", "buildah", tmp_path)
    (tmp_path / "ignored").write_text("*\n")
    before = registry.blobs()
    arguments = ("sh", str(file), f"--build-arg=TOKEN={token}", "--ignorefile=ignored")
    buildah(*arguments)
    buildah.empty()  # type: ignore[attr-defined]
    again = buildah(*arguments)
    assert leaks(registry, before, token) == []
    clean = again.index("RUN echo clean")
    assert "Cache pulled from remote" in again[clean : again.index("STEP", clean)]


def test_buildah_builds_nothing_again(buildah: Callable[..., str], registry: Registry, tmp_path: Path) -> None:
    text = STAGES.format(uuid.uuid4().hex).replace("FROM debian", "FROM localhost/shell").replace("| tee", ">")
    file = script(text, f"{registry.address}/test{uuid.uuid4().hex[:8]}", "buildah", tmp_path)
    buildah("sh", str(file))
    buildah.empty()  # type: ignore[attr-defined]
    again = buildah("sh", str(file))
    assert len(re.findall(r"STEP \d+/\d+: (?:RUN|COPY)", again)) == len(re.findall("Using cache", again)) == 6
