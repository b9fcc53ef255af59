"""Reads a document for all that could concern a credential: declarations, positions, commands, files written and copied."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from dfrefactor.dockerfile import expand
from dfrefactor.dockerfile.instructions import Add, Arg, Copy, Env, Instruction, Onbuild, Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.images import scopes
from dfrefactor.secrets import carriers, texts, values
from dfrefactor.secrets.carriers import Written
from dfrefactor.secrets.commands import KEY_FILES, Hit, assigned, hits, piped
from dfrefactor.secrets.copies import Copied, copied
from dfrefactor.secrets.paths import Place
from dfrefactor.secrets.scripts import Shelled, shelled
from dfrefactor.secrets.texts import Role
from dfrefactor.secrets.tools import called
from dfrefactor.secrets.types import Declaration
from dfrefactor.secrets.walking import commands
from dfrefactor.shell import Simple, Word
from dfrefactor.text.source import Span

_WORD = re.compile(r"(?<![\w-])[A-Za-z_]\w{3,}(?![\w-])")
Where = Literal["step", "runtime", "config", "onbuild", "declaration"]


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
    sets: bool = False


@dataclass(frozen=True)
class Ran:
    """A command of a step, and where it stands."""

    instruction: Instruction
    stage: int
    simple: Simple
    place: Place
    text: Shelled
    visible: frozenset[str]
    into: tuple[Word, ...] = ()
    """The files its output goes to."""

    @property
    def span(self) -> Span:
        return self.text.span(self.simple.span)

    @property
    def name(self) -> str:
        return called(self.simple)[0]

    @property
    def words(self) -> tuple[Word, ...]:
        return called(self.simple)[1]


@dataclass(frozen=True)
class Wrote:
    """A file a command of a step wrote; `names` are declared variables whose value is in it, `values` literals."""

    instruction: Instruction
    stage: int
    written: Written
    names: frozenset[str]
    values: tuple[Span, ...]
    text: Shelled | None


@dataclass
class Reading:
    """All that was seen, in file order."""

    document: Document
    declarations: list[Declaration] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    wrote: list[Wrote] = field(default_factory=list)
    copied: list[tuple[Copied, int]] = field(default_factory=list)


def read(document: Document) -> Reading:
    reading = Reading(document)
    for arg in document.global_args:
        _declare(reading, arg, -1)
    visible: dict[int, frozenset[str]] = {}
    for stage in document.stages:
        names = visible[stage.base.index] if isinstance(stage.base, Stage) else frozenset()
        for instruction, scope in zip(stage.instructions, scopes(stage), strict=True):
            if isinstance(instruction, Arg | Env):
                _declare(reading, instruction, stage.index)
                names |= {pair.key for pair in instruction.pairs}
            else:
                _read(reading, instruction, stage.index, scope, names)
        visible[stage.index] = names
    return reading


def _declare(reading: Reading, instruction: Arg | Env, stage: int) -> None:
    for pair in instruction.pairs:
        reading.declarations.append(Declaration(instruction, pair, stage))
        if not pair.value:
            continue
        for found in texts.positions(pair.value):
            start = pair.value_span.start
            value = found.value and Span(start + found.value.start, start + found.value.end)
            span = Span(start + found.span.start, start + found.span.end)
            how = f"{found.how}, in {instruction.keyword} {pair.key}"
            names = frozenset(found.names) | ({pair.key} if value else frozenset())
            reading.sights.append(Sight(instruction, stage, names, span, how, value=value, where="declaration"))


def _read(
    reading: Reading, instruction: Instruction, stage: int, scope: Scope, visible: frozenset[str], onbuild: bool = False
) -> None:
    if isinstance(instruction, Onbuild):
        _read(reading, instruction.trigger, stage, scope, visible, True)
        return
    if isinstance(instruction, Run) or instruction.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
        where: Where = "onbuild" if onbuild else "step" if isinstance(instruction, Run) else "runtime"
        texts_seen = list(shelled(instruction))
        for text in texts_seen:
            _shell(reading, instruction, stage, text, Place(scope), visible, where)
        if not texts_seen:
            _plain(reading, instruction, stage, visible, where)
        _bare(reading, instruction, stage, visible - _mounted(instruction), where)
    else:
        where = "onbuild" if onbuild else "step" if isinstance(instruction, Copy | Add) else "config"
        _plain(reading, instruction, stage, visible, where)
        if isinstance(instruction, Copy | Add) and instruction.heredocs and not onbuild:
            names = frozenset(n for h in instruction.heredocs if h.expand for n in _named(h.content)) & visible
            path = Place(scope).path(instruction.dest.text)
            wrote = Written(path, (), Simple((), Span(0, 0)), Place(scope), exact=Place(scope).exact(instruction.dest.text))
            reading.wrote += [Wrote(instruction, stage, wrote, names, (), None)] if names else []
    if not onbuild:
        reading.copied += [(each, stage) for each in copied(instruction, scope)]


def _shell(
    reading: Reading, instruction: Instruction, stage: int, text: Shelled, place: Place, visible: frozenset[str], where: Where
) -> None:
    local: dict[str, frozenset[str]] = {}
    given: dict[str, Span] = {}
    mounted = _mounted(instruction)
    for simple, at, into, fed in commands(text.script, place):
        _assign(simple, local, given, visible)

        def declared(hit: Hit, local: dict[str, frozenset[str]] = local) -> frozenset[str]:
            found: set[str] = set()
            for name in hit.names:
                found |= local[name] if name in local else {name} & visible
            return frozenset(found) - mounted

        seen = [*hits(simple), *piped(simple, fed)]
        for hit in seen:
            names = declared(hit)
            for name in hit.names if hit.role == "authenticate" else ():
                if name in given and not names:
                    spot = text.span(given[name])
                    reading.sights.append(Sight(instruction, stage, frozenset(), spot, hit.how, hit.command, spot, where=where))
            if names or hit.value:
                value = hit.value and text.span(hit.value)
                sight = Sight(
                    instruction, stage, names, text.span(hit.span), hit.how, hit.command, value, hit.role, where, hit.sets
                )
                reading.sights.append(sight)
        if where == "step":
            reading.ran.append(Ran(instruction, stage, simple, at, text, visible - mounted, into))
            for written in carriers.written(simple, at, into, seen):
                names = frozenset(name for hit in written.hits for name in declared(hit))
                literal = tuple(text.span(hit.value) for hit in written.hits if hit.value)
                if names and KEY_FILES.search(written.path):
                    how = f"as the content of {written.path}"
                    reading.sights.append(Sight(instruction, stage, names, text.span(simple.span), how, called(simple)[0]))
                if names or literal:
                    reading.wrote.append(Wrote(instruction, stage, written, names, literal, text))


def _bare(reading: Reading, instruction: Instruction, stage: int, visible: frozenset[str], where: Where) -> None:
    """Names without a dollar: `os.environ["TOKEN"]` in a script that stands in the file, `printenv TOKEN`."""
    text = "\n".join([instruction.args, *(h.content for h in instruction.heredocs)])
    seen = {name for sight in reading.sights if sight.instruction is instruction for name in sight.names}
    for name in sorted((set(_WORD.findall(text)) & visible) - seen):
        span = instruction.span_of(0, len(instruction.args))
        reading.sights.append(
            Sight(instruction, stage, frozenset({name}), span, "by name in a script", role="mention", where=where)
        )


def _mounted(instruction: Instruction) -> frozenset[str]:
    """Variables that a secret mount already gives the step."""
    if not isinstance(instruction, Run):
        return frozenset()
    return frozenset(m.fields["env"] for m in instruction.mounts if m.type == "secret" and m.fields.get("env"))


def _assign(simple: Simple, local: dict[str, frozenset[str]], literal: dict[str, Span], visible: frozenset[str]) -> None:
    """Note which declared variables the shell variables of the RUN are made of, and where literals were given to them."""
    for name, value in assigned(simple):
        if not values.is_placeholder(value.text) and not values.is_public(value.text):
            literal[name] = value.span
    pairs = [(a.name, a.value.variables if a.value else frozenset()) for a in simple.assignments] if not simple.words else []
    if simple.words and simple.words[0].value in ("export", "declare", "local", "readonly"):
        pairs += [(word.text.partition("=")[0], word.variables) for word in simple.words[1:] if "=" in word.text]
    for name, names in pairs:
        found: set[str] = set()
        for each in names:
            found |= local.get(each, {each} & visible)
        if name not in visible or found != {name}:
            local[name] = frozenset(found)


def _plain(reading: Reading, instruction: Instruction, stage: int, visible: frozenset[str], where: Where) -> None:
    """Instructions whose variables Docker puts in, and JSON forms, whose programs may expand what they are given."""
    source = instruction.source.text
    pieces = [(word.text, word.span) for word in instruction.words]
    pieces += [(h.content, h.span) for h in instruction.heredocs if h.expand]
    for text, span in pieces:
        exact = source[slice(*span)] == text
        seen: set[str] = set()
        for found in texts.positions(text):
            names = frozenset(found.names) & visible
            seen |= names
            if names or found.value:
                value = found.value and (Span(span.start + found.value.start, span.start + found.value.end) if exact else span)
                reading.sights.append(
                    Sight(instruction, stage, names, span, found.how, instruction.keyword, value, "authenticate", where)
                )
        for name in sorted((_named(text) & visible) - seen):
            reading.sights.append(
                Sight(
                    instruction,
                    stage,
                    frozenset({name}),
                    span,
                    f"by {instruction.keyword}",
                    instruction.keyword,
                    None,
                    "mention",
                    where,
                )
            )


def _named(text: str) -> frozenset[str]:
    return frozenset(values.variables(text)) | expand.variables(text)
