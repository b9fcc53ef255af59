"""What comments for other linters ask, where they speak of what a pass of ours speaks of.

    # hadolint ignore=DL3064                     the instruction below
    # hadolint global ignore=DL3064              the file
    # tally ignore=tally/prefer-copy-chmod;reason=…   (and `global`)
    # check=skip=SecretsUsedInArgOrEnv           the file, at its top
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Document
from dfrefactor.lazy import regex

_SECRETS = ("purge-credentials", frozenset({"ARG", "ENV"}))
_ANY = frozenset[str]()

SAME: dict[str, tuple[str, frozenset[str]]] = {
    "DL3064": _SECRETS,
    "SecretsUsedInArgOrEnv": _SECRETS,
    "tally/secrets-in-code": ("purge-credentials", _ANY),
    "tally/prefer-package-cache-mounts": ("cache-mounts", _ANY),
    "tally/prefer-copy-chmod": ("store-once", _ANY),
}
"""Their rules, the pass that speaks of the same thing, and the instructions where it does (any, if none is named)."""

_COMMENT = regex(r"\s*#\s*(?:hadolint|tally)\s+(global\s+)?ignore\s*=\s*([^;\s]*(?:\s*,\s*[^;\s,]+)*)", re.IGNORECASE)
_CHECK = regex(r"\s*#\s*check\s*=\s*(?:[^#\n]*;)?\s*skip\s*=\s*([\w,\s]*)", re.IGNORECASE)


class Asked(NamedTuple):
    """That a pass is to leave an instruction alone."""

    instruction: Instruction
    rule: str


def asked(document: Document) -> Iterator[Asked]:
    """What the comments of other linters ask."""
    if "ignore" not in document.source.text and "skip" not in document.source.text:
        return
    above = {token.span: instruction for instruction in document.instructions for token in instruction.leading}
    for token in document.tree.tokens():
        if token.kind not in ("COMMENT", "DIRECTIVE"):
            continue
        check = _CHECK.match(token.text) if token.kind == "DIRECTIVE" else None
        found = check or _COMMENT.match(token.text)
        if not found:
            continue
        names = [name.strip() for name in (found[1] if check else found[2]).split(",")]
        everywhere = check is not None or found[1] is not None
        where = document.instructions if everywhere else (above.get(token.span),)
        for name in names:
            same = _SECRETS if check and name == "all" else SAME.get(re.sub(r"^(?:hadolint|buildkit)/", "", name))
            if same:
                rule, keywords = same
                yield from (Asked(each, rule) for each in where if each and (not keywords or each.keyword in keywords))
