"""What is known of a step: regions of the file system, grades, outputs, footprints, units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal, NamedTuple

ANY = "*"
"""In `provides`: commands nobody can name, for a package brings what it depends on."""
ALL = "*"
"""In `variables`: every variable there is.  `PIP_*` is every variable with that beginning."""
PERHAPS_ALL = "?*"
"""In `variables`: a project's own files say what is run, and that may look at any variable."""


class Grade(IntEnum):
    """How much is known of what a step does.  Ordered: the grade of two steps is the lower one."""

    UNKNOWN = 0
    """Neither outputs nor limits are known: nothing may be taken to be independent of it."""
    BOUNDED = 1
    """Stays within the regions and system state named here; what it leaves is not known name by name."""
    EXACT = 2
    """Outputs known by name or topmost folder, so it may move."""


_ALIASES = {"bin": "/usr/bin", "sbin": "/usr/sbin", "lib": "/usr/lib", "lib32": "/usr/lib32", "lib64": "/usr/lib64",
            "libx32": "/usr/libx32"}  # fmt: skip


@lru_cache(maxsize=65536)
def canonical(path: str) -> str:
    """`path`, absolute, without `.`, `..`, doubled slashes, and with /bin, /sbin, /lib* and /var/run told by targets.

    The aliases are those of merged-/usr distributions; where they are real folders, that is only stricter.
    """
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    if parts and parts[0] in _ALIASES:
        return "/".join([_ALIASES[parts[0]], *parts[1:]])
    if parts[:2] in (["var", "run"], ["var", "lock"]):
        return "/".join(["/run", *(["lock"] if parts[1] == "lock" else []), *parts[2:]])
    return "/" + "/".join(parts)


class Region(NamedTuple):
    """A part of the file system: one name (a file, or a folder without its content), a tree, or the names of a glob.

    A glob's matches count with all that is below them.
    """

    path: str
    kind: Literal["file", "tree", "glob"] = "file"

    def overlaps(self, other: Region) -> bool:
        """Whether a name may be in both.  Never says no wrongly; two globs are compared by their fixed beginning only."""
        if self.kind == "glob" and other.kind == "file":
            return _matches(self.path, canonical(other.path))
        if other.kind == "glob" and self.kind == "file":
            return _matches(other.path, canonical(self.path))
        if self.kind != other.kind and "glob" in (self.kind, other.kind):
            pattern, tree = (self, other) if self.kind == "glob" else (other, self)
            return _meets(pattern.path, canonical(tree.path))
        mine, theirs = self._base(), other._base()
        if mine == theirs:
            return True
        if self.kind != "file" and (mine == "/" or theirs.startswith(mine + "/")):
            return True
        return other.kind != "file" and (theirs == "/" or mine.startswith(theirs + "/"))

    def contains(self, path: str) -> bool:
        """Whether the one name `path` may be in this region."""
        return self.overlaps(Region(path))

    def _base(self) -> str:
        if self.kind != "glob":
            return canonical(self.path)
        fixed = self.path
        for at, char in enumerate(self.path):
            if char in "*?[":
                fixed = self.path[:at].rpartition("/")[0]
                break
        return canonical(fixed)

    def __str__(self) -> str:
        return self.path.rstrip("/") + "/**" if self.kind == "tree" else self.path


Regions = frozenset[Region]


@lru_cache(maxsize=65536)
def _matches(pattern: str, path: str) -> bool:
    """Whether `path`, or a folder it is in, is matched; each `*` stops at a slash, a leading `/**` is any folder."""
    wanted, given = canonical(pattern).split("/"), path.split("/")
    if wanted[1:2] == ["**"]:
        rest = wanted[2:]
        return any(all(map(fnmatchcase, given[at:], rest)) for at in range(1, len(given) - len(rest) + 1))
    return len(given) >= len(wanted) and all(map(fnmatchcase, given, wanted))


@lru_cache(maxsize=65536)
def _meets(pattern: str, tree: str) -> bool:
    """Whether a tree may hold a match, or lie below one."""
    wanted, given = canonical(pattern).split("/")[1:], tree.split("/")[1:]
    return wanted[:1] == ["**"] or tree == "/" or all(map(fnmatchcase, given, wanted))


OTHER_MODE, OTHER_OWNER = -1, "?"
"""Of an output whose mode or owner was set to something, nobody can say to what."""


@dataclass(frozen=True, slots=True)
class Output:
    """One thing an exact step leaves.  A `tree` is a folder and all below it, a `dir` a folder without its content, a `name`
    a file or a link: whichever it is in an archive.

    `certain`: a `tree` is known to be a folder; without, it is what a COPY or a hint names, a file perhaps.
    `how` says whether the name was there before.  `mode` and `owner` ("root:root") are those of the folder or file
    itself, where known; `mode_known` says that both are.  `temporary` things lie in /tmp or a known cache.
    """

    path: str
    kind: Literal["file", "dir", "tree", "symlink", "name"] = "file"
    how: Literal["create", "modify", "unknown"] = "unknown"
    temporary: bool = False
    target: str | None = None
    mode: int | None = None
    owner: str | None = None
    certain: bool = True

    @property
    def is_folder(self) -> bool:
        return self.kind == "dir" or (self.kind == "tree" and self.certain)

    @property
    def mode_known(self) -> bool:
        return self.mode is not None and self.owner is not None


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a step or unit does, as far as we can tell.  For an unknown one the sets are what was seen, not limits.

    `ensures` are folders it makes where they are missing (`mkdir -p`): two steps may both do that in either order.
    `gone` are names it removed that were there before it; what it made itself and removed again is in neither.
    `commands` are needed, `provides` are commands later steps may get from it (names, or ANY).  `variables` are read:
    named in the text, or read by the tools it calls.  `sets` are variables an instruction gives later ones (ENV, ARG).
    `system_reads` and `system_writes` name shared state: "packages", "users", "ldconfig", "trust-store", "pip", …
    `heavy`: network or compile work, worth a stage.  `mtime`: it looks at modification times.
    `links` are symbolic links it may leave, with where they lead.
    `reasons` are all that keeps the grade down, `reason` the first.
    """

    grade: Grade = Grade.EXACT
    reasons: tuple[str, ...] = ()
    reads: Regions = frozenset()
    writes: Regions = frozenset()
    removes: Regions = frozenset()
    ensures: Regions = frozenset()
    gone: Regions = frozenset()
    outputs: tuple[Output, ...] = ()
    leftovers: Regions = frozenset()
    commands: frozenset[str] = frozenset()
    provides: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    system_reads: frozenset[str] = frozenset()
    system_writes: frozenset[str] = frozenset()
    network: bool = False
    heavy: bool = False
    mtime: bool = False
    links: frozenset[tuple[str, str]] = frozenset()

    @property
    def reason(self) -> str:
        return self.reasons[0] if self.reasons else ""

    def reads_variable(self, name: str) -> bool:
        return matched(name, self.variables)

    def lowered(self, grade: Grade, reason: str) -> Footprint:
        """This footprint, known no better than `grade`, because of `reason`."""
        if grade >= Grade.EXACT:
            return self
        reasons = self.reasons if reason in self.reasons else (*self.reasons, reason)
        return replace(self, grade=min(self.grade, grade), reasons=reasons, outputs=())

    @property
    def touched(self) -> Regions:
        """All it may change: written, made where missing, or removed."""
        return self.writes | self.removes | self.ensures


@dataclass(frozen=True, slots=True)
class State:
    """What the shell knows before a command.  None is: not known.

    `env` holds ENV, ARG and shell variables alike (a value of None: it has one that is not known); a name that is not
    in it may still come from the base image.  `shell` is the command line shell text is handed to.  `kinds` and `links`
    are what earlier steps are known to have left at a path, `perhaps` links that may be there, `touched` all they may
    have changed.  `base` is the image the stage starts from: some are known to have empty folders.  `stock`: packages come
    from the distribution's own archive, for no step is seen to add another.
    """

    cwd: str | None = "/"
    env: Mapping[str, str | None] = field(default_factory=dict)
    user: str | None = "root"
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    errexit: bool = False
    pipefail: bool = False
    umask: int | None = 0o022
    kinds: Mapping[str, Literal["dir", "file", "symlink", "absent"]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    perhaps: Mapping[str, str] = field(default_factory=dict)
    base: str | None = None
    touched: Regions = frozenset()
    stock: bool = False

    def __hash__(self) -> int:
        return hash((self.cwd, self.user, self.shell, self.base, frozenset(self.env.items())))

    @property
    def home(self) -> str | None:
        if "HOME" in self.env:
            return self.env["HOME"]
        return "/root" if self.user in ("root", "0", "root:root", "0:0") else None


@dataclass(frozen=True, slots=True)
class Unit:
    """One command of a RUN's top-level list, from `start` to `end` of the text it was read from.

    `joins` is what stands between it and the next unit ("&&", ";", "||", "&", "" for the last).  `uses` are shell
    variables it reads that an earlier unit assigned, `assigns` those it assigns.  `blocked` says why the list can't be
    cut before this unit ("": it can); a folder an earlier unit changed to is such a reason.
    """

    footprint: Footprint
    start: int
    end: int
    joins: str = ""
    before: State = State()
    after: State = State()
    assigns: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    blocked: str = ""

    @property
    def cuttable_before(self) -> bool:
        return not self.blocked


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction's footprint, and the units of its shell `text` where it is a RUN that has one."""

    footprint: Footprint
    units: tuple[Unit, ...] = ()
    text: str = ""


def matched(name: str, variables: Iterable[str]) -> bool:
    """Whether the variable `name` is one of `variables`, some of which stand for all with that beginning."""
    return any(seen == name or (seen.endswith("*") and name.startswith(seen[:-1])) for seen in variables)


def merged(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)
