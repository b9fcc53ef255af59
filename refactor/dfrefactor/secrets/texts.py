"""Authentication positions in any text: a URL's user info, a header, a query string, `password=…`, a known token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from dfrefactor.lazy import dataclass, regex
from dfrefactor.secrets import values
from dfrefactor.text.source import Span

Role = Literal["authenticate", "mention", "test", "config", "address"]

_VAR = r"\$(?:\{\w+[^}]*\}|\w+)"
_URL = regex(rf"[A-Za-z][A-Za-z0-9+.-]*:/?/(?P<info>(?:{_VAR}|\$\([^)]*\)|[^/\s@<>|,;$#])*)@")
# the article's `https://$cred:servername/path`: what stands behind the colon is no port, so this is user info too
_AUTHORITY = regex(rf"[A-Za-z][A-Za-z0-9+.-]*://(?P<info>(?:{_VAR})+)(?::[A-Za-z]|(?={_VAR}))")
_AUTHORITY_ONLY = regex(rf"[A-Za-z][A-Za-z0-9+.-]*://(?P<info>{_VAR})(?::[A-Za-z])")
_KEYED = regex(
    r"(?P<key>[\w.-]*(?:_auth|auth[-_]?token|password|passwd|passphrase|token|secret|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|secret[-_]?key|authorization|credentials?|storepass|keypass)s?)"
    rf"(?P<sep>[\"'\\]*\s*(?:[:=]|%3[dD]|>|[\"'],)\s*[\"'\\]*)(?:(?:basic|bearer|token|apikey)\s+)?[\"']?(?P<value>{_VAR})",
    re.I,
)
_NETRC = regex(rf"\b(?:password|passwd)\s+[\"']?(?P<value>{_VAR}|[^\s\"'$\\]+)")
_MACHINE = regex(r"\bmachine\s+\S+")
_QUERY = regex(
    rf"[?&](?:[\w-]*(?:token|secret|password|signature)|(?:api|access|auth|private)?[-_]?key|sig|auth|apikey|pat|jwt)=(?P<value>{_VAR})",
    re.I,
)
_LITERAL = regex(
    r"(?:_authToken|_auth|_password)=(?P<a>[^\s\"'$}]{8,})|Authorization\s*[:=]\s*(?:basic|bearer|token)\s+(?P<b>[^\s\"'$]{8,})"
    r"|[?&](?:[\w-]*(?:token|secret|password)|api[-_]?key|sig)=(?P<d>(?=[^\s\"'$&]*\d)[^\s\"'$&\\{}<>]{8,})"
    r"|://[^/\s\"'$]+/t/(?P<e>(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{12,})/[^\s\"']"
    r"|(?:private-token|job-token|x-api-key|x-jfrog-art-api|x-vault-token)\s*:\s*(?P<c>[^\s\"'$]{8,})",
    re.I,
)

_IN_QUERY = "in the query string of a URL"
_LITERALS = {"a": "as an npm token", "b": "in an Authorization header", "c": "in a header that authenticates", "d": _IN_QUERY,
             "e": "as the token of a channel of packages"}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One position: the variables in it, or the literal at `value`; spans are offsets into the text."""

    names: tuple[str, ...]
    span: Span
    how: str
    value: Span | None = None

    def moved(self, by: int) -> Found:
        return Found(self.names, self.span.moved(by), self.how, self.value and self.value.moved(by))


@lru_cache(maxsize=4096)
def positions(text: str) -> tuple[Found, ...]:
    """Where `text` puts something that authenticates; variables are seen whether or not a shell will expand them."""
    return tuple(_positions(text)) if len(text) > 5 else ()


def _positions(text: str) -> Iterator[Found]:
    if ":/" in text and ("@" in text or "://$" in text):
        yield from _urls(text)
    if "$" in text:
        for match in _KEYED.finditer(text):
            if "://" not in match[0]:
                yield _variable(match, _header_or_key(text, match))
        for match in _QUERY.finditer(text):
            yield _variable(match, _IN_QUERY)
    if "machine" in text and _MACHINE.search(text):
        for match in _NETRC.finditer(text):
            if match["value"].startswith("$"):
                yield _variable(match, "as a password in the form of .netrc")
            elif not values.is_placeholder(match["value"], True):
                yield Found((), Span(*match.span()), "as a password in the form of .netrc", Span(*match.span("value")))
    for match in _LITERAL.finditer(text):
        name = match.lastgroup or "a"
        if not values.is_placeholder(match[name], True):
            yield Found((), Span(*match.span()), _LITERALS[name], Span(*match.span(name)))
    for start, end, vendor in values.tokens(text):
        yield Found((), Span(start, end), f"as a token ({vendor})", Span(start, end))


def _variable(match: re.Match[str], how: str) -> Found:
    return Found(tuple(values.variables(match["value"])), Span(*match.span("value")), how)


def _header_or_key(text: str, match: re.Match[str]) -> str:
    key = match["key"].lower()
    if "authtoken" in key or key.endswith("_auth"):
        return f"as `{match['key']}` of a registry"
    if ":" in match["sep"] and "=" not in match["sep"] and not text[: match.start()].rstrip().endswith("{"):
        return "in an Authorization header" if key == "authorization" else f"as `{match['key']}`"
    return f"as `{match['key'].lstrip('-')}`"


def _urls(text: str) -> Iterator[Found]:
    how = "in the user info of a URL"
    for match in _URL.finditer(text):
        yield from pair(match["info"], Span(*match.span("info")), how)
    for match in _AUTHORITY_ONLY.finditer(text):
        yield Found(tuple(values.variables(match["info"])), Span(*match.span("info")), how)
    for match in _AUTHORITY.finditer(text):
        if secret := tuple(name for name in values.variables(match["info"])[:1] if values.looks_secret(name)):
            yield Found(secret, Span(*match.span("info")), how)


def pair(text: str, span: Span, how: str) -> Iterator[Found]:
    """What of `user:password` is the secret; a lone variable is, a lone literal only in the form of a token."""
    cut = _colon(text)
    user, password = text[: max(cut, 0)], text[cut + 1 :]
    first, names = tuple(values.variables(user)), tuple(values.variables(password))
    if names:
        yield Found((*filter(values.looks_secret, first), *names), span, how)
    elif cut < 0:
        return
    elif first and (values.is_filler(password) or any(map(values.looks_secret, first))):
        yield Found(first, span, how)
    elif not password.startswith("$") and "$(" not in password and not values.is_filler(password):
        bare = password.strip("\"'")
        if bare and not values.is_placeholder(bare, True) and bare != user.strip("\"'"):
            yield Found((), span, how, Span(span.start + cut + 1, span.end))


def _colon(text: str) -> int:
    """The colon that ends the user: the first one outside of an expansion."""
    depth = 0
    for at, char in enumerate(text):
        if char in "{(":
            depth += 1
        elif char in "})":
            depth -= 1
        elif char == ":" and not depth:
            return at
    return -1
