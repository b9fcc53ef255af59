"""Help that fits a screen: options in groups, and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from dfrefactor.cli import SUBCOMMANDS


class Grouped(click.Command):
    """`groups` has the names of parameters under their heading; those under "" are not listed."""

    def __init__(self, *args: Any, groups: Mapping[str, Sequence[str]], examples: Mapping[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.groups, self.examples = groups, examples

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        records = {parameter.name: parameter.get_help_record(context) for parameter in self.get_params(context)}
        for heading, names in self.groups.items():
            if not heading:
                continue
            with formatter.section(heading):
                formatter.write_dl([record for name in names if (record := records.get(name))], col_max=26)

    def format_epilog(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, rows in (("Subcommands", SUBCOMMANDS), ("Examples", self.examples)):
            with formatter.section(heading):
                formatter.write_dl(list(rows.items()), col_max=42)
        if self.epilog:
            formatter.write_paragraph()
            formatter.write_text(self.epilog)
