"""What git keeps of what it is told: remotes and settings in a repository's own configuration."""

from __future__ import annotations

import re

from dfrefactor.effects.paths import HOLE
from dfrefactor.effects.trace import Event
from dfrefactor.effects.words import Arg
from dfrefactor.lazy import dataclass, regex

DIR = "\0"
"""Stands in a command for the folder of a repository."""
_FETCHES = frozenset(("fetch", "lfs", "pull", "push", "submodule"))
_CLEANS = frozenset(("--remove-section", "--unset", "--unset-all", "remove", "rm", "set-url"))
_MANY = regex(r"\$\{?[@*]")
_URL = regex(r"[a-z][a-z0-9+.-]*://", re.I)
_INFO = regex(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?:[^/\s@\"']|\$\{[^}]*\}|\$\([^)]*\))*@")


@dataclass(frozen=True)
class Kept:
    """A repository that a command makes or configures.

    `folder` is its value, `named` the folder as the command names it ("": by no word of its own).  `url` is kept as `remote`,
    `keys` are settings; `whole`: the settings are those of submodules too.  `refused` says why nobody can take them out.
    """

    folder: str = ""
    named: str = ""
    remote: str = ""
    url: Arg | None = None
    keys: tuple[tuple[str, Arg], ...] = ()
    bare: bool = False
    whole: bool = False
    refused: str = ""


def stored(event: Event) -> Kept | None:
    """What a call of git puts into a repository's configuration; None for one that does not."""
    words = _words(event)
    if words[:1] == ["clone"]:
        return _cloned(event)
    if words[:1] == ["remote"] and words[1:2] in (["add"], ["set-url"]):
        plain = [arg for arg in event.found[-1].operands[1:] if not arg.value.startswith("-")]
        return Kept(".", ".", text_of(plain[0]), plain[1]) if len(plain) > 1 else None
    if words[:1] == ["config"] and not event.found[-1].given.keys() & {"--global", "--system", "-f"}:
        operands = event.found[-1].operands
        return Kept(".", ".", keys=((text_of(operands[0]), operands[1]),)) if len(operands) > 1 else None
    return None


def _cloned(event: Event) -> Kept | None:
    found = event.found[-1]
    operands = found.operands
    if not operands:
        return None
    origin = found.value("-o")
    own = (arg for name, _, arg in found.values if name == "-c")  # that of `git -c` is for this call alone
    keys = tuple((text_of(arg).partition("=")[0].lstrip("\"'"), arg) for arg in own)
    bare = bool(found.given.keys() & {"--bare", "--mirror"})
    whole = "--recursive" in found.given
    folder, named = (
        (operands[1].value, text_of(operands[1]))
        if len(operands) > 1
        else (_humanish(operands[0].value), _humanish(text_of(operands[0])))
    )
    if bare and len(operands) == 1:
        folder, named = f"{folder}.git", f"{named}.git"
    refused = (
        ""
        if folder and named and HOLE not in named
        else "where `git clone` puts its files can't be told, and its .git/config would hold it"
    )
    return Kept(folder, named, text_of(origin) if origin else "origin", operands[0], keys, bare, whole, refused)


def text_of(arg: Arg) -> str:
    """An argument as it is written, the option that it is in one word with left out."""
    if arg.word is None or _MANY.search(arg.word.text):
        return arg.value
    text = arg.word.text
    if text.startswith("-") and not arg.value.startswith("-"):
        return text.partition("=")[2] if "=" in text and text.startswith("--") else text[2:].removeprefix("=")
    return text


def _humanish(url: str) -> str:
    """The folder `git clone` makes of a URL: its last part (git-clone(1)); "" where a variable hides it."""
    bare = re.sub(r"[\"']", "", stripped(url) or url).rstrip("/")
    last = bare.rpartition("/")[2].removesuffix("/.git").removesuffix(".git").rpartition(":")[2]
    return "" if "$(" in last or not last or not _URL.search(url.strip("\"'") + "://") else last


def stripped(url: str) -> str | None:
    """`url` without its user info, as written; None where the scheme or the user info is inside a variable."""
    if _INFO.search(url):
        return _INFO.sub(lambda match: match["scheme"], url, count=1)
    if "$" in url and not re.match(r"[\"']?[a-z+]+://[\w.-]+(?::\d+)?/", url, re.I):
        return None
    return url


def fetches(event: Event) -> bool:
    """Whether a call of git authenticates with what the repository it works in keeps."""
    words = _words(event)
    return words[:1] != [] and words[0] in _FETCHES and "add" not in words


def is_inside(event: Event) -> bool:
    """Whether a call of git is about repositories inside of the one it works in."""
    return _words(event)[:1] == ["submodule"]


def cleans(event: Event) -> bool:
    """Whether a call of git takes a setting or a remote's URL out of the repository it works in, or changes it."""
    return bool(_CLEANS & set(_words(event))) or bool(event.found and _CLEANS & event.found[-1].given.keys())


def everywhere(bare: bool) -> str:
    """Takes the user info out of every URL in every config of the repository at DIR, those of its submodules too."""
    return f"find {DIR}{'' if bare else '/.git'} -name config -type f -exec sed -i 's#://[^/@]*@#://#' {{}} +"


def sweeps(event: Event) -> bool:
    """Whether a command is that of `everywhere`."""
    values = {arg.value for arg in event.args}
    return {"sed", "-i"} <= values and (event.name == "find" or "find" in event.via)


def _words(event: Event) -> list[str]:
    """The subcommand and its operands, where it is git that is called."""
    if event.entry is None or event.entry.name.partition(" ")[0] != "git" or not event.found:
        return []
    return [arg.value for arg in event.found[0].operands]
