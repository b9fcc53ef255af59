"""What one instruction does: what its keyword, its scope and its shell text say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

from dfrefactor.dockerfile.comments import Hint
from dfrefactor.dockerfile.instructions import Instruction, Mount, Run
from dfrefactor.dockerfile.parser import json_strings
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.effects.catalog import PACKAGED, Catalog
from dfrefactor.effects.commands.builtins import FLAGS
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.files import Files
from dfrefactor.effects.output import Grade, Output
from dfrefactor.effects.paths import SOMEWHERE, STANDARD, Region, Regions, absolute, hole, parent, region
from dfrefactor.effects.state import ROOT, ShellState, Variable
from dfrefactor.effects.trace import Step, Trace
from dfrefactor.effects.transfer import transfer, workdir
from dfrefactor.effects.units import is_shell, trace, trace_words, unread
from dfrefactor.effects.wrappers import profiles
from dfrefactor.images import image
from dfrefactor.lazy import regex

NOWHERE = Files()
"""Files of which nothing is known."""
EVERYWHERE = frozenset({Region("/", "tree")})
_BEFORE = regex(r"((?:\d*<<-?\S+\s+)+)([^<].*)\Z", re.S)


def of(
    instruction: Instruction,
    scope: Scope,
    hint: Hint | None = None,
    catalog: Catalog | Mapping[str, Any] | None = None,
    files: Files = NOWHERE,
) -> Step:
    """What `instruction` does in `scope`; empty where it only configures the image.

    `files` is what is known of them before it: the image the stage starts from, and what steps behind that left (`behind`).
    Raises CatalogError for a user's own table that is not of the documented form.
    """
    own = catalog if isinstance(catalog, Catalog) else Catalog(catalog) if catalog else PACKAGED
    if hint is not None:
        trace = _run(instruction, scope, state_of(scope, files), own).trace if isinstance(instruction, Run) else Trace()
        return Step(hinted(hint.writes, hint.reads, hint.leaves), trace)
    if isinstance(instruction, Run):
        return _run(instruction, scope, state_of(scope, files), own)
    match instruction.keyword:
        case "COPY" | "ADD" | "WORKDIR":
            step = workdir if instruction.keyword == "WORKDIR" else transfer
            return Step(step(instruction, scope, state_of(scope, files)))  # type: ignore[arg-type]
        case "ENV" | "ARG":
            return Step(Effects(sets=frozenset(pair.key for pair in instruction.pairs)))  # type: ignore[attr-defined]
        case "USER" | "SHELL":
            named = frozenset({f"{instruction.keyword} instruction"})
            users = frozenset({"users"}) if instruction.keyword == "USER" and instruction.args.strip("0123456789:") else named
            return Step(Effects(system_reads=users | named, system_writes=named))
    return Step(Effects())


def hinted(writes: Sequence[str], reads: Sequence[str], leaves: Sequence[str] = ()) -> Effects:
    """A hint is the whole footprint: a folder means its tree, all of it the step's own; `leaves` are caches and the like."""
    trees = [region(path, True) for path in writes]
    outputs = [Output(each.path, "tree", "create", mode=0o755, owner="root:root", certain=False) for each in trees]
    # The folders above are there, or it makes them: whoever makes them too changes nothing for it.
    above = {Region(way) for each in trees for way in accumulate(each.path.split("/")[1:-1], "{}/{}".format, initial="")}
    above = {each for each in above if each.path not in ("", *STANDARD)}
    looked_at, beside = (frozenset(region(path, True) for path in paths) for paths in (reads, leaves))
    return Effects(
        reads=looked_at, writes=frozenset(trees) | beside, outputs=tuple(outputs), leftovers=beside, ensures=frozenset(above),
        network=True, heavy=True,
    )  # fmt: skip


def state_of(scope: Scope, files: Files = NOWHERE) -> ShellState:
    """The state a RUN of that scope starts in, where `files` is what is known of them."""
    place = scope.workdir
    if place is not None and place != "/":
        place = region(scope.workdir).path
        lent = files.before if place == SOMEWHERE else files.before | {place}
        files = replace(files, kinds={place: "dir", **files.kinds}, before=lent)
        place = files.real(place)
    known = image(files.base or "")
    stock = known.stock and not any(each.path == "/" or each.path.startswith("/etc/apt") for each in files.touched)
    values = {**(known.variables or {}), **scope.variables}
    if values.get("PATH", "") is None and scope.path:
        values["PATH"] = scope.path
    variables = {name: _variable(name, value) for name, value in values.items()}
    variables.pop("PWD", None)  # the shell sets it
    home = known.home if scope.user in ROOT else None
    return ShellState(
        place, variables=variables, home=home, user=scope.user, shell=scope.shell, flags=_flags(scope.shell),
        files=files, stock=stock,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _variable(name: str, value: str | None) -> Variable:
    return Variable(hole(name) if value is None else value, True, frozenset({name}))


def _flags(shell: Sequence[str]) -> dict[str, bool | None]:
    """What the options of the shell's command line set: `["bash", "-eo", "pipefail", "-c"]`."""
    found: dict[str, bool | None] = {}
    words = list(shell[1:])
    while words:
        word = words.pop(0)
        for letter in word[1:] if word[:1] == "-" and word[:2] != "--" else ():
            name = words.pop(0) if letter == "o" and words else FLAGS.get(letter, "")
            if name:
                found[name] = True
    return found


def behind(files: Files, step: Effects) -> Files:
    """What is known of the files behind a step: kinds it left, where links lead, and where links lead that may be there."""
    kinds, links, perhaps = dict(files.kinds), dict(files.links), dict(files.perhaps)
    if step.removes or not step.grade:
        for path in [path for path in {**kinds, **links, **perhaps} if not step.grade or _removed(path, step.removes)]:
            lands = links.pop(path, None)
            ends = perhaps.pop(path, frozenset()) | ({lands} if lands is not None else set())
            kinds.pop(path, None)
            if ends and step.grade is not Grade.EXACT:
                perhaps[path] = ends
    for output in step.outputs:
        if output.is_folder:
            kinds[output.path] = "dir"
        elif output.kind == "symlink":
            kinds[output.path] = "symlink"
        elif output.how == "create" or kinds.get(output.path) != "dir":
            kinds.pop(output.path, None)
    for path, end in step.links:
        if kinds.get(path) == "symlink" and step.grade is Grade.EXACT:
            links[path] = end
        else:
            perhaps[path] = perhaps.get(path, frozenset()) | {end}
    if filled := [region for region in step.writes if region.kind != "file"]:
        for path in [path for path, kind in kinds.items() if kind != "dir" and any(r.overlaps(Region(path)) for r in filled)]:
            del kinds[path]
    touched = files.touched | step.touched | (EVERYWHERE if not step.grade else frozenset())
    sharing = files.sharing | {output.path for output in step.outputs if output.shares_group}
    return Files(kinds, links, perhaps, sharing=sharing, before=frozenset(kinds), touched=touched, base=files.base)


def _removed(path: str, regions: Regions) -> bool:
    return Region(path) in regions or any(each.kind != "file" and each.contains(path) for each in regions)


def _run(instruction: Run, scope: Scope, state: ShellState, catalog: Catalog) -> Step:
    login = not instruction.is_json and any(w.startswith("-") and "l" in w.lstrip("-")[:6] for w in state.shell[1:])
    if login:
        state = replace(state, umask=None)  # a profile may set it
    state = _given_secrets(instruction, scope, state)
    text, reason = _text(instruction)
    if instruction.is_json and not instruction.heredocs:
        words = [word.text for word in instruction.words]
        found = trace_words(words, state, catalog, instruction.args, json_strings(instruction.args))
    elif reason := reason or _read_first(state):
        found = unread(text, state, reason)
    else:
        found = _traced(text, state) if catalog is PACKAGED else trace(text, state, catalog)
    effects = found.effects
    if instruction.flags:
        effects = _flagged(instruction, scope.workdir, effects)
    if scope.workdir not in (None, state.cwd):  # behind a link
        effects = replace(effects, reads=effects.reads | {region(scope.workdir)})
    reads = {"USER instruction", "SHELL instruction"}
    if state.user is not None and state.user not in ROOT and state.user.strip("0123456789:"):
        reads.add("users")
    shells = {state.shell[0].rpartition("/")[2]} if state.shell and not instruction.is_json else set[str]()
    effects = replace(effects, commands=effects.commands | shells, system_reads=effects.system_reads | reads)
    return Step(replace(effects, reads=effects.reads | profiles(state.folder)) if login else effects, found)


_traced = lru_cache(maxsize=128)(trace)
"""Stages, rounds and files of one project say the same.  A trace is large: what is kept is looked through by every collection."""


def _read_first(state: ShellState) -> str:
    """Why what a shell does before its text is not known (bash(1), INVOCATION)."""
    if state.bash and state.has("BASH_ENV"):
        return "bash runs the file that `BASH_ENV` names first"
    end = next((at for at, word in enumerate(state.shell) if re.fullmatch(r"-\w*c\w*", word)), None)
    if end is None or end + 1 < len(state.shell) or state.flags.get("noexec") or not {"-O", "+O"}.isdisjoint(state.shell):
        return f"what `{' '.join(state.shell)}` does with the text is not read"
    return ""


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
            if not is_shell(first.split()[-1]) or len(first.split()) > 2:
                return body, f"`{first}` runs a script of another kind"
            return rest, ""
        return body, ""
    if before := _BEFORE.match(args):  # tree-sitter-bash reads a here-document only behind its command
        args = f"{before[2]} {before[1]}"
    bodies = "".join(f"{each.content}{each.name}\n" for each in heredocs)
    return f"{args}\n{bodies}", ""


def secret_mounts(instruction: Run, workdir: str | None) -> Iterator[tuple[str, str, str, Mount]]:
    """The secrets of a RUN (dispatchSecret of BuildKit): a name for what is in it, its variable, its file, and the mount."""
    for mount in instruction.mounts:
        if mount.type == "secret":
            name, variable = f"secret {mount.secret}", mount.fields.get("env", "")
            plain = "" if variable and not mount.target else f"/run/secrets/{mount.secret.rpartition('/')[2]}"
            yield name, variable, (absolute(mount.target, workdir) or "") if mount.target else plain, mount


def _given_secrets(instruction: Run, scope: Scope, state: ShellState) -> ShellState:
    """The state with the secrets that mounts bring."""
    for name, variable, path, _ in secret_mounts(instruction, scope.workdir):
        if variable:
            state = state.with_variable(variable, Variable(hole(variable), True, frozenset({name}), None))
        if path:
            state = replace(state, files=replace(state.files, secrets=state.files.secrets | {(region(path).path, name)}))
    return state


def _flagged(instruction: Run, workdir: str | None, effects: Effects) -> Effects:
    """What `--mount` and its kin add."""
    for flag in instruction.flags:
        if flag.name not in ("network", "mount"):
            effects = effects.lowered(Grade.UNKNOWN, f"the flag `{flag}` is not followed")
    for mount in instruction.mounts:
        target = absolute(mount.target, workdir) if mount.target else ""
        if mount.type not in ("bind", "cache", "tmpfs", "secret", "ssh"):
            effects = effects.lowered(Grade.UNKNOWN, f"`{mount.flag}` is not followed")
        if target is None or "$" in target:
            effects = effects.lowered(Grade.BOUNDED, "where it is mounted is not known")
            continue
        if mount.type == "cache":
            shared = f"cache mount {mount.fields.get('id', target)}"
            effects = replace(effects, system_writes=effects.system_writes | {shared})
        if mount.type in ("cache", "tmpfs", "bind") and target:
            place = region(target, True)
            folders, reads = [place.path], effects.reads
            while (above := parent(folders[-1])) not in STANDARD:
                folders.append(above)
            if mount.type == "bind":
                reads = frozenset(r for r in reads if r.kind == "glob" or not f"{r.path}/".startswith(f"{place.path}/"))
            effects = replace(
                effects, reads=reads, leftovers=effects.leftovers | {Region(place.path)},
                ensures=effects.ensures | {*map(Region, folders)},
                outputs=tuple(o for o in effects.outputs if o.kind == "tree" or not place.overlaps(Region(o.path))),
            )  # fmt: skip
    return effects
