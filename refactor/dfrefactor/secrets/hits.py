"""Authentication positions in one command as it is run: in its words, in what they come to, in text that it hands on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from dfrefactor.effects.catalog import UNDESCRIBED, Entry, Option
from dfrefactor.effects.paths import HOLES
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.trace import Event
from dfrefactor.effects.words import Arg
from dfrefactor.lazy import dataclass, regex
from dfrefactor.secrets import texts, values
from dfrefactor.secrets.texts import Role
from dfrefactor.shell import Word
from dfrefactor.text.source import Span

NONE = frozenset[str]()

_HEADER = regex(r"[\"']?[\w-]*(?:auth|token|key|cookie|api|secret|credential)[\w-]*\s*:", re.I)
_SECRET_OPTION = regex(
    r"--?(?!no-|disabled-|empty-|ask-)[\w.-]*?(?:password|passwd|passphrase|token|secret|api[-_]?key|access[-_]?key|auth[-_]?key|credentials?|[-_]pat)",
    re.I,
)
_ALONE = regex(r"\$A")
_SECRETS = frozenset(("secret", "pair", "header"))


@dataclass(frozen=True)
class Hit:
    """A position in shell text: a secret of these ENV and ARG, or a literal, and what the command does with it.

    `written` are the variables as they stand there.
    """

    names: frozenset[str]
    span: Span
    how: str
    command: str
    value: Span | None = None
    role: Role = "authenticate"
    written: tuple[str, ...] = ()


def made_of(name: str, state: ShellState) -> frozenset[str]:
    """The names of ENV and ARG that are in a variable's value."""
    if (found := state.variables.get(name)) is not None:
        return found.of if found.set is not False else NONE
    if not name.isdigit():
        return frozenset({name})
    at, known = int(name) - 1, state.parameters or ()
    return known[at].of if 0 <= at < len(known) else NONE


def hits(event: Event, read: frozenset[Span] = frozenset(), literals: Mapping[str, Span] | None = None) -> tuple[Hit, ...]:
    """Every credential position of one command; a variable that is only mentioned has the role `mention`.

    `read` are places of shell text that has been read, so that what stands in it is told of there; `literals` are secrets
    that commands before it were given, with where they stand.
    """
    return tuple(_Command(event, read, literals or {}).hits())


class _Command:
    """One event being looked at."""

    def __init__(self, event: Event, read: frozenset[Span], literals: Mapping[str, Span]) -> None:
        self.event, self.name, self.entry, self.literals = event, event.name, event.entry or UNDESCRIBED, literals
        self.rest = [arg for arg in event.args[1:] if not read or arg.word is None or self._place(arg) not in read]
        self.words = [arg for arg in self.rest if arg.word is not None]
        self.every = [*(arg for _, arg in event.assigns), *event.args[:1], *self.rest, *(each.target for each in event.redirects)]
        self.by = "" if not self.name or self.entry.prints or self.entry.builtin else f" of `{self.name}`"

    def hits(self) -> Iterator[Hit]:
        seen = set[str]()
        function = self.event.wraps and self.event.entry is None  # what it does with its words is in the trace
        for hit in self._positions():
            if hit.value or (not function and (hit.names or hit.written)):
                seen |= hit.names
                yield hit
        role: Role = "test" if self.entry.handler == "test" else "mention"
        how = "in a RUN" if not self.name or self.entry.prints else f"by `{self.name}`"
        for arg in self.every if not function else ():
            for name in sorted((arg.of if arg.word is not None else NONE) - seen):
                yield self._hit({name}, self._place(arg), how, role=role)
        given = self.event.origin.of | (self.event.secrets if self.entry.prints else NONE)
        yield from (self._hit({name}, self.event.span, how, role=role) for name in sorted(given - seen))

    def _positions(self) -> Iterator[Hit]:
        for arg in self.every:
            if arg.word is not None:
                yield from self._in_text(arg, arg.word)
                yield from self._in_value(arg, arg.word)
        for search in (self._printed, self._known, self._guessed, self._said):
            yield from search()

    def _hit(self, names: set[str] | frozenset[str], span: Span, how: str, value: Span | None = None, role: Role = "authenticate",
             written: Sequence[str] = ()) -> Hit:  # fmt: skip
        """A literal in text that was put together before it was read is one of the names that it was made of."""
        if value is not None and self.event.origin.shift is None:
            names, value = frozenset(names) | self.event.origin.of, None
        return Hit(frozenset(names), span, how, self.name, value, role, tuple(written))

    def _place(self, arg: Arg, start: int = 0, end: int | None = None) -> Span:
        if arg.word is None:
            return self.event.span
        first = arg.word.span.start
        return self.event.origin.span(Span(first + start, first + end if end is not None else arg.word.span.end))

    def _names(self, written: Sequence[str]) -> frozenset[str]:
        return NONE.union(*(made_of(name, self.event.state) for name in written))

    def _in_text(self, arg: Arg, word: Word) -> Iterator[Hit]:
        """Positions in the text of a word.  What a shell does not expand there is left for a tool to put in."""
        expanded = set(word.variables)
        if word.scripts or any(part.kind == "opaque" for part in word.parts):
            expanded |= set(values.variables(word.text))
        for found in texts.positions(word.text):
            span, how = self._place(arg, *found.span), f"{found.how}{self.by}"
            value = found.value and self._place(arg, *found.value)
            here = [name for name in found.names if name in expanded]
            if here or value:
                yield self._hit(self._names(here), span, how, value, written=here)
            if kept := frozenset(found.names) - expanded:
                yield self._hit(kept, span, how, role="config")

    def _in_value(self, arg: Arg, word: Word) -> Iterator[Hit]:
        """Positions that only the value of a word shows, for parts of them come from variables."""
        rendered = HOLES.sub(lambda hole: f"${{{hole[1]}}}" if hole[1] else "$(…)", arg.value)
        plain = word.value is not None and self.event.origin.shift is not None
        if plain or rendered.strip("\"'") == word.text.strip("\"'"):
            return
        for found in texts.positions(rendered):
            names = frozenset(found.names) & arg.of or self._names(found.names) & arg.of
            names = names or (arg.of if found.value or found.names else NONE)
            value = self.literals.get(rendered[slice(*found.value)]) if found.value and not arg.of else None
            if names or value:
                yield Hit(names, self._place(arg), f"{found.how}{self.by}", self.name, value)

    def _printed(self) -> Iterator[Hit]:
        """`echo machine h login bob password $X`, without quotes, and what a format puts in: the words together."""
        args = self.words if self.entry.prints else []
        if args and self.entry.formats and "%s" in args[0].value and len(args) > 1:
            put = iter([_text(arg).strip("\"'") for arg in args])
            for found in texts.positions(re.sub("%s", lambda _: next(put, ""), next(put))):
                for arg in args[1:]:
                    if names := self._names(found.names) & arg.of:
                        yield self._hit(names, self._place(arg), found.how, written=found.names)
        elif any(arg.value == "machine" for arg in args):
            joined, places = self._joined(args)
            for found in texts.positions(joined):
                names = self._names(found.names) & NONE.union(*(arg.of for arg in args))
                value = found.value and _over(places, found.value)
                if names or value:
                    yield self._hit(names, _over(places, found.span), found.how, value)

    def _known(self) -> Iterator[Hit]:
        """Options that the catalog says take a secret, a `user:password` or a header."""
        for name, _, arg in (value for found in self.event.found for value in found.values):
            option = self.entry.options.get(name)
            if option is not None and "address" in option.words and arg.of and _ALONE.fullmatch(HOLES.sub("$A", arg.value)):
                yield self._hit(arg.of, self._place(arg), f"as `{name}` of `{self.name}`", role="address")
            if option is None or arg.word is None or not option.words & _SECRETS:
                continue
            start = 0 if any(arg is each for each in self.event.args) else _attached(arg.word.text, option, self.entry)
            if "header" not in option.words:
                yield from self._value(arg, start, arg.word.text[:start].rstrip("=") or name, "pair" in option.words)
            elif _HEADER.match(arg.word.text[start:]) and arg.of:
                yield self._hit(arg.of, self._place(arg, start), f"in a header{self.by}")

    def _guessed(self) -> Iterator[Hit]:
        """Options whose names say that they take a secret, whatever the command."""
        for arg, following in zip(self.rest, [*self.rest[1:], None], strict=False):
            option, equals, _ = _text(arg).partition("=")
            if not _SECRET_OPTION.fullmatch(option):
                continue
            if equals:
                yield from self._value(arg, len(option) + 1, option, False)
            elif following is not None and following.word is not None and following.of and option not in self.entry.options:
                yield from self._value(following, 0, option, False)

    def _value(self, arg: Arg, start: int, option: str, is_pair: bool) -> Iterator[Hit]:
        """The hits of an option's value, a `user:password` or the secret itself."""
        text, how = _text(arg)[start:], f"as `{option}` of `{self.name}`"
        yield from self._secret(text, how, is_pair, lambda span: self._place(arg, start + span.start, start + span.end))
        if is_pair and arg.of and not values.variables(text):
            yield self._hit(arg.of, self._place(arg, start), how)

    def _said(self) -> Iterator[Hit]:
        """Words that the catalog's expressions find: first without options that are known to take other values."""
        plain = [arg for arg in self.words if not self._is_option(arg)] if self.entry.commands else []
        for pattern in self.entry.commands:
            for args in (plain, self.words):
                joined, places = self._joined(args)
                found = list(re.finditer(pattern, joined, re.I))
                for group, match in ((group, match) for match in found for group in ("s", "p") if match.groupdict().get(group)):

                    def place(span: Span, start: int = match.start(group), places: list[int] = places) -> Span:
                        return _over(places, span.moved(start))

                    text = match[group].replace("\0", " ")
                    yield from self._secret(text, f"by `{self.name} {joined.split()[0]}`", group == "p", place)
                if found:
                    break

    def _secret(self, text: str, how: str, is_pair: bool, place: Callable[[Span], Span]) -> Iterator[Hit]:
        inner = text.strip("\"'")
        bare, whole = Span(0, len(inner)).moved(text.index(inner)), Span(0, len(text))
        if is_pair:
            for found in texts.pair(inner, bare, how):
                names = self._names(found.names)
                yield self._hit(names, place(found.span), how, found.value and place(found.value), written=found.names)
        elif written := values.variables(text) if not text.startswith("'") else []:
            yield self._hit(self._names(written), place(whole), how, written=written)
        elif not re.search("[$`]", text) and not values.is_placeholder(text, True) and not text.startswith(("-", "pass:")):
            yield self._hit(NONE, place(whole), how, place(bare))

    def _joined(self, args: Sequence[Arg]) -> tuple[str, list[int]]:
        """The words joined by spaces (blanks inside of one as NUL), and where each character stands."""
        joined, places = "", list[int]()
        for arg in args:
            text, (start, end) = _text(arg), self._place(arg)
            joined += re.sub(r"\s", "\0", text) + " "
            places += range(start, start + len(text)) if self.event.origin.shift is not None else [start] * len(text)
            places.append(end)
        return joined, places

    def _is_option(self, arg: Arg) -> bool:
        """Whether a word is an option that takes a value, or such a value."""
        for name, _, value in (value for found in self.event.found for value in found.values):
            option, said = self.entry.options.get(name), self.entry.options.get(arg.value)
            if option is not None and option.takes == "value" and not option.words & _SECRETS:
                same = value.word is not None and arg.word is not None and value.word.span == arg.word.span
                if same or (said is not None and said.name == name):
                    return True
        return False


def _text(arg: Arg) -> str:
    return arg.word.text if arg.word is not None else ""


def _over(places: Sequence[int], span: Span) -> Span:
    return Span(places[span.start], max(places[span.end - 1] + 1, places[span.start]))


def _attached(text: str, option: Option, entry: Entry) -> int:
    """Where in its word the value of an option starts that is written in one with it."""
    name, equals, _ = text.partition("=")
    short = (at + 1 for at in range(1, len(text)) if entry.options.get("-" + text[at]) == option)
    return len(name) + 1 if equals and (text.startswith("--") or name in entry.options) else next(short, 0)
