"""Files that hold other files, told by how they begin, and unpacked as streams."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from dfrefactor.engine.layer import CHUNK, Peeked, Readable

BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError, ValueError, RuntimeError)


STARTS = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"PACK": "git pack", b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
}  # fmt: skip


def container(head: bytes) -> str | None:
    """What a file that begins like this may hold further files in."""
    for start, kind in STARTS.items():
        if head.startswith(start):
            return kind
    if head[257:262] == b"ustar":
        return "tar"
    if len(head) > 2 and head[0] & 0x0F == 8 and head[0] >> 4 <= 7 and int.from_bytes(head[:2]) % 31 == 0:
        return "zlib"  # RFC 1950, 2.2: method 8, and a check that makes the first two bytes a multiple of 31
    return None


def unpacked(kind: str, stream: Peeked) -> Iterator[Readable]:
    """The streams a container holds, each to be read before the next."""
    if kind == "gzip":
        yield gzip.GzipFile(fileobj=stream)
    elif kind == "bzip2":
        yield bz2.BZ2File(stream)
    elif kind == "xz":
        yield lzma.LZMAFile(cast("IO[bytes]", stream))  # noqa: SIM115
    elif kind == "zlib":
        yield Inflated(stream)
    elif kind == "tar":
        with tarfile.open(fileobj=stream, mode="r|", bufsize=CHUNK) as archive:
            for member in archive:
                archive.members = []  # type: ignore[attr-defined]
                content = archive.extractfile(member) if member.isreg() else None
                if content is not None:
                    yield content
    elif kind == "git pack":
        yield from git_pack(stream)
    else:
        # A zip has its index at its end, so it goes to a file first when it is large.
        with SpooledTemporaryFile(max_size=8 * CHUNK) as copy:
            shutil.copyfileobj(cast("IO[bytes]", stream), copy, CHUNK)
            with zipfile.ZipFile(copy) as zipped:
                for name in zipped.infolist():
                    with zipped.open(name) as content:
                        yield content


class Inflated:
    """What a zlib stream unpacks to."""

    def __init__(self, stream: Readable, before: bytes = b"") -> None:
        self._stream = stream
        self._inflate = zlib.decompressobj()
        self._input = before

    def read(self, size: int = -1, /) -> bytes:
        limit = size if size > 0 else CHUNK
        while not self._inflate.eof:
            data = self._input or self._stream.read(CHUNK)
            if not data:
                return b""
            out = self._inflate.decompress(data, limit)
            self._input = self._inflate.unconsumed_tail
            if out:
                return out
        return b""

    @property
    def rest(self) -> bytes:
        """What was read beyond the stream's end."""
        return self._inflate.unused_data


def git_pack(stream: Readable) -> Iterator[Inflated]:
    """The objects of a pack, deltas as they are (gitformat-pack(5)): what a delta inserts stands in it in full."""
    stream.read(12)
    data = b""

    def take() -> int:
        nonlocal data
        if not data:
            data = stream.read(CHUNK)
        if not data:
            raise EOFError
        byte, data = data[0], data[1:]
        return byte

    while True:
        byte = first = take()
        while byte & 0x80:
            byte = take()
        kind = (first >> 4) & 7
        if kind == 6:
            while take() & 0x80:
                pass
        elif kind == 7:
            for _ in range(20):
                take()
        part = Inflated(stream, data)
        yield part
        while part.read(CHUNK):
            pass
        data = part.rest
