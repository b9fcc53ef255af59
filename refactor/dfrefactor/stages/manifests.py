"""A project that is copied whole before its packages are installed: what of it the installer reads, and may come first."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from dfrefactor import manifests
from dfrefactor.context import Tree
from dfrefactor.dockerfile.instructions import Add, Copy, Instruction, Onbuild, Pairs, Run, Volume, Workdir
from dfrefactor.dockerfile.model import Stage
from dfrefactor.effects.effects import matched, sequence
from dfrefactor.effects.paths import Region, covers, known
from dfrefactor.effects.trace import Event
from dfrefactor.facts import Facts
from dfrefactor.lazy import dataclass, regex
from dfrefactor.stages.atoms import Atom, dependence, says
from dfrefactor.stages.cut import Cut, stands_apart
from dfrefactor.stages.layout import FINAL, Layout
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

_PLAIN = regex(r"[\w./@+-]+")
_NO_PATHS = frozenset("value text url user secret pair header address log".split())
"""Roles of values that name no file."""


@dataclass(frozen=True)
class Ahead:
    """`files` of a folder of the context, which the RUN at `run` reads of what a COPY brings; they go to `folder` in it.

    Of that RUN it is the first `atoms` of it.  `doubts` are why they may read, or write, more.  `what` is the command.
    """

    run: int
    atoms: int
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
    installing = next((run for run in range(at + 1, len(places)) if any(_does(facts, atom) for atom in places[run])), None)
    if installing is None or (tree := facts.tree) is None:
        return None
    root = posixpath.normpath(source).lstrip("/")
    root, dest = "" if root == "." else root, outputs[0].path
    if root and not any(path.startswith(root + "/") for path in tree.paths):
        return None
    for run in range(at + 1, installing):
        other = places[run][0].instruction
        if isinstance(other, Run | Copy | Add) and any(dependence(copy, atom) for atom in places[run]):
            return None
        if isinstance(other, Pairs) and any(says(copy, pair.key) for pair in other.pairs):
            return None
        if isinstance(other, Workdir) and not (other.args.startswith("/") and instruction.dest.text.startswith("/")):
            return None
        if isinstance(other, Volume | Onbuild):
            return None
    atoms, project = places[installing], _Project(tree, root, dest)
    ends = (end for end in range(len(atoms), 0, -1) if end == len(atoms) or (_does(facts, atoms[end - 1]) and _parts(atoms, end)))
    return next(filter(None, (_ahead(facts, atoms[:end], installing, project) for end in ends)), None)


def _parts(atoms: Sequence[Atom], end: int) -> bool:
    """Whether a RUN may be cut there: what it removes in the end would be stored else."""
    before, behind = atoms[:end], atoms[end:]
    if behind[0].tied or any(each.is_bound_to(other) for each in behind for other in before if not other.is_state):
        return False
    made, gone = sequence(atom.effects for atom in before), sequence(atom.effects for atom in behind)
    packages = "packages" in made.system_writes & gone.system_writes
    return not packages and not any(region.overlaps(other) for region in gone.removes for other in made.touched)


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


def _events(facts: Facts, atom: Atom) -> Sequence[Event]:
    return atom.of.events if atom.of else tuple(facts.step(atom.instruction).trace.events)


def _does(facts: Facts, atom: Atom) -> bool:
    return any(map(_installs, _events(facts, atom)))


def _installs(event: Event) -> bool:
    """Whether it installs what the files of a project name: by themselves, or because an option says which."""
    names = event.entry.manifests if event.entry else ()
    return any(not name.startswith("-") or name in event.found[-1].given for name in names)


def _ahead(facts: Facts, atoms: Sequence[Atom], run: int, project: _Project) -> Ahead | None:
    events = [event for atom in atoms for event in _events(facts, atom)]
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
    return Ahead(run, len(atoms), tuple(dict.fromkeys(files)), inner, tuple(dict.fromkeys(doubts)), what)


def _named(event: Event, project: _Project) -> tuple[str, ...] | None:
    """The files of the context that an installer reads by its own rules; None where one is not there, or is no file."""
    entry, cwd, words = event.entry, event.state.cwd, event.found[-1]
    if entry is None or cwd is None or not covers(project.dest, cwd) or event.via:
        return None
    for option, becomes, arg in (each for level in event.found for each in level.values):
        away = arg.value.startswith("/") and known(arg.value) and not covers(project.dest, arg.value)
        if becomes not in _NO_PATHS and option not in entry.manifests and not away:
            return None  # it works in another folder, or has files of its own
    for name, variable in event.state.variables.items():
        given = variable.value or ""
        if matched(name, entry.variables) and _PLAIN.fullmatch(given) and project.has(project.source(posixpath.join(cwd, given))):
            return None  # it names another file, or another folder
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


def copied_first(
    stage: Stage, copy: Instruction, atoms: Sequence[Atom], first: Ahead
) -> tuple[tuple[Edit, ...], frozenset[str], frozenset[str]]:
    """The edits that copy the files of `first`, run its part of `atoms` and copy the rest; what goes and comes with them."""
    assert isinstance(copy, Copy | Add)
    run, text, newline = atoms[0].instruction, stage.document.source.text, stage.document.source.newline
    dest = copy.dest.text.rstrip("/") + "/" + (f"{first.folder}/" if first.folder else "")
    flags = " ".join(map(str, copy.flags))
    line = " ".join(filter(None, [copy.keyword, flags, *first.files, dest])) + newline
    new, gone = frozenset(f"{copy.keyword} {flags} {file} {dest} " for file in first.files), frozenset[str]()
    gap = newline * stands_apart(text, copy.start)
    rest = gap + text[copy.start : copy.span.end]
    homes = {atom: (0, FINAL) if atom.is_state else (0,) for atom in atoms[: first.atoms]}
    if len(homes) < len(atoms):
        cut = Cut(stage, Layout(tuple(atoms), (), 1, {atom: homes.get(atom, (FINAL,)) for atom in atoms}))
        behind = Edit(run.span, cut.fragment(list(atoms), 0) + rest + gap + cut.fragment(list(atoms), FINAL))
        gone, said = cut.changed()
        new |= said
    else:
        ended = newline * (not text[: run.span.end].endswith("\n"))
        behind = Edit(Span(run.span.end, run.span.end), ended + rest)
    return (Edit(Span(copy.start, copy.span.end), line), behind), gone, new
