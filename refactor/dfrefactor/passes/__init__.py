"""Every pass, in the order they run.  This tuple is the table of contents of the tool."""

import re
from typing import get_args

from dfrefactor.kinds import Kind
from dfrefactor.passes._pass import (
    Example,
    Pass,
    asked_for_mounts,
    changed_again,
    credentials,
    independent_steps,
    secret_mounts,
    stages_alike,
    work_behind,
)  # fmt: skip

PASSES: tuple[Pass, ...] = (
    # First: what it moves may be split further.
    Pass("purge-credentials", credentials, reads=get_args(Kind), faults=True, otherwise=secret_mounts),
    Pass("parallel-stages", independent_steps),
    Pass("store-once", changed_again),
    Pass("order-layers", work_behind),  # behind the stages that were made: what a stage took along is in its place already
    Pass("cache-mounts", asked_for_mounts, asked=True),  # behind what moves commands: a RUN with a mount stays whole
    # Last on Dockerfiles: where stages of the file's own are mistaken, it marks all that the passes before it leave.
    Pass("layer-markers", stages_alike, own=True),
    # Alone with its kinds of files, so that its place says nothing of what it sees; it comes last, as what it keeps follows from
    # the stages that the others make.
    Pass("cache-from", lambda file, _: re.search("cache[_-]from", file.source.text) is not None, reads=("compose", "bake")),
)

__all__ = ["PASSES", "Example", "Pass", "named"]


def named(name: str) -> Pass:
    """The pass of that name.  Raises KeyError where there is none."""
    return {each.name: each for each in PASSES}[name]
