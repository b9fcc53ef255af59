"""A cheap look at a file for each pass: does it have anything the pass is about?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dfrefactor.dockerfile.instructions import Run

if TYPE_CHECKING:
    from dfrefactor.compose.file import BuildFile
    from dfrefactor.facts import Facts
    from dfrefactor.settings import Settings

HEAVY = (
    "aria2c", "axel", "bundle", "cargo", "cmake", "composer", "configure", "corepack", "curl", "gcc", "gem", "git", "go",
    "gradle", "make", "meson", "mvn", "ninja", "npm", "pip", "pnpm", "poetry", "python", "svn", "uv", "wget", "yarn",
)  # fmt: skip
"""Commands that do network or compile work and may be moved: what is worth a stage."""

# One of them where a command may start: behind RUN and its flags, an operator, a keyword, an assignment, sudo and the like.
_WORK = re.compile(
    r"(?:^|^RUN\s(?:\s*--\S+)*|[;&|({`]|\b(?:do|then|else|elif|if|while|until|sudo|exec|time|command|eval|env|xargs)\s|\w=\S*\s)"
    rf"\s*(?:\S*/)?(?:{'|'.join(HEAVY)})[0-9.]*\s|://",
    re.M | re.I,
)


def credentials(facts: Facts, _: Settings) -> bool:
    from dfrefactor.secrets.quick import may_hold_credentials

    return may_hold_credentials(facts.source.text)


def independent_steps(facts: Facts, settings: Settings) -> bool:
    """Whether a stage has two pieces of work, or just two steps where every group is to be split."""
    hinted = "dfrefactor:" in facts.source.text
    for stage in facts.document.stages:
        runs = [instruction for instruction in stage.instructions if isinstance(instruction, Run)]
        text = "\n".join(text for run in runs for text in (run.logical.text.lstrip(), *(each.content for each in run.heredocs)))
        if settings.parallel == "all" or hinted or settings.catalog:
            if len(runs) + text.count("&&") + text.count(";") > 1:
                return True
        elif len(_WORK.findall(text)) > 1:
            return True
    return False


def several_stages(facts: Facts, _: Settings) -> bool:
    return len(facts.document.stages) > 1


def cache_lists(file: BuildFile, _: Settings) -> bool:
    return re.search("cache[_-]from", file.source.text) is not None
