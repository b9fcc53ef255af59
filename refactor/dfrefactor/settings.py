"""What a user may choose: plain values, wherever they were set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from dfrefactor.context import Look
from dfrefactor.finding import Asked, Safety, Severity
from dfrefactor.lazy import dataclass

if TYPE_CHECKING:
    from dfrefactor.dockerfile.comments import Hint


@dataclass(frozen=True)
class Settings:
    """How the passes work; every default is the careful one."""

    strategy: Literal["auto", "builder", "mount"] = "auto"
    """purge-credentials: move steps into a builder stage, or give them a secret mount; `auto` only suggests the mount."""
    parallel: Literal["worth", "all"] = "worth"
    """parallel-stages: split where it pays, or wherever something is downloaded or compiled."""
    allow: Safety = Safety.SAFE
    """The least safe findings that are applied."""
    builder: Literal["buildkit", "classic"] = "buildkit"
    """layer-markers: whose cache the images are built with; only the classic builder's mistakes stages."""
    generated: bool = False
    """Whether files that say they are generated are edited too."""
    severity: Mapping[str, Severity] = field(default_factory=dict)
    """How bad what a pass finds is, by its name, where somebody says so."""
    checked: frozenset[str] = frozenset()
    """Passes that tell and do not mend."""
    context: Look | None = None
    """Finds the build context of the Dockerfile."""
    catalog: Mapping[str, object] = field(default_factory=dict)
    """Commands the user described, in the catalog's form."""
    taken: frozenset[str] = frozenset()
    """Names that new stages must not have: build contexts named in a Compose or bake file beside the Dockerfile."""
    asked: Mapping[str, tuple[Asked, ...]] = field(default_factory=dict)
    """purge-credentials: the build arguments that Dockerfiles take as secrets, by the path from the folder that builds are seen
    from: that of a Compose or bake file, the repository's for a workflow."""
    aside: bool = False
    """Whether the file was not asked for, and what would be changed in it is only said."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """purge-credentials: under which id the repository has a secret of a build argument's value already."""
    measured: Mapping[str, Hint] = field(default_factory=dict)
    """What a build was seen to do, by the text of the RUN: it stands for a hint where a comment has none."""
    verified: bool = False
    """Whether what comes of it is built and compared before it is written, so that it may rest on what was measured."""
    selected: frozenset[str] = frozenset()
    """Passes that were asked for by name."""
    cached: tuple[frozenset[str], ...] = ()
    """layer-markers: for each cache list of a Compose file beside, the stages whose images it has; "" is the last."""
