"""Builds Dockerfiles in the sandbox: FROM, RUN, COPY --from, ENV, ARG, WORKDIR and SHELL, as BuildKit has them.

Its rules are those that were measured on real builders: COPY follows a source that is a link, merges into folders that
are there, writes through links, and what it has to make is root's, 0755; what is left of a hard link behind a step are two files.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dfrefactor import buildkit
from dfrefactor.dockerfile.model import parse

from tests.scripts.sandbox import LIMIT, PATH, Changes, Done, Entry, Sandbox, Tree, changed, debian, folder, with_user

BASES = {"debian:12": debian(), "example.org/app:1": debian()}
USERADD = "useradd -m -s /bin/sh app"
"""Not run, for accounts take long and leave much: its result is known."""

_ARCHIVE = re.compile(rb"\x1f\x8b|.{257}ustar", re.S)
UNIQUE = re.compile(r"/tmp\.\w{10}(?:/|$)")
"""Names that `mktemp` makes, another one each time."""
PATIENT = 5.0
"""Seconds for a step of a build: one that is only slow must not look like one that fails."""


class BuildError(Exception):
    """A step failed, or is one that is not done here."""


@dataclass
class Stage:
    """A stage so far: its files, and what holds for its next step."""

    tree: Tree
    env: dict[str, str] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    cwd: str = "/"
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    limit: float = PATIENT

    @property
    def variables(self) -> dict[str, str]:
        return {"PATH": PATH, "HOME": "/root", **self.args, **self.env}


@dataclass(frozen=True)
class Step:
    """A RUN about to be run: on what, as what, and its text."""

    tree: Tree
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str


def build(box: Sandbox, data: bytes) -> Tree:
    """The files of the image that the Dockerfile `data` gives."""
    stages = list(_stages(box, data))
    if not stages:
        raise BuildError("no stage")
    return stages[-1].tree


def last_run(box: Sandbox, data: bytes) -> Step:
    """The RUN that `data` ends with, everything before it done."""
    before, _, _ = data.rpartition(b"\nRUN ")
    stage = _prepared(box, before)
    document = parse(data)
    return _step(stage, document.stages[-1].instructions[-1], stage.tree)


def succeeds(box: Sandbox, data: bytes) -> bool:
    """Whether the RUN that `data` ends with succeeds; its files are remembered for what stands behind it."""
    try:
        _prepared(box, data.rstrip(b"\n"))
    except BuildError:
        return False
    return True


_remembered: dict[bytes, Stage] = {}


def _prepared(box: Sandbox, data: bytes) -> Stage:
    """The stage that `data` gives: scripts start from the same few."""
    if data not in _remembered:
        before, _, last = data.rpartition(b"\nRUN ")
        if before and b"\nFROM " not in data and b"\nEOF" not in last[:-4]:
            stage = replace(known := _prepared(box, before), env=dict(known.env), args=dict(known.args), limit=LIMIT)
            for instruction in parse(data).stages[-1].instructions[len(parse(before).stages[-1].instructions) :]:
                _do(box, stage, {}, instruction)
        else:
            stage = list(_stages(box, data))[-1]
        if len(_remembered) > 5000:
            _remembered.clear()
        _remembered[data] = stage
    return _remembered[data]


def _stages(box: Sandbox, data: bytes) -> Iterator[Stage]:
    stages: dict[str, Stage] = {}
    document = parse(data)
    if buildkit.errors(document):
        raise BuildError(f"does not parse: {buildkit.errors(document)[0].message}")
    for number, each in enumerate(document.stages):
        image = each.from_.image
        if (known := stages.get(image.lower())) is not None:
            stage = replace(known, tree=dict(known.tree), env=dict(known.env), args=dict(known.args))
        elif image in BASES:
            stage = Stage(BASES[image])
        else:
            raise BuildError(f"no base `{image}`")
        for instruction in each.instructions:
            _do(box, stage, stages, instruction)
        stages[str(number)] = stage
        if each.name:
            stages[each.name] = stage
        yield stage


def _do(box, stage: Stage, stages: dict[str, Stage], instruction) -> None:  # type: ignore[no-untyped-def]
    match instruction.keyword:
        case "RUN":
            _run(box, stage, stages, instruction)
        case "ENV" | "ARG":
            before = stage.variables
            into = stage.env if instruction.keyword == "ENV" else stage.args
            for pair in instruction.pairs:
                if pair.value is not None:
                    into[pair.key] = expanded(pair.value, before)
        case "WORKDIR":
            stage.cwd = posixpath.normpath(posixpath.join(stage.cwd, expanded(instruction.args, stage.variables)))
            stage.tree = dict(stage.tree)
            _make_folders(stage.tree, stage.cwd)
        case "SHELL":
            stage.shell = tuple(word.text for word in instruction.words)
        case "USER" if instruction.args in ("root", "0"):
            pass
        case "COPY":
            source = stages[(instruction.from_ or "").lower()]
            if instruction.chown or instruction.chmod:
                raise BuildError("COPY with an owner or a mode is not done here")
            words = [expanded(word.text, stage.variables) for word in instruction.words]
            stage.tree = dict(stage.tree)
            for each in words[:-1]:
                copy(source.tree, each, stage.tree, posixpath.join(stage.cwd, words[-1]))
        case "FROM" | "CMD" | "LABEL" | "ENTRYPOINT":
            pass
        case _:
            raise BuildError(f"{instruction.keyword} is not done here")


_NAMED = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def expanded(text: str, variables: dict[str, str]) -> str:
    """As a builder expands: the plain forms only, and one level of quotes taken away."""
    text = _NAMED.sub(lambda found: variables.get(found[1] or found[2], ""), text)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return text.replace("\\", "")


def _text(instruction) -> str:  # type: ignore[no-untyped-def]
    heredocs = instruction.heredocs
    if not heredocs:
        return instruction.args
    if len(heredocs) == 1 and instruction.args.startswith("<<") and len(instruction.args.split()) == 1:
        return heredocs[0].content
    return instruction.args + "\n" + "".join(f"{each.content}{each.name}\n" for each in heredocs)


def _step(stage: Stage, instruction, tree: Tree) -> Step:  # type: ignore[no-untyped-def]
    argv = tuple(word.text for word in instruction.words) if instruction.is_json else (*stage.shell, _text(instruction))
    return Step(tree, argv, stage.variables, stage.cwd)


def run(box: Sandbox, step: Step, limit: float = LIMIT) -> Done:
    return box.run(step.tree, step.argv, step.env, step.cwd, limit)


def _run(box: Sandbox, stage: Stage, stages: dict[str, Stage], instruction) -> None:  # type: ignore[no-untyped-def]
    if USERADD in instruction.args:
        stage.tree = with_user(stage.tree)
        return
    tree, stubs, mounted = stage.tree, set[str](), Changes()
    for mount in instruction.mounts:
        if mount.type not in ("bind", "tmpfs", "cache"):
            raise BuildError(f"a mount of type {mount.type} is not done here")
        target = mount.fields.get("target") or mount.fields.get("dst") or mount.fields.get("destination") or ""
        target = posixpath.join(stage.cwd, expanded(target, stage.variables))
        over = {path for path in tree if path == target or path.startswith(target + "/")}
        with_mount = {path: each for path, each in tree.items() if path not in over}
        _make_folders(with_mount, posixpath.dirname(target))
        if mount.type == "bind":
            source = stages[mount.fields["from"].lower()].tree
            start = real(source, expanded(mount.fields.get("source") or mount.fields.get("src") or "/", stage.variables))
            for path, each in source.items():
                if path == start or path.startswith(start.rstrip("/") + "/"):
                    with_mount[target + path[len(start.rstrip("/")) :]] = each
        else:
            with_mount[target] = folder()
        mounted.update({path: tree[path] for path in over})
        stubs |= {path for path in with_mount if path not in tree} | over
        tree = with_mount
    step = _step(stage, instruction, tree)
    done = run(box, step, stage.limit)
    if done.code:
        raise BuildError(f"exit {done.code}: {instruction.args[:200]}\n{done.said[-500:]}")
    after = changed(tree, done.changes)
    if stubs:
        used = {posixpath.dirname(path) for path in after if path not in tree}
        after = {path: each for path, each in after.items() if path not in stubs or (path in used and path not in mounted)}
        after.update({path: each for path, each in mounted.items() if each is not None})
    stage.tree = after


def unlike(old: Changes | Tree, new: Changes | Tree) -> list[str]:
    """Paths that differ, but for what differs each time: names that `mktemp` makes, and the times in archives."""
    differ = [path for path in sorted({**old, **new}) if old.get(path) != new.get(path) and not UNIQUE.search(path)]
    return [path for path in differ if not _archives(old.get(path), new.get(path))]


def _archives(one: Entry | None, other: Entry | None) -> bool:
    if one is None or other is None or one[:4] != other[:4]:
        return False
    return bool(_ARCHIVE.match(one.data) and _ARCHIVE.match(other.data))


def real(tree: Tree, path: str, last: bool = True, depth: int = 0) -> str:
    """`path` without links; its last part is followed too, unless told otherwise."""
    if depth > 20:
        raise BuildError(f"too many links: {path}")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    at = ""
    for number, part in enumerate(parts):
        if part == "..":
            at = posixpath.dirname(at).rstrip("/")
            continue
        at = f"{at}/{part}"
        found = tree.get(at)
        if found and found.kind == "l" and (last or number + 1 < len(parts)):
            target = posixpath.join(posixpath.dirname(at), found.data.decode())
            at = real(tree, target, True, depth + 1).rstrip("/")
    return at or "/"


def _make_folders(tree: Tree, path: str) -> None:
    """`path` and what is above it, where missing."""
    path = real(tree, path)
    missing = []
    while path != "/" and path not in tree:
        missing.append(path)
        path = posixpath.dirname(path)
    for each in reversed(missing):
        tree[each] = folder()


def copy(source: Tree, path: str, into: Tree, target: str) -> None:
    """COPY --from of one source."""
    start = real(source, path)
    if start != "/" and start not in source:
        raise BuildError(f"COPY: {path} not found")
    what = source.get(start, folder())
    if what.kind != "d":
        if target.endswith("/") or ((at := into.get(real(into, target))) and at.kind == "d"):
            target = posixpath.join(target, posixpath.basename(path))
        _make_folders(into, posixpath.dirname(target.rstrip("/")))
        into[real(into, target)] = what
        return
    top = real(into, target)
    _make_folders(into, top)
    if into.get(top, folder()).kind != "d":
        raise BuildError(f"COPY: {target} is no folder")
    below = start.rstrip("/") + "/"
    for each in sorted(path for path in source if path.startswith(below)):
        _place(into, real(into, posixpath.join(top, each[len(below) :]), last=False), source[each])


def _place(into: Tree, path: str, what: Entry) -> None:
    """One thing of a copied folder: it replaces what is there, but folders merge and files are written through links."""
    old = into.get(path)
    if old is not None and old.kind == "l" and what.kind != "l":
        path = real(into, path)
        old = into.get(path)
    if old is not None and old.kind == "d" and what.kind == "d":
        return
    if old is not None and (old.kind == "d") != (what.kind == "d"):
        raise BuildError(f"COPY: cannot replace {path}")
    into[path] = what
