"""Shell text that builds Dockerfiles: `docker build` with its build arguments, and where each stands in the text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dfrefactor.effects.arguments import understand
from dfrefactor.effects.catalog import PACKAGED
from dfrefactor.effects.words import Arg
from dfrefactor.lazy import dataclass, regex
from dfrefactor.shell import Assignment, Simple, Word, parse, walk
from dfrefactor.text.source import Span

EXPRESSION = regex(r"\$\{\{.*?\}\}", re.DOTALL)
"""What GitHub puts into a script before a shell reads it."""

_GROUPS = ("buildx", "builder", "image")
_NAME = regex(r"[A-Za-z_]\w*")
_ID = regex(r"(?:^|,)id=([^,]+)")
_REMOTE = regex(r"[a-z][a-z0-9+.-]*://|git@|-$")
_OVERRIDES = regex(r"[^=\s]+\.args\.(\w+)=")


@dataclass(frozen=True)
class Argument:
    """A build argument on a command line: the words that pass it, and its value as it is written.

    `variable` is the variable of the environment that the value is, "" where it is something else.
    """

    name: str
    words: Span
    value: str
    variable: str
    before: int
    """Where the word before ends."""
    literal: Span | None = None
    """Where its value stands, if it is no variable."""


@dataclass(frozen=True)
class Command:
    """A build: `file` is its Dockerfile, seen from where the script starts; None where we cannot know.

    `tool`: the command, where it is not `docker build` but another one that takes build arguments; `classic`: without BuildKit.
    """

    file: str | None
    arguments: tuple[Argument, ...]
    word: Span
    """Where it says `build`."""
    secrets: frozenset[str] = frozenset()
    tool: str = ""
    classic: bool = False
    context: str | None = None
    """The build context as it is written, where it is a folder."""


def builds(text: str, folder: str = ".") -> Iterator[Command]:
    """The commands of a script that is run in `folder` and build, or pass build arguments."""
    if not re.search(r"--build-arg|\.args\.|docker\s", text):
        return
    masked = EXPRESSION.sub(lambda found: "_" * len(found[0]), text)
    here: str | None = folder
    own = set[str]()
    """Variables of the script that the commands it runs do not see."""
    for each in walk(parse(masked)):
        if not isinstance(each, Simple):
            continue
        words = [word.value for word in each.words]
        if not words:
            own |= {assignment.name for assignment in each.assignments}
        elif words[0] == "export":
            own -= {(word or "").partition("=")[0] for word in words} | _exported(each)
        elif words[0] in ("cd", "pushd", "popd"):
            target = words[1] if len(words) == 2 else None
            here = posixpath.normpath(posixpath.join(here, target)) if here is not None and target else None
        elif found := _command(text, each, here, own):
            yield found


def _exported(command: Simple) -> set[str]:
    return {word.text.partition("=")[0] for word in command.words[1:]} | {each.name for each in command.assignments}


def _command(text: str, command: Simple, here: str | None, own: set[str]) -> Command | None:
    words = [*command.words]
    while words and words[0].value == "sudo":
        words = words[1:]
    named = [word.value for word in words[:3]]
    docker = named[:1] == ["docker"]
    at = 2 if docker and named[1:2] and named[1] in _GROUPS else 1 if docker else 0
    if docker and named[at : at + 1] == ["build"]:
        return _build(text, words, at + 1, here, own, _is_off(command.assignments))
    found = [*_loose(text, words, own)]
    return Command(None, tuple(found), command.span, tool=" ".join(each or "" for each in named[: at + 1])) if found else None


def _build(text: str, words: list[Word], at: int, here: str | None, own: set[str], classic: bool) -> Command | None:
    entry = PACKAGED.get("docker")
    entry = entry.subcommand("build") if entry else None
    if entry is None:
        return None
    given = understand(entry, [Arg("".join(part.text for part in word.parts), word=word) for word in words[at:]])
    arguments = tuple(_argument(text, words, each.word, own) for each in given.given.get("--build-arg", ()) if each.word)
    secrets = frozenset(found[1] for each in given.given.get("--secret", ()) if (found := _ID.search(each.value)))
    file, context = given.value("-f"), given.operands
    known = here is not None and not given.strange and len(context) == 1
    named = _plain(text, file) if file else _plain(text, context[0], "Dockerfile") if known else None
    if file and known and named is not None and _REMOTE.match(named):
        named = None  # it comes from standard input
    where = posixpath.normpath(posixpath.join(here, named)) if here is not None and named is not None and known else None
    folder = _plain(text, context[0]) if where is not None else None
    return Command(where, arguments, words[at - 1].span, secrets, classic=classic, context=folder)


def _plain(text: str, arg: Arg, name: str = "") -> str | None:
    """A path as written, with `name` below it; None where that takes a running shell, or it is none."""
    value = arg.value
    if arg.word is None or (arg.word.value is None and "$" in value) or EXPRESSION.search(text[slice(*arg.word.span)]):
        return None
    return None if _REMOTE.match(value) else posixpath.join(value, name) if name else value


def _argument(text: str, words: list[Word], word: Word, own: set[str]) -> Argument:
    at = words.index(word)
    first = at if word.text.lstrip("\"'").startswith("--build-arg") else at - 1
    raw = text[slice(*word.span)]
    raw = raw.removeprefix("--build-arg=") if first == at else raw
    bare = re.sub(r"^([\"'])(.*)\1$", r"\2", raw, flags=re.DOTALL)
    name, sign, value = bare.partition("=")
    found = re.fullmatch(r"\$(?:(\w+)|\{(\w+)\})", value.strip('"')) if sign and raw[:1] != "'" else None
    variable = (found[1] or found[2]) if found else "" if sign else name
    variable = variable if _NAME.fullmatch(variable) and variable not in own else ""
    value = value.strip("\"'")
    start = text.rfind(value, word.span.start, word.span.end) if value and "$" not in value else -1
    literal = Span(start, start + len(value)) if start >= 0 else None
    return Argument(name, Span(words[first].span.start, word.span.end), value, variable, words[first - 1].span.end, literal)


def _loose(text: str, words: list[Word], own: set[str]) -> Iterator[Argument]:
    """Build arguments of commands that hand them to other files: of `docker compose build` and `docker buildx bake`."""
    for at, word in enumerate(words):
        if word.text.startswith("--build-arg=") or (at and words[at - 1].text == "--build-arg"):
            yield _argument(text, words, word, own)
        elif found := _OVERRIDES.search(word.text):
            yield Argument(found[1], word.span, "", "", word.span.start)


def _is_off(assignments: tuple[Assignment, ...]) -> bool:
    return any(each.name == "DOCKER_BUILDKIT" and each.value is not None and each.value.value == "0" for each in assignments)
