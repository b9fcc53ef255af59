"""What the commands that build have in common: their options, and how their errors look."""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from dfrefactor.cli import files
from dfrefactor.cli.files import FileError
from dfrefactor.engine.growth import LEAST, PERCENT
from dfrefactor.kinds import kind_of
from dfrefactor.lazy import dataclass
from dfrefactor.result import Result
from dfrefactor.text.shown import plain

if TYPE_CHECKING:
    from pathlib import Path

    from dfrefactor.dockerfile.comments import Hint
    from dfrefactor.engine.build import Options
    from dfrefactor.engine.measure import Project
    from dfrefactor.settings import Settings


@dataclass(frozen=True)
class Request:
    """What the user asked for, as given on the command line."""

    engine: str | None
    context: str | None
    keep: bool
    secret_value_from: tuple[str, ...]
    given: Mapping[str, Any]
    """The engines' own options, by their names in `engine.build.Options`."""

    def options(self, file: Path) -> Options:
        """How to build that file; an ignore file of its own is taken into account."""
        from dfrefactor.engine.build import Options

        beside = file.with_name(file.name + ".dockerignore")
        ignore = beside.read_bytes() if str(file) != "-" and beside.is_file() else None
        cut = (word.partition("=") for word in self.given["build_args"])
        build_args = {name: value if sign else None for name, sign, value in cut}
        return Options(**{**self.given, "build_args": build_args}, ignore=ignore)

    def folder(self, file: Path) -> Path:
        """The build context: as given, or the folder the file is in."""
        return type(file)(self.context) if self.context is not None else (type(file)() if str(file) == "-" else file.parent)

    def secrets(self) -> Mapping[str, str]:
        """Name to value of what `--secret-value-from` names.  Raises EngineError where a variable is not set."""
        from dfrefactor.engine.process import EngineError

        missing = [name for name in self.secret_value_from if not os.environ.get(name)]
        if missing:
            raise EngineError(f"--secret-value-from: {', '.join(missing)} is not set, or empty")
        return {name: os.environ[name] for name in self.secret_value_from}

    def measured(self, path: str, data: bytes, settings: Settings) -> Mapping[str, Hint]:
        """What a build of the file shows of steps nobody can read; what it does not show is said.  Raises FileError."""
        from pathlib import Path

        from dfrefactor.engine.builders import find
        from dfrefactor.engine.measure import measured
        from dfrefactor.engine.process import EngineError

        file = Path(path)
        try:
            options, engine = self.options(file), find(self.engine)
            found = measured(project(path, data, self.folder(file)), engine, options, self.secrets(), settings)
        except EngineError as problem:
            raise FileError(f"not observed: {problem}") from None
        for line in found.missing:
            click.echo(plain(f"{path}: {line}"), err=True)
        return found.hints

    def judged(self, result: Result, size_margin: float = PERCENT) -> tuple[bool, tuple[str, ...]]:
        """Whether a result may be written, and what was seen: the file is built before and after, and the images are compared.

        The new image may be larger by `size_margin` percent.  Raises FileError where it cannot be told.
        """
        if kind_of(result.path) != "dockerfile":
            return True, ()  # a cache list is no part of an image
        from pathlib import Path

        from dfrefactor.engine.builders import find
        from dfrefactor.engine.process import EngineError
        from dfrefactor.engine.verify import verify
        from dfrefactor.report.verdict import hinted, lines, verified

        file, findings = Path(result.path), [finding for rewrite in result.rewrites for finding in rewrite.findings]
        # What the findings say will differ: configuration, and paths that are left behind.
        allowed = frozenset[str]().union(*(finding.config | finding.left for finding in findings))
        try:
            verdict = verify(
                result.before.data, result.after.data, self.folder(file), options=self.options(file),
                engine=find(self.engine), secrets=self.secrets(), allowed=allowed, keep=self.keep,
                size_margin=size_margin,
            )  # fmt: skip
        except EngineError as problem:
            raise FileError(f"not written, for it could not be verified: {problem}") from None
        if verdict.equal:
            return True, (verified(verdict),)
        return False, tuple(f"not written: {line}" for line in (*lines(verdict), *hinted(result, verdict)) if line)


def observed() -> Path:
    """The folder where it is remembered what builds were seen to do."""
    from pathlib import Path

    from dfrefactor.cli.remembered import home

    return Path(home(), "observed")


def project(path: str, data: bytes, folder: Path) -> Project:
    """A file with its context, for what a build shows or showed of it."""
    from dfrefactor.cli import context
    from dfrefactor.dockerfile.model import parse
    from dfrefactor.engine.measure import Project
    from dfrefactor.engine.remember import taken

    return Project(data, folder, context.digest(str(folder), path, taken(parse(data))), observed())


_OWN = ("engine", "context", "keep", "secret_value_from")
_GIVEN = ("target", "build_args", "secrets", "ssh", "network", "platform", "build_contexts", "no_cache")
_SECRET = "A variable whose value is a secret: masked everywhere, and searched for in the image."
_OPTIONS: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    click.option("--engine", type=click.Choice(["docker", "classic", "podman", "buildah"]), help="Default: found."),
    click.option("--context", type=click.Path(), help="Build context. Default: the file's folder."),
    click.option("--target", metavar="STAGE", help="Build this stage instead of the last."),
    click.option("--build-arg", "build_args", multiple=True, metavar="NAME[=VALUE]", help="As for the engine."),
    click.option("--secret", "secrets", multiple=True, metavar="id=ID[,src=FILE|,env=NAME]", help="As for the engine."),
    click.option("--ssh", multiple=True, metavar="ID[=SOCKET]", help="As for the engine."),
    click.option("--network", metavar="MODE", help="As for the engine."),
    click.option("--platform", metavar="OS/ARCH", help="As for the engine."),
    click.option("--build-context", "build_contexts", multiple=True, metavar="NAME=PATH", help="As for the engine."),
    click.option("--no-cache", is_flag=True, help="Build every step, and use nothing remembered."),
    click.option("--keep", is_flag=True, help="Leave the images in the engine."),
    click.option("--secret-value-from", multiple=True, metavar="ENV", help=_SECRET),
)

size_option = click.option(
    "--size-margin", type=click.FloatRange(min=0), default=PERCENT, metavar="PERCENT",
    show_default=False, help=f"How much larger the image may be ({PERCENT:g}; {LEAST // 1000} kB pass).",
)  # fmt: skip


def build_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options above, handed to the command as one `request`."""

    @functools.wraps(command)
    def wrapped(*context: Any, **given: Any) -> Any:
        own = {name: given.pop(name) for name in _OWN}
        return command(*context, request=Request(**own, given={name: given.pop(name) for name in _GIVEN}), **given)

    decorated: Callable[..., Any] = wrapped
    for option in _OPTIONS[::-1]:
        decorated = option(decorated)
    return decorated


@contextmanager
def errors() -> Iterator[None]:
    """One clear message and exit code 2 for whatever an engine, the disk or the user's Ctrl-C does."""
    from dfrefactor.engine.process import EngineError

    try:
        yield
    except EngineError as problem:
        fail(str(problem))
    except KeyboardInterrupt:
        fail("interrupted; what was built so far is removed")
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            fail(f"the disk is full ({problem.filename or 'temporary files'})")
        fail(f"{problem.filename or 'I/O'}: {problem.strerror or problem}")


def fail(message: str) -> NoReturn:
    click.echo(f"dfrefactor: {message}", err=True)
    raise SystemExit(2)


def read(file: Path) -> bytes:
    try:
        return files.read(str(file))
    except FileError as problem:
        fail(f"{file}: {problem}")
