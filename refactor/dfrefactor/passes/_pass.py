"""What a pass is: a name, a cheap first look at the file, and a module whose docstring is the page it is documented by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any

from dfrefactor.finding import Finding
from dfrefactor.kinds import Kind
from dfrefactor.settings import Settings

FirstLook = Callable[[Any, Settings], bool]


@dataclass(frozen=True)
class Example:
    """A file of a page, and what the pass makes of it; the same text where it has to leave it alone."""

    before: str
    after: str


@dataclass(frozen=True)
class Pass:
    """One rewrite.  Its module is loaded for files that the first look says yes to, and for its page.

    It gets what files of its kinds are read as: the Facts of a Dockerfile, a BuildFile for a Compose or bake file.
    """

    name: str
    may_find: FirstLook
    """Whether the pass may find anything: never no wrongly, and quick, for most files have nothing for most passes."""
    reads: tuple[Kind, ...] = ("dockerfile",)

    @cached_property
    def module(self) -> ModuleType:
        return import_module(f"dfrefactor.passes.{self.name.replace('-', '_')}")

    @property
    def page(self) -> str:
        """Its documentation, which is its test too."""
        return self.module.__doc__ or ""

    def run(self, file: Any, settings: Settings) -> Iterator[Finding]:
        if self.may_find(file, settings):
            yield from getattr(self.module, self.name.replace("-", "_"))(file, settings)

    @property
    def summary(self) -> str:
        return self.page.partition("\n")[0]

    @property
    def examples(self) -> list[Example]:
        """The indented blocks of the page; one without `->` must stay as it is.  Prose stands between two examples."""
        import re
        from textwrap import dedent

        found = []
        for block in re.findall(r"(?:^(?:    .*)?\n)*^    .*\n", self.page, re.M):
            before, arrow, after = dedent(block).strip("\n").partition("\n->\n")
            found.append(Example(before + "\n", (after if arrow else before) + "\n"))
        return found
