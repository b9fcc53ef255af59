"""One file from its bytes to its result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Literal

from dfrefactor.cli import bug, config, repository
from dfrefactor.cli.around import Around
from dfrefactor.cli.config import Config
from dfrefactor.cli.files import FileError
from dfrefactor.cli.repository import AskedBy
from dfrefactor.finding import FailOn, Finding, Safety
from dfrefactor.kinds import kind_of
from dfrefactor.lazy import dataclass
from dfrefactor.result import Result
from dfrefactor.settings import Settings
from dfrefactor.text.source import Source

if TYPE_CHECKING:
    from dfrefactor.cli.baseline import Baseline
    from dfrefactor.cli.remembered import Entry
    from dfrefactor.dockerfile.comments import Hint

Measure = Callable[[str, bytes, Settings], Mapping[str, "Hint"]]
"""What a build shows of the steps of a file, by path and content.  Raises FileError."""


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
    cache: bool = False
    """Whether results are remembered."""
    measure: Measure | None = None
    """Has a build of the file watched."""
    verified: bool = False
    """Whether what comes of a file is built and compared before it is written."""
    config: Config | None = None
    """The one that was named with --config, or the empty one of --no-config."""

    def config_for(self, path: str) -> Config:
        """The configuration that holds for the file at `path`.  Raises ConfigError."""
        found = self.config or config.nearest(os.path.dirname(os.path.realpath(path)))
        return config.at(found, path)

    def select_for(self, found: Config) -> tuple[str, ...] | None:
        """The passes that were asked for by name."""
        return self.select if self.select is not None else found.select

    def passes(self, found: Config, known: Iterable[str]) -> tuple[str, ...]:
        """Which of `known` run, in their order."""
        select = self.select_for(found)
        ignore = self.ignore if self.ignore is not None else found.ignore
        wanted = (name for name in known if (select is None or name in select) and name not in ignore)
        return tuple(name for name in wanted if self.select is not None or found.modes.get(name) != "off")

    def settings(self, found: Config) -> Settings:
        allow = None if self.unsafe is None else Safety.UNSAFE if self.unsafe else Safety.SAFE
        said: dict[str, Any] = {"allow": allow, "strategy": self.strategy, "parallel": self.parallel}
        said["checked"] = found.checked()
        said |= {"builder": self.builder, "generated": self.generated, "selected": frozenset(self.select_for(found) or ())}
        return replace(found.settings, **{key: value for key, value in said.items() if value is not None})


def pass_names() -> tuple[str, ...]:
    """The passes, in the order they run."""
    from dfrefactor.passes import PASSES

    return tuple(each.name for each in PASSES)


def rewrite(path: str, data: bytes, choices: Choices) -> Result:
    """What the passes make of `data`.  Never raises for content; raises ConfigError."""
    found = choices.config_for(path)
    entry, around = _entry(path, data, choices, found), Around(path)
    try:
        result = entry.recall(around) if entry else None
        if result is None:
            result = _rewrite(around, data, choices, found)
            if entry:
                entry.keep(result, around)
        return _judged(result, choices, found)
    except (config.ConfigError, FileError):
        raise
    except Exception as error:
        source = Source.of_bytes(data, path)
        return Result(source, source, problems=(bug(error),))


def recalled(path: str, data: bytes, choices: Choices) -> Result | None:
    """What the passes made of `data`, if that is remembered.  Raises ConfigError."""
    found = choices.config_for(path)
    entry = _entry(path, data, choices, found)
    result = entry.recall(Around(path)) if entry else None
    return result and _judged(result, choices, found)


def _judged(result: Result, choices: Choices, found: Config) -> Result:
    """The result with what the user fails on, and without what was there before."""
    result = replace(result, fail_on=found.fail_on if choices.fail_on is None else choices.fail_on)
    known = choices.baseline
    if known is None and found.baseline:
        from dfrefactor.cli.baseline import kept

        known = kept(os.path.join(found.folder, found.baseline))
    return known.without(result) if known else result


def _entry(path: str, data: bytes, choices: Choices, found: Config) -> Entry | None:
    """Where the result of a Dockerfile is remembered; what builds Dockerfiles depends on all of them."""
    if not choices.cache or choices.measure is not None or choices.asked or choices.aside or kind_of(path) != "dockerfile":
        return None
    from dfrefactor.cli.remembered import Entry

    return Entry.of(path, data, (choices.passes(found, pass_names()), choices.settings(found)))


def _rewrite(around: Around, data: bytes, choices: Choices, found: Config) -> Result:
    from dfrefactor.dockerfile.model import Document
    from dfrefactor.passes import named
    from dfrefactor.pipeline import refactor

    path = around.path
    passes = [named(name) for name in choices.passes(found, pass_names())]
    settings = replace(choices.settings(found), context=around.context, aside=choices.aside)
    if choices.asked:
        settings = replace(settings, asked=repository.seen_from(path, choices.asked, choices.folders))
    if choices.measure is not None and kind_of(path) == "dockerfile":
        settings = replace(settings, measured=choices.measure(path, data, settings), verified=choices.verified)
    result = refactor(data, path, passes, settings, around.beside)
    # Most files have nothing to do: what is beside one is looked at where it may have a say.
    if kind_of(path) == "dockerfile" and (result.rewrites or any(each.rule == "layer-markers" for each in result.findings)):
        heard = _heard(around, settings)
        if result.asked:
            heard = replace(heard, ids=repository.ids(path, result.asked, choices.folders))
        clash = heard.taken & {stage.name for stage in Document(result.after).stages}
        if heard.cached != settings.cached or heard.ids or clash:
            return refactor(data, path, passes, heard, around.beside)
    return result


def alone(path: str, before: Source, finding: Finding) -> Source | None:
    """What the file is with one of its findings mended and nothing else, where the guard has nothing against it."""
    from dfrefactor.pipeline import alone

    return alone(before, finding, Around(path).beside)


def forget() -> None:
    """What lies beside the files may be another now: for whoever runs on while it changes."""
    from dfrefactor.cli import around, context

    config.nearest.cache_clear()
    around.forget()
    context.forget()
    repository.forget()


def _heard(around: Around, settings: Settings) -> Settings:
    """`settings` with what the Compose and bake files in the folder of a Dockerfile say about it."""
    names = around.build_files()
    if not names:
        return settings
    from dfrefactor.compose.builds import cached_together
    from dfrefactor.compose.file import BuildFile

    read = ((name, around.beside(name)) for name in names)
    every = [BuildFile(Source.of_bytes(data, name), around.beside) for name, data in read if data is not None]
    taken = settings.taken.union(*(each.contexts for each in every))
    own = os.path.basename(around.path)
    cached = tuple(stages for each in every for stages in cached_together(each.builds, own))
    return replace(settings, taken=taken, cached=(*settings.cached, *cached))
