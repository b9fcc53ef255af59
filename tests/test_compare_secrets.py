"""Secrets are found however they are wrapped, and their values are nowhere in what is said."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

import pytest
from dfrefactor.dockerfile.model import parse
from dfrefactor.engine import scan
from dfrefactor.engine.archive import read
from dfrefactor.engine.changes import check
from dfrefactor.engine.compare import compare
from dfrefactor.engine.image import Leak
from dfrefactor.engine.layer import CHUNK
from dfrefactor.engine.process import EngineError
from dfrefactor.engine.progress import Lines, RawJson, failure
from dfrefactor.engine.scan import Secrets
from dfrefactor.text.mask import Mask

from tests.images import config, file, gone, layer, saved, symlink

VALUE = "s3cr3t/t0ken+with&odd=chars"
RAW = VALUE.encode()
FILLER = bytes(range(256)) * 64


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nothing.txt", "nothing")
        archive.writestr("inner/a", data)
    return out.getvalue()


def tarred(data: bytes) -> bytes:
    return layer(file("/nothing", b"nothing"), file("/inner/a", data))


def git_object(data: bytes) -> bytes:
    return zlib.compress(b"blob %d\0" % len(data) + data)


def git_pack(data: bytes) -> bytes:
    def header(kind: int, size: int) -> bytes:
        out, size = [(kind << 4) | (size & 15)], size >> 4
        while size:
            out[-1] |= 0x80
            out.append(size & 0x7F)
            size >>= 7
        return bytes(out)

    body = b"PACK" + (2).to_bytes(4) + (3).to_bytes(4)
    body += header(3, 300) + zlib.compress(b"n" * 300)
    body += header(7, len(data)) + b"\1" * 20 + zlib.compress(data)
    body += header(6, 7) + b"\x85\x03" + zlib.compress(b"nothing")
    return body + hashlib.sha1(body).digest()


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "in the middle of other bytes": lambda s: FILLER + s + FILLER,
    "URL-encoded": lambda s: quote(s, safe="").encode(),
    "URL-encoded in small letters": lambda s: quote(s, safe="").lower().encode(),
    "URL-encoded in part": lambda s: s.replace(b"&", b"%26"),
    "base64": base64.b64encode,
    "base64 after one byte": lambda s: base64.b64encode(b"u" + s),
    "base64 after two bytes": lambda s: base64.b64encode(b"u:" + s + b"!"),
    "base64 of a header": lambda s: base64.b64encode(b"x-access-token:" + s),
    "base64 for URLs": lambda s: base64.urlsafe_b64encode(b"?>?" + s),
    "base64 in lines": lambda s: base64.encodebytes(b"a" * 50 + s),
    "hex": lambda s: s.hex().encode(),
    "JSON": lambda s: json.dumps({"a": s.decode()}).replace("&", "\\u0026").encode(),
    "gzip": gzip.compress,
    "gzip of two members": lambda s: gzip.compress(b"nothing") + gzip.compress(s),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zlib": zlib.compress,
    "a git object": git_object,
    "a git pack": git_pack,
    "zip": zipped,
    "tar": tarred,
    "tar in gzip": lambda s: gzip.compress(tarred(s)),
    "base64 in zip in tar in gzip": lambda s: gzip.compress(tarred(zipped(base64.b64encode(s)))),
    "a git object in zip": lambda s: zipped(git_object(s)),
}


def leaks(data: bytes) -> list[Leak]:
    found, _ = Secrets({"TOKEN": VALUE}).content(io.BytesIO(data), "/f")
    assert VALUE not in repr(found)
    return found


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_found(form: Callable[[bytes], bytes]) -> None:
    assert leaks(form(RAW))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_another_value_is_not_found(form: Callable[[bytes], bytes]) -> None:
    assert not leaks(form(b"s3cr3t/t0ken-with&odd=chars"))


@pytest.mark.parametrize("offset", [0, 1, 3, 13, 26])
def test_found_across_the_border_of_two_reads(offset: int) -> None:
    assert leaks(b"\0" * (CHUNK - offset) + RAW)
    assert leaks(b"%41" * ((CHUNK - offset) // 3) + quote(RAW, safe="").encode())


def archived(*layers: bytes, history: tuple[str, ...] = (), **runtime: object) -> tuple[Leak, ...]:
    (image,) = read(saved(layers, config(history, **runtime)), Secrets({"TOKEN": VALUE}))
    assert VALUE not in repr(image.leaks)
    return image.leaks


def test_found_in_a_deleted_file_of_a_lower_layer() -> None:
    (leak,) = archived(layer(file("/root/.netrc", RAW)), layer(gone("/root/.netrc")))
    assert (leak.secret, leak.form, leak.place) == ("TOKEN", "raw", "/root/.netrc")


def test_found_in_names_and_attributes() -> None:
    assert archived(layer(file("/a/" + VALUE.replace("/", "%2F")))), "file name"
    assert archived(layer(symlink("/a", VALUE))), "link target"
    assert archived(layer(file("/a", xattrs={"user.t": RAW}))), "attribute"


def test_found_in_history_and_configuration() -> None:
    (leak,) = archived(history=("RUN true", f"RUN |1 T={VALUE} /bin/sh -c make"))
    assert leak.place == "history 2.created_by"
    assert archived(Env=[f"T={VALUE}"])
    assert archived(Labels={"a": base64.b64encode(b"u:" + RAW).decode()})
    assert archived(Cmd=["curl", f"https://u:{quote(VALUE, safe='')}@h"])


def test_nothing_found_in_an_innocent_image() -> None:
    assert not archived(layer(file("/a", b"hello")), history=("RUN true",), Env=["PATH=/bin"])


def test_a_short_value_is_refused() -> None:
    with pytest.raises(EngineError, match="T is shorter"):
        Secrets({"T": "ab"})


def test_a_broken_archive_is_told_and_searched_as_it_is() -> None:
    found, unread = Secrets({"TOKEN": VALUE}).content(io.BytesIO(b"\x1f\x8b\x08\0" + FILLER + RAW), "/f.gz")
    assert found
    assert unread == ["/f.gz: looks like gzip but can't be unpacked (BadGzipFile)"] or "gzip" in unread[0]


def test_a_bomb_is_left_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "LARGEST", 1 << 22)
    _, unread = Secrets({"TOKEN": VALUE}).content(io.BytesIO(gzip.compress(gzip.compress(bytes(1 << 24)))), "/f")
    assert len(unread) == 1
    assert "unpacks to more" in unread[0]


def test_nesting_without_end_is_told() -> None:
    data = RAW
    for _ in range(scan.DEEPEST + 2):
        data = tarred(data)
    _, unread = Secrets({"TOKEN": VALUE}).content(io.BytesIO(data), "/f")
    assert unread


def test_an_encrypted_zip_is_told() -> None:
    data = bytearray(zipped(RAW))
    for at in range(len(data) - 4):
        if data[at : at + 4] == b"PK\x01\x02":
            data[at + 8] |= 1
    _, unread = Secrets({"TOKEN": VALUE}).content(io.BytesIO(bytes(data)), "/f.zip")
    assert unread


LOGS = (RawJson, partial(Lines, image="(?!)"))


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("text", [VALUE, quote(VALUE, safe=""), base64.b64encode(RAW).decode(), f"https://u:{VALUE}@h/"])
def test_masked(log: Callable[[Mask], RawJson | Lines], text: str) -> None:
    made = log(Mask(frozenset({VALUE})))
    made.line(f"says {text}\n".encode())
    for shown in (*made.lines, str(made.failure())):
        assert "says " in shown and "***" in shown and text not in shown


def test_each_line_of_a_key_is_masked() -> None:
    assert Mask(frozenset({"-----BEGIN KEY-----\nb3BlbnNzaC1rZXk\n-----END KEY-----\n"}))("b3BlbnNzaC1rZXk") == "***"


@pytest.mark.parametrize("value", [VALUE, "two  words of a pass-phrase"])
@pytest.mark.parametrize("before", range(150, 200, 7))
def test_an_instruction_is_masked_before_it_is_cut(value: str, before: int) -> None:
    message = str(failure("RUN " + "x" * before + f" {value}  -y", "", Mask(frozenset({value}))))
    assert value[:3] not in message and len(message) < 240


@pytest.mark.parametrize("value", [VALUE, 'a"b\\c\n\td"e'])
@pytest.mark.parametrize("before", range(90, 125, 5))
def test_a_configuration_is_masked_before_it_is_cut(value: str, before: int) -> None:
    for key, held in (("Env", [f"A={'x' * before} {value}"]), ("Cmd", ["x" * before, value])):
        for pair in ((config(**{key: held}), config()), (config(), config(**{key: held}))):
            (one,) = compare(*(next(iter(read(saved([], each)))) for each in pair))
            shown = one.masked(Mask(frozenset({value})))
            assert value[:3] not in str(shown) and json.dumps(value)[1:4] not in str(shown)
            assert len(shown.old) <= 120 and len(shown.new) <= 120


def test_an_attribute_is_not_shown() -> None:
    images = [next(iter(read(saved([layer(file("/a", xattrs={"user.t": each}))], config())))) for each in (RAW, b"")]
    (one,) = compare(images[0], images[1])
    assert one.what == "xattrs" and RAW.hex()[:20] not in str(one) and f"user.t={len(RAW)} bytes" in one.old


def test_a_history_that_does_not_fit_is_told_by_its_line() -> None:
    (_, step) = parse(b"FROM debian\nRUN T=hunter22 make\n").stages[0].instructions
    with pytest.raises(EngineError, match=r"the RUN of line 2\Z"):
        check(step, "RUN make")
