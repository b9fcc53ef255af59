"""The image that a FROM names, its build arguments put in: dockerfile-parse reads it, and so do we; both must agree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO

from dfrefactor.dockerfile.expand import UNSET, ExpandError, Lookup, Unset, expand
from dfrefactor.dockerfile.instructions import Arg
from dfrefactor.text.source import Source

_MODIFIER = re.compile(r"\$\{\w+[^\w}]")

PREDEFINED = frozenset(
    [side + what for side in ("BUILD", "TARGET") for what in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")] + ["TARGETSTAGE"]
)
"""Global ARGs that BuildKit always sets; a stage sees them after `ARG NAME` (Docker reference, ARG)."""


def global_lookup(args: Sequence[Arg], escape: str) -> Lookup:
    """How FROM looks up a variable: the defaults of the global `args` in their order, and what BuildKit always sets.

    None, for anything may be given, is the value of an ARG without a default, or with one that Docker refuses.
    """
    values: dict[str, str | None] = dict.fromkeys(PREDEFINED)

    def lookup(name: str) -> str | Unset | None:
        return values.get(name, UNSET)

    for arg in args:
        for pair in arg.pairs:
            if pair.value is None:
                values.setdefault(pair.key, None)
            else:
                values[pair.key] = _expanded(pair.value, lookup, escape)
    return lookup


def reference(source: Source, escape: str, args: Sequence[Arg], written: str, index: int) -> str:
    """The image that FROM number `index` names: global ARG defaults put in where they are known, else as `written`.

    Source of the rule: Docker reference, "Understand how ARG and FROM interact".
    """
    if "$" not in written:
        return written
    ours = _expanded(written, global_lookup(args, escape), escape)
    if ours is None or escape != "\\" or "<<" in source.text or _MODIFIER.search(written):
        return ours or written  # dockerfile-parse knows no heredocs, no other escape character and no modifiers
    return ours if ours == _second_reading(source, index) else written


def _expanded(text: str, lookup: Lookup, escape: str) -> str | None:
    try:
        return expand(text, lookup, escape)
    except ExpandError:
        return None


def _second_reading(source: Source, index: int) -> str | None:
    from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]

    try:
        images = DockerfileParser(fileobj=BytesIO(source.data)).parent_images
    except (ValueError, RuntimeError, KeyError, IndexError, UnicodeError):
        return None
    return str(images[index]) if index < len(images) else None
