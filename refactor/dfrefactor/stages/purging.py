"""The `builder` strategy of purge-credentials: the steps that use credentials become a stage of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from dfrefactor import stages as extract
from dfrefactor.dockerfile.instructions import Arg, Env
from dfrefactor.dockerfile.model import Document, Stage, parse
from dfrefactor.effects.paths import written
from dfrefactor.facts import Facts
from dfrefactor.secrets import Carrier, Credential
from dfrefactor.secrets.changed import changed
from dfrefactor.secrets.exposure import may_read
from dfrefactor.secrets.hits import SECRET_FILES
from dfrefactor.secrets.plan import CannotPurgeError, Purge, environment_of, variables_gone, without
from dfrefactor.stages import Atom, Group, Layout, Refusal, short
from dfrefactor.stages.cleaning import cleaning, without_carriers
from dfrefactor.stages.grouping import trunk_end
from dfrefactor.text.edit import Edit, apply
from dfrefactor.text.source import Span

RULE = "purge-credentials"


def move(facts: Facts, stage: Stage, credentials: Sequence[Credential]) -> Purge:
    """Edits that move all steps of `stage` that use one of `credentials` into a builder stage.  Raises CannotPurgeError."""
    document = facts.document
    _may_move(facts, stage, credentials)
    if refusal := extract.stage_refusal(document, stage):
        raise CannotPurgeError(refusal.reason)
    carriers = [carrier for each in credentials for carrier in each.carriers if carrier.stage == stage.index]
    atoms = extract.atoms(facts, stage, RULE)
    layout, group, append, left = _lay_out(document, stage, atoms, credentials, carriers)
    private = frozenset(name for each in credentials for name in each.names)
    split = extract.split(document, stage, layout, facts.settings, lambda _: ("builder",), {group: append}, private)
    if not split.moves:
        return Purge(split.edits, "stages are named, for their numbers will change", gone=split.gone, new=split.new)
    name, copied = split.moves[0].name, [written(path) for path in split.moves[0].copied]
    are = "is" if len(copied) == 1 else "are"
    message = f"the steps that use it move to stage {name}, and {', '.join(copied)} {are} copied back"
    behind = dict.fromkeys([*left, *split.behind.get(name, ())])
    said = [f"{name} leaves behind: {', '.join(behind)}"] if behind else []
    if append:
        kept = ", ".join(carrier.path for carrier in carriers if carrier.kept and carrier.removed is None)
        said.append(f"{name} takes it out of {kept} before that is copied")
    said += _unknown(stage, credentials, layout)
    new = split.new | {f"RUN {' '.join(command.split())}" for command in append}
    gone = split.gone | _undeclared_by(document, split.edits, credentials)
    config = frozenset(each for credential in credentials for each in variables_gone(credential))
    return Purge(split.edits, message, tuple(said), gone, new, config)


def _undeclared_by(document: Document, edits: Sequence[Edit], credentials: Sequence[Credential]) -> frozenset[str]:
    """Which declarations of the credentials are nowhere any more: those below the steps that moved, or said twice."""
    after = parse(apply(document.source.text, edits).encode("utf-8", "surrogateescape"))
    if _comments(after) < _comments(document):
        raise CannotPurgeError("a comment above one of its declarations would be lost")
    names = {name for credential in credentials for name in credential.names}
    return frozenset(_pairs(document, names) - _pairs(after, names))


def _pairs(document: Document, names: set[str]) -> Counter[str]:
    found = [(i.keyword, pair) for i in document.instructions if isinstance(i, Arg | Env) for pair in i.pairs]
    return Counter(f"{keyword} {pair.key}={pair.value}" for keyword, pair in found if pair.key in names)


def _comments(document: Document) -> int:
    return sum(token.kind == "COMMENT" for token in document.tree.tokens())


def undeclared(document: Document, stage: Stage, credentials: Sequence[Credential]) -> Purge:
    """Edits that take the declarations out of a stage where nothing uses the credential.  Raises CannotPurgeError."""
    if any(credential.kind != "variable" for credential in credentials):
        raise CannotPurgeError("no step is seen to use it")
    for credential in credentials:
        for use in credential.uses:
            declared = environment_of(document, use.variable, use.instruction, credential.declarations) if use.variable else None
            if declared and declared.stage == stage.index:
                raise CannotPurgeError(f"line {use.instruction.lines[0]}, in a stage FROM this one, uses it")
    mine = [d for credential in credentials for d in credential.declarations if d.stage == stage.index]
    for credential in credentials:
        scripts, others = may_read(credential, frozenset({stage.index}))
        if credential.configured:
            raise CannotPurgeError("the file names it in some tool's configuration, and no step is seen to read that")
        if not credential.uses and (scripts or others):
            step = (scripts or others)[0]
            raise CannotPurgeError(
                f"no step names it, and line {step.lines[0]} runs what may read it: "
                f"name it there (`{credential.name}=${credential.name} …`)"
            )
    edits = tuple(without(document, mine))
    gone, new = changed(document, edits, dict.fromkeys(d.instruction for d in mine))
    config = frozenset(f"ENV {d.pair.key}" for d in mine if d.is_env)
    return Purge(edits, "nothing in this stage uses it: its declaration goes", gone=gone, new=new, config=config)


def _may_move(facts: Facts, stage: Stage, credentials: Sequence[Credential]) -> None:
    document = facts.document
    for credential in credentials:
        for use in credential.uses:
            declared = environment_of(document, use.variable, use.instruction, credential.declarations) if use.variable else None
            if declared and use.stage != stage.index and declared.stage == stage.index:
                raise CannotPurgeError(f"line {use.instruction.lines[0]}, in a stage FROM this one, uses it too")
            if declared and use.stage == stage.index and declared.stage != stage.index:
                raise CannotPurgeError(f"it is declared in line {declared.instruction.lines[0]}, in the stage this one is FROM")
        scripts, _ = may_read(credential, frozenset({stage.index}))
        if scripts:
            line = scripts[0].lines[0]
            raise CannotPurgeError(f"line {line} runs a script of the project, which may read it without naming it here")
        for carrier in credential.carriers:
            stays = not carrier.kept and carrier.removed is None
            if stays and not re.fullmatch(r"[/~][^$*]*", carrier.path):
                raise CannotPurgeError(f"it is written to {carrier.path}, and where that is can't be told")
            if carrier.refused or (carrier.kept and carrier.removed is None and not carrier.clean):
                unknown = f"how to take it out of {carrier.path or 'what is copied back'} is not known"
                raise CannotPurgeError(carrier.refused or unknown)
            if stays and not (carrier.readers or carrier.clean or SECRET_FILES.search(carrier.path)):
                users = [use.command for use in credential.uses if use.instruction is carrier.written]
                if all((entry := facts.catalog.get(each)) is not None and entry.prints for each in users):
                    why = "which stays, and which the running container may read"
                    raise CannotPurgeError(f"it is written to {carrier.path}, {why}")


def _lay_out(
    document: Document, stage: Stage, atoms: Sequence[Atom], credentials: Sequence[Credential], carriers: Sequence[Carrier]
) -> tuple[Layout, Group, tuple[str, ...], list[str]]:
    """The first of the groups to try that may move: whole RUNs, then less and less of them."""
    spans = [span for each in credentials for span in each.spans]
    names = frozenset(name for each in credentials for name in each.names)
    touched = [atom for atom in atoms if atom.is_step and any(_overlap(atom.span, span) for span in spans)]
    refused: Refusal | None = None
    for members in _groups(atoms, touched):
        cleaned, left = without_carriers(atoms, members, carriers, names)
        mine = tuple(cleaned[atoms.index(atom)] for atom in members)
        cut = trunk_end(cleaned, [mine])  # above 1 only where it needs something of the trunk
        group = Group(mine, cut > 1)
        found = extract.lay_out(cleaned, [group], cut)
        wrong = found if isinstance(found, Refusal) else extract.check(document, stage, found)
        if wrong is None and isinstance(found, Layout):
            return found, group, tuple(cleaning(mine, carriers)), left
        refused = wrong
    if refused is None:
        raise CannotPurgeError("no step of the stage could be moved")
    raise CannotPurgeError(f"`{short(refused.atom)}` can't move: {refused.reason}" if refused.atom else refused.reason)


def _groups(atoms: Sequence[Atom], touched: Sequence[Atom]) -> Iterator[tuple[Atom, ...]]:
    places = {atom.place for atom in touched}
    seen: list[tuple[Atom, ...]] = []
    first = {place: min(atoms.index(a) for a in touched if a.place == place) for place in places}
    last = {place: max(atoms.index(a) for a in touched if a.place == place) for place in places}
    whole = tuple(a for a in atoms if a.place in places)
    to_end = tuple(a for a in whole if atoms.index(a) >= first[a.place])
    from_start = tuple(a for a in whole if atoms.index(a) <= last[a.place])
    between = tuple(a for a in to_end if atoms.index(a) <= last[a.place])
    for group in (whole, to_end, from_start, between):
        group = tuple(a for a in group if not a.is_state)
        if group and group not in seen:
            seen.append(group)
            yield group


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _unknown(stage: Stage, credentials: Sequence[Credential], layout: Layout) -> list[str]:
    """Later steps that are taken not to read the credential, for nobody can tell."""
    moved = {atom.instruction for group in layout.groups for atom in group.atoms}
    found: dict[int, str] = {}
    for credential in credentials:
        for run in may_read(credential, frozenset({stage.index}))[1]:
            if run not in moved:
                text = " ".join(run.args.split())
                found[run.lines[0]] = text if len(text) <= 40 else text[:39] + "…"
    return [f"taken not to read it, for it does not name it: line {line}" for line in sorted(found)]
