"""What a pass is: a function, its name, and the page it is documented by."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import dedent

from refactor.finding import Finding
from refactor.model import Document
from refactor.settings import Settings

Rewriter = Callable[[Document, Settings], Iterator[Finding]]


@dataclass(frozen=True)
class Example:
    """A file of a page, and what the pass makes of it; the same text where it has to leave it alone."""

    before: str
    after: str


@dataclass(frozen=True)
class Pass:
    """One rewrite.  `page` is its documentation and its test."""

    name: str
    run: Rewriter
    page: str

    @property
    def summary(self) -> str:
        return self.page.partition("\n")[0]

    @property
    def examples(self) -> list[Example]:
        """The indented blocks of the page; one without `->` must stay as it is.  Prose stands between two examples."""
        found = []
        for block in re.findall(r"(?:^(?:    .*)?\n)*^    .*\n", self.page, re.M):
            before, arrow, after = dedent(block).strip("\n").partition("\n->\n")
            found.append(Example(before + "\n", (after if arrow else before) + "\n"))
        return found


def refactoring(run: Rewriter) -> Pass:
    """The pass made of a function and its module's docstring; the name is the function's, in kebab case."""
    return Pass(run.__name__.replace("_", "-"), run, sys.modules[run.__module__].__doc__ or "")
