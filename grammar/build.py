"""Makes `tables.py` of the grammars when the package is built or installed: Lark's own parser with their tables, ready to load.

With it nobody waits for Lark to read a grammar: `dfrefactor.dockerfile.parser` goes by it while it fits the grammars, and by Lark
itself where it does not, or is not there.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
GRAMMARS = ("dockerfile.lark", "backtick.lark")
OPTIONS = {"parser": "lalr", "start": "file", "keep_all_tokens": True, "maybe_placeholders": False}
"""Those of the parser, or what is made here is of no use to it."""


class CustomBuildHook(BuildHookInterface[Any]):
    """Called by hatchling for a wheel, and for an installation of the checkout itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        (HERE / "tables.py").write_text(tables(), "utf-8")


def tables() -> str:
    """The text of the module: Lark's code, tables of each grammar by its name, and a sum of all they were made of."""
    from lark import Lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef
    from lark.tools.standalone import gen_standalone

    every = {name: Lark.open(str(HERE / name), **OPTIONS) for name in GRAMMARS}
    lines: list[str] = []
    gen_standalone(every[GRAMMARS[0]], output=lambda text="": lines.append(str(text)))
    code = _lean("\n".join([*lines[: lines.index("DATA = (")], ""]))
    made = {name: lark.memo_serialize([TerminalDef, Rule]) for name, lark in every.items()}
    said = zlib.crc32(b"".join((HERE / name).read_bytes() for name in GRAMMARS) + repr(OPTIONS).encode())
    return "\n".join([code, f"TABLES = {made!r}", f"SUM = {said}", "Shift = 0", "Reduce = 1", ""])


_UNUSED = {
    "import logging\n": "",
    "from dataclasses import dataclass\n": "from dfrefactor.lazy import dataclass\n",
    "logger: logging.Logger = logging.getLogger(\"lark\")\nlogger.addHandler(logging.StreamHandler())\n": "",
    "logger.setLevel(logging.CRITICAL)\n": "",
    "import pickle, zlib, base64\n": "",
}
"""Lines of Lark's code, and what stands for them: loading and setting up what no table needs takes longer than its tables."""


def _lean(code: str) -> str:
    """Lark's code without what only its debugging, its cache and its own way to load tables use."""
    for line, other in _UNUSED.items():
        assert code.count(line) == 1, f"Lark's code has another form: {line}"
        code = code.replace(line, other)
    return code
