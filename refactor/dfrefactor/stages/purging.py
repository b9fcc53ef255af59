"""The `builder` strategy of purge-credentials: the steps that use credentials become a stage of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dfrefactor import stages as extract
from dfrefactor.dockerfile.instructions import Arg, Env
from dfrefactor.dockerfile.model import Document, Stage, parse
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.paths import Region, covers, written
from dfrefactor.facts import Facts
from dfrefactor.secrets.exposure import may_read
from dfrefactor.secrets.paths import real
from dfrefactor.secrets.plan import CannotPurgeError, Purge, changed, environment_of, variables_gone, without
from dfrefactor.secrets.types import Carrier, Credential, Declaration, Use
from dfrefactor.stages import Atom, Group, Layout, Refusal, short
from dfrefactor.stages.grouping import need, trunk_end
from dfrefactor.stages.outputs import leftovers
from dfrefactor.text.edit import Edit, apply

RULE = "purge-credentials"


def _without_carriers(atoms: Sequence[Atom], members: Sequence[Atom], carriers: Sequence[Carrier],
                      names: frozenset[str]) -> tuple[list[Atom], list[str]]:  # fmt: skip
    """The atoms, their members' footprints without the files that hold a credential, and those files' names.

    Such a file is the group's own business: it is made there, and whoever removes it removes nothing else.  Members read
    all variables of the credential: a tool may do that unnamed.
    """
    own = [(real(carrier.path), carrier) for carrier in carriers if not carrier.kept]
    moved = {atom.instruction for atom in members}
    secret = {path for path, _ in own}
    # what is left of an older one has to be removed where it is
    mine = secret - {real(carrier.path) for carrier in carriers if carrier.older is not None and carrier.older not in moved}
    stay = {path for path, carrier in own if carrier.removed not in moved}
    left: dict[str, None] = {}

    def cleaned(footprint: Effects) -> Effects:
        drop = [o for o in footprint.outputs if o.path in secret]
        left.update(dict.fromkeys(o.path for o in drop if o.path in stay))
        outputs = tuple(output for output in footprint.outputs if output not in drop)
        made = {Region(path) for path in mine}
        return replace(footprint, outputs=outputs, variables=footprint.variables | names,
                       removes=footprint.removes - made, gone=footprint.gone - made)  # fmt: skip

    def without_them(atom: Atom) -> Atom:
        effects, symbolic = cleaned(atom.effects), cleaned(atom.symbolic)
        return replace(atom, effects=effects, names=lambda: effects if atom.symbolic is atom.effects else symbolic)

    return [without_them(atom) if atom in members else atom for atom in atoms], list(left)


def _cleaning(group: Sequence[Atom], carriers: Sequence[Carrier]) -> list[str]:
    """Commands for the end of the new stage, so that what is copied back does not hold the credential."""
    trees = [output.path for atom in group for output in atom.effects.outputs]
    found: dict[str, None] = {}
    for carrier in carriers:
        if carrier.kept and carrier.removed is None:
            found |= dict.fromkeys(carrier.clean)
        elif carrier.is_left and any(covers(tree, real(carrier.path)) for tree in trees):
            found[f"rm -f {carrier.exact or carrier.path}"] = None
    return list(found)


def move(facts: Facts, stage: Stage, credentials: Sequence[Credential]) -> Purge:
    """Edits that move all steps of `stage` that use one of `credentials` into a builder stage.  Raises CannotPurgeError."""
    document = facts.document
    _may_move(facts, stage, credentials)
    if refusal := extract.stage_refusal(stage):
        raise CannotPurgeError(refusal.reason)
    carriers = [carrier for each in credentials for carrier in each.carriers if carrier.stage == stage.index]
    atoms = extract.atoms(facts, stage, RULE)
    layout, group, append, left = _lay_out(facts, stage, atoms, credentials, carriers)
    private = frozenset(name for each in credentials for name in each.names)
    split = extract.split(facts, stage, layout, lambda _: ("builder",), {group: append}, private)
    if not split.moves:
        return Purge(split.edits, "stages are named, for their numbers will change", gone=split.gone, new=split.new)
    name, copied = split.moves[0].name, [written(path) for path in split.moves[0].copied]
    values = [document.source.text[span.start : span.end] for each in credentials for span in each.values]
    if any(value in path for value in values for path in copied):
        raise CannotPurgeError("it stands in the name of what that leaves")
    back = f"{', '.join(copied)} {'is' if len(copied) == 1 else 'are'} copied back"
    behind = dict.fromkeys([*left, *split.behind.get(name, ())])
    said = [leftovers(name, behind)] if behind else []
    if append:
        kept = ", ".join(carrier.path for carrier in carriers if carrier.kept and carrier.removed is None)
        said.append(f"{name} takes it out of {kept} before that is copied")
    said += _unknown(stage, credentials, layout)
    new = split.new | {f"RUN {' '.join(command.split())}" for command in append}
    gone = split.gone | _undeclared_by(document, split.edits, credentials)
    config = frozenset(each for credential in credentials for each in variables_gone(credential))
    return Purge(split.edits, f"the steps that use it move to stage {name}, and {back}", tuple(said), gone, new, config)


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


def undeclared(stage: Stage, credentials: Sequence[Credential]) -> Purge:
    """Edits that take the declarations out of a stage where nothing uses the credential.  Raises CannotPurgeError."""
    document = stage.document
    if any(credential.kind != "variable" for credential in credentials):
        raise CannotPurgeError("no step is seen to use it")
    for use, declared in _declared(document, credentials):
        if declared.stage == stage.index:
            raise CannotPurgeError(f"line {use.instruction.lines[0]}, in a stage FROM this one, uses it")
    mine = [d for credential in credentials for d in credential.declarations if d.stage == stage.index]
    for credential in credentials:
        scripts, others = may_read(credential, frozenset({stage.index}))
        if credential.configured:
            raise CannotPurgeError("the file names it in some tool's configuration, and no step is seen to read that")
        if not credential.uses and (scripts or others):
            line, name = (scripts or others)[0].lines[0], credential.name
            raise CannotPurgeError(f"no step names it, and line {line} runs what may read it: name it there (`{name}=${name} …`)")
    edits = tuple(without(mine))
    gone, new = changed(document, edits, (d.instruction for d in mine))
    config = frozenset(f"ENV {d.pair.key}" for d in mine if d.is_env)
    return Purge(edits, "nothing in this stage uses it: its declaration goes", gone=gone, new=new, config=config)


def _declared(document: Document, credentials: Sequence[Credential]) -> Iterator[tuple[Use, Declaration]]:
    """Uses of variables, each with the declaration that counts for it."""
    for credential in credentials:
        for use in credential.uses:
            if declared := environment_of(document, use.variable, use.instruction, credential.declarations):
                yield use, declared


def _may_move(facts: Facts, stage: Stage, credentials: Sequence[Credential]) -> None:
    for credential in credentials:
        for use, declared in _declared(facts.document, [credential]):
            if use.stage != stage.index and declared.stage == stage.index:
                raise CannotPurgeError(f"line {use.instruction.lines[0]}, in a stage FROM this one, uses it too")
            if use.stage == stage.index and declared.stage != stage.index:
                raise CannotPurgeError(f"it is declared in line {declared.instruction.lines[0]}, in the stage this one is FROM")
        scripts, _ = may_read(credential, frozenset({stage.index}))
        if scripts:
            line = scripts[0].lines[0]
            raise CannotPurgeError(f"line {line} runs a script of the project, which may read it without naming it here")
        for carrier in credential.carriers:
            if carrier.is_left and not re.fullmatch(r"[/~][^$*]*", carrier.path):
                raise CannotPurgeError(f"it is written to {carrier.path}, and where that is can't be told")
            if carrier.refused or (carrier.kept and carrier.removed is None and not carrier.clean):
                unknown = f"how to take it out of {carrier.path or 'what is copied back'} is not known"
                raise CannotPurgeError(carrier.refused or unknown)
            users = [use.command for use in credential.uses if use.instruction is carrier.written]
            if carrier.is_for_later and all((entry := facts.catalog.get(each)) is not None and entry.prints for each in users):
                raise CannotPurgeError(f"it is written to {carrier.path}, which stays, and which the running container may read")


def _lay_out(facts: Facts, stage: Stage, atoms: Sequence[Atom], credentials: Sequence[Credential],
             carriers: Sequence[Carrier]) -> tuple[Layout, Group, tuple[str, ...], list[str]]:  # fmt: skip
    """The first of the groups to try that may move: whole RUNs, then less and less of them."""
    spans = [span for each in credentials for span in each.spans]
    names = frozenset(name for each in credentials for name in each.names)
    touched = [atom for atom in atoms if atom.is_step and any(atom.span.overlaps(span) for span in spans)]
    refused: Refusal | None = None
    for members in _groups(atoms, touched):
        cleaned, left = _without_carriers(atoms, members, carriers, names)
        mine = tuple(cleaned[atoms.index(atom)] for atom in members)
        cut = trunk_end(cleaned, [mine], need(cleaned, mine, [mine]))  # above 1 only where it needs something of the trunk
        group = Group(mine, cut > 1)
        found = extract.lay_out(cleaned, [group], cut)
        found = found if isinstance(found, Refusal) else extract.check(facts, stage, found)
        if isinstance(found, Layout):
            return found, group, tuple(_cleaning(mine, carriers)), left
        refused = found
    if refused is None:
        raise CannotPurgeError("no step of the stage could be moved")
    raise CannotPurgeError(f"`{short(refused.atom)}` can't move: {refused.reason}" if refused.atom else refused.reason)


def _groups(atoms: Sequence[Atom], touched: Sequence[Atom]) -> Iterator[tuple[Atom, ...]]:
    last = {atom.place: at for at, atom in enumerate(atoms) if atom in touched}
    first = {atom.place: at for at, atom in reversed(list(enumerate(atoms))) if atom in touched}
    whole = [(at, atom) for at, atom in enumerate(atoms) if atom.place in first and not atom.is_state]
    to_end = [(at, atom) for at, atom in whole if at >= first[atom.place]]
    from_start = [(at, atom) for at, atom in whole if at <= last[atom.place]]
    between = [(at, atom) for at, atom in to_end if at <= last[atom.place]]
    groups = (tuple(atom for _, atom in each) for each in (whole, to_end, from_start, between))
    yield from dict.fromkeys(group for group in groups if group)


def _unknown(stage: Stage, credentials: Sequence[Credential], layout: Layout) -> list[str]:
    """Later steps that are taken not to read the credential, for nobody can tell."""
    moved = {atom.instruction for group in layout.groups for atom in group.atoms}
    steps = {step for each in credentials for step in may_read(each, frozenset({stage.index}))[1]} - moved
    return [f"taken not to read it, for it does not name it: line {line}" for line in sorted({step.lines[0] for step in steps})]
