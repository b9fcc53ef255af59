"""Which values of a file no report may show, whatever the findings are about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfrefactor import buildkit
from dfrefactor.facts import Facts
from dfrefactor.lazy import regex
from dfrefactor.text.source import Span

# A name and its value, as in ENV, ARG, YAML, JSON and on command lines.
_PAIR = regex(r"""(?<![\w$])([A-Za-z_][\w.-]*)(?=["']?[ \t]*(?:[:=][ \t]*|[ \t]+)("[^"\n]*"|'[^'\n]*'|[^\s"',]+))""")
_USER_INFO = regex(r"://[^\s/@:]*:([^\s/@]+)@")

# A variable, an expression of a workflow, an option, or no word at all: the bracket of a map.
_REFERENCE = regex(
    r"\$\w+|\$\{\w+(?::?-)?\}[\]}]*|(?:\$\{\w+:?)?\?.*|\$(?:\{\{|\().*|--?[a-z][a-z-]*|\W*|[{\[]\s*\w+:?", re.DOTALL
)
_NAMED = regex(r"(?<![\w$])([A-Z][A-Z0-9_]*)(\W{1,6})\Z")


def known(facts: Facts) -> tuple[Span, ...]:
    """Where the credentials of a Dockerfile stand, and what looks like a token of a known vendor."""
    from dfrefactor.secrets.values import may_hold_credentials

    if buildkit.errors(facts.document):
        return suspected(facts.source.text)
    if not may_hold_credentials(facts.source.text):
        return ()
    from dfrefactor.secrets.find import find

    text = facts.source.text
    return (*(span for credential in find(facts) for span in credential.values), *_passwords(text), *_tokens(text))


def suspected(text: str) -> tuple[Span, ...]:
    """Where secrets may stand in a text that is no proper Dockerfile: rather too much than too little."""
    from dfrefactor.secrets.values import looks_secret

    pairs = [Span(*match.span(2)) for match in _PAIR.finditer(text) if looks_secret(match[1])]
    quoted = [Span(start + 1, end - 1) if text[start] in "\"'" else Span(start, end) for start, end in pairs]
    return (*quoted, *_passwords(text, every=True), *_tokens(text))


def stated(text: str) -> tuple[Span, ...]:
    """The same for a file that says how Dockerfiles are built: the name of the variable that a secret is in is none."""
    return tuple(span for span in suspected(text) if not _is_reference(text, span))


def _is_reference(text: str, span: Span) -> bool:
    value, named = text[slice(*span)], _NAMED.search(text, max(span.start - 80, 0), span.start)
    if _REFERENCE.fullmatch(value) or f'variable "{value}"' in text:
        return True
    return named is not None and (named[1] == value or not named[2].strip())  # behind a blank it is the next word


def _passwords(text: str, every: bool = False) -> Iterator[Span]:
    """Passwords in addresses, wherever they stand; without `every` none that is a variable or a place holder."""
    from dfrefactor.secrets.values import is_placeholder

    for match in _USER_INFO.finditer(text):
        if every or not (match[1].startswith("$") or is_placeholder(match[1], True)):
            yield Span(*match.span(1))


def _tokens(text: str) -> Iterator[Span]:
    from dfrefactor.secrets.values import tokens

    return (Span(start, end) for start, end, _ in tokens(text))
