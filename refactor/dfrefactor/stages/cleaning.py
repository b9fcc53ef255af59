"""What a group of steps leaves but for the files that only hold a credential, and how the rest is cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dfrefactor.effects import Effects
from dfrefactor.secrets import Carrier
from dfrefactor.secrets.paths import covers, real
from dfrefactor.stages import Atom


def without_carriers(
    atoms: Sequence[Atom], members: Sequence[Atom], carriers: Sequence[Carrier], names: frozenset[str]
) -> tuple[list[Atom], list[str]]:
    """The atoms, their members' footprints without the files that hold a credential, and those files' names.

    Such a file is the group's own business: it is made there, and whoever removes it removes nothing else.  Members read
    all variables of the credential: a tool may do that unnamed.
    """
    secret = [carrier.path for carrier in carriers if not carrier.kept]
    moved = {atom.instruction for atom in members}
    older = [carrier.path for carrier in carriers if carrier.older is not None and carrier.older not in moved]
    mine = [path for path in secret if path not in older]  # what is left of an older one has to be removed where it is
    stay = [carrier.path for carrier in carriers if not carrier.kept and carrier.removed not in moved]
    left: dict[str, None] = {}
    found = []

    def cleaned(footprint: Effects) -> Effects:
        drop = [o for o in footprint.outputs if any(_same(path, o.path) for path in secret)]
        left.update(dict.fromkeys(o.path for o in drop if any(_same(path, o.path) for path in stay)))
        outputs = tuple(output for output in footprint.outputs if output not in drop)
        removes, gone = (
            frozenset(r for r in regions if r.kind != "file" or not any(_same(path, r.path) for path in mine))
            for regions in (footprint.removes, footprint.gone)
        )
        read = footprint.variables | names
        return replace(footprint, outputs=outputs, variables=read, removes=removes, gone=gone)

    for atom in atoms:
        footprint, symbolic = atom.effects, atom.symbolic
        if atom in members:
            footprint = cleaned(footprint)
            symbolic = footprint if atom.symbolic is atom.effects else cleaned(symbolic)
        found.append(replace(atom, effects=footprint, symbolic=symbolic))
    return found, list(left)


def _same(path: str, output: str) -> bool:
    return real(path) == output


def cleaning(group: Sequence[Atom], carriers: Sequence[Carrier]) -> list[str]:
    """Commands for the end of the new stage, so that what is copied back does not hold the credential."""
    trees = [output.path for atom in group for output in atom.effects.outputs]
    found: dict[str, None] = {}
    for carrier in carriers:
        if carrier.kept and carrier.removed is None:
            found |= dict.fromkeys(carrier.clean)
        elif not carrier.kept and carrier.removed is None and any(covers(tree, real(carrier.path)) for tree in trees):
            found[f"rm -f {carrier.exact or carrier.path}"] = None
    return list(found)
