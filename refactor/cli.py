"""The command line: the first word names a subcommand, or everything is for the rewriting of files."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

SUBCOMMANDS = ("verify", "observe", "cache", "graph", "explain")
TROUBLE = 2  # usage, configuration, input and output
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and give its exit code.  Whatever happens, it is one clear line and no traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(100_000, 10, 10)  # or the collector takes a fifth of a short run, for nothing
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character is no reason to stop
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read us has seen enough
        return _closed()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        from refactor.files import reason

        return _complain(reason(error))
    return code


def _run(words: list[str]) -> int:
    import click

    name = words[0] if words and words[0] in SUBCOMMANDS else None
    try:
        code = _command(name).main(words[1:] if name else words, _title(name), standalone_mode=False)
    except click.ClickException as error:
        return _complain(" ".join(error.format_message().split()), name)
    except click.Abort:
        return INTERRUPTED
    except SystemExit as stop:
        code = stop.code
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except Exception as error:
        from refactor.commands import bug

        return _complain(bug(error), name)
    return code if isinstance(code, int) else 0


def _command(name: str | None) -> click.Command:
    """The command called `name`, loaded now that it is needed."""
    from importlib import import_module

    command: click.Command = import_module(f"refactor.commands.{name or 'rewrite'}").command
    return command


def _title(name: str | None) -> str:
    return f"dfrefactor {name}" if name else "dfrefactor"


def _complain(message: str, name: str | None = None) -> int:
    print(f"{_title(name)}: {message}", file=sys.stderr)
    return TROUBLE


def _closed() -> int:
    """Keep the interpreter from complaining about the closed pipe when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return TROUBLE


if __name__ == "__main__":
    sys.exit(main())
