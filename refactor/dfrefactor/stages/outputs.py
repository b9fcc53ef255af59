"""What a group leaves, and how it comes back: by COPY, or lent by a bind mount (DESIGN §5, "How outputs come back")."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from dfrefactor.dockerfile.instructions import Add, Copy, Run
from dfrefactor.effects.catalog import PACKAGED
from dfrefactor.effects.effects import Effects, sequence
from dfrefactor.effects.output import Grade, Output
from dfrefactor.effects.paths import SOMEWHERE, STANDARD, Region, covers, parent, spelled
from dfrefactor.images import DEBIAN_FOLDERS, EMPTY
from dfrefactor.lazy import regex
from dfrefactor.stages.atoms import Atom, as_written, brought_from, with_values
from dfrefactor.stages.layout import FINAL, Group, Layout, Leaves, Lent, Refusal, short

PLAIN = (0o755, "root:root")
"""Mode and owner of a folder that COPY has to create (FACTS, COPY --from)."""


def leaves(
    group: Group, needed: Callable[[Region], bool], variables: Mapping[str, str | None],
    bare: Callable[[str], bool], ours: Callable[[str], bool],
) -> Leaves | Refusal:  # fmt: skip
    """What comes back from `group` by COPY.

    `needed` says whether a later step may look at a temporary file; `variables` are the values of ENV and ARG: a path that one
    of them decides is told by its name; `bare` says of a folder that nothing but what the group puts there is in it, `ours` of a
    path that nothing is there before.
    """
    atoms = group.atoms
    for atom in atoms:
        replacing = {name for name in atom.effects.commands if (entry := PACKAGED.get(name)) and entry.replaces}
        for output in atom.effects.outputs if replacing else ():
            if output.kind == "file" and output.how != "create" and not _made_in(atoms, output):
                return Refusal(f"`{output.path}` may be a link, which `{min(replacing)}` replaces and COPY would follow", atom)
    whole = sequence((atom.effects for atom in atoms), whole=True)
    if whole.grade is not Grade.EXACT:
        unsure = next(atom for atom in atoms if atom.effects.grade is not Grade.EXACT)
        return Refusal(whole.reason or f"what `{short(unsure)}` leaves is not known", unsure)
    if lost := _removed(atoms, ours):
        return lost
    if looked := [each for each in whole.reads if covers(SOMEWHERE, each.path) and each.path != SOMEWHERE]:
        return Refusal(f"it looks at `{as_written(min(looked).path)}` in the folder that the image starts in, which is not known")
    plain = _leaves(whole, needed, bare, {each.path for each in group.lent})
    if isinstance(plain, Refusal):
        return Refusal(plain.reason, next((a for a in atoms if a.effects.gone), None))
    if all(atom.symbolic is atom.effects for atom in atoms):
        return plain
    lent_ = {each.name for each in group.lent}
    named = _leaves(sequence((atom.symbolic for atom in atoms), whole=True), needed, bare, lent_)
    if isinstance(named, Refusal) or [with_values(path, variables) for path in named.copied] != list(plain.copied):
        return Refusal("where it writes depends on a variable in a way that COPY can't say")
    return Leaves(named.copied, tuple(map(as_written, named.behind)))


def lent(group: Group, atoms: Sequence[Atom], classic: bool = False) -> Group:
    """`group` with what the rest of a RUN only reads and then removes: no layer needs to hold it (not for the `classic` builder).

    A folder is lent as well, where the rest of the RUN works in it and then removes it: what it changes in there is gone behind
    the RUN in either case.  What unpacks or compiles beside a path is taken to leave that alone; else the build would fail.
    """
    later = [atom for atom in atoms if atom.order > group.atoms[0].order and atom not in group.atoms]
    if classic or not any(map(only_removed, later)):
        return group
    found: list[Lent] = []
    whole, names = sequence([a.effects for a in group.atoms], True), sequence([a.symbolic for a in group.atoms], True)
    if len(whole.outputs) != len(names.outputs):
        return group
    for output, named in zip(whole.outputs, names.outputs, strict=True):
        below = f"{output.path}/"
        touching = [atom for atom in later if any(f"{each.path}/".startswith(below) for each in atom.effects.touched)]
        remover = touching[-1] if touching else None
        if remover is None or only_removed(remover) != output.path or not _SIMPLE.fullmatch(as_written(named.path)):
            continue
        folder = output.how == "create" and output.kind in ("tree", "dir") and output.path not in STANDARD
        inside = all(atom.place == remover.place for atom in touching)
        if (output.kind == "file" and len(touching) == 1) or (folder and inside):
            found.append(Lent(output.path, named.path, folder, remover))
    return replace(group, lent=tuple(found))


_SIMPLE = regex(r"[A-Za-z0-9._/+@${}~-]+")
"""Paths that a `--mount` can say without quotes."""


def only_removed(atom: Atom) -> str:
    """The one path that an atom removes, where it does nothing else; "" where it does."""
    known = atom.effects
    more = known.writes or known.ensures or known.outputs
    alone = known.grade is Grade.EXACT and isinstance(atom.instruction, Run) and not (more or atom.tied)
    paths = {each.path if each.kind != "glob" else "" for each in known.removes} if alone else set[str]()
    return paths.pop() if len(paths) == 1 else ""


def narrow(effects: Effects) -> Iterable[Region]:
    """What a step touches; package managers' system folders are taken not to hold what others name."""
    wide = (STANDARD | DEBIAN_FOLDERS) if effects.grade is Grade.BOUNDED else frozenset[str]()
    return (each for each in effects.touched if each.path not in wide)


def borrowers(layout: Layout, group: Group, lent: Lent) -> list[int]:
    """The places of the RUNs that look at a lent path, or may do so."""
    place = Region(lent.path, "tree")
    rest = [a for a in layout.atoms if layout.homes[a] == (FINAL,) and group.atoms[0].order < a.order < lent.remover.order]
    using = [a for a in rest if isinstance(a.instruction, Run) and (
        not a.effects.grade or any(each.overlaps(place) for each in (*a.effects.reads, *narrow(a.effects)))
    )]  # fmt: skip
    return sorted({atom.place for atom in using})


def _removed(group: Sequence[Atom], ours: Callable[[str], bool]) -> Refusal | None:
    """What was there before and may be gone: COPY never removes (FACTS), and who fills a folder may empty it first."""
    made: set[str] = set()
    for atom in group:
        known = atom.effects
        doubtful = known.removes if known.grade is Grade.EXACT else known.touched - known.leftovers
        made |= {o.path for o in known.outputs if o.how == "create"}
        for region in sorted(doubtful):
            if not any(region.path == path or _inside(region.path, path) for path in made) and not ours(region.path):
                return Refusal(f"what is at `{region.path}` before may be removed", atom)
    return None


def _made_in(group: Sequence[Atom], output: Output) -> bool:
    """Whether an atom of the group makes what is at the path of `output`."""
    return any(
        made.how == "create" and (made.path == output.path or (made.kind == "tree" and _inside(output.path, made.path)))
        for atom in group
        for made in atom.effects.outputs
    )


def _leaves(
    whole: Effects, needed: Callable[[Region], bool], bare: Callable[[str], bool], lent: Collection[str]
) -> Leaves | Refusal:
    for region in sorted(whole.gone):
        return Refusal(f"it removes `{region}`, which was there before")
    behind = {str(region) for region in whole.leftovers}
    copied: list[str] = []
    outputs = [each for each in whole.outputs if each.path not in lent]
    left = {each.path for each in outputs if each.temporary and not needed(Region(each.path, "tree"))}
    brought = [each for each in outputs if each.path not in left]
    for output in sorted(outputs, key=lambda each: each.path):
        if any(_inside(output.path, folder) for folder in copied):
            continue
        if output.path in left:
            behind.add(output.path)
        elif refused := _refused(output, brought):
            if output.kind == "symlink" or output.path in STANDARD or not bare(folder := parent(output.path)):
                return Refusal(refused)
            if any(_inside(path, folder) for path in lent):
                return Refusal(refused)  # what is lent would be copied too
            copied = [path for path in copied if not _inside(path, folder)]
            copied.append(folder)  # as content of its folder it stays what it is (FACTS, COPY --from)
        elif output.kind != "dir" or output.how == "create" or not any(_inside(each.path, output.path) for each in brought):
            copied.append(output.path)  # any other folder comes about by copying what is put into it
    if not copied and not lent:
        return Refusal("it leaves nothing that could be copied back, so its stage would not be built")
    return Leaves(tuple(copied), tuple(sorted(path for path in behind if not any(_inside(path, c) for c in copied))))


def _inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def _refused(output: Output, outputs: Iterable[Output]) -> str:
    """Why `output` can't come back by COPY, or ""."""
    path = output.path
    if output.kind == "symlink":
        return f"`{path}` is a symbolic link, which COPY would follow"
    if any(ord(char) < 32 or ord(char) == 127 or char in "\"'\\`" for char in path):
        return f"`{path!r}` can't be written in a COPY"
    if output.kind in ("file", "name"):
        return ""
    if output.how == "create":
        if (output.mode, output.owner) == PLAIN:
            return ""
        if output.mode is None or output.owner is None:
            return f"the mode or owner of `{path}` is not known, and COPY would make it root:root 0755"
        return f"`{path}` is not root:root 0755, as COPY would make it"
    plain = output.mode in (None, PLAIN[0]) and output.owner in (None, PLAIN[1])
    if output.kind == "dir":
        if output.how == "modify":
            return f"it changes the folder `{path}` itself"
        if not any(_inside(other.path, path) for other in outputs):
            return f"`{path}` may be there already, and is left empty"
        return "" if plain else f"the mode of `{path}` would be lost"
    if plain and (path in EMPTY or is_own_place(path)):
        return ""
    return f"`{path}` may hold older content, which would be copied too"


def is_own_place(path: str) -> bool:
    """Whether `path` lies outside the folders of the system, where hardly anything is that the file did not put there.

    What is there nevertheless is copied onto itself: the steps that touch it keep their order.
    """
    top = "/" + path.split("/")[1]
    return path not in STANDARD and (parent(path) in EMPTY or top not in STANDARD)


def needed_by(atoms: Iterable[Atom]) -> Callable[[Region], bool]:
    """Whether any of `atoms` may look at a region, or touch it."""
    footprints = [atom.effects for atom in atoms if atom.is_step]
    unknown = not all(footprint.grade for footprint in footprints)
    regions = [region for footprint in footprints for region in footprint.reads | footprint.touched]
    return lambda region: unknown or any(each.overlaps(region) for each in regions)


def passed_through(layout: Layout) -> Refusal | None:
    """A file of the build context that a group would bring for nobody but the stage it comes back to."""
    for group in layout.groups:
        for at, atom in enumerate(group.atoms):
            if isinstance(atom.instruction, Copy | Add) and not atom.instruction.flag("from"):
                wanted = needed_by(group.atoms[at + 1 :])
                if not any(wanted(Region(output.path, "tree")) for output in atom.effects.outputs):
                    return Refusal(f"what `{short(atom)}` brings would be copied twice", atom)
    return None


def copy_line(keyword: str, stage: str, path: str) -> str:
    """`COPY --from=stage path path`, quoted as FACTS says; `${NAME}` of a build argument stays a variable."""
    source, dest = _quoted(brought_from(path), r"([\[*?])"), _quoted(path, r"(?!)(.)")
    if re.search(r"[ \"\\]", path):
        import json

        return f"{keyword} --from={stage} {json.dumps([source, dest])}"
    return f"{keyword} --from={stage} {source} {dest}"


def as_spelled(path: str, group: Group) -> str:
    """`path` as the group's commands name it."""
    return spelled(path, "\n".join(atom.text for atom in group.atoms))


def mount_flag(stage: str, group: Group, lent: Lent) -> str:
    """`--mount=type=bind,from=stage,…` of a lent path; what is written to it is gone behind the RUN."""
    path = as_spelled(lent.name, group)
    source, target = as_written(brought_from(path)), as_written(path)
    return f"--mount=type=bind,from={stage},source={source},target={target}{',rw' if lent.writable else ''}"


def _quoted(path: str, patterns: str) -> str:
    """`path` with what COPY reads as a pattern in brackets, and every `$` but a build argument's escaped."""
    pieces = re.split(r"(\ue000[^\ue001]*\ue001)", path)
    for at in range(0, len(pieces), 2):
        pieces[at] = re.sub(patterns, r"[\1]", pieces[at]).replace("$", "\\$")
    return as_written("".join(pieces))


def leftovers(name: str, paths: Iterable[str]) -> str:
    """What stays in a new stage, for a reader."""
    return f"{name} leaves behind: {', '.join(path.removeprefix('/**/') for path in paths)}"
