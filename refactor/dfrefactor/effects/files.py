"""What is known of the files while a RUN is read: folders, files and links made, changed or removed so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from dfrefactor.effects.paths import PROGRAMS, STANDARD, linked, parent
from dfrefactor.effects.types import Region, Regions, State, canonical
from dfrefactor.images import image

Kind = Literal["dir", "file", "symlink", "absent"]


@dataclass
class Files:
    """Kinds by path.  `fresh` are folders made new here: what is not known in them is not there, unless they are `filled`.

    `fetched` are files that came over the network, `foreign` folders with nothing in them but what did: what is run in there
    knows nothing of this image.
    """

    kinds: dict[str, Kind] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    perhaps: dict[str, str] = field(default_factory=dict)
    fetched: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    made_here: set[str] = field(default_factory=set)
    before: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    there: frozenset[str] = frozenset()
    touched: Regions = frozenset()

    @classmethod
    def of(cls, state: State) -> Files:
        """What is known before a step."""
        base = image(state.base or "")
        return cls(
            dict(state.kinds), links=dict(state.links), perhaps=dict(state.perhaps),
            before=frozenset(state.kinds), empty=base.empty, there=base.folders, touched=state.touched,
        )  # fmt: skip

    def copy(self) -> Files:
        return replace(
            self, kinds=dict(self.kinds), fresh=set(self.fresh), filled=set(self.filled),
            links=dict(self.links), perhaps=dict(self.perhaps),
            fetched=set(self.fetched), foreign=set(self.foreign), made_here=set(self.made_here),
        )

    def kind(self, path: str) -> Kind | None:
        """What is at `path`; None where that is not known."""
        if path in self.kinds:
            return self.kinds[path]
        if path in STANDARD or path in self.there:
            return "dir"
        above = parent(path)
        while above != "/":
            if above in self.filled:
                return None
            if above in self.fresh or self.kinds.get(above) == "absent":
                return "absent"
            if above in self.empty and not any(each.overlaps(Region(path, "tree")) for each in self.touched):
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

    def untouched(self, path: str) -> bool:
        """Whether no step is seen to put anything of its own in the folder `path`: package managers' trees are wider."""
        if path in STANDARD or path in self.there or path in self.filled:
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
        found = self.perhaps.items()
        return [lands for link, lands in found if (last and path == link) or path.startswith(link + "/")] if found else []

    def real(self, path: str, last: bool = True) -> str:
        """`path` after links seen; the last part is followed only if `last`."""
        if last:
            return linked(path, self.links)
        if not self.links:
            return path
        folder = linked(parent(path), self.links)
        return canonical(f"{folder}/{path.rpartition('/')[2]}")

    def made(self, path: str, kind: Kind, fresh: bool = False, target: str | None = None) -> None:
        if kind == "absent":
            self.forget(path)
        self.kinds[path] = kind
        if kind == "dir":
            self.made_here.add(path)
        if fresh:
            self.fresh.add(path)
        if kind == "symlink" and target is not None:
            self.links[path] = target
        elif kind != "symlink":
            self.links.pop(path, None)

    def forget(self, path: str) -> None:
        """`path` and all below it is not what it was."""
        below = path.rstrip("/") + "/"
        for table in (self.kinds, self.links, self.perhaps):
            for each in [each for each in table if each == path or each.startswith(below)]:
                del table[each]
        for group in (self.fresh, self.filled, self.fetched, self.foreign):
            group.difference_update([each for each in group if each == path or each.startswith(below)])

    def stranger(self, path: str | None) -> str | None:
        """The foreign folder that `path` is in."""
        return next((each for each in self.foreign if path == each or (path or "").startswith(each + "/")), None)

    def fill(self, path: str) -> None:
        self.filled.add(path)
