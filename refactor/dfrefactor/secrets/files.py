"""Files that hold a credential: those of a COPY that a mount stands for, and those that a step leaves in its output."""

from __future__ import annotations

import re

from dfrefactor.dockerfile.instructions import Add, Instruction, Run
from dfrefactor.effects.trace import Event
from dfrefactor.effects.words import Arg
from dfrefactor.facts import Facts
from dfrefactor.secrets.exposure import comes_along, lasts, lineage
from dfrefactor.secrets.plan import CannotPurgeError, Purge, changed
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.types import Carrier, Credential, Use
from dfrefactor.secrets.values import variables
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

_INFO = re.compile(r"(?P<scheme>https?)://(?P<info>(?:(?P<user>[^:/@]*):)?[^:/@]+@)(?P<host>[\w.-]+)(?P<path>[:/]\S*)?")
_SENDS = (None, "", "x-access-token", "oauth2", "git", "token")
"""Users that BuildKit may send another in the place of, with a token: it sends `x-access-token`."""


def authenticated(add: Add, use: Use) -> tuple[str, Edit]:
    """The secret by which the builder itself authenticates an ADD, and the edit that takes the user info out of its URL.

    Raises CannotPurgeError.
    """
    for word in add.sources:
        found = _INFO.fullmatch(word.text)
        if found is None or not word.span.overlaps(use.span) or add.source.text[slice(*word.span)] != word.text:
            continue
        edit = Edit(Span(*found.span("info")).moved(word.span.start), "")
        if not re.search(r"\.git(?:#\S*)?$", found["path"] or ""):
            return f"HTTP_AUTH_HEADER_{found['host']}", edit
        if found["user"] in _SENDS:
            return "GIT_AUTH_TOKEN", edit
    raise CannotPurgeError(f"how ADD (line {add.lines[0]}) uses it can't be said with a secret of the builder's")


_GIT_URL = re.compile(r"(?P<git>git\+)?(?P<scheme>https?://)(?P<info>[^/@\s\"'`\\]+@)(?P<host>[\w.:-]+)/(?P<path>[^\s\"']*)")


def rewired(change: RunChange, carrier: Carrier, names: frozenset[str]) -> bool:
    """Let git put the user info into a URL, for as long as the RUN lasts, that a tool would write down; False where it can't.

    The tool is given the URL without.
    """
    known = names | change.facts.scope(change.run).variables.keys()
    found: list[tuple[Event, Arg, re.Match[str]]] = []
    for event in (each for each in change.events if change.text.span(each.span) == carrier.at and each.origin.shift is not None):
        for arg in event.args[1:]:
            text = arg.word.text if arg.word is not None else ""
            found += [(event, arg, match) for match in _GIT_URL.finditer(text) if names & set(variables(match["info"]))]
            if any(each in text for each in ("`", "$(")) or (text.startswith("'") and found and found[-1][1] is arg):
                return False
    for event, arg, match in found:
        if not (match["git"] or re.search(r"\.git\b(?![\w/])", match["path"])) or not set(variables(match["info"])) <= known:
            return False
        start = arg.word.span.start if arg.word is not None else 0
        change.replaced[change.text.span(event.origin.span(Span(*match.span("info")).moved(start)))] = ""
        whole = f'url."{match["scheme"]}{match["info"]}{match["host"]}/"'
        change.before[f'git config --global {whole}.insteadOf "{match["scheme"]}{match["host"]}/"'] = None
        change.behind[f"git config --global --remove-section {whole}"] = None
    if found:  # where nothing is left of it, there was none before
        change.behind["find ~/.gitconfig -empty -delete"] = None
    return bool(found)


def tidy(facts: Facts, credential: Credential) -> Purge:
    """Edits that clean the files that a COPY brings into the final image.  Raises CannotPurgeError."""
    document = facts.document
    stages = lineage(document)
    changes: dict[Instruction, RunChange] = {}
    for carrier in credential.carriers:
        if lasts(carrier) and carrier.stage not in stages and comes_along(document, carrier, stages):
            last = (carrier.written, *carrier.readers)[-1]
            if not isinstance(last, Run):
                raise CannotPurgeError(f"line {last.lines[0]} brings {carrier.path}, and no later step reads it")
            change = changes.setdefault(last, RunChange(facts, last))
            if carrier.kept:
                clean(change, carrier)
            else:
                change.behind[f"rm -f {carrier.exact or carrier.path}"] = None
    edits = [edit for change in changes.values() for edit in change.edits()]
    gone, new = changed(document, edits, changes)
    lines = ", ".join(str(step.lines[0]) for step in changes)
    return Purge(tuple(edits), f"the step that leaves it there takes it away again (line {lines})", gone=gone, new=new)


def clean(change: RunChange, carrier: Carrier) -> None:
    """Take the credential out of a file of an output, right behind the command that writes it there."""
    if carrier.refused or not carrier.local_clean or carrier.at is None:
        raise CannotPurgeError(carrier.refused or f"how to take it out of {carrier.path} is not known")
    if lasts(carrier):
        change.after(carrier.at, carrier.local_clean, carrier.clean)
