"""Code for what a table of the catalog can't say, by the name tables use for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dfrefactor.effects.commands import archives, builtins, copying, fetching, running, searching, system, tools

if TYPE_CHECKING:
    from dfrefactor.effects.running import Call

HANDLERS: dict[str, Callable[[Call], None]] = {
    **builtins.HANDLERS,
    **copying.HANDLERS,
    **archives.HANDLERS,
    **searching.HANDLERS,
    **fetching.HANDLERS,
    **running.HANDLERS,
    **system.HANDLERS,
    **tools.HANDLERS,
}
