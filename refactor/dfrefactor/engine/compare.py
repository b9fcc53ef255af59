"""Two images compared: every path's type, mode, owner, link, extended attributes and content; the configuration."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from dfrefactor.engine.image import Entry, Image, parents
from dfrefactor.engine.noise import KNOWN, Noise, escape, varying
from dfrefactor.lazy import dataclass
from dfrefactor.text.mask import Mask
from dfrefactor.text.shown import plain, shortened


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same; `old` and `new` are descriptions, never a file's content."""

    what: str
    """`only in old`, `only in new`, `type`, `mode`, `owner`, `link`, `xattrs`, `content`, `device`, `hard links`,
    or `configuration`."""
    where: str
    """A path, or the configuration's entry: `ENV PATH`, `CMD`, …"""
    old: str = ""
    new: str = ""

    def masked(self, mask: Mask) -> Difference:
        """The same, short and without what `mask` hides."""
        return Difference(self.what, mask(self.where), *(shortened(mask(text), 120) for text in (self.old, self.new)))

    def __str__(self) -> str:
        change = f": {self.old} -> {self.new}" if self.old or self.new else ""
        return plain(f"{self.where}: {self.what}{change}")


CONFIG = {
    "Cmd": "CMD", "Entrypoint": "ENTRYPOINT", "User": "USER", "WorkingDir": "WORKDIR", "StopSignal": "STOPSIGNAL",
    "Healthcheck": "HEALTHCHECK", "Shell": "SHELL", "OnBuild": "ONBUILD",
}  # fmt: skip
KEYED = {"Labels": "LABEL", "ExposedPorts": "EXPOSE", "Volumes": "VOLUME"}


def compare(old: Image, new: Image, noise: Iterable[Noise] = KNOWN, allowed: Collection[str] = ()) -> tuple[Difference, ...]:
    """What is not the same, configuration first, then paths in order.

    `allowed` names what may differ: configuration as `ENV NAME`, `LABEL NAME`, `CMD` …; paths as globs.
    Modification times are not compared.  The only difference reported for a subtree that one side lacks is its top.
    """
    noise = tuple(noise)
    globs = [Noise(name, presence=True) for name in allowed if name.startswith("/")]
    globs += [Noise(glob.pattern + "/**", presence=True) for glob in globs]
    presence = [*globs, *(one for one in noise if one.presence and not one.paired)]
    content = [one for one in noise if not one.presence]
    found = [one for one in compare_config(old.config, new.config) if one.where not in allowed]
    for difference in _paths(old, new):
        tolerant = presence + content if difference.what == "content" else presence
        if not any(one.matches(difference.where) for one in tolerant):
            found.append(difference)
    for paired in (one for one in noise if one.paired):
        alike = [one for one in found if one.what.startswith("only in") and paired.matches(one.where)]
        if sum(one.what == "only in old" for one in alike) * 2 == len(alike):
            found = [one for one in found if one not in alike]
    return tuple(found)


def compare_config(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Differences of the runtime configuration (OCI image-spec, config.md, and Docker's additions to it)."""
    for key in ("os", "architecture", "variant"):
        yield from _differs(key, old.get(key), new.get(key))
    one, other = old.get("config") or {}, new.get("config") or {}
    for key, name in CONFIG.items():
        before, after = one.get(key) or None, other.get(key) or None
        if key == "WorkingDir":
            before, after = before or "/", after or "/"
        yield from _differs(name, before, after)
    yield from _pairs("ENV", *(dict(entry.partition("=")[::2] for entry in each.get("Env") or ()) for each in (one, other)))
    for key, name in KEYED.items():
        yield from _pairs(name, one.get(key) or {}, other.get(key) or {})


def _pairs(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            yield Difference("only in new", f"{kind} {key}", "", _written(new[key]))
        elif key not in new:
            yield Difference("only in old", f"{kind} {key}", _written(old[key]))
        else:
            yield from _differs(f"{kind} {key}", old[key], new[key])


def _differs(where: str, old: object, new: object) -> Iterator[Difference]:
    if old != new:
        yield Difference("configuration", where, _written(old), _written(new))


def _written(value: object) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def _paths(old: Image, new: Image) -> Iterator[Difference]:
    ours, theirs = old.files, new.files
    links = old.hard_links, new.hard_links
    for path in sorted(ours.keys() | theirs.keys()):
        if path in ours and path in theirs:
            yield from _entries(path, ours[path], theirs[path])
            if links[0].get(path) != links[1].get(path):
                yield Difference("hard links", path, *(" = ".join(sorted(one.get(path, ()))) or "one name" for one in links))
        elif path == "/" or next(parents(path)) in (theirs if path in ours else ours):
            entry = ours.get(path) or theirs[path]
            about = f"{entry.kind} {entry.mode:04o} {entry.uid}:{entry.gid}"
            yield Difference("only in old", path, about) if path in ours else Difference("only in new", path, "", about)


def _entries(path: str, old: Entry, new: Entry) -> Iterator[Difference]:
    if old.kind != new.kind:
        yield Difference("type", path, old.kind, new.kind)
        return
    if old.mode != new.mode and old.kind != "symlink":  # a link's own mode means nothing (symlink(7))
        yield Difference("mode", path, f"{old.mode:04o}", f"{new.mode:04o}")
    if (old.uid, old.gid) != (new.uid, new.gid):
        yield Difference("owner", path, f"{old.uid}:{old.gid}", f"{new.uid}:{new.gid}")
    if old.link != new.link:
        yield Difference("link", path, old.link, new.link)
    if old.device != new.device:
        yield Difference("device", path, *("{}:{}".format(*entry.device) for entry in (old, new)))
    if old.xattrs != new.xattrs:
        written = ([f"{name}={_about(len(value), sha256(value).hexdigest())}" for name, value in e.xattrs] for e in (old, new))
        yield Difference("xattrs", path, *(" ".join(each) or "none" for each in written))
    if (old.size, old.digest) != (new.size, new.digest):
        yield Difference("content", path, *(_about(entry.size, entry.digest) for entry in (old, new)))


def _about(size: int, digest: str) -> str:
    return f"{size} bytes ({digest[:12]})"


def learn(first: Image, second: Image) -> tuple[Noise, ...]:
    """What differs between two builds of one file, in a form that tells the same kind of difference elsewhere."""
    differences = compare(first, second)
    gone = [one.where for one in differences if one.what == "only in old" and one.where.startswith("/")]
    come = [one.where for one in differences if one.what == "only in new" and one.where.startswith("/")]
    content = [one.where for one in differences if one.what == "content"]
    learned = [Noise(escape(path), why="differed between two builds of the old file") for path in content]
    return (*learned, *varying(gone, come))
