"""What a configuration says, once it is read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from dfrefactor.cli.files import excludes
from dfrefactor.finding import NEVER, FailOn, Severity
from dfrefactor.lazy import dataclass
from dfrefactor.settings import Settings

CHOICES = {"strategy": ("auto", "builder", "mount"), "parallel": ("worth", "all"), "builder": ("buildkit", "classic")}
"""What settings of that name may be, the default first."""

LEVELS: Mapping[str, Any] = {"error": Severity.ERROR, "warning": Severity.WARNING, "note": Severity.NOTE, "never": NEVER}
"""What a run may fail on."""

MODES = ("off", "check", "apply")
"""What a pass may do: nothing, tell, or mend as well."""


class ConfigError(Exception):
    """A configuration file that cannot be used; the text is one whole line: `file:line:column: message`."""


@dataclass(frozen=True)
class Config:
    """What a configuration file says; the defaults where there is none."""

    path: str | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    """Whether `exclude` is also for files that are named."""
    fail_on: FailOn = field(default_factory=dict)
    baseline: str | None = None
    modes: Mapping[str, str] = field(default_factory=dict)
    """What a pass may do, by its name; all that is not there applies."""
    overrides: tuple[tuple[tuple[str, ...], Mapping[str, object]], ...] = ()
    """Lines as in a .gitignore, and what is said of files they mean."""
    settings: Settings = field(default_factory=Settings)

    @property
    def folder(self) -> str:
        """That of the file."""
        return os.path.dirname(str(self.path))

    def excludes(self, path: str) -> bool:
        """Whether the exclude lines of the configuration file mean `path`; they are read from its folder."""
        return bool(self.exclude and self.path) and excludes(self.exclude, self.folder, path)

    def checked(self) -> frozenset[str]:
        """Passes that tell and do not mend."""
        return frozenset(name for name, mode in self.modes.items() if mode == "check")
