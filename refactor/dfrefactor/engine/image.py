"""An image: its layers, its history and configuration, and the files they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from dfrefactor.lazy import dataclass


@dataclass(frozen=True)
class Entry:
    """What stands at one path."""

    kind: str
    """file, folder, symlink, fifo, char or block; in a layer also hardlink: to a file of a layer below."""
    mode: int
    uid: int
    gid: int
    size: int = 0
    digest: str = ""
    """SHA-256 of a file's content."""
    link: str = ""
    """Where a symlink points."""
    xattrs: tuple[tuple[str, bytes], ...] = ()
    device: tuple[int, int] = (0, 0)
    inode: tuple[str, str] | None = None
    """The same for every hard link of one file: the layer, and the name the file has there first."""


IMPLIED = Entry("folder", 0o755, 0, 0)


@dataclass(frozen=True)
class Leak:
    """A given secret was found."""

    secret: str
    """Its name, never its value."""
    form: str
    """How it was written there: `raw`, `base64 in gzip`, …"""
    place: str


@dataclass(frozen=True)
class Layer:
    """The changes one step made: what it wrote, and what it took away (OCI image-spec, layer.md: whiteouts)."""

    name: str
    entries: Mapping[str, Entry]
    removed: frozenset[str] = frozenset()
    emptied: frozenset[str] = frozenset()
    """Folders whose older content is gone (opaque whiteouts)."""
    size: int = 0
    """Bytes in the regular files it writes: not compressed, without tar headers, several hard links of one file once."""
    leaks: tuple[Leak, ...] = ()
    unread: tuple[str, ...] = ()
    """What could not be searched for secrets, and why."""


@dataclass(frozen=True)
class Image:
    """One image of an archive."""

    config: Mapping[str, Any]
    """The whole configuration blob: `config`, `history`, `architecture`, `rootfs`, …"""
    layers: tuple[Layer, ...]
    names: tuple[str, ...] = ()
    leaks: tuple[Leak, ...] = ()
    """Leaks in the configuration, the history and every layer."""

    @property
    def size(self) -> int:
        """Bytes in its layers: what two layers write counts twice, and what a later one removes counts all the same.

        Not what an engine says: that depends on how its store packs layers.
        """
        return sum(layer.size for layer in self.layers)

    @cached_property
    def files(self) -> Mapping[str, Entry]:
        """Every path of the finished image, the folders nobody wrote down included."""
        files: dict[str, Entry] = {}
        for layer in self.layers:
            _take_away(files, layer)
            files.update(layer.entries)
            for path, entry in layer.entries.items():
                if entry.kind == "hardlink" and entry.link in files:
                    files[path] = files[entry.link] = replace(files[entry.link], inode=entry.inode)
        for path in list(files):
            for parent in parents(path):
                files.setdefault(parent, IMPLIED)
        return files

    @cached_property
    def hard_links(self) -> Mapping[str, frozenset[str]]:
        """For each path that has other names, all of its names."""
        groups: dict[tuple[str, str], set[str]] = {}
        for path, entry in self.files.items():
            if entry.inode is not None:
                groups.setdefault(entry.inode, set()).add(path)
        return {path: frozenset(names) for names in groups.values() if len(names) > 1 for path in names}


def parents(path: str) -> Iterator[str]:
    """The folders above a path, the nearest first."""
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        yield path


def _take_away(files: dict[str, Entry], layer: Layer) -> None:
    """What the layer removes of the layers below: named paths, old content of emptied folders, folders replaced."""
    folders = {path for path, entry in files.items() if entry.kind == "folder"}
    gone = layer.removed | {path for path, entry in layer.entries.items() if entry.kind != "folder" and path in folders}
    emptied = gone | layer.emptied
    if emptied:
        for path in [path for path in files if path in gone or any(parent in emptied for parent in parents(path))]:
            del files[path]
