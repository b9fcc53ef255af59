"""What each role of the catalog adds to the effects of a command."""

from __future__ import annotations

from dfrefactor.effects.collect import Collected, How, passed
from dfrefactor.effects.leavings import within_glob
from dfrefactor.effects.output import OTHER_MODE, OTHER_OWNER, Grade, Output
from dfrefactor.effects.paths import STANDARD, Region, absolute, hole, known, parent, region, sure, written
from dfrefactor.images import EMPTY


class Draft(Collected):
    """Collects what one command does."""

    def write(self, value: str, append: bool = False) -> None:
        """A file is made or overwritten."""
        if (path := self.target(value, "writes")) is None:
            return
        self.writes.add(region(path))
        if append:
            self.reads.add(region(path))
        if not known(path):
            return
        kind = self.files.kind(path)
        how: How = "create" if kind == "absent" else "modify" if kind in ("file", "dir") and append else "unknown"
        if kind == "dir":
            self.output(Output(path, "dir", "modify"))
        else:
            mode = None if self.umask is None or how != "create" else 0o666 & ~self.umask
            self.output(Output(path, "file", how, mode=mode, owner=self.owner() if how == "create" else None))
            self.made(path, "file")

    def blur(self, value: str, why: str) -> None:
        """Something is put at `value`, in the folder that is there, or where the link that is there leads."""
        self.lower(Grade.BOUNDED, why)
        for path in {self.target(value, "writes", last) for last in (False, True)}:
            if path is not None:
                self.writes.add(region(path, True))
                self.files = self.files.blurred(path)

    def change(
        self, value: str, tree: bool = False, mode: int | None = None, owner: str | None = None, last: bool = True
    ) -> None:  # fmt: skip
        """A file or folder that is there is changed in place."""
        if (path := self.target(value, "changes", last)) is None:
            return
        self.reads.add(region(path, tree))
        self.writes.add(region(path, tree))
        if not known(path):  # with nothing in the place of what is not known, the folder itself
            self.output(Output(sure(path), "tree", "modify", mode=OTHER_MODE, owner=OTHER_OWNER))
            return
        kind = self.files.kind(path)
        if tree and kind != "file":
            if path in STANDARD and path not in EMPTY:
                self.lower(Grade.BOUNDED, f"it changes all below `{path}`, which holds other things")
            self.output(Output(path, "tree", "modify", mode=mode, owner=owner, certain=kind == "dir"))
        elif kind == "dir" or kind == "file":
            self.output(Output(path, kind, "modify", mode=mode, owner=owner))
        else:
            self.lower(Grade.BOUNDED, f"`{path}` may be a folder or a link, or not there")

    def folder(self, value: str, parents: bool = False, mode: int | None = None, sets: bool = False) -> None:
        """A folder is made; with `parents`, where it or one above it is missing.  `sets`: one that is there gets `mode`."""
        for folder in passed(value) if parents else ():
            self.folder(folder, True)  # `mkdir -p a/../b` makes a too
        if (path := self.target(value, "makes")) is None:
            return
        if not known(path):
            (self.ensures if parents else self.writes).add(region(path))
            if parents:
                self.folder(sure(path), parents=True)
            return
        if sets and self.files.kind(path) in ("dir", None):
            self.writes.add(Region(path))
            if self.files.kind(path) == "dir":
                self.output(Output(path, "dir", "modify", mode=mode))
        plain = self.usual()
        for other in self.files.elsewhere(path) if parents else ():
            self.ensures.update(map(Region, self.files.above(other)))
        for each in reversed([path, *(self.files.above(path) if parents else ())]):
            kind = self.files.kind(each)
            if parents and kind == "dir":
                if self.files.lent(each):
                    (self.writes if self.files.used(each) else self.ensures).add(Region(each))
                    self.made(each, "dir")
                continue
            how: How = "create" if kind == "absent" or not parents else "unknown"
            usual = parents and (each != path or mode in (None, plain)) and not self.files.used(each)
            (self.ensures if usual else self.writes).add(Region(each))
            self.output(Output(each, "dir", how, mode=mode if mode is not None and each == path else plain, owner=self.owner()))
            self.made(each, "dir", fresh=how == "create")

    def folders(self, value: str, mode: int) -> None:
        """A folder is made with those above it where they are missing, all of them with `mode`."""
        path = self.place(value)
        for folder in passed(value):
            self.folders(folder, mode)
        if path is None or not known(path):
            self.folder(value, parents=True)
            return
        for each in [*reversed(self.files.above(path)), path]:
            self.folder(each, parents=True, mode=mode)

    def remove(self, value: str, tree: bool = False) -> None:
        if (path := self.target(value, "removes", last=value.endswith("/"))) is None:
            return
        found = region(path, tree)
        self.removes.add(found)
        if value.endswith("/") and path != self.files.real(self.place(value) or path, last=False):
            self.lower(Grade.BOUNDED, f"`{written(value)}` is a link, and what it leads to may stay")
            self.forget(path)
            return
        if found.kind == "glob":
            for each in [each for each in self.outputs if within_glob(each, found.path)]:
                del self.outputs[each]
            self.filled(parent(found.path))
            for each in [each for each in self.files.kinds if within_glob(each, found.path)]:
                self.forget(each)
        elif known(path):
            below = path.rstrip("/") + "/"
            for each in [each for each in self.outputs if each == path or (tree and each.startswith(below))]:
                del self.outputs[each]
            self.made(path, "absent")

    def unpack(self, value: str) -> None:
        """What an archive has under a name is put at `value`: a file, or a link to one."""
        if (path := self.target(value, "writes", last=False)) is None:
            return
        self.writes.add(region(path))
        if known(path):
            self.output(Output(path, "name", "create" if self.files.kind(path) == "absent" else "unknown"))
            self.made(path, "file")

    def fill(self, value: str, keeps: bool = False, certain: bool = True) -> None:
        """A folder gets content that nobody can name; `keeps`: its own mode and owner stay what they are.

        Not `certain`: it may be a file that is made.
        """
        if (path := self.target(value, "fills")) is None:
            return
        self.writes.add(region(path, True))
        if not known(path):
            return
        if path in STANDARD and path not in EMPTY:
            self.lower(Grade.BOUNDED, f"it fills `{path}`, which holds other things")
        own = path in self.files.fresh and path not in self.files.filled and not keeps
        how: How = "create" if own else "modify" if path in STANDARD else "unknown"
        mode, owner = (None, None) if keeps else (OTHER_MODE, OTHER_OWNER)
        self.output(Output(path, "tree", how, mode=mode, owner=owner, certain=certain))
        self.filled(path)

    def untouched(self, value: str) -> bool:
        """Whether nothing is seen to have been put into the folder `value`."""
        path = self.real(value)
        return path is not None and known(path) and self.files.untouched(path)

    def grow(self, value: str) -> None:
        """A folder gets content, and is made with those above it where it is missing."""
        path = self.real(value)
        if path is None or not known(path) or self.files.kind(path) != "absent" or self.unsure:
            self.parents_of(value)
            self.fill(value, keeps=True)
            return
        self.folder(parent(path), parents=True) if self.files.kind(parent(path)) != "dir" else None
        self.own(value)

    def own(self, value: str, plain: bool = True) -> None:
        """A folder is made new, with all that is in it; not `plain`: with the mode and owner of another."""
        if (path := self.target(value, "makes")) is None:
            return
        self.writes.add(region(path, True))
        if not known(path):
            return
        mode, owner = (self.usual(), self.owner()) if plain else (OTHER_MODE, OTHER_OWNER)
        self.output(Output(path, "tree", "create", mode=mode, owner=owner))
        self.made(path, "dir", fresh=True)
        self.filled(path)

    def link(self, value: str, target: str | None) -> None:
        """A symbolic link is made."""
        if (path := self.target(value, "makes", last=False)) is None:
            return
        self.writes.add(region(path))
        if known(path):
            how: How = "create" if self.files.kind(path) == "absent" else "unknown"
            self.output(Output(path, "symlink", how, target=target, owner=self.owner()))
            self.leads(path, target, certain=not self.unsure)
            self.made(path, "symlink")
        else:  # any name in the folder may be the link's
            self.leads(sure(path), None, certain=False)

    def leads(self, path: str, target: str | None, certain: bool) -> None:
        """A symbolic link to `target` is, or may be, at `path`: what is written through it lands there."""
        lands = (target is not None and absolute(target, parent(path))) or "/" + hole("a link")
        self.links.add((path, lands))
        self.files = self.files.leading(path, lands, certain)
