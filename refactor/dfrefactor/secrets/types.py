"""What is known of one credential: where it is declared, used, kept and left."""

from __future__ import annotations

from typing import Literal

from dfrefactor.dockerfile.instructions import Instruction, Pair
from dfrefactor.lazy import dataclass
from dfrefactor.secrets.paths import SECRET_FILES
from dfrefactor.secrets.texts import Role
from dfrefactor.text.source import Span

RUNNING = "the running container"
"""In `Credential.runtime`: no step and no instruction is seen to use it, so it is there for what runs later."""


@dataclass(frozen=True)
class Declaration:
    """A pair of an ARG or ENV that brings the credential, or carries it on; `stage` is -1 for a global ARG."""

    instruction: Instruction
    pair: Pair
    stage: int

    @property
    def is_env(self) -> bool:
        return self.instruction.keyword == "ENV"


@dataclass(frozen=True)
class Use:
    """A place that needs the credential.  `how` completes "it is used …"; `variable` is the name read there.

    `named`: the text says so; else the command is known to read it.  `command` is the first word, "" outside of RUN.
    `script`: it runs a script of the build context, or text that is not read, which may name anything.
    """

    instruction: Instruction
    stage: int
    span: Span
    how: str
    variable: str = ""
    named: bool = True
    command: str = ""
    role: Role = "authenticate"
    script: bool = False


@dataclass(frozen=True)
class Carrier:
    """A file that a step writes the credential to.  `path` is absolute where it is known, else as written.

    `written` is the step, `removed` the later one that deletes it, `readers` those known to read it in between.
    `clean` are shell commands, for any working directory, that take the credential out of it; () where leaving it out is
    the only way.
    """

    path: str
    written: Instruction
    stage: int
    removed: Instruction | None = None
    readers: tuple[Instruction, ...] = ()
    clean: tuple[str, ...] = ()
    kept: bool = False
    """Whether the file is part of an output, as `.git/config` is of a clone, and not a file of its own."""
    spans: tuple[Span, ...] = ()
    """The commands that write, read or remove it."""
    at: Span | None = None
    """The command that writes it."""
    local_clean: tuple[str, ...] = ()
    """As `clean`, for the place right behind that command."""
    added: tuple[Instruction, ...] = ()
    """Later steps that write to it too."""
    sets: tuple[tuple[Instruction, Span], ...] = ()
    """Commands by which a tool puts a setting into it, each with its step, the one that writes it or a later one."""
    perhaps: tuple[Instruction, ...] = ()
    """Later steps that may read it, for nobody knows what they do."""
    here: bool = False
    """Whether the step that writes it runs a tool that takes its configuration from it."""
    undone: bool = False
    """Whether what removes it is the tool that stored it, and the file stays."""
    url: bool = False
    """Whether it is a URL that a tool writes down beside what it fetches by it."""
    aside: bool = False
    """Whether the command that writes it does something else, and that by the way: a log."""
    appends: bool = False
    """Whether it is put behind what the file held before."""
    older: Instruction | None = None
    """An earlier step that wrote to it, something else, or (`older_perhaps`) may have brought it."""
    older_perhaps: bool = False
    exact: str = ""
    """The path as a command of the same user may name it, "" where it is `path`."""
    refused: str = ""
    """Why it can't be cleaned."""
    tree: bool = False
    """Whether it is a folder."""

    @property
    def is_left(self) -> bool:
        """Whether it is a file of its own that no step removes."""
        return not self.kept and self.removed is None

    @property
    def is_for_later(self) -> bool:
        """Whether no step is seen to need it, so that it may be there for the running container."""
        return self.is_left and not (self.readers or self.here or self.clean or SECRET_FILES.search(self.path))


@dataclass(frozen=True)
class Credential:
    """A secret of the build.  `values` are the spans that hold it in the file: () where it only comes with the build.

    `stages` touch it.  `runtime` names what else than a build step reads it (an instruction's keyword); `blocked` are
    reasons why no rewrite can take it out.
    """

    kind: Literal["variable", "literal", "file", "mount"]
    name: str
    span: Span
    stages: frozenset[int]
    names: frozenset[str] = frozenset()
    """Variables that hold it, the ones built on it included."""
    declarations: tuple[Declaration, ...] = ()
    values: tuple[Span, ...] = ()
    uses: tuple[Use, ...] = ()
    perhaps: tuple[Use, ...] = ()
    """Steps that see it and do not name it, and that nobody knows to leave it alone."""
    carriers: tuple[Carrier, ...] = ()
    runtime: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    optional: bool = False
    """Whether the file provides for a build without it: an empty default, or a test for its being empty."""

    placed: bool = False
    """Whether its value authenticates by where it stands in a declaration."""
    among: bool = False
    """Whether it is a file that comes with any others."""
    folder: tuple[str, ...] = ()
    """Of a file in a folder that is copied as a whole: all that are in it."""
    likely: bool = False
    """Whether it is configuration or an address, and nothing but what it is for says that it holds one."""
    configured: bool = False
    """Whether the file names the variable in text that a tool expands, and no step is known to be that tool."""

    @property
    def is_argument(self) -> bool:
        """Whether whoever builds may give it, as a build argument of its name."""
        return any(d.instruction.keyword == "ARG" and d.pair.key == self.name for d in self.declarations)

    @property
    def spans(self) -> frozenset[Span]:
        """The places in steps that use it, or a file that carries it."""
        return frozenset([use.span for use in self.uses] + [span for carrier in self.carriers for span in carrier.spans])

    @property
    def steps(self) -> frozenset[Instruction]:
        """The instructions that use it, or a file that carries it."""
        found = {use.instruction for use in self.uses}
        for carrier in self.carriers:
            found |= {carrier.written, *carrier.readers, *filter(None, [carrier.removed])}
        return frozenset(found)
