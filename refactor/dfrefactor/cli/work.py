"""One file from its bytes to its outcome."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from dfrefactor.cli import bug, config, files
from dfrefactor.cli.config import Config
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.finding import Safety
from dfrefactor.kinds import kind_of, kind_of_name
from dfrefactor.report.outcome import Change, Fault, Left, Outcome
from dfrefactor.settings import Settings
from dfrefactor.text.source import Source

COMPOSE_PASS = "cache-from"


@dataclass(frozen=True)
class Choices:
    """What the command line said; None where it said nothing, and the configuration file is asked."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    unsafe: bool | None = None
    strategy: Literal["builder", "mount"] | None = None
    parallel: Literal["worth", "all"] | None = None
    config: Config | None = None
    """The one that was named with --config, or the empty one of --no-config."""

    def config_for(self, path: str) -> Config:
        """The configuration that holds for the file at `path`.  Raises ConfigError."""
        return self.config or config.nearest(os.path.dirname(os.path.realpath(path)))

    def passes(self, found: Config, known: Iterable[str]) -> tuple[str, ...]:
        """Which of `known` run, in their order."""
        select = self.select if self.select is not None else found.select
        ignore = self.ignore if self.ignore is not None else found.ignore
        return tuple(name for name in known if (select is None or name in select) and name not in ignore)

    def settings(self, found: Config) -> Settings:
        settings = found.settings
        if self.unsafe is not None:
            settings = replace(settings, allow=Safety.UNSAFE if self.unsafe else Safety.SAFE)
        if self.strategy is not None:
            settings = replace(settings, strategy=self.strategy)
        if self.parallel is not None:
            settings = replace(settings, parallel=self.parallel)
        return settings


def pass_names() -> tuple[str, ...]:
    """The passes over Dockerfiles, in the order they run, and the one over Compose files."""
    from dfrefactor.passes import PASSES

    return (*(each.name for each in PASSES), COMPOSE_PASS)


def rewrite(path: str, data: bytes, choices: Choices) -> Outcome:
    """What the passes make of `data`.  Never raises for content; raises ConfigError."""
    found = choices.config_for(path)
    try:
        if kind_of(path) == "dockerfile":
            return _dockerfile(path, data, choices, found)
        return _compose(path, data, choices, found)
    except Exception as error:
        source = Source.of_bytes(data, path)
        return Outcome(path, source, source, problems=(bug(error),))


def _dockerfile(path: str, data: bytes, choices: Choices, found: Config) -> Outcome:
    from dfrefactor.passes import PASSES
    from dfrefactor.pipeline import refactor
    from dfrefactor.report.hidden import known

    names = choices.passes(found, (each.name for each in PASSES))
    passes = [each for each in PASSES if each.name in names]
    settings = choices.settings(found)
    result = refactor(data, path, passes, settings)
    if result.rewrites and (taken := _contexts_beside(path)):
        result = refactor(data, path, passes, replace(settings, taken=settings.taken | taken))
    mended = {id(finding) for each in result.rewrites for finding in each.findings}
    return Outcome(
        path,
        Source.of_bytes(data, path),
        Source.of_bytes(result.data, path),
        tuple(Change(each.by, each.before.source, each.findings, each.after.source) for each in result.rewrites),
        tuple(
            Left(finding, len(result.rewrites)) for finding in result.findings if id(finding) not in mended
        ),
        _faults(result.errors),
        result.problems,
        secrets=known(result.document) if result.findings or result.errors else (),
    )


def _contexts_beside(path: str) -> frozenset[str]:
    """The names of build contexts in Compose and bake files in the folder of a Dockerfile."""
    folder = os.path.dirname(path) or "."
    try:
        names = [name for name in os.listdir(folder) if kind_of_name(name) in ("compose", "bake")]
    except (OSError, ValueError):  # the file need not be there: it may come from standard input
        return frozenset()
    if not names:
        return frozenset()
    from dfrefactor.compose.cache_from import contexts

    found: set[str] = set()
    for name in names:
        data = _read(folder, name)
        found |= contexts(data, name) if data is not None else frozenset()
    return frozenset(found)


def _compose(path: str, data: bytes, choices: Choices, found: Config) -> Outcome:
    source = Source.of_bytes(data, path)
    if not choices.passes(found, [COMPOSE_PASS]):
        return Outcome(path, source, source)
    from dfrefactor.compose.cache_from import mend
    from dfrefactor.report.hidden import suspected

    mended = mend(data, path, partial(_read, os.path.dirname(path) or "."))
    after = Source.of_bytes(mended.data, path)
    acted = tuple(finding for finding in mended.findings if finding.edits)
    return Outcome(
        path,
        source,
        after,
        (Change(COMPOSE_PASS, source, acted, after),) if acted else (),
        tuple(Left(finding) for finding in mended.findings if not finding.edits),
        _faults(mended.errors),
        secrets=suspected(source.text) if mended.findings or mended.errors else (),
    )


def _read(folder: str, name: str) -> bytes | None:
    try:
        return files.read(os.path.join(folder, name))
    except files.FileError:
        return None


def _faults(errors: Iterable[ParseError]) -> tuple[Fault, ...]:
    return tuple(Fault(error.line, error.column, error.message) for error in errors)
