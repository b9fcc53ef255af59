"""A project that is copied whole before its packages are installed: what of it the installer reads, and may come first."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dfrefactor import manifests
from dfrefactor.context import Tree
from dfrefactor.dockerfile.instructions import Add, Copy, Onbuild, Pairs, Run, Volume, Workdir
from dfrefactor.effects.paths import Region, covers
from dfrefactor.effects.trace import Event
from dfrefactor.facts import Facts
from dfrefactor.stages.atoms import Atom, dependence, says

_PLAIN = re.compile(r"[\w./@+-]+")


@dataclass(frozen=True)
class Ahead:
    """`files` of a folder of the context, which the RUN at `run` reads of what a COPY brings; they go to `folder` in it.

    `doubts` are why it may read, or write, more of it.  `what` is the command.
    """

    run: int
    files: tuple[str, ...]
    folder: str
    doubts: tuple[str, ...]
    what: str


def ahead(places: Sequence[list[Atom]], at: int, facts: Facts) -> Ahead | None:
    """What could be copied before the rest of the COPY at `at`; None where no RUN behind it installs from what it brings."""
    copy = places[at][0]
    instruction = copy.instruction
    if not isinstance(instruction, Copy | Add) or instruction.heredocs or instruction.is_json or len(instruction.sources) != 1:
        return None
    source, outputs = instruction.sources[0].text, copy.effects.outputs
    given = {flag.name for flag in instruction.flags}
    if not _PLAIN.fullmatch(source) or given - {"chown", "chmod"} or len(outputs) != 1 or outputs[0].kind != "tree":
        return None
    if copy.effects.provides:
        return None  # commands, perhaps
    installing = [run for run in range(at + 1, len(places)) if any(map(_installs, _events(facts, places[run])))]
    if not installing or (tree := facts.tree) is None:
        return None
    root = posixpath.normpath(source).lstrip("/")
    root, dest = "" if root == "." else root, outputs[0].path
    if root and not any(path.startswith(root + "/") for path in tree.paths):
        return None
    for run in range(at + 1, installing[0] + 1):
        other = places[run][0].instruction
        if run == installing[0]:
            return _ahead(list(_events(facts, places[run])), run, _Project(tree, root, dest))
        if isinstance(other, Run | Copy | Add) and any(dependence(copy, atom) for atom in places[run]):
            return None
        if isinstance(other, Pairs) and any(says(copy, pair.key) for pair in other.pairs):
            return None
        if isinstance(other, Workdir) and not (other.args.startswith("/") and instruction.dest.text.startswith("/")):
            return None
        if isinstance(other, Volume | Onbuild):
            return None
    return None


@dataclass(frozen=True)
class _Project:
    """The folder `root` of a context, which goes to `dest`."""

    tree: Tree
    root: str
    dest: str

    def source(self, path: str) -> str:
        """Where in the context that lies which is copied to `path`."""
        inner = posixpath.normpath(posixpath.join(self.root, posixpath.relpath(path, self.dest)))
        return "" if inner == "." else inner

    def has(self, path: str) -> bool:
        """Whether there is something of that name in the context."""
        return any(each == path or each.startswith(path + "/") for each in (*self.tree.paths, *self.tree.aside))

    def is_folder(self, path: str) -> bool:
        """Whether a path below `dest` is a folder that comes with what is copied."""
        inside = covers(self.dest, path) and path != self.dest
        return inside and any(each.startswith(self.source(path) + "/") for each in self.tree.paths)


def _events(facts: Facts, place: Sequence[Atom]) -> Iterator[Event]:
    return facts.step(place[0].instruction).trace.events


def _installs(event: Event) -> bool:
    """Whether it installs what the files of a project name: by themselves, or because an option says which."""
    names = event.entry.manifests if event.entry else ()
    return any(not name.startswith("-") or name in event.found[-1].given for name in names)


def _ahead(events: Sequence[Event], run: int, project: _Project) -> Ahead | None:
    files, doubts, names = list[str](), list[str](), list[str]()
    for event in events:
        installs, cwd = _installs(event), event.state.cwd or ""
        named = _named(event, project) if installs else ()
        looked = _looked_at(event, project, named) if named is not None else None
        if named is None or looked is None or not event.effects.grade:
            return None
        files += [*named, *looked]
        if installs and event.entry:
            names.append(event.entry.name)
            options = frozenset(option for words in event.found for option in words.given)
            doubts += manifests.doubts(project.tree, [*named, *looked], options)
            for made in event.entry.makes:
                if project.has(path := project.source(posixpath.join(cwd, made))):
                    doubts.append(f"`{event.entry.name}` writes {path}, and then the COPY brings that of the context")
    if len(folders := {posixpath.dirname(path) for path in files}) != 1:
        return None
    folder = posixpath.relpath(min(folders) or ".", project.root or ".")
    inner = "" if folder == "." else folder
    read = {each.path for event in events for each in event.effects.reads if each.kind == "file"}
    if not all(covers(path, posixpath.join(project.dest, inner)) for path in filter(project.is_folder, read)):
        return None  # a folder that is not made yet
    what = " and ".join(dict.fromkeys(names))
    return Ahead(run, tuple(dict.fromkeys(files)), inner, tuple(dict.fromkeys(doubts)), what)


def _named(event: Event, project: _Project) -> tuple[str, ...] | None:
    """The files of the context that an installer reads by its own rules; None where one is not there, or is no file."""
    entry, cwd, words = event.entry, event.state.cwd, event.found[-1]
    if entry is None or cwd is None or not covers(project.dest, cwd) or event.via:
        return None
    names = [name for name in entry.manifests if not name.startswith("-")]
    asked = [arg.value for option in entry.manifests for arg in words.given.get(option, ())]
    operands = [arg.value for arg in words.operands]
    if names:
        asked += operands
    elif any(not _PLAIN.fullmatch(each.split("=")[0]) or each[0] in "./" for each in operands):
        return None
    if any(not _PLAIN.fullmatch(each) or posixpath.isabs(each) for each in asked):
        return None
    found = [*manifests.found(project.tree, project.source(cwd), names)]
    for each in asked:
        path = project.source(posixpath.join(cwd, each))
        if path not in project.tree.paths:
            return None
        found += manifests.found(project.tree, posixpath.dirname(path), [posixpath.basename(path)])
    return tuple(dict.fromkeys(found)) or None


def _looked_at(event: Event, project: _Project, named: Sequence[str]) -> list[str] | None:
    """Further files of what is copied that a command looks at, each by its name; None where it may touch others.

    Of an installer (it has `named` some) it is known that it reads no more of the project it is in; a home that is not known is
    not in there.
    """
    found = list[str]()
    for region in event.effects.touched | event.effects.reads:
        if not region.overlaps(Region(project.dest, "tree")) or region.path.startswith("/**/."):
            continue
        inside = covers(project.dest, region.path)
        if region.kind == "file" and inside and region not in event.effects.touched:
            found += [path] if (path := project.source(region.path)) in project.tree.paths and path not in named else []
        elif not named or not (covers(region.path, event.state.cwd or "") or (inside and project.source(region.path) in named)):
            return None
    return found
