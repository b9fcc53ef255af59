"""What a step does: what it reads, writes, removes, uses and provides, and how sure that is."""

from __future__ import annotations

from refactor.footprint.instruction import of
from refactor.footprint.types import (
    ALL,
    ANY,
    Footprint,
    Grade,
    Output,
    Region,
    State,
    Step,
    Unit,
)

__all__ = ["ALL", "ANY", "Footprint", "Grade", "Output", "Region", "State", "Step", "Unit", "of"]
