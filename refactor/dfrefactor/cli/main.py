"""The command line: the first word names a subcommand, or everything is for the rewriting of files."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from dfrefactor.cli import SUBCOMMANDS

TROUBLE = 2  # usage, configuration, input and output
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and give its exit code.  Whatever happens, it is one clear line and no traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(100_000, 10, 10)  # or the collector takes a fifth of a short run, for nothing
    _streams()
    try:
        if asked := os.environ.get("_DFREFACTOR_COMPLETE"):
            from dfrefactor.cli.complete import complete

            return complete(asked)
        code = _run(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        _silence_stdout()
        if isinstance(error, BrokenPipeError):  # whoever read us has seen enough
            return TROUBLE
        from dfrefactor.cli.files import reason

        return _complain(reason(error))


def _run(words: list[str]) -> int:
    import click

    name = words[0] if words and words[0] in SUBCOMMANDS else None
    try:
        # The command is loaded now that it is needed.
        command: click.Command = import_module(f"dfrefactor.cli.{name or 'rewrite'}").command
        code = command.main(words[1:] if name else words, _title(name), standalone_mode=False)
    except click.ClickException as error:
        return _complain(_from_where(error) + " ".join(error.format_message().split()), name)
    except click.Abort:
        return INTERRUPTED
    except SystemExit as stop:
        code = stop.code
    except OSError:
        raise
    except Exception as error:
        from dfrefactor.cli import bug
        from dfrefactor.cli.config import ConfigError

        if isinstance(error, ConfigError):
            print(error, file=sys.stderr)
            return TROUBLE
        return _complain(bug(error), name)
    return code if isinstance(code, int) else 0


def _from_where(error: Exception) -> str:
    """The variable that a wrong value comes from, where nobody wrote it on the command line."""
    from click.core import ParameterSource

    context, parameter = getattr(error, "ctx", None), getattr(error, "param", None)
    name = getattr(parameter, "name", None)
    if not context or not name or context.get_parameter_source(name) is not ParameterSource.ENVIRONMENT:
        return ""
    return f"DFREFACTOR_{name.upper()} in the environment: "


def _title(name: str | None) -> str:
    return f"dfrefactor {name}" if name else "dfrefactor"


def _complain(message: str, name: str | None = None) -> int:
    print(f"{_title(name)}: {message}", file=sys.stderr)
    return TROUBLE


def _streams() -> None:
    """Streams that are there and take any character; a terminal that cannot show one is no reason to stop."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _silence_stdout() -> None:
    """Keep the interpreter from failing once more when it flushes at its end."""
    with suppress(OSError, ValueError):  # where it is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
