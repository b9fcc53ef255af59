"""One layer of an image, read as a stream: what it writes and takes away, hashed and searched on the way."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import replace
from typing import Protocol

from dfrefactor.engine.image import Entry, Layer, Leak

CHUNK = 1 << 20
XATTR = "SCHILY.xattr."
KINDS = {
    tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "symlink", tarfile.FIFOTYPE: "fifo", tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block",
}  # fmt: skip


class Readable(Protocol):
    """All that is asked of a stream."""

    def read(self, size: int = -1, /) -> bytes: ...


class Scanner(Protocol):
    """Looks for secrets in what passes by (dfrefactor.engine.scan)."""

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
                leaks += scanner.text(path, "the path of a file") + scanner.text(member.linkname, f"{path} (link target)")
                leaks += [leak for _, value in _xattrs(member) for leak in scanner.text(value, f"{path} (extended attribute)")]
            if member.islnk():
                target = "/" + member.linkname.removeprefix("./").strip("/")
                if target in entries:
                    entries[target] = replace(entries[target], inode=(name, target))
                entries[path] = entries.get(target) or Entry("hardlink", 0, 0, 0, link=target, inode=(name, target))
                continue
            digest = ""
            if member.isreg() and (content := layer.extractfile(member)) is not None:
                size += member.size
                hashed = Hashed(content)
                if scanner is not None:
                    found, skipped = scanner.content(hashed, path)
                    leaks += found
                    unread += skipped
                while hashed.read(CHUNK):
                    pass
                digest = hashed.hash.hexdigest()
            entries[path] = _entry(member, digest)
    return Layer(name, entries, frozenset(removed), frozenset(emptied), size, tuple(leaks), tuple(unread))


def _entry(member: tarfile.TarInfo, digest: str) -> Entry:
    kind = KINDS.get(member.type, "file")
    return Entry(
        kind, member.mode & 0o7777, member.uid, member.gid,
        size=member.size if kind == "file" else 0,
        digest=digest,
        link=member.linkname if kind == "symlink" else "",
        xattrs=tuple(sorted((name, value.encode("utf-8", "surrogateescape")) for name, value in _xattrs(member))),
        device=(member.devmajor, member.devminor) if kind in ("char", "block") else (0, 0),
    )  # fmt: skip


def _xattrs(member: tarfile.TarInfo) -> list[tuple[str, str]]:
    return [(key.removeprefix(XATTR), str(value)) for key, value in member.pax_headers.items() if key.startswith(XATTR)]
