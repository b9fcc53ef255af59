"""Servers on the loopback interface that demand a credential: files, git, a Python index, an npm registry."""


from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

SECRET = "s3cr3t-7f6b1d0c9a8e4725"  # no format of any vendor's: it has to be found by how it is used


@dataclass
class Services:
    """What the server offers, and the secret it wants for it; `denied` are paths asked for without."""

    secret: str
    root: Path
    port: int = 0
    denied: list[str] = field(default_factory=list)

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.port}"


def tarball(files: dict[str, str]) -> bytes:
    """A .tgz that is the same bytes every time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def wheel() -> bytes:
    """The package `secretlib` 1.0."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        texts = {
            "secretlib.py": "VALUE = 1\n",
            "secretlib-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: secretlib\nVersion: 1.0\n",
            "secretlib-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        texts["secretlib-1.0.dist-info/RECORD"] = "".join(f"{name},,\n" for name in texts)
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


PACKAGE = tarball({"package/package.json": '{"name": "@team/lib", "version": "1.0.0", "main": "i.js"}', "package/i.js": "module.exports = 1\n"})
INTEGRITY = "sha512-" + base64.b64encode(hashlib.sha512(PACKAGE).digest()).decode()


def repository(root: Path, name: str, inside: str = "") -> None:
    """A bare repository with one commit and a tag, the same objects every time; `inside` is a submodule beside it."""
    work = root / f"{name}.work"
    env = {**os.environ, "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    env |= {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "t"), ("EMAIL", "t@t"), ("DATE", "@0 +0000"))}

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=work, env=env, check=True, capture_output=True)

    work.mkdir()
    git("init", "-q", "-b", "main")
    (work / "Makefile").write_text("install:\n\tinstall -D hello /usr/local/bin/hello\n")
    (work / "hello").write_text("#!/bin/sh\necho hello\n")
    (work / "pyproject.toml").write_text('[project]\nname = "gitlib"\nversion = "1.0"\n')
    if inside:
        (work / ".gitmodules").write_text(f'[submodule "{inside}"]\n\tpath = {inside}\n\turl = ../{inside}.git\n')
    git("add", ".")
    if inside:
        head = subprocess.run(["git", "rev-parse", "main"], cwd=root / f"{inside}.git", check=True, capture_output=True, text=True).stdout.strip()
        git("update-index", "--add", "--cacheinfo", f"160000,{head},{inside}")
    git("commit", "-q", "-m", "first")
    git("tag", "v1")
    subprocess.run(["git", "clone", "-q", "--bare", str(work), str(root / f"{name}.git")], check=True, env=env, capture_output=True)


class _Handler(BaseHTTPRequestHandler):
    services: Services
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing is logged: a request may hold the secret."""

    def answer(self, code: int, body: bytes = b"", kind: str = "application/octet-stream", **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def granted(self) -> bool:
        """Whether the request shows the secret, in any of the ways there are."""
        secret = self.services.secret
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return secret in base64.b64decode(value).decode().split(":")
        query = parse_qs(urlsplit(self.path).query)
        shown = [value, self.headers.get("PRIVATE-TOKEN", ""), self.headers.get("X-Api-Key", ""), *query.get("token", [])]
        return secret in shown

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if not self.granted():
            self.services.denied.append(path)
            self.answer(401, b"credential missing\n", WWW_Authenticate='Basic realm="test"')
        elif path.startswith("/files/"):
            name = path.rpartition("/")[2]
            self.answer(200, tarball({"tool/bin/tool": "#!/bin/sh\necho tool\n", "tool/README": "read me\n"}) if name.endswith("gz") else f"content of {name}\n".encode())
        elif path.startswith("/git/"):
            self.backend(b"")
        elif path == "/simple/secretlib/":
            self.answer(200, b'<a href="../../wheels/secretlib-1.0-py3-none-any.whl">secretlib-1.0-py3-none-any.whl</a>', "text/html")
        elif path.startswith("/wheels/"):
            self.answer(200, wheel())
        elif path.startswith("/npm/") and path.endswith(".tgz"):
            self.answer(200, PACKAGE)
        elif path.lower() == "/npm/@team%2flib":
            version = {"name": "@team/lib", "version": "1.0.0", "dist": {"tarball": f"http://{self.services.at}/npm/lib-1.0.0.tgz", "integrity": INTEGRITY}}
            self.answer(200, json.dumps({"name": "@team/lib", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}).encode(), "application/json")
        else:
            self.answer(404)

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.granted():
            self.answer(401, WWW_Authenticate='Basic realm="test"')
        elif self.path.startswith("/git/"):
            self.backend(body)
        else:
            self.answer(404)

    def backend(self, body: bytes) -> None:
        """git http-backend(1), as a web server calls it."""
        url = urlsplit(self.path)
        env = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.services.root), "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": self.command,
            "PATH_INFO": url.path.removeprefix("/git"), "QUERY_STRING": url.query, "REMOTE_USER": "test", "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        }  # fmt: skip
        out = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True).stdout
        head, _, content = out.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        code = int(fields.pop("Status", "200").split()[0])
        self.answer(code, content, fields.pop("Content-Type", "text/plain"))


@contextmanager
def serving(secret: str, root: Path) -> Iterator[Services]:
    """The services on a free port of 127.0.0.1, gone after the block."""
    repository(root, "app")
    repository(root, "super", inside="app")
    services = Services(secret, root)
    handler = type("Handler", (_Handler,), {"services": services})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    services.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()
