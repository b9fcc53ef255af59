"""Reads a document for all that could concern a credential: a fold over the traces of its steps, and what no shell reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dfrefactor.dockerfile import expand
from dfrefactor.dockerfile.instructions import Add, Arg, Copy, Env, Instruction, Onbuild, Run
from dfrefactor.dockerfile.model import Stage
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.effects.instruction import of, secret_mounts, state_of
from dfrefactor.effects.paths import covers
from dfrefactor.effects.state import ROOT
from dfrefactor.effects.trace import Event, Trace
from dfrefactor.effects.units import trace
from dfrefactor.facts import Facts
from dfrefactor.lazy import regex
from dfrefactor.secrets import carriers, texts, values
from dfrefactor.secrets.brought import copied
from dfrefactor.secrets.carriers import Mounted, Reading, Sight, Where, Written, Wrote
from dfrefactor.secrets.hits import Hit, hits
from dfrefactor.secrets.paths import KEY_FILES, of_scope, real, shown, unkept
from dfrefactor.secrets.ran import Ran, Text
from dfrefactor.secrets.texts import Role
from dfrefactor.secrets.types import Declaration
from dfrefactor.text.source import Span

_WORD = regex(r"(?<![\w-])[A-Za-z_]\w{3,}(?![\w-])")


def read(facts: Facts) -> Reading:
    reading = Reading(facts.document)
    for arg in facts.document.global_args:
        _declare(reading, arg, -1)
    visible: dict[int, frozenset[str]] = {}
    for stage in facts.document.stages:
        names = visible[stage.base.index] if isinstance(stage.base, Stage) else frozenset()
        later = frozenset[str]()  # what ONBUILD declares is there for ONBUILD alone
        for instruction, scope in zip(stage.instructions, facts.scopes(stage), strict=True):
            if isinstance(instruction, Arg | Env):
                _declare(reading, instruction, stage.index)
                names |= {pair.key for pair in instruction.pairs}
            elif isinstance(instruction, Onbuild) and isinstance(instruction.trigger, Arg | Env):
                _declare(reading, instruction.trigger, stage.index, instruction)
                later |= {pair.key for pair in instruction.trigger.pairs}
            else:
                seen = names | later if isinstance(instruction, Onbuild) else names
                _Instruction(facts, reading, instruction, stage.index, scope, seen).read()
        visible[stage.index] = names
    return reading


def _declare(reading: Reading, instruction: Arg | Env, stage: int, by: Onbuild | None = None) -> None:
    for pair in instruction.pairs:
        reading.declarations.append(Declaration(by or instruction, pair, stage))
        for found in texts.positions(pair.value or ""):
            found = found.moved(pair.value_span.start)
            how = f"{found.how}, in {instruction.keyword} {pair.key}"
            names = frozenset(found.names) | ({pair.key} if found.value else frozenset())
            reading.sights.append(Sight(instruction, stage, names, found.span, how, value=found.value, where="declaration"))


class _Instruction:
    """One instruction being read; `visible` are the names that are declared above it, and those of its secret mounts."""

    def __init__(self, facts: Facts, reading: Reading, instruction: Instruction, stage: int, scope: Scope,
                 visible: frozenset[str]) -> None:  # fmt: skip
        self.facts, self.reading = facts, reading
        self.onbuild = isinstance(instruction, Onbuild)
        self.instruction = instruction.trigger if isinstance(instruction, Onbuild) else instruction
        run = self.instruction if isinstance(self.instruction, Run) else None
        secrets = tuple(secret_mounts(run, scope.workdir)) if run is not None else ()
        self.visible = visible - {variable for _, variable, _, _ in secrets} | {name for name, *_ in secrets}
        self.unkept = tuple(unkept(run, scope)) if run is not None else ()
        if run is not None and not self.onbuild:
            reading.mounted += [Mounted(name, path, mount, run, stage, self.unkept) for name, _, path, mount in secrets]
        self.stage, self.scope = stage, scope
        self.runs = self.instruction.keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK")
        step = self.instruction.keyword in ("RUN", "COPY", "ADD")
        self.where: Where = "onbuild" if self.onbuild else "step" if step else "runtime" if self.runs else "config"

    def read(self) -> None:
        instruction = self.instruction
        found = self._trace() if self.runs else None
        if found is not None:
            self._events(found)
        if found is None or (instruction.is_json and not isinstance(instruction, Run)):
            self._plain()
        if self.runs:
            self._bare()
        if self.onbuild or not isinstance(instruction, Copy | Add):
            return
        if instruction.words:
            self.reading.dests[instruction] = of_scope(instruction.dest.text, self.scope)
        self.reading.copied += [(each, self.stage) for each in copied(instruction, self.scope, self.facts.tree)]
        names = frozenset(n for h in instruction.heredocs if h.expand for n in _named(h.content)) & self.visible
        if names:
            written = Written(shown(of_scope(instruction.dest.text, self.scope)), exact=instruction.dest.text)
            self.reading.wrote.append(Wrote(instruction, self.stage, written, names, (), None))

    def _trace(self) -> Trace | None:
        instruction, catalog = self.instruction, self.facts.catalog
        if isinstance(instruction, Run):
            step = of(instruction, self.scope, None, catalog) if self.onbuild else self.facts.step(instruction)
            return step.trace
        if instruction.keyword == "HEALTHCHECK" or instruction.is_json:
            return None
        return trace(instruction.args, state_of(self.scope), catalog)

    def _events(self, found: Trace) -> None:
        text = Text(self.instruction, found.text)
        events = tuple(found.events)
        read = frozenset(each.origin.place for each in events if each.origin.shift not in (0, None))
        given: dict[str, Span] = {}
        literals: dict[str, Span] = {}
        ran: list[Ran] = []
        sourced = frozenset[str]()
        for event in events:
            every = self._unread(event, found.text) if event.unread and not event.args else hits(event, read, literals)
            if event.entry is not None and event.entry.handler == "source":
                sourced |= event.secrets
            seen = tuple(replace(hit, names=self._known(hit.names, sourced)) for hit in every)
            literals |= {found.text[slice(*hit.value)]: hit.value for hit in seen if hit.value}
            fed = tuple(ran[at] for at in event.fed)
            more = any((entry := self.facts.catalog.get(name)) is not None and "more" in (entry.runs or {}) for name in event.via)
            user, own = event.state.user, self.scope.user
            other = user != own and not (user in ROOT and (own is None or own in ROOT))
            one = Ran(self.instruction, self.stage, event, text, self.visible, fed, seen, more, other)
            around = [each for each in ran if each.event.span.holds(event.span) or _beyond(each)]
            errors = dict.fromkeys(path for each in (*around, one) for path in each.diverted)
            one = replace(one, traced=any(map(_traces, ran)), errors=tuple(errors))
            ran.append(one)
            for hit in one.given:
                self._sight(hit, text, given)
            _note(event, text, given)
            if self.where == "step":
                self._wrote(one)
        if self.where == "step":
            self.reading.ran += ran

    def _known(self, names: frozenset[str], sourced: frozenset[str]) -> frozenset[str]:
        """Those of the names that are declared; others that are called like secrets may be from a file that was `sourced`."""
        return names & self.visible | (sourced if any(map(values.looks_secret, names - self.visible)) else frozenset())

    def _unread(self, event: Event, whole: str) -> Iterator[Hit]:
        """What is not read is searched as plain text, and as if it were what we read: no position is lost by that."""
        text = whole[slice(*event.span)]
        shifted = replace(event.state, shell=("/bin/sh", "-c"))
        for each in trace(text, shifted, self.facts.catalog).events if event.span == Span(0, len(whole)) else ():
            yield from hits(each)
        for found in texts.positions(text):
            found = found.moved(event.span.start)
            yield Hit(frozenset(found.names), found.span, found.how, "", found.value)
        for name in sorted(_named(text)):
            yield Hit(frozenset({name}), event.span, "in shell text that is not read", "", role="mention")

    def _sight(self, hit: Hit, text: Text, given: dict[str, Span]) -> None:
        for name in hit.written if hit.role == "authenticate" and not hit.names else ():
            if name in given:
                self._see(frozenset(), given[name], hit.how, hit.command, given[name])
        if hit.names or hit.value:
            value = hit.value and text.span(hit.value)
            self._see(hit.names, text.span(hit.span), hit.how, hit.command, value, hit.role)

    def _see(self, names: frozenset[str], span: Span, how: str, command: str = "", value: Span | None = None,
             role: Role = "authenticate") -> None:  # fmt: skip
        self.reading.sights.append(Sight(self.instruction, self.stage, names, span, how, command, value, role, self.where))

    def _wrote(self, ran: Ran) -> None:
        for written in carriers.written(ran):
            if any(covers(folder, real(written.path)) for folder in self.unkept):
                continue  # it is in no layer
            names = frozenset(name for hit in written.hits for name in hit.names)
            literal = tuple(ran.text.span(hit.value) for hit in written.hits if hit.value)
            if names and KEY_FILES.search(written.path):
                self._see(names, ran.span, f"as the content of {written.path}", ran.name)
            if names or literal:
                self.reading.wrote.append(Wrote(self.instruction, self.stage, written, names, literal, ran))

    def _bare(self) -> None:
        """Names without a dollar: `os.environ["TOKEN"]` in a script that stands in the file, `printenv TOKEN`."""
        instruction = self.instruction
        text = "\n".join([instruction.args, *(h.content for h in instruction.heredocs)])
        seen = {name for sight in self.reading.sights if sight.instruction is instruction for name in sight.names}
        for name in sorted((set(_WORD.findall(text)) & self.visible) - seen):
            self._see(frozenset({name}), instruction.span_of(0, len(instruction.args)), "by name in a script", role="mention")

    def _plain(self) -> None:
        """Instructions whose variables Docker puts in, and JSON forms, whose programs may expand what they are given."""
        instruction, source = self.instruction, self.instruction.source.text
        pieces = [(word.text, word.span) for word in instruction.words]
        pieces += [(h.content, h.span) for h in instruction.heredocs if h.expand]
        for text, span in pieces:
            exact = source[slice(*span)] == text
            seen: set[str] = set()
            for found in texts.positions(text):
                names = frozenset(found.names) & self.visible
                seen |= names
                if names or found.value:
                    value = found.value and (found.value.moved(span.start) if exact else span)
                    self._see(names, span, found.how, instruction.keyword, value)
            for name in sorted((_named(text) & self.visible) - seen):
                self._see(frozenset({name}), span, f"by {instruction.keyword}", instruction.keyword, role="mention")


def _beyond(ran: Ran) -> bool:
    """Whether its redirections may hold for what stands elsewhere: for the rest of the shell, or in a function."""
    return ("ends" in (ran.entry.runs or {}) and len(ran.event.args) == 1) or (ran.event.wraps and ran.event.entry is None)


def _traces(ran: Ran) -> bool:
    """Whether it makes a shell write what it runs."""
    if ran.entry.handler != "set" and not ran.entry.shell:
        return False
    return any(re.fullmatch("-[a-zA-Z]*x[a-zA-Z]*|xtrace", arg.value) for arg in ran.event.args[1:])


def _note(event: Event, text: Text, given: dict[str, Span]) -> None:
    """Where literals were given to variables of the shell."""
    pairs = [(name, arg, 0) for name, arg in event.assigns]
    if event.entry is not None and event.entry.handler == "declare":
        words = [(arg, arg.word.text) for arg in event.args[1:] if arg.word and "=" in arg.word.text]
        pairs += [(arg.value.partition("=")[0], arg, text.index("=") + 1) for arg, text in words]
    for name, arg, start in pairs:
        word = arg.word
        if word is None or word.value is None or event.origin.shift is None:
            continue
        raw = word.text[start:]
        inner = raw.strip("\"'")
        if inner and not values.is_placeholder(inner) and not values.is_public(inner):
            place = Span(0, len(inner)).moved(word.span.start + start + raw.index(inner))
            given[name] = text.span(event.origin.span(place))


def _named(text: str) -> frozenset[str]:
    return frozenset(values.variables(text)) | expand.variables(text)
