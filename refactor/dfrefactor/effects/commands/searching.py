"""find, xargs, grep, sed, awk, perl, checksums: tools that take their files or their program as text."""

from __future__ import annotations

import re

from dfrefactor.effects.arguments import apportion
from dfrefactor.effects.call import Call
from dfrefactor.effects.effects import ALL
from dfrefactor.effects.output import Grade, Output
from dfrefactor.effects.paths import HOLE, STAR, hole, known, region, written
from dfrefactor.effects.roles import apply_roles, options
from dfrefactor.effects.words import Arg
from dfrefactor.lazy import regex

_SED = regex(
    r"""(?xs) [\s;{}!,]+ | \#[^\n]* | [0-9~+$]+ | \ufdd0[^\ufdd1]*\ufdd1
    | /(?:\\.|[^/\\])*/[IM]* | \\(?P<a>[^\n\\])(?:\\.|(?!(?P=a))[^\\])*(?P=a)[IM]*
    | [sy](?P<s>[^\n\\])(?:(?:\\.|(?!(?P=s))[^\\])*(?P=s)){2}[gpIiMm0-9]*(?P<flag>[we]?[gpIiMm0-9]*)
    | [aic](?:[^\n\\]|\\.)* | [:btT][^;\n}]* | [=dDgGhHnNpPxqQlFz][ ]*[0-9]*
    | [rR][ ]*(?P<file>[^\n]+)"""
)
"""One piece of a `sed` script that writes no file and runs nothing (sed manual); `flag` of a substitution may."""
_AWK_TEXT = regex(r"""\"(?:\\.|[^"\\])*"|#[^\n]*|((?:\A|[~(,;{}!&|\n])\s*)/(?:\\.|\[[^]]*\]|[^/\\\n])+/""")
_AWK_WRITES = regex(r"print[^;}]*>|(?<!\|)\|(?!\|)|system\s*\(|getline|\bclose\s*\(")
_AWK_ASKS = regex(r'system\("\[ -[a-z] /[\w/.]*" \$\d " \]"\)')
_TIMES = frozenset("-newer -anewer -cnewer -mtime -mmin -atime -amin -ctime -cmin -used".split())
_ONE = frozenset((
    "-name -iname -path -ipath -wholename -regex -iregex -type -xtype -size -perm -user -group -maxdepth -mindepth -lname "
    "-ilname -inum -links -fstype -regextype -printf -uid -gid -samefile -context"
).split())  # fmt: skip
_NONE = frozenset((
    "-print -print0 -prune -quit -o -or -a -and -not ! ( ) , -depth -xdev -mount -empty -executable -readable -writable -ls "
    "-true -false -follow -nouser -nogroup -noleaf -d -daystart -ignore_readdir_race -nowarn -warn -newerXY"
).split())  # fmt: skip


def find(call: Call) -> None:
    """`find PATHS TESTS ACTIONS`: what the actions change is below the paths."""
    draft = call.draft
    args = list(call.args)
    while args and args[0].value in ("-L", "-H", "-P"):
        if args.pop(0).value == "-L":
            draft.lower(Grade.UNKNOWN, "`find -L` follows links out of the tree")
    paths: list[str] = []
    while args and not (args[0].value[:1] in "-(" or args[0].value in ("!", "\\!")):
        paths.append(args.pop(0).value)
    paths = paths or ["."]
    for path in paths:
        draft.read(path, tree=True)
    names = {"-printf", "-exec", "-execdir", "-ok", "-okdir", "-ls"}.isdisjoint(arg.value for arg in args)
    call.prints = call.prints._replace(paths=tuple(paths) if names else ())
    at = 0
    while at < len(args):
        word = args[at].value
        at += 1
        if word in _TIMES or word.startswith("-newer"):
            draft.mtime = True
            if word.startswith(("-newer", "-anewer", "-cnewer")) and at < len(args):
                draft.read(args[at].value)
            at += 1
        elif word in ("-exec", "-execdir", "-ok", "-okdir"):
            if word.endswith("dir"):
                call.unknown(f"`find {word}` runs a command in many folders")
            end = at
            while end < len(args) and args[end].value not in (";", "+", "\\;"):
                end += 1
            _exec(call, paths, args[at:end])
            at = end + 1
        elif word == "-delete":
            for path in paths:
                draft.remove(f"{path}/{hole('{}')}", tree=True)
        elif word in ("-fprint", "-fprint0", "-fls"):
            draft.write(args[at].value if at < len(args) else "")
            at += 1
        elif word in _ONE:
            if word in ("-user", "-group"):
                draft.system_reads.add("users")
            at += 1
        elif word not in _NONE:
            call.unknown(f"`find {written(word)}` is not in the catalog")


def _exec(call: Call, paths: list[str], command: list[Arg]) -> None:
    for path in paths if command else ():
        found = f"{path}/{hole('{}')}"
        words = [arg._replace(value=arg.value.replace("{}", found)) for arg in command]
        call.run(words, doubt="it runs for what `find` finds, perhaps for nothing")


def xargs(call: Call) -> None:
    """Runs a command on what its input names."""
    words = [arg for role, args in apportion(call.entry, call.found.operands) if role == "command" for arg in args]
    options(call)
    place = next((call.text(option) or "{}" for option in ("--replace", "-i", "-I") if call.has(option)), "")
    names = [f"{path}/{hole('{}')}" for path in call.input.paths] or [call.fresh("its input")]
    call.own = len(call.args) - len(words)
    fed = frozenset(call.state.variables)
    for name in names if words else ():
        if place:
            given = [arg._replace(value=arg.value.replace(place, name)) for arg in words]
        else:
            given = [*words, Arg(name, call.input.paths == (), None, fed)]
        call.run(given, doubt="it runs on what its input names")


def grep(call: Call) -> None:
    apply_roles(call)
    whole = not call.has("-o", "-c", "-n", "-H", "-b")
    call.prints = call.prints._replace(paths=call.input.paths if whole else ())
    if call.has("-r"):
        named = call.found.operands[0 if call.has("-e", "-f") else 1 :]
        paths = tuple(arg.value for arg in named) or (".",)
        for path in paths:
            call.draft.read(path, tree=True)
        call.prints = call.prints._replace(paths=paths if call.has("-l", "-L") else ())


def sed(call: Call) -> None:
    """`sed -i` leaves its files as plain files; `w` and `e` in a script do more than we follow."""
    draft, found = call.draft, call.found
    operands, scripts = call.operands, [arg.value for arg in found.given.get("-e", [])]
    if not call.has("-e", "-f") and operands:
        scripts.append(operands.pop(0))
    for arg in found.given.get("-f", []):
        draft.read(arg.value)
        draft.lower(Grade.BOUNDED, "`sed -f` runs a script we do not read")
    for script in scripts:
        _sed_script(call, script)
    if not call.has("-i"):
        for each in operands:
            draft.read(each)
        return
    suffix = call.text("-i")
    for each in operands:
        if (path := draft.target(each, "changes", last=call.has("--follow-symlinks"))) is None:
            continue
        draft.reads.add(region(path))
        draft.writes.add(region(path))
        if known(path):
            draft.output(Output(path, "file", "modify"))
            if draft.files.kind(path) is None:
                draft.made(path, "file")
        if suffix:
            if not known(suffix) or not known(path) or "/" in suffix:
                call.unknown("what `sed -i` calls its backups is not known")
            else:
                folder, _, name = path.rpartition("/")
                draft.write(f"{folder}/{suffix.replace('*', name)}" if "*" in suffix else path + suffix)


def _sed_script(call: Call, script: str) -> None:
    at = 0
    while at < len(script):
        piece = _SED.match(script, at)
        if piece is None or piece["flag"]:
            call.unknown("the `sed` script may write files or run commands")
            return
        if piece["file"]:
            call.draft.read(piece["file"])
        at = piece.end()


def patch(call: Call) -> None:
    """A file named is changed, with backups and rejects beside it."""
    apply_roles(call)
    path = call.draft.real(call.operand(0) or ".")
    if call.found.operands and path is not None:
        call.draft.writes.add(region(path + STAR))


def awk(call: Call) -> None:
    apply_roles(call)
    program = call.operand(0) or ""
    if "ENVIRON" in program:
        call.draft.variables.add(ALL)
    program = _AWK_TEXT.sub(lambda found: found[1] or "", _AWK_ASKS.sub("0", program))
    if not call.has("-f") and _AWK_WRITES.search(program):
        call.unknown("the `awk` program may write files or run commands")


def perl(call: Call) -> None:
    """`perl -pi -e` changes its files; what else it runs is not known."""
    if call.has("-v"):
        return
    if call.has("-i") and call.has("-e"):
        program = " ".join(arg.value for arg in call.found.given["-e"])
        if not call.text("-i") and not re.search(r"`|\b(?:open|system|exec|unlink|qx|rename|print\s*\{)", program):
            for each in call.operands:
                call.draft.change(each)
            call.draft.lower(Grade.BOUNDED, "`perl` runs a program")
            return
    call.unknown("`perl` runs a program")


_LISTED = regex(r"[0-9a-fA-F]{16,}\s+[ *]?(\S+)|\S\s+\*?(\S+)\s*$", re.M)


def checksum(call: Call) -> None:
    """`-c` reads what a list names; the list is often at hand, from `echo`."""
    draft = call.draft
    check = call.has("-c", "--check") or any(re.fullmatch(r"-\w*c\w*", arg.value) for arg in call.args)
    for each in call.operands:
        draft.read(each)
    if not check:
        return
    names = [(match[1] or match[2]).strip("\"'") for match in _LISTED.finditer(call.input.text or "")]
    if names and not set(call.operands) - {"-"} and not any(name.startswith(HOLE) for name in names):
        for name in names:
            draft.read(name)
    else:  # a list that came over the network names what lies beside it; any other may name whatever it likes
        came = call.operands and all(draft.real(each) in draft.files.fetched for each in call.operands)
        draft.read("." if came or call.input.fetched else "/", tree=True)


def echo(call: Call) -> None:
    """Prints its arguments: what comes next in a pipe may be told by them."""
    text = " ".join(arg.value for arg in call.args)
    call.prints = call.prints._replace(text=text.replace("\\n", "\n"))
    if call.name == "printf" and call.args and call.args[0].value == "-v" and len(call.args) > 1:
        call.set(call.args[1].value, None, call.args[1].of)


def listing(call: Call) -> None:
    apply_roles(call)
    operands = call.operands or ["."]
    for each in operands:
        call.draft.read(each, tree=True)
    folders = tuple(each.partition(STAR)[0].rpartition("/")[0] or "." for each in operands)
    call.prints = call.prints._replace(paths=folders)


HANDLERS = {
    "find": find, "xargs": xargs, "grep": grep, "sed": sed, "awk": awk, "perl": perl, "checksum": checksum, "echo": echo,
    "patch": patch, "listing": listing,
}  # fmt: skip
