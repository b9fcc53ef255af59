"""`dfrefactor observe FILE`: build the file once and propose hints from what its steps really did."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dfrefactor.cli.building import Request, build_options, errors, read

if TYPE_CHECKING:
    from dfrefactor.engine.observe import Observation


@click.command("observe")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "write", is_flag=True, help="Write the hints into the file.")
@build_options
def command(file: Path, write: bool, request: Request) -> None:
    """Build FILE once, see what each step really wrote and read, and propose hints (`# dfrefactor: writes=… reads=…`)
    for the steps static analysis does not see through.  Shows a diff; --apply writes it.

    Writes are seen from layers.  With BuildKit, steps run under a tracer (strace), which tells what they read, and asked
    for and did not find; where that can't be done, reads are guessed from the text, and the output says so.  A hint is
    taken as the whole truth about its step: `dfrefactor --apply --verify` what comes of it.
    """
    with errors():
        from dfrefactor.cli import show
        from dfrefactor.dockerfile.model import parse
        from dfrefactor.engine.builders import find
        from dfrefactor.engine.observe import observe
        from dfrefactor.facts import Facts
        from dfrefactor.text.shown import plain

        data = read(file)
        if show.rejected(Facts(parse(data, str(file))), "observe"):
            raise SystemExit(show.FAULTY)
        seen = observe(
            data, request.folder(file), engine=find(request.engine), options=request.options(file),
            secrets=request.secrets(), keep=request.keep,
        )  # fmt: skip
        click.echo("\n".join(plain(seen.mask(line)) for line in report(str(file), data, seen)))
        if write and seen.data != data:
            from dfrefactor.cli import files

            try:
                files.write(str(file), seen.data, before=data)
            except files.FileError as problem:
                raise click.ClickException(str(problem)) from None
            click.echo(f"{file}: written", err=True)


def report(path: str, data: bytes, seen: Observation) -> Iterator[str]:
    """The diff, then for every step what was left out of its hint, or why it gets none."""
    if not seen.proposals:
        yield f"{path}: every step is known or has a hint; nothing was built"
        return
    before, after = (text.decode("utf-8", "replace").split("\n") for text in (data, seen.data))
    yield from (line.rstrip("\r") for line in difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm=""))
    for one in seen.proposals:
        place = f"{path}:{one.line}"
        if one.reason:
            yield f"{place}: no hint: {one.reason}"
        if one.left_out:
            yield f"{place}: left out as temporary or noise: {', '.join(one.left_out)}"
        if not one.reason and one.proved:
            yield f"{place}: traced: reads= is what it looked at of what other steps leave"
        elif not one.reason:
            yield f"{place}: not traced: {one.untraced}" if one.untraced else f"{place}: not traced"
    if any(not (one.reason or one.proved) for one in seen.proposals):
        yield "not traced: reads= holds what earlier steps left where the step's text, variables and working folder point, and"
        yield "where commands and libraries are; what a step reads in another way no layer shows: add it before you keep the hint"
