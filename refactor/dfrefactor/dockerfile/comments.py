"""What comments tell us: hints, ignores, and files to skip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Document
from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.shown import meant
from dfrefactor.text.source import Span

_MARK = regex(r"\s*#\s*dfrefactor:(.*?)(?:\s--(?:\s.*)?)?\s*", re.S)
_KEYS = ("writes", "reads", "ignore", "skip-file")
ALL = "all"
"""What an `ignore` that names no pass, or this, speaks of."""
_PATH_LIST = regex(r"/[^,]*(?:,/[^,]*)*")


@dataclass(frozen=True)
class Hint:
    """The whole footprint of the instruction below: absolute paths; a folder means its tree, all of it the step's own."""

    writes: tuple[str, ...]
    reads: tuple[str, ...]
    span: Span
    leaves: tuple[str, ...] = ()
    """Caches and temporary files beside, where a build was seen to leave some."""


@dataclass(frozen=True)
class Notes:
    """What the comments of one file say; `errors` are those that cannot be read."""

    hints: dict[Instruction, Hint]
    ignored: dict[Instruction, frozenset[str]]
    skip_file: bool
    errors: tuple[ParseError, ...]

    def ignores(self, instruction: Instruction, rule: str) -> bool:
        """Whether pass `rule` must leave `instruction` alone."""
        return not self.ignored.get(instruction, frozenset()).isdisjoint((rule, ALL))


class Ignore(NamedTuple):
    """An `ignore` of a comment: the word, and the passes it names."""

    span: Span
    names: frozenset[str]


def ignores(document: Document) -> Iterator[Ignore]:
    """Every `ignore` in a comment of ours."""
    for token in document.tree.tokens() if "dfrefactor:" in document.source.text else ():
        if token.kind == "COMMENT" and (found := _MARK.fullmatch(token.text)):
            for word in re.finditer(r"(?<!\S)ignore(?:=(\S*))?(?!\S)", found[1]):
                start = token.span.start + found.start(1)
                names = frozenset(filter(None, (word[1] or ALL).split(",")))
                yield Ignore(Span(start + word.start(), start + word.end()), names)


def notes(document: Document, passes: frozenset[str] = frozenset()) -> Notes:
    """Read the `# dfrefactor:` comments.  With `passes`, an `ignore=` of any other name is an error."""
    if "dfrefactor:" not in document.source.text:
        return Notes({}, {}, False, ())
    hints: dict[Instruction, Hint] = {}
    ignored: dict[Instruction, frozenset[str]] = {}
    skip = False
    errors: list[ParseError] = []
    above = {token.span: i for i in document.instructions for token in i.leading}
    for token in document.tree.tokens():
        found = _MARK.fullmatch(token.text) if token.kind in ("COMMENT", "DIRECTIVE") else None
        if not found:
            continue
        instruction = above.get(token.span)
        words: dict[str, tuple[str, ...]] = {}
        at = len(errors)
        for word in found[1].split():
            problem = _read(word, words, passes) or (
                "" if instruction or word == "skip-file" else f"`{word}` stands above no instruction"
            )
            if problem and not errors[at:]:  # one for a comment
                errors.append(ParseError(*document.source.position(token.span.start), f"dfrefactor comment: {problem}"))
        skip |= "skip-file" in words
        if instruction and "ignore" in words:
            ignored[instruction] = ignored.get(instruction, frozenset()) | frozenset(words["ignore"])
        if instruction and words.keys() & {"writes", "reads"}:
            old = hints.get(instruction, Hint((), (), token.span))
            writes, reads = words.get("writes", ()), words.get("reads", ())
            hints[instruction] = Hint(old.writes + writes, old.reads + reads, old.span)
    return Notes(hints, ignored, skip, tuple(errors))


def _read(word: str, into: dict[str, tuple[str, ...]], passes: frozenset[str]) -> str:
    """Put one `key=a,b` into `into`; what is wrong with it, or ""."""
    key, equals, value = word.partition("=")
    values = tuple(filter(None, value.split(",")))
    if key == "skip-file" and not equals:
        into[key] = ()
    elif key == "ignore" and not equals:
        into[key] = (*into.get(key, ()), ALL)
    elif key not in _KEYS:
        what = f"`{key}`" if key.replace("-", "").isalpha() else "this"
        reason = "; a reason goes behind ` -- `" if into else ""
        return f"{what} is none of {', '.join(_KEYS)}{meant(key, _KEYS) or reason}"
    elif key == "skip-file" or not values:
        like = "PASS" if key == "ignore" else "/a/path"
        return f"`{key}` takes no value" if key == "skip-file" else f"`{key}` needs a value, as in `{key}={like}`"
    elif key == "ignore" and passes and (unknown := [name for name in values if name not in passes and name != ALL]):
        return f"no pass is called `{unknown[0]}`{meant(unknown[0], passes)}"
    elif key != "ignore" and not (_PATH_LIST.fullmatch(value) and all(map(_is_normal, values))):
        return f"`{value}` has a path that is not absolute and plain"
    else:
        into[key] = into.get(key, ()) + values
    return ""


def _is_normal(path: str) -> bool:
    parts = path.strip("/").split("/")
    return path.startswith("/") and parts != [""] and not {"", ".", ".."} & set(parts) and not re.search(r"[*?\[\]$\"'\\]", path)
