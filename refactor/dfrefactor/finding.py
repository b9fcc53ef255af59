"""What a pass found, and what it would do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

GENERATED = "generated"
"""The rule of the note that a file is left alone because it says it is generated; no pass finds it."""


class Safety(IntEnum):
    """How sure we are of a rewrite.  Ordered: a user allows up to a grade."""

    SAFE = 1
    """The files of the image are equal, and its configuration is but for what the finding names."""
    UNSAFE = 2
    """Very likely what was meant, but the image can differ; the message says how."""
    ADVICE = 3
    """Shown on demand, has no edits, does not count for `--check`."""


@dataclass(frozen=True)
class Finding:
    """A place, what is the matter, and the edits that mend it, if any.

    `gone` names what the edits remove for good, `new` what they add, both as `parts.parts` says it, and `config` the runtime
    configuration they change (`ENV TOKEN`, `ENV LAYER`); the guard lets nothing else go or come.  `left` are paths that are no
    longer in the image: package caches and temporary files.  `secrets` are the spans that hold a credential's value: every report
    masks them.  `notes` are further lines for a reader: leftovers, and what changes for whoever builds.
    """

    rule: str
    span: Span
    message: str
    edits: tuple[Edit, ...] = ()
    safety: Safety = Safety.SAFE
    notes: tuple[str, ...] = ()
    secrets: tuple[Span, ...] = ()
    gone: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    config: frozenset[str] = frozenset()
