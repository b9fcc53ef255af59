"""Downloads that are piped into what unpacks them, taken apart, so that each may be in a stage of its own.

`A | B` becomes `A > F`, `B < F` and `rm F`: the file is lent to B by a bind mount, and its `rm` goes with that (DESIGN §5.7).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from dfrefactor import shell
from dfrefactor.dockerfile.instructions import Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import Region
from dfrefactor.effects.trace import Event, Unit
from dfrefactor.facts import Facts
from dfrefactor.lazy import dataclass, regex
from dfrefactor.stages import Split, names
from dfrefactor.text.edit import Edit, apply, composed
from dfrefactor.text.source import Source, Span

_UNPACK = frozenset(("tar", "compress"))
"""Handlers of commands that take archives: what is piped into others is mostly text, and no work."""
_ARCHIVE = regex(r"(?i)\.(?:tar(?:\.\w+)?|t[gbx]z2?|gz|bz2|xz|zst)(?=\Z|[?#])")

_ANY = Region("/tmp/\ue004", "file")
"""A file in /tmp that nobody names: what removes it removes all that is there, which a mounted file does not bear."""


@dataclass(frozen=True)
class Pipe:
    """A pipe that can be taken apart by `edits`, a file holding what ran through it.

    `was` is the unit as the guard names it, `download` what is in front of the pipe.  `passed_over`: the pipe does not see the
    download fail.
    """

    file: str
    edits: tuple[Edit, ...]
    was: str
    download: str
    passed_over: bool


@dataclass(frozen=True)
class Divided:
    """A document with some pipes of one stage taken apart."""

    before: Facts
    facts: Facts
    stage: Stage
    pipes: tuple[Pipe, ...]

    @property
    def edits(self) -> tuple[Edit, ...]:
        return tuple(edit for pipe in self.pipes for edit in pipe.edits)

    def made_in(self, split: Split) -> Split:
        """`split`, a split of this document, as one of the document before its pipes were taken apart."""
        new = {f"RUN {pipe.download}" for pipe in self.pipes}
        gone = {part for part in split.gone if not any(pipe.file in part for pipe in self.pipes)}
        edits = tuple(composed(self.before.source.text, self.edits, split.edits))
        return replace(split, edits=edits, gone=frozenset(gone | {pipe.was for pipe in self.pipes}), new=split.new | new)


def divided(facts: Facts, stage: Stage, pipes: Sequence[Pipe]) -> Divided:
    """The document of `facts` with `pipes`, those of `stage`, taken apart."""
    source = facts.source
    text = apply(source.text, (edit for pipe in pipes for edit in pipe.edits))
    there = Facts(Document(Source(text, source.path)), facts.settings)
    return Divided(facts, there, there.document.stages[stage.index], tuple(pipes))


def pipes(facts: Facts, stage: Stage) -> Iterator[Pipe]:
    """The pipes of `stage` that may be taken apart."""
    taken = set[str]()
    for run in stage.instructions:
        if not isinstance(run, Run) or "|" not in run.args or _is_whole(run, facts):
            continue
        units = facts.step(run).units
        for at, (unit, item) in enumerate(zip(units, shell.parse(run.args).items, strict=False)):
            if isinstance(item.command, shell.Pipeline) and not item.command.negated and not (at and unit.blocked):
                joins = {each.joins for each in units[max(at - 1, 0) : at + 1]} - {""}
                gap = facts.source.text[slice(*run.span_of(units[at - 1].end, unit.start))] if at else ""
                if joins <= {"&&"} or joins <= {";"}:
                    yield from _pipe(facts, run, unit, item.command, "".join(joins) or "&&", gap, taken)


def _is_whole(run: Run, facts: Facts) -> bool:
    """Whether a RUN is not taken apart at all."""
    return bool(run.is_json or run.flags or run.heredocs or run in facts.hints)


def _pipe(facts: Facts, run: Run, unit: Unit, line: shell.Pipeline, joins: str, gap: str, taken: set[str]) -> Iterator[Pipe]:
    first, second = line.commands[:2]
    between = Span(first.span.end, second.span.start)
    bar = run.args.find("|", between.start, between.end)
    told = [event for event in unit.events if event.span == first.span]
    by = [each for each in unit.events if second.span.holds(each.span) and each.entry and each.entry.handler in _UNPACK]
    if len(told) != 1 or not by or not _only_downloads(told[0]) or run.args[bar : bar + 2] == "|&":
        return
    if not isinstance(second, shell.Simple) or any(each.operator.startswith("<") for each in second.redirects):
        return
    swept = any(region.overlaps(_ANY) for each in facts.step(run).units for region in each.effects.removes)
    file = _file(told[0], "" if swept and unit.before.user == "root" else "/tmp", facts.source.text, taken)
    taken.add(file)
    closing = f"{' ' if joins == '&&' else ''}{joins} rm {file}"
    breaks = "\n" in facts.source.text[slice(*run.span_of(*between))] and "\n" in gap and "#" not in gap
    turn = Edit(run.span_of(*between), gap) if breaks else Edit(run.span_of(bar, bar + 1), joins)

    def put(at: int, text: str) -> Edit:
        place = run.span_of(at, at).start
        return Edit(Span(place, place), text)

    ends = [put(unit.end, f" < {file}{closing}")] if second.span.end == unit.end else [
        put(second.span.end, f" < {file}"), put(unit.end, closing)
    ]  # fmt: skip
    said = " ".join(run.args[slice(*first.span)].split())
    was = f"RUN {' '.join(run.args[unit.start : unit.end].split())}"
    over = unit.before.flags.get("pipefail", False) is not True
    yield Pipe(file, (put(first.span.end, f" > {file}"), turn, *ends), was, f"{said} > {file}", over)


def _only_downloads(event: Event) -> bool:
    """Whether a command prints what it downloads, and does nothing else."""
    effects = event.effects
    alone = effects.network and effects.heavy and not effects.touched - effects.leftovers and not effects.system_writes
    return effects.grade is Grade.EXACT and alone and not event.unread and all(each.fd == "2" for each in event.redirects)


def _file(event: Event, folder: str, text: str, taken: Collection[str]) -> str:
    """A file in `folder` that the text does not speak of, called as what is downloaded into it, without its version."""
    address = next((arg.value for arg in event.args if "://" in arg.value), "")
    ending = found[0] if (found := _ARCHIVE.search(address)) else ""
    path = re.split(r"[?#]", address)[0]
    name = next(iter([*names.of_addresses([address]), *names.of_paths([path.rpartition("/")[2]])]), "") or "archive"
    name = re.sub(r"[^a-z0-9.-]+", "-", name)
    every = (f"{folder}/{name}{number}{ending.lower()}" for number in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(file for file in every if file not in taken and not re.search(rf"(?<![\w/.:}}-]){re.escape(file)}", text))
