"""The `mount` strategy for ADD: the builder is given the credential of an address as a secret of a name it looks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfrefactor.dockerfile.instructions import Add
from dfrefactor.facts import Facts
from dfrefactor.finding import Asked
from dfrefactor.lazy import regex
from dfrefactor.secrets.exposure import commands, may_read
from dfrefactor.secrets.plan import CannotPurgeError, Purge, changed, variables_gone, without
from dfrefactor.secrets.types import Credential
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

_ADDRESS = regex(r"(?P<scheme>https?://)(?P<info>[^/@\s]+@)(?P<host>[\w.-]+)(?P<port>:\d+)?(?P<rest>/\S*)?")
_TOKEN = "GIT_AUTH_TOKEN."
_GIT = regex(r"\.git(?:[?#].*)?$")

_SENDS = ("", "x-access-token", "oauth2", "git", "token")
"""Users in whose place BuildKit may send another with a token: it sends `x-access-token`."""


def is_for(credential: Credential) -> bool:
    """Whether an ADD uses it."""
    return any(isinstance(use.instruction, Add) for use in credential.uses)


def purge(facts: Facts, credential: Credential) -> Purge:
    """Edits that take it out of the addresses of every ADD.  Raises CannotPurgeError."""
    others = [use.instruction for use in credential.uses if not isinstance(use.instruction, Add)]
    others += may_read(credential, credential.stages)[0]
    if others:
        raise CannotPurgeError(f"line {others[0].lines[0]} uses it too, and an ADD is given it by another name than a RUN")
    adds = list(dict.fromkeys(use.instruction for use in credential.uses))
    asked: dict[str, str] = {}
    edits = [edit for add in adds if isinstance(add, Add) for edit in _edits(add, credential, asked)]
    given = {edit.span for edit in edits}
    for add in (each for each in facts.document.instructions if isinstance(each, Add)):
        for found in _ADDRESS.finditer(facts.source.text, *add.span):
            if Span(*found.span("info")) not in given and any(each.endswith(found["host"]) for each in asked):
                raise CannotPurgeError(f"line {add.lines[0]} is another user of {found['host']}, and a host has one secret")
    edits += without(credential.declarations)
    gone, new = changed(facts.document, edits, [*adds, *(d.instruction for d in credential.declarations)])
    lines = ", ".join(str(each.lines[0]) for each in adds)
    variables = {each: re.sub(r"\W", "_", each) for each in asked}  # no shell has one with a dot
    build, *files = commands({each: f"env={variable}" for each, variable in variables.items()})
    notes = (build, *asked.values(), *files)
    message = f"the builder sends it with what ADD fetches (line {lines})"
    tokens = {name: "" if name.startswith(_TOKEN) else how for name, how in asked.items()}
    passed = tuple(Asked(credential.name, *each) for each in tokens.items()) if credential.is_argument else ()
    return Purge(tuple(edits), message, notes, gone, new, variables_gone(credential), mounts=True, asked=passed)


def _edits(add: Add, credential: Credential, asked: dict[str, str]) -> Iterator[Edit]:
    """The user info out of its addresses; what is `asked` of whoever builds, by the secret's id."""
    text = add.source.text
    used = [use.span for use in credential.uses if use.instruction is add]
    for word in (each for each in add.sources if any(each.span.overlaps(span) for span in used)):
        found = _ADDRESS.fullmatch(text[slice(*word.span)])
        if found is None:
            raise CannotPurgeError(f"ADD (line {add.lines[0]}) has it in another place than the user info of a plain address")
        if _GIT.search(found["rest"] or ""):
            user = found["info"].rstrip("@").partition(":")[0] if ":" in found["info"] else ""
            if user not in _SENDS:
                raise CannotPurgeError(f"how ADD (line {add.lines[0]}) uses it can't be said with a secret of the builder's")
            name, value = f"{_TOKEN}{found['host']}", "the token alone (BuildKit 0.13 and later)"
        else:
            name = f"HTTP_AUTH_HEADER_{found['host']}"
            value = "`Basic`, a blank, and user:password in base64 (BuildKit 0.23 and later)"
        asked[name] = f"the value of {name} is {value}"
        yield Edit(Span(*found.span("info")).moved(word.span.start), "")
