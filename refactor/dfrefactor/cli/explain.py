"""`dfrefactor explain`: a pass's page, or what is known of each step of a file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from dfrefactor.dockerfile.comments import Hint
    from dfrefactor.settings import Settings

_WIDEST = 120
_Color = Literal["auto", "always", "never"]


def _offered(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    from dfrefactor.cli import show

    return [name for name in show.pages() if name.startswith(incomplete)]


@click.command("explain", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("name", metavar="[PASS]", required=False, shell_complete=_offered)
@click.option("--footprint", "file", metavar="FILE", type=click.Path(), help="Show what is known of each step of FILE.")
@click.option("--schema", type=click.Choice(["report", "config"]), help="Print a JSON schema: of --format json, or of settings.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--config", "config_file", metavar="FILE", type=click.Path(), help="Settings (the nearest file).")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colours (auto).")
def command(name: str | None, file: str | None, schema: str | None, form: str, config_file: str | None, color: _Color) -> int:
    """Print the page of PASS: when it acts, when it does not, and why it is safe. Without PASS, list the passes.

    With --footprint: per step, what it reads, writes, removes, needs and brings, how sure that is, and what stops it
    from moving; what `dfrefactor --observe` has measured is marked. Exits 2 for a name or file that is not there, 4 for a
    file that does not parse.
    """
    if schema is not None:
        from importlib.resources import files

        click.echo((files("dfrefactor") / "schema" / f"{schema}.json").read_text("utf-8"), nl=False)
        return 0
    if file is not None:
        return _footprint(file, form, config_file, color)
    return _page(name)


def _page(name: str | None) -> int:
    from dfrefactor.cli import show
    from dfrefactor.text.shown import meant

    found = show.pages()
    if name is None:
        for each, text in found.items():
            click.echo(f"{each:20} {text.strip().partition(chr(10))[0]}")
        return 0
    page = found.get(name.replace("_", "-"))
    if page is None:
        return show.complain(f"dfrefactor explain: no pass is called `{name}`{meant(name, found)}; there are {', '.join(found)}")
    click.echo(f"{name.replace('_', '-')}\n\n{page.strip()}")
    return 0


def _measured(file: str, data: bytes, settings: Settings) -> Mapping[str, Hint]:
    """What `dfrefactor --observe` has seen of the file; which bases it has now, only an engine could tell."""
    from dfrefactor.cli.building import observed, project

    if not observed().is_dir():
        return {}
    from dfrefactor.engine.measure import remembered

    return remembered(project(file, data, Path(file).parent), settings)


def _footprint(file: str, form: str, config_file: str | None, color: _Color) -> int:
    from dfrefactor.cli import config, show
    from dfrefactor.cli.files import FileError, read
    from dfrefactor.dockerfile.model import parse
    from dfrefactor.effects.catalog import CatalogError
    from dfrefactor.facts import Facts
    from dfrefactor.report.footprint import as_json, rows, table
    from dfrefactor.secrets.hidden import known
    from dfrefactor.text.mask import Mask

    try:
        settings = (config.load(config_file) if config_file else config.nearest(os.path.dirname(os.path.abspath(file)))).settings
        document = parse(read(file), file)
    except (FileError, config.ConfigError) as error:
        return show.complain(f"dfrefactor explain: {file}: {error}")
    facts = Facts(document, replace(settings, measured=_measured(file, bytes(document), settings)))
    if show.rejected(facts, "explain"):
        return show.FAULTY
    try:
        mask = Mask.of((document.source.text, span) for span in known(facts))
        found = list(rows(facts, mask))
    except CatalogError as error:
        return show.complain(f"dfrefactor explain: catalog: {error}")
    if form == "json":
        click.echo(json.dumps({"version": 1, "file": file, "steps": as_json(found, mask)}, indent=2, ensure_ascii=False))
    else:
        view = show.View(color=color)
        click.echo(table(found, mask, min(view.width, _WIDEST) or 100, view.colour), nl=False, color=True)
    return 0
