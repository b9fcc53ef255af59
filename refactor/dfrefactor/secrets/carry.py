"""Follows a credential into files: who wrote it there, who reads that, and who takes it away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.secrets.carriers import DIR, everywhere
from dfrefactor.secrets.paths import covers
from dfrefactor.secrets.reading import Ran, Reading, Wrote
from dfrefactor.secrets.tools import files_of, tool
from dfrefactor.secrets.types import Carrier
from dfrefactor.secrets.values import variables
from dfrefactor.secrets.walking import PRINT
from dfrefactor.text.source import Span

REMOVES = frozenset(("rm", "shred", "unlink", "srm"))
SSH_KEY = re.compile(r"\bssh\b.*\s-i\s*([^\s\"']+)")
"""The key file in a command line of ssh, as git takes one."""
_MOVES = frozenset(("cp", "mv", "install", "ln"))


def carriers_of(reading: Reading, names: frozenset[str], literals: tuple[Span, ...]) -> tuple[Carrier, ...]:
    """The files that hold one of the variables' values or one of the literals."""
    found: list[Carrier] = []
    for wrote in reading.wrote:
        if wrote.names & names or set(wrote.values) & set(literals):
            found += _follow(reading, wrote)
    return tuple(found)


def _follow(reading: Reading, wrote: Wrote) -> Iterator[Carrier]:
    written = wrote.written
    at = wrote.text.span(written.command.span) if wrote.text else wrote.instruction.span
    if not written.kept:
        for carrier in trace(reading, written.path, wrote.instruction, wrote.stage, at, written.exact):
            yield (
                replace(carrier, clean=written.clean, local_clean=written.clean)
                if written.clean and carrier.path == written.path
                else carrier
            )
        return
    local = tuple(each.replace(DIR, written.folder) for each in written.clean)
    refused = written.refused
    folder = written.path.removesuffix("/config").removesuffix("/.git")
    known = folder.startswith(("/", "~")) and set(variables(folder)) <= written.place.scope.variables.keys()
    clean = tuple(each.replace(DIR, folder) for each in written.clean) if known else ()
    cleaned = [ran for ran in _later(reading, at, wrote.stage) if folder and _cleans(ran, folder)]
    removed = cleaned[0].instruction if cleaned else None
    spans = (at, *(ran.span for ran in cleaned))
    fetching = [ran for ran in _later(reading, at, wrote.stage) if folder and _fetches(ran, folder)]
    if fetching and not cleaned and clean:
        inside = "submodule" in [word.text for ran in fetching for word in ran.words]
        clean = (*clean, everywhere(False).replace(DIR, folder)) if inside else clean
        at, local, spans = fetching[-1].span, clean, (at, *(ran.span for ran in fetching))
        if any(ran.instruction is not wrote.instruction for ran in fetching):
            refused = f"line {fetching[-1].instruction.lines[0]} fetches with what the clone keeps in {written.path}"
    yield Carrier(written.path, wrote.instruction, wrote.stage, removed, (), clean, True, spans, at, local, refused=refused)


def _fetches(ran: Ran, folder: str) -> bool:
    """Whether a command of git authenticates with what the repository at `folder` keeps."""
    texts = [word.text for word in ran.words]
    if ran.name != "git" or not {"submodule", "pull", "fetch", "lfs", "push"} & set(texts) or "add" in texts:
        return False
    at = ran.place.path(texts[texts.index("-C") + 1]) if "-C" in texts[:-1] else ran.place.folder
    return covers(folder, at) or not at


def _cleans(ran: Ran, folder: str) -> bool:
    """Whether a command takes the credential out of the repository at `folder` again, or its `.git` away."""
    texts = [word.text for word in ran.words]
    if ran.name in REMOVES:
        return touches(ran, f"{folder}/.git/config") == "removes"
    if ran.name == "find":
        return "sed" in texts and any(ran.place.path(text) == f"{folder}/.git" for text in texts[1:])
    if ran.name != "git" or not {"set-url", "--unset-all", "--unset", "--remove-section", "remove", "rm"} & set(texts):
        return False
    at = ran.place.path(texts[texts.index("-C") + 1]) if "-C" in texts[:-1] else ran.place.folder
    return at == folder


def trace(
    reading: Reading, path: str, by: Instruction, stage: int, at: Span, exact: str = "", seen: frozenset[str] = frozenset()
) -> Iterator[Carrier]:
    """The file at `path` from the command that made it on, and its copies."""
    readers: list[Ran] = []
    added: list[Ran] = []
    removed: Ran | None = None
    copies: list[tuple[str, str, Ran]] = []
    for ran in _later(reading, at, stage):
        touch = touches(ran, path)
        if touch == "removes" or (touch == "copies" and ran.name == "mv"):
            removed = ran
        if touch == "copies":
            copies += [(*each, ran) for each in _targets(ran, path)]
        if removed:
            break
        if touch == "writes" and ran.instruction is not by:
            added.append(ran)
        elif touch:
            readers.append(ran)
    spans = tuple(ran.span for ran in [*readers, *added, *([removed] if removed else [])])
    steps = tuple(dict.fromkeys(r.instruction for r in readers if r.instruction is not by))
    yield Carrier(
        path,
        by,
        stage,
        removed.instruction if removed else None,
        steps,
        spans=(at, *spans),
        at=at,
        exact=exact,
        added=tuple(ran.instruction for ran in added),
    )
    for each, named, ran in copies:
        if each not in seen | {path}:
            yield from trace(reading, each, ran.instruction, stage, ran.span, named, seen | {path})


def _later(reading: Reading, at: Span, stage: int) -> Iterator[Ran]:
    """Commands of the stage, and of stages FROM it, behind the one at `at`."""
    stages = {stage}
    for each in reading.document.stages:
        if getattr(each.base, "index", None) in stages:
            stages.add(each.index)
    for ran in reading.ran:
        if ran.stage in stages and ran.span.start >= at.end:
            yield ran


def touches(ran: Ran, path: str) -> str:
    """What a command does with the file at `path`: "removes", "copies", "writes", "reads", or "" for nothing known."""
    named = [word for word in ran.words[1:] if _names(ran, word.text, path)]
    if ran.name in REMOVES:
        return "removes" if named else ""
    if ran.name in _MOVES and named:
        return "copies" if named[0] is not ran.words[-1] else ""
    if ran.name == "find" and "-delete" in [word.value for word in ran.words]:
        return ""
    if named and ran.into and ran.name in PRINT:
        return "copies"
    if any(ran.place.path(word.text) == path for word in ran.into):
        return "writes"
    if named and ran.name not in ("echo", "printf", "mkdir", "touch", "cd"):
        return "reads"
    entry = tool(ran.name)
    if entry is not None and any(_reads(ran, file, path) for file in files_of(entry, ran.words)):
        return "reads"
    keys = [key for text in _texts(ran) if (key := SSH_KEY.search(text))]
    if any(ran.place.path(key[1]) == path for key in keys):
        return "reads"
    redirects = [r.target.text for r in ran.simple.redirects if r.target is not None and r.operator == "<"]
    return "reads" if any(ran.place.path(text) == path for text in redirects) else ""


def _texts(ran: Ran) -> Iterator[str]:
    yield from (word.text for word in ran.words)
    yield from (a.value.text for a in ran.simple.assignments if a.value is not None)


def _reads(ran: Ran, file: str, path: str) -> bool:
    full = ran.place.path(file)
    return covers(full.rstrip("/"), path) if file.endswith("/") else full == path


def _names(ran: Ran, text: str, path: str) -> bool:
    bare = re.sub(r"^--?[\w-]+=", "", text).removeprefix("@").removeprefix("file:")
    if bare.startswith("-") or not bare:
        return False
    full = ran.place.path(bare)
    if ran.name in REMOVES and covers(full, path) and full != "/":
        return True
    return full == path or ("*" in full and fnmatchcase(path, full))


def _targets(ran: Ran, path: str) -> Iterator[tuple[str, str]]:
    """The files a command copies to, comparable and as a command may name them."""
    if ran.into:
        yield from ((ran.place.path(word.text), ran.place.exact(word.text)) for word in ran.into)
        return
    text = ran.words[-1].text
    dest, named = ran.place.path(text), ran.place.exact(text)
    base = path.rpartition("/")[2]
    into = text.endswith("/") or dest.rpartition("/")[2] in ("~", ".ssh", ".aws", ".docker", "")
    yield (f"{dest}/{base}", f"{named}/{base}") if into else (dest, named)
