"""The footprint of one instruction: what its keyword, its scope and its shell text say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dfrefactor.effects.catalog import PACKAGED, Catalog
from dfrefactor.effects.paths import parent, region
from dfrefactor.effects.types import Footprint, Grade, Output, Region, Regions, State, Step, Unit
from dfrefactor.images import image

if TYPE_CHECKING:
    from dfrefactor.dockerfile.comments import Hint
    from dfrefactor.dockerfile.instructions import Instruction, Run
    from dfrefactor.dockerfile.scope import Scope


_BEFORE = re.compile(r"((?:\d*<<-?\S+\s+)+)([^<].*)\Z", re.S)


def of(
    instruction: Instruction,
    scope: Scope,
    hint: Hint | None = None,
    catalog: Catalog | Mapping[str, Any] | None = None,
    before: Sequence[Footprint] = (),
    base: str | None = None,
) -> Step:
    """What `instruction` does in `scope`; empty where it only configures the image.

    `before` are the footprints of the earlier steps of its stage and `base` the image the stage starts from, where known: with
    them, more can be said of what is at a path.  Raises CatalogError for a user's own table that is not of the documented form.
    """
    if hint is not None:
        return Step(hinted(hint.writes, hint.reads))
    own = catalog if isinstance(catalog, Catalog) else _catalog(catalog)
    match instruction.keyword:
        case "RUN":
            return _run(instruction, state_of(scope, before, base), own)  # type: ignore[arg-type]
        case "COPY" | "ADD" | "WORKDIR":
            from dfrefactor.effects.transfer import transfer, workdir

            state = state_of(scope, before, base)
            step = workdir if instruction.keyword == "WORKDIR" else transfer
            return Step(step(instruction, scope, state))  # type: ignore[arg-type]
        case "ENV" | "ARG":
            return Step(Footprint(sets=frozenset(pair.key for pair in instruction.pairs)))  # type: ignore[attr-defined]
        case "USER" | "SHELL":
            named = frozenset({f"{instruction.keyword} instruction"})
            users = frozenset({"users"}) if instruction.keyword == "USER" and instruction.args.strip("0123456789:") else named
            return Step(Footprint(system_reads=users | named, system_writes=named))
    return Step(Footprint())


def _catalog(own: Mapping[str, Any] | None) -> Catalog:
    return Catalog(own) if own else PACKAGED


def hinted(writes: Sequence[str], reads: Sequence[str]) -> Footprint:
    """A hint is the whole footprint: a folder means its tree, all of it the step's own."""
    return Footprint(
        reads=frozenset(region(path, True) for path in reads),
        writes=frozenset(region(path, True) for path in writes),
        outputs=tuple(
            Output(region(path, True).path, "tree", "create", mode=0o755, owner="root:root", certain=False) for path in writes
        ),
        network=True,
        heavy=True,
    )


def state_of(scope: Scope, before: Sequence[Footprint] = (), base: str | None = None) -> State:
    """The state a RUN of that scope starts in."""
    kinds, links, perhaps = _left(before)
    if scope.workdir is not None and scope.workdir != "/":
        kinds.setdefault(region(scope.workdir).path, "dir")
    touched = frozenset[Region]().union(*(each.touched for each in before)) if before else frozenset[Region]()
    if any(each.grade is Grade.UNKNOWN for each in before):
        touched |= {Region("/", "tree")}
    stock = base is not None and image(base).stock and not any(
        each.grade is Grade.UNKNOWN or any(region.path.startswith("/etc/apt") for region in each.touched) for each in before
    )
    variables = scope.variables
    if variables.get("PATH", "") is None and scope.path:
        variables = {**variables, "PATH": scope.path}
    return State(
        scope.workdir, variables, scope.user, scope.shell,
        kinds=kinds, links=links, perhaps=perhaps, base=base, touched=touched, stock=stock,
    )  # fmt: skip


def _left(before: Sequence[Footprint]) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """What earlier steps left: what is known to be at a path, where links lead, and where links lead that may be there."""
    kinds: dict[str, Any] = {}
    links: dict[str, str] = {}
    perhaps: dict[str, str] = {}
    for each in before:
        for path in [path for path in {**kinds, **links, **perhaps} if not each.grade or _removed(path, each.removes)]:
            kinds.pop(path, None)
            lands = links.pop(path, None) or perhaps.pop(path, None)
            if lands and each.grade is not Grade.EXACT:
                perhaps[path] = lands
        for output in each.outputs:
            if output.is_folder:
                kinds[output.path] = "dir"
            elif output.kind == "symlink":
                kinds[output.path] = "symlink"
            elif output.how == "create" or kinds.get(output.path) != "dir":
                kinds.pop(output.path, None)
        for path, lands in each.links:
            (links if kinds.get(path) == "symlink" and each.grade is Grade.EXACT else perhaps)[path] = lands
        if filled := [region for region in each.writes if region.kind != "file"]:
            kinds = {
                path: kind for path, kind in kinds.items()
                if kind == "dir" or not any(region.overlaps(Region(path)) for region in filled)
            }  # fmt: skip
    return kinds, links, perhaps


def _removed(path: str, regions: Regions) -> bool:
    return Region(path) in regions or any(each.kind != "file" and each.contains(path) for each in regions)


def _run(instruction: Run, state: State, catalog: Catalog) -> Step:
    login = not instruction.is_json and any(w.startswith("-") and "l" in w.lstrip("-")[:6] for w in state.shell[1:])
    if login:
        state = replace(state, umask=None)  # a profile may set it
    text, reason = _text(instruction)
    if instruction.is_json and not instruction.heredocs:
        units: tuple[Unit, ...] = ()
        footprint = _argv(tuple(word.text for word in instruction.words), state, catalog)
    elif reason := reason or _read_first(state):
        units, footprint = (), Footprint(Grade.UNKNOWN, (reason,))
    else:
        units, footprint = _interpreted(text, state, catalog)
    if instruction.flags:
        footprint = _flagged(instruction, footprint)
    reads = {"USER instruction", "SHELL instruction"}
    if state.user not in ("root", "0", "root:root", "0:0", None) and state.user.strip("0123456789:"):
        reads.add("users")
    commands = footprint.commands
    if state.shell and not instruction.is_json:
        commands |= {state.shell[0].rpartition("/")[2]}
    footprint = replace(footprint, commands=commands, system_reads=footprint.system_reads | reads)
    if login:
        footprint = _login(footprint, state)
    return Step(footprint, units, text)


def _interpreted(text: str, state: State, catalog: Catalog) -> tuple[tuple[Unit, ...], Footprint]:
    return _remembered(text, state) if catalog is PACKAGED else _units(text, state, catalog)


@lru_cache(maxsize=2048)
def _remembered(text: str, state: State) -> tuple[tuple[Unit, ...], Footprint]:
    """Each pass asks again, and files of one project say the same."""
    return _units(text, state, PACKAGED)


def _units(text: str, state: State, catalog: Catalog) -> tuple[tuple[Unit, ...], Footprint]:
    from dfrefactor.effects.interpreter import interpret, total

    units = interpret(text, state, catalog)
    return units, total(units) if units else Footprint()


def _read_first(state: State) -> str:
    """Why what a shell does before its text is not known (bash(1), INVOCATION)."""
    bash = state.shell[:1] and state.shell[0].rpartition("/")[2] == "bash"
    return "bash runs the file that `BASH_ENV` names first" if bash and state.env.get("BASH_ENV", "") != "" else ""


def _text(instruction: Run) -> tuple[str, str]:
    """The shell text of a RUN, here-documents put back; or why there is none."""
    heredocs = instruction.heredocs
    if not heredocs:
        return instruction.args, ""
    args = instruction.args
    if args.lstrip("0123456789").startswith("<<") and len(args.split()) == 1 and len(heredocs) == 1:
        body = heredocs[0].content
        if heredocs[0].chomp:
            body = "\n".join(line.lstrip("\t") for line in body.split("\n"))
        if body.startswith("#!"):
            first, _, rest = body.partition("\n")
            if first.split()[-1].rpartition("/")[2] not in ("sh", "bash", "dash", "ash") or len(first.split()) > 2:
                return body, f"`{first}` runs a script of another kind"
            return rest, ""
        return body, ""
    if before := _BEFORE.match(args):  # tree-sitter-bash reads a here-document only behind its command
        args = f"{before[2]} {before[1]}"
    bodies = "".join(f"{each.content}{each.name}\n" for each in heredocs)
    return f"{args}\n{bodies}", ""


def _argv(words: tuple[str, ...], state: State, catalog: Catalog) -> Footprint:
    """A JSON-form RUN: no shell takes the words apart."""
    from dfrefactor.effects.interpreter import total
    from dfrefactor.effects.running import run
    from dfrefactor.effects.session import Session
    from dfrefactor.effects.words import Arg

    session = Session.of(state, catalog)
    run(session, [Arg(word) for word in words])
    return total([Unit(session.draft.footprint(session.path_folders), 0, 0)])


def _flagged(instruction: Run, footprint: Footprint) -> Footprint:
    """What `--mount` and its kin add."""
    for flag in instruction.flags:
        if flag.name == "network":
            continue
        if flag.name != "mount":
            footprint = footprint.lowered(Grade.UNKNOWN, f"the flag `{flag}` is not followed")
    for mount in instruction.mounts:
        target = mount.fields.get("target") or mount.fields.get("dst") or mount.fields.get("destination") or ""
        if mount.type not in ("bind", "cache", "tmpfs", "secret", "ssh"):
            footprint = footprint.lowered(Grade.UNKNOWN, f"`{mount.flag}` is not followed")
        if "$" in target:
            footprint = footprint.lowered(Grade.BOUNDED, "where it is mounted is not known")
            continue
        if mount.type == "cache":
            shared = f"cache mount {mount.fields.get('id', target)}"
            footprint = replace(footprint, system_writes=footprint.system_writes | {shared})
        if mount.type in ("cache", "tmpfs", "bind") and target.startswith("/"):
            place = region(target, True)
            reads = footprint.reads
            if mount.type == "bind":
                reads = frozenset(each for each in reads if not _within(each, place))
            kept = tuple(each for each in footprint.outputs if not place.overlaps(Region(each.path)) or each.kind == "tree")
            footprint = replace(
                footprint,
                outputs=kept,
                leftovers=footprint.leftovers | {Region(place.path)},
                ensures=footprint.ensures | {Region(place.path), *_above(place.path)},
                reads=reads,
            )
    return footprint


def _above(path: str) -> set[Region]:
    from dfrefactor.effects.paths import STANDARD

    found: set[Region] = set()
    while (path := parent(path)) not in STANDARD:
        found.add(Region(path))
    return found


def _within(inner: Region, outer: Region) -> bool:
    return inner.kind != "glob" and (inner.path == outer.path or inner.path.startswith(outer.path + "/"))


def _login(footprint: Footprint, state: State) -> Footprint:
    """What a login shell reads first; what these files do is not known."""
    home = state.home or "/root"
    names = (".profile", ".bash_profile", ".bash_login", ".bashrc")
    read = {Region("/etc/profile"), Region("/etc/profile.d", "tree"), Region("/etc/bash.bashrc")}
    return replace(footprint, reads=footprint.reads | read | {Region(f"{home}/{name}") for name in names})


