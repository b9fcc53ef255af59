"""Everything known of one document, each part worked out once and handed to every pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from dfrefactor.dockerfile.comments import Notes, notes
from dfrefactor.dockerfile.instructions import Copy, Instruction
from dfrefactor.dockerfile.model import Document, Stage
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
    def catalog(self) -> Catalog:
        """The package's commands and the user's own.  Raises CatalogError for a table that is not of the documented form."""
        from dfrefactor.effects.catalog import PACKAGED, Catalog

        return Catalog(self.settings.catalog) if self.settings.catalog else PACKAGED

    def scopes(self, stage: Stage, given: Given | None = None) -> tuple[Scope, ...]:
        """What holds before each instruction of `stage`, its FROM included."""
        every = self._once(("scopes", given), lambda: Scopes(self.document, start, given))
        return self._once(("scopes", stage.index, given), lambda: every.of(stage))

    def scope(self, instruction: Instruction) -> Scope:
        """What holds before an instruction of a stage."""
        stage, place = self._places[instruction]
        return self.scopes(stage)[place]

    def steps(self, stage: Stage, given: Given | None = None) -> tuple[Step, ...]:
        """What each instruction of `stage` does, with what is known of those before it, in the stages it is FROM too.

        `given` says what stands in the place of the defaults of build arguments.
        """
        return self._once(("steps", stage.index, given), lambda: self._steps(stage, given))

    def step(self, instruction: Instruction) -> Step:
        """What one instruction of a stage does."""
        stage, place = self._places[instruction]
        return self.steps(stage)[place]

    def _steps(self, stage: Stage, given: Given | None) -> tuple[Step, ...]:
        from dfrefactor.effects.instruction import behind, of
        from dfrefactor.effects.transfer import brought

        files, plain = self._files(stage, given), self.steps(stage) if given is not None else ()
        same = given is None or files == self._files(stage, None)
        found: list[Step] = []
        for at, (instruction, scope) in enumerate(zip(stage.instructions, self.scopes(stage, given), strict=True)):
            if given is not None and same and not any(plain[at].effects.reads_variable(name) for name in scope.args):
                found.append(plain[at])  # no argument is looked at: it does the same
            else:
                found.append(of(instruction, scope, self.notes.hints.get(instruction), self.catalog, files))
                same = same and given is not None and found[-1].effects == plain[at].effects
            files = behind(files, found[-1].effects)
            source = self.document.stage(instruction.from_ or "") if isinstance(instruction, Copy) else None
            if isinstance(instruction, Copy) and source is not None and source.index < stage.index:
                files = brought(files, instruction, scope, self._end(source, given))
        self._found["files", stage.index, given] = files
        return tuple(found)

    def _files(self, stage: Stage, given: Given | None) -> Files:
        """What is known of the files where `stage` starts."""
        from dfrefactor.effects.files import Files

        return Files(base=stage.base) if isinstance(stage.base, str) else self._end(stage.base, given)

    def _end(self, stage: Stage, given: Given | None) -> Files:
        """What is known of the files where `stage` ends."""
        self.steps(stage, given)
        found: Files = self._found["files", stage.index, given]
        return found

    @cached_property
    def _places(self) -> dict[Instruction, tuple[Stage, int]]:
        return {each: (stage, at) for stage in self.document.stages for at, each in enumerate(stage.instructions)}
