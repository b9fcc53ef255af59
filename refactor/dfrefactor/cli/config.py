"""The settings a project keeps beside its files: where they are looked for, and what holds for a file."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any

from dfrefactor.cli.configured import CHOICES as CHOICES
from dfrefactor.cli.configured import LEVELS as LEVELS
from dfrefactor.cli.configured import Config as Config
from dfrefactor.cli.configured import ConfigError as ConfigError
from dfrefactor.cli.files import excludes, reason

NAMES = (".dfrefactor.toml", "dfrefactor.toml", "pyproject.toml")
"""In the order they are asked, in one folder.  A pyproject.toml counts where it has a [tool.dfrefactor] table."""


@cache
def nearest(folder: str) -> Config:
    """The configuration for files in `folder`: the first file found walking up.  Raises ConfigError."""
    for name in NAMES:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and (config := _read(path)) is not None:
            return config
    parent = os.path.dirname(folder)
    return Config() if parent == folder else nearest(parent)


def load(path: str) -> Config:
    """The configuration in the file `path`, which has to be one.  Raises ConfigError."""
    config = _read(path)
    if config is None:
        raise ConfigError(f"{path}:1:1: there is no [tool.dfrefactor] table here")
    return config


def at(config: Config, path: str) -> Config:
    """What holds for the file at `path`: of overrides that mean it, the last has the last word."""
    for lines, table in config.overrides:
        if excludes(lines, config.folder, path):
            from dfrefactor.cli.settings_file import Reader

            config = Reader(str(config.path)).config(table, config, ("overrides", 0))
    return config


def _read(path: str) -> Config | None:
    """None for a pyproject.toml that does not speak of us."""
    shared = os.path.basename(path) == "pyproject.toml"
    try:
        with open(path, "rb") as file:
            data = file.read()
        if shared and b"dfrefactor" not in data:
            return None
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: {reason(error)}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8") from None
    import tomllib

    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
        line, column = (at[1] or text.count("\n") + 1, at[2] or 1) if at else (1, 1)
        raise ConfigError(f"{path}:{line}:{column}: {message[: at.start()] if at else message}") from None
    except RecursionError:
        raise ConfigError(f"{path}:1:1: is nested too deeply") from None
    if shared:
        tool = table.get("tool")
        if not isinstance(tool, dict) or "dfrefactor" not in tool:
            return None
        table = tool["dfrefactor"]
    from dfrefactor.cli.settings_file import Reader

    reader = Reader(path, text, ("tool", "dfrefactor") if shared else ())
    # Overrides are read last, on top of all the rest.
    rest = {key: value for key, value in table.items() if key != "overrides"} if isinstance(table, dict) else table
    config = reader.config(rest, Config(path))
    return reader.overrides(config, table["overrides"]) if "overrides" in table else config
