"""Changes to one RUN, gathered and written down at once: mounts, commands before and behind, pieces put in or taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from dfrefactor.dockerfile.instructions import Run
from dfrefactor.effects import Event, Unit
from dfrefactor.facts import Facts
from dfrefactor.secrets.plan import CannotPurgeError
from dfrefactor.secrets.ran import Text
from dfrefactor.shell import Branches, Group, Loop, Script, parse, walk
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span


@dataclass
class RunChange:
    """What is to become of one RUN."""

    facts: Facts
    run: Run
    mounts: dict[str, None] = field(default_factory=dict)
    before: dict[str, None] = field(default_factory=dict)
    behind: dict[str, None] = field(default_factory=dict)
    inner: dict[int, dict[str, None]] = field(default_factory=dict)
    replaced: dict[Span, str] = field(default_factory=dict)

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
            self.replaced[cut] = ""

    def edits(self) -> list[Edit]:
        """Raises CannotPurgeError where the form of the RUN does not allow it."""
        edits = [Edit(span, text) for span, text in self.replaced.items()]
        places = {at: "".join(texts) for at, texts in self.inner.items()}
        if self.mounts:
            at = self.run.keyword_span.end
            places[at] = "".join(f" --mount={mount}" for mount in self.mounts) + places.get(at, "")
        if self.before or self.behind:
            self._around(places)
        return edits + [Edit(Span(at, at), text) for at, text in places.items()]

    def _around(self, places: dict[int, str]) -> None:
        if self.run.is_json:
            raise CannotPurgeError("the RUN is not in shell form, and no command can be put around it")
        if not self.is_shell:
            raise CannotPurgeError("the shell text of the RUN could not be read")
        text, is_body = self.text, self.text.is_body
        if self.before:
            start = text.span(Span(0, 1)).start
            lines = (each + ("\n" if is_body else " ; " if each.endswith("|| exit 1") else " && ") for each in self.before)
            places[start] = "".join(lines) + places.get(start, "")
        if self.behind:
            last = self.units[-1]
            if last.joins == "&":
                raise CannotPurgeError("the last command of the RUN runs in the background")
            inline = self.run.heredocs and not is_body
            end = self.run.span_of(0, len(self.run.args)).end if inline else text.span(Span(0, last.end)).end
            compound = isinstance(parse(text.text).items[-1].command, Branches | Loop | Group)
            between = "; " if compound and self.errexit() else " && "
            places[end] = places.get(end, "") + "".join(between + each for each in self.behind)
