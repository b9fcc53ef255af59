"""Commands that run another: shells, env, sudo, su, interpreters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dfrefactor.effects.paths import HOLE, written
from dfrefactor.effects.types import Grade
from dfrefactor.effects.words import Arg

if TYPE_CHECKING:
    from dfrefactor.effects.running import Call

PROFILES = ("/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/environment")
_HARMLESS = re.compile(r"echo\s+[A-Z_.\"' ]+;?|print(?:\(RUBY_VERSION\)|\s+RUBY_VERSION)|(?:console\.log\()?process\.[\w.]+\)?;?")
_ASKS = frozenset("-v -V --version -version -m -i --help -h --modules --ini -fullversion".split())
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def login(call_or_draft, home: str | None) -> None:  # type: ignore[no-untyped-def]
    """What a login shell reads before anything else."""
    from dfrefactor.effects.types import Region

    draft = getattr(call_or_draft, "draft", call_or_draft)
    draft.reads |= {Region(each) for each in PROFILES}
    draft.reads.add(Region("/etc/profile.d", "tree"))
    for name in (".profile", ".bash_profile", ".bash_login", ".bashrc", ".login"):
        draft.reads.add(Region(f"{home or '/root'}/{name}"))


def shell(call: Call) -> None:
    """`sh -c text`, `sh file`, or a shell that runs its input."""
    from dfrefactor.effects.running import run

    session, draft = call.session, call.draft
    args = list(call.args)
    if call.name == "bash":
        draft.variables.update(("BASH_ENV", "BASHOPTS", "SHELLOPTS"))
    text: str | None = None
    errexit = pipefail = stdin = False
    while args and args[0].value[:1] in ("-", "+") and len(args[0].value) > 1:
        word = args.pop(0).value
        if word in ("--login", "-l"):
            login(call, session.home)
        elif word.startswith("--"):
            if word in ("--version", "--help"):
                return
            if word in ("--rcfile", "--init-file") and args:
                draft.read(args.pop(0).value)
        else:
            errexit |= "e" in word[1:]
            stdin |= "s" in word[1:]
            if "l" in word[1:] or "i" in word[1:]:
                login(call, session.home)
            if "o" in word[1:] and args:
                name = args.pop(0).value
                pipefail |= name == "pipefail"
                errexit |= name == "errexit"
            if "c" in word[1:]:
                if args:
                    text = args.pop(0).value
                break
    if text is None:
        known_script = args and session.catalog.get(f"*/{args[0].value.rpartition('/')[2]}")
        if known_script:
            run(session, [Arg(args[0].value if "/" in args[0].value else f"./{args[0].value}"), *args[1:]])
        elif args and args[0].value != "-" and not stdin:
            draft.read(args[0].value)
            session.unknown(f"`{written(args[0].value)}` is a script we do not read")
        elif session.stdin is not None:
            _inner(call, session.stdin, (), errexit, pipefail)
        else:
            session.unknown("a shell runs what its input says")
        return
    _inner(call, text, args[1:10], errexit, pipefail)


def _inner(call: Call, text: str, parameters: Sequence[Arg], errexit: bool, pipefail: bool) -> None:
    """Another shell runs `text`."""
    from dfrefactor.shell import parse

    session = call.session
    if HOLE in text:
        session.unknown("shell text that is not known is run")
        return
    if session.depth > 8:
        session.unknown("there is too much to follow")
        return
    with session.subshell():
        for at, arg in enumerate(parameters, 1):
            session.env[str(at)] = None if arg.many else arg.value
        kept, session.shell = session.shell, (call.name, "-c")
        session.piped, session.stdin = False, None
        session.errexit, session.pipefail = errexit, pipefail
        session.script(parse(text), call.draft.unsure)
        session.shell = kept


def env(call: Call) -> None:
    """`env [-i] [-u NAME] NAME=value … command`."""
    from dfrefactor.effects.running import run

    session = call.session
    args = list(call.args)
    with session.subshell():
        while args:
            word = args[0].value
            if word in ("-u", "-C", "--unset", "--chdir") and len(args) > 1:
                if word in ("-C", "--chdir"):
                    call.draft.cwd = call.draft.place(args[1].value)
                else:
                    session.env.pop(args[1].value, None)
                args = args[2:]
            elif word in ("-i", "-", "--ignore-environment"):
                session.env = {}
                args = args[1:]
            elif word.startswith("-"):
                if word.startswith("-S"):
                    session.unknown("`env -S` takes a command apart")
                args = args[1:]
            elif _ASSIGNMENT.match(word):
                name, _, value = word.partition("=")
                session.env[name] = value
                if name == "HOME":
                    session.home = value
                args = args[1:]
            else:
                break
        if args:
            run(session, args)
        else:
            call.draft.variables.add("*")


def sudo(call: Call) -> None:
    """`sudo [-u user] command`: root's HOME may be kept or not, so what is below it is not known."""
    from dfrefactor.effects.running import run

    args = list(call.args)
    user: str | None = "root"
    while args:
        word = args[0].value
        if word in ("-u", "-g", "-h", "-p", "-C", "-r", "-t", "-U", "--user", "--group") and len(args) > 1:
            if word in ("-u", "--user"):
                user = args[1].value
            args = args[2:]
        elif word in ("-i", "-s", "--login", "--shell"):
            login(call, None)
            args = args[1:]
        elif word.startswith("-") or _ASSIGNMENT.match(word):
            args = args[1:]
        else:
            break
    call.draft.system_reads.add("users")
    call.draft.read("/etc/sudoers")
    call.draft.read("/etc/sudoers.d", tree=True)
    _as(call, user, args, run)


def gosu(call: Call) -> None:
    from dfrefactor.effects.running import run

    user = call.operand(0)
    call.draft.system_reads.add("users")
    if user and not user.startswith("-"):
        _as(call, user.partition(":")[0], call.args[1:], run)


def su(call: Call) -> None:
    """`su [-] user -c text`."""
    from dfrefactor.effects.running import run

    call.draft.system_reads.add("users")
    words = call.args
    user, text, at = "root", None, 0
    while at < len(words):
        word = words[at].value
        if word in ("-c", "--command", "-s", "--shell", "-g") and at + 1 < len(words):
            if word in ("-c", "--command"):
                text = words[at + 1]
            at += 1
        elif word in ("-", "-l", "--login"):
            login(call, None)
        elif not word.startswith("-"):
            user = word
        at += 1
    if text is None:
        call.session.unknown("`su` runs a shell")
        return
    login(call, None)
    _as(call, user, [Arg("sh"), Arg("-c"), text], run)


def _as(call: Call, user: str | None, args: list[Arg], run) -> None:  # type: ignore[no-untyped-def]
    session, draft = call.session, call.draft
    kept = session.user, session.home, draft.user
    if user != session.user:
        session.user = draft.user = user
        session.home = "/root" if user == "root" else None
    with session.subshell():
        if args:
            run(session, args)
    session.user, session.home, draft.user = kept


def python(call: Call) -> None:
    """`python -m pip`, `-m venv`, `setup.py`; any other program is not known."""
    from dfrefactor.effects.running import run

    session, draft = call.session, call.draft
    args = list(call.args)
    while args and args[0].value.startswith("-"):
        word = args.pop(0).value
        if word in ("-V", "--version", "-VV", "-h", "--help"):
            return
        if word in ("-W", "-X") and args:
            args.pop(0)
        elif word == "-m" and args:
            name, rest = args[0].value, args[1:]
            if name in ("pip", "venv", "virtualenv", "pipx", "compileall", "poetry", "pipenv", "uv", "ensurepip", "build"):
                draft.variables.add("PYTHON*")
                run(session, [Arg(name if name in ("pip", "pipx", "poetry", "uv", "pipenv") else f"python:{name}"), *rest])
                return
            session.unknown(f"`{call.name} -m {written(name)}` is not in the catalog")
            return
        elif word == "-c" or (word[:2] != "--" and word.endswith("c")):
            session.unknown(f"`{call.name} -c` runs a program")
            return
    if args and args[0].value.rpartition("/")[2] == "setup.py":
        draft.read(args[0].value)
        run(session, [Arg("python:setup.py"), *args[1:]])
    elif args:
        draft.read(args[0].value)
        session.unknown(f"`{call.name}` runs `{written(args[0].value)}`, a program we do not read")
    else:
        session.unknown(f"`{call.name}` runs what its input says")


def interpreter(call: Call) -> None:
    """node, php, java, ruby: a version is harmless, a program is not known."""
    draft, session = call.draft, call.session
    words = [arg.value for arg in call.args]
    if len(words) == 1 and words[0] in _ASKS:
        return
    if len(words) == 2 and words[0] in ("-r", "-p", "-e") and _HARMLESS.fullmatch(words[1]):
        draft.lower(Grade.BOUNDED, f"`{call.name}` runs a program")
        return
    file = next((word for word in words if not word.startswith("-")), None)
    if file is not None:
        draft.read(file)
    program = "a program" if file is None else f"`{written(file)}`, which we do not read"
    session.unknown(f"`{call.name}` runs {program}")
    draft.lower(Grade.UNKNOWN, f"`{call.name}` runs a program")


HANDLERS = {
    "shell": shell, "env": env, "sudo": sudo, "gosu": gosu, "su": su, "python": python, "interpreter": interpreter,
}  # fmt: skip
