"""What a pass found, and what it would do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum

from dfrefactor.lazy import dataclass
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

GENERATED = "generated"
"""The rule of the note that a file is left alone because it says it is generated; no pass finds it."""

UNUSED = "unused-ignore"
"""The rule of the note that a comment silences nothing; no pass finds it."""


class Safety(IntEnum):
    """How sure we are of a rewrite.  Ordered: a user allows up to a grade."""

    SAFE = 1
    """The files of the image are equal, and its configuration is but for what the finding names."""
    UNSAFE = 2
    """Very likely what was meant, but the image can differ; the message says how."""
    ADVICE = 3
    """Shown on demand, has no edits, does not count for `--check`."""


class Severity(IntEnum):
    """How bad it is.  Ordered: a run fails from a grade on."""

    NOTE = 1
    """Worth knowing."""
    WARNING = 2
    """Better otherwise; what has a rewrite is at least that."""
    ERROR = 3
    """Wrong: a credential ends up in the image."""


NEVER = 4
"""In the place of a severity: no finding is as bad as that."""

FailOn = Mapping[str, int]
"""From which severity on findings fail a run, by rule; "" is for all others."""


@dataclass(frozen=True, order=True)
class Asked:
    """A build argument whose value the Dockerfile takes as a secret; "" for a secret of something else.

    `value` says what the secret has to be where that is not the argument's value; `given` how one is given that was no argument:
    `src=.npmrc`.
    """

    argument: str
    secret: str
    value: str = ""
    given: str = ""


@dataclass(frozen=True)
class Finding:
    """A place, what is the matter, how bad that is, and the edits that mend it, if any.

    `gone` names what the edits remove for good, `new` what they add, both as `parts.parts` says it, and `config` the runtime
    configuration they change (`ENV TOKEN`, `ENV LAYER`); the guard lets nothing else go or come.  `left` are paths that are no
    longer in the image: package caches and temporary files.  `secrets` are the spans that hold a credential's value: every report
    masks them.  `message` is one sentence: what is the matter, and behind its first colon why, or what mends it; `fix` says what
    the user can do about it.  `notes` are further lines for a reader: leftovers, and what changes for whoever builds.  `asked`
    are the secrets that take the place of build arguments and of what stood in the file: what builds it goes along.
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
    asked: tuple[Asked, ...] = ()
    severity: Severity = Severity.NOTE
    fix: str = ""

    @property
    def what(self) -> str:
        """What is the matter."""
        return _halves(self.message)[0]

    @property
    def why(self) -> str:
        """Why, or what mends it; "" where the message does not say."""
        return _halves(self.message)[1]

    @property
    def lines(self) -> tuple[str, ...]:
        """All there is to say, one thing a line."""
        return (self.message, *((f"fix: {self.fix}",) if self.fix else ()), *self.notes)


def _halves(message: str) -> tuple[str, str]:
    """A message before and behind its first colon that is not in a quoted text."""
    pieces = re.split(r"(`[^`]*`)", message)
    for number, piece in enumerate(pieces):
        if number % 2 == 0 and (at := piece.find(": ")) >= 0:
            return "".join([*pieces[:number], piece[:at]]), "".join([piece[at + 2 :], *pieces[number + 1 :]])
    return message, ""
