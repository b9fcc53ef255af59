"""Files that carry a credential from one RUN to another, made to live no longer than the step that reads them."""

from __future__ import annotations

import re
from collections.abc import Callable

from refactor.credentials.commands import SECRET_FILES
from refactor.credentials.plan import CannotPurgeError
from refactor.credentials.runs import RunChange
from refactor.credentials.tools import called
from refactor.credentials.types import Carrier
from refactor.instructions import Instruction, Run, User, Workdir
from refactor.model import Document
from refactor.shell import Item, Simple, simple_commands
from refactor.source import Span

_SETUP = frozenset(
    (
        "mkdir",
        "chmod",
        "chown",
        "touch",
        "umask",
        "echo",
        "printf",
        "cat",
        "tee",
        "set",
        "ssh-keyscan",
        "install",
        "export",
        "true",
        ":",
    )
)


def set_up(carriers: list[Carrier]) -> dict[Instruction, list[Carrier]]:
    """Carriers by the step that writes them."""
    found: dict[Instruction, list[Carrier]] = {}
    for carrier in carriers:
        found.setdefault(carrier.written, []).append(carrier)
    return found


def carry_along(
    document: Document, change: RunChange, carriers: list[Carrier], other: Callable[[Instruction], RunChange]
) -> set[Instruction]:
    """Make files that one RUN writes go with it, or be written by the RUNs that read them; the RUNs that go.

    Raises CannotPurgeError.
    """
    gone: set[Instruction] = set()
    run = change.run
    readers = list(dict.fromkeys(r for c in carriers for r in c.readers if isinstance(r, Run)))
    for carrier in carriers:
        _may_go(carrier)
        if carrier.removed is not None and carrier.removed is not run:
            if _force(other(carrier.removed), carriers):
                gone.add(carrier.removed)
    undo = tuple(dict.fromkeys(each for carrier in carriers for each in _undo(carrier)))
    if not readers:
        change.behind |= dict.fromkeys(undo)
        return gone
    items, everything = _items(change, carriers)
    _same_place(document, run, readers, items)
    for reader in readers:
        target = other(reader)
        target.mounts |= change.mounts
        target.before |= change.before
        text = _text(document, change, items, target)
        target.before[text] = None
        target.behind |= dict.fromkeys(undo)
    if not everything:
        change.behind |= dict.fromkeys(undo)
    return gone | {run} if everything else gone


def _may_go(carrier: Carrier) -> None:
    """Whether the file was for the build alone."""
    if carrier.removed is None and not carrier.readers and not carrier.clean and not SECRET_FILES.search(carrier.path):
        raise CannotPurgeError(f"it is written to {carrier.path}, which stays, and which the running container may read")


def _undo(carrier: Carrier) -> tuple[str, ...]:
    if carrier.local_clean:
        return carrier.local_clean
    if not re.fullmatch(r"[\w./~@%+-]+", carrier.path):
        raise CannotPurgeError(f"the path {carrier.path} can't be written in shell")
    return (f"rm {'-rf' if carrier.path.endswith('/') else '-f'} {carrier.path}",)


def _force(change: RunChange, carriers: list[Carrier]) -> bool:
    """`rm` of a file that is no longer there has to be `rm -f`; True where the RUN does nothing else."""
    text = change.text
    if text is None or change.run.is_json:
        raise CannotPurgeError(f"the step that removes {carriers[0].path} is not in shell form")
    mine = {span for carrier in carriers for span in carrier.spans}
    idle = True
    for simple in simple_commands(text.script):
        name, words = called(simple)
        operands = [word for word in words[1:] if not word.text.startswith("-")]
        removes = text.span(simple.span) in mine
        idle = idle and name == "rm" and removes and len(operands) == 1
        if name == "rm" and removes and not any(re.match(r"-\w*f|--force", word.text) for word in words[1:]):
            change.inner[text.span(words[0].span).end] = " -f"
        elif name in ("mv", "shred", "unlink", "srm") and removes:
            raise CannotPurgeError(f"`{name}` (line {change.run.lines[0]}) needs {carriers[0].path} to be there")
    return idle


def _items(change: RunChange, carriers: list[Carrier]) -> tuple[list[Item], bool]:
    """The commands of a RUN that make the files ready, and whether they are all it does."""
    text = change.text
    if text is None or change.run.heredocs or change.run.is_json:
        raise CannotPurgeError(f"line {change.run.lines[0]} writes {carriers[0].path} for a later step, and is not plain shell")
    writes = {carrier.at for carrier in carriers}
    kept: list[Item] = []
    for item in text.script.items:
        simple = list(simple_commands(item.command))
        if any(text.span(each.span) in writes for each in simple) or (
            simple and all(called(each)[0] in _SETUP for each in simple)
        ):
            kept.append(item)
    if not any(text.span(each.span) in writes for item in kept for each in simple_commands(item.command)):
        raise CannotPurgeError(f"how line {change.run.lines[0]} writes {carriers[0].path} is not plain enough to be repeated")
    everything = len(kept) == len(text.script.items)
    if not everything and any(item.joins == "||" for item in text.script.items):
        raise CannotPurgeError(f"line {change.run.lines[0]} writes {carriers[0].path} for a later step, among other things")
    return kept, everything


def _same_place(document: Document, run: Run, readers: list[Run], items: list[Item]) -> None:
    """A command means the same in another RUN where user and folder are those it had."""
    for reader in readers:
        between = [i for i in document.instructions if run.span < i.span < reader.span]
        if any(isinstance(i, User) for i in between):
            raise CannotPurgeError(f"another USER reads what line {run.lines[0]} writes")
        if any(isinstance(i, Workdir) for i in between) and _relative(items):
            raise CannotPurgeError(f"WORKDIR changes between line {run.lines[0]}, which writes it, and line {reader.lines[0]}")


def _relative(items: list[Item]) -> bool:
    for item in items:
        for simple in simple_commands(item.command):
            targets = [r.target.text for r in simple.redirects if r.target is not None and not r.operator.startswith("<")]
            operands = (
                [w.text for w in simple.words[1:] if not w.text.startswith("-")]
                if called(simple)[0] in ("mkdir", "chmod", "touch")
                else []
            )
            paths = [t for t in targets + operands if not re.match(r"[\"']?[/~$]|&|\d|[ugoa]*[+=-]", t)]
            if paths:
                return True
    return False


def _text(document: Document, change: RunChange, items: list[Item], target: RunChange) -> str:
    """The commands as they were written, to stand in front of another RUN's."""
    text = change.text
    assert text is not None
    source = document.source.text
    whole = text.script.items
    if len(items) == len(whole):
        span = text.span(Span(items[0].command.span.start, items[-1].command.span.end))
        written = source[slice(*span)]
        plain = all(item.joins in ("&&", "") for item in whole) and all(
            isinstance(i.command, Simple) or len(whole) == 1 for i in whole
        )
    else:
        written = " && ".join(source[slice(*text.span(item.command.span))] for item in items)
        plain = True
    return written if plain and not target.is_body and not target.errexit() else f"{written} || exit 1"
