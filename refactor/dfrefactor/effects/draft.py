"""The effects of one command in the making: what each role of the catalog adds to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from dfrefactor.effects.effects import Effects
from dfrefactor.effects.files import Files, Kind
from dfrefactor.effects.leavings import BEHIND_LINKS, often_a_link, provided, topmost, within_glob
from dfrefactor.effects.output import OTHER_MODE, OTHER_OWNER, Grade, Output, after
from dfrefactor.effects.paths import (
    ACCOUNTS,
    FREE_FORM,
    HOLE,
    ONE,
    STANDARD,
    STAR,
    absolute,
    hole,
    known,
    parent,
    region,
    written,
)
from dfrefactor.effects.regions import Region
from dfrefactor.effects.state import ShellState
from dfrefactor.images import EMPTY

How = Literal["create", "modify", "unknown"]
TEMPORARY = ("/tmp/", "/var/tmp/", "/run/", "/var/cache/", "/root/.cache/", "/root/.npm/")
MKTEMP = f"/tmp/tmp.{HOLE}"
_NOT_FILES = ("/dev/", "/proc/", "/sys/")


def _passed(value: str) -> list[str]:
    """What of a path is gone through and left again by `..`."""
    parts = value.split("/")
    return ["/".join(parts[:at]) for at, part in enumerate(parts) if part == ".." and at and parts[at - 1] not in ("", ".", "..")]


@dataclass
class Draft:
    """Collects what one command does.  `files` is what is known of them so far; `unsure` says why what is done now may not be
    done, or fail without notice ("": it must).
    """

    files: Files
    cwd: str | None = "/"
    user: str | None = "root"
    umask: int | None = 0o022
    unsure: str = ""
    grade: Grade = Grade.EXACT
    reasons: dict[str, Grade] = field(default_factory=dict)
    reads: set[Region] = field(default_factory=set)
    writes: set[Region] = field(default_factory=set)
    removes: set[Region] = field(default_factory=set)
    ensures: set[Region] = field(default_factory=set)
    leftovers: set[Region] = field(default_factory=set)
    outputs: dict[str, Output] = field(default_factory=dict)
    surely: set[str] = field(default_factory=set)
    links: set[tuple[str, str]] = field(default_factory=set)
    commands: set[str] = field(default_factory=set)
    provides: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    system_reads: set[str] = field(default_factory=set)
    system_writes: set[str] = field(default_factory=set)
    network: bool = False
    heavy: bool = False
    mtime: bool = False

    @classmethod
    def of(cls, state: ShellState, unsure: str = "") -> Draft:
        return cls(state.files, state.cwd, state.user, state.umask, unsure or state.doubt)

    def lower(self, grade: Grade, reason: str) -> None:
        if grade < Grade.EXACT:
            self.grade = min(self.grade, grade)
            self.reasons[reason] = min(grade, self.reasons.get(reason, grade))

    def place(self, value: str) -> str | None:
        """The absolute path `value` names here; `..` behind a link leads from where the link does, and needs it to be there."""
        if ".." not in value:
            return absolute(value, self.cwd)
        for passed in _passed(value):
            if (found := absolute(passed, self.cwd)) is not None:
                self.reads.add(region(found))
        if not (self.files.links or self.files.perhaps):
            return absolute(value, self.cwd)
        path = "/" if value.startswith("/") else self.cwd
        for part in value.split("/"):
            if path is not None and part == "..":
                path = None if self.files.elsewhere(path) else parent(self.files.real(path))
            elif path is not None and part:
                path = absolute(part, path)
        return path

    def project(self) -> str | None:
        """The topmost folder of its own that the working folder is in: tools look for their project upwards."""
        if self.cwd is None or not self.cwd.startswith("/"):
            return None
        return topmost(self.cwd)

    def parents_of(self, value: str) -> None:
        """Folders above `value` are made where they are missing."""
        path = self.place(value)
        self.ensures.update(map(Region, self.files.above(path) if path is not None and known(path) else ()))

    def read(self, value: str, tree: bool = False) -> None:
        if "://" in value:
            self.network = self.heavy = True
            return
        if value in ("", "-"):
            return
        path = self.place(value)
        if path is None:
            self.reads.add(Region("/", "tree"))
        elif not path.startswith(_NOT_FILES):
            self.reads.add(region(path, tree))
            real = self.files.real(path)
            if real != path:
                self.reads.add(region(real, tree))
            self.reads.update(region(other, True) for other in self.files.elsewhere(path))

    def target(self, value: str, does: str, last: bool = True) -> str | None:
        """Where a change to `value` lands; None where there is nothing to record, the grade lowered where it is not known."""
        if value in ("", "-"):
            return None
        path = self.place(value)
        if path is None:
            self.lower(Grade.UNKNOWN, f"it {does} `{written(value)}`, which is not known")
            return None
        if (path := self.files.real(named := path, last)) != named:
            self.reads.add(region(named))  # through a link
        if path in FREE_FORM or path.startswith(_NOT_FILES):
            return None
        if not known(path) and not path.startswith(MKTEMP) and (HOLE in path or does != "removes"):
            self.lower(Grade.BOUNDED, f"it {does} `{written(path)}`, known only in part")
        if self.unsure:
            self.lower(Grade.BOUNDED, self.unsure)
        perhaps = last and does != "fills" and often_a_link(path) and path not in self.files.kinds
        if perhaps and self.files.kind(path) in (None, "file"):
            self.writes |= BEHIND_LINKS
            self.lower(Grade.BOUNDED, f"`{path}` may be a link, which is written through")
        for other in self.files.elsewhere(path, last):
            self.writes.add(region(other, True))
            self.lower(Grade.BOUNDED, f"`{path}` may be reached through a link")
        return path

    def write(self, value: str, append: bool = False) -> None:
        """A file is made or overwritten."""
        path = self.target(value, "writes")
        if path is None:
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

    def change(self, value: str, tree: bool = False, mode: int | None = None, owner: str | None = None) -> None:
        """A file or folder that is there is changed in place."""
        path = self.target(value, "changes")
        if path is None:
            return
        self.reads.add(region(path, tree))
        self.writes.add(region(path, tree))
        if not known(path):
            return
        kind = self.files.kind(path)
        if tree and kind != "file":
            if path in STANDARD and path not in EMPTY:
                self.lower(Grade.BOUNDED, f"it changes all below `{path}`, which holds other things")
            self.output(Output(path, "tree", "modify", mode=mode, owner=owner, certain=kind == "dir"))
        elif kind == "dir":
            self.output(Output(path, "dir", "modify", mode=mode, owner=owner))
        elif kind is None or kind in ("symlink", "absent"):
            self.lower(Grade.BOUNDED, f"`{path}` may be a folder or a link, or not there")
        else:
            self.output(Output(path, "file", "modify", mode=mode, owner=owner))

    def folder(self, value: str, parents: bool = False, mode: int | None = None, sets: bool = False) -> None:
        """A folder is made; with `parents`, where it or one of those above it is missing.  `sets`: one that is there gets `mode`."""
        for passed in _passed(value) if parents else ():
            self.folder(passed, True)  # `mkdir -p a/../b` makes a too
        path = self.target(value, "makes")
        if path is None:
            return
        if not known(path):
            (self.ensures if parents else self.writes).add(region(path))
            above = path[: min(at for sign in (HOLE, STAR, ONE) if (at := path.find(sign)) >= 0)].rpartition("/")[0]
            if parents and above:
                self.folder(above, parents=True)
            return
        if sets and self.files.kind(path) in ("dir", None):
            self.writes.add(Region(path))
            if self.files.kind(path) == "dir":
                self.output(Output(path, "dir", "modify", mode=mode))
        plain = 0o777 & ~self.umask if self.umask is not None else None
        for each in reversed([path, *(self.files.above(path) if parents else ())]):
            kind = self.files.kind(each)
            if parents and kind == "dir":
                self.ensures.update({Region(each)} if self.files.lent(each) else ())
                continue
            how: How = "create" if kind == "absent" or not parents else "unknown"
            usual = parents and (each != path or mode in (None, plain))
            (self.ensures if usual else self.writes).add(Region(each))
            self.output(Output(each, "dir", how, mode=mode if mode is not None and each == path else plain, owner=self.owner()))
            self.made(each, "dir", fresh=how == "create")

    def folders(self, value: str, mode: int) -> None:
        """A folder is made with those above it where they are missing, all of them with `mode`."""
        path = self.place(value)
        for passed in _passed(value):
            self.folders(passed, mode)
        if path is None or not known(path):
            self.folder(value, parents=True)
            return
        for each in [*reversed(self.files.above(path)), path]:
            self.folder(each, parents=True, mode=mode)

    def remove(self, value: str, tree: bool = False) -> None:
        path = self.target(value, "removes", last=False)
        if path is None:
            return
        found = region(path, tree)
        self.removes.add(found)
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
        path = self.target(value, "writes", last=False)
        if path is None:
            return
        self.writes.add(region(path))
        if known(path):
            self.output(Output(path, "name", "create" if self.files.kind(path) == "absent" else "unknown"))
            self.made(path, "file")

    def fill(self, value: str, keeps: bool = False, certain: bool = True) -> None:
        """A folder gets content that nobody can name; `keeps`: its own mode and owner stay what they are.

        Not `certain`: it may be a file that is made.
        """
        path = self.target(value, "fills")
        if path is None:
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
        path = self.place(value)
        return path is not None and known(path) and self.files.untouched(path)

    def grow(self, value: str) -> None:
        """A folder gets content, and is made with those above it where it is missing."""
        path = self.place(value)
        if path is None or not known(path) or self.files.kind(path) != "absent" or self.unsure:
            self.parents_of(value)
            self.fill(value, keeps=True)
            return
        self.folder(parent(path), parents=True) if self.files.kind(parent(path)) != "dir" else None
        self.own(value)

    def own(self, value: str, plain: bool = True) -> None:
        """A folder is made new, with all that is in it; not `plain`: with the mode and owner of another."""
        path = self.target(value, "makes")
        if path is None:
            return
        self.writes.add(region(path, True))
        if not known(path):
            return
        usual = 0o777 & ~self.umask if self.umask is not None else None
        mode, owner = (usual, self.owner()) if plain else (OTHER_MODE, OTHER_OWNER)
        self.output(Output(path, "tree", "create", mode=mode, owner=owner))
        self.made(path, "dir", fresh=True)
        self.filled(path)

    def link(self, value: str, target: str | None) -> None:
        """A symbolic link is made."""
        path = self.target(value, "makes", last=False)
        if path is None:
            return
        self.writes.add(region(path))
        if known(path):
            how: How = "create" if self.files.kind(path) == "absent" else "unknown"
            self.output(Output(path, "symlink", how, target=target, owner=self.owner()))
            self.leads(path, target, certain=not self.unsure)
            self.made(path, "symlink")

    def leads(self, path: str, target: str | None, certain: bool) -> None:
        """A symbolic link to `target` is, or may be, at `path`: what is written through it lands there."""
        lands = (target is not None and absolute(target, parent(path))) or "/" + hole("a link")
        self.links.add((path, lands))
        self.files = self.files.leading(path, lands, certain)

    def made(self, path: str, kind: Kind, fresh: bool = False) -> None:
        self.files = self.files.made(path, kind, fresh)

    def forget(self, path: str) -> None:
        self.files = self.files.forgotten(path)

    def filled(self, path: str) -> None:
        self.files = self.files.full(path)

    def came(self, paths: Iterable[str]) -> None:
        """Files at `paths` came over the network."""
        self.files = replace(self.files, fetched=self.files.fetched | frozenset(paths))

    def foreign(self, path: str) -> None:
        """Nothing is in the folder `path` but what came over the network."""
        self.files = replace(self.files, foreign=self.files.foreign | {path})

    def output(self, output: Output) -> None:
        """Leaves `output`; what an earlier command of the same draft left there is told on."""
        before = self.outputs.pop(output.path, None)
        if not self.unsure:
            self.surely.add(output.path)
        if output.path.startswith(TEMPORARY):
            output = replace(output, temporary=True)
        self.outputs[output.path] = after(before, output) if before else output

    def owner(self) -> str | None:
        return "root:root" if self.user in ("root", "0", "root:root", "0:0") else None

    def effects(self, path_folders: tuple[str, ...] = ()) -> Effects:
        """The finished effects."""
        exact = self.grade is Grade.EXACT
        whole = {path for path in self.surely if self.grade and path not in STANDARD}
        outputs = tuple(o for path, o in self.outputs.items() if exact or (path in whole and o.kind == "tree"))
        if "users" in self.system_reads:
            self.reads |= ACCOUNTS
        return Effects(
            self.grade, tuple(sorted(self.reasons, key=self.reasons.__getitem__)),
            frozenset(self.reads), frozenset(self.writes), frozenset(self.removes),
            frozenset(self.ensures), frozenset(self.removes), outputs,
            frozenset(self.leftovers), frozenset(self.commands),
            frozenset(self.provides | provided(self.writes, path_folders)), frozenset(self.variables), frozenset(),
            frozenset(self.system_reads), frozenset(self.system_writes), self.network, self.heavy, self.mtime,
            frozenset(self.links),
        )  # fmt: skip
