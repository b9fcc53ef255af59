"""`dfrefactor help`: all options, or the manual page, made of what each command says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module

import click

from dfrefactor.cli import SUBCOMMANDS
from dfrefactor.cli.rewrite import command as rewriting
from dfrefactor.version import HOME, __version__


@click.command(name="help")
@click.option("--man", is_flag=True, help="The manual page: `dfrefactor help --man > dfrefactor.1`.")
def command(*, man: bool) -> int:
    """Show all options, or the manual page."""
    context = click.Context(rewriting, info_name="dfrefactor", max_content_width=100)
    click.echo("\n".join(_page(context)) if man else rewriting.whole(context))
    return 0


def _page(context: click.Context) -> Iterator[str]:
    """The lines of the manual page, in the language of man(7)."""
    yield f'.TH DFREFACTOR 1 "" "dfrefactor {__version__}" "User Commands"'
    yield from (".SH NAME", r"dfrefactor \- refactor Dockerfiles, and show that the rewrite is right", ".SH SYNOPSIS")
    for name in ("", *SUBCOMMANDS):
        usage = " ".join(_command(name).collect_usage_pieces(_context(name)))
        yield from (*([".br"] if name else []), rf"\fBdfrefactor{' ' if name else ''}{name}\fR {_plain(usage)}")
    yield from (".SH DESCRIPTION", *_told(context.command.help or ""))
    for heading, names in rewriting.groups.items():
        yield f'.SH "{_plain(heading or "engines, with --verify and --observe").upper()}"'
        yield from _options(context, names)
    yield ".SH SUBCOMMANDS"
    for name in SUBCOMMANDS:
        yield from (f'.SS "dfrefactor {name}"', *_told(_command(name).help or ""))
        own = _context(name)
        yield from _options(own, [each.name or "" for each in own.command.params if each.name not in rewriting.groups[""]])
    yield ".SH EXAMPLES"
    for line, what in rewriting.examples.items():
        yield from (".TP", rf"\fB{_plain(line)}\fR", _plain(what))
    yield from (".SH NOTES", *_told(context.command.epilog or ""), ".SH SEE ALSO", HOME)


def _command(name: str) -> click.Command:
    found: click.Command = import_module(f"dfrefactor.cli.{name}").command if name else rewriting
    return found


def _context(name: str) -> click.Context:
    return click.Context(_command(name), info_name=f"dfrefactor {name}")


def _options(context: click.Context, names: Sequence[str]) -> Iterator[str]:
    known = (each for each in context.command.params if isinstance(each, click.Option))
    records = {each.name or "": each.get_help_record(context) for each in known}
    for record in (found for name in names if (found := records.get(name))):
        yield from (".TP", rf"\fB{_plain(record[0])}\fR", _plain(record[1]))


def _told(text: str) -> Iterator[str]:
    """Paragraphs; what click is told not to wrap keeps its lines."""
    for paragraph in text.split("\n\n"):
        kept = paragraph.startswith("\b")
        lines = [_plain(line) for line in paragraph.lstrip("\b\n").split("\n")]
        yield from (".PP", *((".nf", *lines, ".fi") if kept else [" ".join(line.strip() for line in lines)]))


def _plain(text: str) -> str:
    """Text that means nothing to roff."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    text = "".join(each if each.isascii() else rf"\[u{ord(each):04X}]" for each in text)
    return rf"\&{text}" if text[:1] in (".", "'") else text
