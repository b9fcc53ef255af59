"""The edits by which a Compose or bake file passes as secrets what it passed as arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import pairwise

from dfrefactor.compose.args import Passing
from dfrefactor.compose.edits import alone, before, behind, below, entries, merged, pairs, without
from dfrefactor.compose.handing import Handing, names
from dfrefactor.compose.tree import Node
from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Source

_PLAIN = regex(r"[A-Za-z_][\w.-]*")


def edits(file: Handing, passed: Sequence[Passing]) -> dict[Passing, tuple[Edit, ...]] | None:
    """What is to be edited for each; they are made together, and some they have in common.  None where one can't be made."""
    plan = _Plan(file)
    for each in passed:
        plan.add(each)
    return plan.edits()


@dataclass(eq=False)
class _Plan:
    """What goes and what comes, by the maps and lists in which it does."""

    file: Handing
    passed: list[Passing] = field(default_factory=list)
    gone: dict[Node, dict[int, None]] = field(default_factory=dict)
    """The places of arguments that go, by their maps and lists."""

    def add(self, passing: Passing) -> None:
        self.passed.append(passing)
        self.gone.setdefault(passing.holder, {})[passing.entry] = None

    def edits(self) -> dict[Passing, tuple[Edit, ...]] | None:
        """For each passing its edits; None where one can't be made."""
        made: dict[Passing, list[Edit]] = {each: [] for each in self.passed}
        every: list[Edit] = []  # in this order where they are at one place: the top level comes last
        for work in (self._arguments, self._tops):
            for users, edits in work():
                if edits is None:
                    return None
                every += edits
                for user in users:
                    made[user] += edits
        together = merged(every)
        return {user: tuple(dict.fromkeys(together[edit] for edit in edits)) for user, edits in made.items()}

    def _arguments(self) -> Iterator[tuple[list[Passing], tuple[Edit, ...] | None]]:
        """The arguments of each map that has `args`, and the secrets in their place."""
        owners: dict[tuple[Node, int], list[Passing]] = {}
        for each in self.passed:
            for owner, at in dict.fromkeys((owner, at) for _, owner, at in each.owners):
                owners.setdefault((owner, at), []).append(each)
        for (owner, at), users in owners.items():
            emptied = all(len(self.gone[h]) == len(entries(h)) for h in {each.holder for each in users})
            value = owner.pairs[at][1]
            whole = emptied and all(each.holder is value for each in users) and self._text(value)[:1] not in "&*"
            every = [found for each in users for found in self._lists(each, owner)]
            lists = dict.fromkeys(each for each in every if each is not None)
            if lists and None in every:
                yield users, None  # one build has a list of its own, another has none
                continue
            old = [self._listed(users, *found) for found in lists]
            if not whole:
                for holder in {each.holder for each in users}:
                    gone = self.gone[holder]
                    cut = without(self._source, holder, gone) if len(gone) < len(entries(holder)) else None
                    yield [each for each in users if each.holder is holder], cut
            elif old:
                yield users, without(self._source, owner, [at]) if len(owner.pairs) > 1 else None
            if old:
                yield from ((users, edits) for edits in old)
                continue
            if whole:
                yield users, self._renamed(users, owner, at)
                continue
            text = self._said(users, owner, at)
            yield users, behind(self._source, owner, at, [text]) if text else None

    @property
    def _source(self) -> Source:
        return self.file.source

    def _text(self, node: Node) -> str:
        return self._source.text[slice(*node.span)]

    def _lists(self, passing: Passing, owner: Node) -> list[tuple[Node, int] | None]:
        """Where the secrets of the builds with this `args` are listed already: in bake beside it, for they add up."""
        maps = [owner] if self.file.bake else [build.parts[0] for build, each, _ in passing.owners if each is owner]
        return [next(pairs(each, self.file.key), None) for each in maps]

    def _listed(self, users: Sequence[Passing], owner: Node, at: int) -> tuple[Edit, ...] | None:
        """The secrets put into a list that is there; none where they are in it."""
        value = owner.pairs[at][1]
        there = {name for item in value.value.items for name in names(item.value)}
        new = dict.fromkeys(self._entry(each) for each in users if each.asked.secret not in there)
        if not new:
            return ()
        return listed(self._source, value, [*new])

    def _entry(self, passing: Passing) -> str:
        """A secret as an entry of the list of a build."""
        name = passing.asked.secret
        if self.file.bake:
            return json.dumps(f"id={name},env={passing.variable}")
        return name if _PLAIN.fullmatch(name) else json.dumps(name)

    def _renamed(self, users: Sequence[Passing], owner: Node, at: int) -> tuple[Edit, ...] | None:
        """`args` that become secrets, one and all; comments among them stay."""
        name, value = owner.pairs[at]
        spans = entries(value)
        if self.file.bake or value.flow:
            text = self._said(users, owner, at, whole=True)
            comments = re.search(r"#|//|/\*", "".join(self._source.text[a.end : b.start] for a, b in pairwise(spans)))
            inside = comments or re.search(r"#|//|/\*", self._source.text[value.span.start : spans[0].start])
            return (Edit(entries(owner)[at], text),) if text and not inside else None
        lead = "" if value.items else "- "
        said = {spans[each.entry]: f"{lead}{self._entry(each)}" for each in users}
        edits = [Edit(name.span, self.file.key), *(Edit(span, text) for span, text in said.items())]
        dash = "-" if value.items else ""
        plain = all(alone(self._source, span, dash) for span in spans) and len({*said.values()}) == len(said)
        return tuple(each for each in edits if self._source.text[slice(*each.span)] != each.text) if plain else None

    def _said(self, users: Sequence[Passing], owner: Node, at: int, whole: bool = False) -> str | None:
        """`secrets` with its list, as it is written beside `args`; None where that is not plain."""
        said = list(dict.fromkeys(self._entry(each) for each in users))
        listed = f"[{', '.join(said)}]"
        value = owner.pairs[at][1]
        if self.file.form == "json":
            return f'"secret": {listed}'
        if self.file.form == "hcl":
            return f"{self._aligned(owner, at, whole)} = {listed}"
        if value.kind == "alias" or value.flow or owner.flow or not entries(value):
            return f"secrets: {listed}"
        lead = before(self._source, entries(value)[0])
        indent = lead[: len(lead) - len(lead.lstrip(" "))]
        if lead.strip(" ") not in ("", "-"):
            return None
        return "".join(["secrets:", *(f"{self._source.newline}{indent}- {each}" for each in said)])

    def _aligned(self, owner: Node, at: int, whole: bool) -> str:
        """`secret`, padded as what stands in the line above it: `args`, or where that goes what is above that."""
        above = entries(owner)[at - whole] if at >= whole else None
        text = self._source.text
        end = entries(owner)[at].start if whole else above.end + 1 if above else 0
        if above is None or text.count("\n", above.start, end) != whole:
            return "secret"
        padded = re.match(r"\w+ *(?= =)", text[above.start :])
        return "secret".ljust(len(padded[0])) if padded else "secret"

    def _tops(self) -> Iterator[tuple[list[Passing], tuple[Edit, ...] | None]]:
        """The secrets of a Compose file at its top level."""
        new: dict[str, list[Passing]] = {}
        for each in self.passed if not self.file.bake else ():
            if self.file.top(each.asked.secret) is None:
                new.setdefault(each.asked.secret, []).append(each)
        for number, (name, users) in enumerate(new.items()):
            yield users, on_top(self.file, name, f"environment: {users[0].variable}", first=not number)


def on_top(file: Handing, secret: str, said: str, first: bool = True) -> tuple[Edit, ...] | None:
    """A secret put in at the top level of a Compose file; `first`: of those that are put in now."""
    source, root, nl = file.source, file.root, file.source.newline
    services, name = root.get("services"), secret if _PLAIN.fullmatch(secret) else json.dumps(secret)
    if root.flow or services is None or services.flow:
        return None
    step = before(source, entries(services)[0]) or "  "
    for owner, at in pairs(root, "secrets"):
        value = owner.pairs[at][1]
        if value.kind != "map" or not value.pairs:
            return None
        last = len(value.pairs) - 1
        if value.flow:
            return behind(source, value, last, [f"{name}: {{{said}}}"])
        return behind(source, value, last, [f"{name}:{nl}{before(source, entries(value)[last])}{step}{said}"])
    if re.search(r"^(?:\.\.\.|---)", source.text[root.span.end :], re.M):
        return None
    lines = [f"{step}{name}:", f"{step * 2}{said}"]
    apart = any(source.text[: key.span.start].endswith(f"{nl}{nl}") for key, _ in root.pairs)
    gap = [""] if apart or len(root.pairs) == 1 else []
    return (below(source, len(source.text.rstrip()) - 1, [*gap, "secrets:", *lines] if first else lines),)


def listed(source: Source, value: Node, new: Sequence[str]) -> tuple[Edit, ...] | None:
    """Secrets put into the list that a build has."""
    if value.kind != "list" or source.text[value.span.start] in "&*!":
        return None
    if not value.items:
        return (Edit(value.span, f"[{', '.join(new)}]"),)
    return behind(source, value, len(value.items) - 1, new)
