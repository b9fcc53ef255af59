"""COPY, ADD and WORKDIR: what the builder itself puts into the image."""

from __future__ import annotations

from dataclasses import replace

from dfrefactor.dockerfile.instructions import Add, Copy, Workdir
from dfrefactor.dockerfile.scope import Scope, expand
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.files import Files
from dfrefactor.effects.output import Grade, Output
from dfrefactor.effects.paths import Region, absolute, canonical, known, parent, region, written
from dfrefactor.effects.state import ROOT, ShellState


def workdir(instruction: Workdir, scope: Scope, state: ShellState) -> Effects:
    """The folder is made, with its parents; BuildKit makes it the USER's (FACTS, stages and variables)."""
    draft = Draft.of(state)
    if (path := expand(instruction.args, scope)) is None:
        return Effects(Grade.BOUNDED if instruction.args.startswith("/") else Grade.UNKNOWN, ("the folder is not known",),
                         ensures=frozenset({region("/", True)}))  # fmt: skip
    draft.folder(path, parents=True)
    if state.user not in (*ROOT, None):
        draft.system_reads.add("users")
    return draft.effects()


def transfer(instruction: Copy | Add, scope: Scope, state: ShellState) -> Effects:
    """Sources may be files or folders, which the Dockerfile does not tell: what is left is a tree below the destination."""
    draft = Draft.of(state)
    if instruction.chown and instruction.chown.strip("0123456789:"):
        draft.system_reads.add("users")
    if (dest := expand(instruction.dest.text, scope)) is None:
        start = instruction.dest.text.partition("$")[0]
        draft.lower(Grade.BOUNDED, f"the destination `{instruction.dest.text}` is not known")
        draft.writes.add(region(parent(start) if start.startswith("/") else state.cwd or "/", True))
        return draft.effects()
    for flag in instruction.flags:
        if flag.name not in ("from", "chown", "chmod", "link", "checksum", "keep-git-dir"):
            draft.lower(Grade.BOUNDED, f"what `{flag}` leaves is not known by name")
    path = draft.real(dest)
    if path is None or not known(path):
        draft.lower(Grade.UNKNOWN, f"the destination `{written(dest)}` is not known")
        return draft.effects()
    names = [expand(word.text, scope) for word in instruction.sources]
    dressed = bool(instruction.chown or instruction.chmod)
    if instruction.keyword == "COPY" and len(names) == 1 and not dressed and _is_file_name(names[0]) and _is_file_name(dest):
        draft.output(Output(path, "file"))  # or a folder of that name: it is brought back by name either way
        draft.writes.add(region(path, True))
    else:
        draft.fill(dest, keeps=not dressed, certain=dest.endswith(("/", "/.")) or len(names) > 1)
    draft.network |= any(name is not None and "://" in name for name in names)
    for name in names:
        base = name.rstrip("/").rpartition("/")[2] if name else ""
        if base and not dest.endswith(f"/{base}"):
            draft.writes.add(Region(f"{path.rstrip('/')}/{base}")) if not set(base) & set("*?[") else None
    draft.ensures.update(map(Region, draft.files.above(path)))
    return draft.effects(("/usr/local/bin",))


def brought(files: Files, instruction: Copy, scope: Scope, source: Files) -> Files:
    """`files` with the links, and the names of files, that a COPY brings from a stage at whose end `source` is known."""
    dest = absolute(expand(instruction.dest.text, scope) or "/", scope.workdir)
    for start in [absolute(expand(word.text, scope) or "/", "/") for word in instruction.sources]:
        if start is None or dest is None:
            continue
        ends = [*((link, end) for link, lands in source.perhaps.items() for end in lands), *source.links.items()]
        below = start.rstrip("/") + "/"
        for link, end in ends:
            if link.startswith(below):
                for lands in {end, f"{dest}/{end[len(below) :]}" if end.startswith(below) else end}:
                    files = files.leading(canonical(f"{dest}/{link[len(below) :]}"), lands, False)
        names = {each.path[len(below) :] for each in source.touched if each.path.startswith(below)} | {start.rpartition("/")[2]}
        files = replace(files, touched=files.touched | {region(f"{dest}/{name}") for name in names})
    return files


def _is_file_name(path: str | None) -> bool:
    """Whether people call files so: with an ending, and no slash behind."""
    return path is not None and "." in path.rpartition("/")[2].lstrip(".") and not set(path) & set("*?[")
