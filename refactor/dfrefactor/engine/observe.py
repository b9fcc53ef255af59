"""Hints proposed from what steps really did: built once, looked at layer by layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Document, Stage, parse
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import Region
from dfrefactor.engine.build import Builder, Options
from dfrefactor.engine.builders import find
from dfrefactor.engine.changes import Changes, observed, tops
from dfrefactor.engine.image import Entry, parents
from dfrefactor.engine.noise import KNOWN, Noise
from dfrefactor.engine.verify import building, credentials, images
from dfrefactor.facts import Facts
from dfrefactor.text.edit import Edit, apply
from dfrefactor.text.mask import Mask
from dfrefactor.text.source import Source, Span

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
    mask: Mask


def observe(
    data: bytes, context: Path, *, engine: Builder | None = None, options: Options | None = None,
    secrets: Mapping[str, str] | None = None, keep: bool = False,
) -> Observation:  # fmt: skip
    """Build the file and propose hints for the steps of which static analysis does not know what they leave.

    Raises EngineError.  Nothing is built when every step is known or has a hint.
    """
    document = parse(data)
    options = options or Options()
    mask = Mask(options.mask.values | {*(secrets or {}).values(), *credentials(data, options.build_args)})
    options = replace(options, mask=mask, target=None)
    wanted = unknown(document)
    # A stage that no other one starts from: its image holds the layers of all it starts from.
    ends = [stage for stage in document.stages if not any(other.base is stage for other in document.stages)]
    leaves = [stage for stage in ends if wanted.keys() & set(_instructions(stage))]
    if not leaves:
        return Observation((), data, mask)
    builder = engine or find()
    found: dict[Instruction, Proposal] = {}
    with building(builder, keep=keep) as build:
        # The file cut off behind the stage: a stage without a name can't be asked for.
        texts = [Source(document.source.text[: leaf.instructions[-1].span.end]) for leaf in leaves]
        built = [build("the file", text.data, context, options) for text in texts]
        for leaf, image in zip(leaves, images(builder, built), strict=True):
            seen = observed(image, leaf)
            for instruction in _instructions(leaf):
                if instruction in wanted and instruction not in found:
                    found[instruction] = _proposal(instruction, wanted[instruction], seen)
    proposals = tuple(sorted(found.values(), key=lambda one: one.line))
    return Observation(proposals, _with_hints(document, proposals), mask)


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
    return [instruction for part in stage.chain for instruction in part.instructions]


def _proposal(instruction: Instruction, known: tuple[Scope, Effects], seen: Mapping[Instruction, Changes]) -> Proposal:
    kept = seen[instruction].without(passing)
    left_out = tops(seen[instruction].paths - kept.paths)
    line = instruction.lines[0]
    if reason := unfit(kept, known[1]):
        return Proposal(instruction, line, left_out=left_out, reason=reason)
    earlier = [seen[other] for other in seen if other.span.start < instruction.span.start]
    looked_at = reads(instruction, known, earlier)
    if "/" in looked_at:
        return Proposal(instruction, line, left_out=left_out, reason="it may read a path that a hint can't name")
    return Proposal(instruction, line, kept.tops, looked_at, left_out)


def passing(path: str) -> bool:
    """Whether it is a temporary file, a cache or noise."""
    return path not in ("/tmp", "/var/tmp", "/run", "/var/cache") and any(one.matches(path) for one in PASSING)


def unfit(changes: Changes, known: Effects) -> str:
    """Why a hint can't tell what the step did, or ""."""
    for path in sorted(changes.paths):
        for place, what in SYSTEM.items():
            if path in (place, place + "-") or path.startswith(place + "/"):
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
                or any(f"{path}/".startswith(f"{name}/") or f"{name}/".startswith(f"{path}/") for name in named - {"/"})
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


def _with_hints(document: Document, proposals: Sequence[Proposal]) -> bytes:
    text = document.source.text
    edits = []
    for one in proposals:
        if not one.reason:
            start = text.rfind("\n", 0, one.instruction.span.start) + 1
            indent = re.match(r"[ \t]*", text[start:])[0]  # type: ignore[index]
            edits.append(Edit(Span(start, start), f"{indent}{one.hint}{document.source.newline}"))
    return Source(apply(text, edits)).data
