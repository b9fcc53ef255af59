"""A build of a copy of the file in which steps run under a tracer: base and layers stay as they are.

The tracer comes in by a bind mount, what it writes goes to a cache mount of this build alone, and one more build takes it out:
nothing of either is in a layer.  A RUN in shell form becomes the same call in exec form, which is what a builder makes of it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dfrefactor.dockerfile.instructions import Instruction, Run, Transfer
from dfrefactor.dockerfile.model import Document, Stage, parse
from dfrefactor.dockerfile.scope import Scope, Scopes
from dfrefactor.engine import bases, strace, tracer
from dfrefactor.engine.bases import Base, Build
from dfrefactor.engine.build import Built, Options
from dfrefactor.engine.builders import Docker
from dfrefactor.lazy import dataclass
from dfrefactor.text.edit import Edit, apply
from dfrefactor.text.source import Source, Span

CONTEXT, TOOLS, OUTPUT = "dfrefactor-tracer", "/.t", "/.o"
_ADDED = 1, 2
"""Stages and instructions that are put in front."""
LONGEST = 60_000
"""Bytes of a line; builders refuse more than 65,535."""


@dataclass(frozen=True)
class Copy:
    """The file with some of its RUNs under the tracer; `numbers` are the names of what it writes about them."""

    document: Document
    numbers: Mapping[Instruction, str]
    untraced: Mapping[Instruction, str]
    """Why some of those that were wanted are not."""


@dataclass(frozen=True)
class Watched:
    """What a traced build left: an image for each of `leaves`, stages of `document`, and what was seen of the file's RUNs."""

    document: Document
    leaves: tuple[Stage, ...]
    built: tuple[Built, ...]
    traces: Mapping[Instruction, strace.Trace] = field(default_factory=dict)
    untraced: Mapping[Instruction, str] = field(default_factory=dict)
    scopes: Mapping[Instruction, Scope] = field(default_factory=dict)
    own: Mapping[Instruction, Instruction] = field(default_factory=dict)
    """The file's instructions, by those of `document`."""


def cut(document: Document, leaf: Stage) -> bytes:
    """The file cut off behind the stage: a stage without a name can't be asked for."""
    return Source(document.source.text[: leaf.instructions[-1].span.end]).data


def plain(build: Build, document: Document, leaves: Sequence[Stage], context: Path, options: Options, why: str,
          wanted: Iterable[Instruction]) -> Watched:  # fmt: skip
    """The build of the file as it is."""
    built = tuple(build("the file", cut(document, leaf), context, options) for leaf in leaves)
    own = {each: each for each in document.instructions}
    return Watched(document, tuple(leaves), built, untraced=dict.fromkeys(wanted, why), own=own)


def traced(
    builder: Docker, build: Build, document: Document, leaves: Sequence[Stage], wanted: Collection[Instruction],
    context: Path, options: Options, known: Mapping[str, Base],
) -> Watched:  # fmt: skip
    """The build of a copy of the file in which the `wanted` RUNs are traced.  Raises EngineError."""
    scopes = _scopes(document, leaves, known)
    ident = f"dfrefactor-{uuid.uuid4().hex}"
    copy = instrumented(document, wanted, scopes, ident)
    if not copy.numbers:
        return replace(plain(build, document, leaves, context, options, "", ()), untraced=copy.untraced)
    with TemporaryDirectory(prefix="dfrefactor-") as folder:
        tools, out = Path(folder, "tracer"), Path(folder, "traces")
        tools.mkdir()
        tracer.put(tools, builder, options, next((base.architecture for base in known.values()), None))
        options = replace(options, build_contexts=(*options.build_contexts, f"{CONTEXT}={tools}"))
        ends = [copy.document.stages[leaf.index + _ADDED[0]] for leaf in leaves]
        try:
            # All in one build, for a cache mount is another one where its beginning was sent again; then come the images.
            whole = cut(copy.document, ends[-1]) + _taking(ident, [str(leaf.name) for leaf in ends])
            builder.files(whole, context, options, out)
            options = replace(options, no_cache=False)
            built = tuple(build("the file", cut(copy.document, leaf), context, options) for leaf in ends)
        finally:
            builder.forget(ident)
        traces = {}
        for instruction, number in copy.numbers.items():
            file = out / number
            text = file.read_bytes().decode("utf-8", "surrogateescape") if file.is_file() else ""
            traces[instruction] = strace.read(text, scopes[instruction].workdir)
    first = document.instructions.index(document.stages[0].from_)
    added = copy.document.instructions
    own = dict(zip((*added[:first], *added[first + _ADDED[1] :]), document.instructions, strict=True))
    return Watched(copy.document, tuple(ends), built, traces, copy.untraced, scopes, own)


def _scopes(document: Document, leaves: Iterable[Stage], known: Mapping[str, Base]) -> dict[Instruction, Scope]:
    every = Scopes(document, bases.starting(known))
    stages = {stage.index: stage for leaf in leaves for stage in leaf.chain}
    pairs = (pair for stage in stages.values() for pair in zip(stage.instructions, every.of(stage), strict=True))
    return dict(pairs)


def instrumented(document: Document, wanted: Collection[Instruction], scopes: Mapping[Instruction, Scope], ident: str) -> Copy:
    """A copy of the file in which the `wanted` RUNs run under the tracer, and every stage has a name."""
    mounts = _mounts(ident)
    edits, numbers, untraced = list[Edit](), dict[Instruction, str](), dict[Instruction, str]()
    text, taken = document.source.text, {stage.name for stage in document.stages}
    # A stage, for a context is sent anew for each stage that uses it, and a cache mount that starts as another one is another.
    start = document.stages[0].from_.span.start
    edits.append(Edit(Span(start, start), f"FROM scratch AS {ident}-tools\nCOPY --from={CONTEXT} . /\n"))
    for stage in document.stages:
        for each in stage.instructions:
            flag = next((flag for flag in each.flags if flag.name == "from" and (flag.value or "").isdecimal()), None)
            if isinstance(each, Transfer) and flag is not None:  # stages have other numbers now
                edits.append(Edit(flag.span, f"--from={int(flag.value or 0) + _ADDED[0]}"))
        if stage.label is None:
            end = stage.from_.span_of(0, len(stage.from_.args)).end
            name = next(name for at in range(len(taken) + 1) if (name := f"dfrefactor-{stage.index}-{at}") not in taken)
            edits.append(Edit(Span(end, end), f" AS {name}"))
    for instruction in wanted:
        assert isinstance(instruction, Run)
        words, why = argv(instruction, scopes[instruction])
        number = str(len(numbers))
        call = [*_loaded("strace"), *strace.OPTIONS, "-o", f"{OUTPUT}/{number}", *words]
        # `<` is written so that no word of it may open a here-document.
        form = json.dumps(call, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        flags = instruction.logical.text[: instruction.args_start].rstrip()
        line = f"{flags} {mounts} {form}"
        if not why and len(line.encode("utf-8", "surrogateescape")) > LONGEST:
            why = "it is too long for the tracer's command line"
        if why:
            untraced[instruction] = why
            continue
        numbers[instruction] = number
        end = instruction.span.end
        edits.append(Edit(Span(instruction.span.start, end), line + ("\n" if text[:end].endswith("\n") else "")))
    return Copy(parse(Source(apply(text, sorted(edits))).data), numbers, untraced)


def argv(run: Run, scope: Scope) -> tuple[list[str], str]:
    """What a builder runs for this RUN (dispatchRun of BuildKit), or why the tracer can't run it."""
    if run.is_json and not run.heredocs:
        words = [word.text for word in run.words]
        return words, "" if words else "it runs nothing"
    text = run.args
    if run.heredocs:
        body = run.heredocs[0].content
        if text.lstrip("0123456789").startswith("<<") and len(text.split()) == 1 and len(run.heredocs) == 1:
            if body.startswith("#!"):
                return [], "a here-document with an interpreter of its own is not traced"
            text = "\n".join(line.lstrip("\t") for line in body.split("\n")) if run.heredocs[0].chomp else body
        else:
            text += "".join(f"\n{each.content}{each.name}" for each in run.heredocs)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return [], "its text is not UTF-8"
    return [*scope.shell, text], ""


def _loaded(program: str) -> list[str]:
    """A program of the tracer with its own loader and libraries: nothing of the image is asked."""
    return [f"{TOOLS}/{tracer.LOADER}", "--library-path", f"{TOOLS}/{tracer.LIBRARIES}", f"{TOOLS}/{program}"]


def _mounts(ident: str) -> str:
    stage = f"{ident}-tools"
    return (f"--mount=type=bind,from={stage},target={TOOLS} "
            f"--mount=type=cache,target={OUTPUT},from={stage},source={tracer.OUTPUT},id={ident}")  # fmt: skip


def _taking(ident: str, leaves: Sequence[str]) -> bytes:
    """Stages that take out what the tracer wrote, when all stages that are looked at are there."""
    mounts = [_mounts(ident), *(f"--mount=type=bind,from={leaf},target=/.d{at}" for at, leaf in enumerate(leaves))]
    words = json.dumps([*_loaded("cp"), "-r", f"{OUTPUT}/.", "/traces"])
    return f"\nFROM scratch AS {ident}\nRUN {' '.join(mounts)} {words}\nFROM scratch\nCOPY --from={ident} /traces /\n".encode()
