"""Packages, accounts, keys and alternatives."""

from __future__ import annotations

from dfrefactor.effects.call import Call
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import HOLE, STAR, Region, hole, known, region, trees, written
from dfrefactor.effects.roles import apply_roles, network, options


def useradd(call: Call) -> None:
    """The user's home, where the command makes one."""
    apply_roles(call)
    draft = call.draft
    home = call.text("-h") if (home := call.text("-d")) is None else home
    name = call.operands[-1] if call.found.operands else hole("user")
    for place in [home] if home else [f"/home/{name}", f"/var/lib/{name}"]:
        if (path := draft.real(place)) is None:
            call.unknown("where the user's home folder is, is not known")
        else:
            draft.writes.add(region(path, True))
            if path not in ("/", "/root", "/home") and HOLE not in path:
                draft.filled(path)
            draft.ensures.update(map(Region, draft.files.above(path) if known(path) else ()))


def apt_lists(call: Call) -> None:
    """`-o` may set what moves all of its folders (apt.conf(5)); its lists of sources are only read."""
    apply_roles(call)
    for arg in call.found.given.get("-o", []):
        name = arg.value.partition("=")[0].lower()
        if not known(name) or (name.startswith(("dir", "rootdir")) and not name.startswith("dir::etc::source")):
            call.unknown(f"`{call.name} -o {written(arg.value)}` moves what it writes")
        elif name.startswith("dir"):
            call.draft.read(arg.value.partition("=")[2], tree=True)


def apt(call: Call) -> None:
    """Packages of the distribution's own archive leave /opt and /srv alone (Debian policy 9.1); others need not."""
    apt_lists(call)
    draft = call.draft
    added = any(path.startswith("/etc/apt") for path in draft.files.kinds)
    local = any("/" in arg.value and not arg.value.startswith("-") for arg in call.found.operands)
    places = trees("/opt /srv")
    if added or local or not call.state.stock:
        draft.writes |= places
        draft.reads |= places
    elif any(each.path.startswith("/etc/ld.so") for each in draft.files.touched):
        draft.reads |= places  # `ldconfig` is run for libraries


def dpkg(call: Call) -> None:
    """Questions change nothing; `--add-architecture` writes one file."""
    draft = call.draft
    if call.has("--print-architecture", "--print-foreign-architectures", "-l", "-L", "-s", "-S", "--compare-versions",
                "--get-selections", "--version", "-c", "-I", "--audit", "-V"):  # fmt: skip
        draft.reads |= trees("/var/lib/dpkg /etc/dpkg /usr/share/dpkg")
        draft.system_reads.add("packages")
        return
    if call.has("-x", "-X") and len(call.found.operands) > 1:
        draft.read(call.operands[0])
        draft.fill(call.operands[1])
        draft.lower(Grade.BOUNDED, "what a package holds is not known by name")
        return
    apply_roles(call)


def alternatives(call: Call) -> None:
    """The link, wherever it is."""
    words = [arg.value for arg in call.args]
    for at, word in enumerate(words):
        if word in ("--install", "--slave", "--follower") and at + 1 < len(words):
            call.draft.write(words[at + 1])
            call.draft.provides.add(words[at + 1].rpartition("/")[2])
        elif word in ("--remove", "--remove-all", "--auto", "--all"):
            call.draft.removes |= trees("/etc /opt /srv /usr/local")


_BESIDE = ("--enarmor", "-s", "-b", "--clear-sign", "--clearsign", "-e", "--encrypt-files", "-c", "--store")
"""What makes gpg put a file beside the one it is given: `.gpg`, `.sig` or `.asc`."""


def gpg(call: Call) -> None:
    """Keys are kept in GNUPGHOME, or ~/.gnupg."""
    draft = call.draft
    home = call.text("--homedir")
    if any(name.startswith(("--recv", "--keyserver", "--refresh", "--fetch")) for name in call.found.given):
        network(draft)
    options(call, "read", "write")
    for _, role, arg in call.found.values:
        if role == "append" and "/" in arg.value:
            draft.write(arg.value, append=True)
            for ending in ("~", ".lock", ".tmp"):
                draft.write(arg.value + ending)
    for each in call.operands:
        draft.read(each)
    if home is None and not call.after.has("GNUPGHOME") and call.home is None:
        draft.reads.add(Region("/**/.gnupg", "glob"))
        draft.writes.add(Region("/**/.gnupg", "glob"))
        return
    value = home or (call.value("GNUPGHOME") if call.after.has("GNUPGHOME") else f"{call.home}/.gnupg")
    if (path := draft.real(value) if value is not None else None) is None:
        call.unknown("where gpg keeps its keys is not known")
        return
    draft.reads.add(region(path, True))
    draft.writes |= {region(path, True), Region("/run/user", "tree")}
    for each in call.operands if not call.has("-o") else ():
        if call.has("--dearmor"):
            draft.write(f"{each}.gpg")
        elif call.has(*_BESIDE) and (place := draft.real(each)) is not None:
            draft.writes.add(region(f"{place}.{STAR}"))


def ssh_keygen(call: Call) -> None:
    apply_roles(call)
    if (file := call.text("-f")) is not None:
        for ending in (".pub", ".old"):
            call.draft.write(file + ending)


HANDLERS = {
    "useradd": useradd, "apt": apt, "apt-lists": apt_lists, "dpkg": dpkg, "alternatives": alternatives, "gpg": gpg,
    "ssh-keygen": ssh_keygen,
}  # fmt: skip
