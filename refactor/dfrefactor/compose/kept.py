"""Whether what edits made of a file means the same but for what they are about."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from dfrefactor.compose.tree import Node

_ARGUMENTS = ("args", "build-args", "env")  # what a workflow put into a command may come by the environment of its step
_SECRETS = ("secret", "secrets", "secret-envs", "secret-files")
_NAMED = ("source", "id")


def same_but(before: Node, after: Node, gone: frozenset[str], new: frozenset[str]) -> bool:
    """Whether two files say the same, the build arguments `gone` and the secrets `new` left out of both."""
    return bool(_plain(before, "", gone, new) == _plain(after, "", gone, new))


def _plain(node: Node, key: str, gone: frozenset[str], new: frozenset[str]) -> Any:
    """What a file says as plain values; None for a map or list that has nothing but what is left out."""
    node = node.value
    dropped = gone if key in _ARGUMENTS else new if key in _SECRETS else frozenset[str]()
    if node.kind == "map":
        pairs = [(name.value.text, value) for name, value in node.pairs]
        said = [(name, _plain(value, name, gone, new)) for name, value in pairs if name not in dropped]
        return {name: value for name, value in said if value is not None or name not in (*_ARGUMENTS, *_SECRETS)} or None
    if node.kind == "list":
        return [_plain(item, "", gone, new) for item in node.items if not _names(item.value) & dropped] or None
    if key == "build" and node.kind == "text":
        return {"context": node.text}
    if dropped and node.text:
        rest = [line for line in node.text.split("\n") if line.lstrip('"').partition("=")[0] not in dropped]
        return "\n".join(rest).strip() or None
    return _command(gone, new).sub("", node.text) if "--" in node.text else node.text


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
