"""Follows a credential into files: who wrote it there, who reads that, and who takes it away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from refactor.credentials.carriers import DIR
from refactor.credentials.paths import covers
from refactor.credentials.reading import Ran, Reading, Wrote
from refactor.credentials.tools import tool
from refactor.credentials.types import Carrier
from refactor.instructions import Instruction
from refactor.source import Span

REMOVES = frozenset(("rm", "shred", "unlink", "srm"))
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
    if written.kept:
        clean = () if written.refused else tuple(each.replace(DIR, _folder(wrote)) for each in written.clean)
        yield Carrier(written.path or written.refused, wrote.instruction, wrote.stage, clean=clean, kept=True)
        return
    yield from trace(reading, written.path, wrote.instruction, wrote.stage)


def _folder(wrote: Wrote) -> str:
    """The clone's folder for a command that runs anywhere: absolute where that is known."""
    path = wrote.written.path.removesuffix("/config").removesuffix("/.git")
    return path if path.startswith(("/", "~")) else wrote.written.folder


def trace(reading: Reading, path: str, by: Instruction, stage: int, seen: frozenset[str] = frozenset()) -> Iterator[Carrier]:
    """The file at `path` from the step that made it on, and its copies."""
    readers: list[Instruction] = []
    removed: Instruction | None = None
    copies: list[tuple[str, Instruction]] = []
    for ran in _later(reading, by, stage):
        touch = touches(ran, path)
        if touch == "removes":
            removed = ran.instruction
            break
        if touch == "copies":
            copies += [(each, ran.instruction) for each in _targets(ran, path)]
        if touch:
            readers.append(ran.instruction)
        if touch == "copies" and ran.name == "mv":
            removed = ran.instruction
            break
    yield Carrier(path, by, stage, removed, tuple(dict.fromkeys(r for r in readers if r is not by)))
    for each, instruction in copies:
        if each not in seen | {path}:
            yield from trace(reading, each, instruction, stage, seen | {path})


def _later(reading: Reading, by: Instruction, stage: int) -> Iterator[Ran]:
    """Commands of the stage, and of stages FROM it, from that instruction on."""
    stages = {stage}
    for each in reading.document.stages:
        if getattr(each.base, "index", None) in stages:
            stages.add(each.index)
    for ran in reading.ran:
        if ran.stage in stages and ran.instruction.span >= by.span:
            yield ran


def touches(ran: Ran, path: str) -> str:
    """What a command does with the file at `path`: "removes", "copies", "reads", or "" for nothing known."""
    named = [word for word in ran.words[1:] if _names(ran, word.text, path)]
    if ran.name in REMOVES:
        return "removes" if named else ""
    if ran.name in _MOVES and named:
        return "copies" if named[0] is not ran.words[-1] else ""
    if ran.name == "find" and "-delete" in [word.value for word in ran.words]:
        return ""
    if named and ran.name not in ("echo", "printf", "mkdir", "touch", "cd"):
        return "reads"
    entry = tool(ran.name)
    if entry is not None and any(_reads(ran, file, path) for file in entry.files):
        return "reads"
    redirects = [r.target.text for r in ran.simple.redirects if r.target is not None and r.operator == "<"]
    return "reads" if any(ran.place.path(text) == path for text in redirects) else ""


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


def _targets(ran: Ran, path: str) -> Iterator[str]:
    dest = ran.place.path(ran.words[-1].text)
    text = ran.words[-1].text
    base = path.rpartition("/")[2]
    yield f"{dest}/{base}" if text.endswith("/") or dest.rpartition("/")[2] in ("~", ".ssh", ".aws", ".docker", "") else dest
