"""Files in, results shown, and with --apply files out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO, TextIOWrapper
from typing import Any

from dfrefactor.cli import SUBCOMMANDS, config, files, repository
from dfrefactor.cli.many import each, tracked
from dfrefactor.cli.show import NOTHING_FOUND, OK, TROUBLE, View, complain, show
from dfrefactor.cli.work import Choices, recalled, rewrite
from dfrefactor.finding import Asked
from dfrefactor.kinds import kind_of
from dfrefactor.lazy import dataclass
from dfrefactor.report import Done
from dfrefactor.result import Result
from dfrefactor.text.shown import meant
from dfrefactor.text.source import Source

Judge = Callable[[Result], tuple[bool, tuple[str, ...]]]
"""Whether a result may be written, and what was seen, or why not.  Raises FileError where it cannot be told."""
Make = Callable[[str, bytes, Choices], Result | None]


def filtered(path: str, search: Search, choices: Choices, view: View) -> int:
    """Standard input to standard output, and what there is to say to standard error.  Raises ConfigError."""
    if left_out(path, True, search, choices):
        sys.stdout.flush()
        sys.stdout.buffer.write(files.read("-"))
        sys.stdout.buffer.flush()
        return OK
    if view.done != "checked" and choices.fail_on is None:
        choices = replace(choices, fail_on={})  # an editor drops what it gets where the filter fails
    result = rewrite(path, files.read("-"), choices)
    done: Done = "checked" if view.done == "checked" else "applied"
    code = show([result], replace(view, done=done, out=sys.stderr), summary=False)
    if code < TROUBLE:
        sys.stdout.flush()
        sys.stdout.buffer.write(result.after.data)
        sys.stdout.buffer.flush()
    return code


@dataclass(frozen=True)
class Search:
    """Which files are meant."""

    paths: tuple[str, ...] = (".",)
    exclude: tuple[str, ...] = ()
    force: bool = False
    """Whether what is excluded is left out though it is named."""
    base: str | None = None
    """A revision: files are meant that differ from where the branch left it."""


def searched(
    search: Search, choices: Choices, view: View, judge: Judge | None = None, keep: Callable[[Result], None] = lambda _: None
) -> int:  # fmt: skip
    """The files that `paths` mean, one after the other; a bad one never stops the others."""
    paths, exclude = search.paths, search.exclude
    if len(paths) == 1 and not os.path.lexists(paths[0]) and (near := meant(paths[0], SUBCOMMANDS, "dfrefactor ")):
        return complain(f"{paths[0]}: no such file or directory{near}")
    trouble: dict[str, None] = {}

    def warn(line: str) -> None:
        if line not in trouble:
            trouble[line] = None
            complain(line)

    every, found = meant_by(search, choices, warn)
    choices = replace(choices, folders=tuple(path for path in paths if os.path.isdir(path)), exclude=exclude)
    work = partial(_file, apply=view.done == "applied", judge=judge)
    at_once = judge is None and choices.measure is None
    steps, clear = tracked(_handled(found, work, choices, at_once), len(found))

    def results() -> Iterator[Result]:
        for result in steps:
            if isinstance(result, str) or view.speaks_of(result):
                clear()  # before every file, the bar would flicker
            if isinstance(result, str):
                warn(result)
            else:
                keep(result)
                yield result

    code = show(results(), view)
    if not every and not trouble and not all(map(os.path.isfile, paths)):
        warn(f"dfrefactor: no Dockerfile found in {', '.join(paths)}")
        return NOTHING_FOUND
    return max(code, TROUBLE) if trouble else code


def reported(search: Search, choices: Choices, view: View, judge: Judge | None, output: str | None) -> int:
    """As `searched`, the report in the file `output` where one is named.  Raises FileError."""
    if not output:
        return searched(search, choices, view, judge)
    data = BytesIO()
    with TextIOWrapper(data, "utf-8", "replace", newline="", write_through=True) as out:
        code = searched(search, choices, replace(view, out=out), judge)
        out.flush()
        try:
            files.put(output, data.getvalue())
        except files.FileError as error:
            raise files.FileError(f"{output}: {error}") from None
    return code


def recorded(search: Search, choices: Choices, path: str) -> int:
    """A baseline of what is found, in the file `path`; nothing is shown but what is wrong with files.  Raises FileError."""
    from dfrefactor.cli import baseline

    kept: list[Result] = []
    code = searched(search, choices, View(quiet=True, out=TextIOWrapper(BytesIO())), keep=kept.append)
    try:
        files.put(path, baseline.at(path).text(kept).encode("utf-8", "replace"))
    except files.FileError as error:
        raise files.FileError(f"{path}: {error}") from None
    return code


def _handled(found: Sequence[str], work: Callable[..., Any], choices: Choices, at_once: bool) -> Iterator[Result | str]:
    """What becomes of the files: Dockerfiles first, as those that build them go along with what they take as secrets."""
    dockerfiles = [path for path in found if kind_of(path) == "dockerfile"]
    others = [path for path in found if kind_of(path) != "dockerfile"]
    known: dict[str, tuple[Asked, ...]] = {}
    new: set[str] = set()
    first = partial(work, choices=choices, make=recalled) if choices.cache and at_once else None
    for result in _each(partial(work, choices=choices), dockerfiles, at_once, first):
        if isinstance(result, Result) and (asked := repository.asked(result)):
            known[os.path.realpath(result.path)] = asked
            new |= {result.path} if result.asked else set()
        yield result
    choices = replace(choices, asked=known)
    yield from _each(partial(work, choices=choices), others, at_once)
    if known:
        yield from _along(known, new, found, work, choices)


def _along(
    known: Collection[str], new: Collection[str], found: Sequence[str], work: Callable[..., Result | str], choices: Choices
) -> Iterator[Result]:
    """The other files of the repository that build one of the Dockerfiles, where they have to do with its secrets.

    What lies in no folder that was named is not changed, and is of interest where an argument became a secret just now.
    """
    seen = {os.path.realpath(path) for path in found}
    bases = known if choices.folders else new
    every = (path for each in bases for path in repository.beside(each, choices.folders, choices.exclude))
    near = dict.fromkeys(path for path in every if path not in seen)
    far = [*repository.outside([*near], choices.folders)]
    for path in near:
        aside = path in far
        if not (aside and not new) and not _left_out(path, choices):
            only = replace(choices, aside=True, select=("purge-credentials",)) if aside else choices
            result = work(repository.shown(path), choices=only)
            if isinstance(result, Result) and (result.findings or result.problems):
                yield result


def _each(
    work: Callable[[str], Any], paths: Sequence[str], at_once: bool, first: Callable[[str], Any] | None = None
) -> Iterator[Any]:  # fmt: skip
    return each(work, paths, first) if at_once else map(work, paths)


def _left_out(path: str, choices: Choices) -> bool:
    try:
        return choices.config_for(path).excludes(path)
    except config.ConfigError:
        return True


def meant_by(search: Search, choices: Choices, warn: Callable[[str], None]) -> tuple[list[str], list[str]]:
    """The files that a search finds, and those of them that are meant.  Raises FileError."""
    every = list(_found(search, choices, warn))
    if search.base is None or not every:
        return every, every
    from dfrefactor.cli.changed import since

    changed = since(search.base, every)
    return every, [path for path in every if os.path.realpath(path) in changed]


def _found(search: Search, choices: Choices, warn: Callable[[str], None]) -> Iterator[str]:
    named = set(search.paths)
    for path in files.discover(search.paths, search.exclude, lambda path, message: warn(f"{path}: {message}")):
        try:
            if left_out(path, path in named, search, choices):
                continue
        except config.ConfigError as error:
            warn(str(error))
            continue
        yield path


def left_out(path: str, named: bool, search: Search, choices: Choices) -> bool:
    """Whether a file is excluded; one that is named only where that is to count all the same.  Raises ConfigError."""
    found = choices.config_for(path)
    if named and not (search.force or found.force_exclude):
        return False
    return found.excludes(path) or (named and files.excludes(search.exclude, ".", path))


def _file(path: str, choices: Choices, *, apply: bool, judge: Judge | None, make: Make = rewrite) -> Result | str | None:
    """Read, rewrite, and with `apply` write one file; `judge` may refuse.  A text is what is wrong with its settings.

    None where `make` knows no result.
    """
    if make is not rewrite and not os.path.isfile(path):
        return None  # a pipe is read once
    data = b""
    try:
        data = files.read(path)
        result = make(path, data, choices)
        if result is None or not apply or not result.changed or result.errors:
            return result
        fine, seen = judge(result) if judge else (True, ())
        if not fine:
            return Result(result.before, result.before, refused=seen)
        return replace(result, notes=(*seen, *files.write(path, result.after.data, before=data)))
    except files.FileError as error:
        source = Source.of_bytes(data, path)
        return Result(source, source, problems=(str(error),))
    except config.ConfigError as error:
        return str(error)
