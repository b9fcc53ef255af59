"""curl, wget and version control: what is fetched, and where it is put."""

from __future__ import annotations

import re
from collections.abc import Callable

from dfrefactor.effects.call import Call
from dfrefactor.effects.draft import Draft
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import HOLE, Region, known, parent, region, written
from dfrefactor.effects.roles import options


def _base(url: str) -> str | None:
    """The file name in a URL; None where it has none that is known."""
    path = re.sub(r"^\w+://", "", url).partition("#")[0].partition("?")[0]
    return (path.rpartition("/")[2] or None) if "/" in path else None


def _fetching(fetch: Callable[[Call], None]) -> Callable[[Call], None]:
    """What `fetch` writes came over the network, as what it prints."""

    def run(call: Call) -> None:
        before = set(call.draft.writes)
        fetch(call)
        call.draft.came(each.path for each in call.draft.writes - before if each.kind == "file")
        call.prints = call.prints._replace(fetched=True)

    return run


def curl(call: Call) -> None:
    """`-o file` and `-O` name what is left; `--output-dir` moves it."""
    draft, found = call.draft, call.found
    start = "" if (folder := call.text("--output-dir")) is None else folder.rstrip("/") + "/"
    for option, role, arg in found.values:
        if option == "-o":
            if "#" in arg.value:
                draft.lower(Grade.BOUNDED, "`#` in a name stands for a part of the address")
                draft.fill(start + (parent(arg.value) if "/" in arg.value else "."))
            elif call.has("--create-dirs") and "/" in arg.value:
                draft.folders(start + parent(arg.value), 0o750)  # curl manual
                draft.write(start + arg.value)
            else:
                draft.write(start + arg.value if not arg.value.startswith("/") else arg.value)
        elif option == "-d" and "@" not in arg.value[:1]:
            continue
        elif role == "read":
            draft.read(arg.value.removeprefix("@"))
        elif role == "write":
            draft.write(arg.value)
    urls = [arg.value for arg in (*found.operands, *found.given.get("--url", ()))]
    for url in urls:
        if url.startswith("file://"):
            draft.read(url.removeprefix("file://"))
    if not call.has("-O", "--remote-name-all"):
        return
    if call.has("-J") or any("{" in url or "[" in url for url in urls):
        draft.fill(start or ".")
        draft.lower(Grade.BOUNDED, "the server names the file")
        return
    for url in urls:
        if (name := _base(url)) is None:
            draft.fill(start or ".")
            draft.lower(Grade.BOUNDED, f"the name in `{written(url)}` is not known")
        else:
            draft.write(start + name)


def wget(call: Call) -> None:
    """`-O file`, or the name in the address below `-P`; a second of that name would get a number."""
    draft, found = call.draft, call.found
    for arg in (*found.given.get("-o", ()), *found.given.get("-a", ())):
        draft.write(arg.value)
    for option, role, arg in found.values:
        if role == "read":
            draft.read(arg.value)
        elif role == "write" and option != "-O":
            draft.write(arg.value)
    if (output := call.text("-O")) is not None:
        draft.write(output)
        return
    if call.has("--spider", "--version", "--help", "-V"):
        return
    start = "." if (folder := call.text("-P")) is None else folder.rstrip("/")
    if folder is not None:
        draft.folder(start, parents=True)
    several = call.has("-r", "-m", "-x", "-p", "-i", "-b", "--content-disposition", "--trust-server-names", "-k", "-H", "-E")
    for arg in found.operands:
        name = arg.value
        base = _base(name)
        if several or arg.many or base is None or not known(base) or "%" in base:
            draft.fill(start)
            draft.lower(Grade.BOUNDED, f"the name of what `{written(name)}` gives is not known")
            continue
        if query := name.partition("?")[2]:
            base = f"{base}?{query}"
        path = draft.real(f"{start}/{base}")
        if path is not None and known(path):
            draft.read(f"{start}/{base}")
            stays = call.has("-N", "-c", "-nc") or any(arg.value == "c" for arg in found.given.get("-n", []))
            if draft.files.perhaps_there(path) and not stays:
                draft.fill(start)
                draft.lower(Grade.BOUNDED, "`wget` numbers a second file of one name")
                continue
            if draft.files.kind(path) != "absent" and not stays:
                draft.writes.add(Region(f"{path}.*", "glob"))
        draft.write(f"{start}/{base}", append=call.has("-c"))
    if call.has("-i"):
        draft.fill(start)
        draft.lower(Grade.BOUNDED, "the addresses are in a file")


def clone(call: Call) -> None:
    """`git clone url [folder]` makes the folder, and puts nothing elsewhere."""
    draft, found = call.draft, call.found
    operands = call.operands
    options(call, "read-tree", "own")
    # a URL that falls into several words makes git fail, in whatever stage it runs
    if not operands or any(arg.many and "://" not in arg.value for arg in found.operands):
        call.unknown("what is cloned is not known")
        return
    url = operands[0].rstrip("/")
    if url.startswith("file://"):
        draft.read(url.removeprefix("file://"), tree=True)
    elif not re.match(rf"\w+://|[\w.-]+@|{HOLE}", url):
        draft.read(url, tree=True)
        if not call.has("--no-hardlinks") and (source := draft.target(url, "links")) is not None:
            draft.writes.add(region(source, True))
            draft.lower(Grade.BOUNDED, "a clone of a folder shares its files by hard links")
    if "ssh://" in url or re.match(r"[\w.-]+@", url):
        draft.reads |= {Region("/etc/ssh", "tree"), Region("/**/.ssh", "glob")}
        if call.home:
            draft.fill(f"{call.home}/.ssh")
            draft.outputs.pop(draft.real(f"{call.home}/.ssh") or "", None)
        draft.lower(Grade.BOUNDED, "`ssh` may write below ~/.ssh")
    if len(operands) > 1:
        target = operands[1]
    else:
        name = re.split(r"[/:]", url.removesuffix("/.git"))[-1].removesuffix(".git")
        if call.has("--bare", "--mirror"):
            name += ".git"
        if not name or (name.startswith(HOLE) and not known(name) and "/" not in url):
            call.unknown("the folder it is cloned into is not known")
            return
        target = name
    if (path := draft.real(target)) is None:
        call.unknown(f"the folder `{written(target)}` is not known")
        return
    if known(path):
        for each in reversed(draft.files.above(path)):
            draft.folder(each, parents=True)
    if known(path) and draft.files.kind(path) == "dir":
        draft.fill(path, keeps=True)
    else:
        draft.own(path)
        if "://" in url and not url.startswith("file:") and known(path) and not draft.unsure:
            draft.foreign(path)
    if known(path) and not call.has("--bare", "--mirror", "--separate-git-dir"):
        draft.made(f"{path}/.git", "dir")


def _working_copy(draft: Draft) -> str | None:
    """The clone that the working folder is in, where it was made here."""
    place = draft.cwd or "/"
    while place != "/" and draft.files.kinds.get(f"{place}/.git") != "dir":
        place = parent(place)
    return place if place != "/" else None


def checkout(call: Call) -> None:
    """Commands on a working copy change it, wherever in it they are run."""
    draft = call.draft
    options(call)
    if (place := _working_copy(draft) or draft.project()) is None:
        call.unknown("the working folder is not known")
        return
    draft.read(place, tree=True)
    draft.fill(place)
    for arg in call.args:  # `git worktree add ../x`
        if arg.value.startswith(("/", "../")) and (outside := draft.real(arg.value)) is not None:
            draft.writes.add(region(outside, True))


def init(call: Call) -> None:
    options(call)
    if target := call.operand(0):
        call.draft.folder(target, parents=True)
    call.draft.fill((target or ".") if call.has("--bare") else f"{target}/.git" if target else ".git")


def config(call: Call) -> None:
    """`git config --global` writes ~/.gitconfig."""
    draft = call.draft
    if call.has("-l", "--get", "--get-all", "--get-regexp", "--list"):
        draft.read(".", tree=True)
        return
    if call.has("-f"):
        draft.write(call.text("-f") or "", append=True)
    elif call.has("--system"):
        draft.write("/etc/gitconfig", append=True)
    elif call.has("--global"):
        if call.home is None:
            call.unknown("where the user's home folder is, is not known")
            return
        draft.write(f"{call.home}/.gitconfig", append=True)
        draft.reads.add(Region(f"{call.home}/.config/git/config"))
        if call.after.has("XDG_CONFIG_HOME") or call.after.has("GIT_CONFIG_GLOBAL"):
            call.unknown("where git's global configuration is, is not known")
    else:
        checkout(call)


HANDLERS = {
    "curl": _fetching(curl), "wget": _fetching(wget), "clone": clone, "checkout": checkout, "init": init, "git-config": config,
}  # fmt: skip
