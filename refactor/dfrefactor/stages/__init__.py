"""Move groups of steps into stages of their own: the one place that knows the conditions of DESIGN §5.

It answers with the edits, or with the reason why not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial

from dfrefactor.dockerfile.instructions import Arg, Copy, Onbuild, Run, Volume, Workdir
from dfrefactor.dockerfile.model import Stage
from dfrefactor.dockerfile.scope import expand
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import SOMEWHERE, STANDARD, Region, absolute, covers, parent
from dfrefactor.facts import Facts
from dfrefactor.images import image
from dfrefactor.lazy import dataclass
from dfrefactor.parts import parts
from dfrefactor.stages import names
from dfrefactor.stages.atoms import MOST, Atom, as_written, atoms, may_part, may_read
from dfrefactor.stages.layout import FINAL, TRUNK, Group, Layout, Leaves, Refusal, lay_out, short
from dfrefactor.stages.outputs import as_spelled, is_own_place, leaves, lent, narrow, needed_by
from dfrefactor.stages.text import Move, Writer
from dfrefactor.text.edit import Edit

__all__ = [
    "MOST", "Atom", "Group", "Layout", "Refusal", "Split", "atoms", "check", "grows", "lay_out", "lent", "may_part", "short",
    "split", "stage_refusal",
]  # fmt: skip

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
        every.append(replace(found, copied=tuple(as_spelled(path, group) for path in found.copied)))
    return replace(layout, leaves=tuple(every))


def grows(layout: Layout) -> Refusal | None:
    """What would be stored twice, since one layer brings it and the next one changes or removes it (DESIGN §5.8)."""
    lent_ = {each.path for group in layout.groups for each in group.lent}
    for place in {atom.place for group in layout.groups for atom in group.atoms}:
        here = [atom for atom in layout.atoms if atom.place == place and not atom.is_state]
        final = [atom for atom in here if layout.home(atom) == FINAL]
        own = {o.path for atom in final for o in atom.effects.outputs if o.how != "modify"} | lent_
        for later in final:
            for earlier in here[: here.index(later)]:
                if layout.home(earlier) == FINAL or (hit := _stored_again(earlier, later, own)) is None:
                    continue
                moved = next((g for g in layout.groups if earlier in g.atoms), None) or next(
                    group for group in layout.groups if any(atom.place == place for atom in group.atoms)
                )
                why = f"`{as_written(hit)}` would be stored twice: `{short(later)}` changes what another layer would bring"
                return Refusal(why, moved.atoms[0], later)
    return None


def _stored_again(earlier: Atom, later: Atom, own: Collection[str]) -> str | None:
    """What `earlier` makes and `later` changes or removes, in one RUN; `own` is what the layer of `later` brings itself."""
    if both := earlier.effects.system_writes & later.effects.system_writes:
        return min(both)
    changed = {Region(o.path, "tree") for o in later.effects.outputs if o.how == "modify"} | later.effects.removes
    changed |= {each for each in narrow(later.effects) if each.kind == "file"}
    if earlier.effects.grade is Grade.EXACT:
        made = {Region(o.path, "tree") for o in earlier.effects.outputs}
    else:
        made = {each for each in narrow(earlier.effects) if each.kind != "glob"}
    pairs = ((one, other) for one in made for other in changed if not {one.path, other.path} & {*own, *STANDARD})
    return min((str(one) for one, other in pairs if one.overlaps(other)), default=None)


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
        leaving = (*found.copied, *(each.name for each in group.lent))
        of_paths, of_addresses = names.of_paths(_telling(group, leaving)), names.of_addresses(_addresses(group))
        short_ = bool(of_paths and of_addresses) and len(of_paths[0]) < 3  # `a.tgz`
        name = names.choose([*wanted(group), *(() if short_ else of_paths), *of_addresses, *of_paths], taken)
        moves.append(Move(group, name, found.copied, (append or {}).get(group, ())))
        if found.behind:
            behind[name] = found.behind
    trunk = names.choose(["base", "trunk"], taken) if layout.cut > 1 else ""
    private |= _movable_arguments(stage, layout, moves)
    writer = Writer(stage, layout, tuple(moves), trunk, private)
    edits = writer.edits()
    return Split(edits, tuple(moves), behind, *writer.changed())


def _telling(group: Group, copied: Sequence[str]) -> list[str]:
    """The paths that say what a group is for: what its RUNs make before what it copies, names before the folders they are in."""
    made = [o.path for a in group.atoms if isinstance(a.instruction, Run) for o in a.effects.outputs if not o.temporary]
    below = {path: [each for each in made if covers(path, each)] for path in copied}
    own = [each for path in copied for each in ([path] if path not in (*STANDARD, SOMEWHERE) else below[path])]
    return sorted(own, key=lambda path: not any(covers(path, each) for each in made))


def _addresses(group: Group) -> Iterator[str]:
    """The words of a group's commands that are addresses."""
    for atom in group.atoms:
        for event in atom.of.events if atom.of else ():
            yield from (arg.value for arg in event.args if "://" in arg.value)


def _movable_arguments(stage: Stage, layout: Layout, moves: Sequence[Move]) -> frozenset[str]:
    """ARGs that only groups read: they go along, so that another value rebuilds no other step."""
    if any(each.base is stage for each in stage.document.stages):
        return frozenset()
    first: dict[str, int] = {}
    written = [path for move in moves for path in move.paths]
    for atom in layout.atoms:
        for pair in atom.instruction.pairs if isinstance(atom.instruction, Arg) else ():
            first.setdefault(pair.key, atom.order)
            written.append(pair.value or "")
    stay = [a for a in layout.atoms if min(layout.homes[a]) < 0 and not isinstance(a.instruction, Arg)]
    moved = [atom for atom in layout.atoms if max(layout.homes[atom]) >= 0]  # what is said again in a group, too

    def goes(name: str) -> bool:
        mentioned = re.search(rf"\$\{{?{re.escape(name)}(?![A-Za-z0-9_])|\ue000{re.escape(name)}\ue001", " ".join(written))
        read = any(atom.order > first[name] and may_read(atom, name) for atom in moved)
        return read and not mentioned and not any(may_read(atom, name) for atom in stay)

    return frozenset(filter(goes, first))


def _leaves(facts: Facts, stage: Stage, layout: Layout, group: Group) -> Leaves | Refusal:
    rest = (*group.atoms, *(each.remover for each in group.lent))
    later = [atom for atom in layout.atoms[group.atoms[0].order :] if atom not in rest]
    bare, ours = partial(_is_bare, stage, layout), partial(_is_ours, stage, layout, group)
    return leaves(group, needed_by(later), facts.scopes(stage)[group.last.place].variables, bare, ours)


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
    """Whether a step may put something at `path`."""
    return not known.grade or any(each.overlaps(Region(path, "tree")) for each in narrow(known))


def _is_bare(stage: Stage, layout: Layout, folder: str) -> bool:
    """Whether nothing is in `folder` where new stages start."""
    if folder == SOMEWHERE:
        return True  # the new stage has one of its own for it
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
        if atom in group.atoms or not atom.effects.mtime:
            continue
        if layout.sees(atom, group.last, layout.home(atom), layout.home(group.last)) and _meet(atom.effects.reads, regions):
            return f"`{short(atom)}` looks at modification times of what comes back"
    return ""


def _meet(some: Iterable[Region], others: Sequence[Region]) -> bool:
    return any(one.overlaps(other) for one in some for other in others)


def _index_edits(stage: Stage) -> Split | None:
    """Names for numbers in `COPY --from=0`, which new stages would shift; None where there are none from `stage` on."""
    edits: dict[Edit, None] = {}
    gone: set[str] = set()
    new: set[str] = set()
    taken = names.taken(stage.document)
    given: dict[int, str] = {}
    for each in stage.document.instructions:
        copy = each.trigger if isinstance(each, Onbuild) else each
        if not isinstance(copy, Copy) or not (copy.from_ or "").isdecimal():
            continue
        target = stage.document.stage(copy.from_ or "")
        if target is None or target.index < stage.index:
            continue
        name = target.label or given.get(target.index)
        if not name:
            name = given[target.index] = names.choose([f"stage{target.index}"], taken)
            words = target.from_.words
            keyword = stage.document.source.text[slice(*target.from_.keyword_span)]
            end = words[0].span.end
            edits[Edit(words[0].span._replace(start=end), f" {'as' if keyword.islower() else 'AS'} {name}")] = None
        flag = next(flag for flag in copy.flags if flag.name == "from")
        edits[Edit(flag.span, f"--from={name}")] = None
        gone.update(parts(each))
        new.update(part.replace(flag, f"--from={name}", 1) for part in parts(each))
    return Split(tuple(edits), gone=frozenset(gone), new=frozenset(new)) if edits else None
