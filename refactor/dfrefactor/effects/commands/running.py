"""Commands that run another in a way of their own: shells, interpreters."""

from __future__ import annotations

from dataclasses import replace

from dfrefactor.effects.call import Call, outside
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import known, written
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.words import Arg, parameters
from dfrefactor.effects.wrappers import profiles
from dfrefactor.lazy import regex

_HARMLESS = regex(r"echo\s+[A-Z_.\"' ]+;?|print(?:\(RUBY_VERSION\)|\s+RUBY_VERSION)|(?:console\.log\()?process\.[\w.]+\)?;?")
_ASKS = frozenset("-v -V --version -version -m -i --help -h --modules --ini -fullversion".split())
_LETTERS = {"e": "errexit", "f": "noglob", "a": "allexport", "u": "nounset"}


def shell(call: Call) -> None:
    """`sh -c text`, `sh file`, or a shell that runs its input."""
    draft, inner = call.draft, outside(call.after)
    args = list(call.args)
    if call.name == "bash":
        draft.variables.update(("BASH_ENV", "BASHOPTS", "SHELLOPTS"))
        if call.state.has("BASH_ENV"):
            call.unknown("bash runs the file that `BASH_ENV` names first")
    text: Arg | None = None
    stdin = False
    while args and args[0].value[:1] in ("-", "+") and len(args[0].value) > 1:
        word = args.pop(0).value
        if word in ("--login", "-l"):
            draft.reads |= profiles(call.home)
        elif word.startswith("--"):
            if word in ("--version", "--help"):
                return
            if word in ("--rcfile", "--init-file") and args:
                draft.read(args.pop(0).value)
            elif word not in ("--norc", "--noprofile", "--posix", "--verbose"):
                call.unknown(f"the option `{written(word)}` of `{call.name}` is not in the catalog")
        else:
            stdin |= "s" in word[1:]
            if "l" in word[1:] or "i" in word[1:]:
                draft.reads |= profiles(call.home)
            for letter in word[1:]:
                if letter in _LETTERS:
                    inner = inner.with_flag(_LETTERS[letter], word[0] == "-")
                elif letter == "o" and args:
                    inner = inner.with_flag(args.pop(0).value, word[0] == "-")
                elif letter not in "cilsxv":
                    call.unknown(f"the option `{written(word)}` of `{call.name}` is not in the catalog")
            if "c" in word[1:]:
                text = args.pop(0) if args else None
                break
    inner = replace(inner, shell=(call.name, "-c"))
    call.own = len(call.args) - len(args)
    if text is not None:
        _text(call, text, replace(inner, parameters=parameters(args[1:])))
    elif args and (entry := call.machine.catalog.get(f"*/{args[0].value.rpartition('/')[2]}")) is not None and entry.name:
        first = args[0].value
        call.run([args[0]._replace(value=first if "/" in first else f"./{first}"), *args[1:]], inner)
    elif args and args[0].value != "-" and not stdin:
        draft.read(args[0].value)
        call.unknown(f"`{written(args[0].value)}` is a script we do not read")
    elif (given := call.input).text is not None and given.word is not None:
        _text(call, Arg(given.text, False, given.word, given.of), replace(inner, parameters=parameters(args)))
    else:
        call.unknown("a shell runs what its input says")


def _text(call: Call, text: Arg, inner: ShellState) -> None:
    if known(text.value):
        call.run_text(text, inner)
    else:
        call.unreadable("shell text that is not known is run")


def interpreter(call: Call) -> None:
    """node, php, java, ruby: a version is harmless, a program is not known."""
    words = [arg.value for arg in call.args]
    if len(words) == 1 and words[0] in _ASKS:
        return
    if len(words) == 2 and words[0] in ("-r", "-p", "-e") and _HARMLESS.fullmatch(words[1]):
        call.draft.lower(Grade.BOUNDED, f"`{call.name}` runs a program")
        return
    if (file := next((word for word in words if not word.startswith("-")), None)) is not None:
        call.draft.read(file)
        call.unknown(f"`{call.name}` runs `{written(file)}`, which we do not read")
    call.unknown(f"`{call.name}` runs a program")


def python(call: Call) -> None:
    """`python -m pip`, `-m venv`, `setup.py`; any other program is not known."""
    draft = call.draft
    args = list(call.args)
    while args and args[0].value.startswith("-"):
        word = args.pop(0).value
        if word in ("-V", "--version", "-VV", "-h", "--help"):
            return
        if word in ("-W", "-X") and args:
            args.pop(0)
        elif word == "-m" and args:
            _module(call, args)
            return
        elif word == "-c" or (word[:2] != "--" and word.endswith("c")):
            call.unknown(f"`{call.name} -c` runs a program")
            return
    if args and args[0].value.rpartition("/")[2] == "setup.py":
        draft.read(args[0].value)
        call.run([args[0]._replace(value="python:setup.py"), *args[1:]])
    elif args:
        draft.read(args[0].value)
        call.unknown(f"`{call.name}` runs `{written(args[0].value)}`, a program we do not read")
    else:
        call.unknown(f"`{call.name}` runs what its input says")


def _module(call: Call, args: list[Arg]) -> None:
    """A module that is a command, under its own name or as `python:NAME`."""
    name = args[0].value
    call.own = len(call.args) - len(args)
    call.draft.variables.add("PYTHON*")
    for each in (f"python:{name}", name):
        entry = call.machine.catalog.get(each) if known(name) else None
        if entry is not None and (each != name or "PIP_*" in entry.variables or entry.handler in ("venv", "homes")):
            call.run([args[0]._replace(value=each), *args[1:]])
            return
    call.unknown(f"`{call.name} -m {written(name)}` is not in the catalog")


HANDLERS = {"shell": shell, "python": python, "interpreter": interpreter}
