"""Whether what edits made of a file means the same but for what they are about."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from dfrefactor.compose.tree import Node

_ARGUMENTS = ("args", "build-args")
_SECRETS = ("secret", "secrets", "secret-envs")
_NAMED = ("source", "id")


def same_but(before: Node, after: Node, gone: Collection[str], new: Collection[str]) -> bool:
    """Whether two files say the same, the build arguments `gone` and the secrets `new` left out of both."""
    return bool(_plain(before, "", gone, new) == _plain(after, "", gone, new))


def _plain(node: Node, key: str, gone: Collection[str], new: Collection[str]) -> Any:
    """What a file says as plain values; None for a map or list that has nothing but what is left out."""
    node = node.value
    dropped = gone if key in _ARGUMENTS else new if key in _SECRETS else ()
    if node.kind == "map":
        pairs = [(name.value.text, value) for name, value in node.pairs]
        said = [(name, _plain(value, name, gone, new)) for name, value in pairs if name not in dropped]
        return {name: value for name, value in said if value is not None or name not in (*_ARGUMENTS, *_SECRETS)} or None
    if node.kind == "list":
        return [_plain(item, "", gone, new) for item in node.items if not _names(item.value) & set(dropped)] or None
    return node.text


def _names(item: Node) -> set[str]:
    """The names by which an item of a list may speak of an argument or a secret."""
    if item.kind == "map":
        return {found for key in _NAMED if (found := item.string(key))}
    fields = dict(part.partition("=")[::2] for part in item.text.split(","))
    return {item.text.partition("=")[0], fields.get("id", "")}
