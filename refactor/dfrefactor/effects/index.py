"""What first looks ask of the whole catalog, in one small file, so that they need not read hundreds.

`catalog/index.json` is made from the commands' files: it is what `python -m dfrefactor.effects.index` prints.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterator
from dataclasses import asdict, fields
from functools import cache
from typing import TYPE_CHECKING

from dfrefactor.lazy import dataclass

if TYPE_CHECKING:  # only whoever makes it needs the catalog
    from dfrefactor.effects.entry import Entry

_FILE = os.path.join(os.path.dirname(__file__), "catalog", "index.json")


_PLACES = frozenset(("", "~", ".", "^", "etc", "lib", "local", "log", "root", "share", "tmp", "usr", "var"))
"""Folders that caches are in, among other things."""


@dataclass(frozen=True)
class Index:
    """Commands, options, variables and files, each sorted.

    `caching` leave caches behind, `caches` are names of the folders these are in.  `work` may be moved and is worth a stage: it
    talks to the network, or computes; `slow` is all that does.  `runners` run the command or the script among their words.
    `stores` leave what they are told in a file of theirs.  `options` authenticate by themselves, `short` holds those with one
    dash, behind the commands that have them.  `variables` and `files` are what commands authenticate with unasked.  `packages`
    bring commands that every base image has.
    """

    caches: tuple[str, ...]
    caching: tuple[str, ...]
    work: tuple[str, ...]
    slow: tuple[str, ...]
    runners: tuple[str, ...]
    stores: tuple[str, ...]
    options: tuple[str, ...]
    short: tuple[str, ...]
    variables: tuple[str, ...]
    files: tuple[str, ...]
    packages: tuple[str, ...]


@cache
def index() -> Index:
    """The index as it was made."""
    with open(_FILE, "rb") as file:
        found = json.load(file)
    return Index(**{key: tuple(value) for key, value in found.items()})


def made() -> Index:
    """The index of the commands' files as they are."""
    from dfrefactor.effects.catalog import PACKAGED, names
    from dfrefactor.effects.entry import CREDENTIALS

    found: dict[str, set[str]] = {each.name: set() for each in fields(Index)}
    for name in names():
        if (entry := PACKAGED.get(name)) is None:
            continue
        variants = list(entry.variants())
        plain = name.rpartition("/")[2].rpartition(":")[2]
        if any(map(_is_work, variants)):
            found["work"].add(plain)
        if any(each.leftovers for each in variants):
            found["caching"].add(plain)
            parts = {part for each in variants for path in each.leftovers for part in path.split("/") if "*" not in part}
            found["caches"] |= parts - _PLACES
        if any(each.network or each.heavy for each in variants):
            found["slow"].add(plain)
        if entry.runs is not None or entry.interprets or "find" in entry.handler:
            found["runners"].add(plain)
        found["packages"].update(entry.packages)
        if entry.stores or entry.commands:
            found["stores"].add(plain)
        for each in variants:
            telling = {name for name, said in each.options.items() if said.words & {*CREDENTIALS - {"key", "log"}, "stdin"}}
            found["options"].update(name for name in telling if name.startswith("--"))
            found["short"].update(f"{plain} {name}" for name in telling if not name.startswith("--"))
            found["variables"].update((*each.auth_variables, *each.address_variables))
            found["files"].update(_told(each))
    return Index(**{key: tuple(sorted(value)) for key, value in found.items()})


def _is_work(entry: Entry) -> bool:
    """Whether a step that runs it, with no subcommand to come, may be moved to a stage of its own, and is worth it."""
    from dfrefactor.effects.output import Grade

    if entry.sub or not (entry.network or entry.heavy or entry.worth):
        return False
    if entry.grade is Grade.BOUNDED:
        # only what stays in folders of its own and in caches moves; code may know more of it than the table
        fixed = {path for path in entry.writes if not path.startswith((".", "^"))}
        return not entry.system_writes and (entry.handler != "" or fixed <= set(entry.leftovers))
    return entry.grade is Grade.EXACT


def _told(entry: Entry) -> Iterator[str]:
    """What tells the files of a user or a project in which `entry` looks for credentials, wherever they are put."""
    for path in entry.config:
        place, _, rest = path.removesuffix("/**").partition("/")
        if place in ("~", "."):
            first = rest.partition("/")[0]
            yield first if first.startswith(".") and first not in (".config", ".local", ".cache") else rest


def text(found: Index) -> str:
    """The index as its file holds it."""
    return json.dumps(asdict(found), indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(text(made()))
