"""`dfrefactor cache`: a cache plan for a Dockerfile."""

from __future__ import annotations

import os

import click

from dfrefactor.cacheplan.formats import FORMATS, render
from dfrefactor.cacheplan.plan import BUILDERS, Builder, PlanError, plan


@click.command("cache", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", default="Dockerfile")
@click.option("--image", required=True, help="The image to build, as in registry.example.org/app or app:1.2.")
@click.option("--builder", type=click.Choice(BUILDERS), default="buildkit-inline", show_default=True)
@click.option("--format", "form", type=click.Choice(FORMATS), default="sh", show_default=True)
@click.option("--target", help="The stage to build; the last one unless given.")
@click.option("--context", help="The build context; the Dockerfile's folder unless given.")
def command(file: str, image: str, builder: Builder, form: str, target: str | None, context: str | None) -> int:
    """Print how to build FILE so that no stage is built twice: targets in order, cache lists, pulls and pushes.

    A stage that uses a credential, other than by a secret mount, is in no list and is not pushed.
    """
    from dfrefactor.cli import show
    from dfrefactor.cli.files import FileError, read
    from dfrefactor.dockerfile.model import parse
    from dfrefactor.facts import Facts
    from dfrefactor.secrets.find import tainted_stages

    try:
        facts = Facts(parse(read(file), file))
        if show.rejected(facts, "cache"):
            return show.FAULTY
        folder = context if context is not None else os.path.dirname(file) or "."
        text = render(plan(facts.document, image, builder, target, tainted_stages(facts)), form, file, folder)
    except FileError as error:
        return show.complain(f"dfrefactor cache: {file}: {error}")
    except PlanError as error:
        place = f"{file}:{error.line}:{error.column}" if error.line else file
        return show.complain(f"dfrefactor cache: {place}: {error}")
    click.echo(text, nl=False)
    for line in text.splitlines():
        if line.startswith("# Note: "):
            show.complain(f"dfrefactor cache: {line.removeprefix('# Note: ')}")
    return 0
