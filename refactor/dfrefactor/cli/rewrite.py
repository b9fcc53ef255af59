"""The main job: show, check or apply what the passes make of files."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from dfrefactor.cli import config
from dfrefactor.cli.building import Request, build_options, size_option
from dfrefactor.cli.run import filtered, searched
from dfrefactor.cli.show import FORMATS, View
from dfrefactor.cli.work import Choices, pass_names
from dfrefactor.report import Done


def _names(_context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...] | None:
    """Names of passes, several in one value with commas between them."""
    if not values:
        return None
    names = tuple(name.strip() for value in values for name in value.split(",") if name.strip())
    known = pass_names()
    for name in names:
        if name not in known:
            raise click.BadParameter(f"no pass is called '{name}'; there are {', '.join(known)}", param=parameter)
    return names


def _version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked:
        from dfrefactor.version import __version__

        click.echo(f"dfrefactor {__version__}")
        context.exit()


def _config(named: str | None, without: bool) -> config.Config | None:
    if named and without:
        raise click.UsageError("--config and --no-config exclude each other")
    if without:
        return config.Config()
    return config.load(named) if named else None


@click.command(
    name="dfrefactor",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Subcommands: verify, observe, cache, graph, explain; `dfrefactor SUBCOMMAND --help` says more. "
    "A file of such a name is written ./cache. "
    "Exit codes: 0 nothing to do, or done; 1 something would change or a credential ends up in the image (--check), or "
    "findings stand that --fail-on names; 2 usage, configuration, input or "
    "output; 3 no Dockerfile found; 4 a file does not parse. With several files the highest counts.",
)
@click.argument("paths", nargs=-1, metavar="[PATHS]", type=click.Path())
@click.option("--apply", "apply", is_flag=True, help="Write what the passes make of the files.")
@click.option("--check", "check", is_flag=True, help="Write nothing; exit 1 if something would change, or on errors.")
@click.option("--select", multiple=True, metavar="PASS", callback=_names, help="Run these passes only.")
@click.option("--ignore", multiple=True, metavar="PASS", callback=_names, help="Run all passes but these.")
@click.option("--unsafe/--safe", "unsafe", default=None, help="Also make rewrites that can change the image.")
@click.option("--strategy", type=click.Choice(config.CHOICES["strategy"]), help="How purge-credentials works (auto).")
@click.option("--parallel", type=click.Choice(config.CHOICES["parallel"]), help="What parallel-stages splits (worth).")
@click.option("--builder", type=click.Choice(config.CHOICES["builder"]), help="What builds the files (buildkit).")
@click.option("--generated/--no-generated", default=None, help="Also edit files that say they are generated.")
@click.option("--fail-on", type=click.Choice(tuple(config.LEVELS)), help="Exit 1 on such findings and worse (--check: error).")
@click.option("--verify", "verify", is_flag=True, help="With --apply: write only what builds the same image, no larger.")
@size_option
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="What the report looks like (text).")
@click.option("--advice", is_flag=True, help="Also show findings that have no rewrite and ask for none.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out of a search; as a line of .gitignore.")
@click.option("--stdin-filename", metavar="FILE", help="With `-`: the name of what comes in.")
@click.option("--config", "named", metavar="FILE", help="The configuration file, instead of the nearest.")
@click.option("--no-config", "without", is_flag=True, help="Read no configuration file.")
@click.option("--quiet", "-q", is_flag=True, help="Show changes and errors only, or with --check and --apply errors.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@build_options
def command(paths: tuple[str, ...], request: Request, **options: Any) -> int:
    """Refactor Dockerfiles: show the difference, or --apply it.

    PATHS are files, folders (searched for Dockerfiles and Compose files), or `-` for a filter from standard input to
    standard output. Without any, the current folder is searched. The options of engines (--engine to
    --secret-value-from) and --size-margin go with --verify.
    """
    if options["apply"] and options["check"]:
        raise click.UsageError("--apply and --check exclude each other")
    if options["verify"] and not options["apply"]:
        raise click.UsageError("--verify goes with --apply; `dfrefactor verify OLD NEW` compares two files")
    if options["fail_on"] and not (options["apply"] or options["check"] or "-" in paths):
        raise click.UsageError("--fail-on goes with --check or --apply")
    if options["stdin_filename"] and "-" not in paths:
        raise click.UsageError("--stdin-filename goes with `-`")
    if "-" in paths and len(paths) > 1:
        raise click.UsageError("`-` stands alone")
    named = _config(options["named"], options["without"])
    said = {key: options[key] for key in ("select", "ignore", "unsafe", "strategy", "parallel", "builder", "generated")}
    fail_on = {"": config.LEVELS[options["fail_on"]]} if options["fail_on"] else None
    choices = Choices(**said, fail_on=fail_on, config=named)
    done: Done = "applied" if options["apply"] else "checked" if options["check"] else "shown"
    view = View(done, options["form"], options["advice"], options["quiet"])
    judge = partial(request.refusal, size_margin=options["size_margin"]) if options["verify"] else None
    if "-" in paths:
        return filtered(options["stdin_filename"] or "Dockerfile", choices, view)
    return searched(paths or (".",), options["exclude"], choices, view, judge)
