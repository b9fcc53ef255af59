"""`dfrefactor graph FILE`: the stages and steps before and after, and what rebuilds when one changes."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import click

from dfrefactor.report.graph import FORMATS, Sides

if TYPE_CHECKING:
    from dfrefactor.cli.work import Choices
    from dfrefactor.engine.progress import Step
    from dfrefactor.report.graph import Graph
    from dfrefactor.report.graph.history import Replayed
    from dfrefactor.report.graph.measured import Measured
    from dfrefactor.result import Result
    from dfrefactor.text.source import Source

_WIDTH = 100


@click.command("graph", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("file", required=False, type=click.Path())
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="What the graph is written as (text).")
@click.option("--before", "sides", flag_value="before", help="Only the file as it is.")
@click.option("--after", "sides", flag_value="after", help="Only what the passes make of it.")
@click.option("--target", metavar="STAGE", help="The stage that is built; the last one unless given.")
@click.option("--strategy", type=click.Choice(["auto", "builder", "mount"]), help="How purge-credentials works (auto).")
@click.option("--parallel", type=click.Choice(["worth", "all"]), help="What parallel-stages splits (worth).")
@click.option("--builder", type=click.Choice(["buildkit", "classic"]), help="What builds the file (buildkit).")
@click.option("--generated/--no-generated", default=None, help="Also edit a file that says it is generated.")
@click.option("--unsafe/--safe", "unsafe", default=None, help="Also make rewrites that can change the image.")
@click.option("--history", metavar="RANGE", is_flag=False, flag_value="", help="What commits built again: a range or a number.")
@click.option("--measured", metavar="BUILD", is_flag=False, flag_value="", help="Times of a build's log, or of a build.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colours (auto).")
@click.option("--output", "-o", metavar="FILE", type=click.Path(), help="Write the graph there.")
def command(
    file: str | None, form: str, sides: Sides | None, target: str | None, history: str | None,
    measured: str | None, output: str | None, color: Literal["auto", "always", "never"], **choices: Any,
) -> int:  # fmt: skip
    """Show the stages and steps of FILE before and after refactoring, and for each step what rebuilds when it changes.

    BUILD is the ID of a build that was made (`docker buildx history ls`), or ^N for the one N before the last; without one,
    FILE and what the passes make of it are built. FILE is a Dockerfile (the one in this folder unless given), or `-` for
    standard input. Nothing is written but what -o names. Exits 2 when a file cannot be read or written, or nothing can be
    measured, 4 when FILE does not parse.
    """
    from dfrefactor.cli import config, show
    from dfrefactor.cli.files import FileError, put, read
    from dfrefactor.cli.work import Choices, rewrite
    from dfrefactor.kinds import kind_of
    from dfrefactor.report.graph import graph, render

    if file is None and history and os.path.isfile(history):
        file, history = history, ""  # `--history FILE`: it takes no range there
    if file is None and measured and os.path.isfile(measured):
        file, measured = measured, ""
    file = file or "Dockerfile"
    if kind_of(file) != "dockerfile":
        raise click.UsageError(f"{file} is not a Dockerfile")
    try:
        result = rewrite(file, read(file), Choices(**choices))
    except (FileError, config.ConfigError) as error:
        return show.complain(f"{file}: {error}" if isinstance(error, FileError) else str(error))
    if trouble := show.code(result, "shown"):
        from dfrefactor.report import text as report

        sys.stderr.writelines(line + "\n" for line in report.complaints(result))
        return trouble
    try:
        shown = graph(result, sides or "both", target)
        if history is not None:
            shown = replace(shown, history=_replayed(file, result, history, Choices(**choices)))
        if measured is not None:
            shown = replace(shown, measured=_measured(file, result, shown, measured, target))
    except KeyError:
        return show.complain(f"{file}: no stage is called '{target}'")
    except FileError as error:
        return show.complain(f"{file}: {error}")
    view = show.View(color=color)
    columns = _WIDTH if output else view.width or _WIDTH
    text = render(shown, form, columns, colours=view.colour and not output)
    if not output:
        click.echo(text, nl=False, color=True)
        return show.OK
    try:
        put(output, text.encode())
    except FileError as error:
        return show.complain(f"{output}: {error}")
    return show.OK


def _replayed(file: str, result: Result, chosen: str, choices: Choices) -> Replayed:
    """What the commits of the repository built again, each with the Dockerfile it had, and with what we make of that."""
    from dfrefactor.cli.history import commits
    from dfrefactor.cli.work import rewrite
    from dfrefactor.dockerfile.model import Document
    from dfrefactor.facts import Facts
    from dfrefactor.report.graph.history import replay

    found = commits(file, Facts(Document(result.before)).copied or (), chosen)
    versions = {text: rewrite(file, text.encode(), choices) for text in dict.fromkeys(each.text for each in found)}
    return replay(found, lambda text: Document(versions[text].before), lambda text: Document(versions[text].after))


def _measured(file: str, result: Result, shown: Graph, build: str, target: str | None) -> Measured:
    """The times of a build that was made, or else of one of each side, that takes nothing from the cache."""
    from pathlib import Path

    from dfrefactor.cli.building import Request
    from dfrefactor.cli.files import FileError
    from dfrefactor.engine.builders import find
    from dfrefactor.engine.logged import logged
    from dfrefactor.engine.process import EngineError
    from dfrefactor.report.graph.measured import Measured, times

    request = Request(None, None, False, (), {"build_args": (), "target": target, "no_cache": True})
    path = Path(file)

    def built(source: Source) -> tuple[Step, ...]:
        engine = find(None)
        image = engine.build(source.data, request.folder(path), replace(request.options(path), mask=result.mask))
        engine.remove(image)
        return image.steps

    try:
        before = times(shown.before, logged(build, result.mask) if build else built(result.before))
        after = times(shown.after, built(result.after)) if result.changed and not build else None
    except EngineError as problem:
        raise FileError(f"not measured: {' '.join(str(problem).split())}") from None
    if not before:
        raise FileError(f"not measured: the log of build {build} is that of another file" if build else "not measured")
    return Measured(before, after)
