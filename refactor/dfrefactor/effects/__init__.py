"""What a step does: what it reads, writes, removes, uses and provides, and how sure that is."""

from __future__ import annotations

from dfrefactor.effects.instruction import of
from dfrefactor.effects.types import ALL, ANY, Footprint, Grade, Output, Region, State, Step, Unit

__all__ = ["ALL", "ANY", "Footprint", "Grade", "Output", "Region", "State", "Step", "Unit", "of"]
