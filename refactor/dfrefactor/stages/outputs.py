"""What a group leaves, and the COPY lines that bring it back (DESIGN §5, "How outputs come back")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from dfrefactor.effects.catalog import PACKAGED
from dfrefactor.effects.effects import Effects, sequence
from dfrefactor.effects.output import Grade, Output
from dfrefactor.effects.paths import STANDARD, Region, parent
from dfrefactor.images import EMPTY
from dfrefactor.stages.atoms import Atom, as_written, with_defaults
from dfrefactor.stages.layout import Leaves, Refusal, short

PLAIN = (0o755, "root:root")
"""Mode and owner of a folder that COPY has to create (FACTS, COPY --from)."""


def leaves(
    group: Sequence[Atom], needed: Callable[[Region], bool], arguments: Mapping[str, str | None],
    bare: Callable[[str], bool], ours: Callable[[str], bool],
) -> Leaves | Refusal:  # fmt: skip
    """What comes back from `group`.

    `needed` says whether a later step may look at a temporary file; `arguments` are the build arguments' defaults: a path that
    one of them decides is told by its name; `bare` says of a folder that nothing but what the group puts there is in it,
    `ours` of a path that nothing is there before.
    """
    for atom in group:
        replacing = {name for name in atom.effects.commands if (entry := PACKAGED.get(name)) and entry.replaces}
        for output in atom.effects.outputs if replacing else ():
            if output.kind == "file" and output.how != "create" and not _made_in(group, output):
                return Refusal(f"`{output.path}` may be a link, which `{min(replacing)}` replaces and COPY would follow", atom)
    whole = sequence((atom.effects for atom in group), whole=True)
    if whole.grade is not Grade.EXACT:
        unsure = next(atom for atom in group if atom.effects.grade is not Grade.EXACT)
        return Refusal(whole.reason or f"what `{short(unsure)}` leaves is not known", unsure)
    if lost := _removed(group, ours):
        return lost
    plain = _leaves(whole, needed, bare)
    if isinstance(plain, Refusal):
        return Refusal(plain.reason, next((a for a in group if a.effects.gone), None))
    if all(atom.symbolic is atom.effects for atom in group):
        return plain
    named = _leaves(sequence((atom.symbolic for atom in group), whole=True), needed, bare)
    if isinstance(named, Refusal) or [with_defaults(path, arguments) for path in named.copied] != list(plain.copied):
        return Refusal("where it writes depends on a build argument in a way that COPY can't say")
    return Leaves(named.copied, tuple(map(as_written, named.behind)))


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


def _leaves(whole: Effects, needed: Callable[[Region], bool], bare: Callable[[str], bool]) -> Leaves | Refusal:
    for region in sorted(whole.gone):
        return Refusal(f"it removes `{region}`, which was there before")
    behind = {str(region) for region in whole.leftovers}
    copied: list[str] = []
    left = {each.path for each in whole.outputs if each.temporary and not needed(Region(each.path, "tree"))}
    brought = [each for each in whole.outputs if each.path not in left]
    for output in sorted(whole.outputs, key=lambda each: each.path):
        if any(_inside(output.path, folder) for folder in copied):
            continue
        if output.path in left:
            behind.add(output.path)
        elif refused := _refused(output, brought):
            if output.kind == "symlink" or output.path in STANDARD or not bare(folder := parent(output.path)):
                return Refusal(refused)
            copied = [path for path in copied if not _inside(path, folder)]
            copied.append(folder)  # as content of its folder it stays what it is (FACTS, COPY --from)
        elif output.kind != "dir" or output.how == "create" or not any(_inside(each.path, output.path) for each in brought):
            copied.append(output.path)  # any other folder comes about by copying what is put into it
    if not copied:
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
    if output.kind == "file":
        return ""
    if output.kind == "name":
        return f"`{path}` may be a link in the archive, which COPY would follow"
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


def copy_line(keyword: str, stage: str, path: str) -> str:
    """`COPY --from=stage path path`, quoted as FACTS says; `${NAME}` of a build argument stays a variable."""
    source, dest = _quoted(path, r"([\[*?])"), _quoted(path, r"(?!)(.)")
    if re.search(r"[ \"\\]", path):
        import json

        return f"{keyword} --from={stage} {json.dumps([source, dest])}"
    return f"{keyword} --from={stage} {source} {dest}"


def _quoted(path: str, patterns: str) -> str:
    """`path` with what COPY reads as a pattern in brackets, and every `$` but a build argument's escaped."""
    pieces = re.split(r"(\ue000[^\ue001]*\ue001)", path)
    for at in range(0, len(pieces), 2):
        pieces[at] = re.sub(patterns, r"[\1]", pieces[at]).replace("$", "\\$")
    return as_written("".join(pieces))
