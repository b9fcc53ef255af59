"""What is known of the files while a step is read: folders, files and links made, changed or removed so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Any, Literal

from dfrefactor.effects.paths import PROGRAMS, STANDARD, Region, Regions, canonical, hops, linked, parent
from dfrefactor.images import image
from dfrefactor.lazy import dataclass

Kind = Literal["dir", "file", "symlink", "absent"]
MOST_PLACES = 16
"""Where one path may lead by links that may be there; with more, it is anywhere."""


@dataclass(frozen=True)
class Files:
    """Kinds by path, None where it is said that nobody knows.

    `fresh` are folders made new here: what is not known in them is not there, unless they are `filled`.  `links` and where
    they lead, `perhaps` those that may be there; `fetched` are files that came over the network, `foreign` folders with
    nothing in them but what did: what is run in there knows nothing of this image.  `sharing` are folders that may give what
    is made in them their group.  `made_here` are folders this step made, `before` paths earlier steps left, `touched` all
    they may have changed.  `base` is the image the stage starts from: of some it is known which folders are there, and which
    are empty.  `secrets` are files that a mount brings, each with a name for what is in it.
    """

    kinds: Mapping[str, Kind | None] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    perhaps: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()
    fetched: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    sharing: frozenset[str] = frozenset()
    made_here: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    touched: Regions = frozenset()
    base: str | None = None
    secrets: frozenset[tuple[str, str]] = frozenset()

    def join(self, other: Files) -> Files:
        """What both say; links that either has may be there."""
        if self is other or self == other:
            return self
        sure = {link: lands for link, lands in self.links.items() if other.links.get(link) == lands}
        return Files(
            self.kinds if self.kinds == other.kinds else _agreed(self, other), sure, _perhaps(self, other, sure),
            self.fresh & other.fresh, self.filled | other.filled, self.fetched & other.fetched, self.foreign & other.foreign,
            self.sharing | other.sharing, self.made_here & other.made_here, self.before | other.before,
            self.touched | other.touched, self.base if self.base == other.base else None, self.secrets | other.secrets,
        )  # fmt: skip

    def kind(self, path: str) -> Kind | None:
        """What is at `path`; None where that is not known."""
        if path in self.kinds:
            return self.kinds[path]
        if path in STANDARD or path in image(self.base or "").folders:
            return "dir"
        empty, place, above = image(self.base or "").empty, Region(path, "tree"), parent(path)
        while above != "/":
            if above in self.filled:
                return None
            if above in self.fresh or self.kinds.get(above) == "absent":
                return "absent"
            if above in empty and not any(map(place.overlaps, self.touched)):
                return "absent"
            above = parent(above)
        return "file" if parent(path) in PROGRAMS else None

    def above(self, path: str) -> list[str]:
        """Folders above `path` that are made where they are missing, as those may be that an earlier step made."""
        found = []
        while (path := parent(path)) != "/" and (self.kind(path) != "dir" or self.lent(path)):
            found.append(path)
        return found

    def lent(self, path: str) -> bool:
        """Whether `path` is there only because of an earlier step."""
        return path in self.before and path not in self.made_here

    def used(self, path: str) -> bool:
        """Whether this step put something into the folder `path` before it made the folder, which so had to be there."""
        below = path + "/"
        return any(each.startswith(below) and each not in self.before for each in self.kinds)

    def untouched(self, path: str) -> bool:
        """Whether no step is seen to put anything of its own in the folder `path`: package managers' trees are wider."""
        if path in STANDARD or path in image(self.base or "").folders or path in self.filled:
            return False
        below = path + "/"
        seen = [*(self.kinds.keys() - self.made_here), *(each.path for each in self.touched)]
        return path in self.fresh or not any(each.startswith(below) or each in (path, "/") for each in seen)

    def perhaps_there(self, path: str) -> bool:
        """Whether a file was put at `path` by this step, or perhaps by an earlier one."""
        if path in self.kinds:
            return self.kinds[path] != "absent"
        return self.kind(path) != "absent" and any(each.contains(path) for each in self.touched)

    def elsewhere(self, path: str, last: bool = True) -> list[str]:
        """Where `path` is too, if what may be links are; the last part is followed only if `last`."""
        if not self.perhaps:
            return []
        found, todo = set[str](), {path, self.real(path, last)}
        while todo and len(found) < MOST_PLACES:
            at = todo.pop()
            ends = [(link, end) for link, lands in self.perhaps.items() for end in lands if f"{at}/".startswith(f"{link}/")]
            new = {linked(end + at[len(link) :], self.links) for link, end in ends if last or at != link or at in found}
            todo |= new - found
            found |= new
        return ["/"] if len(found) >= MOST_PLACES else sorted(found)

    def real(self, path: str, last: bool = True) -> str:
        """`path` after links seen; the last part is followed only if `last`."""
        return self.hops(path, last)[-1]

    def hops(self, path: str, last: bool = True) -> list[str]:
        """`path`, and what it comes to with each link that is followed."""
        if last or not self.links:
            return hops(path, self.links) if last else [path]
        return [canonical(f"{folder}/{path.rpartition('/')[2]}") for folder in hops(parent(path), self.links)]

    def shares(self, path: str) -> bool:
        """Whether `path`, made new, may get another group than its maker's, and a folder the bit that says so."""
        return any(path.startswith(each + "/") for each in self.sharing)

    def stranger(self, path: str | None) -> str | None:
        """The foreign folder that `path` is in."""
        return next((each for each in sorted(self.foreign) if path == each or (path or "").startswith(each + "/")), None)

    def made(self, path: str, kind: Kind, fresh: bool = False) -> Files:
        """With something new at `path`, or nothing any more."""
        start = self.forgotten(path) if kind == "absent" else self
        return replace(
            start,
            kinds={**start.kinds, path: kind},
            made_here=start.made_here | {path} if kind == "dir" else start.made_here,
            fresh=start.fresh | {path} if fresh else start.fresh,
            links=start.links if kind == "symlink" else {each: lands for each, lands in start.links.items() if each != path},
        )

    def leading(self, path: str, lands: str, certain: bool) -> Files:
        """With a link at `path`, or perhaps one."""
        if certain:
            return replace(self, links={**self.links, path: lands})
        return replace(self, perhaps={**self.perhaps, path: self.perhaps.get(path, frozenset()) | {lands}})

    def forgotten(self, path: str) -> Files:
        """`path` and all below it is not what it was."""
        below = path.rstrip("/") + "/"

        def left(paths: Iterable[str]) -> list[str]:
            return [each for each in paths if each != path and not each.startswith(below)]

        less: dict[str, Any] = {name: frozenset(left(getattr(self, name))) for name in _PLACES}
        for name in _TABLES:
            table = getattr(self, name)
            less[name] = {each: table[each] for each in left(table)}
        return replace(self, **less)

    def blurred(self, path: str) -> Files:
        """`path` and all below it may not be what it was."""
        both = self.join(self.forgotten(path)).full(path)
        kinds = {each: kind for each, kind in both.kinds.items() if each != path}
        return replace(both, kinds=kinds if parent(path) in PROGRAMS else {**kinds, path: None})

    def full(self, path: str) -> Files:
        """With something in the folder `path` that nobody can name."""
        kinds = {**self.kinds, path: None} if self.kind(path) == "absent" else self.kinds
        return self if path in self.filled and kinds is self.kinds else replace(self, kinds=kinds, filled=self.filled | {path})


_TABLES, _PLACES = ("kinds", "links", "perhaps"), ("fresh", "filled", "fetched", "foreign", "sharing")
"""What is forgotten of a path that is not what it was."""


def _agreed(one: Files, other: Files) -> Mapping[str, Kind | None]:
    """What is at each path that either has something to say of; None, and not silence, where they do not agree."""
    paths = dict.fromkeys([*one.kinds, *other.kinds])
    return {path: kind if (kind := one.kind(path)) == other.kind(path) else None for path in paths}


def _perhaps(one: Files, other: Files, sure: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    found = {**one.perhaps}
    for link, lands in [*other.perhaps.items(), *((link, frozenset({at})) for f in (one, other) for link, at in f.links.items())]:
        if link not in sure:
            found[link] = found.get(link, frozenset()) | lands
    return found
