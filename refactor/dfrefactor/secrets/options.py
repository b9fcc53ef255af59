"""Options and words that take a secret: those of the catalog, and those whose names say so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfrefactor.effects.arguments import Arguments
from dfrefactor.effects.catalog import Entry, Option
from dfrefactor.effects.words import Arg
from dfrefactor.secrets import values
from dfrefactor.secrets.hits import Hit, Looked, over
from dfrefactor.text.source import Span

_HEADER = re.compile(r"[\"']?[\w-]*(?:auth|token|key|cookie|api|secret|credential)[\w-]*\s*:", re.I)
_SECRET_OPTION = re.compile(
    r"--?(?!no-|disabled-|empty-|ask-)[\w.-]*?(?:password|passwd|passphrase|token|secret|api[-_]?key|access[-_]?key|auth[-_]?key|credentials?|[-_]pat)",
    re.I,
)


class Options(Looked):
    """The search among a command's options."""

    def options(self) -> Iterator[Hit]:
        for found in self.event.found:
            yield from self._known(found)
        yield from self._guessed()
        yield from self._said()

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
                                lambda a, b, s=start, p=places: over(p, Span(s + a, s + b)),  # type: ignore[misc]
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


def _option(arg: Arg, start: int) -> str:
    return arg.word.text[:start].rstrip("=") if arg.word is not None and start else ""


def _attached(arg: Arg, option: Option, entry: Entry) -> int:
    """Where in its word the value of an option starts that is written in one with it."""
    text = arg.word.text if arg.word is not None else ""
    name, equals, _ = text.partition("=")
    if equals and (text.startswith("--") or name in entry.options):
        return len(name) + 1
    return next((at + 1 for at in range(1, len(text)) if entry.options.get("-" + text[at]) == option), 0)
