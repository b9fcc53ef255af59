"""What a finding says of a credential: where it is used, where it would end up, what changes for whoever builds."""

from __future__ import annotations

from dfrefactor.dockerfile.model import Document
from dfrefactor.secrets.exposure import ends_up
from dfrefactor.secrets.types import RUNNING, Credential


def title(credential: Credential) -> str:
    match credential.kind:
        case "variable":
            return f"credential {credential.name}"
        case "file":
            return f"credential file {credential.name}"
        case _:
            return "a credential written into a command"


def used(credential: Credential) -> str:
    """Where it is used, as a clause; "" where no step is seen to use it."""
    found: dict[str, list[int]] = {}
    for use in credential.uses:
        if use.role != "test":
            lines = found.setdefault(use.how, [])
            if use.instruction.lines[0] not in lines:
                lines.append(use.instruction.lines[0])
    said = [f"{how} (line {', '.join(map(str, lines))})" for how, lines in found.items()]
    more = f" and in {len(said) - 3} more ways" if len(said) > 3 else ""
    return "used " + ", ".join(said[:3]) + more if said else ""


def message(document: Document, credential: Credential, what: str) -> str:
    """One sentence: the credential, its use, where it would be, and what is done or missing."""
    what = hidden(document, credential, what)
    use = used(credential) or "which no step is seen to use"
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


def hidden(document: Document, credential: Credential, text: str) -> str:
    """`text` without the credential's value, or the beginning of it where a quoted command was cut off."""
    for span in credential.values:
        value = document.source.text[slice(*span)]
        text = text.replace(value, "***")
        for end in range(len(value) - 1, 0, -1):
            if value[:end] + "…" in text:
                text = text.replace(value[:end] + "…", "***…")
                break
    return text


def in_file(credential: Credential) -> list[str]:
    """What stays to be done about a value that stands in the file."""
    if not credential.values:
        return []
    return [
        "its value stands in this file and in version control: a rewrite does not take it back, so replace it where it was issued"
    ]


def building(credential: Credential) -> list[str]:
    """What whoever builds has to know about the builder strategy."""
    if credential.kind != "variable" or not any(not d.is_env for d in credential.declarations):
        return []
    return [
        f"build as before, with --build-arg {credential.name}=…",
        (
            "build arguments stand in a provenance attestation of mode=max, and the builder stage's layers in a cache exported "
            "with mode=max: --provenance=mode=min, or `--strategy mount`"
        ),
    ]
