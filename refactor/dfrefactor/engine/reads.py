"""What a step reads of what the other steps of its stage do: proved by a trace, or guessed from its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.paths import Region
from dfrefactor.engine.changes import Changes, tops
from dfrefactor.engine.image import Entry, Image, parents
from dfrefactor.engine.noise import KNOWN, Noise
from dfrefactor.engine.strace import Trace
from dfrefactor.lazy import dataclass, regex

ENGINES = ("/etc/hosts", "/etc/resolv.conf", "/etc/hostname")
"""The engine mounts them over every RUN, and some leave an empty file behind."""
CACHES = ("/var/cache/**", "/**/.cache/**", "/**/.npm/**", "/root/.wget-hsts", *ENGINES)
TEMPORARY = ("/tmp/**", "/var/tmp/**", "/run/**")
KEPT_APART = (*(Noise(pattern) for pattern in CACHES), *KNOWN)
PASSING = (*(Noise(pattern) for pattern in TEMPORARY), *KEPT_APART)
LOADERS = frozenset(("/etc/ld.so.cache", "/etc/ld.so.preload"))
"""Every program looks at them; what they lead to is opened too, and counts."""
SHARED = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/var", "/root", "/home")
"""Where steps look without saying so: commands, libraries, configuration."""
PLAIN = regex(r"/[^\s,*?\[\]$\"'\\]+")
FEW = 8
"""More paths than these are summed up by the folders they are in."""
_DEEPEST = 40


def passing(path: str) -> bool:
    """Whether it is a temporary file, a cache or noise."""
    return path not in ("/tmp", "/var/tmp", "/run", "/var/cache") and any(one.matches(path) for one in PASSING)


@dataclass(frozen=True)
class Links:
    """Symbolic links there are or were, whichever step made them, and where they lead."""

    targets: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, image: Image) -> Links:
        found: dict[str, set[str]] = {}
        for layer in image.layers:
            for path, entry in layer.entries.items():
                if entry.kind == "symlink":
                    found.setdefault(path, set()).add(entry.link)
        return cls({path: frozenset(ends) for path, ends in found.items()})

    def more(self, made: Collection[tuple[str, str]]) -> Links:
        added = {path: self.targets.get(path, frozenset()) | {end for at, end in made if at == path} for path, _ in made}
        return Links({**self.targets, **added})

    def walk(self, path: str) -> tuple[set[str], set[str]]:
        """Where a path may end, and all that lies on the way there."""
        ends, passed = set[str](), set[str]()
        self._step("", path.strip("/").split("/"), ends, passed, _DEEPEST)
        return ends, passed

    def _step(self, at: str, rest: Sequence[str], ends: set[str], passed: set[str], left: int) -> None:
        for number, part in enumerate(rest):
            if part == "..":
                at = at.rpartition("/")[0]
                continue
            here = f"{at}/{part}" if part else at
            targets = self.targets.get(here, frozenset()) if left else frozenset()
            for target in targets:
                base = "" if target.startswith("/") else at
                self._step(base, [*filter(None, target.strip("/").split("/")), *rest[number + 1 :]], ends, passed, left - 1)
            if targets:
                passed.add(here)
                return
            if number < len(rest) - 1:
                passed.add(here or "/")
            at = here
        ends.add(at or "/")


@dataclass(frozen=True)
class Left:
    """What the other steps of the stage left, or took away: those before and those behind a step."""

    before: Mapping[str, Entry | None]
    behind: frozenset[str]

    @classmethod
    def by(cls, before: Sequence[Changes], behind: Sequence[Changes]) -> Left:
        found: dict[str, Entry | None] = {}
        for changes in before:
            found |= {path: entry for path, entry in changes.created.items() if _counts(path)}
            found |= dict.fromkeys(path for path in changes.modified | changes.removed if _counts(path))
        return cls(found, frozenset(path for changes in behind for path in changes.paths if _counts(path)))


def _counts(path: str) -> bool:
    return path not in LOADERS and not any(one.matches(path) for one in KEPT_APART)


def proved(trace: Trace, left: Left, links: Links, own: Collection[str], workdir: str | None) -> tuple[str, ...]:
    """What the step looked at of what other steps do, by few names; `own` is what it makes itself.

    What it asked for and did not find counts as well.  A folder that is only passed through is no read of its own where
    something in it is read or the step starts in it, if a COPY or WORKDIR makes it anew just like it was.
    """
    links = links.more(trace.links)
    asked, ways, opened = set[str](), set[str](), set[str]()
    for path in trace.named | trace.opened:
        ends, passed = links.walk(path)
        asked |= ends
        ways |= passed
        opened |= ends if path in trace.opened else set()
    found = {path for path in asked & left.behind if path not in own}
    passed_by = set[str]()
    for path in (asked | ways) & left.before.keys():
        entry = left.before[path]
        folder = entry is not None and entry.kind == "folder"
        (passed_by if folder and path not in opened else found).add(path)
    listed: dict[str, set[str]] = {}
    for path in {*left.before, *left.behind}:
        listed.setdefault(next(parents(path), "/"), set()).add(path)
    for path in opened & listed.keys():  # a folder that is opened is listed
        found |= listed[path] - set(own)
    within = {above for path in found for above in parents(path)} | {*((workdir, *parents(workdir)) if workdir else ())}
    found |= {path for path in passed_by if path not in within or not _anew(left.before[path])}
    return few(found)


def _anew(entry: Entry | None) -> bool:
    return entry is not None and (entry.mode, entry.uid, entry.gid, entry.xattrs) == (0o755, 0, 0, ())


def few(paths: Collection[str], most: int = FEW) -> tuple[str, ...]:
    """The paths by few names: where they are many, the folders that hold most of them."""
    named = {next(name for name in (path, *parents(path)) if PLAIN.fullmatch(name) or name == "/") for path in paths}
    names = set(tops(named))
    while len(names) > most and "/" not in names:
        counts: dict[str, int] = {}
        for name in names:
            above = next(parents(name))
            counts[above] = counts.get(above, 0) + 1
        several = {above: count for above, count in counts.items() if count > 1 and above != "/"}
        deepest = max(counts, key=lambda above: (above != "/", above.count("/"), above))
        names.add(max(several, key=lambda above: (several[above], above.count("/"), above)) if several else deepest)
        names = set(tops(names))
    return tuple(sorted(names))


def guessed(
    instruction: Instruction, known: tuple[Scope, Effects], earlier: Sequence[Changes], passing: Callable[[str], bool] = passing
) -> tuple[str, ...]:
    """What earlier steps left and this one may look at, where nothing was traced.

    A layer does not tell what was read.  Counted are the shared places earlier steps changed, and every path of theirs
    that the step's text, its variables or its working folder name, from above or from below.
    """
    scope, footprint = known
    found = set()
    named = set(_named(instruction, scope))
    for changes in earlier:
        for path in {*changes.tops, *changes.modified, *changes.removed}:
            if passing(path):
                continue
            shared = next((place for place in SHARED if path == place or path.startswith(place + "/")), None)
            if shared is not None:
                found.add(shared)
            elif (
                scope.workdir is None
                or any(f"{path}/".startswith(f"{name}/") or f"{name}/".startswith(f"{path}/") for name in named - {"/"})
                or any(region.overlaps(Region(path, "tree")) for region in footprint.reads)
            ):
                found.add(next(name for name in (path, *parents(path)) if PLAIN.fullmatch(name) or name == "/"))
    return tuple(sorted(found))


def _named(instruction: Instruction, scope: Scope) -> Iterator[str]:
    text = instruction.logical.text + "\n".join(heredoc.content for heredoc in instruction.heredocs)
    everything = [text, *(value or "" for value in (*scope.env.values(), *scope.args.values()))]
    for piece in everything:
        yield from (path.rstrip("/") or "/" for path in re.findall(r"/[\w.@+/-]*", piece))
    yield scope.workdir or "/"
