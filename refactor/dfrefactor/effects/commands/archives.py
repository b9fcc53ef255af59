"""tar, unzip, zip and the compressors."""

from __future__ import annotations

from dataclasses import replace

from dfrefactor.effects.arguments import understand
from dfrefactor.effects.call import Call
from dfrefactor.effects.output import OTHER_MODE, OTHER_OWNER, Grade
from dfrefactor.effects.paths import HOLE, PROGRAMS, STANDARD, is_glob, known, parent
from dfrefactor.effects.roles import options
from dfrefactor.effects.words import Arg

_FILTERS = {"-z": "gzip", "-j": "bzip2", "-J": "xz", "--zstd": "zstd", "--lzma": "xz", "--lzip": "lzip", "-Z": "compress"}
_ENDINGS = {"gz": "gzip", "tgz": "gzip", "bz2": "bzip2", "tbz2": "bzip2", "tbz": "bzip2", "xz": "xz", "txz": "xz", "zst": "zstd",
            "lzma": "xz", "tar": ""}  # fmt: skip


def tar(call: Call) -> None:
    """One of -x, -c, -t, -r, -u; `-C` changes the folder for what follows."""
    if call.args and call.args[0].value.isalpha() and call.args[0].value.isascii():
        _dashed(call)
    draft, found = call.draft, call.found
    draft.system_reads.add("users")
    name = "-" if (archive := call.text("-f")) is None else archive
    options(call)
    filters = {tool for option, tool in _FILTERS.items() if option in found.given}
    ending = name.rpartition(".")[2]
    if not filters and call.has("-x", "-t", "-c") and name != "-":
        filters = {_ENDINGS[ending]} if ending in _ENDINGS else set() if "/dev/std" in name else {"gzip", "bzip2", "xz"}
    draft.commands.update(filters - {""})
    folder = "."
    for arg in found.given.get("-C", []):
        folder = arg.value if arg.value.startswith("/") or HOLE in arg.value[:1] else f"{folder}/{arg.value}"
    if call.has("-x"):
        draft.read(name)
        if call.has("-P", "--to-command", "--transform"):
            call.unknown("`tar` with these options writes where the archive says")
        if call.has("-O"):
            return
        if value := call.text("--one-top-level"):
            draft.own(value if value.startswith("/") else f"{folder}/{value}")
            return
        stranger = call.input.fetched if name in ("-", "/dev/stdin") else draft.real(name) in draft.files.fetched
        alone = stranger and draft.untouched(folder)
        _extract(call, folder)
        if alone and (place := draft.real(folder)) is not None:
            draft.foreign(place)
    elif call.has("-t", "-d"):
        draft.read(name)
    elif call.has("-c", "-r", "-u", "-A", "--delete"):
        draft.write(name, append=not call.has("-c"))
        draft.mtime |= call.has("-u")
        for arg in found.operands:
            draft.read(arg.value if arg.value.startswith("/") else f"{folder}/{arg.value}", tree=True)
        if call.has("--remove-files"):
            draft.lower(Grade.UNKNOWN, "`tar --remove-files` removes what it packs")
    elif not call.has("--version", "--help"):
        call.unknown("what `tar` is asked to do is not known")


def _extract(call: Call, folder: str) -> None:
    """Members named go where they are named; all of an archive fills the folder, whose own mode an entry `./` may change."""
    count = call.text("--strip-components")
    strip = 0 if count is None else int(count) if count.isascii() and count.isdigit() else None
    place, names = call.draft.real(folder), call.operands
    plain = all(known(name) and not arg.many for name, arg in zip(names, call.found.operands, strict=True))
    if names and plain and strip is not None and not call.has("-T") and not call.state.has("TAR_OPTIONS"):
        left = [[part for part in name.split("/") if part not in ("", ".")][strip:] for name in names]
        if place in PROGRAMS and all(len(parts) == 1 for parts in left):
            for (name,) in left:
                call.draft.unpack(f"{folder}/{name}")
            return
        if place in STANDARD and all(left):
            for parts in left:
                call.draft.parents_of(f"{folder}/{'/'.join(parts)}")
                call.draft.blur(f"{folder}/{'/'.join(parts)}", "whether it unpacks files or folders is not known")
            return
    call.draft.fill(folder, keeps=bool(strip))


def _dashed(call: Call) -> None:
    """`tar xfz file`: letters without a dash, their values behind them in order."""
    letters, *rest = call.args
    args: list[Arg] = []
    for letter in letters.value:
        args.append(Arg(f"-{letter}"))
        if (option := call.entry.options.get(f"-{letter}")) and option.takes != "nothing" and rest:
            args.append(rest.pop(0))
    call.found = understand(call.entry, [*args, *rest])
    if call.found.strange:
        call.unknown(call.found.strange)


def unzip(call: Call) -> None:
    draft = call.draft
    draft.read(call.operand(0) or "-")
    if call.has("-p", "-c", "-l", "-t", "-Z", "-v", "-z"):
        return
    place = "." if (folder := call.text("-d")) is None else folder
    path = draft.real(place)
    members = call.found.operands[1:]
    plain = all(known(arg.value) and not arg.many and not set(arg.value) & set("*?[") for arg in members)
    if members and plain and path in PROGRAMS and not call.has("-x", "-L"):
        if call.has("-j") or not any("/" in arg.value for arg in members):
            for arg in members:
                draft.unpack(f"{place}/{arg.value.rpartition('/')[2]}")
            return
    alone = draft.untouched(place) and draft.real(call.operand(0) or "-") in draft.files.fetched
    if path is not None and known(path) and draft.files.kind(path) == "absent":
        draft.own(place)
    else:
        draft.fill(place, keeps=True)
    if alone and path is not None:
        draft.foreign(path)


def zip_(call: Call) -> None:
    name = call.operand(0) or "-"
    draft = call.draft
    if not name.rpartition("/")[2].count("."):
        name += ".zip"
    draft.write(name, append=True)
    draft.mtime |= call.has("-u", "-f")
    for each in call.operands[1:]:
        draft.read(each, tree=True)
    if call.has("-m"):
        draft.lower(Grade.UNKNOWN, "`zip -m` removes what it packs")
    if call.found.operands[1:] and is_glob(name):
        draft.lower(Grade.BOUNDED, "the archive's name is not known")


_SUFFIXES = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst", "lzma": ".lzma", "lzip": ".lz", "pigz": ".gz",
             "gunzip": ".gz", "bunzip2": ".bz2", "unxz": ".xz", "unzstd": ".zst", "unlzma": ".lzma", "pixz": ".xz",
             "pbzip2": ".bz2", "brotli": ".br", "lz4": ".lz4"}  # fmt: skip


def compress(call: Call) -> None:
    """gzip and its kin put `file.gz` for `file`, or the other way."""
    draft, suffix = call.draft, _SUFFIXES.get(call.name, ".gz")
    unpack = call.name.startswith("un") or call.name in ("gunzip", "bunzip2") or call.has("-d")
    keep = call.has("-k") or (call.name in ("zstd", "unzstd", "brotli", "lz4") and not call.has("--rm"))
    options(call, "write")
    for name in call.operands:
        draft.read(name)
        if call.has("-c", "-t", "-l") or (call.has("-o") and call.name in ("zstd", "unzstd", "brotli")) or name == "-":
            continue
        if call.has("-r") or not known(name) or call.has("-S"):
            place = draft.real(name if call.has("-r") else parent(name))
            draft.fill(name if place is None else place)
            draft.lower(Grade.BOUNDED, f"`{call.name}` names its files after what is there")
            continue
        if unpack and not name.endswith((suffix, ".tgz", ".gz", ".xz", ".bz2", ".zst")):
            draft.lower(Grade.BOUNDED, f"what `{call.name}` calls its output is not known")
            draft.fill(parent(draft.real(name) or "/"))
            continue
        result = name.rpartition(".")[0] if unpack else name + suffix
        result = f"{result}.tar" if unpack and name.endswith((".tgz", ".txz", ".tbz2")) else result
        draft.write(result)
        if (path := draft.files.real(draft.place(result) or "")) in draft.outputs:  # mode and owner are those of the file
            draft.outputs[path] = replace(draft.outputs[path], mode=OTHER_MODE, owner=OTHER_OWNER)
        if not keep:
            draft.remove(name)


HANDLERS = {"tar": tar, "unzip": unzip, "zip": zip_, "compress": compress}
