"""Text as a reader is shown it."""

from __future__ import annotations

from collections.abc import Iterable

from dfrefactor.lazy import regex

_CONTROL = regex(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def valid(text: str) -> str:
    """`text` with bytes that are no text as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def plain(text: str) -> str:
    """One line that a terminal can show: control characters become pictures, bytes that are no text question marks."""
    return valid(_CONTROL.sub(lambda found: chr(0x2400 + ord(found[0])) if found[0] < " " else "\ufffd", text))


def shortened(text: str, most: int) -> str:
    """`text` in at most so many characters; to be masked before, for nobody knows half of a secret."""
    return text if len(text) <= most else text[: most - 1] + "…"


def count(number: int, noun: str) -> str:
    """`1 stage`, `2 stages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def meant(word: str, known: Iterable[str], before: str = "") -> str:
    """Which of the `known` words a wrong one was perhaps to be, as the end of a message; "" where none is near.

    `before` is what has to stand in front of it.
    """
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), 1)
    return f"; did you mean `{before}{near[0]}`?" if near else ""


def in_bytes(*sizes: int) -> str:
    """Sizes in bytes for a reader, arrows between them, all in the unit that suits the largest: MB, or kB below one."""
    scale, unit = (1_000_000, "MB") if max(sizes) >= 1_000_000 else (1000, "kB")
    return f"{' -> '.join(f'{size / scale:,.1f}' for size in sizes)} {unit}"
