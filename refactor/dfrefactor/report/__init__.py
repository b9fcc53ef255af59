"""What is shown of results: each module is one projection of the same value, and decides nothing."""

from __future__ import annotations

from typing import Literal

Done = Literal["shown", "checked", "applied"]
"""What was done with the results."""
