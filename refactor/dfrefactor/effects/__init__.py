"""What a step does: what it reads, writes, removes, uses and provides, and how sure that is."""

from __future__ import annotations

from dfrefactor.effects.effects import ALL, Effects
from dfrefactor.effects.instruction import of
from dfrefactor.effects.output import ANY, Grade, Output
from dfrefactor.effects.paths import Region
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.trace import Event, Step, Trace, Unit

__all__ = ["ALL", "ANY", "Effects", "Event", "Grade", "Output", "Region", "ShellState", "Step", "Trace", "Unit", "of"]
