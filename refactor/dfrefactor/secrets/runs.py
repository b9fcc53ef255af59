"""Changes to one RUN, gathered and written down at once: mounts, commands before and behind, pieces put in or taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import field
from functools import cached_property
from itertools import pairwise

from dfrefactor.dockerfile.instructions import Run
from dfrefactor.effects.trace import Event, Unit
from dfrefactor.facts import Facts
from dfrefactor.lazy import dataclass
from dfrefactor.secrets.plan import CannotPurgeError
from dfrefactor.secrets.ran import Text
from dfrefactor.shell import Branches, Group, Loop, Script, parse, walk
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

_WIDE = 100
"""A line that comes out longer is broken."""


@dataclass
class RunChange:
    """What is to become of one RUN; `exports` are said before what is `before`."""

    facts: Facts
    run: Run
    mounts: dict[str, None] = field(default_factory=dict)
    exports: dict[str, None] = field(default_factory=dict)
    before: dict[str, None] = field(default_factory=dict)
    behind: dict[str, None] = field(default_factory=dict)
    inner: dict[int, dict[str, None]] = field(default_factory=dict)
    replaced: dict[Span, str] = field(default_factory=dict)
    then: list[str] = field(default_factory=list)
    """What the next step is to do."""

    @cached_property
    def text(self) -> Text:
        return Text(self.run, self.facts.step(self.run).text)

    @property
    def units(self) -> tuple[Unit, ...]:
        """The commands of its top-level list."""
        return self.facts.step(self.run).units

    @property
    def is_shell(self) -> bool:
        """Whether it is shell text that was read."""
        return not self.run.is_json and bool(self.units) and not any(event.unread for event in self.events)

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(event for unit in self.units for event in unit.events)

    def place(self, unit: Unit) -> Span:
        return self.text.span(Span(unit.start, unit.end))

    def errexit(self) -> bool:
        """Whether the first failing command ends the script."""
        return any(unit.after.errexit for unit in self.units)

    def after(self, command: Span, more: tuple[str, ...], anywhere: tuple[str, ...] = ()) -> None:
        """Run `more` right behind the command at that place of the file; `anywhere` means the same in any folder."""
        if self.run.is_json:
            raise CannotPurgeError("the RUN is in JSON form, and nothing can be put behind its command")
        scripts = (node for node in walk(parse(self.text.text)) if isinstance(node, Script))
        around = [(self.text.span(item.command.span), item) for script in scripts for item in script.items]
        around = [(place, item) for place, item in around if place.holds(command)]
        exact = next((each for each in around if each[0] == command), None)
        if exact is None and not (around and anywhere):
            raise CannotPurgeError("the command that fetches it stands in a pipeline, and nothing can be put behind it there")
        place, item = exact or around[-1]
        if item.joins == "&":
            raise CannotPurgeError("the command that fetches it runs in the background")
        between = "; " if self.errexit() and item.joins in ("", ";") else " && "
        end, line = place.end, self.run.span_of(0, len(self.run.args)).end
        if self.run.heredocs and not self.text.is_body and end > line:
            if len(self.units) > 1:
                raise CannotPurgeError("a heredoc stands behind the command that fetches it")
            end = line
        self.inner.setdefault(end, {}).update(dict.fromkeys(between + each for each in (more if exact else anywhere)))

    def drop(self, units: Sequence[Unit]) -> None:
        """Take top-level commands out; at least one other stays."""
        every = self.units
        for at, unit in enumerate(every):
            if unit not in units:
                continue
            joins = {each.joins for each in every[max(at - 1, 0) : at + 1]}
            if self.run.heredocs or not joins <= {"&&", ";", ""}:
                raise CannotPurgeError(f"a command of line {self.run.lines[0]} can't be taken out of its list")
            last = all(other in units for other in every[at + 1 :])
            cut = self.text.span(Span(every[at - 1].end, unit.end) if last else Span(unit.start, every[at + 1].start))
            if any(token.kind == "COMMENT" and cut.start <= token.span.start < cut.end for token in self.run.node.tokens()):
                raise CannotPurgeError(f"a comment stands beside a command of line {self.run.lines[0]} that would go")
            self.replaced = {span: text for span, text in self.replaced.items() if not cut.holds(span)} | {cut: ""}

    def edits(self) -> list[Edit]:
        """Raises CannotPurgeError where the form of the RUN does not allow it."""
        if (self.exports or self.before or self.behind) and self.run.is_json:
            raise CannotPurgeError("the RUN is not in shell form, and no command can be put around it")
        if (self.exports or self.before or self.behind) and not self.is_shell:
            raise CannotPurgeError("the shell text of the RUN could not be read")
        edits = [Edit(span, text) for span, text in self.replaced.items()]
        ends = {self.place(unit).end for unit in self.units}
        places = {at: "".join(self._joined(texts) if at in ends else texts) for at, texts in self.inner.items()}
        source, start = self.run.source.text, self.run.keyword_span.end
        after = start + len(source[start:]) - len(source[start:].lstrip(" \t"))
        goes_on = re.match(rf"{re.escape(self.run.escape)}[ \t]*\r?\n", source[after:])
        said = "".join(self._first())
        head = "".join(f" {self._break(f'--mount={mount}', at)}" for at, mount in enumerate(self.mounts)).rstrip(" ")
        if self.mounts and self.is_broken and not goes_on:
            edits.append(Edit(Span(start, after), head + self._new_line))
        elif self.mounts:
            edits.append(Edit(Span(start, start), head))
        edits += self._lines([edit.span for edit in edits])
        if said:
            place = self.text.span(Span(0, 1)).start
            places[place] = said + places.get(place, "")
        if self.behind:
            place, text = self._last()
            places[place] = places.get(place, "") + text
        if self.then:
            start, end = self.run.span
            keyword, whole = source[slice(*self.run.keyword_span)], source[start:end]
            line_end = whole[len(whole.rstrip("\r\n")) :]
            texts = "".join(f"{keyword} {text}{line_end}" for text in self.then)
            edits.append(Edit(Span(end, end), texts if line_end else f"\n{texts}"))
        return edits + [Edit(Span(at, at), text) for at, text in places.items()]

    @cached_property
    def is_broken(self) -> bool:
        """Whether it takes several lines."""
        if self.text.is_body or self.run.heredocs:
            return False
        added = (*(f"--mount={each}" for each in self.mounts), *self.exports, *self.before, *self.behind)
        inner = sum(len(text) for texts in self.inner.values() for text in texts)
        start, end = self.run.span
        source = self.run.source.text[start:end].rstrip()
        return bool(added or inner) and ("\n" in source or len(source) + inner + sum(len(each) + 4 for each in added) > _WIDE)

    @cached_property
    def _new_line(self) -> str:
        """The end of a line that goes on, and the indentation of the next, as the RUN has them."""
        start, end = self.run.span
        found = re.search(r"\n([ \t]+)", self.run.source.text[start:end])
        newline = "\r\n" if "\r\n" in self.run.source.text else "\n"
        return f" {self.run.escape}{newline}{found[1] if found else '    '}"

    @cached_property
    def _leads(self) -> bool:
        """Whether its lines begin with `&&`."""
        start, end = self.run.span
        return re.search(r"\n[ \t]*&&", self.run.source.text[start:end]) is not None

    def _lines(self, edited: Sequence[Span]) -> Iterable[Edit]:
        """A line for each command of a list that was on one line."""
        start, end = self.run.span
        if not self.is_broken or "\n" in self.run.source.text[start:end].rstrip() or not self.is_shell:
            return
        for one, other in pairwise(self.units):
            gap = self.text.span(Span(one.end, other.start))
            if self.run.source.text[slice(*gap)].strip() == "&&" and not any(gap.overlaps(each) for each in edited):
                yield Edit(gap, f" &&{self._new_line}")

    def _break(self, text: str, at: int) -> str:
        """A mount, behind the others."""
        return self._new_line.lstrip(" ") + text if at and self.is_broken else text

    def _joined(self, texts: Iterable[str]) -> Iterable[str]:
        """Commands that begin with what stands between them and the one before."""
        for text in texts:
            between = next((each for each in (" && ", "; ") if text.startswith(each)), "")
            rest = text[len(between) :]
            if not between or not self.is_broken:
                yield text
            elif between == " && " and self._leads:
                yield f"{self._new_line}&& {rest}"
            else:
                yield f"{between.rstrip()}{self._new_line}{rest}"

    def _first(self) -> Iterable[str]:
        """Commands for the start."""
        for text in (*self.exports, *self.before):
            joins = ";" if text.endswith("|| exit 1") else "&&"
            if self.text.is_body:
                yield f"{text}\n"
            elif not self.is_broken:
                yield f"{text} {joins} "
            else:
                yield f"{text}{self._new_line}{joins} " if self._leads and joins == "&&" else f"{text} {joins}{self._new_line}"

    def _last(self) -> tuple[int, str]:
        """Where commands for the end stand, and these."""
        last = self.units[-1]
        if last.joins == "&":
            raise CannotPurgeError("the last command of the RUN runs in the background")
        inline = self.run.heredocs and not self.text.is_body
        end = self.run.span_of(0, len(self.run.args)).end if inline else self.text.span(Span(0, last.end)).end
        compound = isinstance(parse(self.text.text).items[-1].command, Branches | Loop | Group)
        between = "; " if compound and self.errexit() else " && "
        return end, "".join(self._joined(between + each for each in self.behind))
