"""Whether a step starts a script of the build context, which may read what the file does not name."""

from __future__ import annotations

from dfrefactor.dockerfile.instructions import Add, Copy
from dfrefactor.facts import Facts
from dfrefactor.secrets.paths import covers, of_scope
from dfrefactor.secrets.ran import Ran


def starts_a_script(facts: Facts, ran: Ran) -> bool:
    """Whether a command runs a file that an earlier COPY or ADD brings."""
    args = ran.event.args
    script = args[0].value if args and "/" in args[0].value else ""
    if ran.entry.interprets:
        script = next((arg.value for arg in args[1:] if not arg.value.startswith("-")), "")
    if not script:
        return False
    stage = facts.document.stages[ran.stage]
    path = ran.path(script)
    for each, scope in zip(stage.instructions, facts.scopes(stage), strict=True):
        if isinstance(each, Copy | Add) and not each.flag("from") and each.words and each.span < ran.instruction.span:
            folder = of_scope(each.dest.text, scope)
            if covers(folder, path) or (path.startswith("/") and not folder.startswith("/")):
                return True
    return False
