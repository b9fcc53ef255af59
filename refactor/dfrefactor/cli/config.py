"""The settings a project keeps beside its files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from dfrefactor.cli.files import excludes, reason
from dfrefactor.finding import NEVER, FailOn, Safety, Severity
from dfrefactor.settings import Settings

NAMES = (".dfrefactor.toml", "dfrefactor.toml", "pyproject.toml")
"""In the order they are asked, in one folder.  A pyproject.toml counts where it has a [tool.dfrefactor] table."""


CHOICES = {"strategy": ("auto", "builder", "mount"), "parallel": ("worth", "all"), "builder": ("buildkit", "classic")}
"""What settings of that name may be, the default first."""


LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "note": Severity.NOTE, "never": NEVER}
"""What a run may fail on."""


class ConfigError(Exception):
    """A configuration file that cannot be used; the text is one whole line: `file:line:column: message`."""


@dataclass(frozen=True)
class Config:
    """What a configuration file says; the defaults where there is none."""

    path: str | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: FailOn = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)

    def excludes(self, path: str) -> bool:
        """Whether the exclude lines of the configuration file mean `path`; they are read from its folder."""
        return bool(self.exclude and self.path) and excludes(self.exclude, os.path.dirname(str(self.path)), path)


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


def _read(path: str) -> Config | None:
    """None for a pyproject.toml that does not speak of us."""
    shared = os.path.basename(path) == "pyproject.toml"
    try:
        data = Path(path).read_bytes()
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
    return _Reader(path, text).config(table)


@dataclass(frozen=True)
class _Reader:
    path: str
    text: str

    def fail(self, key: str, message: str) -> ConfigError:
        """The error, at the line that has `key`, as far as that can be seen."""
        found = re.search(rf"^[ \t]*(?:\[+.*\b)?[\"']?{re.escape(key)}\b", self.text, re.MULTILINE)
        line = self.text.count("\n", 0, found.start()) + 1 if found else 1
        return ConfigError(f"{self.path}:{line}:1: {message}")

    def config(self, table: object) -> Config:
        if not isinstance(table, dict):
            raise self.fail("dfrefactor", "`dfrefactor` has to be a table")
        config, settings = Config(self.path), Settings()
        for key, value in table.items():
            match key:
                case "select" | "ignore":
                    names: dict[str, Any] = {key: self.passes(key, value)}
                    config = replace(config, **names)
                case "exclude":
                    config = replace(config, exclude=self.strings(key, value))
                case "fail-on":
                    config = replace(config, fail_on=self.fail_on(key, value))
                case "unsafe" | "generated":
                    if not isinstance(value, bool):
                        raise self.fail(key, f"`{key}` has to be true or false")
                    allow = Safety.UNSAFE if value else Safety.SAFE
                    settings = replace(settings, allow=allow) if key == "unsafe" else replace(settings, generated=value)
                case "strategy" | "parallel" | "builder":
                    if value not in CHOICES[key]:
                        raise self.fail(key, f"`{key}` has to be one of {', '.join(CHOICES[key])}")
                    settings = replace(settings, **{key: value})
                case "catalog":
                    settings = replace(settings, catalog=self.catalog(value))
                case _:
                    known = "select, ignore, exclude, fail-on, unsafe, generated, strategy, parallel, builder and catalog"
                    raise self.fail(key, f"unknown key `{key}`; known are {known}")
        return replace(config, settings=settings)

    def strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fail(key, f"`{key}` has to be a list of strings")
        return tuple(value)

    def passes(self, key: str, value: object) -> tuple[str, ...]:
        names = self.strings(key, value)
        from dfrefactor.passes import PASSES

        known = [each.name for each in PASSES]
        for name in names:
            if name not in known:
                raise self.fail(key, f"`{key}`: no pass is called `{name}`; there are {', '.join(known)}")
        return names

    def fail_on(self, key: str, value: object) -> FailOn:
        """A level for all passes, or a table with one for each of some."""
        given: dict[str, object] = value if isinstance(value, dict) else {"": value}
        self.passes(key, [name for name in given if name])
        for level in given.values():
            if not isinstance(level, str) or level not in LEVELS:
                raise self.fail(key, f"`{key}` has to be one of {', '.join(LEVELS)}, or a table of passes with one of them each")
        return {name: LEVELS[str(level)] for name, level in given.items()}

    def catalog(self, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fail("catalog", "`catalog` has to be a table of commands")
        from dfrefactor.effects.catalog import Catalog, CatalogError

        for name, table in value.items():
            if not isinstance(table, dict):
                raise self.fail(name, f"`catalog.{name}` has to be a table")
        try:
            catalog = Catalog(value)
            for entry in filter(None, map(catalog.get, value)):
                for option in entry.when:
                    entry.given(option)
                for word in entry.sub:
                    entry.subcommand(word)
        except CatalogError as error:
            named = re.match(r"`([^` ]+)", str(error))
            raise self.fail(named[1] if named else "catalog", f"`catalog`: {error}") from None
        except (AttributeError, TypeError, ValueError, RecursionError):
            raise self.fail("catalog", "`catalog` is not in the form of the catalog") from None
        return value
