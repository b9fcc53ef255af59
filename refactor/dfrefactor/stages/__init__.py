"""Move groups of steps into stages of their own: the one place that knows the conditions of DESIGN §5.

It answers with the edits, or with the reason why not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from dfrefactor.dockerfile.instructions import Arg, Copy, Onbuild, Run, Volume, Workdir
from dfrefactor.dockerfile.model import Stage
from dfrefactor.dockerfile.scope import expand
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import STANDARD, Region, absolute, covers, parent
from dfrefactor.facts import Facts
from dfrefactor.images import DEBIAN_FOLDERS, image
from dfrefactor.parts import parts
from dfrefactor.stages import names
from dfrefactor.stages.atoms import MOST, Atom, atoms, may_read
from dfrefactor.stages.layout import TRUNK, Group, Layout, Leaves, Refusal, lay_out, short
from dfrefactor.stages.outputs import is_own_place, leaves, needed_by
from dfrefactor.stages.text import Move, Writer, said_again
from dfrefactor.text.edit import Edit

__all__ = ["MOST", "Atom", "Group", "Layout", "Refusal", "Split", "atoms", "check", "lay_out", "short", "split", "stage_refusal"]

_FLAGS = frozenset(("mount", "network"))
_MOUNTS = frozenset(("bind", "cache", "tmpfs", "secret", "ssh"))


@dataclass(frozen=True)
class Split:
    """A stage taken apart, or, with no moves, only its file's `--from=0` turned into names.

    `behind` are the leftovers that stay in each new stage, by its name; `gone` and `new` as in a Finding.
    """

    edits: tuple[Edit, ...]
    moves: tuple[Move, ...] = ()
    behind: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()

    @property
    def left(self) -> frozenset[str]:
        return frozenset(path for paths in self.behind.values() for path in paths)


def stage_refusal(stage: Stage) -> Refusal | None:
    """Why nothing of `stage` may move (DESIGN §5.17)."""
    if stage.from_.image.lower() == "scratch":
        return Refusal("a stage FROM scratch is left alone")
    if any(isinstance(instruction, Onbuild) for instruction in stage.document.instructions):
        return Refusal("the file has an ONBUILD, which other files build on")
    if len(stage.instructions) > MOST:
        return Refusal(f"the stage has more than {MOST} instructions")
    return None


def check(facts: Facts, stage: Stage, layout: Layout) -> Layout | Refusal:
    """The layout with what its groups leave, or what is wrong with it beyond the order of its steps."""
    keywords = [i.keyword for i in stage.instructions[1 : layout.cut]], [i.keyword for i in stage.instructions[layout.cut :]]
    for one, other in (("CMD", "ENTRYPOINT"), ("ENTRYPOINT", "CMD")):
        if layout.cut > 1 and one in keywords[0] and other in keywords[1]:
            return Refusal(f"{one} and {other} would end up in different stages", layout.groups[0].atoms[0])
    every: list[Leaves] = []
    for group in layout.groups:
        found = _leaves(facts, stage, layout, group)
        if isinstance(found, Refusal):
            return Refusal(found.reason, found.atom or group.atoms[0])
        wrong = _moved_wrong(stage, layout, group) or _copied_wrong(facts, stage, layout, group, found)
        if any("$" in path for path in found.copied) and stage.document.escape != "\\":
            wrong = "a name with `$` can't be written with this escape character"
        if wrong:
            return Refusal(wrong, group.atoms[0])
        every.append(found)
    return replace(layout, leaves=tuple(every))


def split(
    facts: Facts, stage: Stage, layout: Layout,
    wanted: Callable[[Group], Sequence[str]] = lambda _: (), append: Mapping[Group, tuple[str, ...]] | None = None,
    private: frozenset[str] = frozenset(),
) -> Split:  # fmt: skip
    """Write down a layout that `check` answered with.

    `wanted` are names for a group's stage, best first, before those its paths suggest; `append` are commands run behind a group
    in its stage; `private` are variables whose ENV and ARG only the new stages keep.
    """
    if renamed := _index_edits(stage):
        return renamed
    taken = names.taken(stage.document, facts.settings.taken)
    moves, behind = [], {}
    for group, found in zip(layout.groups, layout.leaves, strict=True):
        name = names.choose([*wanted(group), *names.of_paths(_telling(group, found.copied))], taken)
        moves.append(Move(group, name, found.copied, (append or {}).get(group, ())))
        if found.behind:
            behind[name] = found.behind
    trunk = names.choose(["base", "trunk"], taken) if layout.cut > 1 else ""
    private |= _movable_arguments(stage, layout, moves)
    writer = Writer(stage, layout, tuple(moves), trunk, private)
    return Split(writer.edits(), tuple(moves), behind, new=said_again(layout))


def _telling(group: Group, copied: Sequence[str]) -> list[str]:
    """The paths that say what a group is for: what its RUNs make before what it copies, names before the folders they are in."""
    made = [o.path for a in group.atoms if isinstance(a.instruction, Run) for o in a.effects.outputs if not o.temporary]
    below = {path: [each for each in made if covers(path, each)] for path in copied}
    own = [each for path in copied for each in ([path] if path not in STANDARD else below[path])]
    return sorted(own, key=lambda path: not any(covers(path, each) for each in made))


def _movable_arguments(stage: Stage, layout: Layout, moves: Sequence[Move]) -> frozenset[str]:
    """ARGs that only groups read: they go along, so that another value rebuilds no other step."""
    if any(each.base is stage for each in stage.document.stages):
        return frozenset()
    first: dict[str, int] = {}
    written = [path for move in moves for path in move.copied]
    for atom in layout.atoms:
        for pair in atom.instruction.pairs if isinstance(atom.instruction, Arg) else ():
            first.setdefault(pair.key, atom.order)
            written.append(pair.value or "")
    stay = [a for a in layout.atoms if layout.home(a) < 0 and not isinstance(a.instruction, Arg)]
    moved = [atom for group in layout.groups for atom in group.atoms]

    def goes(name: str) -> bool:
        mentioned = re.search(rf"\$\{{?{re.escape(name)}(?![A-Za-z0-9_])|\ue000{re.escape(name)}\ue001", " ".join(written))
        read = any(atom.order > first[name] and may_read(atom, name) for atom in moved)
        return read and not mentioned and not any(may_read(atom, name) for atom in stay)

    return frozenset(filter(goes, first))


def _leaves(facts: Facts, stage: Stage, layout: Layout, group: Group) -> Leaves | Refusal:
    later = [atom for atom in layout.atoms[group.atoms[0].order :] if atom not in group.atoms]
    bare, ours = partial(_is_bare, stage, layout), partial(_is_ours, stage, layout, group)
    return leaves(group.atoms, needed_by(later), facts.scopes(stage)[-1].args, bare, ours)


def _is_ours(stage: Stage, layout: Layout, group: Group, path: str) -> bool:
    """Whether nothing is at `path` before `group`: no step puts it there, and no image we know has it."""
    base = stage.base if isinstance(stage.base, str) else None
    scratch = path.startswith(("/tmp/", "/var/tmp/"))
    if not scratch and not (base and image(base).stock and (is_own_place(path) or parent(path) in image(base).folders)):
        return False
    return not any(
        _may_put(atom.effects, path)
        for atom in layout.atoms[: group.last.order]
        if atom not in group.atoms and not isinstance(atom.instruction, Workdir)
    )


def _may_put(known: Effects, path: str) -> bool:
    """Whether a step may put something at `path`; package managers' system folders are taken not to hold what others name."""
    system = STANDARD | DEBIAN_FOLDERS
    wide = {each for each in known.touched if known.grade is Grade.BOUNDED and each.path in system}
    return not known.grade or any(each.overlaps(Region(path, "tree")) for each in known.touched - wide)


def _is_bare(stage: Stage, layout: Layout, folder: str) -> bool:
    """Whether nothing is in `folder` where new stages start."""
    base = stage.base if isinstance(stage.base, str) else None
    below = [atom.effects for atom in layout.atoms if atom.place < layout.cut and layout.home(atom) == TRUNK]
    place = Region(folder, "tree")
    if not all(known.grade for known in below):
        return False
    return folder in image(base or "").empty and not any(each.overlaps(place) for known in below for each in known.touched)


def _moved_wrong(stage: Stage, layout: Layout, group: Group) -> str:
    """Why a part of `group` may not stand in another stage, or ""."""
    for atom in group.atoms:
        instruction = atom.instruction
        if isinstance(instruction, Copy) and instruction.from_:
            source = stage.document.stage(instruction.from_)
            if source and source.index >= stage.index:
                return f"`{short(atom)}` copies from a stage further down"
        if isinstance(instruction, Run):
            if unknown := [flag.name for flag in instruction.flags if flag.name not in _FLAGS]:
                return f"`--{unknown[0]}` of a RUN is not understood"
            if any(mount.type not in _MOUNTS for mount in instruction.mounts):
                return f"a mount of `{short(atom)}` is not understood"
            if shared := _caches(atom) & {c for other in layout.atoms if other not in group.atoms for c in _caches(other)}:
                return f"the cache mount `{sorted(shared)[0]}` is used by other steps too"
    return ""


def _caches(atom: Atom) -> set[str]:
    if not isinstance(atom.instruction, Run):
        return set()
    return {mount.fields.get("id") or mount.target for mount in atom.instruction.mounts if mount.type == "cache"}


def _copied_wrong(facts: Facts, stage: Stage, layout: Layout, group: Group, found: Leaves) -> str:
    """Why what `group` leaves may not come back by COPY, or ""."""
    regions = [Region(path, "tree") for path in found.copied]
    for each in stage.chain:
        for instruction, scope in zip(each.instructions, facts.scopes(each), strict=True):
            for word in instruction.words if isinstance(instruction, Volume) else ():
                path = expand(word.text, scope)
                if path is None or _meet([Region(path, "tree")], regions):
                    return f"VOLUME `{word.text}` may hold what comes back"
    for atom in group.atoms:
        for mount in atom.instruction.mounts if isinstance(atom.instruction, Run) else ():
            target = absolute(mount.target, facts.scope(atom.instruction).workdir) if mount.target else None
            if target and _meet([Region(target, "tree")], regions):
                return f"what is below the mount at `{target}` is not in the layer"
    for atom in layout.atoms:
        if atom in group.atoms or not atom.effects.mtime or not layout.sees(atom, group.last):
            continue
        if _meet(atom.effects.reads, regions):
            return f"`{short(atom)}` looks at modification times of what comes back"
    return ""


def _meet(some: Iterable[Region], others: Sequence[Region]) -> bool:
    return any(one.overlaps(other) for one in some for other in others)


def _index_edits(stage: Stage) -> Split | None:
    """Names for numbers in `COPY --from=0`, which new stages would shift; None where there are none from `stage` on."""
    document = stage.document
    edits: dict[Edit, None] = {}
    gone: set[str] = set()
    new: set[str] = set()
    taken = names.taken(document)
    given: dict[int, str] = {}
    for each in document.instructions:
        copy = each.trigger if isinstance(each, Onbuild) else each
        if not isinstance(copy, Copy) or not (copy.from_ or "").isdecimal():
            continue
        target = document.stage(copy.from_ or "")
        if target is None or target.index < stage.index:
            continue
        name = target.label or given.get(target.index)
        if not name:
            name = given[target.index] = names.choose([f"stage{target.index}"], taken)
            words = target.from_.words
            keyword = document.source.text[slice(*target.from_.keyword_span)]
            end = words[0].span.end
            edits[Edit(words[0].span._replace(start=end), f" {'as' if keyword.islower() else 'AS'} {name}")] = None
        flag = next(flag for flag in copy.flags if flag.name == "from")
        edits[Edit(flag.span, f"--from={name}")] = None
        gone.update(parts(each))
        new.update(part.replace(flag, f"--from={name}", 1) for part in parts(each))
    return Split(tuple(edits), gone=frozenset(gone), new=frozenset(new)) if edits else None
