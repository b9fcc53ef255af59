"""Credentials of a build: which there are, where they are used, and where they would end up."""

from __future__ import annotations

from refactor.credentials.find import find, tainted_stages
from refactor.credentials.types import Carrier, Credential, Declaration, Use

__all__ = ["Carrier", "Credential", "Declaration", "Use", "find", "tainted_stages"]
