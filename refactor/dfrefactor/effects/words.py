"""What words come to in a given state: text with holes, and what was read on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from dfrefactor.effects.paths import HOLE, STAR, hole
from dfrefactor.shell import Part, Word

_MANY = re.compile(r"(?:^|_)\w*(?:OPT|FLAG|ARGS|PARAM)", re.I)


class Arg(NamedTuple):
    """One argument.  `value` may hold holes; `many`: it may be no word or several; `word` is where it was written."""

    value: str
    many: bool = False
    word: Word | None = None

    @property
    def perhaps_options(self) -> bool:
        """Whether it may hide options: it begins with a variable that is called so."""
        name = self.value[1:].partition("\ufdd1")[0] if self.value.startswith(HOLE) else ""
        return self.many and bool(name) and bool(_MANY.search(name) or name in "@*")


@dataclass(slots=True)
class Values:
    """How words are expanded: variables, HOME, positional parameters, and what a command substitution comes to."""

    env: Mapping[str, str | None]
    home: str | None
    substitute: Callable[[Part], str]
    bash: bool = False
    cwd: str | None = None

    def text(self, word: Word) -> str:
        """The value of `word` as one text (as in an assignment: no splitting, no globbing)."""
        if (value := word.value) is not None:
            return value
        return "".join(self._part(part) for part in word.parts)

    def args(self, word: Word) -> list[Arg]:
        """The arguments `word` becomes."""
        if (value := word.value) is not None:
            return [Arg(value, False, word)]
        pieces, many, bare, bracket = [], False, False, False
        for part in word.parts:
            piece = self._part(part)
            if bracket and part.kind == "text" and "]" in piece:
                piece, bracket = piece.partition("]")[2], False
            bracket = bracket or (part.kind == "glob" and part.text == "[")
            if part.kind in ("variable", "command", "opaque") and not part.quoted:
                if "IFS" in self.env:
                    piece = hole(part.text)  # how it is split is not followed
                many = many or HOLE in piece
                bare = bare or (HOLE not in piece and (not piece or bool(re.search(r"\s", piece))))
                piece = piece.replace("*", STAR) if HOLE not in piece else piece
            if part.kind == "variable" and part.name == "@":
                many = True
            pieces.append(piece)
        text = "".join(pieces)
        if bare and len(word.parts) == 1:
            return [Arg(each, False, word) for each in text.split()]
        if word.parts[0].kind == "brace" or any(part.kind == "brace" for part in word.parts):
            return [Arg(each, False, word) for each in braces(text, self.bash)]
        return [Arg(text, many, word)]

    def variable(self, name: str) -> str | None:
        """Its value; None where it is not set as far as we know."""
        if name == "HOME" and name not in self.env:
            return self.home
        if name == "PWD":
            return self.cwd
        if name in self.env:
            value = self.env[name]
            return hole(name) if value is None else value
        return None

    def _part(self, part: Part) -> str:
        match part.kind:
            case "text":
                return part.text
            case "glob":
                return STAR
            case "brace":
                return part.text
            case "tilde":
                return self.home if self.home is not None else hole("HOME")
            case "variable":
                return self._variable(part)
            case "command":
                return self.substitute(part)
            case "process":
                self.substitute(part)
                return "/dev/fd/63"
        return self.substitute(part)

    def _variable(self, part: Part) -> str:
        value, operator = self.variable(part.name), part.operator
        unknown = hole(part.name)
        if not operator:
            return unknown if value is None else value
        if operator in (":=", "="):
            return self.substitute(part)
        if operator in (":-", "-"):
            if value is None or (HOLE in value and part.operand is not None):
                return hole(part.text)
            return part.operand or "" if not value and operator[0] == ":" and part.operand is not None else value
        if operator in (":?", "?"):
            return unknown if value is None else value
        if operator in (":+", "+"):
            return part.operand if value and HOLE not in value and part.operand is not None else hole(part.text)
        if value is None or HOLE in value or part.operand is None:
            return hole(part.text)
        return trimmed(value, operator, part.operand) if operator in _TRIMS else hole(part.text)


_TRIMS = frozenset(("#", "##", "%", "%%"))


def trimmed(value: str, operator: str, pattern: str) -> str:
    """`${value%pattern}` and its kin."""
    if "[" in pattern:
        return hole(f"{value}{operator}{pattern}")
    body = "".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    ends = range(len(value) + 1)
    front = operator[0] == "#"
    for size in ends if len(operator) == 1 else reversed(ends):
        piece = value[:size] if front else value[len(value) - size :]
        if re.fullmatch(body, piece, re.S):
            return value[size:] if front else value[: len(value) - size]
    return value


def braces(text: str, bash: bool) -> list[str]:
    """`a{b,c}` as bash has it; more than one pair, a range, or a shell that may not know them gives a hole."""
    match = re.fullmatch(r"([^{}]*)\{([^{}]*)\}([^{}]*)", text)
    if not match or "," not in match[2] or not bash:
        return [text[: text.index("{")] + hole("{") if "{" in text else text]
    return [match[1] + each + match[3] for each in match[2].split(",")]
