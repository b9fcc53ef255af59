"""Check what a pass did to a file, every time: nothing is lost, repeated or changed but what a finding names.

The guard knows no pass and trusts none: it reads both texts afresh and compares what they say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dfrefactor import buildkit
from dfrefactor.dockerfile.instructions import Copy, Env, Label
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.finding import Finding
from dfrefactor.lazy import regex
from dfrefactor.parts import parts
from dfrefactor.text.source import Span

REPEATABLE = frozenset(("FROM", "ARG", "ENV", "WORKDIR", "USER", "SHELL"))
"""Instructions that a new stage may say again."""
_MOUNTS = regex(r" \[--[^\]]*\]\Z")
"""What `parts` says of a RUN's flags: a comment above it speaks of its commands."""
_CONFIG = ("CMD", "ENTRYPOINT", "USER", "WORKDIR", "HEALTHCHECK", "SHELL", "STOPSIGNAL")


def complaints(before: Document, after: Document, findings: Sequence[Finding]) -> list[str]:
    """What is wrong with `after`, worst first; [] where it may be written."""
    if wrong := buildkit.errors(after):
        error = wrong[0]
        return [f"the result does not parse: line {error.line}: {error.message}"]
    gone, new, config = (
        frozenset(name for finding in findings for name in getattr(finding, field)) for field in ("gone", "new", "config")
    )
    directives = [item for item in before.directives.items() if item not in after.directives.items()]
    return [
        *_parts_wrong(before, after, gone, new | config),
        *_comments_wrong(before, after, gone),
        *(f"directive lost: # {name}={value}" for name, value in directives),
        *_config_wrong(before, after, config),
    ]


def _parts_wrong(before: Document, after: Document, gone: frozenset[str], named: frozenset[str]) -> Iterator[str]:
    had = Counter(part for i in before.instructions for part in parts(i))
    has = Counter(part for i in after.instructions for part in parts(i))
    names = {stage.name for stage in after.stages} - {stage.name for stage in before.stages}
    for part in had - has:
        if part not in gone and part.partition(" ")[0] != "FROM":
            yield f"lost: {part}"
    moved = [i for i in after.instructions if isinstance(i, Copy) and (i.from_ or "").lower() in names]
    copies = {part for i in moved for part in parts(i)}
    for part in has - had:
        keyword = part.partition(" ")[0]
        again = keyword in REPEATABLE and (part in had or keyword == "FROM")
        if not again and part not in copies and not {part, part.partition("=")[0]} & named:
            yield f"new or repeated: {part}"


def _comments_wrong(before: Document, after: Document, gone: frozenset[str]) -> Iterator[str]:
    had, has = _comments(before), _comments(after)
    for text, count in (Counter(t for t, _ in had) - Counter(t for t, _ in has)).items():
        if f"comment {text}" not in gone:
            yield f"comment lost ({count}): {text}"
    places: dict[str, set[str]] = {}
    for text, below in has:
        places.setdefault(text, set()).update(below)
    for text, below in had:
        if below and not below & places.get(text, set()) and not below <= gone:
            yield f"comment no longer at its instruction: {text}"


def _comments(document: Document) -> list[tuple[str, frozenset[str]]]:
    """Each comment, with the parts of the instruction it stands above or inside of."""
    owners: dict[Span, frozenset[str]] = {}
    for instruction in document.instructions:
        mine = [*instruction.leading, *(t for t in instruction.node.tokens() if t.kind == "COMMENT")]
        below = frozenset(_MOUNTS.sub("", part) for part in parts(instruction)) if mine else frozenset()
        owners |= dict.fromkeys((token.span for token in mine), below)
    comments = (token for token in document.tree.tokens() if token.kind == "COMMENT")
    return [(" ".join(token.text.split()), owners.get(token.span, frozenset())) for token in comments]


def _config_wrong(before: Document, after: Document, allowed: frozenset[str]) -> Iterator[str]:
    for old, new in _pairs(before, after):
        if new is None:
            yield f"stage lost: {old.name or old.index}"
            continue
        first, second = _config(old), _config(new)
        for key in first.keys() | second.keys():
            if first.get(key) != second.get(key) and key not in allowed:
                yield f"stage {old.name or old.index}: {key} is no longer the same"


def _pairs(before: Document, after: Document) -> Iterator[tuple[Stage, Stage | None]]:
    """Each old stage and the one that is it now: the last for the last, an unnamed one by what it is made of.

    Else by name, and by place among those of one name: a name may stand twice.
    """
    names = {stage.name for stage in before.stages if stage.name}
    heirs = {name: iter([stage for stage in after.stages if stage.name == name]) for name in names}
    rest = [stage for stage in after.stages[:-1] if stage.name not in heirs]
    for stage in before.stages:
        if stage is before.stages[-1]:
            yield stage, after.stages[-1]
        elif stage.name:
            yield stage, next(heirs[stage.name], None)
        else:
            mine = _parts_of(stage)
            found = max(rest, key=lambda other: (len(mine & _parts_of(other)), other.index), default=None)
            if found:
                rest.remove(found)
            yield stage, found


def _parts_of(stage: Stage) -> set[str]:
    return {part for instruction in stage.instructions for part in parts(instruction)}


def _config(stage: Stage) -> dict[str, object]:
    """The runtime configuration a stage ends with, as written; what it inherits from stages of this file included."""
    found: dict[str, object] = {"FROM": (stage.chain[0].base, stage.chain[0].platform)}
    below: set[str] = set()
    for each in stage.chain:
        for instruction in each.instructions[1:]:
            keyword = instruction.keyword
            if isinstance(instruction, Env | Label):
                found |= {f"{keyword} {pair.key}": pair.value for pair in instruction.pairs}
            elif keyword in _CONFIG:
                found[keyword] = instruction.args
                if keyword == "ENTRYPOINT" and "CMD" in below:
                    found["CMD"] = "null"  # FACTS, stages: a parent's CMD is lost below a child's ENTRYPOINT
            elif keyword in ("EXPOSE", "VOLUME", "ONBUILD"):
                items = instruction.words if keyword != "ONBUILD" else ()
                found |= {f"{keyword} {text}": True for text in [word.text for word in items] or [instruction.args]}
        below |= {instruction.keyword for instruction in each.instructions}
    return found
