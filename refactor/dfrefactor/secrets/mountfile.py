"""The `mount` strategy for a credential file of the build context: a file mount in every step that reads it."""

from __future__ import annotations

import re

from dfrefactor.dockerfile.instructions import Copy, Instruction, Run
from dfrefactor.dockerfile.model import Document
from dfrefactor.effects import Unit
from dfrefactor.facts import Facts
from dfrefactor.secrets import plan
from dfrefactor.secrets.changed import changed
from dfrefactor.secrets.exposure import brought, lineage
from dfrefactor.secrets.paths import real
from dfrefactor.secrets.plan import CannotPurgeError, Purge
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.types import Carrier, Credential
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span


def mount_file(facts: Facts, credential: Credential) -> Purge:
    """Edits that mount the file where it was copied to.  Raises CannotPurgeError."""
    document = facts.document
    if copy := brought(document, lineage(document)):
        raise CannotPurgeError(f"{copy.keyword} (line {copy.lines[0]}) brings the file itself, unless .dockerignore keeps it out")
    if len(credential.carriers) != 1:
        raise CannotPurgeError("steps make copies of it")
    carrier = credential.carriers[0]
    if carrier.added:
        raise CannotPurgeError(f"line {carrier.added[0].lines[0]} adds to {carrier.path}, and a mount can't be written to")
    copied = carrier.written
    if not isinstance(copied, Copy) or any(flag.name not in ("chown", "chmod") for flag in copied.flags):
        raise CannotPurgeError(f"{copied.keyword} (line {copied.lines[0]}) does more than copy it")
    name = re.sub(r"\W+", "_", credential.name.rpartition("/")[2].lstrip(".")).strip("_")
    changes: dict[Instruction, RunChange] = {}
    gone: list[Instruction] = []
    for step in dict.fromkeys([*carrier.readers, *([carrier.removed] if carrier.removed else [])]):
        assert isinstance(step, Run)
        change = RunChange(facts, step)
        if _settle(change, carrier):
            gone.append(step)
            continue
        changes[step] = change
        if any(use.instruction is step for use in credential.uses):
            target = _target(carrier)
            change.mounts[f"type=secret,id={name},target={target},required=true{owner(change)}"] = None
    if not changes:
        raise CannotPurgeError("no step is seen to read it")
    edits = [edit for change in changes.values() for edit in change.edits()]
    edits += [Edit(plan.whole(document, step), "") for step in gone]
    edits += _uncopied(document, copied, credential)
    what, new = changed(document, edits, [*changes, *gone, copied])
    lines = ", ".join(str(step.lines[0]) for step in changes)
    message = f"a secret mount puts it in its place for the steps that read it (line {lines})"
    return Purge(tuple(edits), message, (*passing(name, source=credential.name), *taken_out(credential)), what, new, mounts=True)


def _target(carrier: Carrier) -> str:
    path = real(carrier.path)
    if not path.startswith("/") or not re.fullmatch(r"[\w./@%+-]+", path):
        raise CannotPurgeError(f"where {carrier.path} is can't be told")
    return path


def _uncopied(document: Document, copied: Copy, credential: Credential) -> list[Edit]:
    sources = copied.sources
    if len(sources) == 1:
        return [Edit(plan.whole(document, copied), "")]
    if copied.is_json:
        raise CannotPurgeError(f"line {copied.lines[0]} copies it among others, in JSON form")
    at = next(i for i, word in enumerate(sources) if word.span == credential.span)
    return [Edit(Span(sources[at].span.start, copied.words[at + 1].span.start), "")]


def _settle(change: RunChange, carrier: Carrier) -> bool:
    """Take out commands that only made the file ready or removed it; True where nothing else is left of the RUN."""
    drop = [unit for unit in change.units if _only(unit, carrier, change)]
    if len(drop) == len(change.units):
        return True
    left = (event for unit in change.units if unit not in drop for event in unit.events)
    if any(
        event.entry is not None and event.entry.takes_away and change.text.span(event.span) in carrier.spans for event in left
    ):
        raise CannotPurgeError(f"line {change.run.lines[0]} removes {carrier.path} among other things, and needs it to be there")
    if drop and not change.is_shell:
        raise CannotPurgeError(f"line {change.run.lines[0]} is not in shell form")
    change.drop(drop)
    return False


def _only(unit: Unit, carrier: Carrier, change: RunChange) -> bool:
    """Whether a command only gets the file ready or away: a mount needs neither."""
    events = [each for each in unit.events if not each.wraps]
    if len(events) != 1 or change.text.span(events[0].span) != change.place(unit) or change.place(unit) not in carrier.spans:
        return False
    event = events[0]
    entry = event.entry
    if entry is None or entry.carries or not (entry.takes_away or entry.attributes):
        return False
    operands = event.found[-1].operands
    if len(operands) > (1 if entry.takes_away else 2):
        raise CannotPurgeError(f"`{event.name}` of line {change.run.lines[0]} is about other files too")
    return True


def owner(change: RunChange) -> str:
    """The field that lets a user who is not root read a secret's file (FACTS, more on secrets)."""
    user = (change.scope.user or "root").partition(":")[0]
    if user in ("root", "0", ""):
        return ""
    return f",uid={user}" if user.isdecimal() else ",mode=0444"


def passing(name: str, as_file: bool = False, source: str = "") -> tuple[str, ...]:
    """How whoever builds passes the secret: docker build, Compose, bake."""
    given = f"src={source}" if source else f"env={name}"
    value = f"file: {source}" if source else f"environment: {name}"
    frontend = (
        "the syntax line of the file pins a frontend without `env=`, so the step reads /run/secrets"
        if as_file
        else "a secret with `env=` needs Dockerfile frontend 1.10: Docker Engine 27.2 and later have it built in, an older one "
        "takes it from a first line `# syntax=docker/dockerfile:1`"
    )
    return (
        f"build with: docker build --secret id={name},{given} .",
        f"Compose: under `build:` `secrets: [{name}]`, and at the top level `secrets: {{{name}: {{{value}}}}}`",
        f'bake: secret = ["id={name},{given}"]',
        *(() if source else (frontend,)),
        "a changed secret rebuilds nothing by itself: it is no part of the cache key",
    )


def taken_out(credential: Credential) -> list[str]:
    """What no step removed, and what is no longer in the image now."""
    stayed = [carrier.path for carrier in credential.carriers if not carrier.kept and carrier.removed is None]
    return [f"no longer in the image: {', '.join(dict.fromkeys(stayed))}"] if stayed else []
