"""A cache plan: what to build, in which order, with which cache lists, and what to push."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal, get_args

from dfrefactor.cacheplan.advice import advice
from dfrefactor.compose.images import is_name, normal, split
from dfrefactor.compose.needs import above, closure, has_steps, tips, title
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.lazy import dataclass

Builder = Literal["classic", "buildkit-inline", "buildkit-registry", "buildkit-gha", "buildah"]
Mode = Literal["", "inline", "min", "max"]
Output = Literal["push", "local", "cache"]
BUILDERS: tuple[Builder, ...] = get_args(Builder)


class PlanError(ValueError):
    """A plan that cannot be made; line and column are 1-based places in the Dockerfile, 0 for none."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True)
class Step:
    """One build."""

    stage: Stage
    image: str
    cache_from: tuple[str, ...] = ()
    """Images, or for BuildKit's registry cache and buildah the references of caches."""
    cache_to: str = ""
    """Where the cache goes; "" for nowhere or into the image."""
    mode: Mode = ""
    output: Output = "push"
    """Whether the image is pushed, stays here, or is not wanted at all."""
    bases: Mapping[str, Stage] = field(default_factory=dict)
    """The images of other steps that FROM or `--from` names, and whose they are."""


@dataclass(frozen=True)
class Plan:
    """All builds for one target.  `notes` is what its user has to know."""

    builder: Builder
    target: Stage
    steps: tuple[Step, ...]
    tainted: frozenset[int]
    notes: tuple[str, ...]

    def cache(self, ref: str) -> str:
        """Where a cache is, as `--cache-from` and `--cache-to` take it: that of GitHub has scopes and no references."""
        if self.builder == "buildkit-gha":
            return f"type=gha,scope={re.sub(r'[^A-Za-z0-9_.-]', '-', ref)}"
        return f"type=registry,ref={ref}" if self.builder.startswith("buildkit") else ref

    @property
    def final(self) -> Step:
        return self.steps[-1]

    def flag(self, stage: Stage) -> str | None:
        """What `--target` says for a build of the stage; None for the last one, which needs none."""
        return None if stage is stage.document.stages[-1] else stage.label


def plan(
    document: Document, image: str, builder: Builder, target: str | None = None, tainted: frozenset[int] = frozenset()
) -> Plan:
    """The plan for `target` (the last stage) of a document without errors, under the name `image`.  Raises PlanError.

    `tainted` are the stages with a credential in them; those that start from one of their images are as well.
    """
    return _Planner(image, _target(document, target), builder, tainted).plan()


def _target(document: Document, name: str | None) -> Stage:
    if name is None:
        return document.stages[-1]
    found = [stage for stage in document.stages if stage.name == name.lower()]
    if not found:
        names = ", ".join(f"`{stage.label}`" for stage in document.stages if stage.label) or "none has a name"
        raise PlanError(f"no stage is called `{name}` (stages: {names})")
    return found[-1]


class _Planner:
    def __init__(self, image: str, target: Stage, builder: Builder, tainted: frozenset[int]) -> None:
        if not is_name(image):
            raise PlanError(f"`{image}` is not the name of an image")
        self.document, self.target, self.builder = target.document, target, builder
        self.repository, tag = split(image)
        self.images = {stage.index: self._tag(stage) for stage in self.document.stages}
        self.images[target.index] = f"{self.repository}:{tag}"
        if len(set(self.images.values())) < len(self.images):
            raise PlanError(f"the tag `{tag}` is the one of a stage's image; choose another one")
        self.made = {normal(ref): stage for stage, ref in zip(self.document.stages, self.images.values(), strict=True)}
        self.tainted = self._spread(tainted)
        self.order = self._order()

    def _tag(self, stage: Stage) -> str:
        """The stage's image: as the file calls it, where it starts from it by name; else `stage_NAME`."""
        usable = stage.name and len(stage.name) < 120 and self.document.stage(stage.name) is stage
        name = stage.name if stage.name and usable else str(stage.index)
        for edges in self.document.graph.values():
            for ref in (edge.target for edge in edges if isinstance(edge.target, str)):
                repository, tag = split(ref)
                if repository == self.repository and re.fullmatch(rf"(?:.*[._-])?{re.escape(name)}", tag.lower()):
                    return ref
        return f"{self.repository}:stage_{name}"

    def _bases(self, stage: Stage) -> dict[str, Stage]:
        """The images of this plan that a stage needs by name."""
        refs = [edge.target for edge in self.document.graph[stage.index] if isinstance(edge.target, str)]
        return {ref: self.made[normal(ref)] for ref in refs if self.made.get(normal(ref)) not in (None, stage)}

    def _spread(self, tainted: frozenset[int]) -> frozenset[int]:
        found = set(tainted)
        while True:
            more = {
                stage.index
                for stage in self.document.stages
                for base in [stage.base if isinstance(stage.base, Stage) else self.made.get(normal(stage.base))]
                if base is not None and base is not stage and base.index in found
            }
            if more <= found:
                return frozenset(found)
            found |= more

    def _order(self) -> list[Stage]:
        """What the target needs, and images before those who start from them."""
        runs = above if self.builder in ("classic", "buildah") else lambda stage: closure(stage, self.made)
        wanted: list[Stage] = []
        path: list[Stage] = []

        def visit(stage: Stage) -> None:
            if stage in path:
                raise PlanError(f"{title(stage)} needs an image that is built from it", *self._place(stage))
            if stage in wanted:
                return
            path.append(stage)
            for each in closure(stage):
                for base in self._bases(each).values():
                    if runs is above and base.index > stage.index:
                        raise PlanError(f"{title(each)} starts from the image of a stage below it", *self._place(each))
                    visit(base)
            path.pop()
            wanted.append(stage)

        for stage in runs(self.target):
            visit(stage)
        return wanted

    def _place(self, stage: Stage) -> tuple[int, int]:
        return self.document.source.position(stage.from_.keyword_span.start)

    def plan(self) -> Plan:
        steps: list[Step] = getattr(self, self.builder.removeprefix("buildkit-"))()
        notes = advice(self.document, self.builder, {step.mode for step in steps}, self.order, self.tainted)
        return Plan(self.builder, self.target, tuple(steps), self.tainted, tuple(notes))

    def step(self, stage: Stage, sources: Sequence[str], cache_to: str = "", mode: Mode = "", output: Output = "push") -> Step:
        """A build that is pushed unless it must not be."""
        if stage.index in self.tainted:
            output = "local"
        image = self.images[stage.index]
        bases = {ref: base for each in closure(stage) for ref, base in self._bases(each).items()}
        return Step(stage, image, tuple(sources), cache_to=cache_to, mode=mode, output=output, bases=bases)

    def is_named(self, stage: Stage) -> bool:
        """Whether others start from its image by name, so that it has to be there."""
        return any(stage in self._bases(each).values() for each in self.order)

    def output(self, stage: Stage) -> Output:
        """Only images that somebody asks for by name are pushed."""
        return "push" if stage is self.target or self.is_named(stage) else "cache"

    def classic(self) -> list[Step]:
        """An image of every stage above the target, and every one of them in the list of those below."""
        built = [s for s in self.order if s.index not in self.tainted or s is self.target or self.is_named(s)]
        public = [stage for stage in built if stage.index not in self.tainted]

        def sources(stage: Stage) -> list[str]:
            return [self.images[each.index] for each in public if each.index <= stage.index]

        return [self.step(stage, sources(stage)) for stage in built]

    def inline(self) -> list[Step]:
        """An image with an inline cache for every stage whose layers are not in another one's image."""
        public = [stage for stage in self.order if stage.index not in self.tainted]
        needed = set(tips([stage for stage in public if has_steps(stage)])) | {self.target}
        built = [stage for stage in self.order if stage in needed or self.is_named(stage)]

        def sources(stage: Stage) -> list[str]:
            runs = closure(stage, self.made)
            return [self.images[s.index] for s in built if s in runs and s.index not in self.tainted]

        return [self.step(stage, sources(stage), mode="" if stage.index in self.tainted else "inline") for stage in built]

    def registry(self) -> list[Step]:
        """One cache of all stages; where one of them holds a credential, a cache of each part without it."""
        clean = [s for s in self.order if not self.tainted & {each.index for each in closure(s)}]
        public = [s for s in self.order if s.index not in self.tainted and s not in clean]
        inside = {each for s in clean for each in closure(s) if each is not s}
        parts = [s for s in clean if s not in inside and has_steps(s)]
        parts += [s for s in tips(public) if has_steps(s)]
        built = [s for s in self.order if s in parts or s is self.target or self.is_named(s)]
        names = {s: "" if s is self.target else f"_{s.name or s.index}" for s in built if s.index not in self.tainted}
        caches = {s: f"{self.repository}:cache{name}" for s, name in names.items()}
        steps = []
        for stage in built:
            runs = closure(stage)
            sources = [cache for s, cache in caches.items() if s in runs or stage in closure(s)]
            mode: Mode = "" if stage not in caches else "max" if stage in clean else "min"
            steps.append(self.step(stage, sources, caches.get(stage, ""), mode, self.output(stage)))
        return steps

    gha = registry  # what differs is where the caches are

    def buildah(self) -> list[Step]:
        """One repository of layers, filled by all stages up to the first one with a credential."""
        cache = f"{self.repository}-cache"
        first = min((s.index for s in above(self.target) if s.index in self.tainted), default=None)
        safe = self.document.stages[first - 1] if first else None
        built = [s for s in self.order if s is self.target or s is safe or self.is_named(s)]
        return [
            self.step(stage, [cache], cache if first is None or stage.index < first else "", output=self.output(stage))
            for stage in built
        ]
