"""Keeps a credential's value out of what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from dfrefactor.lazy import dataclass
from dfrefactor.text.source import Span

STARS = "***"
_SHORT = 4  # a shorter value is hidden only where it stands alone, or half the alphabet would go


@dataclass(frozen=True)
class Mask:
    """Hides values: as written, without their quotes and backslashes, URL-encoded, in JSON, in base64, and line by line."""

    values: frozenset[str] = frozenset()

    @classmethod
    def of(cls, places: Iterable[tuple[str, Span]]) -> Mask:
        """The mask for what stands at these places; a short value goes with the word it is part of (`-pabc`)."""
        values = set()
        for text, (start, end) in places:
            values.add(text[start:end])
            if end - start < _SHORT:
                before = re.search(r"\S*\Z", text[:start])
                after = re.match(r"\S*", text[end:])
                values.add((before[0] if before else "") + text[start:end] + (after[0] if after else ""))
        return cls(frozenset(values))

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        forms = sorted({form for value in self.values for form in _forms(value)}, key=lambda form: (-len(form), form))
        if not forms:
            return None
        parts = [re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms]
        return re.compile("|".join(parts))

    def __call__(self, text: str) -> str:
        """`text` with every value replaced by `***`; it has as many lines as before."""
        return self._pattern.sub(lambda found: STARS + "\n" * found[0].count("\n"), text) if self._pattern else text

    def hides(self, text: str) -> bool:
        """Whether `text` holds a value."""
        return self._pattern is not None and self._pattern.search(text) is not None


def _forms(value: str) -> set[str]:
    plain = re.sub(r"\\\r?\n", "", value)  # a value may be continued on the next line
    bare = re.sub(r"\\(.)", r"\1", re.sub(r"[\"']", "", plain))
    forms = {value, plain, " ".join(plain.split()), bare, *(line.strip() for line in value.splitlines())}
    forms |= {form for each in (value, plain, bare) for form in _encoded(each)}
    return {form for form in forms if form.strip("\"'\\ \t")}


def _encoded(value: str) -> set[str]:
    from base64 import b64encode
    from json import dumps
    from urllib.parse import quote, quote_plus

    data = value.encode("utf-8", "surrogateescape")
    forms = {quote(data, safe=""), quote_plus(data), quote(data), dumps(value, ensure_ascii=False)[1:-1]}
    for before in range(3) if len(data) >= _SHORT else ():
        # base64 looks different at each of three alignments, but for its ends
        code = b64encode(b"\0" * before + data).decode()
        forms.add(code[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6])
    return forms
