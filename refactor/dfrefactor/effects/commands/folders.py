"""`cd`, `pushd` and `popd`: where the shell works, and by which names it came there."""

from __future__ import annotations

from dataclasses import replace

from dfrefactor.effects.call import Call
from dfrefactor.effects.paths import absolute, known
from dfrefactor.effects.state import MOST_FOLDERS


def cd(call: Call) -> None:
    """`cd`, `pushd`.  CDPATH makes a relative one go elsewhere."""
    operands = call.operands
    target = operands[0] if operands else call.home
    state = call.after
    call.failed = state
    if not operands:
        call.draft.variables.add("HOME")
    if call.name == "pushd" and (not operands or operands[0][:1] in "+-"):
        target = None  # folders change places
    elif target == "-":
        call.draft.variables.add("OLDPWD")
        target = state.value("OLDPWD")
    if call.name == "pushd":
        call.after = replace(state, pushed=(*state.pushed, state.named) if state.pushed is not None else None)
    if target is not None and not target.startswith(("/", ".")):
        call.draft.variables.add("CDPATH")
    certain = _move(call, target)
    call.set("OLDPWD", state.named)
    if certain and (call.name == "cd" or state.bash):
        call.failed = call.after


def _move(call: Call, target: str | None) -> bool:
    """Go to `target`; whether that can't fail."""
    draft, state = call.draft, call.after
    if target is None or (not target.startswith(("/", ".")) and state.variables.get("CDPATH") is not None):
        call.after = replace(state, cwd=None, also=()).called(())
        return False
    draft.read(target)
    if call.has("-P") or not state.flags.keys().isdisjoint(("P", "physical")):
        plain = not state.also and not draft.files.perhaps
        ways = [draft.place(target) if plain else None]
    elif "PWD" in state.variables:  # by the names that led there, `..` too
        ways = [absolute(target, state.named)]
    else:
        ways = [absolute(target, each) for each in (state.cwd, *state.also)]
    places = list(dict.fromkeys(draft.files.real(each) if each is not None else None for each in ways))
    lost = None in places or len(places) > MOST_FOLDERS
    found = [each for each in places if each is not None]
    call.after = replace(state, cwd=None if lost else found[0], also=() if lost else tuple(found[1:])).called(ways)
    sure = ".." not in target.split("/")  # a name before it may not be there
    return not lost and sure and len(found) == 1 and known(found[0]) and draft.files.kind(found[0]) == "dir"


def popd(call: Call) -> None:
    call.failed = call.after
    pushed = call.after.pushed
    if pushed and pushed[-1] is not None:
        there = replace(call.after, cwd=call.draft.files.real(pushed[-1]), also=(), pushed=pushed[:-1])
        call.after = there.called(pushed[-1:])
    else:
        call.after = replace(call.after, cwd=None, also=(), pushed=pushed and pushed[:-1])


HANDLERS = {"cd": cd, "popd": popd}
