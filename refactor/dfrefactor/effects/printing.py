"""What `$(…)` prints, for the few commands whose output is plain."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dfrefactor.effects.paths import HOLE, STAR, hole, known
from dfrefactor.shell import Script, Simple

if TYPE_CHECKING:
    from dfrefactor.effects.running import Call
    from dfrefactor.effects.session import Session


def printed(session: Session, script: Script) -> str | None:
    """The output of `script`, its final newlines gone; None where it takes a running shell."""
    if len(script.items) != 1 or not isinstance(command := script.items[0].command, Simple) or command.assignments:
        return None
    args = [arg for word in command.words for arg in session.values.args(word)]
    if not args or any(arg.many for arg in args):
        return None
    name, *rest = [arg.value for arg in args]
    match name, rest:
        case "mktemp", _:
            return _mktemp(session, rest)
        case "pwd", []:
            return session.draft.cwd
        case "echo", [*words] if all(known(word) and "\\" not in word and word[:1] != "-" for word in words):
            return " ".join(words)
        case "dirname", [path] if HOLE not in path:
            return posixpath.dirname(path.rstrip("/")) or "."
        case "basename", [path] if known(path):
            return posixpath.basename(path.rstrip("/"))
        case "whoami" | "id", [] | ["-un"] if session.user in ("root", "0"):
            return "root"
    return None


def _mktemp(session: Session, args: list[str]) -> str | None:
    """A name nobody else has, below /tmp unless it is told otherwise."""
    session.count += 1
    unique = hole(f"mktemp#{session.count}")
    rest = [arg for arg in args if arg not in ("-d", "-q", "--directory", "--quiet", "-dq", "-qd")]
    if not rest and "TMPDIR" not in session.env:
        return f"/tmp/tmp.{unique}"
    if len(rest) == 1 and rest[0].startswith("/") and "X" in rest[0]:
        return f"{rest[0].rstrip('X')}{unique}"
    return None


def mktemp_path(call: Call) -> str | None:
    """Where `mktemp` makes its file, with a hole for its name."""
    template = call.operand(0)
    folder = call.found.value("-p") or call.found.value("--tmpdir")
    if "TMPDIR" in call.session.env and (template is None or call.has("-t", "-p", "--tmpdir")):
        base = call.session.env["TMPDIR"] or hole("TMPDIR")
    else:
        base = folder.value if folder and folder.value else "/tmp"
    unique = hole("mktemp")
    if template is None:
        return f"{base}/tmp.{unique}"
    start = template.rpartition("/")[0]
    name = template.rpartition("/")[2].partition("X")[0].replace(STAR, "")
    if call.has("-t", "-p", "--tmpdir"):
        return f"{base}/{start + '/' if start else ''}{name}{unique}"
    return f"{start + '/' if start or template.startswith('/') else ''}{name}{unique}"
