"""Hints proposed from what steps really did: built once, looked at layer by layer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Document, Stage, parse
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.output import Grade
from dfrefactor.engine import bases, trace
from dfrefactor.engine.bases import Base, Build
from dfrefactor.engine.build import Builder, Options
from dfrefactor.engine.builders import Docker, find
from dfrefactor.engine.changes import Changes, observed, tops
from dfrefactor.engine.image import Entry, Image
from dfrefactor.engine.process import EngineError
from dfrefactor.engine.reads import PLAIN, Left, Links, guessed, passing, proved
from dfrefactor.engine.trace import Watched
from dfrefactor.engine.verify import building, credentials, images
from dfrefactor.facts import Facts
from dfrefactor.lazy import dataclass
from dfrefactor.settings import Settings
from dfrefactor.text.edit import Edit, apply
from dfrefactor.text.mask import Mask
from dfrefactor.text.source import Source, Span

SYSTEM = {
    "/var/lib/dpkg": "the package database", "/var/lib/apt": "the package database", "/var/lib/rpm": "the package database",
    "/lib/apk": "the package database", "/usr/lib/apk": "the package database", "/etc/apk": "the package database",
    "/etc/passwd": "users", "/etc/group": "users", "/etc/shadow": "users", "/etc/gshadow": "users", "/etc/subuid": "users",
    "/etc/subgid": "users", "/etc/ld.so.cache": "the linker's cache", "/etc/alternatives": "alternatives",
    "/var/lib/systemd": "services", "/etc/ssl/certs": "the trust store", "/etc/ca-certificates.conf": "the trust store",
}  # fmt: skip
UNTOLD = frozenset(("packages", "users"))
"""Shared state that a step which is known to change it changes in ways that no hint tells."""
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
    proved: bool = False
    """Whether the step was traced, so that `reads` is what it looked at; else it is guessed, and `untraced` says why."""
    untraced: str = ""

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
    secrets: Mapping[str, str] | None = None, keep: bool = False, settings: Settings | None = None,
    known: Mapping[str, Base] | None = None,
) -> Observation:  # fmt: skip
    """Build the file and propose hints for the steps of which static analysis does not know what they leave.

    Steps run under a tracer where the engine is BuildKit.  Raises EngineError.  Nothing is built when every step is known
    or has a hint.  `known` is what the engine said already of images that stages start from.
    """
    document = parse(data)
    options = options or Options()
    mask = Mask(options.mask.values | {*(secrets or {}).values(), *credentials(data, options.build_args)})
    options = replace(options, mask=mask, target=None)
    wanted = unknown(document, settings)
    # A stage that no other one starts from: its image holds the layers of all it starts from.
    ends = [stage for stage in document.stages if not any(other.base is stage for other in document.stages)]
    leaves = [stage for stage in ends if wanted.keys() & set(_instructions(stage))]
    if not leaves:
        return Observation((), data, mask)
    builder = engine or find()
    found: dict[Instruction, Proposal] = {}
    with building(builder, keep=keep) as build:
        watched, built = _watched(builder, build, document, leaves, wanted, context, options, known)
        for leaf, image in zip(watched.leaves, built, strict=True):
            seen = {watched.own[each]: changes for each, changes in observed(image, leaf).items()}
            for instruction in seen:
                if instruction in wanted and instruction not in found:
                    found[instruction] = _proposal(instruction, wanted[instruction], seen, watched, Links.of(image), mask)
    proposals = tuple(sorted(found.values(), key=lambda one: one.line))
    return Observation(proposals, _with_hints(document, proposals), mask)


def _watched(
    builder: Builder, build: Build, document: Document, leaves: Sequence[Stage],
    wanted: Mapping[Instruction, tuple[Scope, Effects]], context: Path, options: Options, known: Mapping[str, Base] | None,
) -> tuple[Watched, list[Image]]:  # fmt: skip
    """The stages built, traced where that can be done."""
    # What changes packages or users gets no hint, whatever it reads.
    runs = [each for each, (_, known) in wanted.items() if not known.system_writes & UNTOLD]
    why = "only BuildKit can trace a build"
    if isinstance(builder, Docker) and builder.mounts and runs:
        try:
            if known is None:
                known = bases.asked(builder, build, document, [leaf.chain[0] for leaf in leaves], options)
            barred: dict[Instruction, str] = {}
            while True:
                left = [each for each in runs if each not in barred]
                watched = trace.traced(builder, build, document, leaves, left, context, options, known)
                found = images(builder, watched.built)
                if not (privileged := _privileged(watched, found)):
                    return replace(watched, untraced={**watched.untraced, **barred}), found
                barred |= privileged
        except EngineError as problem:
            why = f"the build under the tracer failed ({str(problem).splitlines()[0]})"
    watched = trace.plain(build, document, leaves, context, options, why, runs)
    return watched, images(builder, watched.built)


def _privileged(watched: Watched, found: Sequence[Image]) -> dict[Instruction, str]:
    """The traced RUNs of users but root that start a program with privileges of its own, which a tracer takes away."""
    given = {
        path
        for image in found
        for path, entry in image.files.items()
        if (entry.mode & 0o6000 and entry.kind == "file") or any(name == "security.capability" for name, _ in entry.xattrs)
    }
    links = [Links.of(image) for image in found]
    wrong = dict[Instruction, str]()
    for instruction, seen in watched.traces.items():
        ends = {end for each in links for path in seen.executed for end in each.walk(path)[0]}
        if watched.scopes[instruction].user not in ("", "root", "0", "0:0", "root:root") and ends & given:
            wrong[instruction] = f"it runs {min(ends & given)}, which the tracer takes its privileges from"
    return wrong


def unknown(document: Document, settings: Settings | None = None) -> dict[Instruction, tuple[Scope, Effects]]:
    """The RUNs whose outputs are not known by name, and that have no hint."""
    facts = Facts(document, settings)
    return {
        instruction: (scope, step.effects)
        for stage in document.stages
        for instruction, scope, step in zip(stage.instructions, facts.scopes(stage), facts.steps(stage), strict=True)
        if instruction.keyword == "RUN" and instruction not in facts.notes.hints and step.effects.grade < Grade.EXACT
    }


def _instructions(stage: Stage) -> list[Instruction]:
    return [instruction for part in stage.chain for instruction in part.instructions]


def _proposal(
    instruction: Instruction, known: tuple[Scope, Effects], seen: Mapping[Instruction, Changes], watched: Watched, links: Links,
    mask: Mask,
) -> Proposal:  # fmt: skip
    changes = seen[instruction]
    kept = changes.without(passing)
    found = watched.traces.get(instruction)
    untraced = watched.untraced.get(instruction, "") if found is None else found.why
    about = Proposal(instruction, instruction.lines[0], left_out=tops(changes.paths - kept.paths), untraced=untraced,
                     proved=found is not None and not found.why)  # fmt: skip
    shared = known[1].system_writes
    if about.proved:  # layers show what changed, but for what is in a cache mount
        shared = frozenset(name for name in shared if name in UNTOLD or name.startswith("cache mount"))
    if reason := unfit(kept, shared):
        return replace(about, reason=reason)
    before, behind = (
        [one for other, one in seen.items() if (other.span.start - instruction.span.start) * side > 0] for side in (-1, 1)
    )
    if found is not None and about.proved:
        workdir = watched.scopes[instruction].workdir
        looked_at = proved(found, Left.by(before, behind), links, kept.created, workdir)
    else:
        looked_at = guessed(instruction, known, before)
    if "/" in looked_at:
        return replace(about, reason="it may read a path that a hint can't name")
    if any(mask(path) != path for path in (*kept.tops, *looked_at)):
        return replace(about, reason="a path of it holds a secret")
    return replace(about, writes=kept.tops, reads=looked_at)


def unfit(changes: Changes, shared: frozenset[str]) -> str:
    """Why a hint can't tell what the step did, or ""; `shared` is state that it may change."""
    for path in sorted(changes.paths):
        for place, what in SYSTEM.items():
            if path in (place, place + "-") or path.startswith(place + "/"):
                return f"it changes {what} ({path}), which is shared with other steps"
    if shared:
        return f"it may change shared state: {', '.join(sorted(shared))}"
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


def _with_hints(document: Document, proposals: Sequence[Proposal]) -> bytes:
    text = document.source.text
    edits = []
    for one in proposals:
        if not one.reason:
            start = text.rfind("\n", 0, one.instruction.span.start) + 1
            indent = re.match(r"[ \t]*", text[start:])[0]  # type: ignore[index]
            edits.append(Edit(Span(start, start), f"{indent}{one.hint}{document.source.newline}"))
    return Source(apply(text, edits)).data
