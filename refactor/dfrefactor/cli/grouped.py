"""Help of a command with many options: one screen of what is used most, and on demand all of it in groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from dfrefactor.cli import SUBCOMMANDS


class Grouped(click.Command):
    """`groups` has the names of parameters under their heading, those under "" are not listed; `first` are on the one screen."""

    def __init__(
        self, *args: Any, groups: Mapping[str, Sequence[str]], first: Sequence[str], examples: Mapping[str, str], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.groups, self.first, self.examples = groups, first, examples

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        self._listed(context, formatter, {"Options, of many": self.first})

    def format_epilog(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        _rows(formatter, "Examples", self.examples)
        formatter.write_paragraph()
        names = ", ".join(SUBCOMMANDS)
        formatter.write_text(f"Subcommands, each with a --help of its own: {names}. All options: `dfrefactor help`.")

    def whole(self, context: click.Context) -> str:
        """Everything: all groups, what each subcommand is for, examples and what there is to know."""
        formatter = context.make_formatter()
        self.format_usage(context, formatter)
        self.format_help_text(context, formatter)
        self._listed(context, formatter, self.groups)
        _rows(formatter, "Subcommands", SUBCOMMANDS)
        _rows(formatter, "Examples", self.examples)
        formatter.write_paragraph()
        formatter.write_text(self.epilog or "")
        return formatter.getvalue().rstrip("\n")

    def _listed(self, context: click.Context, formatter: click.HelpFormatter, groups: Mapping[str, Sequence[str]]) -> None:
        records = {parameter.name: parameter.get_help_record(context) for parameter in self.get_params(context)}
        for heading, names in groups.items():
            if heading:
                with formatter.section(heading):
                    formatter.write_dl([record for name in names if (record := records.get(name))], col_max=26)


def _rows(formatter: click.HelpFormatter, heading: str, rows: Mapping[str, str]) -> None:
    with formatter.section(heading):
        formatter.write_dl(list(rows.items()), col_max=42)
