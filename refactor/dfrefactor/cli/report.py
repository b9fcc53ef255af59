"""`dfrefactor report PATHS --output report.html`: one page to attach to a merge request."""

from __future__ import annotations

from typing import Any

import click

from dfrefactor.cli import config
from dfrefactor.cli.files import FileError
from dfrefactor.cli.run import Search, reported
from dfrefactor.cli.show import View, complain
from dfrefactor.cli.work import Choices


@click.command("report", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("paths", nargs=-1, metavar="[PATHS]", type=click.Path())
@click.option("--output", "-o", metavar="FILE", help="Write the page there, and not to standard output.")
@click.option("--strategy", type=click.Choice(config.CHOICES["strategy"]), help="How purge-credentials works (auto).")
@click.option("--parallel", type=click.Choice(config.CHOICES["parallel"]), help="What parallel-stages splits (worth).")
@click.option("--builder", type=click.Choice(config.CHOICES["builder"]), help="What builds the files (buildkit).")
@click.option("--unsafe/--safe", "unsafe", default=None, help="Also make rewrites that can change the image.")
@click.option("--generated/--no-generated", default=None, help="Also edit files that say they are generated.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out of a search; as in .gitignore.")
@click.option("--diff-base", metavar="REV", help="Only files that the branch changed since REV.")
@click.option("--config", "named", metavar="FILE", help="This configuration, not the nearest.")
def command(
    paths: tuple[str, ...], output: str | None, exclude: tuple[str, ...], diff_base: str | None, named: str | None, **chosen: Any
) -> int:  # fmt: skip
    """Write a page about PATHS (the current folder unless given): findings by severity, differences with their reason, the
    stages before and after, what rebuilds, and what was left alone and why.

    It stands alone: no network, no file beside it. Nothing else is written. Exits 0, also where there are findings; 2, 3
    and 4 as `dfrefactor` does.
    """
    search = Search(paths or (".",), exclude, base=diff_base)
    choices = Choices(**chosen, config=config.load(named) if named else None)
    try:
        return reported(search, choices, View(form="html", advice=True), None, output)
    except FileError as error:
        return complain(f"dfrefactor report: {error}")
