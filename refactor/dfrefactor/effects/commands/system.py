"""Packages, accounts, keys and alternatives."""

from __future__ import annotations

from dfrefactor.effects.call import Call
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import known, region
from dfrefactor.effects.regions import Region
from dfrefactor.effects.roles import apply_roles


def useradd(call: Call) -> None:
    """The user's home, where the command makes one."""
    apply_roles(call)
    draft = call.draft
    home = call.found.value("-d") or call.found.value("-h")
    name = call.found.operands[-1].value if call.found.operands else "\ufdd0user\ufdd1"
    for place in [home.value] if home and home.value else [f"/home/{name}", f"/var/lib/{name}"]:
        path = draft.real(place)
        if path is None:
            call.unknown("where the user's home folder is, is not known")
        else:
            draft.writes.add(region(path, True))
            if path not in ("/", "/root", "/home") and "\ufdd0" not in path:
                draft.filled(path)
            draft.ensures.update(map(Region, draft.files.above(path) if known(path) else ()))


def apt(call: Call) -> None:
    """Packages of the distribution's own archive leave /opt and /srv alone (Debian policy 9.1); others need not."""
    apply_roles(call)
    draft = call.draft
    added = any(path.startswith("/etc/apt") for path in draft.files.kinds)
    local = any("/" in arg.value and not arg.value.startswith("-") for arg in call.found.operands)
    places = {Region("/opt", "tree"), Region("/srv", "tree")}
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
        draft.reads |= {Region("/var/lib/dpkg", "tree"), Region("/etc/dpkg", "tree"), Region("/usr/share/dpkg", "tree")}
        draft.system_reads.add("packages")
        return
    if call.has("-x", "-X") and len(call.found.operands) > 1:
        draft.read(call.found.operands[0].value)
        draft.fill(call.found.operands[1].value)
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
            for place in ("/etc", "/opt", "/srv", "/usr/local"):
                call.draft.removes.add(Region(place, "tree"))


def gpg(call: Call) -> None:
    """Keys are kept in GNUPGHOME, or ~/.gnupg."""
    draft = call.draft
    home = call.found.value("--homedir")
    if any(name.startswith(("--recv", "--keyserver", "--refresh", "--fetch")) for name in call.found.given):
        from dfrefactor.effects.roles import network

        network(draft)
    for _, role, arg in call.found.values:
        if role in ("read", "write", "append"):
            place = arg.value if "/" in arg.value or role != "append" else None
            if place and role == "read":
                draft.read(place)
            elif place:
                draft.write(place, append=role == "append")
                if role == "append":
                    draft.write(f"{place}~")
                    draft.write(f"{place}.lock")
                    draft.write(f"{place}.tmp")
    for arg in call.found.operands:
        draft.read(arg.value)
    if home is None and not call.after.has("GNUPGHOME") and call.home is None:
        draft.reads.add(Region("/**/.gnupg", "glob"))
        draft.writes.add(Region("/**/.gnupg", "glob"))
        return
    value = home.value if home else (call.value("GNUPGHOME") if call.after.has("GNUPGHOME") else f"{call.home}/.gnupg")
    path = draft.real(value) if value is not None else None
    if path is None:
        call.unknown("where gpg keeps its keys is not known")
        return
    draft.reads.add(region(path, True))
    draft.writes.add(region(path, True))
    draft.writes.add(Region("/run/user", "tree"))
    dearmor = call.has("--dearmor") and not call.has("-o")
    if dearmor:
        for arg in call.found.operands:
            draft.write(f"{arg.value}.gpg")


def ssh_keygen(call: Call) -> None:
    apply_roles(call)
    file = call.found.value("-f")
    if file:
        for ending in (".pub", ".old"):
            call.draft.write(file.value + ending)


def usermod(call: Call) -> None:
    apply_roles(call)


HANDLERS = {
    "useradd": useradd, "usermod": usermod, "apt": apt, "dpkg": dpkg, "alternatives": alternatives, "gpg": gpg,
    "ssh-keygen": ssh_keygen,
}  # fmt: skip
