"""Hints proposed from what steps really did: built once, looked at layer by layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Document, Stage, parse
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.effects import Effects, Grade, Region
from dfrefactor.engine.build import Builder, Options
from dfrefactor.engine.builders import find
from dfrefactor.engine.changes import Changes, chain, observed
from dfrefactor.engine.hidden import values
from dfrefactor.engine.image import Entry, parents
from dfrefactor.engine.noise import KNOWN, Noise
from dfrefactor.engine.verify import building, images, with_masked
from dfrefactor.facts import Facts
from dfrefactor.text.edit import Edit, apply
from dfrefactor.text.source import Span

TEMPORARY = ("/tmp/**", "/var/tmp/**", "/run/**", "/var/cache/**", "/**/.cache/**", "/**/.npm/**", "/root/.wget-hsts",
             "/etc/hosts", "/etc/resolv.conf", "/etc/hostname")  # fmt: skip
"""The last three are the engine's own: it mounts them over every RUN, and some leave an empty file behind."""
PASSING = (*(Noise(pattern) for pattern in TEMPORARY), *KNOWN)
SYSTEM = {
    "/var/lib/dpkg": "the package database", "/var/lib/apt": "the package database", "/var/lib/rpm": "the package database",
    "/lib/apk": "the package database", "/usr/lib/apk": "the package database", "/etc/apk": "the package database",
    "/etc/passwd": "users", "/etc/group": "users", "/etc/shadow": "users", "/etc/gshadow": "users", "/etc/subuid": "users",
    "/etc/subgid": "users", "/etc/ld.so.cache": "the linker's cache", "/etc/alternatives": "alternatives",
    "/var/lib/systemd": "services", "/etc/ssl/certs": "the trust store", "/etc/ca-certificates.conf": "the trust store",
}  # fmt: skip
SHARED = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/var", "/root", "/home")
"""Where steps look without saying so: commands, libraries, configuration."""
PLAIN = re.compile(r"/[^\s,*?\[\]$\"'\\]+")
MOST = 12
"""More paths than this make no hint that anyone can judge."""


@dataclass(frozen=True)
class Proposal:
    """A hint for one instruction, or the reason why there can't be one."""

    instruction: Instruction
    line: int
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """What the step left besides: temporary files and noise."""
    reason: str = ""

    @property
    def hint(self) -> str:
        reads = f" reads={','.join(self.reads)}" if self.reads else ""
        return f"# dfrefactor: writes={','.join(self.writes)}{reads}"


@dataclass(frozen=True)
class Observation:
    """What was seen; `data` is the file with the hints in it."""

    proposals: tuple[Proposal, ...]
    data: bytes
    masked: tuple[str, ...] = ()


def observe(
    data: bytes,
    context: Path,
    *,
    engine: Builder | None = None,
    options: Options | None = None,
    secrets: Mapping[str, str] | None = None,
    keep: bool = False,
) -> Observation:
    """Build the file and propose hints for the steps of which static analysis does not know what they leave.

    Raises EngineError.  Nothing is built when every step is known or has a hint.
    """
    document = parse(data)
    options = options or Options()
    masked = (*(secrets or {}).values(), *values(data, options.build_args))
    options = replace(with_masked(options, masked), target=None)
    wanted = unknown(document)
    leaves = [stage for stage in document.stages if wanted.keys() & set(_instructions(stage)) and _last(stage, document)]
    if not leaves:
        return Observation((), data, masked)
    builder = engine or find()
    found: dict[Instruction, Proposal] = {}
    with building(builder, keep=keep) as build:
        built = [build("the file", _up_to(leaf, document), context, options) for leaf in leaves]
        for leaf, image in zip(leaves, images(builder, built), strict=True):
            seen = observed(image, leaf)
            for instruction in _instructions(leaf):
                if instruction in wanted and instruction not in found:
                    found[instruction] = _proposal(instruction, wanted[instruction], seen, document)
    proposals = tuple(sorted(found.values(), key=lambda one: one.line))
    return Observation(proposals, _with_hints(document, proposals), masked)


def unknown(document: Document) -> dict[Instruction, tuple[Scope, Effects]]:
    """The RUNs whose outputs are not known by name, and that have no hint."""
    facts = Facts(document)
    return {
        instruction: (scope, step.effects)
        for stage in document.stages
        for instruction, scope, step in zip(stage.instructions, facts.scopes(stage), facts.steps(stage), strict=True)
        if instruction.keyword == "RUN" and instruction not in facts.notes.hints and step.effects.grade < Grade.EXACT
    }


def _instructions(stage: Stage) -> list[Instruction]:
    return [instruction for part in chain(stage) for instruction in part.instructions]


def _up_to(stage: Stage, document: Document) -> bytes:
    """The file cut off behind the stage: a stage without a name can't be asked for."""
    return document.source.text[: stage.instructions[-1].span.end].encode("utf-8", "surrogateescape")


def _last(stage: Stage, document: Document) -> bool:
    """Whether no other stage starts from it, so that its image holds the layers of all it starts from."""
    return not any(other.base is stage for other in document.stages)


def _proposal(
    instruction: Instruction, known: tuple[Scope, Effects], seen: Mapping[Instruction, Changes], document: Document
) -> Proposal:
    changes = seen[instruction]
    kept = Changes(
        {path: entry for path, entry in changes.created.items() if not passing(path)},
        frozenset(filter(lambda path: not passing(path), changes.modified)),
        frozenset(filter(lambda path: not passing(path), changes.removed)),
    )
    everything = changes.created.keys() | changes.modified | changes.removed
    left_out = _tops(everything - kept.created.keys() - kept.modified - kept.removed)
    line = document.source.line(instruction.span.start)
    reason = unfit(kept, known[1])
    if reason:
        return Proposal(instruction, line, left_out=left_out, reason=reason)
    earlier = [seen[other] for other in seen if other.span.start < instruction.span.start]
    looked_at = reads(instruction, known, earlier)
    if "/" in looked_at:
        return Proposal(instruction, line, left_out=left_out, reason="it may read a path that a hint can't name")
    return Proposal(instruction, line, kept.tops, looked_at, left_out)


def passing(path: str) -> bool:
    """Whether it is a temporary file, a cache or noise."""
    return path not in ("/tmp", "/var/tmp", "/run", "/var/cache") and any(one.matches(path) for one in PASSING)


def _tops(paths: set[str] | frozenset[str]) -> tuple[str, ...]:
    entry = Entry("file", 0, 0, 0)
    return Changes(dict.fromkeys(paths, entry), frozenset(), frozenset()).tops


def unfit(changes: Changes, known: Effects) -> str:
    """Why a hint can't tell what the step did, or ""."""
    for path in sorted(changes.created.keys() | changes.modified | changes.removed):
        for place, what in SYSTEM.items():
            if path == place or path.startswith(place + "/") or path == place + "-":
                return f"it changes {what} ({path}), which is shared with other steps"
    if known.system_writes:
        return f"it may change shared state: {', '.join(sorted(known.system_writes))}"
    if changes.removed:
        return f"it removes {sorted(changes.removed)[0]}, which was there before"
    if changes.modified:
        return f"it changes {sorted(changes.modified)[0]}, which was there before"
    if not changes.created:
        return "it leaves nothing"
    if len(changes.tops) > MOST:
        return f"it leaves {len(changes.tops)} things in folders that were there before"
    links: dict[object, set[str]] = {}
    for path, entry in changes.created.items():
        top = next(top for top in changes.tops if path == top or path.startswith(top + "/"))
        if entry.inode:
            links.setdefault(entry.inode, set()).add(top)
    if any(len(tops) > 1 for tops in links.values()):
        return "it leaves hard links between folders"
    return next(filter(None, (_odd(top, changes.created[top]) for top in changes.tops)), "")


def _odd(path: str, entry: Entry) -> str:
    if not PLAIN.fullmatch(path):
        return f"a hint can't name {path!r}"
    if entry.kind not in ("file", "folder"):
        return f"{path} is a {entry.kind}"
    if entry.kind == "folder" and ((entry.mode, entry.uid, entry.gid) != (0o755, 0, 0) or entry.xattrs):
        return f"{path} is {entry.mode:04o} {entry.uid}:{entry.gid}, and a copied folder comes out 0755 0:0"
    return ""


def reads(instruction: Instruction, known: tuple[Scope, Effects], earlier: Sequence[Changes]) -> tuple[str, ...]:
    """What earlier steps left and this one may look at.

    A layer does not tell what was read.  Counted are the shared places earlier steps changed, and every path of theirs
    that the step's text, its variables or its working folder name, from above or from below.
    """
    scope, footprint = known
    found = set()
    named = set(_named(instruction, scope))
    for changes in earlier:
        for path in {*changes.tops, *changes.modified, *changes.removed}:
            if passing(path):
                continue
            shared = next((place for place in SHARED if path == place or path.startswith(place + "/")), None)
            if shared is not None:
                found.add(shared)
            elif (
                scope.workdir is None
                or any(_related(path, name) for name in named)
                or any(region.overlaps(Region(path, "tree")) for region in footprint.reads)
            ):
                found.add(next(name for name in (path, *parents(path)) if PLAIN.fullmatch(name) or name == "/"))
    return tuple(sorted(found))


def _named(instruction: Instruction, scope: Scope) -> Iterator[str]:
    text = instruction.logical.text + "\n".join(heredoc.content for heredoc in instruction.heredocs)
    everything = [text, *(value or "" for value in (*scope.env.values(), *scope.args.values()))]
    for piece in everything:
        yield from (path.rstrip("/") or "/" for path in re.findall(r"/[\w.@+/-]*", piece))
    yield scope.workdir or "/"


def _related(path: str, name: str) -> bool:
    if name == "/":
        return False
    return path == name or path.startswith(name + "/") or name.startswith(path + "/")


def _with_hints(document: Document, proposals: Sequence[Proposal]) -> bytes:
    text = document.source.text
    edits = []
    for one in proposals:
        if not one.reason:
            start = text.rfind("\n", 0, one.instruction.span.start) + 1
            indent = re.match(r"[ \t]*", text[start:])[0]  # type: ignore[index]
            edits.append(Edit(Span(start, start), f"{indent}{one.hint}{document.source.newline}"))
    return apply(text, edits).encode("utf-8", "surrogateescape")
