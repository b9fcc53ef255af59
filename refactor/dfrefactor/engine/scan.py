"""Secrets searched for in everything an image holds, however they are wrapped, and never shown."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_to_bytes

from dfrefactor.engine.image import Leak
from dfrefactor.engine.layer import CHUNK, Peeked, Readable
from dfrefactor.engine.process import EngineError
from dfrefactor.engine.unpack import BROKEN, container, unpacked
from dfrefactor.text.mask import Mask

DEEPEST = 8
SHORTEST = 4
LARGEST = 8 << 30
"""Bytes unpacked from one file before we say that we stopped: an archive can be made to unpack for ever."""


class Secrets:
    """The scanner for given secrets: name to value.  Raises EngineError for a value too short to mean anything."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._needles: list[tuple[str, str, bytes]] = []
        for name, value in values.items():
            wanted = value.strip().encode("utf-8", "surrogateescape")
            if len(wanted) < SHORTEST:
                raise EngineError(f"the value of {name} is shorter than {SHORTEST} bytes: finding it would mean nothing")
            self._needles += [(name, form, needle) for form, needle in needles(wanted)]
        self._mask = Mask(frozenset(values.values()))
        self._overlap = 4 * max((len(needle) for *_, needle in self._needles), default=0)

    def text(self, text: str, place: str) -> list[Leak]:
        """Leaks in a short text, such as one line of an image's history."""
        watch = Watched(io.BytesIO(text.encode("utf-8", "surrogateescape")), self._needles, self._overlap)
        watch.drain()
        return [Leak(name, form, self._mask(place)) for name, form in sorted(watch.found)]

    def content(self, stream: Readable, place: str) -> tuple[list[Leak], list[str]]:
        """Leaks in a file, and what of it could not be looked into.  Reads the stream to its end."""
        found: set[tuple[str, str]] = set()
        unread: list[str] = []
        shown = self._mask(place)
        self._scan(stream, "", 0, found, unread, [LARGEST])
        return [Leak(name, form, shown) for name, form in sorted(found)], [f"{shown}: {why}" for why in unread]

    def _scan(
        self, stream: Readable, inside: str, depth: int, found: set[tuple[str, str]], unread: list[str], budget: list[int]
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
        self._stream, self._needles, self._overlap, self._budget = stream, needles, overlap, budget
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
        core = base64.b64encode(b"\0" * shift + value)[(0, 2, 3)[shift] : (shift + len(value)) * 8 // 6]
        for form in {core, core.translate(bytes.maketrans(b"+/", b"-_"))}:
            if len(form) >= SHORTEST:
                yield "base64", form
