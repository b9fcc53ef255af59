"""Branches and loops: what is known after them is what all ways through them agree on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfrefactor.effects.files import Files
from dfrefactor.effects.paths import HOLE, STAR, hole

if TYPE_CHECKING:
    from dfrefactor.effects.session import Session
    from dfrefactor.effects.words import Arg
    from dfrefactor.shell import Branches, Loop

UNROLLED = 24
"""A `for` over at most so many plain words is followed word by word."""


@dataclass(frozen=True)
class _End:
    """What is known at the end of one way."""

    env: dict[str, str | None]
    cwd: str | None
    umask: int | None
    flags: tuple[bool, bool]
    files: Files

    @classmethod
    def of(cls, session: Session) -> _End:
        draft = session.draft
        flags = session.errexit, session.pipefail
        return cls(dict(session.env), draft.cwd, draft.umask, flags, draft.files.copy())

    def restore(self, session: Session) -> None:
        session.env, session.stopped = dict(self.env), False
        session.errexit, session.pipefail = self.flags
        session.draft.cwd, session.draft.umask, session.draft.files = self.cwd, self.umask, self.files.copy()


def branches(session: Session, command: Branches) -> None:
    """`if` and `case`: any one arm runs, or none."""
    from dfrefactor.effects.running import note_words

    session.redirects(command.redirects)
    if command.subject is not None:
        note_words(session, (command.subject,))
        session.values.text(command.subject)
    start = _End.of(session)
    ends: list[_End] = []
    for condition, body in command.arms:
        if condition is not None:
            with session.unsure("it is a condition"):
                session.script(condition)
            start = _End.of(session)
        with session.unsure("it runs only if a condition holds"):
            session.script(body)
        if not session.stopped:
            ends.append(_End.of(session))
        start.restore(session)
    _join(session, ends if command.total and ends else [*ends, start])


def loop(session: Session, command: Loop) -> None:
    """`for` over plain words runs once for each; any other loop any number of times."""
    from dfrefactor.effects.running import note_words

    session.redirects(command.redirects)
    note_words(session, command.words)
    words = [arg for word in command.words for arg in session.values.args(word)]
    plain = command.condition is None and 0 < len(words) <= UNROLLED
    if plain and not any(arg.many or STAR in arg.value for arg in words):
        doubt = "" if session.errexit else "a failure inside a loop goes unnoticed (no `set -e`)"
        for arg in words:
            session.set(command.variable, arg.value)
            with session.unsure(doubt):
                session.script(command.body)
        return
    with session.unsure("it runs in a loop, perhaps never"):
        for _ in range(2):  # the second time starts from what the first may have left
            start = _End.of(session)
            if command.condition is not None:
                session.script(command.condition)
            if command.variable:
                session.count += 1
                session.set(command.variable, _common(words) + hole(f"{command.variable}#{session.count}"))
            session.script(command.body)
            _join(session, [start, _End.of(session)])


def _join(session: Session, ends: list[_End]) -> None:
    """What all of `ends` agree on; the rest is not known."""
    ends[0].restore(session)
    draft = session.draft
    for end in ends[1:]:
        for name in session.env.keys() | end.env.keys():
            if name not in end.env or name not in session.env or session.env[name] != end.env[name]:
                session.env[name] = None
        draft.cwd = end.cwd if end.cwd == draft.cwd else None
        draft.umask = end.umask if end.umask == draft.umask else None
        session.errexit, session.pipefail = session.errexit and end.flags[0], session.pipefail and end.flags[1]
        mine, theirs = draft.files, end.files
        mine.kinds = {path: kind for path, kind in mine.kinds.items() if theirs.kinds.get(path) == kind}
        mine.fresh &= theirs.fresh
        mine.filled |= theirs.filled
        both = {link: lands for link, lands in mine.links.items() if theirs.links.get(link) == lands}
        mine.perhaps |= theirs.perhaps | {**mine.links, **theirs.links}
        mine.links = both


def _common(words: list[Arg]) -> str:
    """The beginning that all of `words` have, up to the first part that is not known."""
    texts = [arg.value.partition(HOLE)[0].partition(STAR)[0] for arg in words]
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    size = 0
    while size < min(len(first), len(last)) and first[size] == last[size]:
        size += 1
    return first[:size]
