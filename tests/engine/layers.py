"""What each layer of an image really changed, from `docker save`."""

from __future__ import annotations

import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


@dataclass(frozen=True)
class Change:
    """One name a layer changed: "file", "dir", "symlink" or "gone"."""

    path: str
    kind: str
    mode: int = 0
    owner: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Layer:
    """The instruction that made a layer, and its changes."""

    made_by: str
    changes: tuple[Change, ...]


def layers(image: str, skip: int) -> list[Layer]:
    """The layers of `image` but the first `skip`, in order."""
    with TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        subprocess.run(["docker", "save", "-o", str(archive), image], check=True)
        with tarfile.open(archive) as tar:
            manifest = json.loads(_read(tar, "manifest.json"))[0]
            config = json.loads(_read(tar, manifest["Config"]))
            made = [each.get("created_by", "") for each in config["history"] if not each.get("empty_layer")]
            folders: dict[str, tuple[int, int, int]] = {}
            found = []
            for at, (name, by) in enumerate(zip(manifest["Layers"], made, strict=True)):
                with tarfile.open(fileobj=tar.extractfile(name)) as inner:
                    changes = _changes(inner, folders)
                if at >= skip:
                    found.append(Layer(by, changes))
    return found


def count(image: str) -> int:
    """How many layers an image has."""
    asked = ["docker", "image", "inspect", "-f", "{{len .RootFS.Layers}}", image]
    return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file is not None
    return file.read()


def _changes(tar: tarfile.TarFile, folders: dict[str, tuple[int, int, int]]) -> tuple[Change, ...]:
    """A layer also lists the folders that its changes are in; these count only where they are new or differ themselves."""
    found = []
    for member in tar:
        path = "/" + member.name.strip("/").removeprefix("./")
        above, _, name = path.rpartition("/")
        if name == ".wh..wh..opq":
            found.append(Change(f"{above}/*", "gone"))
        elif name.startswith(".wh."):
            found.append(Change(f"{above}/{name.removeprefix('.wh.')}", "gone"))
        elif member.isdir():
            now = (member.mode & 0o7777, member.uid, member.gid)
            if path != "/" and folders.get(path) != now:
                found.append(Change(path, "dir", now[0], now[1:]))
            folders[path] = now
        else:
            kind = "symlink" if member.issym() else "file"
            found.append(Change(path, kind, member.mode & 0o7777, (member.uid, member.gid)))
    return tuple(found)
