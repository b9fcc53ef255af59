"""What order-layers writes is built before and after: the images are equal, and a change builds as much again as is told."""

from __future__ import annotations

import re
import subprocess
import uuid
from pathlib import Path

import dfrefactor
import pytest
from dfrefactor.engine.build import Options
from dfrefactor.passes import named

from tests.engine.conftest import BuildAndCompare
from tests.engine.downloads import Downloads

pytestmark = pytest.mark.engine

PASS = [named("order-layers")]
GET = "RUN curl -fsSL -o /opt/{0}.dat {{url}}/{0}/{0}.dat\n"
FILES = {
    "variables": "ARG ONE_VERSION=1\nENV TWO_VERSION=2\n" + GET.format("a") + GET.format("b")
    + "RUN curl -fsSL -o /opt/one {url}/one/$ONE_VERSION/one.dat\nRUN echo $TWO_VERSION > /two && env | grep _VERSION > /env\n",
    "sources": "WORKDIR /app\nCOPY . .\n" + GET.format("a") + GET.format("b") + "RUN cat main.c > /opt/main && ls /app > /opt/list\n",
    "another stage": "COPY --from=made /made /srv/made\n" + GET.format("a") + GET.format("b") + "USER nobody\nRUN cat /srv/made\n",
    "an owner and a mode": "RUN useradd -u 1234 web\nCOPY --chown=web --chmod=640 main.c /srv/app/\n" + GET.format("a") + GET.format("b"),
    "a variable and sources": "ARG COMMIT=none\nCOPY . /app\n" + GET.format("a") + "RUN echo $COMMIT > /app/commit\n" + GET.format("b"),
    "labels and what containers are told": "ARG COMMIT=none\nENV COMMIT=$COMMIT APP_VERSION=2\nLABEL commit=$COMMIT version=$APP_VERSION\n"
    + GET.format("a") + GET.format("b") + 'CMD ["env"]\n',
    "labels and a reader": "ARG A_VERSION=1\nLABEL a=$A_VERSION\nLABEL b=2\n" + GET.format("a") + "RUN echo $A_VERSION > /version\n",
    "a user and a shell": 'ARG A_VERSION=1\nCOPY main.c /srv/\nSHELL ["/bin/bash", "-c"]\n' + GET.format("a")
    + "USER nobody\nRUN [[ $A_VERSION == 1 ]] && id\n",
}  # fmt: skip
HEAD = "FROM buildpack-deps:bookworm AS made\nRUN echo {0} > /made\nFROM buildpack-deps:bookworm\n"


def context(folder: Path) -> Path:
    (folder / "context").mkdir()
    (folder / "context" / "main.c").write_text("int main;\n")
    return folder / "context"


@pytest.mark.parametrize("name", FILES)
def test_the_images_are_equal(name: str, downloads: Downloads, tmp_path: Path, build_and_compare: BuildAndCompare) -> None:
    old = (HEAD.format(uuid.uuid4().hex) + FILES[name]).replace("{url}", downloads.url).encode()
    result = dfrefactor.refactor(old, passes=PASS)
    assert result.changed and not result.problems
    verdict = build_and_compare(old, result.data, context(tmp_path), options=Options(network="host"))
    assert verdict.differences == (), result.data.decode()


def test_a_change_builds_as_much_again_as_is_told(engine: object, downloads: Downloads, tmp_path: Path) -> None:
    text = HEAD.format(uuid.uuid4().hex) + FILES["variables"].replace("ENV TWO_VERSION=2\n", "").replace(" && env | grep _VERSION", "")
    old = text.replace("{url}", downloads.url)
    result = dfrefactor.refactor(old.encode(), passes=PASS)
    folder = context(tmp_path)
    counts = []
    for each in (old, result.data.decode()):
        (folder / "Dockerfile").write_text(each)
        built(folder, "1")
        counts.append(built(folder, "2"))
    (finding,) = result.findings
    assert re.findall(r"builds (\d+) steps again, and only (\d+) once it stands there", finding.message) == [tuple(map(str, counts))]


def built(folder: Path, version: str) -> int:
    """How many steps of the last stage a build runs."""
    words = ["docker", "build", "--network=host", "--progress=plain", "--build-arg", f"ONE_VERSION={version}", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    steps = set(re.findall(r"^(#\d+) \[stage-1 \d+/\d+\] (?:RUN|COPY)", done.stderr, re.MULTILINE))
    return len(steps - set(re.findall(r"^(#\d+) CACHED", done.stderr, re.MULTILINE)))
