"""What `$(…)` prints, for the few commands whose output is plain."""

from __future__ import annotations

import posixpath

from dfrefactor.effects.call import Call
from dfrefactor.effects.paths import HOLE, STAR, hole, known
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.trace import Event


def printed(event: Event, site: str) -> str | None:
    """The output of a command, its final newlines gone; None where it takes a running shell."""
    if event.assigns or event.redirects or not event.args or any(arg.many for arg in event.args):
        return None
    name, *rest = [arg.value for arg in event.args]
    match name, rest:
        case "mktemp", _:
            return _mktemp(event.state, rest, site)
        case "pwd", []:
            return event.state.named
        case "echo", [*words] if all(known(word) and "\\" not in word and word[:1] != "-" for word in words):
            return " ".join(words)
        case "dirname", [path] if HOLE not in path:
            return posixpath.dirname(path.rstrip("/")) or "."
        case "basename", [path] if known(path):
            return posixpath.basename(path.rstrip("/"))
        case "whoami" | "id", [] | ["-un"] if event.state.user in ("root", "0") and (name == "whoami" or rest):
            return "root"
    return None


def _mktemp(state: ShellState, args: list[str], site: str) -> str | None:
    """A name nobody else has, below /tmp unless it is told otherwise."""
    unique = hole(f"mktemp#{site}")
    rest = [arg for arg in args if arg not in ("-d", "-q", "--directory", "--quiet", "-dq", "-qd")]
    if not rest and not state.has("TMPDIR"):
        return f"/tmp/tmp.{unique}"
    if len(rest) == 1 and rest[0].startswith("/") and rest[0].endswith("XXX"):
        return f"{rest[0].rstrip('X')}{unique}"
    return None


def mktemp_path(call: Call) -> str:
    """Where `mktemp` makes its file, with a hole for its name."""
    template, below = call.operand(0), call.has("-t", "-p", "--tmpdir")
    base = call.text("-p" if call.has("-p") else "--tmpdir")
    if not base:
        moved = call.state.has("TMPDIR") and (template is None or below)
        base = (call.value("TMPDIR") or hole("TMPDIR")) if moved else "/tmp"
    unique = call.fresh("mktemp")
    if template is None:
        return f"{base}/tmp.{unique}"
    start, slash, name = template.rpartition("/")
    name = name.partition("X")[0].replace(STAR, "")
    if below:
        return f"{base}/{start + '/' if start else ''}{name}{unique}"
    return f"{start}{slash}{name}{unique}"
