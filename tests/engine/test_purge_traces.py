"""What a secret mount leaves nowhere: not in the image, its history and configuration, its provenance attestation, an exported cache."""

from __future__ import annotations

import base64
import gzip
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import dfrefactor
import pytest
from dfrefactor.settings import Settings

from tests.engine.purge_cases import CASES, Case
from tests.engine.servers import SECRET, Services
from tests.engine.small_images import small_images
from tests.engine.test_purge import filled, purge_credentials

pytestmark = [pytest.mark.engine, pytest.mark.slow]

MOUNTED = [case for case in CASES if "mount" in case.by and case.secrets]
SPELLINGS = (SECRET.encode(), base64.b64encode(SECRET.encode()).rstrip(b"=")[:-1])


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """The small images in an engine that keeps attestations and exports caches."""
    if "DFREFACTOR_CONTAINERD_HOST" not in os.environ:
        pytest.skip("DFREFACTOR_CONTAINERD_HOST names no engine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", os.environ["DFREFACTOR_CONTAINERD_HOST"])
        with small_images():
            yield


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all images and caches are exported to: a layer that is in two of them is written, and searched, once."""
    return tmp_path_factory.mktemp("kept")


def found(case: Case, text: str, services: Services, folder: Path, kept: Path, given: list[str]) -> list[str]:
    """Build `text` with all it may leave traces in, and say where the secret is in what was not in `kept` before."""
    context = folder / "context"
    context.mkdir()
    for name, content in case.files:
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text(filled(content, services))
    (folder / "Dockerfile").write_text(text)
    before = {path for path in kept.rglob("*") if "blobs" in path.parts}
    options = ["--network=host", "--provenance=mode=max", f"--cache-to=type=local,dest={kept / 'cache'},mode=max"]
    words = ["docker", "buildx", "build", *options, f"--output=type=oci,tar=false,dest={kept / 'image'}", *given]
    built = subprocess.run([*words, "-f", str(folder / "Dockerfile"), str(context)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[-2000:]
    new = (path for path in kept.rglob("*") if path.is_file() and path not in before)
    parts = {path.relative_to(kept).as_posix(): path.read_bytes() for path in new}
    assert any(b"slsa.dev/provenance" in content for content in parts.values()), "there is no attestation"
    return [name for name, content in parts.items() for text in unpacked(content) if any(each in text for each in SPELLINGS)]


def unpacked(content: bytes) -> Iterator[bytes]:
    """The content, and what is in it where it is packed."""
    yield content
    if content.startswith(b"\x1f\x8b"):
        yield (inner := gzip.decompress(content))
        with tarfile.open(fileobj=io.BytesIO(inner)) as layer:
            for member in layer:
                if member.isfile() and (file := layer.extractfile(member)):
                    data = file.read()
                    yield gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


@pytest.mark.parametrize("case", MOUNTED, ids=lambda case: case.name)
def test_the_secret_is_nowhere(case: Case, services: Services, tmp_path: Path, kept: Path) -> None:
    old = filled(case.text, services)
    result = dfrefactor.refactor(old.encode(), passes=(purge_credentials,), settings=Settings(strategy="mount"))
    given = []
    for name, text in case.secrets:
        (tmp_path / name).write_text(filled(text, services))
        given.append(f"--secret=id={name},src={tmp_path / name}")
    assert found(case, result.data.decode(), services, tmp_path, kept, given) == []


def test_enough_forms_are_built() -> None:
    assert len(MOUNTED) >= 45


def test_it_would_be_found(services: Services, tmp_path: Path) -> None:
    case = Case("kept", "FROM buildpack-deps:bookworm\nARG TOKEN\nRUN echo $TOKEN | gzip > /kept.gz\n")
    places = found(case, filled(case.text, services), services, tmp_path, tmp_path / "kept", [f"--build-arg=TOKEN={SECRET}"])
    assert {name.partition("/")[0] for name in places} == {"image", "cache"}
