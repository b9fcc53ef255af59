"""Typed views of instructions, for reading and for `match`; nothing here changes a text."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from dfrefactor.dockerfile import parser
from dfrefactor.dockerfile.instruction import Flag as Flag
from dfrefactor.dockerfile.instruction import Heredoc as Heredoc
from dfrefactor.dockerfile.instruction import Instruction as Instruction
from dfrefactor.dockerfile.instruction import Word as Word
from dfrefactor.dockerfile.tree import Node, Token
from dfrefactor.text.source import Source, Span


class Pair(NamedTuple):
    """A key and its value as written, quotes kept; `value` None for an ARG without default; `span` is both."""

    key: str
    value: str | None
    span: Span
    value_span: Span
    legacy: bool = False
    """`ENV key value`, without a `=`."""


MOUNT_NAMES = {"src": "source", "dst": "target", "destination": "target"}
"""Fields of a mount that have several names, by those that are not the first."""


class Mount(NamedTuple):
    """`RUN --mount=…`: its fields by their first lower-case name; `type` is there always."""

    fields: Mapping[str, str]
    flag: Flag

    @property
    def type(self) -> str:
        return self.fields["type"]

    @property
    def target(self) -> str:
        """Where it is mounted, as written: below the working folder where it is relative."""
        return self.fields.get("target", "")

    @property
    def secret(self) -> str:
        """The name of a secret that is mounted (dispatchSecret of BuildKit); "" where there is none."""
        return self.fields.get("source") or self.fields.get("id") or self.target.rpartition("/")[2]


class From(Instruction):
    """FROM image [AS name]."""

    __match_args__ = ("image", "label")

    @property
    def image(self) -> str:
        """As written, variables and all; "" where it is missing."""
        return self.words[0].text if self.words else ""

    @property
    def platform(self) -> str | None:
        return self.flag("platform")

    @property
    def label(self) -> str | None:
        """The stage's name as written."""
        return self.words[2].text if len(self.words) == 3 and self.words[1].text.lower() == "as" else None


class Run(Instruction):
    """RUN, in shell, JSON or heredoc form."""

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        return tuple(Mount(_fields(f.value or ""), f) for f in self.flags if f.name == "mount")


def _fields(text: str) -> dict[str, str]:
    row = next(csv.reader([text.replace("\n", " ")]), [])
    cut = ((key.lower(), value) for key, _, value in (field.partition("=") for field in row))
    found = {"type": "bind"} | {MOUNT_NAMES.get(key, key): value for key, value in cut}
    return found | {"type": found["type"].lower()}


class Transfer(Instruction):
    """What COPY and ADD share."""

    @property
    def sources(self) -> tuple[Word, ...]:
        return self.words[:-1]

    @property
    def dest(self) -> Word:
        return self.words[-1] if self.words else Word("", self.span_of(0, 0))

    @property
    def chown(self) -> str | None:
        return self.flag("chown")

    @property
    def chmod(self) -> str | None:
        return self.flag("chmod")


class Copy(Transfer):
    """COPY; `from_` is the value of `--from`."""

    @property
    def from_(self) -> str | None:
        return self.flag("from") or None


class Add(Transfer):
    """ADD."""


class Pairs(Instruction):
    """What ENV, LABEL and ARG share."""

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Key-value pairs; the one pair of the legacy form `ENV key value`; () where there is neither."""
        spans = parser.pairs(self.args, self.escape)
        if spans and self.keyword != "ARG" and "=" not in self.args[spans[0].start : spans[0].end]:
            found = re.match(r"([^\t\v\f\r ]*)[\t\v\f\r ]+(.*)", self.args, re.S)
            if not found:
                return ()
            value_span = self.span_of(*found.span(2))
            return (Pair(found[1], found[2], self.span_of(0, len(self.args)), value_span, legacy=True),)
        return tuple(self._pair(*span) for span in spans)

    def _pair(self, start: int, end: int) -> Pair:
        key, equals, value = self.args[start:end].partition("=")
        value_start = min(start + len(key) + 1, end)
        return Pair(key, value if equals else None, self.span_of(start, end), self.span_of(value_start, end))


class Env(Pairs):
    """ENV."""


class Label(Pairs):
    """LABEL."""


class Arg(Pairs):
    """ARG; a pair's `value` is its default, None where it has none."""


class Workdir(Instruction):
    """WORKDIR; the path is `args`."""


class User(Instruction):
    """USER; the user is `args`."""


class Shell(Instruction):
    """SHELL, in JSON form; `words` is the command."""


class Volume(Instruction):
    """VOLUME; `words` are the paths."""


class Onbuild(Instruction):
    """ONBUILD; `trigger` is the instruction it holds back."""

    @cached_property
    def trigger(self) -> Instruction:
        return read(self.node, self.source, self.escape, at=self.args_start)

    @property
    def is_json(self) -> bool:
        """Whether its trigger is in JSON form, as BuildKit's own reader says of ONBUILD."""
        return not isinstance(self.trigger, Onbuild) and self.trigger.is_json


VIEWS: dict[str, type[Instruction]] = {
    **dict.fromkeys(("CMD", "ENTRYPOINT", "HEALTHCHECK", "EXPOSE", "STOPSIGNAL", "MAINTAINER"), Instruction),
    **{v.__name__.upper(): v for v in (From, Run, Copy, Add, Env, Label, Arg, Workdir, User, Shell, Volume, Onbuild)},
}

STEPS = frozenset(("RUN", "COPY", "ADD", "WORKDIR"))
"""Instructions that a builder runs as a step of its own; the others change the configuration only."""


def read(node: Node, source: Source, escape: str, leading: tuple[Token, ...] = (), at: int = 0) -> Instruction:
    """The typed view of an instruction; a plain Instruction where the keyword is unknown."""
    plain = Instruction(node, source, escape, leading, at)
    view = VIEWS.get(plain.keyword, Instruction)
    return plain if view is Instruction else view(node, source, escape, leading, at)
