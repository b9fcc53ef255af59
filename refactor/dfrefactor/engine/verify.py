"""Two Dockerfiles built, and their images shown to be equal or not."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dfrefactor.engine import archive
from dfrefactor.engine.build import Builder, Built, Options
from dfrefactor.engine.builders import find
from dfrefactor.engine.compare import Difference, compare, learn
from dfrefactor.engine.growth import PERCENT, Growth
from dfrefactor.engine.image import Image, Leak
from dfrefactor.engine.noise import KNOWN, Noise
from dfrefactor.engine.process import EngineError, interruptible
from dfrefactor.lazy import dataclass
from dfrefactor.text.mask import Mask


@dataclass(frozen=True)
class Side:
    """What is to be known of one of the two builds."""

    image: Image
    built: Built


@dataclass(frozen=True)
class Verdict:
    """What building both files showed."""

    differences: tuple[Difference, ...]
    leaks: tuple[Leak, ...]
    """Where a given secret stands in the new image."""
    old_leaks: tuple[Leak, ...]
    unread: tuple[str, ...]
    """What of the new image could not be searched for secrets."""
    learned: tuple[Noise, ...]
    old: Side
    new: Side
    engine: str = ""
    size_margin: float = PERCENT
    """How much larger the new image may be, in percent of the old one."""

    @property
    def growth(self) -> Growth:
        """The sizes of both images."""
        return Growth(self.old.image.size, self.new.image.size, self.size_margin)

    @property
    def equal(self) -> bool:
        """The images are the same but for noise and what was allowed; the new one holds no given secret and has not grown."""
        return not self.differences and not self.leaks and not self.growth.excessive


def verify(
    old: bytes, new: bytes, context: Path, *, engine: Builder | None = None, options: Options | None = None,
    new_options: Options | None = None, secrets: Mapping[str, str] | None = None, allowed: Collection[str] = (),
    twice: bool = False, keep: bool = False, size_margin: float = PERCENT,
) -> Verdict:  # fmt: skip
    """Build both files with one context and compare the images; both are built alike unless `new_options` is given.

    `secrets` (name to value) are masked in every line, as are the credentials in the files, and searched for in the
    images; `allowed` names what may differ (`ENV NAME`, `CMD`, …, or path globs); `twice` builds the old file again without
    cache to learn what is noise; `keep` leaves the images in the engine; `size_margin` is how much larger the new image
    may be, in percent of the old one.  Raises EngineError, which says in one message what failed.
    """
    builder = engine or find()
    given = dict(secrets or {})
    options = options or Options()
    new_options = new_options or options
    hidden = (*given.values(), *credentials(old, options.build_args), *credentials(new, new_options.build_args))
    mask = Mask(options.mask.values | new_options.mask.values | {*hidden})
    options, new_options = replace(options, mask=mask), replace(new_options, mask=mask)
    with building(builder, keep=keep) as build:
        first = build("the old file", old, context, options)
        second = build("the new file", new, context, new_options)
        built = [first, second]
        if twice:
            built.append(build("the old file, again", old, context, replace(options, no_cache=True)))
        found = images(builder, built, given)
    learned = learn(found[0], found[2]) if twice else ()
    differences = compare(found[0], found[1], (*KNOWN, *learned), allowed)
    return Verdict(
        tuple(one.masked(mask) for one in differences), found[1].leaks, found[0].leaks,
        tuple(mask(line) for layer in found[1].layers for line in layer.unread), learned, Side(found[0], first),
        Side(found[1], second), builder.name, size_margin,
    )  # fmt: skip


def credentials(dockerfile: bytes, build_args: Mapping[str, str | None]) -> tuple[str, ...]:
    """The credentials that stand in the file, and those that come in as build arguments it uses as credentials.

    No line of an engine's output may show them: it repeats the instructions it runs.
    """
    from dfrefactor.dockerfile.model import parse
    from dfrefactor.facts import Facts
    from dfrefactor.secrets.find import find

    document = parse(dockerfile)

    def found() -> Iterator[str]:
        for credential in find(Facts(document)):
            yield from (document.source.text[span.start : span.end].strip("\"'") for span in credential.values)
            for name in credential.names & build_args.keys():
                yield build_args[name] or os.environ.get(name, "")

    return tuple(dict.fromkeys(filter(None, found())))


@contextmanager
def building(builder: Builder, *, keep: bool = False) -> Iterator[Callable[[str, bytes, Path, Options], Built]]:
    """A block in which images may be built, each under a name for messages; they are gone after it, however it ends."""
    made: list[Built] = []

    def build(what: str, dockerfile: bytes, context: Path, options: Options) -> Built:
        try:
            made.append(builder.build(dockerfile, context, options))
        except EngineError as problem:
            raise EngineError(f"{what}: {problem}") from None
        return made[-1]

    with interruptible():
        try:
            yield build
        finally:
            for built in reversed(made) if not keep else ():
                builder.remove(built)


def images(builder: Builder, built: Sequence[Built], secrets: Mapping[str, str] | None = None) -> list[Image]:
    """The images of those builds, in their order.  Raises EngineError."""
    scanner = None
    if secrets:
        from dfrefactor.engine.scan import Secrets

        scanner = Secrets(secrets)
    named: dict[str, Image] = {}
    try:
        for stream in builder.archives(built):
            for image in archive.read(stream, scanner):
                named |= {name.removeprefix("docker.io/library/"): image for name in image.names}
    except OSError as problem:
        raise EngineError(f"an image can't be read: {problem.strerror or problem}") from None
    return [named[one.reference] for one in built]
