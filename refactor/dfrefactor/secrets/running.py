"""Whether what the container runs may read a variable of its environment without the Dockerfile saying so."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dfrefactor.dockerfile.instructions import Add, Copy, Instruction
from dfrefactor.dockerfile.model import Document
from dfrefactor.effects.paths import covers
from dfrefactor.facts import Facts
from dfrefactor.lazy import regex
from dfrefactor.secrets.paths import of_scope
from dfrefactor.secrets.reading import read

_CODE = regex(r"\.(?:sh|bash|py|[cm]?[jt]s|[jt]sx|rb|php|pl|go|java|kt|cs|rs|exs?|scala|lua)$|(?:^|/)[^.]+$", re.I)
"""Names of programs' texts; one without an ending may be a script."""


def reader(facts: Facts, names: frozenset[str]) -> str:
    """What the container starts that names one of the variables, or may, as a clause; "" for nothing known.

    Where the build context is at hand the programs in it are looked into, but for those that only steps run.
    """
    starts = list(_starts(facts.document))
    if not starts or not names:
        return ""
    begun = {path: each for each in starts for path in _paths(facts, each)}
    if facts.tree is None:
        mine = ((path, each) for path, each in begun.items() if _is_brought(facts, path, each))
        return next((f"{each.keyword} (line {each.lines[0]}) starts {path}, which may read it" for path, each in mine), "")
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(names)))})(?![\w-])")
    ours = {posixpath.basename(path) for path in begun}
    built = facts.once(_built) - ours
    for path in facts.tree.paths:
        base = posixpath.basename(path)
        if _CODE.search(path) and base not in built and not re.search("dockerfile|makefile", base, re.I):
            if named.search(facts.tree.read(path) or ""):
                return f"{path} names it, and may run in the container"
    return ""


def _starts(document: Document) -> Iterator[Instruction]:
    """The last CMD and ENTRYPOINT."""
    every = [each for stage in reversed(document.stages[-1].chain) for each in stage.instructions]
    for keyword in ("ENTRYPOINT", "CMD"):
        yield from [each for each in every if each.keyword == keyword][-1:]


def _paths(facts: Facts, instruction: Instruction) -> Iterator[str]:
    """The words that may be files."""
    words = [word.text for word in instruction.words] if instruction.is_json else instruction.args.split()
    for word in (each.strip("\"'") for each in words):
        if word and not word.startswith("-"):
            yield of_scope(word, facts.scope(instruction))


def _is_brought(facts: Facts, path: str, instruction: Instruction) -> bool:
    """Whether a COPY or ADD of the build context may bring a file, by name or in a folder."""
    for stage in facts.document.stages[-1].chain:
        for each in stage.instructions:
            if isinstance(each, Copy | Add) and not each.flag("from") and each.words and each.span < instruction.span:
                dest = of_scope(each.dest.text, facts.scope(each))
                names = {posixpath.basename(source.text.rstrip("/")) for source in each.sources}
                folder = dest != "/" and any("." not in name for name in names)
                if path == dest or (covers(dest, path) and (folder or names & {posixpath.basename(path), ".", "*"})):
                    return True
    return False


def _built(facts: Facts) -> frozenset[str]:
    """The names of what steps run."""
    found: set[str] = set()
    for ran in facts.once(read).ran:
        words = [arg.value for arg in ran.event.args]
        script = next((word for word in words[1:] if not word.startswith("-")), "") if ran.entry.interprets else ""
        found |= {posixpath.basename(each) for each in (*words[:1], script) if each}
    return frozenset(found)
