"""What words come to in a given state: text with holes, what it is made of, and what was read on the way."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import NamedTuple

from dfrefactor.effects.effects import ALL
from dfrefactor.effects.paths import END, HOLE, HOLES, ONE, STAR, hole, is_glob, known
from dfrefactor.effects.state import Parameter, ShellState, is_known
from dfrefactor.lazy import dataclass, regex
from dfrefactor.shell import Part, Script, Word
from dfrefactor.text.source import Span

_MANY = regex(r"(?:^|_)\w*(?:OPT|FLAG|ARGS|PARAM)", re.I)
_ASSIGNS = regex(r"\+\+|--|[^=!<>]=(?!=)")
_BLANKS = regex(r"\s")
_TILDE = regex(r"[A-Za-z_]\w*=(?:[^'\"\\]*:)?~")
_EACH = ("$@", "${@}", "$*", "${*}")


class Arg(NamedTuple):
    """One argument.  `value` may hold holes; `many`: it may be no word or several; `word` is where it was written.

    `of` are the names of ENV and ARG whose values are in it.
    """

    value: str
    many: bool = False
    word: Word | None = None
    of: frozenset[str] = frozenset()

    @property
    def perhaps_options(self) -> bool:
        """Whether it may hide options: it begins with a variable that is called so."""
        name = self.value[1:].partition(END)[0] if self.value.startswith(HOLE) else ""
        return self.many and bool(name) and bool(_MANY.search(name) or name[:1] in "@*")

    @property
    def may_vanish(self) -> bool:
        """Whether it may be no word at all: an expansion without quotes, and nothing else."""
        return self.many and not HOLES.sub("", self.value)


class Substitutes(ABC):
    """Runs the commands inside a word."""

    @abstractmethod
    def substitute(self, script: Script, state: ShellState) -> tuple[ShellState, str | None, frozenset[str]]:
        """The state behind them, what they print where that is plain, and the names that what they print is made of."""

    @abstractmethod
    def site(self, offset: int) -> str:
        """A name for this place of this way through the script."""

    @abstractmethod
    def unread(self, reason: str) -> None:
        """Something in a word is not read."""


@dataclass
class Expansion:
    """The expansion of one command's words: `state` is what it leaves, `names` are the variables it reads."""

    machine: Substitutes
    state: ShellState
    names: set[str] = field(default_factory=set)

    def whole(self, word: Word) -> Arg:
        """`word` as one text, as in an assignment: no splitting, no globbing."""
        if (value := word.value) is not None:
            return Arg(value, False, word)
        pieces = [self._part(part, word) for part in word.parts]
        return Arg("".join(piece for piece, _ in pieces), False, word, made_of(of for _, of in pieces))

    def args(self, words: Sequence[Word]) -> list[Arg]:
        return [arg for word in words for arg in self._args(word)]

    def _args(self, word: Word) -> list[Arg]:
        if self.state.bash and _TILDE.match(word.text):
            self.names.add("HOME")
            name, _, _ = word.text.partition("=")
            return [Arg(f"{name}={hole(f'~#{self.machine.site(word.span.start)}')}", False, word)]
        if (value := word.value) is not None:
            return [Arg(value, False, word)]
        first = word.parts[0]
        if len(word.parts) == 1 and first.kind == "variable" and first.text in _EACH[: 4 - 2 * first.quoted]:
            return self._parameters(word)
        pieces: list[str] = []
        made: list[frozenset[str]] = []
        many = bare = bracket = lost = False
        for part in word.parts:
            piece, of = self._part(part, word)
            made.append(of)
            if bracket and part.kind == "text" and "]" in piece:
                piece, bracket = piece.partition("]")[2], False
            bracket = bracket or (part.kind == "glob" and part.text == "[" and HOLE in piece)
            many = many or (part.kind == "glob" and HOLE in piece)
            if part.kind in ("variable", "command", "opaque") and not part.quoted:
                if self.state.has("IFS"):  # how it is split is not followed
                    self.names.add("IFS")
                    ifs = self.state.value("IFS")
                    lost = lost or not (is_known(piece) and is_known(ifs) and set(piece).isdisjoint(f"{ifs} \t\n"))
                many = many or HOLE in piece
                bare = bare or (HOLE not in piece and (not piece or bool(_BLANKS.search(piece))))
                if HOLE not in piece and "[" in piece:
                    piece, many = hole(f"{part.text}#{self.machine.site(word.span.start)}"), True
                piece = piece.replace("*", STAR).replace("?", ONE) if HOLE not in piece else piece
            bare = bare or (part.kind == "variable" and part.name in ("@", "*") and not (part.quoted and part.name == "*"))
            pieces.append(piece)
        text, of = "".join(pieces), made_of(made)
        if bare and not lost and len(word.parts) == 1 and first.name not in ("@", "*"):
            return [Arg(each, False, word, of) for each in text.split()]
        if bare or lost:
            return [Arg(hole(f"{word.text}#{self.machine.site(word.span.start)}"), True, word, of)]
        if any(part.kind == "brace" for part in word.parts):
            return [Arg(each, False, word, of) for each in braces(text, self.state.bash)]
        return [Arg(text, many, word, of)]

    def made(self, name: str) -> frozenset[str]:
        """The names of ENV and ARG that are in a variable's value."""
        if (found := self.state.variables.get(name)) is not None:
            return found.of
        if name.isdigit() and self.state.parameters is not None:
            at = int(name) - 1
            return self.state.parameters[at].of if 0 <= at < len(self.state.parameters) else frozenset()
        if name in ("@", "*"):
            return made_of(each.of for each in self.state.parameters or ())
        return frozenset({name})

    def parameters_of(self, span: Span) -> list[Arg]:
        """What a `for` without words goes through."""
        return self._parameters(Word("$@", span, (Part("variable", "$@", True, "@"),)))

    def _parameters(self, word: Word) -> list[Arg]:
        """`"$@"`: one word for each, and one that stands for any number where they are not known."""
        self.names.add("@")
        quoted, known = word.parts[0].quoted, self.state.parameters
        if not quoted and self.state.has("IFS"):
            known = None
        if known is None or (not quoted and any(each.many or not plain(each.value) for each in known)):
            return [Arg(hole(f"@#{self.machine.site(word.span.start)}"), True, word)]
        return [Arg(each.value, each.many, word, each.of) for each in known]

    def _part(self, part: Part, word: Word) -> tuple[str, frozenset[str]]:
        nothing = frozenset[str]()
        match part.kind:
            case "text" | "brace":
                return part.text, nothing
            case "glob":
                if noglob := self.state.flags.get("noglob", False):
                    return part.text, nothing
                sign = {"*": STAR, "?": ONE}.get(part.text) if noglob is False else None
                return sign or self._hole(part, word, "?"), nothing
            case "tilde":
                self.names.add("HOME")
                return self.state.folder or self._hole(part, word, "HOME"), nothing
            case "variable":
                return self._variable(part, word)
            case "process":
                for script in part.scripts:
                    self._substitute(script)
                return "/dev/fd/63", nothing
        return self._computed(part, word)

    def _computed(self, part: Part, word: Word) -> tuple[str, frozenset[str]]:
        """`$(…)`, `$((…))` and what is not read."""
        self.names.update(part.names)
        if part.text.startswith("${!"):
            self.names.add(ALL)
        if part.kind == "opaque" and ("`" in part.text or "$(" in part.text) and not part.scripts:
            self.machine.unread("commands inside of a word are not read")
        of = made_of(self.made(name) for name in part.names)
        if part.kind == "arithmetic" and _ASSIGNS.search(part.text):
            for name in part.names:
                self._assign(name, None, word, of)
        printed: str | None = None
        for script in part.scripts:
            printed, more = self._substitute(script)
            of |= more
        if printed is not None and part.kind == "command" and len(part.scripts) == 1:
            return printed, of
        return self._hole(part, word), of

    def _substitute(self, script: Script) -> tuple[str | None, frozenset[str]]:
        self.state, printed, of = self.machine.substitute(script, self.state)
        return printed, of

    def _hole(self, part: Part, word: Word, name: str = "") -> str:
        return hole(f"{name or part.text}#{self.machine.site(word.span.start)}.{word.parts.index(part)}")

    def _assign(self, name: str, value: str | None, word: Word, of: frozenset[str]) -> None:
        self.state = self.state.given(name, value, self.machine.site(word.span.start), of)

    def _get(self, name: str, part: Part, word: Word) -> tuple[str | None, bool | None]:
        """A variable's value, a hole where it has one that is not known, and whether it is set (None: perhaps)."""
        state = self.state
        if name.isdigit() and name != "0":
            known, at = state.parameters, int(name) - 1
            if known is None or any(each.many for each in known[: at + 1]):
                return self._hole(part, word, name), None
            return (known[at].value, True) if at < len(known) else (None, False)
        if name == "#":
            fixed = state.parameters is not None and not any(each.many for each in state.parameters)
            return (str(len(state.parameters or ())) if fixed else self._hole(part, word)), True
        if not (name[:1].isalpha() or name[:1] == "_"):
            return self._hole(part, word), None
        if (found := state.variables.get(name)) is not None:
            if found.set is False:
                return None, False
            return (found.value if found.value is not None else self._hole(part, word, name)), found.set
        if name == "HOME":
            return (state.home if state.home is not None else hole(name)), None if state.home is None else True
        if name == "PWD" and state.named is not None:
            return state.named, True
        return hole(name) if name not in CHANGING else self._hole(part, word), None

    def _variable(self, part: Part, word: Word) -> tuple[str, frozenset[str]]:
        self.names.update(part.names or (part.name,))
        if part.text.startswith("${!"):
            self.names.add(ALL)
        of = made_of(self.made(name) for name in dict.fromkeys((part.name, *part.names)))
        value, is_set = self._get(part.name, part, word)
        operator, operand = part.operator, part.operand
        unknown = self._hole(part, word)
        if not operator:
            return ("" if value is None else value), of
        if operator in ("+", ":+"):
            if is_set is False or (is_set and operator == ":+" and value == ""):
                return "", of
            sure = is_set and (operator == "+" or is_known(value))
            return (operand if sure and operand is not None else unknown), of
        if operator in ("-", ":-", "=", ":=", "?", ":?"):
            empty = operator[0] == ":"
            if is_set and value is not None and (not empty or (is_known(value) and value)):
                return value, of
            unset = is_set is False or (is_set and empty and value == "")
            chosen = operand if unset and operand is not None else unknown
            if operator in ("=", ":="):
                self._assign(part.name, chosen, word, of)
            return (value or "" if operator in ("?", ":?") else chosen), of
        if not is_known(value) or operand is None or operator not in _TRIMS:
            return unknown, of
        trim = trimmed(value or "", operator, operand)
        return (unknown if trim is None else trim), of


CHANGING = frozenset((
    "RANDOM SRANDOM SECONDS LINENO EPOCHSECONDS EPOCHREALTIME BASHPID PPID OLDPWD REPLY OPTARG OPTIND PIPESTATUS FUNCNAME _"
).split())  # fmt: skip
"""Variables that a shell changes by itself (bash(1), Shell Variables)."""
_TRIMS = frozenset(("#", "##", "%", "%%"))


def made_of(names: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*names)


def plain(value: str) -> bool:
    """Whether field splitting and globbing leave a value as it is."""
    return bool(value) and known(value) and not re.search(r"[\s*?\[]", value)


def trimmed(value: str, operator: str, pattern: str) -> str | None:
    """`${value%pattern}` and its kin; None for patterns that are not followed."""
    if "[" in pattern or "\\" in pattern:
        return None
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
    if not match or "," not in match[2] or not bash or "~" in text:
        return [text[: text.index("{")] + hole("{") if "{" in text else text]
    return [match[1] + each + match[3] for each in match[2].split(",")]


def parameters(args: Sequence[Arg]) -> tuple[Parameter, ...]:
    """Arguments as the positional parameters of what is run with them."""
    return tuple(Parameter(arg.value, arg.many or is_glob(arg.value), arg.of) for arg in args)
