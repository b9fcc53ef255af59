"""The subcommands; each module holds a click command called `command` and is loaded when it is asked for."""

from __future__ import annotations

import os

SUBCOMMANDS = {
    "verify": "build two files and compare their images",
    "observe": "build once, and propose hints for what steps write",
    "cache": "cache lists for every stage, as a script or workflow",
    "graph": "stages before and after, and what rebuilds",
    "explain": "a pass's page, or what is known of each step",
    "report": "one HTML page: findings, differences, stages",
    "lsp": "a language server for editors",
    "help": "all options, or the manual page (--man)",
}
"""What each is for."""


def bug(error: Exception) -> str:
    """An error that should not be, as one line: what and where, but no text of a file, which may hold a secret."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" in {os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno}" if trace else ""
    return f"this is a bug of dfrefactor, please report it: {type(error).__name__}{where}"
