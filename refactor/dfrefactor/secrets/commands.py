"""Authentication positions in one command: options, headers, words of known tools, and what it reads unnamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dfrefactor.secrets import texts, values
from dfrefactor.secrets.texts import Found, Role
from dfrefactor.secrets.tools import UNKNOWN, Tool, called, is_secret_option, tool
from dfrefactor.shell import Simple, Word, simple_commands
from dfrefactor.text.source import Span

SECRET_FILES = re.compile(
    r"(?:^|/)(?:\.npmrc|\.netrc|_netrc|\.pypirc|pip\.conf|pip\.ini|\.git-credentials|auth\.json|\.dockercfg|\.yarnrc(?:\.yml)?|settings(?:-security)?\.xml|nuget\.config"
    r"|\.env|id_(?:rsa|dsa|ecdsa|ed25519)|\.pgpass|\.my\.cnf|\.vault-token|\.s3cfg|\.boto|gradle\.properties|auth\.conf|\.htpasswd|kaggle\.json|\.terraformrc)$"
    r"|/\.docker/config\.json$|/\.aws/|/\.ssh/(?!known_hosts|authorized_keys|config|[^/]*\.pub)|/auth\.conf\.d/|/\.bundle/config$|/\.gem/credentials|\.(?:pem|key|p12|pfx|jks)$",
    re.I,
)
"""Files that tools take credentials from."""

KEY_FILES = re.compile(
    r"(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519)$|/\.ssh/(?!known_hosts|authorized_keys|config|[^/]*\.pub)[^/]+$", re.I
)
"""Files that are a secret as a whole."""

_HEADER = re.compile(r"[\"']?[\w-]*(?:auth|token|key|cookie|api|secret|credential)[\w-]*\s*:", re.I)
_TESTS = frozenset(("[", "[[", "test"))
_QUIET = frozenset(
    ("echo", "printf", "cat", "tee", ":", "export", "set", "unset", "read", "local", "declare", "readonly", "true")
)
_OF = {
    "echo": "text that is written",
    "printf": "text that is written",
    "cat": "text that is written",
    "tee": "text that is written",
}


@dataclass(frozen=True)
class Hit:
    """A position in shell text: variables or a literal, and what the command does with them."""

    names: tuple[str, ...]
    span: Span
    how: str
    command: str
    value: Span | None = None
    role: Role = "authenticate"
    sets: bool = False
    """Whether the command makes it the password of a user of the image."""


def hits(simple: Simple) -> Iterator[Hit]:
    """Every credential position of one command; a variable that is only mentioned has the role `mention`."""
    name, words = called(simple)
    entry = tool(name) or UNKNOWN
    seen: set[str] = set()
    for hit in _positions(simple, name, words, entry):
        seen.update(hit.names)
        yield hit
    role: Role = "test" if name in _TESTS else "mention"
    for word in _all_words(simple):
        for variable in sorted(word.variables - seen):
            how = f"by `{name}`" if name and name not in _OF else "in a RUN"
            yield Hit((variable,), word.span, how, name, role=role, sets=entry.sets)


def piped(simple: Simple, fed: tuple[Simple, ...]) -> Iterator[Hit]:
    """What the commands of the pipeline before it hand to a command that takes a secret from its standard input."""
    name, words = called(simple)
    entry = tool(name) or UNKNOWN
    if not any(word.value in entry.stdin for word in words[1:]):
        return
    for before in fed:
        for hit in hits(before):
            if hit.role in ("authenticate", "mention") and hit.names:
                yield Hit(hit.names, simple.span, f"on the standard input of `{name}`", name)


def _all_words(simple: Simple) -> Iterator[Word]:
    yield from (a.value for a in simple.assignments if a.value is not None)
    yield from simple.words
    yield from (r.target for r in simple.redirects if r.target is not None)


def _positions(simple: Simple, name: str, words: tuple[Word, ...], entry: Tool) -> Iterator[Hit]:
    by = "" if not name or name in _QUIET else f" of `{name}`"
    for word in _all_words(simple):
        for found in texts.positions(word.text):
            yield from _hits(found, word, f"{found.how}{by}", name, entry)
    yield from _netrc(words, name, entry)
    yield from (replace(hit, sets=entry.sets) for hit in _options(words, name, entry))
    joined, offsets = _joined(words[1:])
    for pattern in entry.commands:
        for match in pattern.finditer(joined):
            for group in ("s", "p"):
                if match.groupdict().get(group):
                    span = Span(offsets[match.start(group)], offsets[match.end(group) - 1] + 1)
                    yield from _value(
                        match[group].replace("\0", " "), span, f"by `{name} {joined.split()[0]}`", name, group == "p"
                    )


def assigned(simple: Simple) -> Iterator[tuple[str, Word]]:
    """Shell variables and the literals they are given: `X=abc`, `export X='abc'`; the word is what stands in the quotes."""
    for assignment in simple.assignments:
        if assignment.value is not None and assignment.value.value:
            yield assignment.name, _bare(assignment.value.text, assignment.value.span.start)
    if simple.words and simple.words[0].value == "export":
        for word in simple.words[1:]:
            name, equals, value = word.text.partition("=")
            if equals and word.value and value:
                yield name, _bare(value, word.span.end - len(value))


def _bare(text: str, start: int) -> Word:
    inner = text.strip("\"'")
    start += text.index(inner)
    return Word(inner, Span(start, start + len(inner)))


def _deep(word: Word) -> tuple[str, ...]:
    """The variables of a word, those of the commands inside of it too."""
    inner = (w for script in word.scripts for simple in simple_commands(script) for w in simple.words)
    return tuple(dict.fromkeys([*sorted(word.variables), *(name for w in inner for name in sorted(w.variables))]))


def _netrc(words: tuple[Word, ...], name: str, entry: Tool) -> Iterator[Hit]:
    """`echo machine h login bob password $X`, without quotes: the words together make the position."""
    if name not in _OF or not any(word.text == "machine" for word in words):
        return
    joined, offsets = _joined(words[1:])
    named = frozenset(n for word in words for n in word.variables)
    for found in texts.positions(joined):
        names = tuple(n for n in found.names if n in named)
        value = found.value and Span(offsets[found.value.start], offsets[found.value.end - 1] + 1)
        if names or value:
            span = Span(offsets[found.span.start], offsets[found.span.end - 1] + 1)
            yield Hit(names, span, found.how, name, value, sets=entry.sets)


def _hits(found: Found, word: Word, how: str, name: str, entry: Tool) -> Iterator[Hit]:
    span = Span(word.span.start + found.span.start, word.span.start + found.span.end)
    value = found.value and Span(word.span.start + found.value.start, word.span.start + found.value.end)
    inner = {v for script in word.scripts for v in values.variables(word.text)} if word.scripts else set()
    expanded = tuple(n for n in found.names if n in word.variables or n in inner)
    kept = tuple(n for n in found.names if n not in expanded)
    if expanded or value:
        yield Hit(expanded, span, how, name, value, sets=entry.sets)
    if kept:
        yield Hit(kept, span, how, name, role="config")


def _options(words: tuple[Word, ...], name: str, entry: Tool) -> Iterator[Hit]:
    for at, word in enumerate(words[1:], 1):
        if not word.text.startswith("-"):
            continue
        option, equals, attached = word.text.partition("=")
        following = words[at + 1] if at + 1 < len(words) else None
        if equals and (option in entry.pair | entry.secret or is_secret_option(option)):
            span = Span(word.span.end - len(attached), word.span.end)
            yield from _value(attached, span, f"as `{option}` of `{name}`", name, option in entry.pair)
        elif following is not None and option in entry.pair | entry.secret:
            yield from _value(following.text, following.span, f"as `{option}` of `{name}`", name, option in entry.pair)
        elif following is not None and option in entry.header and _HEADER.match(following.text):
            names = _deep(following)
            if names:
                yield Hit(names, following.span, f"in a header of `{name}`", name)
        elif following is not None and not equals and is_secret_option(option) and following.variables:
            yield from _value(following.text, following.span, f"as `{option}` of `{name}`", name, False)
        else:
            yield from _short(word, name, entry)


def _short(word: Word, name: str, entry: Tool) -> Iterator[Hit]:
    """`-uuser:password`, `-p$PASS`, `-H"Authorization: …"`."""
    option, rest = word.text[:2], word.text[2:]
    if not rest or word.text.startswith("--"):
        return
    span = Span(word.span.start + 2, word.span.end)
    if option in entry.pair or (option in entry.secret | entry.attached):
        yield from _value(rest, span, f"as `{option}` of `{name}`", name, option in entry.pair)


def _value(text: str, span: Span, how: str, name: str, is_pair: bool) -> Iterator[Hit]:
    """The hits of an option's value, a `user:password` or the secret itself."""
    if is_pair:
        inner = text.strip("\"'")
        start = span.start + (len(text) - len(text.lstrip("\"'")))
        for found in texts.pair(inner, Span(start, start + len(inner)), how):
            yield Hit(found.names, found.span, how, name, found.value)
        return
    names = tuple(values.variables(text)) if not text.startswith("'") else ()
    if names:
        yield Hit(names, span, how, name)
    elif "$" not in text and "`" not in text and not values.is_placeholder(text, True) and not text.startswith(("-", "pass:")):
        inner = text.strip("\"'")
        start = span.start + text.index(inner)
        yield Hit((), span, how, name, Span(start, start + len(inner)))


def _joined(words: tuple[Word, ...]) -> tuple[str, list[int]]:
    """The words joined by spaces (blanks inside of one as NUL), and where each character stands."""
    text, offsets = [], []
    for word in words:
        text.append(re.sub(r"\s", "\0", word.text) + " ")
        offsets += [*range(word.span.start, word.span.end), word.span.end]
    return "".join(text), offsets
