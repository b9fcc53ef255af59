"""Compares what is claimed of a script with what it did."""

from __future__ import annotations

import posixpath
import random
from dataclasses import dataclass, replace

from tests.scripts import build as builder
from tests.scripts.claims import Area, Claim, claim
from tests.scripts.program import Program, Script
from tests.scripts.sandbox import Changes, Entry, Sandbox, Tree, changed

_KINDS = {"dir": "d", "tree": "d", "file": "f", "symlink": "l"}
_VARIABLES = {
    "TAR_OPTIONS": "--strip-components=1", "CDPATH": "/srv:/data:/opt", "HOME": "/mnt", "POSIXLY_CORRECT": "1", "TMPDIR": "/mnt", "V": "/mnt", "D": "/mnt",
    "W": "/mnt", "E": "/mnt", "n": "n", "m": "m", "OLDPWD": "/mnt", "QUOTING_STYLE": "c", "BLOCK_SIZE": "1",
}  # fmt: skip
"""Variables that tools and scripts may look at, with values that make a difference."""


@dataclass(frozen=True)
class Verdict:
    """`kind` is what is wrong ("": nothing), in a word that sorts mistakes; `grade` is "" where the script fails."""

    grade: str = ""
    kind: str = ""
    told: str = ""
    claim: Claim | None = None
    changes: Changes | None = None


def chosen(box: Sandbox, programs: list[Program], deeply: random.Random | None = None) -> tuple[Program, Verdict]:
    """The first that succeeds, for what fails says nothing, and what is wrong with its claim."""
    for program in programs:
        verdict = judged(box, program, deeply)
        if verdict.grade:
            break
    return program, verdict


def judged(box: Sandbox, program: Program, deeply: random.Random | None = None) -> Verdict:
    """What is wrong with the claim for the last RUN of `program`.

    With `deeply`, the script is also run with a file or variable changed that it is said not to read.
    """
    data = program.data
    try:
        step = builder.last_run(box, data)
    except builder.BuildError as error:
        return Verdict(told=f"it does not build: {error}")
    done = builder.run(box, step)
    if done.code:
        return Verdict(told=f"it fails with {done.code}: {done.said[-500:]}")
    known = claim(data)
    after = changed(step.tree, done.changes)
    for kind, told in _mistakes(known, step.tree, after, done.changes):
        return Verdict(known.grade, kind, told, known, done.changes)
    if deeply and known.grade == "EXACT":
        for _ in range(2):
            if wrong := _unread(box, step, known, done.changes, deeply):
                return Verdict(known.grade, *wrong, known, done.changes)
    return Verdict(known.grade, "", "", known, done.changes)


def _within(path: str, areas: tuple[Area, ...]) -> bool:
    return any(path in each for each in areas)


def _mistakes(known: Claim, before: Tree, after: Tree, changes: Changes):  # type: ignore[no-untyped-def]
    """Each mistake, by kind."""
    if known.grade == "UNKNOWN":
        return
    for path in changes:
        if not _within(path, known.touched):
            yield f"{known.grade}: a change outside the regions", f"{path}: {shown(before.get(path))} -> {shown(after.get(path))}"
        elif known.parts is not None and not _within(path, known.parts):
            yield f"{known.grade}: a change outside the units' regions", f"{path}: {shown(before.get(path))} -> {shown(after.get(path))}"
    if known.grade != "EXACT":
        return
    for path, now in changes.items():
        if now is None:
            above = [each for each in known.outputs if each.kind == "tree" and path.startswith(each.path + "/")]
            if not above and not _within(path, known.removed):
                yield "EXACT: gone, and not said to be", path
            continue
        if _accounted(path, now, before, known):
            continue
        yield "EXACT: left, and no output", f"{path}: {shown(before.get(path))} -> {shown(now)}"
    for each in known.outputs:
        now = after.get(each.path)
        if each.path == "/":
            continue
        if now is None:
            yield "EXACT: an output that is not there", f"{each.path} ({each.kind}, {each.how})"
            continue
        wanted = _KINDS.get(each.kind) if each.certain else None
        if (wanted and now.kind != wanted) or (each.kind == "name" and now.kind == "d"):
            yield "EXACT: an output of another kind", f"{each.path}: said {each.kind}, is {shown(now)}"
        if each.how == "create" and each.path in before and not _within(each.path, known.removed):
            yield "EXACT: an output said to be new was there", f"{each.path}: {shown(before[each.path])}"
        if each.how == "modify" and each.path not in before:
            yield "EXACT: an output said to be old was not there", each.path
        ours = each.path in changes or each.how == "modify"
        if ours and each.mode is not None and each.mode >= 0 and now.kind != "l" and (now.mode & ~0o2000 if now.kind == "d" and each.how != "create" else now.mode) != each.mode:
            yield "EXACT: mode", f"{each.path}: said {each.mode:o}, is {now.mode:o}"
        if ours and each.owner == "root:root" and (now.uid, now.gid) != (0, 0):
            yield "EXACT: owner", f"{each.path}: said {each.owner}, is {now.uid}:{now.gid}"
        if each.kind == "symlink" and each.target is not None and now.kind == "l" and now.data.decode() != each.target and "\ufdd0" not in each.target:
            yield "EXACT: a link's target", f"{each.path}: said {each.target}, is {now.data.decode()}"
    said = {}
    for path, lands in known.links:
        said.setdefault(path, set()).add(lands)
    for path, now in changes.items():
        if now is None or now.kind != "l" or any(each.kind == "tree" and path.startswith(each.path + "/") for each in known.outputs):
            continue
        if path not in said:
            yield "EXACT: a link that is not told", f"{path} -> {now.data.decode()}"
            continue
        lands = "/" + posixpath.normpath(posixpath.join(posixpath.dirname(path), now.data.decode())).lstrip("/")
        if lands not in said[path] and not any("\ufdd0" in each for each in said[path]):
            yield "EXACT: a link leads elsewhere", f"{path} -> {now.data.decode()}, said {sorted(said[path])}"


def _accounted(path: str, now: Entry, before: Tree, known: Claim) -> bool:
    for each in known.outputs:
        if each.path == path or (each.kind == "tree" and path.startswith(each.path.rstrip("/") + "/")):
            return True
    if _within(path, known.leftovers):
        return True
    usual = now == Entry("d", 0o755, 0, 0, b"") and path not in before
    return usual and _within(path, known.ensured)


def shown(each: Entry | None) -> str:
    if each is None:
        return "nothing"
    text = each.data.decode("utf-8", "replace")
    return f"{each.kind} {each.mode:o} {each.uid}:{each.gid} {text[:30]!r}" if each.kind != "d" else f"d {each.mode:o} {each.uid}:{each.gid}"


def _unread(box: Sandbox, step: builder.Step, known: Claim, changes: Changes, dice: random.Random) -> tuple[str, str] | None:
    """What differs if something is changed that is said not to be read."""
    tree, env = step.tree, dict(step.env)
    if dice.random() < 0.35:
        names = [name for name in _VARIABLES if not known.reads_variable(name)]  # type: ignore[operator]
        names = [name for name in names if env.get(name) != _VARIABLES[name]]
        if not names:
            return None
        name = dice.choice(names)
        env[name] = _VARIABLES[name]
        what, of, ours = f"with the variable {name}={_VARIABLES[name]}", name, ""
    else:
        made = _other_tree(tree, known, changes, dice)
        if made is None:
            return None
        tree, what, of = made
        ours = of
    again = builder.run(box, replace(step, tree=tree, env=env))
    if again.code == -9:
        return None
    mine = {path: each for path, each in changes.items() if path != ours}
    other = {path: each for path, each in again.changes.items() if path != ours}
    differ = builder.unlike(mine, other)
    if again.code == 0 and not differ:
        return None
    if builder.unlike(changes, builder.run(box, step).changes):
        return None  # it does something else each time
    kind = "EXACT: reads a variable unsaid" if of in _VARIABLES else "EXACT: reads a file unsaid"
    if again.code:
        return kind, f"{what} it fails ({again.code}): {again.said[-200:]}"
    return kind, f"{what}: " + ", ".join(f"{path}: {shown(mine.get(path))} -> {shown(other.get(path))}" for path in differ[:3])


def _other_tree(tree: Tree, known: Claim, changes: Changes, dice: random.Random) -> tuple[Tree, str, str] | None:
    """`tree` with one thing changed that `known` neither reads nor touches, and what that is."""
    kind = dice.choice(("content", "content", "gone", "new"))

    def free(path: str) -> bool:
        return not _within(path, known.reads) and not _within(path, known.touched) and path not in changes

    if kind == "new":
        folders = [path for path, each in tree.items() if each.kind == "d" and path.startswith(("/opt", "/srv", "/data", "/mnt", "/root", "/home", "/work"))]
        if not folders:
            return None
        path = f"{dice.choice(folders)}/{dice.choice(('a', 'b', 'x', 'one', 'f', 'zz', 'touch', 'site', '.netrc', '.tarrc'))}"
        below = path + "/"
        if path in tree or not free(path) or any(name.startswith(below) for name in changes) or any(each.text.startswith(below) for each in known.touched):
            return None
        return {**tree, path: Entry("f", 0o755, 0, 0, b"new\n")}, f"with a new file {path}", path
    files = [path for path, each in tree.items() if each.kind == "f" and path.startswith(("/opt", "/srv", "/data", "/root", "/home", "/etc/profile", "/etc/hosts", "/work")) and free(path)]
    if not files:
        return None
    path = dice.choice(files)
    if kind == "gone":
        return {name: each for name, each in tree.items() if name != path}, f"without {path}", path
    each = tree[path]
    return {**tree, path: each._replace(data=each.data + b"touch /mnt/was-read\n")}, f"with other content in {path}", path


def explained(program: Program, verdict: Verdict) -> str:
    """For a reader: the script, the claim, and what is so."""
    known = verdict.claim
    script = "\n".join(each if isinstance(each, str) else each.run for each in program.steps)
    lines = [f"FROM {program.base}", script, f"mistake: {verdict.kind}: {verdict.told}"]
    if known:
        outputs = ", ".join(f"{each.path} ({each.kind} {each.how}{'' if each.mode is None else f' {each.mode:o}'})" for each in known.outputs)
        lines.append(f"claimed: {known.grade}: outputs {outputs or 'none'}; touched {' '.join(each.text for each in known.touched) or 'nothing'}"
                     f"; reads {' '.join(each.text for each in known.reads if not each.text.startswith('/usr'))[:200]}")
    if verdict.changes is not None:
        lines.append("really: " + (", ".join(f"{path} {shown(each)}" for path, each in sorted(verdict.changes.items())) or "nothing changes"))
    return "\n".join(lines)


def scripts_of(program: Program) -> list[Script]:
    return [each for each in program.steps if isinstance(each, Script)]
