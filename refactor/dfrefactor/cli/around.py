"""What a run looks at around a Dockerfile, with every answer noted: what came of them holds while they are the same."""

from __future__ import annotations

import os
from dataclasses import field, replace
from functools import cache, partial
from typing import Any

from dfrefactor.cli import context, files
from dfrefactor.context import Tree
from dfrefactor.kinds import kind_of_name
from dfrefactor.lazy import dataclass

Question = tuple[Any, ...]
Answers = dict[Question, bytes]


@dataclass(frozen=True)
class Around:
    """Answers questions about what is around the file at `path`, and notes a digest of each answer."""

    path: str
    answers: Answers = field(default_factory=dict)

    def context(self, named: tuple[str, ...]) -> Tree | None:
        """The build context that has what is `named`."""
        tree: Tree | None = self._ask("context", named)
        return tree and replace(tree, read=partial(self._ask, "text", named), size=partial(self._ask, "size", named))

    def beside(self, name: str) -> bytes | None:
        """What is in a file beside it."""
        found: bytes | None = self._ask("beside", name)
        return found

    def build_files(self) -> tuple[str, ...]:
        """The names of the Compose and bake files beside it."""
        found: tuple[str, ...] = self._ask("build files")
        return found

    def is_as(self, known: Answers) -> bool:
        """Whether everything that was asked then is answered the same now."""
        return all(_digest(_answer(self.path, question)) == told for question, told in known.items())

    def _ask(self, *question: Any) -> Any:
        found = _answer(self.path, question)
        self.answers[question] = _digest(found)
        return found


def _answer(path: str, question: Question) -> Any:
    what, *more = question
    folder = os.path.dirname(path) or "."
    if what == "beside":
        return files.beside(folder, more[0])
    if what == "build files":
        return _build_files(folder)
    tree = context.look(path, more[0])
    if what == "context" or tree is None:
        return tree
    return tree.read(more[1]) if what == "text" else tree.size(more[1])


@cache
def _build_files(folder: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(name for name in os.listdir(folder) if kind_of_name(name) in ("compose", "bake")))
    except (OSError, ValueError):  # the file need not be there: it may come from standard input
        return ()


forget = _build_files.cache_clear
"""There may be other files now."""


def _digest(answer: Any) -> bytes:
    from hashlib import blake2b

    told = (answer.paths, answer.aside) if isinstance(answer, Tree) else answer
    return blake2b(repr(told).encode("utf-8", "surrogatepass"), digest_size=16).digest()
