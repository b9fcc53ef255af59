"""Authentication positions in one command as it is run: options, headers, words of known tools, text that is handed on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dfrefactor.effects import Event
from dfrefactor.effects.arguments import Arguments
from dfrefactor.effects.catalog import Entry, Option
from dfrefactor.effects.paths import END, HOLE
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.words import Arg
from dfrefactor.secrets import texts, values
from dfrefactor.secrets.texts import Role
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
_SECRET_OPTION = re.compile(
    r"--?(?!no-|disabled-|empty-|ask-)[\w.-]*?(?:password|passwd|passphrase|token|secret|api[-_]?key|access[-_]?key|auth[-_]?key|credentials?|[-_]pat)",
    re.I,
)
_NAMED = re.compile(rf"{HOLE}(\w+)(?:#[^{END}]*)?{END}")
_HOLE = re.compile(f"{HOLE}[^{END}]*{END}")
_NONE = frozenset[str]()


@dataclass(frozen=True)
class Hit:
    """A position in shell text: a secret of these ENV and ARG, or a literal, and what the command does with it.

    `written` are the variables as they stand there; `sets`: the command makes it the password of a user of the image.
    """

    names: frozenset[str]
    span: Span
    how: str
    command: str
    value: Span | None = None
    role: Role = "authenticate"
    sets: bool = False
    written: tuple[str, ...] = ()


def made_of(name: str, state: ShellState) -> frozenset[str]:
    """The names of ENV and ARG that are in a variable's value."""
    if (found := state.variables.get(name)) is not None:
        return found.of if found.set is not False else _NONE
    if name.isdigit():
        at, known = int(name) - 1, state.parameters or ()
        return known[at].of if 0 <= at < len(known) else _NONE
    return frozenset({name})


def words(event: Event) -> str:
    """The words behind the command's name as they are written, joined by one space."""
    return " ".join(arg.word.text if arg.word is not None else arg.value for arg in event.args[1:])


def is_idle(event: Event) -> bool:
    """Whether this call does not authenticate, though the command may."""
    entry = event.entry
    return bool(entry is not None and entry.idle and re.match(entry.idle, words(event)))


def hits(event: Event, read: frozenset[Span] = frozenset(), literals: Mapping[str, Span] | None = None) -> tuple[Hit, ...]:
    """Every credential position of one command; a variable that is only mentioned has the role `mention`.

    `read` are places of shell text that has been read, so that what stands in it is told of there; `literals` are secrets
    that commands before it were given, with where they stand.
    """
    return tuple(_Command(event, read, literals or {}).hits())


class _Command:
    """One event being looked at."""

    def __init__(self, event: Event, read: frozenset[Span], literals: Mapping[str, Span]) -> None:
        self.literals = literals
        self.event, self.state, self.name = event, event.state, event.name
        self.entry = event.entry or Entry("")
        self.rest = [arg for arg in event.args[1:] if arg.word is None or self._place(arg) not in read]
        self.every = [arg for _, arg in event.assigns] + [arg for arg in event.args if arg in self.rest or arg is event.args[0]]
        self.every += [each.target for each in event.redirects]
        quiet = not self.name or self.entry.prints or self.entry.builtin
        self.by = "" if quiet else f" of `{self.name}`"

    def hits(self) -> Iterator[Hit]:
        seen: set[str] = set()
        function = self.event.wraps and self.event.entry is None  # what it does with its words is in the trace
        for hit in self._positions():
            if hit.value or (not function and (hit.names or hit.written)):
                seen |= hit.names
                yield hit
        role: Role = "test" if self.entry.handler == "test" else "mention"
        how = "in a RUN" if not self.name or self.entry.prints else f"by `{self.name}`"
        for arg in self.every if not function else ():
            for name in sorted((arg.of if arg.word is not None else _NONE) - seen):
                yield self._hit({name}, self._place(arg), how, role=role)
        for name in sorted(self.event.origin.of - seen):
            yield self._hit({name}, self.event.span, how, role=role)

    def _hit(self, names: set[str] | frozenset[str], span: Span, how: str, value: Span | None = None, role: Role = "authenticate",
             written: Sequence[str] = ()) -> Hit:  # fmt: skip
        """A literal in text that was put together before it was read is one of the names that it was made of."""
        if value is not None and self.event.origin.shift is None:
            names, value = frozenset(names) | self.event.origin.of, None
        return Hit(frozenset(names), span, how, self.name, value, role, self.entry.sets, tuple(written))

    def _place(self, arg: Arg, start: int = 0, end: int | None = None) -> Span:
        if arg.word is None:
            return self.event.span
        first = arg.word.span.start
        return self.event.origin.span(Span(first + start, first + end if end is not None else arg.word.span.end))

    def _names(self, written: Sequence[str]) -> frozenset[str]:
        return _NONE.union(*(made_of(name, self.state) for name in written))

    def _positions(self) -> Iterator[Hit]:
        for arg in self.every:
            if arg.word is not None:
                yield from self._in_text(arg, arg.word.text)
                yield from self._in_value(arg)
        yield from self._printed()
        options = [hit for found in self.event.found for hit in self._known(found)]
        yield from options
        yield from self._guessed()
        yield from self._said()

    def _in_text(self, arg: Arg, text: str) -> Iterator[Hit]:
        """Positions in the text of a word.  What a shell does not expand there is left for a tool to put in."""
        assert arg.word is not None
        expanded = set(arg.word.variables)
        if arg.word.scripts or any(part.kind == "opaque" for part in arg.word.parts):
            expanded |= set(values.variables(text))
        for found in texts.positions(text):
            span = self._place(arg, *found.span)
            value = found.value and self._place(arg, *found.value)
            here = [name for name in found.names if name in expanded]
            kept = [name for name in found.names if name not in expanded]
            if here or value:
                yield self._hit(self._names(here), span, f"{found.how}{self.by}", value, written=here)
            if kept:
                yield self._hit(frozenset(kept), span, f"{found.how}{self.by}", role="config")

    def _in_value(self, arg: Arg) -> Iterator[Hit]:
        """Positions that only the value of a word shows, for parts of them come from variables."""
        if arg.word is None or (arg.word.value is not None and self.event.origin.shift is not None):
            return
        rendered = _HOLE.sub("$(…)", _NAMED.sub(r"${\1}", arg.value))
        if rendered.strip("\"'") == arg.word.text.strip("\"'"):
            return
        for found in texts.positions(rendered):
            names = (frozenset(found.names) & arg.of) or (arg.of if found.value or found.names else _NONE)
            value = self.literals.get(rendered[slice(*found.value)]) if found.value and not arg.of else None
            if names or value:
                yield Hit(names, self._place(arg), f"{found.how}{self.by}", self.name, value, sets=self.entry.sets)

    def _printed(self) -> Iterator[Hit]:
        """`echo machine h login bob password $X`, without quotes, and what a format puts in: the words together."""
        args = [arg for arg in self.rest if arg.word is not None]
        if not self.entry.prints or not args:
            return
        if self.entry.formats and "%s" in args[0].value and len(args) > 1:
            pieces = re.split("%s", args[0].word.text if args[0].word else "")
            text, at = pieces[0], 0
            for piece in pieces[1:]:
                text += (args[at + 1].word.text.strip("\"'") if at + 1 < len(args) else "") + piece  # type: ignore[union-attr]
                at += 1
            for found in texts.positions(text):
                names = self._names(found.names)
                for arg in args[1:] if names else ():
                    if arg.of & names:
                        yield self._hit(names & arg.of, self._place(arg), found.how, written=found.names)
            return
        if not any(arg.value == "machine" for arg in args):
            return
        joined, places = self._joined(args)
        for found in texts.positions(joined):
            names = self._names(found.names) & _NONE.union(*(arg.of for arg in args))
            value = found.value and _over(places, found.value)
            if names or value:
                yield self._hit(names, _over(places, found.span), found.how, value)

    def _known(self, found: Arguments) -> Iterator[Hit]:
        """Options that the catalog says take a secret, a `user:password` or a header."""
        for name, _, arg in found.values:
            option = self.entry.options.get(name)
            if option is None or arg.word is None or not option.words & {"secret", "pair", "header"}:
                continue
            start = 0 if any(arg is each for each in self.event.args) else _attached(arg, option, self.entry)
            if "header" in option.words:
                if _HEADER.match(arg.word.text[start:]) and arg.of:
                    yield self._hit(arg.of, self._place(arg, start), f"in a header{self.by}")
                continue
            said = next((each for each in (_option(arg, start), name) if each), name)
            yield from self._value(arg, start, f"as `{said}` of `{self.name}`", "pair" in option.words)

    def _guessed(self) -> Iterator[Hit]:
        """Options whose names say that they take a secret, whatever the command."""
        for at, arg in enumerate(self.rest):
            text = arg.word.text if arg.word is not None else ""
            option, equals, attached = text.partition("=")
            if not text.startswith("-") or not _SECRET_OPTION.fullmatch(option):
                continue
            following = self.rest[at + 1] if at + 1 < len(self.rest) else None
            if equals:
                yield from self._value(arg, len(text) - len(attached), f"as `{option}` of `{self.name}`", False)
            elif following is not None and following.word is not None and following.of and option not in self.entry.options:
                yield from self._value(following, 0, f"as `{option}` of `{self.name}`", False)

    def _value(self, arg: Arg, start: int, how: str, is_pair: bool) -> Iterator[Hit]:
        """The hits of an option's value, a `user:password` or the secret itself."""
        assert arg.word is not None
        text = arg.word.text[start:]
        yield from self._secret(text, how, is_pair, lambda a, b: self._place(arg, start + a, start + b))
        if is_pair and arg.of and not values.variables(text):
            yield self._hit(arg.of, self._place(arg, start), how)

    def _secret(self, text: str, how: str, is_pair: bool, place: Callable[[int, int], Span]) -> Iterator[Hit]:
        inner = text.strip("\"'")
        start = text.index(inner)
        if is_pair:
            for found in texts.pair(inner, Span(start, start + len(inner)), how):
                yield self._hit(self._names(found.names), place(*found.span), how, found.value and place(*found.value), written=found.names)
            return
        names = values.variables(text) if not text.startswith("'") else []
        if names:
            yield self._hit(self._names(names), place(0, len(text)), how, written=names)
        elif "$" not in text and "`" not in text and not values.is_placeholder(text, True) and not text.startswith(("-", "pass:")):
            yield self._hit(_NONE, place(0, len(text)), how, place(start, start + len(inner)))

    def _said(self) -> Iterator[Hit]:
        """Words that the catalog's expressions find: first without options that are known to take other values."""
        if not self.entry.commands:
            return
        args = [arg for arg in self.rest if arg.word is not None]
        plain = [arg for arg in args if not self._is_option(arg)]
        for pattern in self.entry.commands:
            for each in dict.fromkeys((tuple(map(id, plain)), tuple(map(id, args)))):
                some = [arg for arg in args if id(arg) in each]
                joined, places = self._joined(some)
                found = list(re.finditer(pattern, joined, re.I))
                for match in found:
                    for group in ("s", "p"):
                        if match.groupdict().get(group):
                            how = f"by `{self.name} {joined.split()[0]}`"
                            start = match.start(group)
                            yield from self._secret(
                                match[group].replace("\0", " "), how, group == "p",
                                lambda a, b, s=start, p=places: _over(p, Span(s + a, s + b)),  # type: ignore[misc]
                            )  # fmt: skip
                if found:
                    break

    def _is_option(self, arg: Arg) -> bool:
        """Whether a word is an option that takes a value, or such a value."""
        for found in self.event.found:
            for name, _, value in found.values:
                option = self.entry.options.get(name)
                if option is not None and option.takes == "value" and not option.words & {"secret", "pair", "header"}:
                    if value.word is not None and arg.word is not None and value.word.span == arg.word.span:
                        return True
                    if arg.value in self.entry.options and self.entry.options[arg.value].name == name:
                        return True
        return False

    def _joined(self, args: Sequence[Arg]) -> tuple[str, list[int]]:
        """The words joined by spaces (blanks inside of one as NUL), and where each character stands."""
        text, places = [], list[int]()
        for arg in args:
            assert arg.word is not None
            text.append(re.sub(r"\s", "\0", arg.word.text) + " ")
            start, end = self._place(arg)
            places += range(start, start + len(arg.word.text)) if self.event.origin.shift is not None else [start] * len(arg.word.text)
            places.append(end)
        return "".join(text), places


def _over(places: Sequence[int], span: Span) -> Span:
    return Span(places[span.start], max(places[span.end - 1] + 1, places[span.start]))


def _option(arg: Arg, start: int) -> str:
    return arg.word.text[:start].rstrip("=") if arg.word is not None and start else ""


def _attached(arg: Arg, option: Option, entry: Entry) -> int:
    """Where in its word the value of an option starts that is written in one with it."""
    text = arg.word.text if arg.word is not None else ""
    name, equals, _ = text.partition("=")
    if equals and (text.startswith("--") or name in entry.options):
        return len(name) + 1
    return next((at + 1 for at in range(1, len(text)) if entry.options.get("-" + text[at]) == option), 0)
