"""Whether what edits made of a file means the same but for what they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from dfrefactor.compose.tree import Node
from dfrefactor.lazy import dataclass

_ARGUMENTS = ("args", "build-args", "env")  # what a workflow put into a command may come by the environment of its step
_SECRETS = ("secret", "secrets", "secret-envs", "secret-files")
_NAMED = ("source", "id")


def same_but(before: Node, after: Node, gone: frozenset[str], new: frozenset[str]) -> bool:
    """Whether two files say the same, the build arguments `gone` and the secrets `new` left out of both."""
    old, now = (_Said(gone, new, frozenset(_held(node, _ARGUMENTS))).plain(node, "") for node in (before, after))
    return bool(old == now)


def _held(node: Node, keys: tuple[str, ...]) -> Iterator[Node]:
    """The maps and lists that stand under these keys, also where they are only referred to there."""
    for name, value in node.pairs:
        if name.value.text in keys:
            yield from _merged(value.value)
        yield from _held(value, keys)
    for item in node.items:
        yield from _held(item, keys)


def _merged(node: Node, depth: int = 8) -> Iterator[Node]:
    yield node
    for name, value in node.pairs if depth else ():
        if name.value.text == "<<":
            for each in value.value.items or (value.value,):
                yield from _merged(each.value, depth - 1)


@dataclass(frozen=True, eq=False)
class _Said:
    """What a file says but for what is `gone` and what is `new`; `held` are the maps and lists of arguments."""

    gone: frozenset[str]
    new: frozenset[str]
    held: frozenset[Node]

    def plain(self, node: Node, key: str) -> Any:
        """Plain values; None for a map or list that has nothing but what is left out."""
        node = node.value
        arguments = key in _ARGUMENTS or node in self.held
        dropped = self.gone if arguments else self.new if key in _SECRETS else frozenset[str]()
        if node.kind == "map":
            pairs = [(name.value.text, value) for name, value in node.pairs]
            said = [(name, self.plain(value, name)) for name, value in pairs if name not in dropped]
            return {name: value for name, value in said if value is not None or name not in (*_ARGUMENTS, *_SECRETS)} or None
        if node.kind == "list":
            return [self.plain(item, "") for item in node.items if not _names(item.value) & dropped] or None
        if key == "build" and node.kind == "text":
            return {"context": node.text}
        if dropped and node.text:
            rest = [line for line in node.text.split("\n") if line.lstrip('"').partition("=")[0] not in dropped]
            return "\n".join(rest).strip() or None
        text = node.text.removesuffix("\n") if node.quote in ("|", ">") else node.text  # with something below it has a line end
        return _command(self.gone, self.new).sub("", text) if "--" in text else text


@lru_cache(maxsize=16)
def _command(gone: frozenset[str], new: frozenset[str]) -> re.Pattern[str]:
    """What a command says of them."""
    names, ids = ("|".join(map(re.escape, sorted(each))) for each in (gone, new))
    argument = rf"build-arg[=\s]+[\"']?(?:{names})(?!\w)(?:=(?:\$\{{\{{.*?\}}\}}|\S)*)?"
    return re.compile(rf"[\s\\]*--(?:{argument}|secret[=\s]+id=(?:{ids}),(?:env|src)=[^\s\\]+)")


def _names(item: Node) -> set[str]:
    """The names by which an item of a list may speak of an argument or a secret."""
    if item.kind == "map":
        return {found for key in _NAMED if (found := item.string(key))}
    fields = dict(part.partition("=")[::2] for part in item.text.split(","))
    return {item.text.partition("=")[0], fields.get("id", "")}
