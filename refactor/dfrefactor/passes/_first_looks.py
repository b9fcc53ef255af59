"""A cheap look at a file for each pass: does it have anything the pass is about?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dfrefactor.dockerfile.instructions import Run

if TYPE_CHECKING:
    from dfrefactor.compose.file import BuildFile
    from dfrefactor.facts import Facts
    from dfrefactor.settings import Settings

_PIECE = re.compile(r"[;&|(){}`\n]+|[^\s;&|(){}`]+")
_KEYWORDS = frozenset(("run", "!", "do", "then", "else", "elif", "if", "while", "until", "coproc"))
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_QUOTES = "\"'[],\\"
_VERSION = "0123456789."


def credentials(facts: Facts, _: Settings) -> bool:
    from dfrefactor.secrets.values import may_hold_credentials

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
        elif _pieces_of_work(text) > 1:
            return True
    return False


def _pieces_of_work(text: str) -> int:
    """How many of the commands in `text` may be worth a stage: never too few."""
    from dfrefactor.effects.index import index

    work, runners = frozenset(index().work), frozenset(index().runners)
    count, awaited, inside, counted = 0, True, False, False
    for piece in _PIECE.findall(text):
        if piece[0] in ";&|(){}`\n":
            awaited, inside, counted = True, False, False
            continue
        word = piece.strip(_QUOTES)
        if counted:
            continue
        if "://" in word:
            counted = True
        elif awaited or inside:
            if _ASSIGNMENT.match(word) or word.startswith("-") or word.lower() in _KEYWORDS:
                continue
            name = word.rpartition("/")[2]
            plain = name.rstrip(_VERSION)
            if name in work or plain in work or (awaited and name[:1] == "$" and len(name) > 1):
                counted = True
            elif name in runners or plain in runners:
                inside = True  # what it runs is somewhere in the words behind
            awaited = False
        count += counted
    return count


def several_stages(facts: Facts, _: Settings) -> bool:
    return len(facts.document.stages) > 1


def cache_lists(file: BuildFile, _: Settings) -> bool:
    return re.search("cache[_-]from", file.source.text) is not None
