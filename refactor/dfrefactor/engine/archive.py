"""Image archives (OCI layout, `docker save`), read in one pass from start to end and never held in memory."""

from __future__ import annotations

import json
import posixpath
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from dfrefactor.engine.image import Image, Layer, Leak
from dfrefactor.engine.layer import CHUNK, Peeked, Readable, Scanner, read_layer
from dfrefactor.engine.process import EngineError

SMALL = 1 << 24
"""Larger blobs are not configuration."""

_Manifest = tuple[str, list[str], tuple[str, ...]]
"""An image's configuration blob, its layers, and what it is called."""


def read(stream: Readable, scanner: Scanner | None = None) -> tuple[Image, ...]:
    """The images of an archive.  Raises EngineError where it is none, or is cut short."""
    layers: dict[str, Layer] = {}
    blobs: dict[str, Any] = {}
    aliases: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=CHUNK) as archive:  # type: ignore[call-overload]
            for member in archive:
                name = member.name.removeprefix("./").rstrip("/")
                if member.issym() or member.islnk():
                    folder = posixpath.dirname(name) if member.issym() else ""
                    aliases[name] = posixpath.normpath(posixpath.join(folder, member.linkname))
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
        kept = tuple(layers[find(name)] for name in layer_names if find(name) in layers)
        if not isinstance(config, dict) or len(kept) < len(layer_names):
            raise EngineError("the engine's archive lacks a part of the image")
        leaks = tuple(_config_leaks(config, "", scanner)) if scanner else ()
        images.append(Image(config, kept, names, leaks + tuple(leak for layer in kept for leak in layer.leaks)))
    return tuple(images)


def _blob(
    name: str, content: Peeked, size: int, layers: dict[str, Layer], blobs: dict[str, Any], scanner: Scanner | None
) -> None:
    head = content.head
    if head[:1] in (b"{", b"[") and size <= SMALL:
        with suppress(ValueError):
            blobs[name] = json.loads(content.read())
    elif head[:4] == b"\x28\xb5\x2f\xfd":
        raise EngineError("a layer is compressed with zstd, which Python can't read; have the engine export gzip")
    elif head[:2] == b"\x1f\x8b" or head[257:262] == b"ustar" or (head and not head.strip(b"\0")):
        layers[name] = read_layer(name, content, scanner)


def _manifests(blobs: Mapping[str, Any]) -> Iterator[_Manifest]:
    if "manifest.json" in blobs:  # docker save, of any age
        for manifest in blobs["manifest.json"]:
            yield manifest["Config"], list(manifest["Layers"] or ()), tuple(manifest["RepoTags"] or ())
        return
    for index in blobs.get("index.json", {}).get("manifests", ()):
        tag = (index.get("annotations") or {}).get("org.opencontainers.image.ref.name")
        yield from _of_index(blobs, index, (tag,) if tag else ())


def _of_index(blobs: Mapping[str, Any], index: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[_Manifest]:
    if (index.get("annotations") or {}).get("vnd.docker.reference.type") == "attestation-manifest":
        return
    blob = blobs.get(_blob_name(index), {})
    for inner in blob.get("manifests", ()):
        yield from _of_index(blobs, inner, names)
    if "config" in blob:
        yield _blob_name(blob["config"]), [_blob_name(layer) for layer in blob["layers"]], names


def _blob_name(descriptor: Mapping[str, Any]) -> str:
    return "blobs/" + str(descriptor["digest"]).replace(":", "/", 1)


def _config_leaks(value: object, place: str, scanner: Scanner) -> Iterator[Leak]:
    if isinstance(value, str):
        yield from scanner.text(value, place)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from scanner.text(str(key), place)
            yield from _config_leaks(inner, f"{place}.{key}" if place else str(key), scanner)
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from _config_leaks(inner, f"{place} {number}", scanner)
