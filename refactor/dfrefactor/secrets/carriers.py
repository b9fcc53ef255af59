"""What is seen of a document, and the files a step leaves a credential in: by hand, by a tool, as a part of what it fetches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from dfrefactor.dockerfile.instructions import Instruction, Mount, Run
from dfrefactor.dockerfile.model import Document
from dfrefactor.effects.catalog import Store
from dfrefactor.effects.commands import git
from dfrefactor.effects.paths import HOLE, HOLES, Region
from dfrefactor.effects.words import Arg
from dfrefactor.lazy import dataclass, regex
from dfrefactor.secrets.brought import Copied
from dfrefactor.secrets.hits import Hit
from dfrefactor.secrets.paths import as_shell, named, shown
from dfrefactor.secrets.ran import Ran
from dfrefactor.secrets.texts import Role
from dfrefactor.secrets.types import Declaration
from dfrefactor.secrets.values import formats, variables
from dfrefactor.text.source import Span

_TAKES_OUT = regex(r"(?:--?)?(?:remove|rm|del|delete|unset|erase|clear|logout|unregister)\b")
_VERBOSE = regex(r"-[a-zA-Z]*v[a-zA-Z]*|--verbose|--trace\S*|--debug|-d")

Where = Literal["step", "runtime", "config", "onbuild", "declaration"]


@dataclass(frozen=True)
class Written:
    """A file a command wrote a secret to: the one of `hits`.

    `kept`: it is part of an output.  `clean` takes the secret out of it again; of a clone, `folder` is what it made, as the
    command names it, and the commands are for the place right behind it.  `exact` is the path as a command of the same user
    may name it.
    """

    path: str
    hits: tuple[Hit, ...] = ()
    kept: bool = False
    clean: tuple[str, ...] = ()
    folder: str = ""
    refused: str = ""
    exact: str = ""
    tree: bool = False
    anywhere: tuple[str, ...] = ()
    """As `clean`, for another RUN."""
    undone: tuple[str, ...] = ()
    """Other commands that take it out."""
    url: bool = False
    """Whether it is a URL that a tool writes down beside what it fetches by it."""
    aside: bool = False
    """Whether it is a log of a command that does something else."""
    urls: bool = False
    """Whether it is there in the user info of URLs only."""
    appends: bool = False
    """Whether it is put behind what the file held before."""


@dataclass(frozen=True)
class Sight:
    """A position in the file: the declared variables in it, or a literal; what kind of instruction it stands in."""

    instruction: Instruction
    stage: int
    names: frozenset[str]
    span: Span
    how: str
    command: str = ""
    value: Span | None = None
    role: Role = "authenticate"
    where: Where = "step"


@dataclass(frozen=True)
class Wrote:
    """A file a command of a step wrote; `names` are declared variables whose value is in it, `values` literals."""

    instruction: Instruction
    stage: int
    written: Written
    names: frozenset[str]
    values: tuple[Span, ...]
    ran: Ran | None


@dataclass(frozen=True)
class Mounted:
    """A secret that a mount gives to a RUN, in the file at `path` ("": in a variable only); `name` is for what is in it.

    `unkept` are folders of that RUN that no layer has.
    """

    name: str
    path: str
    mount: Mount
    run: Run
    stage: int
    unkept: tuple[str, ...]


@dataclass
class Reading:
    """All that was seen, in file order: `ran` has every event of every step, those that could not be read among them."""

    document: Document
    declarations: list[Declaration] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    wrote: list[Wrote] = field(default_factory=list)
    mounted: list[Mounted] = field(default_factory=list)
    copied: list[tuple[Copied, int]] = field(default_factory=list)
    dests: dict[Instruction, str] = field(default_factory=dict)
    """Where a COPY or ADD puts what it brings."""


def written(ran: Ran) -> Iterator[Written]:
    """The files that a command leaves credentials in."""
    found = tuple(hit for hit in ran.given if hit.role in ("authenticate", "mention") and (hit.names or hit.value))
    event, entry = ran.event, ran.entry
    if dumped := tuple(ran.dumped):
        yield from _printed(ran, dumped)
    if entry.prints or not event.args:
        found += (*ran.handed, *_put_in(ran))
        if found and not (event.unread and not event.args):
            yield from _printed(ran, found)
            return
    keeps = _keeps(ran)
    if not found and keeps:
        found = tuple(ran.handed)
    if not found:
        return
    if keeps:
        yield Written("", found, True, refused=f"what `{keeps}` stores, and where, is not known")
        return
    if event.unread:
        yield Written("", found, True, refused=f"what it is used for is not known: {event.unread}")
        return
    yield from _verbose(ran, found)
    yield from _stores(ran, found)
    if entry.logs and any(hit.role == "authenticate" and hit.span != event.span for hit in found):
        yield Written(entry.logs, found, clean=(f"rm -rf {entry.logs}",), aside=True)
    if (kept := git.stored(event)) is not None:
        yield from _kept(ran, found, kept)


def _put_in(ran: Ran) -> Iterator[Hit]:
    """The variables that a template tool puts into what it hands on: those its words name, or any."""
    if not (ran.entry.prints and ran.entry.any):
        return
    said = variables(" ".join(arg.value for arg in ran.event.args[1:]))
    if names := ran.given_of(ran.visible, said or ("*",)):
        yield Hit(names, ran.span, f"by `{ran.name}`", ran.name, role="mention")


def _printed(ran: Ran, found: tuple[Hit, ...]) -> Iterator[Written]:
    """What hands text on writes it where its output goes, and to the files it is told to write."""
    event = ran.event
    args = {each.target.value: each.target for each in event.redirects}
    targets = [(ran.path(value), args.get(value)) for value in event.into]
    targets += [(path, arg) for arg in event.args[1:] if Region(path := ran.path(arg.value)) in event.effects.writes]
    for path, arg in targets:
        if not path.startswith("/dev/"):
            text = arg.word.text if arg is not None and arg.word is not None else ""
            appends = any(arg is each.target and ">>" in each.operator for each in event.redirects) or (
                "-a" in [each.value for each in event.args[1:]] and arg in event.args
            )
            edits = arg in event.args and ran.entry.replaces  # `sed -i`: what was there is a part of it
            yield Written(shown(path), found, exact=ran.said(text, path), appends=appends or edits, urls=_in_urls(ran, found))


def _in_urls(ran: Ran, found: tuple[Hit, ...]) -> bool:
    """Whether all that is of a secret is in the user info of URLs."""
    hits = [hit for hit in found if hit.role == "authenticate"]
    bare = variables(re.sub(r"://[^/@\s]*@", "://", ran.words))
    named = {name for hit in hits for name in (*hit.names, *hit.written)}
    return bool(hits) and all(hit.how.startswith("in the user info") for hit in hits) and named.isdisjoint(bare)


def _keeps(ran: Ran) -> str:
    """The call, where by its verb it stores what it is told, and no table says that it does not."""
    if ran.event.unread or ran.event.wraps or ran.entry.builtin or not ran.event.args or git.stored(ran.event) is not None:
        return ""
    if any(_matched(ran, store) for store in ran.entry.stores) or (ran.event.entry is not None and not ran.entry.stores):
        return ""
    plain = [arg.value for arg in ran.event.args[1:] if not arg.value.startswith("-")]
    keeps = formats()["words"]["keeps"]
    out = any(_TAKES_OUT.match(arg.value) for arg in ran.event.args[1:])
    if out or "/" in ran.event.args[0].value or not set(plain[:2]) & set(keeps):
        return ""
    return " ".join([ran.name, *plain[: 1 if plain[0] in keeps else 2]])


def _matched(ran: Ran, store: Store) -> re.Match[str] | None:
    """Whether a call is one that stores what it is told; what is not known of its words may be a URL."""
    values = " ".join(HOLES.sub("://", arg.value) for arg in ran.event.args[1:])
    return re.match(store.when, ran.words, re.I) or (re.match(store.when, values, re.I) if store.why else None)


def _verbose(ran: Ran, found: tuple[Hit, ...]) -> Iterator[Written]:
    """A log of what a tool sends, or of what a shell runs."""
    event = ran.event
    verbose = any(_VERBOSE.fullmatch(arg.value) for arg in event.args[1:])
    told = (value for each in event.found for value in each.values) if verbose else ()
    logs = [ran.path(arg.value) for name, _, arg in told if "log" in ran.entry.options[name].words and arg.value != "-"]
    for path in dict.fromkeys([*logs, *(ran.errors if verbose or ran.traced else ())]):
        what = f"`{ran.name} -v` writes the headers it sends" if verbose else "`set -x` writes what is run"
        yield Written(shown(path), found, True, refused=f"{what} to {shown(path)}")


def _stores(ran: Ran, found: tuple[Hit, ...]) -> Iterator[Written]:
    """What the catalog says that the call stores: the first that matches its words."""
    for store in ran.entry.stores:
        if (match := _matched(ran, store)) is None:
            continue
        if store.why:
            words = [arg for arg in ran.event.args[1:] if arg.word is not None]
            texts = [(arg, arg.word.text) for arg in words if arg.word is not None]
            places = [_place(ran, arg) for arg, text in texts if text[:1] != "-" or text.partition("=")[0] in store.when]
            if any(place.start <= hit.span.start < place.end for place in places for hit in found):
                yield Written("", found, True, refused=store.why, url=True)
            return
        groups = {"command": ran.name, **{name: _balanced(text or "") for name, text in match.groupdict().items()}}
        text, *undone = (way.format(**groups).strip() for way in (store.clean, *store.undone))
        aside = text.startswith("rm ")
        clean = (text,) if aside or text.startswith(f"{ran.name} ") else ()
        for each in store.paths:
            path = shown(ran.looked(each.removesuffix("/**")))
            yield Written(path, found, clean=clean, exact=as_shell(path) or "", tree=each.endswith("/**"), appends=True,
                          undone=tuple(undone), aside=aside)  # fmt: skip
        return


def _place(ran: Ran, arg: Arg) -> Span:
    return ran.event.origin.span(arg.word.span) if arg.word is not None else Span(0, 0)


def _balanced(text: str) -> str:
    """A piece of a command line with its quotes closed."""
    for quote in "\"'":
        if text.count(quote) % 2:
            text = text + quote if text.startswith(quote) else text.replace(quote, "")
    return text


def _kept(ran: Ran, found: tuple[Hit, ...], kept: git.Kept) -> Iterator[Written]:
    """What git keeps in a repository's own configuration."""
    if kept.refused:
        yield Written("", found, True, refused=kept.refused)
        return
    local, anywhere = (_cleaning(ran, found, kept, each) for each in (False, True))
    if not local:
        return
    if ran.other:
        refused = f"git lets nobody but `{ran.event.state.user}` change what it keeps in .git/config"
        yield Written("", found, True, refused=refused)
        return
    path = ran.path(kept.folder)
    config = path.rstrip("/") + ("/config" if kept.bare else "/.git/config")
    there = ran.said(kept.named, path)
    moved = ran.folder != ran.event.state.cwd and not kept.named.startswith(("/", "~", "$"))
    known = there.startswith(("/", "~", "$")) and all(HOLE not in each for each in anywhere)
    yield Written(
        shown(config), found, True, tuple(local), there if moved else kept.named,
        anywhere=tuple(each.replace(git.DIR, there) for each in anywhere) if known else (),
    )  # fmt: skip


def _cleaning(ran: Ran, found: tuple[Hit, ...], kept: git.Kept, elsewhere: bool) -> list[str]:
    """Commands that take the secret out of a repository at DIR; `elsewhere` the shell's own variables are not there."""
    clean = [f"git -C {git.DIR} config --unset-all {key}" for key, arg in kept.keys if _has(ran, found, arg)]
    if kept.url is not None and _has(ran, found, kept.url):
        url = git.text_of(kept.url)
        if elsewhere and not ran.lasts(url):
            url = named(git.stripped(kept.url.value) or kept.url.value)
        bare = git.stripped(url)
        plain = f"$(git -C {git.DIR} remote get-url {kept.remote} | sed 's#//[^/@]*@#//#')"  # out of what git wrote
        clean.append(f"git -C {git.DIR} remote set-url {kept.remote} " + (bare if bare and bare != url else f'"{plain}"'))
    if kept.whole and clean:
        clean.append(git.everywhere(kept.bare))  # each submodule has a config of its own
    return clean


def _has(ran: Ran, found: tuple[Hit, ...], arg: Arg) -> bool:
    """Whether one of the hits is in the argument, or may be: it is known of the command alone."""
    start, end = _place(ran, arg)
    return any(hit.names & arg.of or hit.span == ran.event.span or start <= hit.span.start < end for hit in found)
