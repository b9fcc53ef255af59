"""Image archives made by hand, for tests that need no engine."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

from dfrefactor.engine.archive import read
from dfrefactor.engine.image import Image

Member = tuple[tarfile.TarInfo, bytes]


def member(path: str, kind: bytes, mode: int, owner: tuple[int, int], content: bytes = b"", **more: Any) -> Member:
    info = tarfile.TarInfo(path.lstrip("/"))
    info.type, info.mode, info.size = kind, mode, len(content)
    info.uid, info.gid = owner
    for name, value in more.items():
        setattr(info, name, value)
    return info, content


def file(
    path: str,
    content: bytes = b"",
    mode: int = 0o644,
    owner: tuple[int, int] = (0, 0),
    xattrs: Mapping[str, bytes] | None = None,
) -> Member:
    headers = {
        f"SCHILY.xattr.{name}": value.decode("utf-8", "surrogateescape") for name, value in (xattrs or {}).items()
    }
    return member(path, tarfile.REGTYPE, mode, owner, content, pax_headers=headers)


def folder(path: str, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> Member:
    return member(path, tarfile.DIRTYPE, mode, owner)


def symlink(path: str, target: str) -> Member:
    return member(path, tarfile.SYMTYPE, 0o777, (0, 0), linkname=target)


def hardlink(path: str, target: str) -> Member:
    return member(path, tarfile.LNKTYPE, 0o644, (0, 0), linkname=target.lstrip("/"))


def fifo(path: str) -> Member:
    return member(path, tarfile.FIFOTYPE, 0o644, (0, 0))


def device(path: str, major: int, minor: int) -> Member:
    return member(path, tarfile.CHRTYPE, 0o666, (0, 0), devmajor=major, devminor=minor)


def gone(path: str) -> Member:
    head, _, name = path.rpartition("/")
    return file(f"{head}/.wh.{name}")


def emptied(path: str) -> Member:
    return file(f"{path}/.wh..wh..opq")


def layer(*members: Member) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def config(history: Sequence[str] = (), **runtime: Any) -> dict[str, Any]:
    return {
        "architecture": "amd64",
        "os": "linux",
        "config": runtime,
        "history": [{"created_by": line} for line in history],
    }


def saved(layers: Sequence[bytes], configuration: Mapping[str, Any], name: str = "image:1") -> io.BytesIO:
    """What `docker save` writes: blobs in the order of their names, the manifest last."""
    blobs = {f"blobs/sha256/{hashlib.sha256(data).hexdigest()}": data for data in layers}
    names = list(blobs)
    about = json.dumps(configuration).encode()
    about_name = f"blobs/sha256/{hashlib.sha256(about).hexdigest()}"
    manifest = [{"Config": about_name, "RepoTags": [name], "Layers": [
        next(n for n in names if blobs[n] == data) for data in layers]}]  # fmt: skip
    return packed({**blobs, about_name: about, "manifest.json": json.dumps(manifest).encode()})


def oci(layers: Sequence[bytes], configuration: Mapping[str, Any], name: str = "image:1") -> io.BytesIO:
    """An OCI layout in one file, its layers compressed."""

    def described(data: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return {"digest": f"sha256:{digest}", "size": len(data)}

    blobs: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    parts = [described(gzip.compress(data, mtime=0)) for data in layers]
    manifest = {"config": described(json.dumps(configuration).encode()), "layers": parts}
    index = {**described(json.dumps(manifest).encode()), "annotations": {"org.opencontainers.image.ref.name": name}}
    blobs["index.json"] = json.dumps({"manifests": [index]}).encode()
    return packed(blobs)


def packed(blobs: Mapping[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in sorted(blobs.items()):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    out.seek(0)
    return out


def image(*layers: bytes, **runtime: Any) -> Image:
    return read(saved(layers, config(**runtime)))[0]
