"""Files that a step leaves a credential in: written by hand, by a tool's own command, or as a part of what it fetches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dfrefactor.secrets.commands import Hit
from dfrefactor.secrets.paths import Place
from dfrefactor.secrets.tools import UNKNOWN, called, tool
from dfrefactor.secrets.walking import PRINT
from dfrefactor.shell import Simple, Word

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)
_INFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?:[^/\s@\"']|\$\{[^}]*\}|\$\([^)]*\))*@")
_CLONE_VALUES = frozenset((
    "-b", "--branch", "--depth", "-o", "--origin", "-c", "--config", "--reference", "--template", "-j", "--jobs", "-u",
    "--upload-pack", "--filter", "--shallow-since", "--shallow-exclude", "--separate-git-dir", "--bundle-uri",
    "--server-option", "--reference-if-able",
))  # fmt: skip
_GIT_VALUES = frozenset(("-c", "-C", "--git-dir", "--work-tree", "--namespace", "--exec-path"))

DIR = "\0"
"""Stands in `Written.clean` for the folder of the clone."""


@dataclass(frozen=True)
class Written:
    """A file a command wrote a secret to.  `kept`: it is part of an output.  `clean`: takes the secret out of it again.

    `names` and `literal` say which secret; `folder` is what a clone made, as the command names it.
    """

    path: str
    hits: tuple[Hit, ...]
    command: Simple
    place: Place
    kept: bool = False
    clean: tuple[str, ...] = ()
    folder: str = ""
    refused: str = ""
    exact: str = ""
    """The path as a command of the same user may name it."""


def written(simple: Simple, place: Place, into: tuple[Word, ...], seen: list[Hit]) -> Iterator[Written]:
    """The files a command with the hits `seen`, run at `place`, its output going `into` files, leaves credentials in."""
    found = tuple(hit for hit in seen if hit.role in ("authenticate", "mention"))
    if not found:
        return
    name, words = called(simple)
    if name in PRINT and (name or into):
        targets = list(into)
        if name == "tee":
            targets += [word for word in words[1:] if not word.text.startswith("-")]
        if name == "sed" and any(word.text.startswith("-i") or word.text.startswith("--in-place") for word in words):
            targets += [word for word in words[1:] if not word.text.startswith("-")][1:]
        for target in targets:
            path = place.path(target.text)
            if not path.startswith("/dev/"):
                yield Written(path, found, simple, place, exact=place.exact(target.text))
        return
    for redirect in simple.redirects:
        if redirect.target is not None and (redirect.fd == "2" or redirect.operator == "&>") and _is_verbose(words):
            path = place.path(redirect.target.text)
            yield Written(path, found, simple, place, True, refused=f"`{name} -v` writes the headers it sends to {path}")
    entry = tool(name) or UNKNOWN
    joined = " ".join(word.text for word in words[1:])
    for pattern, paths in entry.writes:
        if pattern.match(joined):
            clean = _unset(words) if name == "git" else _delete(name, joined)
            for path in paths:
                yield Written(place.path(path), found, simple, place, clean=clean, exact=place.exact(path))
            break
    if entry.logs and any(hit.role == "authenticate" and hit.span.start >= words[0].span.end for hit in found):
        yield Written(entry.logs, found, simple, place, clean=(f"rm -rf {entry.logs}",))
    if name == "git":
        yield from _clone(words, found, simple, place)
    elif name in ("pip", "pip3") and any(word.value in ("-e", "--editable") for word in words) and "git+" in joined:
        yield Written("", found, simple, place, True, refused="`pip install -e git+…` leaves it in the checkout's .git/config")
    elif (
        name in ("npm", "yarn", "pnpm")
        and re.search(r"(?:^| )(?:i|install|add)\b", joined)
        and any(w.span.start <= hit.span.start < w.span.end for hit in found for w in words[1:] if not w.text.startswith("-"))
    ):
        yield Written("", found, simple, place, True, refused=f"`{name}` writes the URL into package.json and its lockfile")


def _is_verbose(words: tuple[Word, ...]) -> bool:
    return any(re.fullmatch(r"-[a-zA-Z]*v[a-zA-Z]*|--verbose|--trace\S*|--debug|-d", word.text) for word in words[1:])


def _delete(name: str, joined: str) -> tuple[str, ...]:
    """Undoes an `npm config set`, wherever this version of npm wrote to."""
    key = re.match(r"(?:config )?set (?:-\S+ )*([\"']?)(?P<key>[^\s=\"']+)", joined)
    return (f"{name} config delete {key[1]}{key['key']}{key[1]}",) if key and name in ("npm", "pnpm") else ()


def _unset(words: tuple[Word, ...]) -> tuple[str, ...]:
    """Undoes a `git config --global`: without the section, for `url.….insteadOf` has the secret in its name."""
    where = "--system" if any(word.value == "--system" for word in words) else "--global"
    key = next((word.text for word in words[2:] if not word.text.startswith("-")), "")
    section = re.sub(r"\.(?:push)?insteadOf(?=[\"']?$)", "", key, flags=re.I)
    return (f"git config {where} --remove-section {section}" if section != key else f"git config {where} --unset-all {key}",)


def _clone(words: tuple[Word, ...], found: tuple[Hit, ...], simple: Simple, place: Place) -> Iterator[Written]:
    at = 1
    while at < len(words) and words[at].text.startswith("-"):
        if words[at].text == "-C" and at + 1 < len(words):
            place = place.moved(words[at + 1])
        at += 2 if words[at].text in _GIT_VALUES else 1
    verb, rest = (words[at].value, words[at + 1 :]) if at < len(words) else ("", ())
    if verb == "clone":
        yield from _cloned(rest, found, simple, place)
    elif verb == "remote" and rest and rest[0].value in ("add", "set-url"):
        plain = [word for word in rest[1:] if not word.text.startswith("-")]
        if len(plain) >= 2 and (bare := stripped(plain[1].text)):
            folder = place.folder
            yield Written(
                _config(folder), found, simple, place, True, (f"git -C {DIR} remote set-url {plain[0].text} {bare}",), "."
            )
    elif verb == "config" and not any(word.value in ("--global", "--system", "-f", "--file") for word in rest):
        key = next((word.text for word in rest if not word.text.startswith("-")), "")
        folder = place.folder
        yield Written(_config(folder), found, simple, place, True, (f"git -C {DIR} config --unset-all {key}",), ".")
    elif verb == "submodule" and rest and rest[0].value == "add":
        yield Written("", found, simple, place, True, refused="`git submodule add` writes the URL into .gitmodules")


def _cloned(rest: tuple[Word, ...], found: tuple[Hit, ...], simple: Simple, place: Place) -> Iterator[Written]:
    operands: list[Word] = []
    options: list[str] = []
    headers: list[str] = []
    origin = "origin"
    at = 0
    while at < len(rest):
        text = rest[at].text
        if text.startswith("-"):
            options.append(text)
            if text in _CLONE_VALUES and at + 1 < len(rest):
                value = rest[at + 1].text
                origin = value if text in ("-o", "--origin") else origin
                headers += (
                    [value.partition("=")[0].strip("\"'")]
                    if text in ("-c", "--config") and "extraheader" in value.lower()
                    else []
                )
                at += 1
            elif text.startswith("--config=") and "extraheader" in text.lower():
                headers.append(text.split("=")[1].strip("\"'"))
        else:
            operands.append(rest[at])
        at += 1
    if not operands:
        return
    url = operands[0].text
    folder = operands[1].text if len(operands) > 1 else _humanish(url)
    if not folder:
        yield Written(
            "",
            found,
            simple,
            place,
            True,
            refused="where `git clone` puts its files can't be told, and its .git/config would hold it",
        )
        return
    bare = any(o in ("--bare", "--mirror") for o in options)
    if bare and len(operands) == 1:
        folder += ".git"
    path = place.path(folder)
    clean = [f"git -C {DIR} config --unset-all {header}" for header in headers]
    clean += _url_clean(url, origin)
    if any(o.startswith(("--recurse-submodules", "--recursive")) for o in options) and clean:
        clean.append(everywhere(bare))  # each submodule has a config of its own
    if clean:
        config = path.rstrip("/") + ("/config" if bare else "/.git/config")
        yield Written(config, found, simple, place, True, tuple(clean), folder)


def _url_clean(url: str, origin: str) -> list[str]:
    bare = stripped(url)
    if bare and bare != url:
        return [f"git -C {DIR} remote set-url {origin} {bare}"]
    if bare is None:  # the URL is in a variable: take the user info out of what git wrote
        plain = f"$(git -C {DIR} remote get-url {origin} | sed 's#//[^/@]*@#//#')"
        return [f'git -C {DIR} remote set-url {origin} "{plain}"']
    return []


def everywhere(bare: bool) -> str:
    """Takes the user info out of every URL in every config of a repository, those of its submodules too."""
    return f"find {DIR}{'' if bare else '/.git'} -name config -type f -exec sed -i 's#://[^/@]*@#://#' {{}} +"


def stripped(url: str) -> str | None:
    """`url` without its user info, as written; None where the scheme or the user info is inside a variable."""
    if _INFO.search(url):
        return _INFO.sub(lambda match: match["scheme"], url, count=1)
    if "$" in url and not re.match(r"[\"']?[a-z+]+://[\w.-]+(?::\d+)?/", url, re.I):
        return None
    return url


def _humanish(url: str) -> str:
    """The folder `git clone` makes of a URL: its last part (git-clone(1)); "" where a variable hides it."""
    last = (
        re.sub(r"[\"']", "", stripped(url) or url)
        .rstrip("/")
        .rpartition("/")[2]
        .removesuffix("/.git")
        .removesuffix(".git")
        .rpartition(":")[2]
    )
    return "" if "$(" in last or not last or not _URL.search(url.strip("\"'") + "://") else last


def _config(folder: str) -> str:
    return (folder.rstrip("/") or ".") + "/.git/config"
