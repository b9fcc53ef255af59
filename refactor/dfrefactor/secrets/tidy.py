"""Keeps what another stage copies from carrying a credential along: takes it out where it was left."""

from __future__ import annotations

from dfrefactor.dockerfile.instructions import Instruction, Run
from dfrefactor.facts import Facts
from dfrefactor.secrets.changed import changed
from dfrefactor.secrets.exposure import comes_along, lasts, lineage
from dfrefactor.secrets.plan import CannotPurgeError, Purge
from dfrefactor.secrets.runs import CannotChangeError, RunChange
from dfrefactor.secrets.types import Carrier, Credential


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
            try:
                _clean(change, carrier)
            except CannotChangeError as error:
                raise CannotPurgeError(str(error)) from None
    try:
        edits = [edit for change in changes.values() for edit in change.edits()]
    except CannotChangeError as error:
        raise CannotPurgeError(str(error)) from None
    gone, new = changed(document, edits, changes)
    lines = ", ".join(str(step.lines[0]) for step in changes)
    return Purge(tuple(edits), f"the step that leaves it there takes it away again (line {lines})", gone=gone, new=new)


def _clean(change: RunChange, carrier: Carrier) -> None:
    if carrier.kept:
        if carrier.refused or not carrier.local_clean or carrier.at is None:
            raise CannotPurgeError(carrier.refused or f"how to take it out of {carrier.path} is not known")
        change.after(carrier.at, carrier.local_clean, carrier.clean)
    else:
        change.behind[f"rm -f {carrier.exact or carrier.path}"] = None
