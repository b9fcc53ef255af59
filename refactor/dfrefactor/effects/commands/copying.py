"""cp, mv, install, ln, chmod, chown, dd, mktemp: where the destination decides what is left."""

from __future__ import annotations

import re
from dataclasses import replace

from dfrefactor.effects.call import Call
from dfrefactor.effects.commands.printing import mktemp_path
from dfrefactor.effects.files import Files
from dfrefactor.effects.output import OTHER_MODE, OTHER_OWNER, SHARING_MODE, Grade
from dfrefactor.effects.paths import HOLE, STAR, Region, absolute, is_glob, known, parent, region, written
from dfrefactor.effects.roles import certain, options
from dfrefactor.lazy import regex

_OCTAL = regex(r"[0-7]{1,5}")


def _mode(text: str | None) -> int | None:
    return int(text, 8) if text and _OCTAL.fullmatch(text) else None


def mode(call: Call) -> None:
    """chmod, chown, chgrp: what is left is the same path with another mode or owner."""
    draft, found = call.draft, call.found
    operands = found.operands
    bare = [arg for arg in call.args if re.fullmatch(r"-[rwxXst]+", arg.value)] if call.name == "chmod" else []
    if bare and found.strange:
        call.unknown(f"the mode `{written(bare[0].value)}`")
    bits = OTHER_MODE if call.name == "chmod" else None
    owner = OTHER_OWNER if call.name != "chmod" else None
    if "--reference" not in found.given and operands:
        first, operands = operands[0].value, operands[1:]
        if call.name == "chmod":
            bits = _mode(first) or (SHARING_MODE if "s" in first else OTHER_MODE)
        else:
            if not known(first) or first.strip("0123456789:.+"):
                draft.system_reads.add("users")
            if call.name == "chown" and first in ("root:root", "0:0", "root:0", "0:root"):
                owner = "root:root"
    options(call, "read")
    for arg in operands:
        draft.change(arg.value, call.has("-R"), bits, owner, last=not call.has("-h"))


def make(call: Call) -> None:
    """mkdir: `-m` is the mode of the last folder only."""
    for each in call.operands:
        call.draft.folder(each, parents=call.has("-p"), mode=_given_mode(call, None))


def _given_mode(call: Call, usual: int | None) -> int | None:
    return _mode(call.text("-m")) or OTHER_MODE if call.has("-m") else usual


def copy(call: Call) -> None:
    """cp, mv, install, rsync."""
    draft, found = call.draft, call.found
    sources = call.operands
    if any(role == "user" for _, role, _arg in found.values):
        draft.system_reads.add("users")
    if call.name == "install" and call.has("-d"):
        for each in sources:
            draft.folder(each, parents=True, mode=_given_mode(call, 0o755), sets=True)
        _owned(call, sources)
        return
    if (into := call.text("-t")) is None:
        if len(sources) < 2:
            return
        into = sources.pop()
        folder = into.endswith(("/", "/.")) or len(sources) > 1 or any(map(is_glob, sources))
        if folder and sum(not arg.may_vanish for arg in found.operands[:-1]) < 2 and any(a.may_vanish for a in found.operands):
            draft.blur(into, "how many files there are is not known")
    else:
        folder = True
    recursive = call.name in ("mv", "rsync") or call.has("-r", "-a")
    for each in sources:
        if call.name == "rsync" and (":" in each or ":" in into):
            draft.network = draft.heavy = True
        draft.read(each, tree=recursive)
    seen = draft.files
    for each in sources if call.name == "mv" else ():
        draft.remove(each, tree=True)
    _arrive(call, sources, into, folder, recursive, seen)
    if call.name == "rsync" or call.has("--parents"):  # what is in `from/` comes to lie in the destination itself
        _enter(call, into, "fills")
    for each in sources if call.name == "cp" and call.has("-l") else ():
        _enter(call, each, "links")  # another name for a file is a change of the file to a layer
    if call.has("-s") and call.name == "cp":
        call.unknown("`cp -s` leaves links")
    if call.has("--parents", "-H", "--attributes-only", "--delete", "-s", "-l"):
        draft.lower(Grade.BOUNDED, f"`{call.name}` with these options leaves what is not told by name")


def _enter(call: Call, path: str, does: str) -> None:
    """All below `path` may be changed."""
    if (place := call.draft.target(path, does)) is not None:
        call.draft.writes.add(region(place, True))


def _arrive(call: Call, sources: list[str], into: str, folder: bool, recursive: bool, seen: Files) -> None:
    """Sources, of which `seen` is known, land in the folder `into`, or at the name `into`."""
    draft = call.draft
    if (place := absolute(into, draft.cwd)) is None:
        call.unknown(f"it writes `{written(into)}`, which is not known")
        return
    place = draft.files.real(place)
    exactly = call.has("-T")
    kind = draft.files.kind(place) if known(place) else None
    if call.has("-D"):
        draft.folders(into if folder else parent(into), 0o755)  # whatever the umask (coreutils manual, install)
    elif call.name == "rsync" and folder:
        draft.folder(place, parents=True)
    if folder and recursive and len(sources) == 1 and call.name != "rsync" and not call.has("-t") and kind != "dir":
        what = seen.kind(from_) if (from_ := draft.place(sources[0])) and known(from_) else None
        if kind == "absent" and what == "dir":  # it is made
            _land(call, sources[0], into.rstrip("/"), recursive, seen)
            return
        if what != "file":
            draft.blur(into.rstrip("/"), f"`{written(place)}` may not be there, and is made then")
            return
    if (folder or kind == "dir") and not exactly:
        for each in sources:
            _land(call, each, f"{into}/{_name(each)}", recursive, seen)
        return
    if len(sources) != 1:
        return
    if not exactly and kind is None and known(place):
        draft.blur(into, f"`{written(place)}` may be a folder, into which it would be put")
        return
    _land(call, sources[0], into, recursive, seen)


def _name(source: str) -> str:
    return source.rstrip("/").rpartition("/")[2] or "."


def _land(call: Call, source: str, at: str, recursive: bool, seen: Files) -> None:
    """One source arrives at the path `at`."""
    draft = call.draft
    if call.name == "cp" and call.has("-l"):
        _one_file(call, source, at)
    from_ = draft.place(source)
    kind = seen.kind(from_) if from_ and known(from_) else None
    path = draft.place(at)
    if path is None or not known(path):
        where = draft.place(at.rpartition("/")[0] or "/") if path is not None else None
        draft.lower(Grade.BOUNDED, f"the names of `{written(source)}` are not known")
        if where is None:
            call.unknown(f"it writes `{written(at)}`, which is not known")
        else:
            draft.writes.update(region(each, True) for each in (draft.files.real(where), *draft.files.elsewhere(where)))
            if known(where):
                draft.filled(draft.files.real(where))
        return
    replaced = call.entry.replaces or call.has("--remove-destination")
    if replaced and draft.files.real(path) != draft.files.real(path, last=False):
        draft.blur(at, f"`{written(path)}` is a link, which is replaced")
        return
    if recursive and kind == "dir" and _name(source) != ".":
        if draft.files.kind(path) == "absent":
            draft.own(at, plain=False)
        else:
            draft.fill(at)
    elif recursive and kind != "file":
        if _name(source) == "." or call.name == "rsync":
            draft.fill(at.removesuffix("/."), certain=_name(source) == ".")
        else:
            draft.blur(at, f"whether `{written(source)}` is a folder is not known")
    else:
        draft.write(at)
        path = draft.files.real(path)
        if call.name == "install" and path in draft.outputs:
            owner = OTHER_OWNER if call.has("-o", "-g") else draft.owner()
            draft.outputs[path] = replace(draft.outputs[path], mode=_given_mode(call, 0o755), owner=owner)
        elif path in draft.outputs:  # the source's mode, and perhaps its owner
            moved = call.name in ("mv", "rsync") or call.has("-a", "-p", "--preserve")
            bits, owner = (OTHER_MODE, OTHER_OWNER) if moved else (None, draft.outputs[path].owner)
            draft.outputs[path] = replace(draft.outputs[path], mode=bits, owner=owner)
    for link in [each for each in (*seen.links, *seen.perhaps) if recursive and f"{each}/".startswith(f"{from_}/")]:
        draft.leads(path + link[len(from_ or "") :], None, certain=False)


def _owned(call: Call, folders: list[str]) -> None:
    owner, group = call.text("-o"), call.text("-g")
    both = f"{owner}:{group}" if owner and group and known(owner + group) else None
    for each in folders if call.has("-o", "-g") else ():
        path = call.draft.files.real(call.draft.place(each) or "")
        if path in call.draft.outputs:
            call.draft.outputs[path] = replace(call.draft.outputs[path], owner=both)


def link(call: Call) -> None:
    """`ln [-s] [-f] [-n] target name`."""
    draft = call.draft
    certain(call)
    operands, into, symbolic = call.operands, call.text("-t"), call.has("-s")
    if not operands:
        return
    if into is None:
        into = "." if len(operands) == 1 else operands.pop()
    if (place := absolute(into, draft.cwd)) is None:
        call.unknown(f"it makes `{written(into)}`, which is not known")
        return
    kind = draft.files.kind(draft.files.real(place, last=False)) if known(place) else None
    blunt = call.has("-T") or (call.has("-n") and kind != "dir")
    if kind == "symlink" and not blunt and place in draft.files.links:
        kind = draft.files.kind(draft.files.links[place])
    folder = len(operands) > 1 or into.endswith("/") or call.has("-t") or kind == "dir" or into == "."
    if not folder and kind is None and ((not blunt and known(place)) or (call.has("-n") and not call.has("-T"))):
        _perhaps_into(call, place, operands[0], symbolic)
        return
    for each in operands:
        name = f"{into}/{_name(each)}" if folder and not call.has("-T") else into
        if symbolic:
            draft.link(name, None if call.has("-r") or not known(each) else each)
        else:
            draft.change(each)
            draft.write(name)
            draft.lower(Grade.BOUNDED, "a hard link is carried only together with its other names")
            _one_file(call, each, name)


def _one_file(call: Call, one: str, other: str) -> None:
    """Two names of one file: what changes the one changes the other."""
    for at, lands in ((one, other), (other, one)):
        path, end = call.draft.real(at), call.draft.real(lands)
        if path is not None and end is not None:
            call.draft.leads(path, end, certain=False)


def _perhaps_into(call: Call, place: str, target: str, symbolic: bool) -> None:
    """A link at `place`, or in the folder that is there: what is written through it lands in either."""
    draft = call.draft
    draft.blur(place, f"`{written(place)}` may be a folder, into which it would be put")
    draft.reads.add(Region(place))
    if symbolic:
        draft.leads(place, target, certain=False)
        draft.leads(f"{place}/{_name(target)}", target, certain=False)
    else:
        draft.change(target)


def dd(call: Call) -> None:
    for arg in call.args:
        key, _, value = arg.value.partition("=")
        if arg.many or not known(key):
            call.unknown("which files `dd` is given is not known")
        elif key == "if":
            call.draft.read(value)
        elif key == "of":
            call.draft.write(value, append=True)


def mktemp(call: Call) -> None:
    """Its value is known to `$(mktemp)` (printing.py); here: what it leaves."""
    if call.has("-u"):
        return
    if (found := absolute(mktemp_path(call), call.draft.cwd)) is None:
        call.unknown("where `mktemp` puts it is not known")
        return
    call.draft.writes.add(region(found, True))
    call.draft.leftovers.add(region(found, True))


def split(call: Call) -> None:
    call.draft.read(call.operand(0) or "-")
    second = call.operand(1) if call.name == "split" else None
    prefix = call.text("-f") or ("x" if second is None else second)
    at = absolute(prefix + STAR, call.draft.cwd)
    if at is None or HOLE in prefix:
        call.unknown("where `split` writes is not known")
    else:
        call.draft.writes.add(region(at))


HANDLERS = {"mode": mode, "mkdir": make, "copy": copy, "link": link, "dd": dd, "mktemp": mktemp, "split": split}
