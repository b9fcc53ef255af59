"""Follows a credential into files: who wrote it there, who reads that, and who takes it away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import takewhile

from dfrefactor.dockerfile.instructions import Add, Copy, Instruction
from dfrefactor.effects.commands import git
from dfrefactor.effects.effects import ALL, PERHAPS_ALL
from dfrefactor.effects.leavings import within_glob
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import STANDARD, covers, is_glob, region, written
from dfrefactor.effects.words import Arg
from dfrefactor.lazy import regex
from dfrefactor.secrets.carriers import Reading, Written, Wrote
from dfrefactor.secrets.paths import FOLDERS, SECRET_FILES, as_shell, real, shown
from dfrefactor.secrets.ran import Ran
from dfrefactor.secrets.types import Carrier
from dfrefactor.secrets.values import formats
from dfrefactor.text.source import Span

_SSH_KEY = regex(r"\bssh\b.*\s-i\s*([^\s\"']+)")
"""The key file in a command line of ssh, as git takes one."""


def carriers_of(reading: Reading, names: frozenset[str], literals: tuple[Span, ...]) -> tuple[Carrier, ...]:
    """The files that hold one of the variables' values or one of the literals."""
    mine = (wrote for wrote in reading.wrote if wrote.names & names or set(wrote.values) & set(literals))
    return tuple(carrier for wrote in mine for carrier in _follow(reading, wrote))


def out_of_mounts(reading: Reading, name: str) -> Iterator[Carrier]:
    """The files that a secret which mounts give is written to."""
    for wrote in reading.wrote:
        if name in wrote.names and not (wrote.ran is not None and wrote.ran.event.unread):
            yield from _follow(reading, wrote)
    for mounted in (each for each in reading.mounted if each.name == name and each.path):
        for ran in (each for each in reading.ran if each.instruction is mounted.run and each.entry.carries):
            if not any(covers(ran.path(arg.value), mounted.path) for arg in ran.event.args[1:-1]) or _links(ran):
                continue
            for path, said in _targets(ran, mounted.path):
                if not any(covers(folder, real(path)) for folder in mounted.unkept):
                    yield from trace(reading, path, mounted.run, mounted.stage, ran.span, said)


def _links(ran: Ran) -> bool:
    return ran.entry.handler == "link" and "-s" in ran.event.found[-1].given


def _follow(reading: Reading, wrote: Wrote) -> Iterator[Carrier]:
    made = wrote.written
    at = wrote.ran.span if wrote.ran is not None else wrote.instruction.span
    if made.kept:
        yield _repository(reading, wrote, made, at)
        return
    for carrier in trace(reading, made.path, wrote.instruction, wrote.stage, at, made.exact, (*made.clean, *made.undone)):
        if carrier.path != written(made.path):
            yield carrier
            continue
        if undone := _undone(reading, wrote, made):
            carrier = replace(carrier, removed=undone.instruction)
        clean = made.clean or _stripped(made, carrier)
        appends = made.appends and not made.clean
        yield replace(carrier, clean=clean, local_clean=clean, tree=made.tree, aside=made.aside, appends=appends,
                      older=carrier.older if appends or not carrier.older_perhaps else None)  # fmt: skip


def _stripped(made: Written, carrier: Carrier) -> tuple[str, ...]:
    """Takes the user info out of the URLs of a tool's configuration, which is wanted without it."""
    path = carrier.exact or carrier.path
    wanted = carrier.is_left and (carrier.here or carrier.readers) and not SECRET_FILES.search(real(carrier.path))
    if not (made.urls and wanted and re.fullmatch(r"/etc/[\w./-]+", path)):
        return ()
    return (f"sed -i 's#://[^/@]*@#://#' {path}",)


def _undone(reading: Reading, wrote: Wrote, made: Written) -> Ran | None:
    """The command behind it in its RUN that takes it out again, as the catalog says that is done."""
    paths = {made.path, made.exact, written(made.path)} - {None, ""}
    lines = (each.format(path) for each in ("sed -i $d {}", "sed -i s#://[^/@]*@#://# {}") for path in paths)
    said = {*lines, *(re.sub("[\"']", "", each) for each in made.clean)}
    behind = (ran for ran in reading.ran if wrote.ran and ran.instruction is wrote.instruction and ran.span > wrote.ran.span)
    return next((ran for ran in behind if re.sub("[\"']", "", f"{ran.name} {ran.words}") in said), None)


def _repository(reading: Reading, wrote: Wrote, made: Written, at: Span) -> Carrier:
    """A file of a clone: who cleans it, and who fetches with what it holds before that."""
    local = tuple(each.replace(git.DIR, made.folder) for each in made.clean)
    refused, clean = made.refused, made.anywhere
    folder = real(made.path).removesuffix("/config").removesuffix("/.git") or made.path[:1]
    behind = [ran for ran in later(reading, at, wrote.stage) if folder]
    cleaned = [ran for ran in behind if _cleans(ran, folder)]
    if any(_takes_along(ran, folder) for ran in takewhile(lambda ran: ran not in cleaned, behind)):
        cleaned = []  # there is another by then
    removed = cleaned[0].instruction if cleaned else None
    spans = (at, *(ran.span for ran in cleaned))
    fetching = [ran for ran in behind if git.fetches(ran.event) and (not ran.folder or covers(folder, ran.folder))]
    if fetching and not cleaned and clean:
        inside = any(git.is_inside(ran.event) for ran in fetching)
        clean = (*clean, git.everywhere(False).replace(git.DIR, clean[0].split()[2])) if inside else clean
        at, local, spans = fetching[-1].span, clean, (at, *(ran.span for ran in fetching))
        if any(ran.instruction is not wrote.instruction for ran in fetching):
            refused = f"line {fetching[-1].instruction.lines[0]} fetches with what the clone keeps in {made.path}"
    path, step = written(made.path), wrote.instruction
    return Carrier(path, step, wrote.stage, removed, (), clean, True, spans, at, local, refused=refused, url=made.url)


def _takes_along(ran: Ran, folder: str) -> bool:
    """Whether a command copies the repository at `folder`, or packs it into a file."""
    entry, effects = ran.entry, ran.event.effects
    packs = effects.grade is Grade.EXACT and any(each.kind == "file" for each in effects.writes) and not entry.attributes
    plain = (arg.value for arg in ran.event.args[1:] if arg.value[:1] != "-")
    return (entry.carries == "copy" or packs) and not entry.takes_away and any(covers(ran.path(each), folder) for each in plain)


def _cleans(ran: Ran, folder: str) -> bool:
    """Whether a command takes the credential out of the repository at `folder` again, or its `.git` away."""
    if ran.entry.takes_away:
        return touches(ran, f"{folder.rstrip('/')}/.git/config") == "removes"
    if git.cleans(ran.event):
        return ran.folder == folder
    return git.sweeps(ran.event) and any(ran.path(arg.value) == f"{folder}/.git" for arg in ran.event.args[1:])


def trace(reading: Reading, path: str, by: Instruction, stage: int, at: Span, exact: str = "", clean: tuple[str, ...] = (),
          seen: frozenset[str] = frozenset()) -> Iterator[Carrier]:  # fmt: skip
    """The file at `path` from the command that made it on, and its copies."""
    readers: list[Ran] = []
    added: list[Ran] = []
    perhaps: list[Ran] = []
    sets: list[Ran] = []
    removed: Ran | None = None
    undone = False
    copies: list[tuple[str, str, Ran]] = []
    for ran in later(reading, at, stage):
        undone = _undoes(ran, clean)
        touch = "removes" if undone else touches(ran, real(path))
        if touch == "removes" and ran.instruction is by and "only if" in ran.event.state.doubt:
            continue  # else it is still there
        if touch == "removes" or (touch == "copies" and ran.entry.carries == "move"):
            removed = ran
        if touch == "copies":
            copies += [(*each, ran) for each in _targets(ran, real(path))]
        if removed:
            break
        if touch == "sets":
            sets.append(ran)
        elif touch == "writes" and ran.instruction is not by:
            added.append(ran)
        elif touch:
            readers.append(ran)
        elif ran.is_opaque and ran.instruction is not by:
            perhaps.append(ran)
    spans = tuple(ran.span for ran in [*readers, *added, *([removed] if removed else [])])
    steps = tuple(dict.fromkeys(r.instruction for r in readers if r.instruction is not by))
    older = _older(reading, real(path), by, stage) or _bringing(reading, real(path), by, stage, True)
    bringing = None if older else _bringing(reading, real(path), by, stage)
    yield Carrier(
        written(path), by, stage, removed.instruction if removed else None, steps, spans=(at, *spans), at=at, exact=exact,
        added=tuple(ran.instruction for ran in added), sets=tuple((ran.instruction, ran.span) for ran in sets),
        perhaps=tuple(dict.fromkeys(ran.instruction for ran in perhaps)),
        here=any(ran.instruction is by and ran.looks_for(real(path)) for ran in readers),
        undone=removed is not None and undone, older=older or bringing, older_perhaps=bringing is not None,
    )  # fmt: skip
    for each, named, ran in copies:
        if each not in seen | {path}:
            yield from trace(reading, each, ran.instruction, stage, ran.span, named, seen=seen | {path})


def _undoes(ran: Ran, clean: tuple[str, ...]) -> bool:
    """Whether a command takes out of a tool's store what it was told, as one of `clean` does."""
    said = [ran.name, *ran.words.split()]
    for words in (each.split() for each in clean):
        options = {word for word in words if word.startswith("-")} - {"--quiet", "--all", "--global"}
        if said and options <= set(said) and [w for w in words if w[0] != "-"] == [w for w in said if not w.startswith("-")]:
            return True
    return False


def later(reading: Reading, at: Span, stage: int) -> Iterator[Ran]:
    """Commands of the stage, and of stages FROM it, behind the one at `at`."""
    stages = {each.index for each in reading.document.stages if reading.document.stages[stage] in each.chain}
    end = next((ran.end for ran in reading.ran if ran.span == at), at.end)
    yield from (ran for ran in reading.ran if ran.stage in stages and ran.span.start >= end)


def _older(reading: Reading, path: str, by: Instruction, stage: int) -> Instruction | None:
    """The step that wrote to the file before, in this stage or those it is FROM."""
    chain = reading.document.stages[stage].chain
    stages = {each.index for each in chain}
    writers = [each for below in chain for each in below.instructions if reading.dests.get(each) == path]
    earlier = (ran for ran in reading.ran if ran.stage in stages and ran.instruction.span < by.span)
    writers += [ran.instruction for ran in earlier if touches(ran, path) == "writes" or _may_make(ran, path)]
    return next((each for each in writers if each.span < by.span), None)


def _bringing(reading: Reading, path: str, by: Instruction, stage: int, by_name: bool = False) -> Instruction | None:
    """The step that copies the file from the build context, by its name, or perhaps with a folder."""
    chain, (folder, _, name) = reading.document.stages[stage].chain, path.rpartition("/")
    for step, dest in reading.dests.items():
        if isinstance(step, Copy | Add) and step.span < by.span and any(step in below.instructions for below in chain):
            names = [source.text.rstrip("/").rpartition("/")[2] for source in step.sources]
            inside = any(fnmatchcase(name, each) or "." not in each.strip(".") for each in names)
            if (dest == (folder or "/") and name in names) if by_name else (covers(dest, folder) and inside):
                return step
    return None


def _may_make(ran: Ran, path: str) -> bool:
    """Whether a command writes to that very path, or fills a folder of its own that it is in; a new home has no credentials."""
    found = ran.event.effects
    trees = [each for each in found.writes if each.kind == "tree" and each.path not in STANDARD]
    home = "users" in found.system_writes
    return any(each.path == path for each in found.writes) or (not home and any(tree.contains(path) for tree in trees))


def touches(ran: Ran, path: str) -> str:
    """What a command does with the file at `path`: "removes", "copies", "writes", "sets", "readies", "reads", or ""."""
    event, entry = ran.event, ran.entry
    named = [arg for arg in event.args[1:] if _names(ran, arg, path)]
    if entry.takes_away:
        return "removes" if named else ""
    if entry.carries and named:
        return "copies" if named[0] is not event.args[-1] else ""
    if named and event.into and entry.prints:
        return "copies"
    if any(ran.path(value) == path for value in event.into):
        return "writes"
    if named and entry.attributes:
        return "readies"
    if named and entry.prints and any(region.path == path and region.kind == "file" for region in event.effects.writes):
        return "writes"
    unsure = event.entry is None or event.effects.grade is not Grade.EXACT
    plain = named and not entry.builtin and not event.wraps
    if plain and (unsure or any(region.contains(path) for region in event.effects.reads)):
        return "reads"
    store = next((each for each in entry.stores if re.match(each.when, ran.words, re.I)), None)
    if store is not None and path in map(ran.looked, store.paths):
        return "sets"
    if ran.looks_for(path):
        return "reads"
    fed = [each.target.value for each in event.redirects if each.operator == "<"]
    return "reads" if is_ssh_key(ran, path) or _told(ran, path) or any(ran.path(value) == path for value in fed) else ""


def named_for(ran: Ran, path: str, kind: str) -> Iterator[str]:
    """The variables of that kind that name the file, or its folder, where the command is run."""
    for name in formats()["files"][kind]:
        if (found := ran.event.state.variables.get(name)) is not None and found.value and found.set is not False:
            if covers(ran.path(found.value), path):
                yield name


def _told(ran: Ran, path: str) -> bool:
    """Whether a variable names the file for a tool that looks at it, or may."""
    if ran.entry.builtin or ran.event.wraps or not ran.event.args:
        return False
    effects = ran.event.effects
    opaque = effects.grade is Grade.UNKNOWN or {ALL, PERHAPS_ALL} & effects.variables
    return any(opaque or effects.reads_variable(name) for kind in formats()["files"] for name in named_for(ran, path, kind))


def is_ssh_key(ran: Ran, path: str) -> bool:
    """Whether a word of it is a command line of ssh with that key."""
    words = (*ran.event.args, *(arg for _, arg in ran.event.assigns))
    return any(ran.path(key[1]) == path for word in words if (key := _SSH_KEY.search(word.value)))


def _names(ran: Ran, arg: Arg, path: str) -> bool:
    bare = re.sub(r"^--?[\w-]+=", "", arg.value).removeprefix("@").removeprefix("file:")
    if bare.startswith("-") or not bare:
        return False
    full = ran.path(bare)
    if ran.entry.takes_away and covers(full, path) and full != "/":
        return True
    return full == path or (is_glob(full) and within_glob(path, region(full).path))


def _targets(ran: Ran, path: str) -> Iterator[tuple[str, str]]:
    """The files a command copies to, comparable and as a command may name them."""
    yield from ((shown(ran.path(value)), _named(ran, value)) for value in ran.event.into)
    if ran.event.into:
        return
    value = ran.event.args[-1].value
    dest, named = ran.path(value), _named(ran, value)
    base = path.rpartition("/")[2]
    into = value.endswith("/") or dest in (ran.home, "/") or dest.rpartition("/")[2] in ("", *FOLDERS)
    yield (shown(f"{dest.rstrip('/')}/{base}"), f"{named.rstrip('/')}/{base}") if into else (shown(dest), named)


def _named(ran: Ran, value: str) -> str:
    """A path as another command may name it: with `~`, where it was written so."""
    path = ran.path(value)
    every = (*ran.event.args, *(each.target for each in ran.event.redirects))
    text = next((arg.word.text for arg in every if arg.value == value and arg.word is not None), "")
    return shown(path) if text.lstrip("\"'").startswith(("~", "$HOME", "${HOME}")) else as_shell(path) or path
