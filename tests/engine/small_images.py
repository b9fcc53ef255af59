"""Small images under well-known names, so that building and searching many of them takes seconds."""


from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

TAG = f"dfrefactor-test-{os.getpid()}"
"""Of this process alone: another run of the tests takes its own images away when it is done."""

# What the tools need to run, and no more: themselves, the libraries they load, and the shell.
_PICK = """\
FROM {base} AS full
RUN set -e; mkdir -p /out/usr/bin /out/usr/lib /out/usr/lib64 /out/usr/sbin /out/etc /out/tmp /out/root /out/srv /out/opt /out/usr/local/bin \\
 /out/var/tmp /out/proc /out/sys /out/dev /out/run /out/home; chmod 1777 /out/tmp; chmod 700 /out/root; \\
 for each in bin sbin lib lib64; do ln -s usr/$each /out/$each; done; \\
 cp -a /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/login.defs /etc/nsswitch.conf /etc/debian_version /etc/skel /out/etc/; \\
 names="sh dash bash cat cp mv ln ls mkdir rm rmdir chmod chown touch test true false echo printf env id head tail cut tr sort uniq wc date \\
 install sed grep find xargs tar gzip base64 basename dirname sha256sum useradd git curl wget make {more}"; \\
 for name in $names; do path=$(command -v $name) || path=/usr/sbin/$name; case $path in /*) ;; *) path=/usr/bin/$name ;; esac; \\
  [ -e $path ] || continue; cp -aL $path /out/usr/bin/; echo $path; done > /list; \\
 for tree in /usr/lib/git-core /usr/share/git-core {trees}; do [ -e $tree ] || continue; mkdir -p /out/$(dirname $tree); cp -a $tree /out/$(dirname $tree)/; \\
  find $tree -type f \\( -name '*.so*' -o -perm -u+x \\) >> /list; done; \\
 xargs -r ldd < /list 2>/dev/null | grep -o '/[^ ]*' | grep '[.]so' | sort -u | while read lib; do [ ! -e "$lib" ] || cp -L --parents "$(echo $lib | sed 's#^/lib#/usr/lib#')" /out/; done; \\
 cp -L --parents /usr/lib/x86_64-linux-gnu/libnss_files.so.2 /usr/lib/x86_64-linux-gnu/libnss_dns.so.2 /out/ 2>/dev/null || true; \\
 cp -L --parents /etc/ssl/certs/ca-certificates.crt /out/ 2>/dev/null || true; {after} \\
 ls /out/usr/lib64/ld-linux* >/dev/null 2>&1 || cp -L /lib64/ld-linux* /out/usr/lib64/
FROM scratch
COPY --from=full /out /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin {env}
CMD ["sh"]
"""

_IMAGES = {
    "buildpack-deps": _PICK.format(base="buildpack-deps:bookworm", more="", trees="", after="", env=""),
    "python": _PICK.format(
        base="python:3.11-slim", more="python3 python3.11 python pip",
        trees="/usr/lib/python3 /usr/lib/python3.11 /usr/share/python-wheels", after="", env="PIP_BREAK_SYSTEM_PACKAGES=1",
    ),
    "node": _PICK.format(
        base="node:18-slim", more="node nodejs npm", trees="/usr/share/nodejs /usr/share/node_modules /usr/lib/nodejs /etc/npmrc",
        after="ln -sf ../share/nodejs/npm/bin/npm-cli.js /out/usr/bin/npm;", env="",
    ),
}  # fmt: skip


@contextmanager
def small_images() -> Iterator[None]:
    """The images `buildpack-deps`, `python` and `node` with the tag TAG, gone after the block."""
    for name, text in _IMAGES.items():
        built = subprocess.run(["docker", "build", "-q", "-t", f"{name}:{TAG}", "-"], input=text.encode(), capture_output=True)
        assert built.returncode == 0, built.stderr.decode()[-2000:]
    try:
        yield
    finally:
        subprocess.run(["docker", "image", "rm", *(f"{name}:{TAG}" for name in _IMAGES)], capture_output=True)
