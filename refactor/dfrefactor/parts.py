"""What an instruction is made of, as text that stays the same wherever it is moved: the guard counts it."""

from __future__ import annotations

from collections.abc import Iterator

from dfrefactor import shell
from dfrefactor.dockerfile.instructions import Add, Arg, Copy, Env, From, Instruction, Label, Run


def units(run: Run) -> tuple[str, ...]:
    """The commands of a RUN's top-level list, as written; the whole of a RUN that is not plain shell."""
    text = run.args
    if run.is_json or run.heredocs:
        return (" ".join([text, *(h.content for h in run.heredocs)]),)
    items = shell.parse(text).items
    return tuple(text[slice(*item.command.span)] for item in items)


def parts(instruction: Instruction) -> Iterator[str]:
    """What must be there as often after a rewrite as before, a text each: units, copied sources, whole instructions."""
    flags = " ".join(map(str, instruction.flags))
    if isinstance(instruction, Run):
        mounts = f" [{flags}]" if flags else ""
        yield from (f"RUN {' '.join(unit.split())}{mounts}" for unit in units(instruction))
    elif isinstance(instruction, Copy | Add):
        bodies = "".join(h.content for h in instruction.heredocs)
        for source in instruction.sources:
            yield f"{instruction.keyword} {flags} {source.text} {instruction.dest.text} {bodies}"
    elif isinstance(instruction, Env | Label | Arg):
        yield from (f"{instruction.keyword} {pair.key}={pair.value}" for pair in instruction.pairs)
    elif isinstance(instruction, From):
        yield f"FROM {instruction.image}"  # a stage's name is no part of what it does
    else:
        yield " ".join(filter(None, [instruction.keyword, flags, " ".join(instruction.args.split())]))
