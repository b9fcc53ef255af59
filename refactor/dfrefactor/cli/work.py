"""One file from its bytes to its result."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from dfrefactor.cli import bug, config, context, files, repository
from dfrefactor.cli.config import Config
from dfrefactor.cli.repository import AskedBy
from dfrefactor.finding import FailOn, Safety
from dfrefactor.kinds import kind_of, kind_of_name
from dfrefactor.result import Result
from dfrefactor.settings import Settings
from dfrefactor.text.source import Source

if TYPE_CHECKING:
    from dfrefactor.cli.baseline import Baseline
    from dfrefactor.compose.file import BuildFile


@dataclass(frozen=True)
class Choices:
    """What the command line said; None where it said nothing, and the configuration file is asked."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    unsafe: bool | None = None
    strategy: Literal["auto", "builder", "mount"] | None = None
    parallel: Literal["worth", "all"] | None = None
    builder: Literal["buildkit", "classic"] | None = None
    generated: bool | None = None
    fail_on: FailOn | None = None
    folders: tuple[str, ...] = ()
    """Those that are searched."""
    exclude: tuple[str, ...] = ()
    asked: AskedBy = field(default_factory=dict)
    """What Dockerfiles that were handled before take as secrets."""
    aside: bool = False
    """Whether the file was not asked for."""
    baseline: Baseline | None = None
    """What was found before."""
    config: Config | None = None
    """The one that was named with --config, or the empty one of --no-config."""

    def config_for(self, path: str) -> Config:
        """The configuration that holds for the file at `path`.  Raises ConfigError."""
        return self.config or config.nearest(os.path.dirname(os.path.realpath(path)))

    def select_for(self, found: Config) -> tuple[str, ...] | None:
        """The passes that were asked for by name."""
        return self.select if self.select is not None else found.select

    def passes(self, found: Config, known: Iterable[str]) -> tuple[str, ...]:
        """Which of `known` run, in their order."""
        select = self.select_for(found)
        ignore = self.ignore if self.ignore is not None else found.ignore
        return tuple(name for name in known if (select is None or name in select) and name not in ignore)

    def settings(self, found: Config) -> Settings:
        allow = None if self.unsafe is None else Safety.UNSAFE if self.unsafe else Safety.SAFE
        said: dict[str, Any] = {"allow": allow, "strategy": self.strategy, "parallel": self.parallel}
        said |= {"builder": self.builder, "generated": self.generated, "selected": frozenset(self.select_for(found) or ())}
        return replace(found.settings, **{key: value for key, value in said.items() if value is not None})


def pass_names() -> tuple[str, ...]:
    """The passes, in the order they run."""
    from dfrefactor.passes import PASSES

    return tuple(each.name for each in PASSES)


def rewrite(path: str, data: bytes, choices: Choices) -> Result:
    """What the passes make of `data`.  Never raises for content; raises ConfigError."""
    found = choices.config_for(path)
    fail_on = found.fail_on if choices.fail_on is None else choices.fail_on
    try:
        result = replace(_rewrite(path, data, choices, found), fail_on=fail_on)
        return choices.baseline.without(result) if choices.baseline else result
    except Exception as error:
        source = Source.of_bytes(data, path)
        return Result(source, source, problems=(bug(error),))


def _rewrite(path: str, data: bytes, choices: Choices, found: Config) -> Result:
    from dfrefactor.dockerfile.model import Document
    from dfrefactor.passes import named
    from dfrefactor.pipeline import refactor

    passes = [named(name) for name in choices.passes(found, pass_names())]
    settings = replace(choices.settings(found), context=partial(context.look, path), aside=choices.aside)
    if choices.asked:
        settings = replace(settings, asked=repository.seen_from(path, choices.asked, choices.folders))
    read = partial(files.beside, os.path.dirname(path) or ".")
    result = refactor(data, path, passes, settings, read)
    # Most files have nothing to do: what is beside one is looked at where it may have a say.
    if kind_of(path) == "dockerfile" and (result.rewrites or any(each.rule == "layer-markers" for each in result.findings)):
        heard = _heard(path, settings)
        if result.asked:
            heard = replace(heard, ids=repository.ids(path, result.asked, choices.folders))
        clash = heard.taken & {stage.name for stage in Document(result.after).stages}
        if heard.cached != settings.cached or heard.ids or clash:
            return refactor(data, path, passes, heard, read)
    return result


def _heard(path: str, settings: Settings) -> Settings:
    """`settings` with what the Compose and bake files in the folder of a Dockerfile say about it."""
    folder, name = os.path.split(path)
    beside = _beside(folder or ".")
    if not beside:
        return settings
    from dfrefactor.compose.builds import cached_together

    taken = settings.taken.union(*(each.contexts for each in beside))
    cached = tuple(stages for each in beside for stages in cached_together(each.builds, name))
    return replace(settings, taken=taken, cached=(*settings.cached, *cached))


def _beside(folder: str) -> list[BuildFile]:
    """The Compose and bake files in `folder`."""
    try:
        names = [name for name in os.listdir(folder) if kind_of_name(name) in ("compose", "bake")]
    except (OSError, ValueError):  # the file need not be there: it may come from standard input
        return []
    if not names:
        return []
    from dfrefactor.compose.file import BuildFile

    read = partial(files.beside, folder)
    return [BuildFile(Source.of_bytes(data, name), read) for name in names if (data := read(name)) is not None]
