"""The effects of one command in the making: where paths lead, what is read, and what is known of the files so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from typing import Literal, Self

from dfrefactor.effects.effects import Effects
from dfrefactor.effects.files import Files, Kind
from dfrefactor.effects.leavings import BEHIND_LINKS, often_a_link, provided, topmost
from dfrefactor.effects.output import Grade, Output, after
from dfrefactor.effects.paths import ACCOUNTS, FREE_FORM, HOLE, STANDARD, Region, absolute, known, parent, region, written
from dfrefactor.effects.state import ROOT, ShellState
from dfrefactor.lazy import dataclass

How = Literal["create", "modify", "unknown"]
TEMPORARY = ("/tmp/", "/var/tmp/", "/run/", "/var/cache/", "/root/.cache/", "/root/.npm/")
MKTEMP = f"/tmp/tmp.{HOLE}"
_NOT_FILES = ("/dev/", "/proc/", "/sys/")


def passed(value: str) -> list[str]:
    """What of a path is gone through and left again by `..`."""
    parts = value.split("/")
    return ["/".join(parts[:at]) for at, part in enumerate(parts) if part == ".." and at and parts[at - 1] not in ("", ".", "..")]


@dataclass
class Collected:
    """What one command does, as far as it was told.  `files` is what is known of them so far; `unsure` says why what is done
    now may not be done, or fail without notice ("": it must).
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
    def of(cls, state: ShellState, unsure: str = "") -> Self:
        return cls(state.files, state.cwd, state.user, state.umask, unsure or state.doubt)

    def lower(self, grade: Grade, reason: str) -> None:
        if grade < Grade.EXACT:
            self.grade = min(self.grade, grade)
            self.reasons[reason] = min(grade, self.reasons.get(reason, grade))

    def place(self, value: str) -> str | None:
        """The absolute path `value` names here; `..` behind a link leads from where the link does, and needs it to be there."""
        if ".." not in value:
            return absolute(value, self.cwd)
        for folder in passed(value):
            if (found := absolute(folder, self.cwd)) is not None:
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

    def real(self, value: str) -> str | None:
        """Where `value` leads; the links on the way are read."""
        if (path := self.place(value)) is None:
            return None
        *by, path = self.files.hops(path)
        self.reads.update(region(each) for each in by if each != path)
        return path

    def project(self) -> str | None:
        """The topmost folder of its own that the working folder is in: tools look for their project upwards."""
        if self.cwd is None or not self.cwd.startswith("/"):
            return None
        return topmost(self.cwd)

    def parents_of(self, value: str) -> None:
        """Folders above `value` are made where they are missing."""
        path = self.real(value)
        self.ensures.update(map(Region, self.files.above(path) if path is not None and known(path) else ()))

    def read(self, value: str, tree: bool = False) -> None:
        if "://" in value:
            self.network = self.heavy = True
            return
        if value in ("", "-"):
            return
        if (path := self.place(value)) is None:
            self.reads.add(Region("/", "tree"))
        elif not path.startswith(_NOT_FILES):
            self.reads.add(region(path, tree))
            *by, real = self.files.hops(path)
            self.reads |= {region(real, tree), *map(region, by)}
            self.reads.update(region(other, True) for other in self.files.elsewhere(path))

    def target(self, value: str, does: str, last: bool = True) -> str | None:
        """Where a change to `value` lands; None where there is nothing to record, the grade lowered where it is not known."""
        if value in ("", "-"):
            return None
        if (path := self.place(value)) is None:
            self.lower(Grade.UNKNOWN, f"it {does} `{written(value)}`, which is not known")
            return None
        *by, path = self.files.hops(path, last)
        self.reads.update(region(each) for each in by if each != path)  # through links
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
        if output.how == "create" and self.files.shares(output.path):
            owner = None if output.owner == "root:root" else output.owner
            output = replace(output, owner=owner, mode=None if output.is_folder else output.mode)
        if output.shares_group:
            self.files = replace(self.files, sharing=self.files.sharing | {output.path})
        if output.path.startswith(TEMPORARY):
            output = replace(output, temporary=True)
        self.outputs[output.path] = after(before, output) if before else output

    def owner(self) -> str | None:
        return "root:root" if self.user in ROOT else None

    def usual(self) -> int | None:
        """The mode of a new folder."""
        return None if self.umask is None else 0o777 & ~self.umask

    def effects(self, path_folders: tuple[str, ...] = ()) -> Effects:
        """The finished effects."""
        outputs = tuple(self.outputs.values())
        if self.grade is not Grade.EXACT:
            whole = self.surely - STANDARD if self.grade else set[str]()
            outputs = tuple(each for each in outputs if each.path in whole and each.kind == "tree")
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
