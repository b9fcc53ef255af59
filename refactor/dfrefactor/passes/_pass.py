"""What a pass is: a name, a cheap first look at the file, and a module whose docstring is the page it is documented by."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache, cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from dfrefactor.dockerfile.frequency import how_often
from dfrefactor.dockerfile.instructions import Add, Arg, Copy, Env, Instruction, Pairs, Run
from dfrefactor.finding import Finding
from dfrefactor.kinds import Kind
from dfrefactor.lazy import dataclass, regex
from dfrefactor.settings import Settings

if TYPE_CHECKING:
    from dfrefactor.compose.file import BuildFile
    from dfrefactor.facts import Facts

FirstLook = Callable[[Any, Settings], bool]

_PIECE = regex(r"[;&|(){}`\n]+|[^\s;&|(){}`]+")
_WORD = regex(r"[\w.+-]+")
_KEYWORDS = frozenset(("run", "!", "do", "then", "else", "elif", "if", "while", "until", "coproc"))
_ASSIGNMENT = regex(r"[A-Za-z_]\w*\+?=")
_QUOTES = "\"'[],\\"
_VERSION = "0123456789."


@dataclass(frozen=True)
class Example:
    """A file of a page, and what the pass makes of it; the same text where it has to leave it alone."""

    before: str
    after: str


@dataclass(frozen=True)
class Pass:
    """One rewrite.  Its module is loaded for files that the first look says yes to, and for its page.

    It gets what files of its kinds are read as: the Facts of a Dockerfile, a BuildFile for a Compose or bake file.
    """

    name: str
    may_find: FirstLook
    """Whether the pass may find anything: never no wrongly, and quick, for most files have nothing for most passes."""
    reads: tuple[Kind, ...] = ("dockerfile",)
    own: bool = False
    """Whether the first look has to say yes to the file as it was read: what other passes make of it gives this one no work."""
    faults: bool = False
    """Whether what it finds is wrong with a file, and worth saying where nothing may mend it."""
    asked: bool = False
    """Whether it acts only where it is selected by name."""
    otherwise: Callable[[Settings], tuple[str, Settings] | None] = lambda _: None
    """Another way for what it leaves, shown as a suggestion: the option of the command line for it, and the settings."""

    @cached_property
    def module(self) -> ModuleType:
        return import_module(f"dfrefactor.passes.{self.name.replace('-', '_')}")

    @property
    def page(self) -> str:
        """Its documentation, which is its test too."""
        return self.module.__doc__ or ""

    def run(self, file: Any, settings: Settings) -> Iterator[Finding]:
        if self.may_find(file, settings):
            yield from getattr(self.module, self.name.replace("-", "_"))(file, settings)

    @property
    def summary(self) -> str:
        return self.page.partition("\n")[0]

    @property
    def examples(self) -> list[Example]:
        """The indented blocks of the page; one without `->` must stay as it is.  Prose stands between two examples."""
        from textwrap import dedent

        found = []
        for block in re.findall(r"(?:^(?:    .*)?\n)*^    .*\n", self.page, re.M):
            before, arrow, after = dedent(block).strip("\n").partition("\n->\n")
            found.append(Example(before + "\n", (after if arrow else before) + "\n"))
        return found


def secret_mounts(settings: Settings) -> tuple[str, Settings] | None:
    """The option that has credentials given as secret mounts, where a user chose no strategy."""
    return ("--strategy mount", replace(settings, strategy="mount")) if settings.strategy == "auto" else None


def credentials(file: Facts | BuildFile, settings: Settings) -> bool:
    text = file.source.text
    if not hasattr(file, "document"):  # it builds Dockerfiles; one that stands in it says so
        return "type=secret" in text or any(each.argument in text for known in settings.asked.values() for each in known)
    from dfrefactor.secrets.values import may_hold_credentials

    if may_hold_credentials(text):
        return True
    from dfrefactor.secrets.brought import may_bring

    return may_bring(cast("Facts", file))


def stages_alike(facts: Facts, _: Settings) -> bool:
    from dfrefactor.buildkit.classic import alike

    return len(facts.document.stages) > 1 and alike(facts.document.stages)


def independent_steps(facts: Facts, settings: Settings) -> bool:
    """Whether a stage has two pieces of work, or just two steps where every group is to be split."""
    hinted = "dfrefactor:" in facts.source.text or bool(settings.measured)
    for stage in facts.document.stages:
        runs = [instruction for instruction in stage.instructions if isinstance(instruction, Run)]
        text = "\n".join(text for run in runs for text in (run.logical.text.lstrip(), *(each.content for each in run.heredocs)))
        if settings.parallel == "all" or hinted or settings.catalog:
            if len(runs) + text.count("&&") + text.count(";") > 1:
                return True
        elif _pieces_of_work(text) > 1:
            return True
    return False


def changed_again(facts: Facts, settings: Settings) -> bool:
    """Whether a RUN may give modes or owners to a file that is copied, or remove it, or empty caches that another one filled."""
    if settings.builder == "classic" or not _CHANGES.search(facts.source.text):
        return False
    return any(may_change_again(stage.instructions, bool(settings.catalog)) for stage in facts.document.stages)


def may_change_again(instructions: Sequence[Instruction], any_fills: bool = False) -> bool:
    """The same of the instructions of one stage; `any_fills`: there are commands of a user's, which may fill caches."""
    names, filled = set[str](), False
    for each in instructions:
        if isinstance(each, Copy | Add):
            names.update(source.text.rstrip("/").rpartition("/")[2].strip("${}") for source in each.sources)
            names.update(each.dest.text.split("/"))
            names -= _PLACES
        elif isinstance(each, Run):
            if _changes_one(each.args, names) or (filled and _empties(each.args)):
                return True
            filled = filled or any_fills or _fills(each.args)
    return False


def _changes_one(text: str, names: Collection[str]) -> bool:
    """Whether a command in `text` may change what is called by one of `names`."""
    told = [said for said in _CHANGES.findall(text) if said]
    return any(any(name in said for said in told) or (name in text and any("$" in said for said in told)) for name in names)


def _fills(text: str) -> bool:
    """Whether a command in `text` may leave a cache behind."""
    from dfrefactor.effects.index import index

    return not _set(index().caching).isdisjoint(_WORD.findall(text))


def _empties(text: str) -> bool:
    """Whether a command in `text` may empty a cache that none in front of it fills."""
    from dfrefactor.effects.index import index

    for found in _EMPTIES.finditer(text):
        if not found[1] or not _set(index().caches).isdisjoint(_WORD.findall(found[1])):
            return not _fills(text[: max(text.rfind(each, 0, found.start()) for each in ";&|\n") + 1])
    return False


_set = cache(frozenset[str])
_EMPTIES = regex(r"\b(?:rm|unlink)\b([^;&|\n]*)|clean|purge|prune|clear")
_CHANGES = regex(r"\b(?:chmod|chown|rm|unlink)\b([^;&|\n]*)|clean|purge|prune|clear")
_PLACES = frozenset(("", ".", "bin", "etc", "lib", "local", "opt", "root", "tmp", "usr", "var"))
"""Folders of the system, and what names none."""


def asked_for_mounts(facts: Facts, settings: Settings) -> bool:
    """Whether caches are to be kept in mounts, and a command may fill one."""
    asked = "cache-mounts" in settings.selected and settings.builder != "classic"
    runs = (each for each in facts.document.instructions if isinstance(each, Run)) if asked else ()
    return any(bool(settings.catalog) or _fills(run.args) for run in runs)


def work_behind(facts: Facts, _: Settings) -> bool:
    """Whether work stands between what changes often and the first that names it, or behind a copy."""
    return any(_may_go_down(stage.instructions, at) for stage in facts.document.stages for at in range(len(stage.instructions)))


def _may_go_down(instructions: Sequence[Instruction], at: int) -> bool:
    moved = instructions[at]
    if how_often(moved) < 2:
        return False
    names = "|".join(re.escape(pair.key) for pair in moved.pairs) if isinstance(moved, Arg | Env) else ""
    behind, along = False, True
    for each in instructions[at + 1 :]:
        along = along and isinstance(each, Pairs)
        if names and re.search(rf"(?<![A-Za-z0-9_])(?:{names})(?![A-Za-z0-9_])", each.args):
            if not along:
                return behind
            names = ""  # what stands right behind it and names it may go along
        behind = behind or (isinstance(each, Run) and (bool(each.heredocs) or _is_slow(each.args)))
        if behind and not names:
            return True
    return behind and isinstance(moved, Env)


def _is_slow(text: str) -> bool:
    """Whether a command in `text` may talk to the network, or compute."""
    from dfrefactor.effects.index import index

    words = set(_WORD.findall(text))
    return not words.isdisjoint(index().slow) or not {word.rstrip(_VERSION) for word in words}.isdisjoint(index().slow)


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
