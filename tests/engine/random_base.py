"""A base image as small as the random programs can do with: images are given out and searched 400 times."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

BASE = "debian:dfrefactor-random"

_TEXT = """FROM debian:bookworm AS full
RUN set -e; mkdir -p /out/usr/bin /out/usr/sbin /out/usr/lib64 /out/usr/local/bin /out/usr/local/share; cd /out; \\
    mkdir -p dev etc home opt proc srv sys var/tmp; mkdir -m 700 root; mkdir -m 1777 tmp; \\
    for name in bin sbin lib lib64; do ln -s usr/$name $name; done; cp -a /etc/passwd /etc/group /etc/nsswitch.conf etc/; \\
    for name in sh cat cp mv ln ls mkdir rm chmod chown touch test install sed sort wc; do \\
        cp -L /usr/bin/$name usr/bin/; ldd /usr/bin/$name; \\
    done | grep -o '/lib[^ ]*' | sort -u | while read lib; do cp -L --parents /usr$lib /out/; done
FROM scratch
COPY --from=full /out /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
"""


@contextmanager
def base_image() -> Iterator[None]:
    """The image BASE, gone after the block."""
    built = subprocess.run(["docker", "build", "-q", "-t", BASE, "-"], input=_TEXT.encode(), capture_output=True)
    assert built.returncode == 0, built.stderr.decode()[-2000:]
    try:
        yield
    finally:
        subprocess.run(["docker", "image", "rm", BASE], capture_output=True)
