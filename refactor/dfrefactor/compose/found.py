"""A place in a file that passes as a build argument what a Dockerfile takes as a secret, and the finding it is."""

from __future__ import annotations

from dfrefactor.finding import Asked, Finding, Severity
from dfrefactor.lazy import dataclass
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

ASIDE = "this file was not named, so it is left as it is: give the folder that both are in"


@dataclass(frozen=True)
class Found:
    """`who` passes it at `span`; `edits` mend that, or `why` says what is in the way, and `write` what to write.

    `dockerfile` is "" where it is not known which one is built.  `value` is where the argument's value stands, if it does.
    """

    asked: Asked
    dockerfile: str
    who: tuple[str, ...]
    span: Span
    edits: tuple[Edit, ...] = ()
    why: str = ""
    write: str = ""
    value: Span | None = None
    notes: tuple[str, ...] = ()
    severity: Severity = Severity.WARNING

    def finding(self, rule: str, aside: bool) -> Finding:
        """The finding; of a file that is `aside` only what would be done is said."""
        asked, who = self.asked, ", ".join(self.who)
        secrets = (self.value,) if self.value is not None and self.value.start < self.value.end else ()
        what = f"{self.dockerfile or 'a Dockerfile'} takes build argument {asked.argument} as secret {asked.secret}"
        why = self.why or (ASIDE if aside else "")
        written = (f"write {self.write}",) if self.write else ()
        gone = frozenset({asked.argument} - {""})
        if not asked.argument and (aside or not self.edits):
            message = f"{self.dockerfile} takes secret {asked.secret}: {who} has to pass it"
        elif not self.dockerfile:
            message = f"{what}: if {who} builds that, it has to pass it so"
        elif why or not self.edits:
            message = f"{what}, and {who} still passes the argument{': ' if why else ''}{why}"
        else:
            message = f"{what}: {who} {'passes' if len(self.who) == 1 else 'pass'} it so"
            if not asked.argument:
                message = f"{self.dockerfile} takes secret {asked.secret}: {who} passes it"
            return Finding(rule, self.span, message, self.edits, notes=self.notes, secrets=secrets, severity=self.severity,
                           gone=gone, new=frozenset({asked.secret}))  # fmt: skip
        return Finding(rule, self.span, message, notes=(*written, *self.notes), secrets=secrets, severity=self.severity)
