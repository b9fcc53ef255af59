"""Credentials of a build: which there are, where they are used, and where they would end up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dfrefactor.secrets.find import find as find
    from dfrefactor.secrets.find import tainted_stages as tainted_stages
    from dfrefactor.secrets.types import Carrier as Carrier
    from dfrefactor.secrets.types import Credential as Credential
    from dfrefactor.secrets.types import Declaration as Declaration
    from dfrefactor.secrets.types import Use as Use

__all__ = ["Carrier", "Credential", "Declaration", "Use", "find", "tainted_stages"]


def __getattr__(name: str) -> object:
    """The public names, imported when they are asked for: most files need none of them."""
    if name not in __all__:
        raise AttributeError(f"module 'dfrefactor.secrets' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"dfrefactor.secrets.{'find' if name[0].islower() else 'types'}")
    globals().update({each: getattr(module, each) for each in __all__ if hasattr(module, each)})  # `find` is a module's name too
    return globals()[name]
