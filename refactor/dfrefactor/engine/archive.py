"""Image archives (OCI layout, `docker save`), read in one pass from start to end and never held in memory."""

from __future__ import annotations

import json
import posixpath
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any

from dfrefactor.engine.image import Image, Layer, Leak
from dfrefactor.engine.layer import CHUNK, Peeked, Readable, Scanner, read_layer
from dfrefactor.engine.process import EngineError

SMALL = 1 << 24
"""Larger blobs are not configuration."""


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
