"""The image that a FROM names, its build arguments put in: dockerfile-parse reads it, and so do we; both must agree."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

from dfrefactor.dockerfile.expand import ExpandError, Unset, expand

if TYPE_CHECKING:
    from dfrefactor.dockerfile.instructions import From
    from dfrefactor.dockerfile.model import Document


_MODIFIER = re.compile(r"\$\{\w+[^\w}]")

PREDEFINED = frozenset(
    [side + what for side in ("BUILD", "TARGET") for what in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")] + ["TARGETSTAGE"]
)
"""Global ARGs that BuildKit always sets; a stage sees them after `ARG NAME` (Docker reference, ARG)."""


def image(document: Document, from_: From) -> str:
    """The reference with global ARG defaults put in where they are known, else as written.

    Source of the rule: Docker reference, "Understand how ARG and FROM interact".
    """
    written = from_.image
    if "$" not in written:
        return written
    ours = _expanded(document, written)
    if ours is None or document.escape != "\\" or "<<" in document.source.text or _MODIFIER.search(written):
        return ours or written  # dockerfile-parse knows no heredocs, no other escape character and no modifiers
    return ours if ours == _second_reading(document, from_) else written


def _expanded(document: Document, written: str) -> str | None:
    values: dict[str, str | None] = dict.fromkeys(PREDEFINED)

    def lookup(name: str) -> str | Unset | None:
        return values.get(name, Unset.UNSET)

    try:
        for arg in document.global_args:
            for pair in arg.pairs:
                if pair.value is None:
                    values.setdefault(pair.key, None)
                else:
                    values[pair.key] = expand(pair.value, lookup, document.escape)
        return expand(written, lookup, document.escape)
    except ExpandError:
        return None


def _second_reading(document: Document, from_: From) -> str | None:
    from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]

    index = [i for i in document.instructions if i.keyword == "FROM"].index(from_)
    try:
        images = DockerfileParser(fileobj=BytesIO(document.source.data)).parent_images
    except (ValueError, RuntimeError, KeyError, IndexError, UnicodeError):
        return None
    return str(images[index]) if index < len(images) else None
