"""Commands of the shell itself: they change what later commands start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfrefactor.effects.paths import HOLE, absolute, hole, known
from dfrefactor.effects.types import ALL

if TYPE_CHECKING:
    from dfrefactor.effects.running import Call


def cd(call: Call) -> None:
    """`cd`, `pushd`.  CDPATH makes a relative one go elsewhere."""
    session, draft = call.session, call.draft
    operands = [each.value for each in call.found.operands]
    target = operands[0] if operands else session.home
    if not operands:
        draft.variables.add("HOME")
    target = session.env.get("OLDPWD") if target == "-" else target
    session.env["OLDPWD"] = draft.cwd
    if target is None:
        draft.cwd = None
        return
    if call.name == "pushd":
        session.env["#pushed"] = draft.cwd
    if not target.startswith(("/", ".")) and "CDPATH" in session.env:
        draft.cwd = None
        return
    draft.read(target)
    path = absolute(target, draft.cwd)
    here = draft.cwd
    draft.cwd = draft.files.real(path) if path is not None else None
    certain = draft.cwd is not None and draft.files.kind(draft.cwd) == "dir" and (call.name == "cd" or session.bash)
    if not draft.unsure or certain:
        draft.also = ()
    elif here is not None:
        draft.also = tuple(dict.fromkeys((here, *draft.also, *filter(None, (absolute(target, each) for each in draft.also)))))
    if len(draft.also) > 4:
        draft.also, draft.cwd = (), None


def popd(call: Call) -> None:
    call.draft.cwd = call.session.env.pop("#pushed", None)


def set_(call: Call) -> None:
    """`set -eux -o pipefail`."""
    session = call.session
    words = [arg.value for arg in call.args]
    if not words:
        call.draft.variables.add(ALL)
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--" or word[:1] not in "-+" or not word:
            for name in "123456789@*":
                session.env[name] = None
            break
        on = word[0] == "-"
        for letter in word[1:]:
            if letter == "e":
                session.errexit = on
            elif letter == "f" or letter == "a":
                session.lasting.add("set")
            elif letter == "o":
                at += 1
                name = words[at] if at < len(words) else ""
                if name == "errexit":
                    session.errexit = on
                elif name == "pipefail":
                    session.pipefail = on
        at += 1


def declare(call: Call) -> None:
    """`export`, `declare`, `local`, `readonly`: assignments by another name."""
    session = call.session
    if all(arg.value.startswith("-") for arg in call.args):
        call.draft.variables.add(ALL)  # they are listed
    for arg in call.args:
        name, equals, value = arg.value.partition("=")
        if name.startswith("-"):
            continue
        if equals:
            session.set(name.removesuffix("+"), None if name.endswith("+") else value)
        if call.name in ("export", "declare", "typeset") and not name.startswith(HOLE):
            session.lasting.add(f"export {name}")
            session.assigned.add(name)


def unset(call: Call) -> None:
    for arg in call.found.operands:
        call.session.env.pop(arg.value, None)
        call.session.assigned.add(arg.value)
        call.session.lasting.add(f"export {arg.value}")


def read(call: Call) -> None:
    feed = call.session.feed
    for arg in call.found.operands:
        call.session.set(arg.value, f"{feed[0]}/{fresh(call)}" if len(feed) == 1 == len(call.found.operands) else None)


def eval_(call: Call) -> None:
    from dfrefactor.shell import parse

    text = " ".join(arg.value for arg in call.args)
    if HOLE in text or not known(text):
        call.session.unknown("`eval` runs text that is not known")
        return
    call.session.script(parse(text), call.draft.unsure)


def source(call: Call) -> None:
    """`. file`: a virtual environment's activation is known, any other file is not."""
    session, draft = call.session, call.draft
    name = call.operand(0) or ""
    draft.read(name)
    path = draft.place(name)
    if path is not None and path.endswith("/bin/activate"):
        folder = path.removesuffix("/activate")
        before = session.env.get("PATH")
        session.set("PATH", f"{folder}:{before}" if before else folder)
        session.set("VIRTUAL_ENV", folder.removesuffix("/bin"))
        session.lasting.add("export PATH")
        return
    if path in ("/etc/os-release", "/usr/lib/os-release", "/etc/lsb-release"):
        for each in ("ID", "VERSION_ID", "VERSION_CODENAME", "NAME", "VERSION", "UBUNTU_CODENAME", "ID_LIKE"):
            session.set(each, None)
        return
    session.lasting.add("function")
    session.unknown(f"`{call.name}` runs a file we do not read")


def exit_(call: Call) -> None:
    call.session.stopped = True


def lasting(call: Call) -> None:
    """What stays with the shell and can't be told on in a line: traps, aliases."""
    call.session.lasting.add(call.name)
    if call.name == "trap" and len(call.args) > 1 and call.args[0].value not in ("-", ""):
        from dfrefactor.effects.running import shell_text

        with call.session.unsure("it runs when the shell ends"):
            shell_text(call.session, call.args[0].value)
    if call.name == "alias" and call.args:
        call.session.unknown("`alias` gives commands another meaning")


def umask(call: Call) -> None:
    value = call.operand(0)
    if value is not None:
        call.draft.umask = int(value, 8) if value.isdigit() and set(value) <= set("01234567") else None
        call.session.lasting.add("umask")


def command(call: Call) -> None:
    """`command -v name` asks; `command name` runs it."""
    from dfrefactor.effects.running import run

    args = call.args
    if args and args[0].value in ("-v", "-V"):
        call.draft.commands.update(arg.value for arg in args[1:] if known(arg.value))
        return
    while args and args[0].value.startswith("-"):
        args = args[1:]
    kept, call.session.functions = call.session.functions, {}  # it passes over functions
    run(call.session, args)
    call.session.functions = kept


def test(call: Call) -> None:
    """`test`, `[`, `[[`: looks at the paths it names."""
    words = [arg.value for arg in call.args]
    for at, word in enumerate(words):
        if word in ("-nt", "-ot", "-ef"):
            call.draft.mtime = call.draft.mtime or word != "-ef"
            for each in words[at - 1 : at + 2 : 2]:
                call.draft.read(each)
        elif word == "-v" and at + 1 < len(words):
            call.draft.variables.add(words[at + 1].partition("[")[0] if known(words[at + 1]) else ALL)
        elif len(word) == 2 and word[0] == "-" and word[1] in "abcdefghkprstuwxGLNOS" and at + 1 < len(words):
            call.draft.read(words[at + 1])


def getopts(call: Call) -> None:
    for each in ("OPTARG", "OPTIND", call.operand(1) or "OPTARG"):
        call.session.set(each, None)


def fresh(call: Call) -> str:
    call.session.count += 1
    return hole(f"{call.name}#{call.session.count}")


HANDLERS = {
    "cd": cd, "popd": popd, "set": set_, "declare": declare, "unset": unset, "read": read, "eval": eval_,
    "source": source, "exit": exit_, "lasting": lasting, "umask": umask, "command": command, "test": test,
    "getopts": getopts,
}  # fmt: skip
