"""A loopback server of what Dockerfiles fetch: programs, archives, source trees, git, a Python index, an npm registry."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.engine.servers import Services, _Handler, repository

CONFIGURE = """#!/bin/sh
prefix=/usr/local
for word in "$@"; do case $word in --prefix=*) prefix=${word#--prefix=} ;; esac; done
sed "s,@prefix@,$prefix,g" Makefile.in > Makefile
"""
MAKEFILE = """NAME = {name}
prefix = @prefix@
all: $(NAME)
$(NAME): main.o
\t$(CC) -o $@ main.o
main.o: main.c
\t$(CC) -c -o $@ main.c
install: all
\tinstall -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/share/$(NAME)
\tinstall -m 755 $(NAME) $(DESTDIR)$(prefix)/bin/
\tinstall -m 644 README $(DESTDIR)$(prefix)/share/$(NAME)/
"""


def _parts(path: str) -> tuple[str, str]:
    """The name and version that the last part of a path says."""
    stem = re.sub(r"\.(tar\.gz|tgz|tar\.xz|zip|gz|whl|jar|deb)$", "", path.rpartition("/")[2])
    found = re.match(r"([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z]+)*)[-_]v?(\d[\w.]*)", stem)
    return (found[1], found[2]) if found else (stem, "1.0")


def program(name: str) -> str:
    return f"#!/bin/sh\necho {name} $*\n"


def _members(path: str) -> dict[str, str]:
    """What an archive holds: by `/src/` a source tree, by `/flat/` bare files, else one folder."""
    name, version = _parts(path)
    if "/src/" in path:
        top = f"{name}-{version}"
        texts = {"configure": CONFIGURE, "Makefile.in": MAKEFILE.format(name=name), "README": f"{name}\n",
                 "main.c": f'#include <stdio.h>\nint main(void) {{ puts("{name} {version}"); return 0; }}\n'}  # fmt: skip
        return {f"{top}/{each}": text for each, text in texts.items()}
    if "/flat/" in path:
        return {name: program(name), "LICENSE": "free\n", "README.md": f"# {name}\n"}
    top = "linux-amd64" if "/linux-amd64/" in path else f"{name}-{version}"
    return {f"{top}/bin/{name}": program(name), f"{top}/{name}": program(name), f"{top}/lib/{name}.txt": "data\n", f"{top}/LICENSE": "x\n"}


def _is_program(name: str, text: str) -> bool:
    return text.startswith("#!") or name.endswith("configure")


def _tar(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        folders: set[str] = set()
        for name, text in members.items():
            for above in [str(each) for each in reversed(Path(name).parents) if str(each) != "."]:
                if above not in folders:
                    folders.add(above)
                    folder = tarfile.TarInfo(above)
                    folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o755, 1_600_000_000
                    archive.addfile(folder)
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(text), 1_600_000_000
            member.mode = 0o755 if _is_program(name, text) else 0o644
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def _zip(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.external_attr = (0o100755 if _is_program(name, text) else 0o100644) << 16
            archive.writestr(info, text)
    return out.getvalue()


def wheel(name: str) -> bytes:
    info = f"{name}-1.0.dist-info"
    texts = {
        f"{name}/__init__.py": "VALUE = 1\n\n\ndef main():\n    print(VALUE)\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    texts[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in [*texts, f"{info}/RECORD"])
    return _zip(texts)


@lru_cache(maxsize=256)
def package(name: str) -> bytes:
    """An npm package with a command of its name."""
    texts = {"package/package.json": json.dumps({"name": name, "version": "1.0.0", "main": "i.js", "bin": {name: "cli.js"}}),
             "package/i.js": "module.exports = 1\n", "package/cli.js": "#!/usr/bin/env node\nconsole.log(1)\n"}  # fmt: skip
    return _gz(_tar(texts))


def _gz(data: bytes) -> bytes:
    import gzip

    return gzip.compress(data, 1, mtime=0)


@lru_cache(maxsize=256)
def content(path: str) -> bytes:
    """What the server has at `path`: the same bytes every time, made from the name."""
    if path.endswith((".tar.gz", ".tgz")):
        return _gz(_tar(_members(path)))
    if path.endswith(".tar.xz"):
        import lzma

        return lzma.compress(_tar(_members(path)))
    if path.endswith(".zip"):
        return _zip(_members(path))
    if path.endswith(".sha256"):
        body = content(path.removesuffix(".sha256"))
        return f"{hashlib.sha256(body).hexdigest()}  {path.rpartition('/')[2].removesuffix('.sha256')}\n".encode()
    if path.endswith(".gz"):
        return _gz(program(_parts(path)[0]).encode())
    if path.endswith((".conf", ".txt", ".jar", ".json")):
        return f"content of {path.rpartition('/')[2]}\n".encode()
    return program(_parts(path)[0]).encode()


def sha256(path: str) -> str:
    return hashlib.sha256(content(path)).hexdigest()


def lock(url: str, names: tuple[str, ...]) -> dict[str, str]:
    """package.json and package-lock.json of a project that needs `names`."""
    needs = dict.fromkeys(names, "1.0.0")
    packages: dict[str, object] = {"": {"name": "project", "version": "1.0.0", "dependencies": needs}}
    for name in names:
        digest = "sha512-" + base64.b64encode(hashlib.sha512(package(name)).digest()).decode()
        packages[f"node_modules/{name}"] = {"version": "1.0.0", "resolved": f"{url}/npm/{name}/-/{name}-1.0.0.tgz", "integrity": digest}
    project = {"name": "project", "version": "1.0.0", "dependencies": needs}
    return {"package.json": json.dumps(project, indent=2) + "\n",
            "package-lock.json": json.dumps({"name": "project", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}, indent=2)}  # fmt: skip


class Downloads(Services):
    """`delay` seconds are waited before each answer with content; `asked` counts them."""

    delay: float = 0.0
    asked: int = 0

    @property
    def url(self) -> str:
        return f"http://{self.at}"


class _Files(_Handler):
    services: Downloads

    def granted(self) -> bool:
        return True

    def do_GET(self) -> None:
        path = re.sub(r"^/again\d*", "", unquote(urlsplit(self.path).path))
        self.services.asked += 1
        if not path.endswith("/info/refs"):
            time.sleep(self.services.delay)
        if path.startswith("/git/"):
            self.path = re.sub(r"^/again\d*", "", self.path)
            self.backend(b"")
        elif path.startswith("/simple/"):
            name = path.strip("/").rpartition("/")[2].replace("-", "_")
            self.answer(200, f'<a href="/wheels/{name}-1.0-py3-none-any.whl">{name}-1.0-py3-none-any.whl</a>'.encode(), "text/html")
        elif path.startswith("/wheels/"):
            self.answer(200, wheel(path.rpartition("/")[2].partition("-")[0]))
        elif path.startswith("/npm/") and path.endswith(".tgz"):
            self.answer(200, package(path.split("/")[2]))
        elif path.startswith("/npm/"):
            self.answer(200, json.dumps(self.registered(path.split("/")[2])).encode(), "application/json")
        else:
            self.answer(200, content(path))

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        self.path = re.sub(r"^/again\d*", "", self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/git/"):
            time.sleep(self.services.delay / 2)  # git asks twice: for the names, then for the files
            self.backend(body)
        else:
            self.answer(200, b"{}", "application/json")

    def registered(self, name: str) -> dict[str, object]:
        digest = "sha512-" + base64.b64encode(hashlib.sha512(package(name)).digest()).decode()
        dist = {"tarball": f"{self.services.url}/npm/{name}/-/{name}-1.0.0.tgz", "integrity": digest}
        version = {"name": name, "version": "1.0.0", "bin": {name: "cli.js"}, "dist": dist}
        return {"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}


@contextmanager
def offering(root: Path) -> Iterator[Downloads]:
    """The server on a free port of 127.0.0.1, gone after the block."""
    repository(root, "app")
    services = Downloads("", root)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Files", (_Files,), {"services": services}))
    server.daemon_threads = True
    services.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()
