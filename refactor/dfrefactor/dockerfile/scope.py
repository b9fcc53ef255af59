"""What holds before each instruction of a stage: variables, working directory, user and shell."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import field, replace

from dfrefactor.dockerfile.expand import UNSET, Unset, tried
from dfrefactor.dockerfile.instructions import Arg, Env, Instruction, Onbuild, Shell, User, Workdir
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.lazy import dataclass

NOT_VARIABLES = frozenset(("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"))
"""ARGs that steer BuildKit and never become variables of the stage (BuildKit attestation docs)."""

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What BuildKit sets where the base image has no PATH."""


@dataclass(frozen=True)
class Scope:
    """What holds at one place of a stage.

    In `env` and `args`, None is a value that is not known; `args` are the ARGs declared so far.  A variable of the base
    image is in neither: `lookup` answers None for a name that it may set, and UNSET only where it is known not to.
    """

    env: Mapping[str, str | None] = field(default_factory=dict)
    args: Mapping[str, str | None] = field(default_factory=dict)
    variables: Mapping[str, str | None] = field(default_factory=dict)
    """ENV and ARG together: the later instruction wins (FACTS, stages and variables)."""
    workdir: str | None = None
    """Absolute; None where it is the base image's."""
    user: str | None = None
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    inherited: frozenset[str] | None = None
    """The variables that the base image may set; None where that is not known."""
    escape: str = "\\"
    path: str | None = None
    """What ENV and ARG made of PATH, with the system's folders in the place of a value that is not known."""

    def lookup(self, name: str) -> str | Unset | None:
        """The value that Docker puts in for `$name` here."""
        if name in self.variables:
            return self.variables[name]
        return UNSET if self.inherited is not None and name not in self.inherited else None

    def with_variable(self, name: str, value: str | None) -> Scope:
        """The scope behind an ARG of that name."""
        return replace(self, variables={**self.variables, name: value})


def expand(text: str, scope: Scope) -> str | None:
    """`text` after Docker's substitution; None when a part is unknown, or where Docker refuses it."""
    return tried(text, scope.lookup, scope.escape)


Start = Callable[[Stage], Scope]
Given = Callable[[str, str, bool], str | None]
"""What stands in the place of a variable's value, by name and value; the last says that an ENV has fixed it."""


@dataclass(frozen=True)
class Scopes:
    """The scopes of a document's stages, for whoever asks for many: each stage is gone through once.

    ARG defaults count as their values; an ARG without one has a value that is not known, for a build may give any.
    """

    document: Document
    start: Start
    """What holds at the start of a stage FROM an image."""
    given: Given | None = None
    _behind: dict[int, Scope] = field(default_factory=dict)

    def of(self, stage: Stage) -> tuple[Scope, ...]:
        """What holds before each instruction of `stage`."""
        for each in stage.chain[:-1]:
            if each.index not in self._behind:
                self._through(each)
        return self._through(stage)

    def _through(self, stage: Stage) -> tuple[Scope, ...]:
        scope, before = self._start(stage), []
        for instruction in stage.instructions:
            before.append(scope)
            scope = self.after(scope, instruction)
        self._behind[stage.index] = scope
        return tuple(before)

    def _start(self, stage: Stage) -> Scope:
        if isinstance(stage.base, str):
            return replace(self.start(stage), escape=self.document.escape)
        scope = self._behind[stage.base.index]
        # a child stage starts with the image's ENV put in once more, over any ARG of that name (seen in a build)
        scope = replace(scope, variables={**scope.variables, **scope.env})
        for instruction in stage.base.instructions:
            if isinstance(instruction, Onbuild):
                scope = self.after(scope, instruction.trigger)
        return scope

    def after(self, scope: Scope, instruction: Instruction) -> Scope:
        match instruction:
            case Env():
                return self._env(scope, instruction)
            case Arg():
                return self._arg(scope, instruction)
            case Workdir():
                return replace(scope, workdir=_joined(scope.workdir, expand(instruction.args, scope)))
            case User():
                return replace(scope, user=expand(instruction.args, scope))
            case Shell() if instruction.is_json:
                return replace(scope, shell=tuple(word.text for word in instruction.words))
            case _:
                return scope

    def _env(self, scope: Scope, instruction: Env) -> Scope:
        """All pairs of a line see what was before it (FACTS, stages and variables)."""
        cut = {expand(pair.key, scope): expand(pair.value or "", scope) for pair in instruction.pairs}
        values = {key: value for key, value in cut.items() if key is not None}
        if self.given:
            values = {key: value if value is None else self.given(key, value, True) for key, value in values.items()}
        for pair in instruction.pairs if "PATH" in values else ():
            if pair.key == "PATH":
                known = scope.with_variable("PATH", scope.path or scope.variables.get("PATH") or DEFAULT_PATH)
                scope = replace(scope, path=expand(pair.value or "", known))
        return replace(scope, env={**scope.env, **values}, variables={**scope.variables, **values})

    def _arg(self, scope: Scope, instruction: Arg) -> Scope:
        """Each ARG of a line sees those before it; one without a default takes the global one's value."""
        for pair in instruction.pairs:
            value = self.document.global_lookup(pair.key) if pair.value is None else expand(pair.value, scope)
            value = None if isinstance(value, Unset) else value
            if self.given and value is not None:
                value = self.given(pair.key, value, False)
            scope = replace(scope, args={**scope.args, pair.key: value})
            if pair.key not in NOT_VARIABLES:
                scope = scope.with_variable(pair.key, value)
        return scope


def _joined(current: str | None, path: str | None) -> str | None:
    if path is None or (current is None and not path.startswith("/")):
        return None
    return "/" + posixpath.normpath(posixpath.join(current or "/", path)).lstrip("/")
