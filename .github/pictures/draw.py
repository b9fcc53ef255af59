"""The README's pictures, made of what the program really prints:  .venv/bin/python .github/pictures/draw.py"""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

from dfrefactor.cli.main import main
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WIDTH = 122


def printed(*words: str) -> str:
    """What a run prints in the folder of the sample."""
    out = io.StringIO()
    before = os.getcwd()
    os.chdir(ROOT / "samples" / "tools-image")
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            main([*words, "--no-config", "Dockerfile"] if words[0] != "graph" else [*words, "Dockerfile"])
    finally:
        os.chdir(before)
    return out.getvalue()


def terminal() -> str:
    """The difference, as a terminal shows it; without the fonts that rich would fetch from elsewhere."""
    console = Console(width=WIDTH, record=True, file=io.StringIO(), force_terminal=True, _environ={})
    console.print(Text("$ dfrefactor Dockerfile", "bold"))
    console.print(Text.from_ansi(printed("--color", "always").rstrip("\n")), soft_wrap=True)
    drawn = console.export_svg(title="dfrefactor", theme=MONOKAI, unique_id="terminal")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    return drawn.replace("Fira Code, monospace", "ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace")


PICTURES = {"terminal.svg": terminal, "graph.svg": lambda: printed("graph", "--format", "svg")}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (HERE / name).write_text(draw())
