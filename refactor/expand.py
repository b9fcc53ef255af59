"""Docker's own substitution of variables and splitting into words, as BuildKit's Dockerfile frontend does them."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import Final


class Unset(Enum):
    """The type of `UNSET`, so that `str | None | Unset` can be checked."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""What a lookup answers for a variable that is not set; None is for one whose value is not known."""

Lookup = Callable[[str], str | Unset | None]

_SPACE = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))
"""White space as Go sees it; Python's `isspace` counts four control characters more."""


class ExpandError(ValueError):
    """A text that Docker refuses to substitute; the message is BuildKit's."""


def expand(text: str, lookup: Lookup, escape: str = "\\", *, quotes: bool = True) -> str | None:
    """`text` with variables substituted and quotes and escapes taken away; None where it depends on an unknown value.

    `quotes=False` leaves quotes alone, as Docker does in the body of a heredoc.  Raises ExpandError.
    """
    return _Reader(text, lookup, escape, quotes).until("").text()


def words(text: str, lookup: Lookup, escape: str = "\\") -> tuple[str, ...] | None:
    """The words of `text` after substitution, as EXPOSE splits them; None where an unknown value takes part.

    Raises ExpandError.
    """
    return _Reader(text, lookup, escape, True).until("").words()


def variables(text: str, escape: str = "\\", *, quotes: bool = True) -> frozenset[str]:
    """The names that `text` refers to, inside of modifiers too; of a text Docker refuses, those before the mistake."""
    names: set[str] = set()

    def note(name: str) -> None:
        names.add(name)

    with suppress(ExpandError):
        expand(text, note, escape, quotes=quotes)
    return frozenset(names)


class _Pieces:
    """What has been read: pieces of text, each with whether white space in it ends a word."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, bool]] = []
        self.unknown = False

    def add(self, text: str | None, *, splits: bool) -> None:
        if text is None:
            self.unknown = True
        else:
            self.pieces.append((text, splits))

    def text(self) -> str | None:
        return None if self.unknown else "".join(text for text, _ in self.pieces)

    def words(self) -> tuple[str, ...] | None:
        if self.unknown:
            return None
        found, word = [], ""
        for text, splits in self.pieces:
            for char in text:
                if not splits or char not in _SPACE:
                    word += char
                elif word:
                    found.append(word)
                    word = ""
        return tuple([*found, word] if word else found)


class _Reader:
    """One pass over a text."""

    def __init__(self, text: str, lookup: Lookup, escape: str, quotes: bool) -> None:
        self.text = text.removeprefix("\ufeff")
        self.at = 0
        self.lookup = lookup
        self.escape = escape
        self.quotes = quotes
        self.keep_escapes = False

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        char = self.peek()
        self.at += len(char)
        return char

    def until(self, stop: str) -> _Pieces:
        """Read up to `stop`, or to the end where `stop` is empty."""
        pieces = _Pieces()
        while char := self.peek():
            if char == stop:
                self.at += 1
                return pieces
            if char == "$":
                pieces.add(self.dollar(), splits=True)
            elif char == "'" and self.quotes:
                pieces.add(self.single(), splits=False)
            elif char == '"' and self.quotes:
                pieces.add(self.double(), splits=False)
            else:
                self.at += 1
                if char == self.escape:
                    if self.keep_escapes:
                        pieces.add(char, splits=False)
                    pieces.add(self.next(), splits=False)
                else:
                    pieces.add(char, splits=True)
        if stop:
            raise ExpandError(f"unexpected end of statement while looking for matching {stop}")
        return pieces

    def inner(self, stop: str, *, keep_escapes: bool, missing: str) -> str | None:
        """The word of a modifier, up to `stop`."""
        before, self.keep_escapes = self.keep_escapes, keep_escapes
        try:
            return self.until(stop).text()
        except ExpandError as error:
            raise error if self.peek() else ExpandError(missing) from None
        finally:
            self.keep_escapes = before

    def single(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            self.at = len(self.text)
            raise ExpandError("unexpected end of statement while looking for matching single-quote")
        start, self.at = self.at + 1, end + 1
        return self.text[start:end]

    def double(self) -> str | None:
        pieces = _Pieces()
        self.at += 1
        while char := self.peek():
            if char == "$":
                pieces.add(self.dollar(), splits=False)
                continue
            self.at += 1
            if char == '"':
                return pieces.text()
            if char == self.escape:
                if self.keep_escapes:
                    pieces.add(char, splits=False)
                if not self.peek():
                    break
                if self.peek() in ('"', "$", self.escape):
                    char = self.next()
            pieces.add(char, splits=False)
        raise ExpandError("unexpected end of statement while looking for matching double-quote")

    def name(self) -> str:
        """A name, a number or one special parameter; empty where there is none."""
        start = self.at
        first = self.peek()
        if first.isdecimal():
            while self.peek().isdecimal():
                self.at += 1
        elif first and first in "@*#?-$!":
            self.at += 1
        else:
            while (char := self.peek()) and (char.isalpha() or char.isdecimal() or char == "_"):
                self.at += 1
        return self.text[start : self.at]

    def value(self, name: str) -> str | None:
        value = self.lookup(name)
        return "" if isinstance(value, Unset) else value

    def dollar(self) -> str | None:
        self.at += 1
        if self.peek() != "{":
            name = self.name()
            return self.value(name) if name else "$"
        self.at += 1
        if not self.peek():
            raise ExpandError("syntax error: missing '}'")
        if self.peek() in "{}:":
            raise ExpandError("syntax error: bad substitution")
        name = self.name()
        modifier = self.next()
        if modifier == "}":
            return self.value(name)
        if modifier == "/":
            return self.replaced(name)
        if modifier == ":":
            modifier += self.next()
        if modifier in ("#", "%"):
            return self.trimmed(name, modifier)
        if modifier in ("-", "+", "?", ":-", ":+", ":?"):
            return self.chosen(name, modifier)
        raise ExpandError(f"unsupported modifier ({modifier}) in substitution")

    def chosen(self, name: str, modifier: str) -> str | None:
        word = self.inner("}", keep_escapes=False, missing="syntax error: missing '}'")
        value = self.lookup(name)
        if value is None:
            return "" if modifier in ("+", ":+") and word == "" else None
        unset = isinstance(value, Unset)
        absent = unset or (value == "" and modifier.startswith(":"))
        match modifier[-1]:
            case "-":
                return word if absent else self.value(name)
            case "+":
                return "" if absent else word
            case _ if absent:
                raise ExpandError(f"{name}: {word or 'is not allowed to be ' + ('unset' if unset else 'empty')}")
            case _:
                return self.value(name)

    def trimmed(self, name: str, end: str) -> str | None:
        pattern = self.inner("}", keep_escapes=True, missing="syntax error: missing '}'")
        value = self.value(name)
        if pattern is None:
            return None
        longest = pattern.startswith(end)
        atoms = _atoms(pattern.removeprefix(end), greedy=longest)
        if value is None:
            return None
        if end == "#":
            found = re.match("".join(atoms), value)
            return value[found.end() :] if found else value
        found = re.match("".join(reversed(atoms)), value[::-1])
        return value[: len(value) - found.end()] if found else value

    def replaced(self, name: str) -> str | None:
        everywhere = self.peek() == "/"
        if everywhere:
            self.at += 1
        pattern = self.inner("/", keep_escapes=True, missing="syntax error: missing '/' in ${}")
        replacement = self.inner("}", keep_escapes=True, missing="syntax error: missing '}'")
        value = self.value(name)
        regex = None if pattern is None else re.compile("".join(_atoms(pattern, greedy=True)))
        if regex is None or replacement is None or value is None:
            return None
        return _replace_all(regex, value, replacement) if everywhere else _replace_first(regex, value, replacement)


def _atoms(pattern: str, *, greedy: bool) -> list[str]:
    """A shell pattern as regular expressions, one for each thing it matches.  Raises ExpandError."""
    atoms, chars = [], iter(pattern)
    for char in chars:
        if char == "*":
            atoms.append(".*" if greedy else ".*?")
        elif char == "?":
            atoms.append(".")
        elif char == "\\":
            escaped = next(chars, "")
            if not escaped or escaped not in r"*?\}/":
                raise ExpandError(f"invalid pattern ({pattern}) in substitution: invalid escape '\\{escaped}'")
            atoms.append(re.escape(escaped))
        else:
            atoms.append(re.escape(char))
    return atoms


def _replace_first(regex: re.Pattern[str], value: str, replacement: str) -> str:
    found = regex.search(value)
    return value[: found.start()] + replacement + value[found.end() :] if found else value


def _replace_all(regex: re.Pattern[str], value: str, replacement: str) -> str:
    """Like Go: an empty match right behind another does not count, and `$0` in the replacement is what matched."""
    pieces: list[str] = []
    at = 0
    for found in regex.finditer(value):
        if found.start() == found.end() == at and pieces:
            continue
        pieces += [value[at : found.start()], _REFERENCE.sub(partial(_referred, found[0]), replacement)]
        at = found.end()
    return "".join([*pieces, value[at:]])


_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")


def _referred(matched: str, reference: re.Match[str]) -> str:
    name = reference[1] or reference[2]
    return "$" if name is None else matched if name == "0" else ""
