"""What cache-mounts writes is built before and after: the images are equal but for the caches that are named, and no larger."""

from __future__ import annotations

from pathlib import Path

import dfrefactor
import pytest
from dfrefactor.engine.build import Options
from dfrefactor.passes import named
from dfrefactor.settings import Settings

from tests.engine.conftest import BuildAndCompare
from tests.engine.downloads import Downloads, lock

pytestmark = pytest.mark.engine

CLEAN = "RUN echo 'DPkg::Post-Invoke { \"rm -f /var/cache/apt/archives/*.deb || true\"; };' > /etc/apt/apt.conf.d/docker-clean\n"

FILES = {
    "packages, lists removed": "FROM debian:bookworm\nRUN apt-get update && apt-get install -y --no-install-recommends tree && apt-get clean && rm -rf /var/lib/apt/lists/*\n",
    "packages, lists left": "FROM debian:bookworm\nRUN apt-get update && \\\n  apt-get install -y --no-install-recommends tree\nRUN tree /etc/apt > /tree\n",
    "packages, which the image empties": f"FROM debian:bookworm\n{CLEAN}RUN set -e; apt-get update; apt-get install -y --no-install-recommends tree; rm -rf /var/lib/apt/lists/*\n",
    "pip": "FROM python:3.11-slim\nENV HOME=/root PIP_INDEX_URL={url}/simple\nUSER root\nRUN pip install --no-cache-dir numlike reqlike\nRUN python3 -c 'import numlike' && pip install --target /opt/lambda botolike\n",
    "npm": "FROM node:18-slim\nENV HOME=/root\nUSER root\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci --ignore-scripts && npm cache clean --force\n",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_the_images_are_equal(name: str, downloads: Downloads, tmp_path: Path, build_and_compare: BuildAndCompare) -> None:
    context = tmp_path / "context"
    context.mkdir()
    for file, text in lock(downloads.url, ("expresslike", "loglike")).items():
        (context / file).write_text(text)
    old = FILES[name].replace("{url}", downloads.url).encode()
    result = dfrefactor.refactor(old, passes=[named("cache-mounts")], settings=Settings(selected=frozenset({"cache-mounts"})))
    assert result.changed and not result.problems
    left = frozenset[str]().union(*(finding.left for finding in result.findings))
    verdict = build_and_compare(old, result.data, context, options=Options(network="host"), allowed=left)
    assert verdict.differences == (), result.data.decode()
    assert verdict.growth.new <= verdict.growth.old
