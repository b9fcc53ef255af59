r"""Put what changes often behind what does not need it, so that a change builds less again.

A step is built again when anything above it changes: a build argument that it could see, a file that was copied before it.
An ARG goes down to the first instruction that reads it, and so does an ENV that says a version:

    FROM debian
    ARG TOOL_VERSION=1.2
    RUN apt-get update && apt-get install -y curl
    RUN curl -o /usr/local/bin/tool https://example.org/tool-${TOOL_VERSION}
    ->
    FROM debian
    RUN apt-get update && apt-get install -y curl
    ARG TOOL_VERSION=1.2
    RUN curl -o /usr/local/bin/tool https://example.org/tool-${TOOL_VERSION}

What is copied goes behind packages that are installed without it:

    FROM debian
    COPY . /app
    RUN apt-get update && apt-get install -y make
    RUN make -C /app
    ->
    FROM debian
    RUN apt-get update && apt-get install -y make
    COPY . /app
    RUN make -C /app

What a step may read stays in front of it:

    FROM debian
    COPY sources.list /etc/apt/sources.list
    RUN apt-get update && apt-get install -y make

    FROM debian
    ARG DEBIAN_FRONTEND=noninteractive
    RUN apt-get update && apt-get install -y make

    FROM node
    WORKDIR /app
    COPY . .
    RUN npm ci

Of a project that is copied before its packages are installed, the files that the installer reads come first, where the build
context is beside the Dockerfile: `COPY . .` and `RUN npm ci` become `COPY package.json package-lock.json ./`, `RUN npm ci` and
`COPY . .`.  That is unsafe, and says why, where those files have the installer read or run others.

So does what changes no more often than what is behind it.  From what changes most to what changes least: what a commit or a date
says, the files of a project, what other stages built, versions, single files and manifests, packages of the system.

Safe: an instruction moves only over those that are known neither to read what it sets or brings nor to touch the same files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from dfrefactor import stages as extract
from dfrefactor.dockerfile.instructions import Arg, Env, Instruction, Label
from dfrefactor.dockerfile.model import Stage
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.settings import Settings
from dfrefactor.stages import ordering
from dfrefactor.stages.atoms import Atom
from dfrefactor.stages.cut import stands_apart
from dfrefactor.stages.manifests import Ahead, ahead, copied_first
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

RULE = "order-layers"


def order_layers(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """What goes to one place at a time: the next run finds the next one in the new text.  What is not allowed is told only."""
    for stage in facts.document.stages:
        if extract.stage_refusal(stage) or not ordering.may_pay(facts, stage):
            continue
        places = [list(each) for _, each in groupby(extract.atoms(facts, stage, RULE), key=lambda atom: atom.place)]
        if move := ordering.chosen(stage, places):
            yield _finding(stage, places, move)
            return
        for at in range(len(places)):
            if first := ahead(places, at, facts):
                yield (finding := _copied_first(stage, places, at, first))
                if finding.safety <= settings.allow:
                    return


def _finding(stage: Stage, places: Sequence[list[Atom]], move: ordering.Move) -> Finding:
    block, to, reader = move
    moved = [places[at][0].instruction for at in block]
    text, newline = stage.document.source.text, stage.document.source.newline
    pieces = [[places[at][0].instruction for at in piece] for piece in ordering.pieces(block)]
    spans = [Span(piece[0].start, piece[-1].span.end) for piece in pieces]
    apart = [stands_apart(text, span.start) for span in spans]
    blank = [re.match(r"(?:[ \t]*\r?\n)+", text[span.end :]) for span in spans]
    target = places[to if reader else to - 1][0].instruction
    place = target.start if reader else target.span.end
    put = text[slice(*spans[0])]
    for span, is_apart in zip(spans[1:], apart[1:], strict=True):
        put += (newline if is_apart else "") + text[slice(*span)]
    ends = re.match(r"[ \t]*\r?\n", text[place:]) is not None
    long = any(isinstance(each, Label) or each.lines[0] < each.lines[1] for each in moved)
    if not reader and (apart[0] or ends or (long and place == len(text))):
        put = newline + put
    if blank[-1] and (long or (reader and target.leading)) and not (ends or place == len(text)):
        put += newline
    gone = [
        Edit(Span(span.start, span.end + (blank.end() if is_apart and blank else 0)), "")
        for span, is_apart, blank in zip(spans, apart, blank, strict=True)
    ]
    edits = (*gone, Edit(Span(place, place), put))
    here = ordering.steps(places, ordering.first_again(places, block[0]))
    there = ordering.steps(places, to) + sum(places[at][0].is_step for at in block)
    names = list(dict.fromkeys(f"`{name}`" for each in moved for name in _called(each)))
    if len(names) > _NAMED:
        names[_NAMED - 1 :] = [f"{len(names) - _NAMED + 1} more"]
    are, them, stand = ("are", "one of them", "they stand") if len(names) > 1 else ("is", "it", "it stands")
    steps = f"{here} step{'s' * (here != 1)}"
    then = f"and {f'only {there}' if there else 'none'} once {stand} there"
    message = f"{_listed(names)} {are} needed further down only: a change of {them} builds {steps} again, {then}"
    return Finding(RULE, moved[0].span, message, edits, severity=Severity.WARNING)


def _copied_first(stage: Stage, places: Sequence[list[Atom]], at: int, first: Ahead) -> Finding:
    """The manifests are copied where all was, and all behind what installs."""
    copy = places[at][0].instruction
    edits, gone, new = copied_first(stage, copy, places[first.run], first)
    reads = f"`{first.what}` reads {_listed(first.files)} of what `{_brings(copy)}` brings"
    message = f"{reads}: where those are copied first, a change of another file does not install again"
    safety = Safety.UNSAFE if first.doubts else Safety.SAFE
    return Finding(RULE, copy.span, message, edits, safety, first.doubts, gone=gone, new=new, severity=Severity.WARNING)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


_NAMED = 4


def _called(instruction: Instruction) -> Iterator[str]:
    if isinstance(instruction, Arg | Env):
        yield from (pair.key for pair in instruction.pairs)
    elif not isinstance(instruction, Label):
        yield _brings(instruction)


def _brings(instruction: Instruction) -> str:
    return f"{instruction.keyword} {' '.join(instruction.args.split())}"
