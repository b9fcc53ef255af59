"""Code for what a table of the catalog can't say, by the name tables use for it."""

from __future__ import annotations

from collections.abc import Callable

from dfrefactor.effects.call import Call
from dfrefactor.effects.commands import archives, builtins, copying, fetching, folders, running, searching, system, tools

HANDLERS: dict[str, Callable[[Call], None]] = {
    **builtins.HANDLERS,
    **folders.HANDLERS,
    **copying.HANDLERS,
    **archives.HANDLERS,
    **searching.HANDLERS,
    **fetching.HANDLERS,
    **running.HANDLERS,
    **system.HANDLERS,
    **tools.HANDLERS,
}
