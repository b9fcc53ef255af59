"""A shell as far as we follow it: its variables, folder, flags and functions, and how lists, loops and branches change them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dfrefactor.effects.catalog import Catalog
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.files import Files
from dfrefactor.effects.paths import hole
from dfrefactor.effects.types import Grade, State
from dfrefactor.effects.words import Values
from dfrefactor.shell import Branches, Command, Function, Group, Loop, Opaque, Part, Pipeline, Redirect, Script, Simple

DEEPEST, MOST, LONGEST = 40, 4000, 1000


_ASSIGNS = re.compile(r"\+\+|--|[^=!<>]=(?!=)")


@dataclass
class Session:
    """What a command is run in.  `draft` collects what it does."""

    catalog: Catalog
    draft: Draft
    env: dict[str, str | None]
    user: str | None
    home: str | None
    shell: tuple[str, ...]
    errexit: bool = False
    pipefail: bool = False
    functions: dict[str, Command] = field(default_factory=dict)
    assigned: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    lasting: set[str] = field(default_factory=set)
    stock: bool = False
    piped: bool = False
    feed: tuple[str, ...] = ()
    feed_out: tuple[str, ...] = ()
    feed_text: str | None = None
    stdin: str | None = None
    stopped: bool = False
    depth: int = 0
    count: int = 0
    steps: int = 0

    @classmethod
    def of(cls, state: State, catalog: Catalog) -> Session:
        draft = Draft(Files.of(state), state.cwd, state.user, state.umask)
        return cls(
            catalog, draft, dict(state.env), state.user, state.home, state.shell, state.errexit, state.pipefail,
            stock=state.stock,
        )

    @property
    def bash(self) -> bool:
        return self.shell[:1] != () and self.shell[0].rpartition("/")[2] == "bash"

    @property
    def path_folders(self) -> tuple[str, ...]:
        path = self.env.get("PATH")
        return tuple(each for each in path.split(":") if each.startswith("/")) if path else ()

    def state(self, base: State) -> State:
        files = self.draft.files
        return State(
            self.draft.cwd, base.env if self.env == base.env else dict(self.env), self.user, self.shell,
            self.errexit, self.pipefail, self.draft.umask,
            base.kinds if files.kinds == base.kinds else dict(files.kinds),
            base.links if files.links == base.links else dict(files.links),
            base.perhaps if files.perhaps == base.perhaps else dict(files.perhaps),
            base.base, base.touched, self.stock,
        )  # fmt: skip

    @property
    def values(self) -> Values:
        return Values(self.env, self.home, self.substitute, self.bash, self.draft.cwd)

    def unknown(self, reason: str) -> None:
        self.draft.lower(Grade.UNKNOWN, reason)

    def set(self, name: str, value: str | None) -> None:
        self.env[name] = value
        self.assigned.add(name)
        if name == "HOME":
            self.home = value

    @contextmanager
    def unsure(self, reason: str) -> Iterator[None]:
        before = self.draft.unsure
        self.draft.unsure = before or reason
        yield
        self.draft.unsure = before

    @contextmanager
    def subshell(self) -> Iterator[None]:
        """What is changed inside, but for files, is forgotten after."""
        draft = self.draft
        kept = (dict(self.env), self.errexit, self.pipefail, dict(self.functions), self.home, self.piped, self.stopped)
        cwd, umask, also = draft.cwd, draft.umask, draft.also
        yield
        self.env, self.errexit, self.pipefail, self.functions, self.home, self.piped, self.stopped = kept
        draft.cwd, draft.umask, draft.also = cwd, umask, also

    def substitute(self, part: Part) -> str:
        """What `$(…)` prints, where that is plain; its commands are run for what they do."""
        from dfrefactor.effects.printing import printed

        value: str | None = None
        if part.kind == "opaque" and "`" in part.text and not part.scripts:
            self.unknown("commands between backquotes are not read")
        if part.kind == "variable" or (part.kind == "arithmetic" and _ASSIGNS.search(part.text)):
            for name in part.names:  # `${x:=y}` and `$((x += 1))`
                self.set(name, None)
        for script in part.scripts:
            with self.subshell(), self.unsure("a failure inside `$(…)` goes unnoticed"):
                value = printed(self, script)
                self.script(script)
        if value is not None:
            return value
        self.count += 1
        return hole(f"{part.text}#{self.count}")

    def script(self, script: Script, noticed: str = "") -> None:
        """Run a list.  `noticed` says why a failure of its last command goes unnoticed ("": it does not)."""
        items = script.items
        if len(items) > LONGEST:
            self.unknown("there is too much to follow")
            return
        at = 0
        while at < len(items):
            end = at
            while items[end].joins in ("&&", "||") and end + 1 < len(items):
                end += 1
            self.chain(script, at, end, noticed)
            at = end + 1

    def chain(self, script: Script, first: int, last: int, noticed: str) -> None:
        """The commands between two `;`."""
        for at in range(first, last + 1):
            with self.unsure(self.doubt(script, at, first, last, noticed)):
                self.command(script.items[at].command)

    def doubt(self, script: Script, at: int, first: int, last: int, noticed: str = "") -> str:
        """Why command `at` of the chain may not be run, or may fail without notice."""
        items = script.items
        if items[last].joins == "&":
            return "it runs in the background"
        if at > first and items[at - 1].joins == "||":
            return "it runs only if what stands before `||` fails"
        for each in range(at, last):
            if items[each].joins == "||" and not _gives_up(items[each + 1].command):
                return "`||` hides its failure"
        if at < last and items[last - 1].joins == "||" and _gives_up(items[last].command):
            return ""  # `… || exit 1`
        if last + 1 < len(items) and not (self.errexit and first == last):
            return "a failure of it goes unnoticed (no `set -e`)" if not self.errexit else "`set -e` does not see it fail"
        return noticed if last + 1 == len(items) else ""

    def command(self, command: Command) -> None:
        self.steps += 1
        if self.steps > MOST or self.depth > DEEPEST:
            self.unknown("there is too much to follow")
            return
        self.depth += 1
        match command:
            case Simple():
                from dfrefactor.effects.running import simple

                if self.draft.also:
                    self.elsewhere(command)
                simple(self, command)
            case Pipeline():
                self.pipeline(command)
            case Group():
                self.redirects(command.redirects)
                if command.subshell:
                    with self.subshell():
                        self.script(command.body, self.draft.unsure)
                else:
                    self.script(command.body, self.draft.unsure)
            case Branches():
                from dfrefactor.effects.control import branches

                branches(self, command)
            case Loop():
                from dfrefactor.effects.control import loop

                loop(self, command)
            case Function():
                self.functions[command.name] = command.body
                self.lasting.add("function")
            case Opaque():
                self.unknown(command.reason)
        self.depth -= 1

    def elsewhere(self, command: Simple) -> None:
        """What a command does if a `cd` before it failed without notice."""
        from dfrefactor.effects.running import simple

        draft, folders, lasting = self.draft, self.draft.also, set(self.lasting)
        for each in folders:
            files = draft.files
            with self.subshell(), self.unsure("a `cd` before it may fail without notice"):
                draft.files, draft.cwd, draft.also = files.copy(), each, ()
                simple(self, command)
            files.perhaps |= draft.files.perhaps
            draft.files = files
        self.lasting = lasting

    def pipeline(self, pipeline: Pipeline) -> None:
        if len(pipeline.commands) == 1:
            with self.unsure("`!` turns its failure round"):
                self.command(pipeline.commands[0])
            return
        self.draft.fetching = False
        for at, command in enumerate(pipeline.commands):
            last = at + 1 == len(pipeline.commands)
            doubt = "" if (last or self.pipefail) and not pipeline.negated else "a failure inside a pipe goes unnoticed"
            with self.subshell(), self.unsure(doubt):
                self.piped = at > 0
                self.feed, self.feed_out = self.feed_out if at else (), ()
                if at > 1 or not at:
                    self.feed_text = None
                self.command(command)
        self.feed, self.feed_out, self.feed_text = (), (), None

    def redirects(self, redirects: tuple[Redirect, ...]) -> None:
        from dfrefactor.effects.running import note_words

        for redirect in redirects:
            if redirect.target is None:
                continue
            note_words(self, (redirect.target,))
            value = self.values.text(redirect.target)
            operator = redirect.operator
            if operator in ("<<", "<<-", "<<<"):
                self.stdin = redirect.target.value
            if operator in ("<<", "<<-", "<<<") or (operator in (">&", "<&") and (value.isdigit() or value == "-")):
                continue
            if operator in ("<", "<>", "<&"):
                self.draft.read(value)
            if operator != "<" and operator != "<&":
                self.draft.write(value, append=operator in (">>", "&>>", "<>"))


def _gives_up(command: Command) -> bool:
    """Whether a command only ends the shell with a failure."""
    if isinstance(command, Group):
        return _gives_up(command.body.items[-1].command) if command.body.items else False
    if not isinstance(command, Simple) or not command.words:
        return False
    words = [word.value for word in command.words]
    return words[0] == "false" or (words[0] == "exit" and words[1:2] != ["0"] and len(words) > 1)
