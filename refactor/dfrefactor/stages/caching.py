"""Caches of package managers, kept in mounts instead of layers: which RUN fills which, and whether its image can do without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dfrefactor.dockerfile.instructions import Copy, Run
from dfrefactor.dockerfile.model import Stage
from dfrefactor.dockerfile.scope import expand
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.entry import Entry
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import Region, absolute, covers, known
from dfrefactor.effects.state import ROOT, ShellState
from dfrefactor.effects.trace import Event, Step
from dfrefactor.facts import Facts
from dfrefactor.lazy import dataclass
from dfrefactor.stages.atoms import Atom
from dfrefactor.text.source import Span


@dataclass(frozen=True, order=True)
class Cache:
    """A folder that a package manager keeps what it fetched in.

    `locked`: one process at a time.  `needed`: later commands may want what is in it.  `kept`: it is used where it lies, so only
    a stage from which others copy can do without.  `instead`: where it is as long as there is no such folder.
    """

    path: str
    locked: bool = False
    needed: bool = False
    kept: bool = False
    instead: tuple[str, ...] = ()

    @property
    def folders(self) -> tuple[str, ...]:
        return (self.path, *self.instead)

    @property
    def region(self) -> Region:
        return Region(self.path, "tree")


@dataclass(frozen=True)
class Caching:
    """What the RUN at `place` may keep in mounts.

    `dropped` are its commands that only empty them, `words` those that keep a manager from its cache, with what stands in their
    place; `emptied` are files of base images that have them emptied at once.
    """

    place: int
    caches: tuple[Cache, ...]
    dropped: tuple[Atom, ...]
    words: tuple[tuple[Span, str], ...]
    emptied: tuple[str, ...]


def cachings(facts: Facts, stage: Stage, atoms: Sequence[Atom], rule: str) -> list[Caching]:
    """The RUNs of `stage` whose caches no later step needs, or keeps in the same mount."""
    found = {each.place: each for each in _candidates(facts, stage, atoms, rule)}
    while unfit := [(p, c) for p, each in found.items() for c in each.caches if not _is_free(facts, stage, atoms, found, p, c)]:
        for place, cache in unfit:
            each = found.pop(place, None)
            left = tuple(other for other in each.caches if other != cache) if each else ()
            if each and left and not each.words:
                dropped = tuple(atom for atom in each.dropped if not _inside(atom.effects, cache))
                found[place] = replace(each, caches=left, dropped=dropped)
    return [found[place] for place in sorted(found)]


def _candidates(facts: Facts, stage: Stage, atoms: Sequence[Atom], rule: str) -> Iterator[Caching]:
    for place, run in enumerate(stage.instructions):
        if not isinstance(run, Run) or run.is_json or run.flags or run.heredocs:
            continue
        if run in facts.hints or facts.notes.ignores(run, rule):
            continue
        events = [event for event in facts.step(run).trace.events if event.entry is not None and event.args]
        caches, words = dict[str, Cache](), dict[Span, str]()
        for event in events:
            mine = _caches(facts, event)
            if mine is None:
                break
            for cache in mine:
                same = caches.get(cache.path, cache)
                caches[cache.path] = replace(same, needed=same.needed or cache.needed)
            words |= dict(_uncached(facts, event))
        else:
            here = [atom for atom in atoms if atom.place == place]
            dropped = tuple(atom for atom in here if _only_empties(facts, atom, caches))
            if caches and _is_quiet(facts, run, here, dropped, caches):
                emptied = dict.fromkeys(path for e in events if e.entry and not e.via for path in e.entry.emptied_by)
                yield Caching(place, tuple(sorted(caches.values())), dropped, tuple(words.items()), tuple(emptied))


def _told(facts: Facts, event: Event) -> Entry | None:
    """What the catalog says of the caches of a command; None where it fills none."""
    entry = event.entry
    own = facts.catalog.get(event.name) or entry
    if entry is None or own is None or not entry.caches:
        return None
    return entry if entry.name.partition(" ")[0] == own.name else own  # `uv pip` keeps what it fetched where uv does


def _caches(facts: Facts, event: Event) -> list[Cache] | None:
    """The caches that a command fills; None where it is not known where they are."""
    if (told := _told(facts, event)) is None:
        return []
    instead = {each.partition(" ")[0] for each in told.uncached}
    unsure = [arg for arg in event.args if arg.value in instead and (arg.word is None or arg.word.text != arg.value)]
    words = {arg.value.partition("=")[0] for arg in event.args}
    if unsure or any(map(event.state.has, told.cache_variables)) or not words.isdisjoint(told.offline):
        return None
    found = [_cache(each, event.state) for each in told.caches]
    return None if None in found else [each for each in found if each is not None]


def _cache(told: str, state: ShellState) -> Cache | None:
    path, *words = told.split()
    first, _, rest = path.partition("/")
    start = state.folder if first == "~" else state.value(first[1:]) if first.startswith("$") else ""
    if start is None or not known(start) or (start and not (start.startswith("/") and state.user in ROOT)):
        return None  # a mount is root's: another user's manager does not like that
    instead = tuple(word for word in words if word.startswith("/"))
    flags = dict.fromkeys((word for word in words if word not in instead), True)
    return Cache(f"{start.rstrip('/')}/{rest}", **flags, instead=instead)


def _uncached(facts: Facts, event: Event) -> Iterator[tuple[Span, str]]:
    """The words that keep a command from its cache, with what stands in their place if it is not there already."""
    told = _told(facts, event)
    instead = dict(each.partition(" ")[::2] for each in told.uncached) if told else {}
    said = {told.options[arg.value].name for arg in event.args if told and arg.value in told.options}
    for arg in event.args:
        if told and arg.word is not None and arg.value in instead:
            other = told.options.get(instead[arg.value])
            yield event.origin.span(arg.word.span), instead[arg.value] if other and other.name not in said else ""


def _only_empties(facts: Facts, atom: Atom, caches: Mapping[str, Cache]) -> bool:
    """Whether all that an atom does is to empty caches."""
    done, events = atom.effects, atom.of.events if atom.of else ()
    if not atom.of or not done.grade or not done.removes or done.network or done.outputs or done.leftovers or atom.tied:
        return False
    if done.grade is Grade.EXACT:
        return done.touched == done.removes and all(any(_is_in(r, cache) for cache in caches.values()) for r in done.removes)
    variants = [each for e in events if (own := facts.catalog.get(e.name)) for each in own.variants() if each.caches]
    own_caches = [_cache(told, atom.of.before) for each in variants for told in each.caches]
    return bool(own_caches) and all(each is not None and each.path in caches for each in own_caches)


def _is_in(region: Region, cache: Cache) -> bool:
    """Whether a region is nothing but a part of the cache."""
    base = re.split(r"/[^/]*[*?\[]", region.path)[0] or "/"
    return any(covers(folder, base) for folder in cache.folders)


def _inside(effects: Effects, cache: Cache) -> bool:
    return any(_is_in(each, cache) for each in effects.removes)


def _is_quiet(facts: Facts, run: Run, here: Sequence[Atom], dropped: Sequence[Atom], caches: Mapping[str, Cache]) -> bool:
    """Whether nothing else in the RUN empties the caches, or looks at them."""
    left = [atom for atom in here if atom not in dropped]
    if not any(atom.is_step and not atom.is_state for atom in left) or not all(atom.effects.grade for atom in left):
        return False
    gone = {event.span for atom in dropped if atom.of for event in atom.of.events}
    others = [e for e in facts.step(run).trace.events if e.span not in gone and not (e.entry and e.entry.caches)]
    named = [each for event in others for each in event.effects.reads | event.effects.removes]
    exact = [each for e in others if e.effects.grade is Grade.EXACT for each in e.effects.reads | e.effects.touched]
    found = [(each, cache) for each in named for cache in caches.values() if _is_in(each, cache)]
    return not found and not any(each.overlaps(cache.region) for each in exact for cache in caches.values())


def _is_free(facts: Facts, stage: Stage, atoms: Sequence[Atom], found: Mapping[int, Caching], place: int, cache: Cache) -> bool:
    """Whether no later step needs what the RUN at `place` leaves in a cache, or has it in the same mount."""
    document = stage.document
    heirs = [each for each in document.stages if stage in each.chain and each is not stage]
    if cache.kept and (document.stages[-1] in (stage, *heirs) or not _is_copied(stage)):
        return False
    for each in document.stages:
        for instruction, scope in zip(each.instructions, facts.scopes(each), strict=True):
            if isinstance(instruction, Copy) and document.stage(instruction.from_ or "") in (stage, *heirs):
                sources = [absolute(expand(word.text, scope) or "/", "/") or "/" for word in instruction.sources]
                if any(Region(source, "tree").overlaps(cache.region) for source in sources):
                    return False
    if any(_is_filled(facts, atom, cache) for atom in atoms if atom.place < place and atom.is_step):
        return False
    if any(_is_emptied(atom, cache) for atom in found[place].dropped):
        return True
    later = [atom for atom in atoms if atom.place > place]
    mounted = {at for at, each in found.items() if any(other.path == cache.path for other in each.caches)}
    pairs = [(a.effects, facts.step(a.instruction)) for a in later if a.place not in mounted]
    pairs += [(step.effects, step) for heir in heirs for step in facts.steps(heir)]
    return not any(_wants(effects, cache) for effects, step in pairs if cache.needed or cache.kept or not _fills(step, cache))


def _is_copied(stage: Stage) -> bool:
    document = stage.document
    return any(isinstance(i, Copy) and document.stage(i.from_ or "") is stage for i in document.instructions)


def _is_emptied(atom: Atom, cache: Cache) -> bool:
    return atom.effects.grade is Grade.EXACT and _inside(atom.effects, cache)


def _fills(step: Step, cache: Cache) -> bool:
    """Whether a step runs a command that may have this cache: what it finds there is what it would fetch."""
    events = [(event.state, event.entry) for event in step.trace.events if event.entry is not None]
    mine = (_cache(told, state) for state, entry in events for told in entry.caches)
    return any(each is not None and each.path == cache.path for each in mine)


def _wants(effects: Effects, cache: Cache) -> bool:
    """Whether a step may need what is in a cache: who installs other packages looks into no cache but its own."""
    if not effects.grade:
        return cache.needed or cache.kept
    if effects.grade is Grade.EXACT and effects.touched == effects.removes != frozenset():
        return False  # it only takes it away
    places = [Region(folder, "tree") for folder in cache.folders]
    if not (cache.needed or cache.kept):
        wide = (r for r in effects.reads if effects.grade is Grade.EXACT and r.path != "/" and not r.path.startswith("/**/"))
        return any(_is_in(r, cache) for r in effects.reads) or any(r.overlaps(place) for r in wide for place in places)
    regions = effects.reads | effects.touched
    if effects.grade is Grade.BOUNDED and effects.system_writes and not any(_is_in(each, cache) for each in effects.leftovers):
        regions = frozenset(each for each in regions if _is_in(each, cache))
    return any(each.overlaps(place) for each in regions for place in places)


def _is_filled(facts: Facts, atom: Atom, cache: Cache) -> bool:
    """Whether an atom puts something into a cache by name, which a mount would hide."""
    put = atom.effects.writes | atom.effects.ensures
    return any(_is_in(each, cache) for each in put) and not any(
        event.entry is not None and event.entry.caches for event in facts.step(atom.instruction).trace.events
    )
