"""Secrets searched for in everything an image holds, however they are wrapped, and never shown."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, cast
from urllib.parse import unquote_to_bytes

from refactor.engine.archive import CHUNK, Peeked, Readable
from refactor.engine.image import Leak
from refactor.engine.process import EngineError, mask

DEEPEST = 8
SHORTEST = 4
LARGEST = 8 << 30
"""Bytes unpacked from one file before we say that we stopped: an archive can be made to unpack for ever."""
BROKEN = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    ValueError,
    RuntimeError,
    NotImplementedError,
)


class Secrets:
    """The scanner for given secrets: name to value.  Raises EngineError for a value too short to mean anything."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._needles: list[tuple[str, str, bytes]] = []
        for name, value in values.items():
            wanted = value.strip().encode("utf-8", "surrogateescape")
            if len(wanted) < SHORTEST:
                raise EngineError(f"the value of {name} is shorter than {SHORTEST} bytes: finding it would mean nothing")
            self._needles += [(name, form, needle) for form, needle in needles(wanted)]
        self._values = tuple(values.values())
        self._overlap = 4 * max((len(needle) for *_, needle in self._needles), default=0)

    def text(self, text: str, place: str) -> list[Leak]:
        """Leaks in a short text, such as one line of an image's history."""
        watch = Watched(io.BytesIO(text.encode("utf-8", "surrogateescape")), self._needles, self._overlap)
        watch.drain()
        return [Leak(name, form, mask(place, self._values)) for name, form in sorted(watch.found)]

    def content(self, stream: Readable, place: str) -> tuple[list[Leak], list[str]]:
        """Leaks in a file, and what of it could not be looked into.  Reads the stream to its end."""
        found: set[tuple[str, str]] = set()
        unread: list[str] = []
        shown = mask(place, self._values)
        budget = [LARGEST]
        self._scan(stream, "", 0, found, unread, budget)
        return [Leak(name, form, shown) for name, form in sorted(found)], [f"{shown}: {why}" for why in unread]

    def _scan(
        self,
        stream: Readable,
        inside: str,
        depth: int,
        found: set[tuple[str, str]],
        unread: list[str],
        budget: list[int],
    ) -> None:
        watch = Watched(stream, self._needles, self._overlap, budget if depth else None)
        peeked = Peeked(watch)
        kind = container(peeked.head)
        if kind is not None and depth >= DEEPEST:
            unread.append(f"nested more than {DEEPEST} deep")
        elif kind is not None:
            within = f"{inside} in {kind}"
            try:
                for part in unpacked(kind, peeked):
                    self._scan(part, within, depth + 1, found, unread, budget)
            except ExhaustedError:
                if depth:
                    raise
                unread.append(f"unpacks to more than {LARGEST >> 30} GiB")
            except BROKEN as problem:
                if kind not in ("zlib", "git pack"):  # two bytes are a weak sign: most such files are something else
                    unread.append(f"looks like {kind} but can't be unpacked ({type(problem).__name__})")
        watch.drain()
        found |= {(name, form + inside) for name, form in watch.found}


class ExhaustedError(Exception):
    """An archive unpacks to more than anyone would want to read."""


class Watched:
    """A stream searched for needles as it is read; what `%41` means is searched too, and text broken into lines."""

    def __init__(
        self, stream: Readable, needles: list[tuple[str, str, bytes]], overlap: int, budget: list[int] | None = None
    ) -> None:
        self._stream = stream
        self._needles = needles
        self._overlap = overlap
        self._budget = budget
        self._tail = b""
        self.found: set[tuple[str, str]] = set()

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        if data:
            self._search(data)
        return data

    def drain(self) -> None:
        while self.read(CHUNK):
            pass

    def _search(self, data: bytes) -> None:
        if self._budget is not None:
            self._budget[0] -= len(data)
            if self._budget[0] < 0:
                raise ExhaustedError
        window = self._tail + data
        decoded = unquote_to_bytes(window) if b"%" in window else None
        joined = window.translate(None, b"\r\n\t ") if b"\n" in window else None
        for name, form, needle in self._needles:
            if needle in window:
                self.found.add((name, form))
            elif form == "raw":
                if decoded is not None and needle in decoded:
                    self.found.add((name, "URL-encoded"))
            elif joined is not None and needle in joined:
                self.found.add((name, form))
        self._tail = window[-self._overlap :] if self._overlap else b""


def needles(value: bytes) -> Iterator[tuple[str, bytes]]:
    """How a value can be written down: as it is, escaped in JSON, in hex, in base64 at each alignment."""
    yield "raw", value
    escaped = json.dumps(value.decode("utf-8", "replace"))[1:-1].encode()
    for form in {escaped, escaped.replace(b"&", b"\\u0026").replace(b"<", b"\\u003c").replace(b">", b"\\u003e")}:
        if form != value:
            yield "JSON-escaped", form
    yield "hex", value.hex().encode()
    yield "hex", value.hex().upper().encode()
    for shift in range(3):
        # The first and the last sextets are shared with whatever stands before and after the value.
        plain = base64.b64encode(b"\0" * shift + value)
        first = (0, 2, 3)[shift]
        whole = (shift + len(value)) * 8 // 6
        core = plain[first:whole]
        for form in {core, core.translate(bytes.maketrans(b"+/", b"-_"))}:
            if len(form) >= SHORTEST:
                yield "base64", form


def container(head: bytes) -> str | None:
    """What a file that begins like this may hold further files in."""
    if head[:2] == b"\x1f\x8b":
        return "gzip"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if head[257:262] == b"ustar":
        return "tar"
    if head[:4] == b"PACK":
        return "git pack"
    if head[:3] == b"BZh":
        return "bzip2"
    if head[:6] == b"\xfd7zXZ\x00":
        return "xz"
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
        yield from zipped(stream)


def zipped(stream: Readable) -> Iterator[IO[bytes]]:
    """A zip has its index at its end, so it goes to a file first when it is large."""
    import zipfile

    with SpooledTemporaryFile(max_size=8 * CHUNK) as copy:
        while data := stream.read(CHUNK):
            copy.write(data)
        with zipfile.ZipFile(copy) as archive:
            for member in archive.infolist():
                with archive.open(member) as content:
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
    buffer = stream.read(12)[12:]
    data = b""

    def take() -> int:
        nonlocal data
        if not data:
            data = stream.read(CHUNK)
        if not data:
            raise EOFError
        byte, data = data[0], data[1:]
        return byte

    data = buffer
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
