"""What is seen of a document that could concern a credential."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Document
from dfrefactor.secrets.carriers import Written
from dfrefactor.secrets.copies import Copied
from dfrefactor.secrets.ran import Ran
from dfrefactor.secrets.texts import Role
from dfrefactor.secrets.types import Declaration
from dfrefactor.text.source import Span

Where = Literal["step", "runtime", "config", "onbuild", "declaration"]


@dataclass(frozen=True)
class Sight:
    """A position in the file: the declared variables in it, or a literal; what kind of instruction it stands in."""

    instruction: Instruction
    stage: int
    names: frozenset[str]
    span: Span
    how: str
    command: str = ""
    value: Span | None = None
    role: Role = "authenticate"
    where: Where = "step"
    sets: bool = False


@dataclass(frozen=True)
class Wrote:
    """A file a command of a step wrote; `names` are declared variables whose value is in it, `values` literals."""

    instruction: Instruction
    stage: int
    written: Written
    names: frozenset[str]
    values: tuple[Span, ...]
    ran: Ran | None


@dataclass
class Reading:
    """All that was seen, in file order: `ran` has every event of every step, those that could not be read among them."""

    document: Document
    declarations: list[Declaration] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    wrote: list[Wrote] = field(default_factory=list)
    copied: list[tuple[Copied, int]] = field(default_factory=list)
    dests: dict[Instruction, str] = field(default_factory=dict)
    """Where a COPY or ADD puts what it brings."""
