"""The commands between two `;`: which of them may not be run, or fail without notice."""

from __future__ import annotations

from collections.abc import Sequence

from dfrefactor.effects.call import Context
from dfrefactor.shell import Command, Group, Item, Simple


def chain_end(items: Sequence[Item], at: int) -> int:
    """The last item of the chain of `&&` and `||` that starts at `at`."""
    while items[at].joins in ("&&", "||") and at + 1 < len(items):
        at += 1
    return at


def placed(
    items: Sequence[Item], at: int, first: int, last: int, errexit: bool, leaving: tuple[str, ...], context: Context
) -> Context:
    """What holds for item `at` of a chain, from `first` to `last`, of a list in `context`; `leaving` as `Frames` has it."""
    alternative = at > first and items[at - 1].joins == "||"
    deaf = context.deaf or at < last
    final = last + 1 == len(items)
    wants = (
        context.wants or bool(context.doubt) or not final
        or any(items[each].joins == "||" for each in range(at, last))
    )  # fmt: skip
    doubt, status = context.doubt, context.status
    if not doubt:
        doubt = _doubt(items, at, first, last, errexit and not context.deaf, status, leaving)
        status = status and final
    return context._replace(doubt=doubt, status=status, deaf=deaf, alternative=alternative, wants=wants)


def _doubt(items: Sequence[Item], at: int, first: int, last: int, errexit: bool, status: bool, leaves: tuple[str, ...]) -> str:
    """Why command `at` of a chain may not be run, or may fail without notice."""
    if items[last].joins == "&":
        return "it runs in the background"
    if at > first and items[at - 1].joins == "||":
        return "it runs only if what stands before `||` fails"
    for each in range(at, last):
        if items[each].joins == "||" and not _gives_up(items[each + 1].command, leaves):
            return "`||` hides its failure"
    if at < last and items[last - 1].joins == "||" and _gives_up(items[last].command, leaves):
        return ""  # `… || exit 1`
    if last + 1 < len(items) and not errexit:
        return "a failure of it goes unnoticed (no `set -e`)"
    if first != last and (last + 1 < len(items) or not status):
        return "`set -e` does not see it fail"
    return ""


def _gives_up(command: Command, leaves: tuple[str, ...]) -> bool:
    """Whether a command only ends the shell, or the function, with a failure."""
    if isinstance(command, Group):
        return not command.subshell and bool(command.body.items) and _gives_up(command.body.items[-1].command, leaves)
    if not isinstance(command, Simple) or not command.words or command.words[0].value not in leaves:
        return False
    status = command.words[1].value if len(command.words) > 1 else None
    return len(command.words) == 1 or status not in (None, "0")
