"""Everything known of one document, each part worked out once and handed to every pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from dfrefactor.context import Tree
from dfrefactor.dockerfile.comments import Hint, Notes, notes
from dfrefactor.dockerfile.instructions import Add, Copy, Instruction, Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.dockerfile.neighbours import Asked, asked
from dfrefactor.dockerfile.scope import Given, Scope, Scopes
from dfrefactor.images import start
from dfrefactor.settings import Settings
from dfrefactor.text.source import Source

if TYPE_CHECKING:  # the interpreter is loaded for files that it is asked about: most are not of interest to any pass
    from dfrefactor.effects.catalog import Catalog
    from dfrefactor.effects.files import Files
    from dfrefactor.effects.trace import Step

T = TypeVar("T")


class Facts:
    """What is known of `document`; a document and its facts never change, so what was found once holds."""

    def __init__(self, document: Document, settings: Settings | None = None) -> None:
        self.document, self.settings = document, settings or Settings()
        self._found: dict[Any, Any] = {}

    def once(self, work: Callable[[Facts], T]) -> T:
        """What `work` finds in this document: it is asked at most once.  What the storeys above know is theirs to say."""
        return self._once(work, lambda: work(self))

    def _once(self, key: Any, work: Callable[[], T]) -> T:
        if key not in self._found:
            self._found[key] = work()
        found: T = self._found[key]
        return found

    @property
    def source(self) -> Source:
        return self.document.source

    @cached_property
    def notes(self) -> Notes:
        """What its comments say."""
        return notes(self.document)

    @cached_property
    def neighbours(self) -> tuple[Asked, ...]:
        """What comments for other linters ask."""
        return tuple(asked(self.document))

    @cached_property
    def measured(self) -> Mapping[Instruction, Hint]:
        """What a build was seen to do, for the steps of which no comment speaks."""
        known, said = self.settings.measured, self.notes.hints
        runs = (each for each in self.document.instructions if isinstance(each, Run) and each not in said) if known else ()
        return {run: known[run.written] for run in runs if run.written in known}

    @cached_property
    def hints(self) -> Mapping[Instruction, Hint]:
        """The whole footprint of some instructions: what comments say, and what a build was seen to do."""
        return {**self.measured, **self.notes.hints} if self.settings.measured else self.notes.hints

    @cached_property
    def copied(self) -> tuple[str, ...] | None:
        """What of the build context is copied by its name; None where nothing of it is."""
        steps = (each for each in self.document.instructions if isinstance(each, Copy | Add) and not each.flag("from"))
        named = [source.text for step in steps if not step.heredocs for source in step.sources]
        plain = (text for text in named if not re.search(r"://|[*?\[$\\]|^\w+@", text))
        return tuple(dict.fromkeys(plain)) if named else None

    @cached_property
    def tree(self) -> Tree | None:
        """The build context, where it is at hand and something of it is copied."""
        return self.settings.context(self.copied) if self.copied is not None and self.settings.context is not None else None

    @cached_property
    def catalog(self) -> Catalog:
        """The package's commands and the user's own.  Raises CatalogError for a table that is not of the documented form."""
        from dfrefactor.effects.catalog import PACKAGED, Catalog

        return Catalog(self.settings.catalog) if self.settings.catalog else PACKAGED

    def scopes(self, stage: Stage, given: Given | None = None, first: Callable[[Stage], Scope] = start) -> tuple[Scope, ...]:
        """What holds before each instruction of `stage`, its FROM included; `given` and `first` as in `steps`."""
        every = self._once(("scopes", given, first), lambda: Scopes(self.document, first, given))
        return self._once(("scopes", stage.index, given, first), lambda: every.of(stage))

    def scope(self, instruction: Instruction) -> Scope:
        """What holds before an instruction of a stage."""
        stage, place = self._places[instruction]
        return self.scopes(stage)[place]

    def steps(self, stage: Stage, given: Given | None = None, first: Callable[[Stage], Scope] = start) -> tuple[Step, ...]:
        """What each instruction of `stage` does, with what is known of those before it, in the stages it is FROM too.

        `given` says what stands in the place of the values of ARG and ENV, `first` what holds at the start of a stage.
        """
        return self._once(("steps", stage.index, given, first), lambda: self._steps(stage, given, first))

    def step(self, instruction: Instruction) -> Step:
        """What one instruction of a stage does."""
        stage, place = self._places[instruction]
        return self.steps(stage)[place]

    def _steps(self, stage: Stage, given: Given | None, first: Callable[[Stage], Scope]) -> tuple[Step, ...]:
        from dfrefactor.effects.instruction import behind, of
        from dfrefactor.effects.transfer import brought

        files = self._files(stage, given, first)
        plain = self.steps(stage, None, first) if given is not None else ()
        same = given is None or files == self._files(stage, None, first)
        found: list[Step] = []
        for at, (instruction, scope) in enumerate(zip(stage.instructions, self.scopes(stage, given, first), strict=True)):
            names = () if given is None else (*scope.args, *scope.env)
            looks = any(plain[at].effects.reads_variable(name) for name in names) or (
                "$" in instruction.args and not isinstance(instruction, Run)
            )
            if given is not None and same and not looks:
                found.append(plain[at])  # no variable is looked at: it does the same
            else:
                found.append(of(instruction, scope, self.hints.get(instruction), self.catalog, files))
                same = same and given is not None and found[-1].effects == plain[at].effects
            files = behind(files, found[-1].effects)
            source = self.document.stage(instruction.from_ or "") if isinstance(instruction, Copy) else None
            if isinstance(instruction, Copy) and source is not None and source.index < stage.index:
                files = brought(files, instruction, scope, self._end(source, given, first))
        self._found["files", stage.index, given, first] = files
        return tuple(found)

    def _files(self, stage: Stage, given: Given | None, first: Callable[[Stage], Scope]) -> Files:
        """What is known of the files where `stage` starts."""
        from dfrefactor.effects.files import Files

        return Files(base=stage.base) if isinstance(stage.base, str) else self._end(stage.base, given, first)

    def _end(self, stage: Stage, given: Given | None, first: Callable[[Stage], Scope]) -> Files:
        """What is known of the files where `stage` ends."""
        self.steps(stage, given, first)
        found: Files = self._found["files", stage.index, given, first]
        return found

    @cached_property
    def _places(self) -> dict[Instruction, tuple[Stage, int]]:
        return {each: (stage, at) for stage in self.document.stages for at, each in enumerate(stage.instructions)}
