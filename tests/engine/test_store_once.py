"""What store-once writes is built before and after: the images are equal, and the new one holds less."""

from __future__ import annotations

import tarfile
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
    "a program from the net": "ADD --chown=www-data:games {url}/tool/tool.sh /usr/local/bin/tool\nRUN chmod 0755 /usr/local/bin/tool && tool > /out\n",
    "a text of its own": "COPY <<E /usr/local/bin/tool\n#!/bin/sh\necho hi\nE\nRUN chmod +x /usr/local/bin/tool && tool > /out\n",
    "an archive": "COPY a.tgz /tmp/\nRUN tar xzf /tmp/a.tgz -C /opt && rm /tmp/a.tgz\n",
    "an archive, removed later": "COPY a.tgz b.sh /opt/new/\nRUN tar xzf /opt/new/a.tgz -C /srv\nRUN cp -p /opt/new/a.tgz /kept && stat -c '%u %g %a' /opt/new/b.sh > /out\nRUN rm -r /opt/new\nRUN ls -A /opt > /there\n",
    "a folder that is worked in": "COPY dir /tmp/dir\nRUN cd /tmp/dir && tar xzf a.tgz && cp -rp inner x /srv/ && rm -r /tmp/dir && find /srv -printf '%P %u %m\\n' | sort > /list\n",
    "from a stage, with its owner": "COPY --from=made /out/y.bin /tmp/z.bin\nRUN tar cf /x.tar /tmp/z.bin && rm /tmp/z.bin && tar tvf /x.tar > /out\n",
    "below the folder that is worked in": "WORKDIR /app\nCOPY a.sh b.sh ./\nRUN tar cf /x.tar b.sh && rm b.sh\nRUN ls /app > /out\n",
    "behind a link": "COPY link.sh /tmp/b.sh\nRUN cp -p /tmp/b.sh /opt/ && rm /tmp/b.sh\n",
    "a folder behind a link": "COPY linkdir /tmp/dir\nRUN cp -rp /tmp/dir/x /opt/ && rm -r /tmp/dir\n",
    "unpacked beside it": "WORKDIR /app\nCOPY a.tgz .\nRUN tar xzf a.tgz && rm a.tgz && touch made\n",
    "compiled where it lies": "COPY . /src\nRUN make -C /src install && rm -rf /src\n",
    "all there is": "COPY . /src\nRUN cd /src && cp -rp dir/x /opt/x && rm -r /src\n",
    "a cache of packages": "RUN mkdir -p /var/lib/apt/lists/x && head -c 99999 /dev/urandom > /var/lib/apt/lists/x/y; apt-get update; true\nCOPY a.sh /opt/\nRUN rm -rf /var/lib/apt/lists/*\n",
    "a cache of packages, by its own command": "RUN head -c 99999 /dev/urandom > /var/cache/apt/archives/x.deb; \\\n    apt-get update; true\n# clean\nRUN apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/lock\n",
    "a key": "WORKDIR /srv/keys\nCOPY a.key /srv/keys/\nRUN set -e; chmod 600 /srv/keys/a.key\n",
}


@pytest.mark.parametrize("name", FILES)
def test_the_images_are_equal(name: str, downloads: Downloads, tmp_path: Path, build_and_compare: BuildAndCompare) -> None:
    context = tmp_path / "context"
    context.mkdir()
    for file, mode in (("a.sh", 0o640), ("b.sh", 0o664), ("a.key", 0o666)):
        (context / file).write_text(f"#!/bin/sh\necho {uuid.uuid4().hex}\n" + 5000 * "#\n")
        (context / file).chmod(mode)
    (context / "dir" / "inner").mkdir(parents=True)
    for file in ("dir/x", "dir/inner/y", ".hidden"):
        (context / file).write_text(uuid.uuid4().hex * 2000)
    (context / "dir" / "x").chmod(0o700)
    (context / ".dockerignore").write_text("dir/no\n.hidden\n")
    (context / "dir" / "no").write_text("x")
    (context / "Makefile").write_text("all:\n\tdate +%Y > made\ninstall: all\n\tinstall -m 600 made dir/x /usr/local/share/\n")
    (context / "link.sh").symlink_to("a.sh")
    (context / "linkdir").symlink_to("dir")
    with tarfile.open(context / "a.tgz", "w:gz") as archive:
        archive.add(context / "dir" / "x", "x")
    (context / "dir" / "a.tgz").write_bytes((context / "a.tgz").read_bytes())
    made = "FROM buildpack-deps:bookworm AS made\nRUN mkdir /out && head -c 9999 /dev/urandom > /out/y.bin && chown 7:8 /out/y.bin\n"
    old = f"{made}FROM buildpack-deps:bookworm\n{FILES[name]}".replace("{url}", downloads.url).encode()
    result = dfrefactor.refactor(old, passes=[named("store-once")])
    assert result.changed and not result.problems
    verdict = build_and_compare(old, result.data, context, options=Options(network="host"))
    assert verdict.differences == (), result.data.decode()
    assert verdict.growth.new < verdict.growth.old
