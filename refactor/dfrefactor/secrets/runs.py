"""Changes to one RUN, gathered and written down at once: mounts, commands before and behind, pieces put in or taken out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dfrefactor.dockerfile.instructions import Run
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.secrets.scripts import Shelled, shelled
from dfrefactor.shell import Item, Script, Simple, walk
from dfrefactor.shell.types import Branches, Group, Loop
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

_ERREXIT = re.compile(r"-\w*e")


class CannotChangeError(Exception):
    """The RUN can't be changed as asked; the message completes "…, but "."""


@dataclass
class RunChange:
    """What is to become of one RUN."""

    run: Run
    scope: Scope
    mounts: dict[str, None] = field(default_factory=dict)
    before: dict[str, None] = field(default_factory=dict)
    behind: dict[str, None] = field(default_factory=dict)
    inner: dict[int, str] = field(default_factory=dict)
    replaced: dict[Span, str] = field(default_factory=dict)

    @property
    def text(self) -> Shelled | None:
        return next(shelled(self.run), None)

    @property
    def is_body(self) -> bool:
        """Whether the script is the body of a heredoc."""
        return bool(self.run.heredocs) and self.text is not None and self.text.pieces[0][1] >= 0

    def errexit(self) -> bool:
        """Whether the first failing command ends the script."""
        if any(_ERREXIT.fullmatch(word) for word in self.scope.shell[1:]):
            return True
        text = self.text
        if text is None:
            return False
        for item in text.script.items:
            words = item.command.words if isinstance(item.command, Simple) else ()
            if words and words[0].value == "set" and any(_ERREXIT.fullmatch(word.text) for word in words[1:]):
                return True
        return False

    def after(self, command: Span, more: tuple[str, ...]) -> None:
        """Run `more` right behind the command at that place of the file."""
        text = self.text
        if text is None or self.run.is_json:
            raise CannotChangeError("the RUN is in JSON form, and nothing can be put behind its command")
        for script in (node for node in walk(text.script) if isinstance(node, Script)):
            for item in script.items:
                if text.span(item.command.span) == command:
                    self.inner[command.end] = self.inner.get(command.end, "") + self._joined(item, more)
                    return
        raise CannotChangeError("the command that fetches it stands in a pipeline, and nothing can be put behind it there")

    def drop(self, items: list[Item]) -> None:
        """Take top-level commands out; at least one other stays."""
        text = self.text
        assert text is not None
        every = text.script.items
        for at, item in enumerate(every):
            if item not in items:
                continue
            joins = {each.joins for each in every[max(at - 1, 0) : at + 1]}
            if self.run.heredocs or not joins <= {"&&", ";", ""}:
                raise CannotChangeError(f"a command of line {self.run.lines[0]} can't be taken out of its list")
            last = all(other in items for other in every[at + 1 :])
            start, end = item.command.span
            cut = text.span(Span(every[at - 1].command.span.end, end) if last else Span(start, every[at + 1].command.span.start))
            if any(token.kind == "COMMENT" and cut.start <= token.span.start < cut.end for token in self.run.node.tokens()):
                raise CannotChangeError(f"a comment stands beside a command of line {self.run.lines[0]} that would go")
            self.replaced[cut] = ""

    def _joined(self, item: Item, more: tuple[str, ...]) -> str:
        if item.joins == "&":
            raise CannotChangeError("the command that fetches it runs in the background")
        between = "; " if self.errexit() and item.joins in ("", ";") else " && "
        return "".join(between + each for each in more)

    def edits(self) -> list[Edit]:
        """Raises CannotChangeError where the form of the RUN does not allow it."""
        edits = [Edit(span, text) for span, text in self.replaced.items()]
        places = dict(self.inner)
        if self.mounts:
            at = self.run.keyword_span.end
            places[at] = "".join(f" --mount={mount}" for mount in self.mounts) + places.get(at, "")
        if self.before or self.behind:
            self._around(places)
        return edits + [Edit(Span(at, at), text) for at, text in places.items()]

    def _around(self, places: dict[int, str]) -> None:
        text = self.text
        if text is None or self.run.is_json:
            raise CannotChangeError("the RUN is not in shell form, and no command can be put around it")
        items = text.script.items
        if not items or any(item.command.__class__.__name__ == "Opaque" for item in items):
            raise CannotChangeError("the shell text of the RUN could not be read")
        start = text.span(Span(0, 1)).start
        if self.before:
            lines = "".join(
                each + ("\n" if self.is_body else " ; " if each.endswith("|| exit 1") else " && ") for each in self.before
            )
            places[start] = lines + places.get(start, "")
        if self.behind:
            last = items[-1]
            if last.joins == "&":
                raise CannotChangeError("the last command of the RUN runs in the background")
            inline = self.run.heredocs and not self.is_body
            end = self.run.span_of(0, len(self.run.args)).end if inline else text.span(last.command.span).end
            compound = isinstance(last.command, Branches | Loop | Group)
            between = "; " if compound and self.errexit() else " && "
            places[end] = places.get(end, "") + "".join(between + each for each in self.behind)
