"""One pass over a text, as the lexer for words in BuildKit's Dockerfile frontend makes it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from dfrefactor.dockerfile.directives import GO_SPACE
from dfrefactor.dockerfile.patterns import substitute, trim
from dfrefactor.lazy import dataclass, regex


class Unset(Enum):
    """The type of `UNSET`, so that `str | None | Unset` can be checked."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""What a lookup answers for a variable that is not set; None is for one whose value is not known."""

Lookup = Callable[[str], str | Unset | None]

LONGEST = 200_000
"""A longer value counts as unknown: a few lines can ask for one that no memory holds."""
LONGEST_MATCHED = 10_000
"""So does what a pattern makes of a longer value."""
DEEPEST = 100
"""Substitutions inside of each other; beyond, we call it a mistake, which BuildKit does not."""


class ExpandError(ValueError):
    """A text that Docker refuses to substitute; the message is BuildKit's."""


@dataclass(frozen=True)
class Manner:
    """How a text is read: what is understood, and what is kept as it is written."""

    quotes: bool = True
    """Quotes mean something; they do not in the body of a heredoc."""
    keep_quotes: bool = False
    keep_escapes: bool = False
    keep_unset: bool = False
    """A variable that is not set stays, modifiers and all."""


PLAIN = Manner()
HEREDOC_BODY = Manner(quotes=False)
HEREDOC_WORDS = Manner(keep_quotes=True, keep_escapes=True, keep_unset=True)
"""How BuildKit looks for heredocs in a line."""
HEREDOC_NAME = Manner(keep_unset=True)
HEREDOC_QUOTED_NAME = Manner(keep_quotes=True, keep_unset=True)


_RUN = regex(r"[^$'\"<\\`]+")
"""Text in which no character means anything, whatever the escape character is; `_QUOTED` inside of double quotes."""
_QUOTED = regex(r"[^$\"\\`]+")


class Pieces:
    """What has been read: as a text, and cut into words."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, bool]] = []
        self.lost: list[int] = []
        self.size = 0
        self.unknown = False

    def add(self, text: str | None, *, splits: bool) -> None:
        """`splits`: white space in it ends a word."""
        self.size += len(text or "")
        if text is None or self.size > LONGEST:
            self.unknown = True
        else:
            self.pieces.append((text, splits))

    def text(self) -> str | None:
        return None if self.unknown else "".join(text for text, _ in self.pieces)

    def words(self) -> tuple[str, ...] | None:
        if self.unknown:
            return None
        whole, word = [], ""
        for at, (text, splits) in enumerate(self.pieces):
            word = "" if at in self.lost else word
            for char in text:
                if not splits or char not in GO_SPACE:
                    word += char
                elif word:
                    whole.append(word)
                    word = ""
        return tuple([*whole, word] if word else whole)


class Reader:
    """One pass over a text."""

    def __init__(self, text: str, lookup: Lookup, escape: str, manner: Manner) -> None:
        self.text, self.at = text.removeprefix("\ufeff"), 0
        self.lookup, self.escape, self.manner = lookup, escape, manner
        self.keep_escapes = manner.keep_escapes
        self.inner_words = self.depth = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        char = self.peek()
        self.at += len(char)
        return char

    def until(self, stop: str) -> Pieces:
        """Read up to `stop`, or to the end where `stop` is empty."""
        pieces = Pieces()
        while char := self.peek():
            if not stop and (run := _RUN.match(self.text, self.at)):
                self.at = run.end()
                pieces.add(run[0], splits=True)
                continue
            if char == stop:
                self.at += 1
                return pieces
            before = self.inner_words
            if char == "$":
                value, splits = self.dollar(), True
            elif char in "'\"" and self.manner.quotes:
                value, splits = self.single() if char == "'" else self.double(), False
            else:
                self.plain(pieces)
                continue
            if self.inner_words > before:  # 28.5 reads a modifier's word into the same buffer: the word that had begun is lost
                pieces.lost.append(len(pieces.pieces))
            pieces.add(value, splits=splits)
        if stop:
            raise ExpandError(f"unexpected end of statement while looking for matching {stop}")
        return pieces

    def plain(self, pieces: Pieces) -> None:
        char = self.next()
        if char == self.escape:
            pieces.add(char if self.keep_escapes else "", splits=False)
            pieces.add(self.next(), splits=False)
        elif char == "<" and self.peek() == "<":
            self.at += 1
            start = self.at
            while self.peek() in ("\t", "\r", " "):
                self.at += 1
            pieces.add("<<" + self.text[start : self.at], splits=False)
        else:
            pieces.add(char, splits=char != "<")

    def inner(self, stop: str, *, keep_escapes: bool, missing: str) -> str | None:
        """The word of a modifier, up to `stop`."""
        before, self.keep_escapes = self.keep_escapes, keep_escapes
        self.inner_words += 1
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpandError(f"more than {DEEPEST} substitutions inside of each other")
        try:
            return self.until(stop).text()
        except ExpandError as error:
            raise error if self.peek() else ExpandError(missing) from None
        finally:
            self.depth -= 1
            self.keep_escapes = before

    def single(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            self.at = len(self.text)
            raise ExpandError("unexpected end of statement while looking for matching single-quote")
        start, self.at = self.at, end + 1
        return self.text[start : end + 1] if self.manner.keep_quotes else self.text[start + 1 : end]

    def double(self) -> str | None:
        pieces = Pieces()
        quote = self.next() if self.manner.keep_quotes else self.next()[:0]
        pieces.add(quote, splits=False)
        while char := self.peek():
            if run := _QUOTED.match(self.text, self.at):
                self.at = run.end()
                pieces.add(run[0], splits=False)
                continue
            if char == "$":
                pieces.add(self.dollar(), splits=False)
                continue
            self.at += 1
            if char == '"':
                pieces.add(quote, splits=False)
                return pieces.text()
            if char == self.escape:
                pieces.add(char if self.keep_escapes else "", splits=False)
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

    def keeps(self, name: str) -> bool:
        return self.manner.keep_unset and isinstance(self.lookup(name), Unset)

    def dollar(self) -> str | None:
        self.at += 1
        if self.peek() != "{":
            name = self.name()
            return f"${name}" if not name or self.keeps(name) else self.value(name)
        self.at += 1
        if not self.peek():
            raise ExpandError("syntax error: missing '}'")
        if self.peek() in "{}:":
            raise ExpandError("syntax error: bad substitution")
        name = self.name()
        modifier = self.next()
        if not modifier.isprintable() or not modifier:
            raise ExpandError("syntax error: missing '}'")
        if modifier == "}":
            return f"${{{name}}}" if self.keeps(name) else self.value(name)
        if modifier == "/":
            return self.replaced(name)
        if modifier == ":":
            modifier += self.next()
        if modifier in ("#", "%"):
            return self.trimmed(name, modifier)
        if modifier in ("-", "+", "?", ":-", ":+", ":?") or (modifier[:1] == ":" and modifier not in (":#", ":%")):
            return self.chosen(name, modifier)
        raise ExpandError(f"unsupported modifier ({modifier}) in substitution")

    def chosen(self, name: str, modifier: str) -> str | None:
        word = self.inner("}", keep_escapes=False, missing="syntax error: missing '}'")
        if self.keeps(name):
            return f"${{{name}{modifier}{word}}}"
        value = self.lookup(name)
        if modifier[-1] not in "-+?":
            raise ExpandError(f"unsupported modifier ({modifier}) in substitution")
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
        if self.keeps(name):
            return f"${{{name}{end}{pattern}}}"
        value = self.value(name)
        if pattern is None:
            return None
        trimmed = trim((value or "")[:LONGEST_MATCHED], pattern, end)
        return None if value is None or len(value) > LONGEST_MATCHED else trimmed

    def replaced(self, name: str) -> str | None:
        everywhere = self.peek() == "/"
        if everywhere:
            self.at += 1
        pattern = self.inner("/", keep_escapes=True, missing="syntax error: missing '/' in ${}")
        replacement = self.inner("}", keep_escapes=True, missing="syntax error: missing '}'")
        if self.keeps(name):
            return f"${{{name}/{pattern}/{replacement}}}"
        value = self.value(name)
        if pattern is None or replacement is None:
            return None
        replaced = substitute((value or "")[:LONGEST_MATCHED], pattern, replacement, everywhere=everywhere)
        return None if value is None or len(value) > LONGEST_MATCHED else replaced
