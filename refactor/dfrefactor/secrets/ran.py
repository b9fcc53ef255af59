"""One command of a step as the flow of credentials sees it, and where its text stands in the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property

from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.effects.catalog import UNDESCRIBED, Entry
from dfrefactor.effects.effects import ALL, PERHAPS_ALL
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import HOLE, covers
from dfrefactor.effects.trace import Event
from dfrefactor.lazy import dataclass, regex
from dfrefactor.secrets.hits import Hit, made_of
from dfrefactor.secrets.paths import as_shell, home_of, path_of
from dfrefactor.secrets.values import variables
from dfrefactor.text.source import Span


@dataclass(frozen=True)
class Text:
    """The text that a trace was made of, and the instruction it is from."""

    instruction: Instruction
    text: str

    @property
    def is_body(self) -> bool:
        """Whether it is the body of a heredoc."""
        heredocs = self.instruction.heredocs
        return len(heredocs) == 1 and not self.text.startswith(self.instruction.args)

    @cached_property
    def _pieces(self) -> tuple[tuple[int, int, int], ...]:
        """Where pieces start in `text`, where in the file (-1: in the arguments), and how long one without places inside is."""
        instruction = self.instruction
        heredocs = instruction.heredocs
        if not heredocs:
            return ((0, -1, 0),)
        content = heredocs[0].content
        if self.is_body and content.endswith(self.text):
            return ((0, heredocs[0].span.start + len(content) - len(self.text), 0),)
        if self.is_body and content.startswith("#!") is False and not self.text.endswith(f"{content}{heredocs[0].name}\n"):
            return ((0, heredocs[0].span.start, len(content)),)  # its tabs are gone
        bodies = sum(len(each.content) + len(each.name) + 1 for each in heredocs)
        at = len(self.text) - bodies
        moved = 0 if self.text.startswith(instruction.args) else len(instruction.args)
        found = [(0, -1, moved)]
        for each in heredocs:
            found += [(at, each.span.start, 0), (at + len(each.content), each.span.end, 1)]
            at += len(each.content) + len(each.name) + 1
        return tuple(found)

    def span(self, span: Span) -> Span:
        """The place in the file of `span` of the text."""
        start, end = self._at(span.start), self._at(max(span.end - 1, span.start))
        return Span(start.start, max(end.end if span.end > span.start else start.start, start.start))

    def _at(self, offset: int) -> Span:
        start, place, whole = self._pieces[max(bisect_right([each[0] for each in self._pieces], offset) - 1, 0)]
        if place < 0:
            return self.instruction.span_of(0, whole) if whole else self.instruction.span_of(offset - start, offset - start + 1)
        return Span(place, place + whole) if whole else Span(offset, offset + 1).moved(place - start)


def is_plain(event: Event) -> bool:
    """Whether it is one of the tools that every image has, which do what their words say and run nothing."""
    entry = event.entry or UNDESCRIBED
    return (entry.free or entry.builtin) and not (entry.shell or entry.interprets or entry.runs or entry.project)


def is_opaque(event: Event) -> bool:
    """Whether nobody knows what a command does, or it does what a project's files say."""
    function = event.wraps and event.entry is None
    project = event.entry is not None and event.entry.project and (event.entry.network or event.entry.heavy)
    unknown = (event.effects.grade is Grade.UNKNOWN and not is_plain(event)) or project
    return bool(event.unread) or (bool(event.args) and not function and unknown)


_TILDE = regex(r"(?:~|\$HOME\b|\$\{HOME\})(?=/|$)")


@dataclass(frozen=True, eq=False)
class Ran:
    """An event of a step, `fed` by others; `hits` are its credential positions, `visible` the names declared above it."""

    instruction: Instruction
    stage: int
    event: Event
    text: Text
    visible: frozenset[str]
    fed: tuple[Ran, ...] = ()
    hits: tuple[Hit, ...] = ()
    more: bool = False
    """Whether words of it come from what it is fed (`xargs`)."""
    other: bool = False
    """Whether another user than that of the RUN runs it."""
    errors: tuple[str, ...] = ()
    """The files that its standard error goes to."""
    traced: bool = False
    """Whether a shell writes there what it runs."""

    @property
    def dumped(self) -> Iterator[Hit]:
        """What it prints where it prints the variables that it sees."""
        if self.entry.shows and not self.event.wraps:
            words = self.event.found[-1]
            told = [arg.value for arg in words.operands]
            if told and self.entry.special and "-p" not in words.given:
                return  # `export NAME`, `set -e`: it is told something
            if names := self.given_of(self.visible, told or ("*",)):
                yield Hit(names, self.event.span, f"by `{self.name}`", self.name, role="mention")

    @property
    def talks(self) -> bool:
        """Whether its standard error goes where its output goes."""
        return any(each.fd == "2" and each.target.value == "1" for each in self.event.redirects)

    @property
    def diverted(self) -> Iterator[str]:
        """The files that its own redirections send standard error to, that of what it runs too."""
        for each in self.event.redirects:
            value = each.target.value
            both = each.operator in ("&>", "&>>") or (each.operator == ">&" and not each.fd and not value.isdigit())
            if both or (each.fd == "2" and not each.operator.startswith("<")):
                values = self.event.into if value == "1" else () if value.isdigit() or value == "-" else (value,)
                yield from (self.path(value) for value in values)

    @cached_property
    def span(self) -> Span:
        return self.text.span(self.event.span)

    @cached_property
    def end(self) -> int:
        """Where its words end: what stands behind `<<EOF` on its line comes before the text that it is given."""
        if not any(each.operator.startswith("<<") for each in self.event.redirects) or self.event.origin.shift is None:
            return self.span.end
        plain = (each.target for each in self.event.redirects if not each.operator.startswith("<<"))
        words = (arg.word for arg in (*self.event.args, *plain) if arg.word is not None)
        return max((self.text.span(self.event.origin.span(word.span)).end for word in words), default=self.span.end)

    @property
    def name(self) -> str:
        return self.event.name

    @property
    def entry(self) -> Entry:
        return self.event.entry or UNDESCRIBED

    @property
    def given(self) -> Iterator[Hit]:
        """Its positions, and those of what a pipeline hands to it where it takes a secret from its standard input."""
        yield from self.hits
        given = [value for found in self.event.found for value in found.values]
        keys = (arg.value for name, _, arg in given if (o := self.entry.options.get(name)) is not None and "key" in o.words)
        takes = any(role == "stdin" for _, role, _ in given) or bool({"-", "/dev/stdin"} & set(keys))
        how = f"on the standard input of `{self.name}`"
        fed = (each.target for each in self.event.redirects if each.operator.startswith("<<") and each.target.of)
        yield from (Hit(arg.of, self.event.span, how, self.name) for arg in (fed if takes else ()))
        for hit in self.handed if takes or self.more else ():
            yield replace(hit, span=self.event.span, how=how, command=self.name, role="authenticate" if takes else hit.role)

    @property
    def handed(self) -> Iterator[Hit]:
        """What the pipeline before it hands on that is of a secret."""
        for each in self.fed:
            if each.entry.network and not (each.entry.prints or each.entry.interprets or each.talks):
                continue  # what it sends is not what it prints
            for hit in (*each.hits, *each.dumped, *(each.handed if each.entry.prints else ())):
                if hit.role in ("authenticate", "mention") and (hit.names or hit.value):
                    yield hit

    def path(self, value: str) -> str:
        """A path that it names."""
        return path_of(value, self.event.state, self.folder)

    def looked(self, file: str) -> str:
        """A path of the catalog, `~` for the home folder of whoever runs it."""
        return self.path(self.home + file[1:] if file.startswith("~") else file)

    @property
    def folder(self) -> str | None:
        """Where it works: where the shell stands, or where an option says."""
        cwd = self.event.state.cwd
        for arg in (arg for found in self.event.found for _, role, arg in found.values if role == "cwd"):
            cwd = path_of(arg.value, self.event.state, cwd)
        return cwd

    def holds(self, names: frozenset[str]) -> frozenset[str]:
        """The variables of its environment, or that of the shell whose text is not read, that hold one of `names`."""
        holding = ((name, each) for name, each in self.event.state.variables.items() if each.of & names & self.visible)
        seen = ((name, each) for name, each in holding if each.exported is not False or self.event.unread)
        return frozenset(name for name, each in seen if each.set is not False)

    def given_of(self, names: frozenset[str], patterns: Sequence[str] = ("*",)) -> frozenset[str]:
        """Which of `names` those environment variables are made of that it sees and whose names match."""
        held = (each for each in self.holds(names) if any(fnmatchcase(each, pattern) for pattern in patterns))
        return frozenset(made for each in held for made in self.event.state.variables[each].of & names)

    def may_read(self, names: frozenset[str]) -> bool:
        """Whether it may look at one of the variables, for nobody knows what it does."""
        held, event, effects = self.holds(names), self.event, self.event.effects
        function = event.wraps and event.entry is None
        unknown = effects.grade is Grade.UNKNOWN and not function and not is_plain(event)
        opaque = event.unread or unknown or {ALL, PERHAPS_ALL} & effects.variables
        return bool(held) and (bool(opaque) or (not self.is_idle and any(map(effects.reads_variable, held))))

    def lasts(self, text: str) -> bool:
        """Whether a piece of shell text means the same in another RUN: all its variables are ENV or ARG of the file."""
        names = variables(text)
        plain = not re.search(r"`|\$[^\w{]", text)
        return plain and all(name in self.visible and made_of(name, self.event.state) == {name} for name in names)

    def said(self, text: str, path: str) -> str:
        """The path that is written as `text`, as a command of another RUN says it; "" where that can't be told."""
        bare = re.sub(r"[\"']", "", text)
        if (home := _TILDE.match(bare)) and self.lasts(bare[home.end() :]):
            return "~" + bare[home.end() :]
        if bare.startswith(("/", "$")) and ("$" not in bare or self.lasts(bare)):
            return bare
        if "$" in bare and self.lasts(bare):
            folder = as_shell(self.folder or "")
            return f"{folder.rstrip('/')}/{bare}" if folder else ""
        return as_shell(path) or ""

    @property
    def home(self) -> str:
        """The home folder of whoever runs it, where it is as a rule if nobody knows."""
        known = self.event.state.folder
        return home_of(self.event.state.user) if known is None or HOLE in known else known

    def config(self) -> tuple[str, ...]:
        """The files this call looks for unasked; folders end in a slash."""
        return () if self.is_idle else tuple(path.removesuffix("**") for path in self.entry.config)

    def looks_for(self, path: str) -> bool:
        """Whether a file is one of those."""
        return any(covers(self.looked(f), path) if f.endswith("/") else self.looked(f) == path for f in self.config())

    @property
    def is_opaque(self) -> bool:
        """Whether it may read any file."""
        return is_opaque(self.event)

    @property
    def words(self) -> str:
        """The words behind the command's name as they are written, joined by one space."""
        return " ".join(arg.word.text if arg.word is not None else arg.value for arg in self.event.args[1:])

    @property
    def is_idle(self) -> bool:
        """Whether this call does not authenticate, though the command may."""
        return bool(self.entry.idle and re.match(self.entry.idle, self.words))
