"""Files that carry a credential from one RUN to another, made to live no longer than the step that reads them."""

from __future__ import annotations

import re
from collections.abc import Callable

from dfrefactor.dockerfile.instructions import Instruction, Run, User, Workdir
from dfrefactor.dockerfile.model import Document
from dfrefactor.secrets.commands import SECRET_FILES
from dfrefactor.secrets.paths import Place
from dfrefactor.secrets.plan import CannotPurgeError
from dfrefactor.secrets.runs import RunChange
from dfrefactor.secrets.tools import called
from dfrefactor.secrets.types import Carrier
from dfrefactor.secrets.walking import PRINT
from dfrefactor.shell import Item, Simple, simple_commands
from dfrefactor.text.source import Span

_READY = frozenset(("chmod", "chown", "touch"))
_FOLDERS = frozenset((".azure", ".conan", ".hex", ".jfrog", "gcloud"))
"""What tools write to that is a folder."""
_STATE = frozenset(("umask", "export"))


def set_up(carriers: list[Carrier]) -> dict[Instruction, list[Carrier]]:
    """Carriers by the step that writes them."""
    found: dict[Instruction, list[Carrier]] = {}
    for carrier in carriers:
        found.setdefault(carrier.written, []).append(carrier)
    return found


def carry_along(
    document: Document,
    change: RunChange,
    carriers: list[Carrier],
    uses: list[Span],
    other: Callable[[Instruction], RunChange],
) -> set[Instruction]:
    """Make files that one RUN writes go with it, or be written by the RUNs that read them; the RUNs that go.

    Raises CannotPurgeError.
    """
    gone: set[Instruction] = set()
    run = change.run
    readers = list(dict.fromkeys(r for c in carriers for r in c.readers if isinstance(r, Run)))
    for carrier in carriers:
        _may_go(carrier)
        if carrier.added and carrier.readers:
            raise CannotPurgeError(
                f"line {carrier.added[0].lines[0]} adds to {carrier.path}: put that into the step that writes it"
            )
        if carrier.removed is not None and carrier.removed is not run:
            if _force(other(carrier.removed), carriers):
                gone.add(carrier.removed)
    undo = tuple(dict.fromkeys(each for carrier in carriers for each in _undo(carrier)))
    if not readers:
        change.behind |= dict.fromkeys(undo)
        return gone
    items, rest, kept = _items(change, carriers)
    _same_place(document, run, readers, items)
    for reader in readers:
        target = other(reader)
        target.mounts |= change.mounts
        target.before |= change.before
        target.before[_text(document, change, items, target)] = None
        target.behind |= dict.fromkeys(undo)
    if not rest:
        return gone | {run}
    if kept:
        change.behind |= dict.fromkeys(undo)
    else:
        change.drop([item for item in items if not _is_state(item)])
        text = change.text
        if text and not any(
            use.start < text.span(item.command.span).end and text.span(item.command.span).start < use.end
            for item in rest
            for use in uses
        ):
            change.mounts.clear()
            change.before.clear()
    return gone


def _may_go(carrier: Carrier) -> None:
    """Whether the file was for the build alone."""
    if carrier.removed is None and not carrier.readers and not carrier.clean and not SECRET_FILES.search(carrier.path):
        raise CannotPurgeError(f"it is written to {carrier.path}, which stays, and which the running container may read")


def _undo(carrier: Carrier) -> tuple[str, ...]:
    if carrier.local_clean and carrier.removed is None:
        return carrier.local_clean
    path = carrier.exact or carrier.path
    if not re.fullmatch(r"[\w./~@%+-]+", path):
        raise CannotPurgeError(f"the path {path} can't be written in shell")
    return (f"rm -{'rf' if path.rpartition('/')[2] in _FOLDERS else 'f'} {path}",)


def _force(change: RunChange, carriers: list[Carrier]) -> bool:
    """`rm` of a file that is no longer there has to be `rm -f`; True where the RUN does nothing else."""
    text = change.text
    if text is None or change.run.is_json:
        raise CannotPurgeError(f"the step that removes {carriers[0].path} is not in shell form")
    mine = {span for carrier in carriers for span in carrier.spans}
    idle = True
    place = Place(change.scope)
    paths = [[carrier.path] for carrier in carriers]
    for simple in simple_commands(text.script):
        name, words = called(simple)
        operands = [word for word in words[1:] if not word.text.startswith("-")]
        removes = text.span(simple.span) in mine
        idle = idle and name == "rm" and removes and [place.path(word.text) for word in operands] in paths
        if name == "rm" and removes and not any(re.match(r"-\w*f|--force", word.text) for word in words[1:]):
            change.inner[text.span(words[0].span).end] = " -f"
        elif name in ("mv", "shred", "unlink", "srm") and removes:
            raise CannotPurgeError(f"`{name}` (line {change.run.lines[0]}) needs {carriers[0].path} to be there")
    return idle


def _items(change: RunChange, carriers: list[Carrier]) -> tuple[list[Item], list[Item], bool]:
    """The commands of a RUN that make the files ready, its others, and whether those need the files too."""
    text = change.text
    if text is None or change.run.heredocs or change.run.is_json:
        raise CannotPurgeError(f"line {change.run.lines[0]} writes {carriers[0].path} for a later step, and is not plain shell")
    writes = {carrier.at for carrier in carriers}
    touches = {span for carrier in carriers for span in carrier.spans}
    ready: list[Item] = []
    rest: list[Item] = []
    kept = False
    for item in text.script.items:
        spans = [(text.span(each.span), called(each)[0]) for each in simple_commands(item.command)]
        mine = [name for span, name in spans if span in touches and span not in writes]
        if any(span in writes for span, _ in spans) or (mine and all(name in _READY | PRINT for name in mine)) or _is_state(item):
            ready.append(item)
        else:
            rest.append(item)
            kept = kept or bool(mine)
    if not any(text.span(each.span) in writes for item in ready for each in simple_commands(item.command)):
        raise CannotPurgeError(f"how line {change.run.lines[0]} writes {carriers[0].path} is not plain enough to be repeated")
    return ready, rest, kept


def _is_state(item: Item) -> bool:
    """Whether it only sets what later commands of the RUN start from."""
    return isinstance(item.command, Simple) and (called(item.command)[0] or "export") in _STATE


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
