"""Authentication positions in one command as it is run: in its words, in what they come to, in text that it hands on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dfrefactor.effects import Event
from dfrefactor.effects.paths import END, HOLE
from dfrefactor.effects.words import Arg
from dfrefactor.secrets import texts, values
from dfrefactor.secrets.hits import NONE, Hit, over
from dfrefactor.secrets.options import Options
from dfrefactor.secrets.texts import Role
from dfrefactor.text.source import Span

_NAMED = re.compile(rf"{HOLE}(\w+)(?:#[^{END}]*)?{END}")
_HOLE = re.compile(f"{HOLE}[^{END}]*{END}")


def hits(event: Event, read: frozenset[Span] = frozenset(), literals: Mapping[str, Span] | None = None) -> tuple[Hit, ...]:
    """Every credential position of one command; a variable that is only mentioned has the role `mention`.

    `read` are places of shell text that has been read, so that what stands in it is told of there; `literals` are secrets
    that commands before it were given, with where they stand.
    """
    return tuple(_Command(event, read, literals or {}).hits())


class _Command(Options):
    """One event being looked at."""

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
            for name in sorted((arg.of if arg.word is not None else NONE) - seen):
                yield self._hit({name}, self._place(arg), how, role=role)
        for name in sorted(self.event.origin.of - seen):
            yield self._hit({name}, self.event.span, how, role=role)

    def _positions(self) -> Iterator[Hit]:
        for arg in self.every:
            if arg.word is not None:
                yield from self._in_text(arg, arg.word.text)
                yield from self._in_value(arg)
        yield from self._printed()
        yield from self.options()

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
            names = (frozenset(found.names) & arg.of) or (arg.of if found.value or found.names else NONE)
            value = self.literals.get(rendered[slice(*found.value)]) if found.value and not arg.of else None
            if names or value:
                yield Hit(names, self._place(arg), f"{found.how}{self.by}", self.name, value, sets=self.entry.sets)

    def _printed(self) -> Iterator[Hit]:
        """`echo machine h login bob password $X`, without quotes, and what a format puts in: the words together."""
        args = [arg for arg in self.rest if arg.word is not None]
        if not self.entry.prints or not args:
            return
        if self.entry.formats and "%s" in args[0].value and len(args) > 1:
            put = [arg.word.text.strip("\"'") if arg.word is not None else "" for arg in args]
            given = iter(put[1:])
            for found in texts.positions(re.sub("%s", lambda _: next(given, ""), put[0])):
                names = self._names(found.names)
                for arg in args[1:] if names else ():
                    if arg.of & names:
                        yield self._hit(names & arg.of, self._place(arg), found.how, written=found.names)
            return
        if not any(arg.value == "machine" for arg in args):
            return
        joined, places = self._joined(args)
        for found in texts.positions(joined):
            names = self._names(found.names) & NONE.union(*(arg.of for arg in args))
            value = found.value and over(places, found.value)
            if names or value:
                yield self._hit(names, over(places, found.span), found.how, value)
