"""Image archives (OCI layout, `docker save`), read in one pass from start to end and never held in memory."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import IO, Any, Protocol

from refactor.engine.image import Entry, Image, Layer, Leak
from refactor.engine.process import EngineError

CHUNK = 1 << 20
SMALL = 1 << 24
"""Larger blobs are not configuration."""
XATTR = "SCHILY.xattr."
KINDS = {
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "symlink",
    tarfile.FIFOTYPE: "fifo",
    tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block",
}


class Readable(Protocol):
    """All that is asked of a stream."""

    def read(self, size: int = -1, /) -> bytes: ...


class Scanner(Protocol):
    """Looks for secrets in what passes by (refactor.engine.scan)."""

    def text(self, text: str, place: str) -> list[Leak]: ...

    def content(self, stream: Readable, place: str) -> tuple[list[Leak], list[str]]: ...


class Peeked(io.RawIOBase):
    """A stream whose first bytes have been looked at."""

    def __init__(self, stream: Readable, size: int = 512) -> None:
        self._stream = stream
        self.head = b""
        while len(self.head) < size and (more := stream.read(size - len(self.head))):
            self.head += more
        self._left = self.head

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            data, self._left = self._left + self._stream.read(), b""
            return data
        if self._left:
            data, self._left = self._left[:size], self._left[size:]
            return data
        return self._stream.read(size)


class Hashed:
    """A stream that is hashed as it is read."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.hash = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self.hash.update(data)
        return data


def read(stream: Readable, scanner: Scanner | None = None) -> tuple[Image, ...]:
    """The images of an archive.  Raises EngineError where it is none, or is cut short."""
    layers: dict[str, Layer] = {}
    blobs: dict[str, Any] = {}
    aliases: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=CHUNK) as archive:  # type: ignore[call-overload]
            for member in archive:
                name = _plain(member.name)
                if member.issym() or member.islnk():
                    aliases[name] = _target(name, member)
                elif (content := archive.extractfile(member)) is not None:
                    _blob(name, Peeked(content), member.size, layers, blobs, scanner)
                archive.members = []
    except (tarfile.TarError, EOFError, UnicodeDecodeError) as problem:
        raise EngineError(f"the engine's archive can't be read: {problem}") from None

    def find(name: str) -> str:
        seen: set[str] = set()
        while name in aliases and name not in seen:
            seen.add(name)
            name = aliases[name]
        return name

    images = []
    for config_name, layer_names, names in _manifests(blobs):
        config = blobs.get(find(config_name))
        found = [layers.get(find(name)) for name in layer_names]
        if not isinstance(config, dict) or None in found:
            raise EngineError("the engine's archive lacks a part of the image")
        kept = tuple(layer for layer in found if layer is not None)
        leaks = tuple(_config_leaks(config, scanner)) if scanner else ()
        images.append(Image(config, kept, names, leaks + tuple(leak for layer in kept for leak in layer.leaks)))
    return tuple(images)


def _plain(name: str) -> str:
    return name.removeprefix("./").rstrip("/")


def _target(name: str, member: tarfile.TarInfo) -> str:
    import posixpath

    return posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname) if member.issym() else
                              member.linkname)  # fmt: skip


def _blob(
    name: str, content: Peeked, size: int, layers: dict[str, Layer], blobs: dict[str, Any], scanner: Scanner | None
) -> None:
    head = content.head
    if head[:1] in (b"{", b"[") and size <= SMALL:
        try:
            blobs[name] = json.loads(content.read())
        except ValueError:
            return
    elif head[:4] == b"\x28\xb5\x2f\xfd":
        raise EngineError("a layer is compressed with zstd, which Python can't read; have the engine export gzip")
    elif head[:2] == b"\x1f\x8b" or head[257:262] == b"ustar" or (head and not head.strip(b"\0")):
        layers[name] = read_layer(name, content, scanner)


def _manifests(blobs: Mapping[str, Any]) -> Iterator[tuple[str, list[str], tuple[str, ...]]]:
    if "manifest.json" in blobs:  # docker save, of any age
        for manifest in blobs["manifest.json"]:
            yield manifest["Config"], list(manifest["Layers"] or ()), tuple(manifest["RepoTags"] or ())
        return
    for index in blobs.get("index.json", {}).get("manifests", ()):
        tag = (index.get("annotations") or {}).get("org.opencontainers.image.ref.name")
        yield from _of_index(blobs, index, (tag,) if tag else ())


def _of_index(
    blobs: Mapping[str, Any], index: Mapping[str, Any], names: tuple[str, ...]
) -> Iterator[tuple[str, list[str], tuple[str, ...]]]:
    if (index.get("annotations") or {}).get("vnd.docker.reference.type") == "attestation-manifest":
        return
    blob = blobs.get(_blob_name(index), {})
    for inner in blob.get("manifests", ()):
        yield from _of_index(blobs, inner, names)
    if "config" in blob:
        yield _blob_name(blob["config"]), [_blob_name(layer) for layer in blob["layers"]], names


def _blob_name(descriptor: Mapping[str, Any]) -> str:
    return "blobs/" + str(descriptor["digest"]).replace(":", "/", 1)


def read_layer(name: str, stream: Readable, scanner: Scanner | None = None) -> Layer:
    """One layer, plain or gzipped."""
    entries: dict[str, Entry] = {}
    removed, emptied = set(), set()
    leaks: list[Leak] = []
    unread: list[str] = []
    size = 0
    kind = "r|gz" if isinstance(stream, Peeked) and stream.head[:2] == b"\x1f\x8b" else "r|"
    with tarfile.open(fileobj=stream, mode=kind, bufsize=CHUNK) as layer:  # type: ignore[call-overload]
        for member in layer:
            layer.members = []
            path = "/" + member.name.removeprefix("./").strip("/") if member.name not in (".", "./", "/") else "/"
            folder, _, base = path.rpartition("/")
            if base == ".wh..wh..opq":
                emptied.add(folder or "/")
                continue
            if base.startswith(".wh."):
                removed.add(f"{folder}/{base.removeprefix('.wh.')}")
                continue
            if scanner is not None:
                leaks += _name_leaks(member, path, scanner)
            if member.islnk():
                target = "/" + member.linkname.removeprefix("./").strip("/")
                if target in entries:
                    entries[target] = replace(entries[target], inode=(name, target))
                    entries[path] = entries[target]
                    continue
                entries[path] = Entry("hardlink", 0, 0, 0, link=target, inode=(name, target))
                continue
            digest = ""
            if member.isreg():
                size += member.size
                content = layer.extractfile(member)
                assert content is not None
                digest = _drain(content, path, scanner, leaks, unread)
            entries[path] = _entry(member, digest)
    return Layer(name, entries, frozenset(removed), frozenset(emptied), size, tuple(leaks), tuple(unread))


def _drain(content: IO[bytes], path: str, scanner: Scanner | None, leaks: list[Leak], unread: list[str]) -> str:
    hashed = Hashed(content)
    if scanner is not None:
        found, skipped = scanner.content(hashed, path)
        leaks += found
        unread += skipped
    while hashed.read(CHUNK):
        pass
    return hashed.hash.hexdigest()


def _entry(member: tarfile.TarInfo, digest: str) -> Entry:
    xattrs = tuple(
        sorted(
            (key.removeprefix(XATTR), str(value).encode("utf-8", "surrogateescape"))
            for key, value in member.pax_headers.items()
            if key.startswith(XATTR)
        )
    )
    kind = KINDS.get(member.type, "file")
    return Entry(
        kind, member.mode & 0o7777, member.uid, member.gid,
        size=member.size if kind == "file" else 0,
        digest=digest,
        link=member.linkname if kind == "symlink" else "",
        xattrs=xattrs,
        device=(member.devmajor, member.devminor) if kind in ("char", "block") else (0, 0),
    )  # fmt: skip


def _name_leaks(member: tarfile.TarInfo, path: str, scanner: Scanner) -> list[Leak]:
    leaks = scanner.text(path, "the path of a file") + scanner.text(member.linkname, f"{path} (link target)")
    for key, value in member.pax_headers.items():
        if key.startswith(XATTR):
            leaks += scanner.text(str(value), f"{path} (extended attribute)")
    return leaks


def _config_leaks(config: Mapping[str, Any], scanner: Scanner) -> Iterator[Leak]:
    def walk(value: object, place: str) -> Iterator[Leak]:
        if isinstance(value, str):
            yield from scanner.text(value, place)
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from scanner.text(str(key), place)
                yield from walk(inner, f"{place}.{key}" if place else str(key))
        elif isinstance(value, list):
            for number, inner in enumerate(value, 1):
                yield from walk(inner, f"{place} {number}")

    yield from walk(dict(config), "")
