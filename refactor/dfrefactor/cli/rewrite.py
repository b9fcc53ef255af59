"""The main job: show, check or apply what the passes make of files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import click
from click.core import ParameterSource

from dfrefactor.cli import config
from dfrefactor.cli.building import Request, build_options, size_option
from dfrefactor.cli.files import FileError
from dfrefactor.cli.grouped import Grouped
from dfrefactor.cli.run import Search, filtered, recorded, reported
from dfrefactor.cli.show import COLOURS, FORMATS, View, complain
from dfrefactor.cli.work import Choices, pass_names
from dfrefactor.report import Done
from dfrefactor.text.shown import meant


def _names(_context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...] | None:
    """Names of passes, several in one value with commas between them."""
    if not values:
        return None
    names = tuple(name.strip() for value in values for name in value.split(",") if name.strip())
    known = pass_names()
    for name in names:
        if name not in known:
            there = f"no pass is called '{name}'{meant(name, known)}; there are {', '.join(known)}"
            raise click.BadParameter(there, param=parameter)
    return names


def _offered(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    done, comma, last = incomplete.rpartition(",")
    return [f"{done}{comma}{name}" for name in pass_names() if name.startswith(last)]


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


_PASSES = ("select", "ignore", "strategy", "parallel", "builder", "unsafe", "generated")
_ENGINES = ("engine", "context", "target", "build_args", "secrets", "ssh", "network", "platform", "build_contexts", "keep",
            "secret_value_from")  # fmt: skip
_GROUPS = {
    "What to do (a diff is shown unless given)": ("apply", "check", "verify", "observe"),
    "Passes": _PASSES,
    "Report": ("format", "output", "statistics", "advice", "fail_on", "baseline", "write_baseline", "quiet", "color"),
    "Files and settings": ("exclude", "force_exclude", "diff_base", "show_files", "show_settings", "stdin_filename",
                           "config", "no_config", "no_cache", "version"),
    "": ("size_margin", *_ENGINES),
}
_FIRST = ("apply", "check", "verify", "select", "format", "fail_on", "exclude")
_EXAMPLES = {
    "dfrefactor": "show what would change here",
    "dfrefactor --check --fail-on warning": "for CI: fail on warnings too",
    "dfrefactor --apply --verify Dockerfile": "write what builds the same",
    "dfrefactor --select purge-credentials": "one pass only",
    "dfrefactor - --stdin-filename a.Dockerfile": "a filter, for editors",
}
_VARIABLES = {*_PASSES, "size_margin", "format", "output", "advice", "baseline", "diff_base", "fail_on", "quiet", "color",
              "exclude", "force_exclude", "config", "no_config", "engine"}  # fmt: skip
"""Options that a variable of the environment may set: none that says what a run is to do."""


@click.command(
    name="dfrefactor", cls=Grouped, groups=_GROUPS, first=_FIRST, examples=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "auto_envvar_prefix": "DFREFACTOR"},
    epilog="--verify and --observe take engines' options too: `dfrefactor verify --help` has them. Options are also "
    "read from the environment (DFREFACTOR_FAIL_ON=warning). A file of a subcommand's name is written ./cache. Exit codes: 0 "
    "nothing to do, or done; 1 changes, a credential in the image (--check), or findings that "
    "--fail-on names; 2 usage, settings, input or output; 3 no Dockerfile found; 4 a file does not parse; "
    "the highest counts.",
)  # fmt: skip
@click.argument("paths", nargs=-1, metavar="[PATHS]", type=click.Path())
@click.option("--apply", is_flag=True, help="Write what the passes make of the files.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 on changes and errors.")
@click.option("--verify", is_flag=True, help="With --apply: write what builds the same image only.")
@click.option("--observe", is_flag=True, help="Build, and go by what steps were seen to do.")
@size_option
@click.option("--select", multiple=True, metavar="PASS", callback=_names, shell_complete=_offered,
              help="Run these passes only (a,b).")
@click.option("--ignore", multiple=True, metavar="PASS", callback=_names, shell_complete=_offered,
              help="Run all passes but these (a,b).")
@click.option("--strategy", type=click.Choice(config.CHOICES["strategy"]), metavar="auto|builder|mount",
              help="How purge-credentials works (auto).")
@click.option("--parallel", type=click.Choice(config.CHOICES["parallel"]), metavar="worth|all",
              help="What parallel-stages splits (worth).")
@click.option("--builder", type=click.Choice(config.CHOICES["builder"]), metavar="buildkit|classic",
              help="What builds the files (buildkit).")
@click.option("--unsafe/--safe", "unsafe", default=None, help="Also make rewrites that can change the image.")
@click.option("--generated/--no-generated", default=None, help="Also edit files that say they are generated.")
@click.option("--format", type=click.Choice(FORMATS), default="text", metavar="FORMAT", help=f"{', '.join(FORMATS)}.")
@click.option("--output", "-o", metavar="FILE", help="Write the report there.")
@click.option("--statistics", is_flag=True, help="Show how many findings there are of each pass.")
@click.option("--advice", is_flag=True, help="Also show findings that ask for no rewrite.")
@click.option("--fail-on", type=click.Choice(tuple(config.LEVELS)), metavar="LEVEL",
              help="Exit 1 on error (for --check), warning or note.")
@click.option("--baseline", metavar="FILE", help="Findings in it do not count, nor are they shown.")
@click.option("--write-baseline", metavar="FILE", help="Write what is found now, for --baseline.")
@click.option("--quiet", "-q", is_flag=True, help="Only changes and errors; with --check, errors.")
@click.option("--color", type=click.Choice(COLOURS), default="auto", metavar="WHEN", help="auto, always or never.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out of a search; as in .gitignore.")
@click.option("--force-exclude", is_flag=True, help="Leave excluded files out though they are named.")
@click.option("--diff-base", metavar="REV", help="Only files that the branch changed since REV.")
@click.option("--show-files", is_flag=True, help="Say which files would be read.")
@click.option("--show-settings", is_flag=True, help="Say what holds for the first of them.")
@click.option("--stdin-filename", metavar="FILE", help="With `-`: the name of what comes in.")
@click.option("--config", metavar="FILE", help="This configuration, not the nearest.")
@click.option("--no-config", is_flag=True, help="Read no configuration file.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@build_options
@click.pass_context
def command(context: click.Context, /, paths: tuple[str, ...], request: Request, **options: Any) -> int:
    """Refactor Dockerfiles: show the difference, or --apply it. PATHS are files, folders (searched for Dockerfiles and Compose
    files), or `-` for a filter from input to output; without any it is the current folder.
    """
    _sound(context, paths, options)
    named = _config(options["config"], options["no_config"])
    fail_on = {"": config.LEVELS[options["fail_on"]]} if options["fail_on"] else None
    cache = not (request.given["no_cache"] or "-" in paths)
    choices = Choices(**{key: options[key] for key in _PASSES}, fail_on=fail_on, config=named, cache=cache)
    if options["observe"]:
        choices = replace(choices, measure=request.measured, verified=options["verify"])
    done: Done = "applied" if options["apply"] else "checked" if options["check"] else "shown"
    view = View(done, options["format"], options["advice"], options["quiet"], options["color"], options["statistics"])
    judge = partial(request.judged, size_margin=options["size_margin"]) if options["verify"] else None
    search = Search(paths or (".",), options["exclude"], options["force_exclude"], options["diff_base"])
    try:
        if options["baseline"]:
            from dfrefactor.cli import baseline

            choices = replace(choices, baseline=baseline.read(options["baseline"]))
    except FileError as error:
        return complain(f"{options['baseline']}: {error}")
    try:
        if "-" in paths:
            return filtered(options["stdin_filename"] or "Dockerfile", search, choices, view)
        if options["show_files"] or options["show_settings"]:
            from dfrefactor.cli.asked import shown

            return shown(search, choices, settings=options["show_settings"])
        if options["write_baseline"]:
            return recorded(search, choices, options["write_baseline"])
        return reported(search, choices, view, judge, options["output"])
    except FileError as error:
        return complain(f"dfrefactor: {error}")


def _sound(context: click.Context, paths: tuple[str, ...], options: dict[str, Any]) -> None:
    """Raises UsageError for options that say nothing together."""

    def given(name: str) -> bool:
        return context.get_parameter_source(name) is ParameterSource.COMMANDLINE

    if options["apply"] and options["check"]:
        raise click.UsageError("--apply and --check exclude each other")
    if options["verify"] and not options["apply"]:
        raise click.UsageError("--verify goes with --apply; `dfrefactor verify OLD NEW` compares two files")
    if given("fail_on") and not (options["apply"] or options["check"] or "-" in paths):
        raise click.UsageError("--fail-on goes with --check or --apply")
    if options["stdin_filename"] and "-" not in paths:
        raise click.UsageError("--stdin-filename goes with `-`")
    if options["observe"] and "-" in paths:
        raise click.UsageError("--observe goes with files, not with `-`")
    if "-" in paths and len(paths) > 1:
        raise click.UsageError("`-` stands alone")
    if "-" in paths and (wrong := [name for name in ("output", "write_baseline", "diff_base") if given(name)]):
        raise click.UsageError(f"--{wrong[0].replace('_', '-')} does not go with `-`")
    if options["write_baseline"] and (options["apply"] or options["check"] or options["baseline"]):
        raise click.UsageError("--write-baseline stands alone: it writes no Dockerfile")
    if options["statistics"] and ("-" in paths or options["format"] not in ("text", "json")):
        raise click.UsageError("--statistics goes with files, and with --format text or json")
    if alone := [name for name in (*_ENGINES, "size_margin") if given(name) and not options["verify"]]:
        if options["observe"] and alone != ["size_margin"]:
            return
        option = next(each.opts[0] for each in context.command.params if each.name == alone[0])
        raise click.UsageError(f"{option} goes with --apply --verify")


for _option in command.params:
    if isinstance(_option, click.Option) and _option.name not in _VARIABLES:
        _option.allow_from_autoenv = False
