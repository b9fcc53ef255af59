"""Files that hold a credential: those of a COPY that a mount stands for, and those that a step leaves in its output."""

from __future__ import annotations

import re

from dfrefactor.dockerfile.instructions import Instruction, Run
from dfrefactor.effects.trace import Event
from dfrefactor.effects.words import Arg
from dfrefactor.facts import Facts
from dfrefactor.lazy import regex
from dfrefactor.secrets.exposure import comes_along, lasts, lineage
from dfrefactor.secrets.plan import CannotPurgeError, Purge, changed
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.types import Carrier, Credential
from dfrefactor.secrets.values import variables
from dfrefactor.text.source import Span

_GIT_URL = regex(r"(?P<git>git\+)?(?P<scheme>https?://)(?P<info>[^/@\s\"'`\\]+@)(?P<host>[\w.:-]+)/(?P<path>[^\s\"']*)")


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
    """Edits that clean the files that a COPY, or a step with a secret mount, brings into the final image.

    Raises CannotPurgeError.
    """
    document = facts.document
    stages = lineage(document)
    changes: dict[Instruction, RunChange] = {}
    for carrier in credential.carriers:
        inside = carrier.stage in stages
        if lasts(carrier) and (credential.kind == "mount" if inside else comes_along(document, carrier, stages)):
            last = carrier.written if inside else (carrier.written, *carrier.readers)[-1]
            if inside and not carrier.kept and (after := (*carrier.readers, *carrier.added, *filter(None, [carrier.removed]))):
                raise CannotPurgeError(f"line {after[0].lines[0]} needs {carrier.path} too: give that step the mount")
            if inside and not carrier.kept and not carrier.clean and len(carrier.spans) < 2:
                raise CannotPurgeError(f"it is written to {carrier.path}, which stays, and which the running container may read")
            if not isinstance(last, Run):
                raise CannotPurgeError(f"line {last.lines[0]} brings {carrier.path}, and no later step reads it")
            change = changes.setdefault(last, RunChange(facts, last))
            if carrier.kept:
                clean(change, carrier)
            else:
                change.behind |= dict.fromkeys(_undo(carrier))
    edits = [edit for change in changes.values() for edit in change.edits()]
    gone, new = changed(document, edits, changes)
    lines = ", ".join(str(step.lines[0]) for step in changes)
    return Purge(tuple(edits), f"the step that leaves it there takes it away again (line {lines})", gone=gone, new=new)


def _undo(carrier: Carrier) -> tuple[str, ...]:
    """The commands that take the credential out of a file of the image again, or the file away."""
    if carrier.local_clean and carrier.removed is None:
        return carrier.local_clean
    path = carrier.exact or carrier.path
    if carrier.older is not None and carrier.removed is None:
        raise CannotPurgeError(f"line {carrier.older.lines[0]} wrote other things to {carrier.path}, which would go with it")
    if not re.fullmatch(r"[\w./~@%+-]+", path):
        raise CannotPurgeError(f"the path {path} can't be written in shell")
    return (f"rm -{'rf' if carrier.tree else 'f'} {path}",)


def clean(change: RunChange, carrier: Carrier) -> None:
    """Take the credential out of a file of an output, right behind the command that writes it there."""
    if carrier.refused or not carrier.local_clean or carrier.at is None:
        raise CannotPurgeError(carrier.refused or f"how to take it out of {carrier.path} is not known")
    here = [each for each in change.events if change.text.span(each.span) == carrier.at]
    if last := next((each for each in here if each.wraps and each.entry and "ends" in (each.entry.runs or {})), None):
        raise CannotPurgeError(f"nothing is run behind `{last.name}`, so what it leaves in {carrier.path} stays")
    if lasts(carrier):
        change.after(carrier.at, carrier.local_clean, carrier.clean)
