"""Commands of the shell itself: they change what later commands start from."""

from __future__ import annotations

from dataclasses import replace

from dfrefactor.effects.call import Call, Departs
from dfrefactor.effects.effects import ALL
from dfrefactor.effects.paths import HOLE, known, written
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.words import Arg, parameters

FLAGS = {"e": "errexit", "f": "noglob", "a": "allexport", "u": "nounset", "n": "noexec", "C": "noclobber"}
"""Letters of `set` and their names; `noexec` and others that are not looked at elsewhere do no harm."""


def set_(call: Call) -> None:
    """`set -eux -o pipefail`, `set -- a b`."""
    words = list(call.args)
    if not words:
        call.draft.variables.add(ALL)
    while words:
        word = words.pop(0).value
        if word == "--" or word[:1] not in ("-", "+") or len(word) < 2:
            given = words if word == "--" else [call.args[len(call.args) - len(words) - 1], *words]
            call.after = replace(call.after, parameters=parameters(given))
            break
        if not known(word):
            call.unknown("`set` is given options that are not known")
            break
        on = word[0] == "-"
        for letter in word[1:]:
            name = FLAGS.get(letter, letter)
            if letter == "o" and words:
                name = words.pop(0).value
            call.after = call.after.with_flag(name, on)
            if name == "noexec":
                call.unknown("`set -n` runs nothing from here on")
            if name in ("posix", "noclobber", "vi", "emacs", "B", "H", "E", "T", "P"):
                call.after = call.after.keeping(f"`set {word}`")
    call.failed = call.after


def shift(call: Call) -> None:
    count = call.operand(0) or "1"
    known_ones = call.after.parameters
    call.failed = call.after
    fixed = known_ones is not None and count.isdigit() and not any(each.many for each in known_ones[: int(count)])
    call.after = replace(call.after, parameters=known_ones[int(count) :] if fixed and known_ones is not None else None)


def declare(call: Call) -> None:
    """`export`, `declare`, `local`, `readonly`: assignments by another name."""
    if all(arg.value.startswith("-") for arg in call.args):
        call.draft.variables.add(ALL)  # they are listed
    gone = call.name == "export" and any(arg.value == "-n" for arg in call.args)
    for arg in call.args:
        name, equals, value = arg.value.partition("=")
        if name.startswith("-"):
            if name not in ("-p", "-x", "-r", "-g", "--") and not gone:
                call.unknown(f"`{call.name} {written(name)}` gives variables another meaning")
            continue
        if not known(name):
            call.unknown(f"`{call.name}` names a variable that is not known")
            continue
        appends = name.endswith("+")
        name = name.removesuffix("+")
        if call.name in ("local", "declare", "typeset"):
            call.machine.local(name, call.after)
        exported = False if gone else True if call.name == "export" or "-x" in [each.value for each in call.args] else None
        if equals:
            if tilde := "~" in value and (arg.word is None or not set("\"'\\") & set(arg.word.text)):
                call.draft.variables.add("HOME")
            call.set(name, None if appends or tilde else value, arg.of, exported)
        elif name in call.after.variables:
            before = call.after.variables[name]
            if call.name == "local":
                call.set(name, None)
            elif exported is not None:
                call.after = call.after.with_variable(name, before._replace(exported=exported))
        elif exported is not None:
            call.set(name, None, frozenset({name}), exported)
    if call.state.bash or call.name not in BASH:
        call.failed = call.after


BASH = frozenset("declare typeset pushd popd let source shopt [[".split())
"""Commands of bash that another shell does not find."""


def unset(call: Call) -> None:
    functions = dict(call.after.functions)
    for arg in call.found.operands:
        if not known(arg.value):
            call.unknown("`unset` names a variable that is not known")
        if not call.has("-f"):
            call.unset(arg.value)
        if call.has("-f") or arg.value in functions:
            functions.pop(arg.value, None)
    call.after = replace(call.after, functions=functions)


def read(call: Call) -> None:
    """A line of input: one name of those that `find` prints, or nobody knows what."""
    paths, names = call.input.paths, [arg.value for arg in (*call.found.operands, *call.found.given.get("-a", []))]
    if not all(map(known, names)):
        call.unknown(f"`{call.name}` names a variable that is not known")
    for name in names or ["REPLY"]:
        value = f"{paths[0]}/{call.fresh(call.name)}" if len(paths) == 1 == len(call.found.operands) else None
        call.set(name, value, _feeding(call))
    call.failed = call.after


def _feeding(call: Call) -> frozenset[str]:
    """What input may be made of: it came through a pipe, a file, or stands in the text."""
    return frozenset(call.state.variables) | {name for _, name in call.state.files.secrets}


def eval_(call: Call) -> None:
    text = " ".join(arg.value for arg in call.args)
    if HOLE in text or not known(text):
        call.unreadable("`eval` runs text that is not known")
        return
    one = call.args[0] if len(call.args) == 1 else Arg("", of=frozenset[str]().union(*(arg.of for arg in call.args)))
    _as_it_ends(call, call.run_text(one._replace(value=text), here=True))


def _as_it_ends(call: Call, flow: tuple[ShellState | None, ...]) -> None:
    ok, failed, *_ = flow
    call.after, call.failed = ok or failed or call.after, failed or ok
    call.dead = call.failed is None


def source(call: Call) -> None:
    """`. file`: a virtual environment's activation is known, any other file is not."""
    name = call.operand(0) or ""
    call.draft.read(name)
    path = call.draft.place(name)
    if path is not None and path.endswith("/bin/activate"):
        folder, before = path.removesuffix("/activate"), call.value("PATH")
        call.set("PATH", f"{folder}:{before}" if before else folder, frozenset(), True)
        call.set("VIRTUAL_ENV", folder.removesuffix("/bin"), frozenset(), True)
        return
    if path in ("/etc/os-release", "/usr/lib/os-release", "/etc/lsb-release"):
        for each in ("ID", "VERSION_ID", "VERSION_CODENAME", "NAME", "VERSION", "UBUNTU_CODENAME", "ID_LIKE"):
            call.set(each, None)
        return
    call.unknown(f"`{call.name}` runs a file we do not read")


LEAVES = {"exit": ("shell", "run"), "return": ("function",), "break": ("loop",), "continue": ("loop",)}
"""What commands leave, by their names."""


def leave(call: Call) -> None:
    """`exit`, `return`, `break`, `continue`."""
    given = call.operand(0)
    if call.name in ("break", "continue"):
        call.departs = Departs(call.name, levels=int(given) if given and given.isdigit() else 1 if given is None else 0)
    else:
        call.departs = Departs(call.name, int(given) % 256 != 0 if given is not None and given.isdigit() else None)


def trap(call: Call) -> None:
    """What is run when the shell ends, or at a signal; what is run in between is not followed."""
    operands = call.found.operands
    if len(operands) < 2:
        return
    text, names = operands[0].value, [each.removeprefix("SIG") for each in call.operands[1:]]
    if not known(text) or any(not known(name) or name in ("ERR", "DEBUG", "RETURN") for name in names):
        call.unknown("`trap` runs what is not followed")
        return
    caught = [name for name in names if name not in ("0", "EXIT")] if text not in ("", "-", ":") else []
    if not _FROM_OUTSIDE.issuperset(caught):
        call.unknown("`trap` runs what is not followed")
    call.machine.caught |= bool(caught)
    traps = dict(call.after.traps)
    for name in names:
        traps["EXIT" if name in ("0", "EXIT") else name] = frozenset({None if text in ("-", "") else text})
    call.after = replace(call.after, traps=traps)


_FROM_OUTSIDE = frozenset("HUP INT QUIT TERM 1 2 3 15".split())
"""Signals that end a build, unless something in it sends them."""


def kill(call: Call) -> None:
    """A signal is sent, perhaps to a shell that waits for it."""
    if call.machine.caught:
        call.unknown("`kill` may run what `trap` was given")


def keep(call: Call) -> None:
    """What stays with the shell and can't be told on in a line: aliases, options, limits."""
    call.after = call.after.keeping(f"`{call.name}`")
    if call.name == "alias" and call.args:
        call.unknown("`alias` gives commands another meaning")
    if call.name == "shopt" and any(not known(arg.value) or arg.value in GLOBBING for arg in call.args):
        call.unknown("`shopt` gives words another meaning")


GLOBBING = frozenset("dotglob extglob failglob globstar nocaseglob nullglob lastpipe expand_aliases globskipdots".split())
"""Options of bash that give words, or commands, another meaning."""


def umask(call: Call) -> None:
    if (value := call.operand(0)) is not None:
        mask = int(value, 8) if value.isdigit() and set(value) <= set("01234567") else None
        call.after = replace(call.after, umask=mask)


def command(call: Call) -> None:
    """`command -v name` asks; `command name` runs it, and passes over functions."""
    args = call.args
    if args and args[0].value in ("-v", "-V"):
        call.draft.commands.update(arg.value for arg in args[1:] if known(arg.value))
        return
    while args and args[0].value.startswith("-"):
        args = args[1:]
    if args:
        call.own = len(call.args) - len(args)
        functions = call.after.functions
        _as_it_ends(call, call.run(args, replace(call.after, functions={}), wrapped=False))
        call.after = replace(call.after, functions=functions)
        call.failed = replace(call.failed or call.after, functions=functions)


def exec_(call: Call) -> None:
    """`exec command` ends the shell; without one, its redirections are in force from here on."""
    if call.args:
        call.own = 0
        call.run(call.args, call.after, wrapped=False)
        call.departs = Departs("exit", False)


def test(call: Call) -> None:
    """`test`, `[`, `[[`: looks at the paths it names."""
    words = [arg.value for arg in call.args]
    for at, word in enumerate(words):
        if word in ("-nt", "-ot", "-ef"):
            call.draft.mtime = call.draft.mtime or word != "-ef"
            for each in words[at - 1 : at + 2 : 2]:
                call.draft.read(each)
        elif call.name == "[[" and word in _COMPARES and {"=", "+", "-"} & set("".join(words[at - 1 : at + 2 : 2])):
            call.unknown("`[[` computes, and may set variables")
        elif word == "-v" and at + 1 < len(words):
            call.draft.variables.add(words[at + 1].partition("[")[0] if known(words[at + 1]) else ALL)
        elif len(word) == 2 and word[0] == "-" and word[1] in "abcdefghkprstuwxGLNOS" and at + 1 < len(words):
            call.draft.read(words[at + 1])
    call.failed = call.after


_COMPARES = frozenset("-eq -ne -lt -le -gt -ge".split())


def getopts(call: Call) -> None:
    for each in ("OPTARG", "OPTIND", call.operand(1) or "OPTARG"):
        call.set(each, None, _feeding(call))
    call.failed = call.after


HANDLERS = {
    "set": set_, "shift": shift, "declare": declare, "unset": unset, "read": read, "eval": eval_,
    "source": source, "exit": leave, "trap": trap, "lasting": keep, "umask": umask, "command": command, "exec": exec_,
    "test": test, "getopts": getopts, "kill": kill,
}  # fmt: skip
