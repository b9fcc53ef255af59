"""Cache lists judged: what is missing, what is misspelt, what must not be there; and where in a list's text a change goes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Literal

from dfrefactor.compose.builds import Build
from dfrefactor.compose.edits import before, line_end
from dfrefactor.compose.images import is_slip, normal, read_cache, split
from dfrefactor.compose.needs import above, closure, tips, title
from dfrefactor.compose.tree import Node
from dfrefactor.dockerfile.model import Stage
from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Source, Span

_PLAIN = regex(r"[A-Za-z0-9._/][A-Za-z0-9._/@:-]*")
_PLAIN_IN_BLOCK = regex(r"[A-Za-z0-9._/$][A-Za-z0-9._/@:${}=,-]*")
_DASH = regex(r"[ \t]*-[ \t]+")


@dataclass(frozen=True)
class Known:
    """A build with what its Dockerfile says."""

    build: Build
    stage: Stage
    tainted: frozenset[int]


@dataclass(frozen=True)
class Change:
    """What is to happen in a list: to the entry `at`, or after it (before the first one: -1)."""

    kind: Literal["replace", "remove", "insert"]
    at: int
    ref: str
    why: str


@dataclass(frozen=True, eq=False)
class _Want:
    ref: str
    stage: int
    names: frozenset[str]
    why: str
    own: bool


@dataclass
class _Judge:
    """One list and those who use it."""

    items: Sequence[Node]
    users: Sequence[Known]
    everyone: Sequence[Known]
    made: frozenset[str]
    classic: bool

    @cached_property
    def refs(self) -> list[str]:
        """The images the list names; "" for an entry that names none."""
        entries = [read_cache(item.value.text) if item.value.kind == "text" else None for item in self.items]
        return [entry.ref if entry and entry.type == "registry" else "" for entry in entries]

    def is_foreign(self, ref: str) -> bool:
        """Whether nothing in this file makes it."""
        return normal(ref) not in self.made

    def changes(self) -> list[Change]:
        changes = list(self.leaks())
        gone = {change.at for change in changes}
        wants = [] if self.is_open() else self.wants()
        slips: dict[int, _Want] = {}
        for at, ref in enumerate(self.refs):
            near = [want for want in wants if ref and self.is_foreign(ref) and is_slip(ref, want.ref, want.names)]
            if len(near) == 1 and near[0] not in slips.values():
                slips[at] = near[0]
                changes.append(Change("replace", at, near[0].ref, f"nothing here makes `{ref}`: `{near[0].ref}` {near[0].why}"))
        left = [want for want in wants if want not in slips.values() and not self.stands_in(want, slips)]
        if not slips and all(want.own for want in left) and all(self.is_foreign(ref) for ref in self.refs if ref):
            left = []  # the list is about what others push: its own image may have a name there that we do not know
        for want in left:
            changes.append(Change("insert", self.place(want, slips, gone), want.ref, f"`{want.ref}` is missing: it {want.why}"))
        return changes

    def is_open(self) -> bool:
        """Whether the list may cover more than we can see: caches of other kinds, a cache of all stages, variables."""
        caches = {normal(ref) for user in self.users for ref in user.build.caches}
        return any(not ref or ("$" in ref and self.is_foreign(ref)) or normal(ref) in caches for ref in self.refs)

    def leaks(self) -> Iterable[Change]:
        """Entries that name the image of a stage with a credential in it."""
        for at, ref in enumerate(self.refs):
            makers = [known for known in self.everyone if ref and normal(ref) in map(normal, known.build.images)]
            if makers and all(map(self.is_tainted, makers)):
                stage = title(makers[0].stage)
                why = f"`{ref}` holds {stage}, which uses a credential: it should be neither pushed nor a cache"
                yield Change("remove", at, ref, why)

    def is_tainted(self, known: Known, seen: tuple[Known, ...] = ()) -> bool:
        """Whether a credential is in its image, or in the one of this file that it starts from."""
        base = str(known.stage.chain[0].base)
        below = [k for k in self.everyone if normal(base) in map(normal, k.build.images) and k not in (*seen, known)]
        return known.stage.index in known.tainted or any(self.is_tainted(k, (*seen, known)) for k in below)

    def wants(self) -> list[_Want]:
        wants: dict[str, _Want] = {}
        listed = {normal(ref) for ref in self.refs if ref}
        for user in self.users:
            family = [known for known in self.everyone if known.build.source == user.build.source]
            for stage in self.needed(user, family):
                makers = [k for k in (user, *family) if k.stage.index == stage.index and k.build.images]  # the user itself first
                images = [image for known in makers for image in known.build.images]
                if not images or listed & set(map(normal, images)) or any(map(self.is_tainted, makers)):
                    continue
                maker, ref = makers[0].build, images[0]
                why = f"is what `{maker.name}` makes of {title(stage)}"
                wants.setdefault(normal(ref), _Want(ref, stage.index, maker.names, why, maker is user.build))
        return list(wants.values())

    def needed(self, user: Known, family: Sequence[Known]) -> Sequence[Stage]:
        if self.classic:
            return above(user.stage)
        made = {normal(image): known.stage for known in family for image in known.build.images}
        return tips(closure(user.stage, made))

    def stands_in(self, want: _Want, slips: dict[int, _Want]) -> bool:
        """Whether an image made elsewhere is probably there for the wanted one."""
        repository = split(normal(want.ref))[0]
        for at, ref in enumerate(self.refs):
            if ref and at not in slips and self.is_foreign(ref) and split(normal(ref))[0] == repository:
                tag = split(ref)[1].lower()
                if want.own or any(name in tag for name in want.names):
                    return True
        return False

    def place(self, want: _Want, slips: dict[int, _Want], gone: set[int]) -> int:
        """After the last entry that is of an earlier stage or none of ours."""
        stages = {normal(image): known.stage.index for known in self.everyone for image in known.build.images}
        after = -1
        for at, ref in enumerate(self.refs):
            stage = slips[at].stage if at in slips else stages.get(normal(ref), -1)
            if at not in gone and stage < want.stage:
                after = at
            elif at not in gone and stage > want.stage:
                break
        return after


def judge(builds: Sequence[Build], known: Sequence[Known], *, classic: bool) -> Iterator[tuple[Node, list[Change]]]:
    """Every cache list with something to change, each once however many share it."""
    made = frozenset(normal(ref) for build in builds for ref in (*build.images, *build.caches))
    users: dict[Node, list[Known]] = {}
    for each in known:
        if each.build.cache_from is not None:
            users.setdefault(each.build.cache_from, []).append(each)
    for node, who in users.items():
        # Of someone who shares the list by an anchor we may know too little.
        everybody = len(who) == sum(build.cache_from is node for build in builds)
        if everybody and (changes := _Judge(node.items, who, known, made, classic).changes()):
            yield node, changes


def edit(source: Source, entries: Node, changes: Sequence[Change], kept: Sequence[int]) -> Edit | None:
    """The one edit for `changes` that belong to the same entry; None where the entry's form is not ours to change.

    `kept` are the entries that stay in the list.
    """
    first = changes[0]
    item = entries.items[first.at if first.at >= 0 else kept[0]]
    written = source.text[slice(*item.span)]
    if "\n" in written or not (entries.flow or _DASH.fullmatch(before(source, item.span))):
        return None
    if first.kind != "insert" and (item.kind != "text" or written.startswith(("&", "!"))):
        return None  # somebody else refers to it, or it is a reference
    if first.kind == "replace":
        return Edit(item.span, _written(item, first.ref, entries.flow))
    if first.kind == "insert":
        return _insertion(source, item, [change.ref for change in changes], first.at < 0, entries.flow)
    if not entries.flow:  # with the line end before it: such a list is never in a file's first line, and may be in its last
        start = item.span.start - len(before(source, item.span))
        return Edit(Span(line_end(source, start - 1), line_end(source, item.span.end)), "")
    if any(at > first.at for at in kept):
        return Edit(Span(item.span.start, entries.items[first.at + 1].span.start), "")
    return Edit(Span(entries.items[first.at - 1].span.end, item.span.end), "")


def _written(model: Node, ref: str, flow: bool) -> str:
    """`ref` in the form and the quotes of another entry."""
    entry = model.value.text
    if "=" in entry:
        ref = entry.replace(f"ref={read_cache(entry).ref}", f"ref={ref}", 1)
    if model.flow:
        return json.dumps(ref, ensure_ascii=False)
    quote = model.quote or ("" if (_PLAIN if flow else _PLAIN_IN_BLOCK).fullmatch(ref) else '"')
    if quote == "'":
        return "'" + ref.replace("'", "''") + "'"
    return json.dumps(ref, ensure_ascii=False) if quote else ref


def _insertion(source: Source, item: Node, refs: Sequence[str], first: bool, flow: bool) -> Edit:
    written = [_written(item, ref, flow) for ref in refs]
    lead = before(source, item.span)
    if not flow:
        if first:
            return Edit(Span(item.span.start, item.span.start), "".join(f"{each}{source.newline}{lead}" for each in written))
        end = line_end(source, item.span.end)
        return Edit(Span(end, end), "".join(f"{source.newline}{lead}{each}" for each in written))
    gap = source.newline + lead if lead and not lead.strip() else " "
    if first:
        return Edit(Span(item.span.start, item.span.start), "".join(f"{each},{gap}" for each in written))
    return Edit(Span(item.span.end, item.span.end), "".join(f",{gap}{each}" for each in written))
