"""`dfrefactor lsp`: a language server over standard input and output; pygls is imported here and nowhere else."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import click


@click.command("lsp", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--advice", is_flag=True, help="Also show findings that have no rewrite and ask for none, as hints.")
@click.option("--config", "named", metavar="FILE", type=click.Path(), help="The configuration file, instead of the nearest.")
@click.option("--stdio", is_flag=True, hidden=True, expose_value=False, help="What editors say to servers of this kind.")
def command(advice: bool, named: str | None) -> int:
    """Serve an editor: findings as it types, a fix for each and one for all, and a pass's page on hover.

    The editor starts this, and speaks the Language Server Protocol with it; it takes what the command line takes:
    the nearest configuration, ignore comments, and the files beside a Dockerfile.
    """
    if find_spec("pygls") is None:
        print("dfrefactor lsp: pygls is not installed: pipx install 'dfrefactor[lsp]'", file=sys.stderr)
        return 2
    from dfrefactor.cli import config
    from dfrefactor.cli.lsp.server import serve
    from dfrefactor.cli.work import Choices

    return serve(Choices(config=config.load(named) if named else None), advice)
