"""What the tables of a configuration file say: every key is known, and what is wrong is told with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dfrefactor.cli.configured import CHOICES, LEVELS, MODES, Config, ConfigError
from dfrefactor.cli.toml_places import place
from dfrefactor.finding import FailOn, Safety
from dfrefactor.lazy import dataclass
from dfrefactor.text.shown import meant

KEYS = ("select", "ignore", "exclude", "force-exclude", "fail-on", "baseline", "unsafe", "generated", "strategy", "parallel",
        "builder", "passes", "overrides", "catalog")  # fmt: skip
_FOR_THE_FILE = ("exclude", "force-exclude", "baseline", "overrides", "catalog")
"""What an override cannot say, for it is said of all files."""
_PASS = ("severity", "mode")


@dataclass(frozen=True)
class Reader:
    """`text` is the file, `base` the keys that lead to our table in it."""

    path: str
    text: str = ""
    base: tuple[str, ...] = ()

    def fail(self, where: Sequence[str | int], message: str) -> ConfigError:
        line, column = place(self.text, (*self.base, *where))
        return ConfigError(f"{self.path}:{line}:{column}: {message}")

    def config(self, table: object, onto: Config, where: tuple[str | int, ...] = ()) -> Config:
        """`onto` with what `table` says in its place; `where` leads to an override.  Raises ConfigError."""
        if not isinstance(table, dict):
            raise self.fail(where or self.base[-1:], "`dfrefactor` has to be a table")
        config = onto
        known = [key for key in KEYS if not where or key not in _FOR_THE_FILE]
        for key, value in table.items():
            at = (*where, key)
            if key not in known and not (where and key == "files"):
                raise self.fail(at, f"unknown key `{key}`{meant(key, known)}; known are {', '.join(known[:-1])} and {known[-1]}")
            config = self.put(config, key, value, at)
        return config

    def put(self, config: Config, key: str, value: object, at: tuple[str | int, ...]) -> Config:
        match key:
            case "select" | "ignore":
                said: dict[str, Any] = {key: self.names(at, value)}
                return replace(config, **said)
            case "exclude":
                return replace(config, exclude=self.strings(at, value))
            case "force-exclude":
                return replace(config, force_exclude=self.truth(at, value))
            case "baseline":
                if not isinstance(value, str):
                    raise self.fail(at, "`baseline` has to be the path of a file, from the folder of this one")
                return replace(config, baseline=value)
            case "fail-on":
                return replace(config, fail_on=self.fail_on(at, value))
            case "unsafe":
                allow = Safety.UNSAFE if self.truth(at, value) else Safety.SAFE
                return replace(config, settings=replace(config.settings, allow=allow))
            case "generated":
                return replace(config, settings=replace(config.settings, generated=self.truth(at, value)))
            case "strategy" | "parallel" | "builder":
                said = {key: self.choice(at, value, CHOICES[key])}
                return replace(config, settings=replace(config.settings, **said))
            case "passes":
                return self.passes(config, value, at)
            case "overrides":
                return self.overrides(config, value)
            case "catalog":
                return replace(config, settings=replace(config.settings, catalog=self.catalog(value)))
            case _:
                return config

    def truth(self, at: Sequence[str | int], value: object) -> bool:
        if not isinstance(value, bool):
            raise self.fail(at, f"`{at[-1]}` has to be true or false")
        return value

    def choice(self, at: Sequence[str | int], value: object, known: Sequence[str]) -> str:
        if not isinstance(value, str) or value not in known:
            near = meant(value, known) if isinstance(value, str) else ""
            raise self.fail(at, f"`{at[-1]}` has to be one of {', '.join(known)}{near}")
        return value

    def strings(self, at: Sequence[str | int], value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fail(at, f"`{at[-1]}` has to be a list of strings")
        return tuple(value)

    def names(self, at: Sequence[str | int], value: object) -> tuple[str, ...]:
        names = self.strings(at, value)
        for name in names:
            self.known(at, name)
        return names

    def known(self, at: Sequence[str | int], name: str) -> None:
        from dfrefactor.passes import PASSES

        known = [each.name for each in PASSES]
        if name not in known:
            there = f"no pass is called `{name}`{meant(name, known)}; there are {', '.join(known)}"
            raise self.fail((*at, name), f"`{at[-1]}`: {there}")

    def fail_on(self, at: Sequence[str | int], value: object) -> FailOn:
        """A level for all passes, or a table with one for each of some."""
        given: dict[str, object] = value if isinstance(value, dict) else {"": value}
        for name, level in given.items():
            if name:
                self.known(at, name)
            if not isinstance(level, str) or level not in LEVELS:
                there = (*at, name) if name else at
                one = f"one of {', '.join(LEVELS)}"
                raise self.fail(there, f"`fail-on` has to be {one}, or a table of passes with one of them each")
        return {name: LEVELS[str(level)] for name, level in given.items()}

    def passes(self, config: Config, value: object, at: tuple[str | int, ...]) -> Config:
        """A table for each of some passes: how bad their findings are, and what is done about them."""
        if not isinstance(value, dict):
            raise self.fail(at, "`passes` has to be a table of passes")
        severity, modes = dict(config.settings.severity), dict(config.modes)
        for name, table in value.items():
            self.known(at, name)
            if not isinstance(table, dict):
                raise self.fail((*at, name), f"`passes.{name}` has to be a table with severity or mode")
            for key, said in table.items():
                there = (*at, name, key)
                if key == "severity":
                    levels = [level for level in LEVELS if level != "never"]
                    severity[name] = LEVELS[self.choice(there, said, levels)]
                elif key == "mode":
                    modes[name] = self.choice(there, said, MODES)
                else:
                    raise self.fail(there, f"unknown key `{key}`{meant(key, _PASS)}; known are {' and '.join(_PASS)}")
        return replace(config, modes=modes, settings=replace(config.settings, severity=severity))

    def overrides(self, config: Config, value: object) -> Config:
        """What holds for some files only; read once here, so that a mistake is told whatever files there are."""
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.fail(("overrides",), "`overrides` has to be a list of tables: [[overrides]]")
        found: list[tuple[tuple[str, ...], Mapping[str, object]]] = []
        for number, table in enumerate(value):
            where = ("overrides", number)
            if "files" not in table:
                raise self.fail(where, "an override needs `files`, a list of lines as in .gitignore")
            files = self.strings((*where, "files"), table["files"])
            self.config(table, config, where)
            found.append((files, table))
        return replace(config, overrides=tuple(found))

    def catalog(self, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fail(("catalog",), "`catalog` has to be a table of commands")
        from dfrefactor.effects.catalog import Catalog, CatalogError

        for name, table in value.items():
            if not isinstance(table, dict):
                raise self.fail(("catalog", name), f"`catalog.{name}` has to be a table")
        try:
            catalog = Catalog(value)
            for entry in filter(None, map(catalog.get, value)):
                for option in entry.when:
                    entry.given(option)
                for word in entry.sub:
                    entry.subcommand(word)
        except CatalogError as error:
            named = re.match(r"`([^` ]+)", str(error))
            keys = re.findall(r"`([^`]+)`", str(error))
            raise self.fail(("catalog", named[1] if named else "", *keys[1:2]), f"`catalog`: {error}") from None
        except (AttributeError, TypeError, ValueError, RecursionError):
            raise self.fail(("catalog",), "`catalog` is not in the form of the catalog") from None
        return value
