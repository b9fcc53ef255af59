"""Where a credential ends up: what of it is in the stages that the final image is made of, and what a finding says of that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from dfrefactor.dockerfile.instructions import Add, Copy, Instruction
from dfrefactor.dockerfile.model import Document
from dfrefactor.effects.paths import covers
from dfrefactor.finding import Severity
from dfrefactor.secrets.brought import brings_all
from dfrefactor.secrets.paths import real
from dfrefactor.secrets.types import RUNNING, Carrier, Credential


def lineage(document: Document) -> frozenset[int]:
    """The stages whose layers, history and configuration the final image has: the last one and those it is FROM."""
    return frozenset(stage.index for stage in document.stages[-1].chain)


def ends_up(document: Document, credential: Credential) -> tuple[str, ...]:
    """Where in the final image the credential, as the file is now, would be; () for nowhere."""
    stages = lineage(document)
    found: dict[str, None] = {}
    for declaration in sorted(credential.declarations, key=lambda each: each.pair.span):
        if declaration.stage in stages:
            env = f"the image's environment (ENV {declaration.pair.key})"
            later = declaration.instruction.keyword == "ONBUILD"
            found["what is built on this image" if later else env if declaration.is_env else "the image's history (ARG)"] = None
    if credential.kind == "literal" and credential.stages & stages:
        found["the image's history"] = None
    for carrier in credential.carriers:
        if lasts(carrier) and carrier.stage in stages:
            found[f"a layer, as {carrier.path or 'a file'}"] = None
        elif carrier.stage not in stages and lasts(carrier) and (step := comes_along(document, carrier, stages)):
            found[f"a layer, as {carrier.path or 'a file'}, by the COPY of line {step.lines[0]}"] = None
    return tuple(found)


def severity(credential: Credential) -> Severity:
    """How bad it is that it ends up in the image: an error where more than its name says that it is one.

    It is used; a step takes a file of it away again; the build is to give it, and something keeps it or may read it; its form
    is known.  What stands in the file and nothing uses may be there to be changed.
    """
    if credential.likely:
        return Severity.WARNING
    removed = not credential.among and any(carrier.removed for carrier in credential.carriers)
    if removed or any(use.role != "test" for use in credential.uses):
        return Severity.ERROR
    if credential.kind in ("literal", "mount") or credential.placed:
        return Severity.ERROR
    kept = credential.perhaps or credential.blocked or any(d.is_env for d in credential.declarations)
    given = not credential.values and any(d.instruction.keyword == "ARG" for d in credential.declarations)
    return Severity.ERROR if given and kept else Severity.WARNING


def lasts(carrier: Carrier) -> bool:
    """Whether the file is in the layer of the step that writes it: only the same step can take it away again."""
    return carrier.removed is not carrier.written


def comes_along(document: Document, carrier: Carrier, stages: frozenset[int]) -> Copy | None:
    """The COPY that brings a file of another stage into the final image, unless that stage took it away."""
    if carrier.removed is not None or not carrier.path:
        return None
    for copy in (each for stage in document.stages if stage.index in stages for each in stage.instructions):
        if isinstance(copy, Copy) and copy.from_ and (source := document.stage(copy.from_)) is not None:
            if document.stages[carrier.stage] in source.chain and _brings(copy, carrier.path):
                return copy
    return None


def _brings(copy: Copy, path: str) -> bool:
    for source in copy.sources:
        text = "/" + source.text.strip("\"'").lstrip("/").rstrip("/")
        if found := re.search(r"[$*]", text):
            text = text[: found.start()].rpartition("/")[0]
        if covers(text or "/", real(path)):
            return True
    return False


def brought(document: Document, stages: frozenset[int]) -> Copy | Add | None:
    """The COPY or ADD of the whole build context, this Dockerfile and all, into one of the stages."""
    steps = (step for stage in document.stages if stage.index in stages for step in stage.instructions)
    return next((step for step in steps if isinstance(step, Copy | Add) and brings_all(step)), None)


def may_read(credential: Credential, stages: frozenset[int]) -> tuple[list[Instruction], list[Instruction]]:
    """Steps of the stages that see one of its variables, do not name it, and are not known to leave it alone.

    Those that run a script of the build context, or text that is not read, and the rest.
    """
    mine = [use for use in credential.perhaps if use.stage in stages]
    return [use.instruction for use in mine if use.script], [use.instruction for use in mine if not use.script]


def leaking(document: Document, credentials: Iterable[Credential]) -> list[Credential]:
    """Those that the final image would hold."""
    return [credential for credential in credentials if ends_up(document, credential)]


def in_lineage(document: Document, credential: Credential) -> frozenset[int]:
    """The stages of the final image that declare or use it themselves."""
    own = {declaration.stage for declaration in credential.declarations} | {use.stage for use in credential.uses}
    own |= {carrier.stage for carrier in credential.carriers if lasts(carrier)}
    return lineage(document) & (own | credential.stages if credential.kind == "literal" else own)


def together(credentials: Sequence[Credential]) -> list[tuple[Credential, ...]]:
    """Credentials in groups that no step has in common with another group."""
    groups: list[list[Credential]] = []
    for credential in credentials:
        same = [g for g in groups if any(credential.steps & other.steps or credential.names & other.names for other in g)]
        groups = [g for g in groups if g not in same] + [[*(c for g in same for c in g), credential]]
    return sorted((tuple(sorted(group, key=lambda c: c.span)) for group in groups), key=lambda group: group[0].span)


def in_one_file(credentials: Sequence[Credential]) -> list[tuple[Credential, ...]]:
    """Credentials in groups that no file holds together with one of another group."""
    def held(credential: Credential) -> set[str]:
        mine = () if credential.kind == "file" else credential.carriers
        return {real(carrier.path) for carrier in mine if lasts(carrier) and not (carrier.kept or carrier.aside)}

    groups: list[list[Credential]] = []
    for credential in credentials:
        same = [group for group in groups if any(held(credential) & held(other) for other in group)]
        groups = [g for g in groups if g not in same] + [[*(c for g in same for c in g), credential]]
    return sorted((tuple(sorted(group, key=lambda c: c.span)) for group in groups), key=lambda group: group[0].span)


def title(credential: Credential) -> str:
    if credential.kind == "literal":
        return "a credential written into a command"
    if credential.kind == "mount":
        return f"secret {credential.name}"
    return f"credential {'file ' if credential.kind == 'file' else ''}{credential.name}"


def used(credential: Credential) -> str:
    """Where it is used, as a clause; "" where no step is seen to use it."""
    found: dict[str, dict[str, None]] = {}
    for use in credential.uses:
        if use.role != "test":
            found.setdefault(use.how, {})[str(use.instruction.lines[0])] = None
    said = [f"{how} (line {', '.join(lines)})" for how, lines in found.items()]
    more = f" and in {len(said) - 3} more ways" if len(said) > 3 else ""
    return "used " + ", ".join(said[:3]) + more if said else ""


def message(document: Document, credential: Credential, what: str) -> str:
    """One sentence: the credential, its use, where it would be, and what is done or missing."""
    mounted = "which a mount gives to the step alone" if credential.kind == "mount" else ""
    use = used(credential) or mounted or "which no step is seen to use"
    where = " and ".join(ends_up(document, credential)) or "the image"
    return f"{title(credential)}, {use}, ends up in {where}: {what}"


def needed(credential: Credential) -> str:
    """Why the running container has to have it, and what to do instead."""
    instead = "give it to the container when it starts, with `docker run --env` or a secret of the orchestrator"
    if RUNNING in credential.runtime and credential.perhaps:
        lines = ", ".join(str(use.instruction.lines[0]) for use in credential.perhaps[:3])
        return f"line {lines} may read it, and so may what runs in the container: name it in the step, or {instead}"
    if RUNNING in credential.runtime:
        return f"no build step uses it, so it is there for what runs in the container: {instead}"
    return f"{', '.join(credential.runtime)} reads it: {instead}"


def in_file(credential: Credential) -> list[str]:
    """What stays to be done about a value that stands in the file."""
    where = "its value stands in this file and in version control"
    return [f"{where}: a rewrite does not take it back, so replace it where it was issued"] if credential.values else []


def building(credential: Credential) -> list[str]:
    """What whoever builds has to know about the builder strategy."""
    if credential.kind != "variable" or not any(not d.is_env for d in credential.declarations):
        return []
    attested = "build arguments stand in a provenance attestation of mode=max"
    cached = "the builder stage's layers in a cache exported with mode=max: --provenance=mode=min, or `--strategy mount`"
    logged = "the build's log shows them, in the names of the builder stage's steps: keep it to yourselves, or `--strategy mount`"
    return [f"build as before, with --build-arg {credential.name}=…", f"{attested}, and {cached}", logged]


def commands(secrets: Mapping[str, str]) -> tuple[str, str, str]:
    """How whoever builds passes the secrets, each by its id: docker build, Compose, bake."""
    pairs = [(name, *how.split("=", 1)) for name, how in secrets.items()]
    build = " ".join(f"--secret id={name},{how}" for name, how in secrets.items())
    top = ", ".join(f"{name}: {{{'file' if how == 'src' else 'environment'}: {value}}}" for name, how, value in pairs)
    bake = ", ".join(f'"id={name},{how}"' for name, how in secrets.items())
    return (
        f"build with: docker build {build} .",
        f"Compose: under `build:` `secrets: [{', '.join(secrets)}]`, and at the top level `secrets: {{{top}}}`",
        f"bake: secret = [{bake}]",
    )


def passing(secrets: Mapping[str, str], as_file: bool = False) -> tuple[str, ...]:
    """How whoever builds passes secrets that steps are given by mounts, and what that takes."""
    built_in = "Docker Engine 27.2 and later have it built in, an older one takes it from a first line"
    frontend = f"a secret with `env=` needs Dockerfile frontend 1.10: {built_in} `# syntax=docker/dockerfile:1`"
    if as_file:
        frontend = "the syntax line of the file pins a frontend without `env=`, so the step reads /run/secrets"
    return (
        *commands(secrets),
        *((frontend,) if any(how.startswith("env=") for how in secrets.values()) else ()),
        "a changed secret rebuilds nothing by itself: it is no part of the cache key",
    )


def taken_out(credential: Credential) -> list[str]:
    """What no step removed, and what is no longer in the image now."""
    stayed = [carrier.path for carrier in credential.carriers if carrier.is_left]
    return [f"no longer in the image: {', '.join(dict.fromkeys(stayed))}"] if stayed else []
