"""What store-once writes is built before and after: the images are equal, and the new one holds less."""

from __future__ import annotations

import uuid
from pathlib import Path

import dfrefactor
import pytest
from dfrefactor.engine.build import Options
from dfrefactor.passes import named

from tests.engine.conftest import BuildAndCompare
from tests.engine.downloads import Downloads

pytestmark = pytest.mark.engine

FILES = {
    "a mode": "COPY a.sh /usr/local/bin/\nRUN chmod 750 /usr/local/bin/a.sh\n",
    "letters": "COPY a.sh b.sh /opt/\nRUN chmod u+x,go-r /opt/a.sh /opt/b.sh\n",
    "letters for all, in a new folder": "COPY a.sh /srv/new/\nRUN chmod +x /srv/new/a.sh && /srv/new/a.sh > /out\n",
    "an owner": "COPY a.sh b.sh /opt/\nRUN mkdir /x && chown www-data:games /opt/a.sh /opt/b.sh && id > /x/id\n",
    "from the net": "ADD {url}/tool/tool.sh /tool.sh\nRUN chmod +x /tool.sh\nRUN /tool.sh > /out\n",
    "a key": "WORKDIR /srv/keys\nCOPY a.key /srv/keys/\nRUN set -e; chmod 600 /srv/keys/a.key\n",
}


@pytest.mark.parametrize("name", FILES)
def test_the_images_are_equal(name: str, downloads: Downloads, tmp_path: Path, build_and_compare: BuildAndCompare) -> None:
    context = tmp_path / "context"
    context.mkdir()
    for file, mode in (("a.sh", 0o640), ("b.sh", 0o664), ("a.key", 0o666)):
        (context / file).write_text(f"#!/bin/sh\necho {uuid.uuid4().hex}\n" + 5000 * "#\n")
        (context / file).chmod(mode)
    old = f"FROM buildpack-deps:bookworm\n{FILES[name]}".replace("{url}", downloads.url).encode()
    result = dfrefactor.refactor(old, passes=[named("store-once")])
    assert result.changed and not result.problems
    verdict = build_and_compare(old, result.data, context, options=Options(network="host"))
    assert verdict.differences == (), result.data.decode()
    assert verdict.growth.new < verdict.growth.old
