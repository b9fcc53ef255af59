"""What a shell offers behind `dfrefactor`: subcommands, options, passes and files."""

from __future__ import annotations

from importlib import import_module

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from dfrefactor.cli import SUBCOMMANDS

VARIABLE = "_DFREFACTOR_COMPLETE"


def complete(instruction: str) -> int:
    """Do what the shell's script asks for, and give an exit code."""
    shell, _, what = instruction.partition("_")
    found = get_completion_class(shell)
    if found is None:
        return 1
    if what == "source":
        click.echo(_completion(found, "").source())
        return 0
    words, _ = _completion(found, "").get_completion_args()
    name = words[0] if words and words[0] in SUBCOMMANDS else ""
    click.echo(_completion(found, name).complete())
    return 0


def _completion(base: type[ShellComplete], name: str) -> ShellComplete:
    class Words(base):  # type: ignore[misc, valid-type]
        """The words behind a subcommand's name are its own; in front there are subcommands too."""

        def get_completion_args(self) -> tuple[list[str], str]:
            words, incomplete = super().get_completion_args()
            return words[1:] if name else words, incomplete

        def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
            found: list[CompletionItem] = super().get_completions(args, incomplete)
            if name or args:
                return found
            commands = [name for name in SUBCOMMANDS if name.startswith(incomplete)]
            return [CompletionItem(each, help=SUBCOMMANDS[each]) for each in commands] + found

    command: click.Command = import_module(f"dfrefactor.cli.{name or 'rewrite'}").command
    return Words(command, {}, f"dfrefactor {name}".strip() if name else "dfrefactor", VARIABLE)
