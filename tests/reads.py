"""What RUNs of real Dockerfiles looked at, traced once (`tests/scripts/reads.py`), and what of it their effects claim."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from dfrefactor.dockerfile.scope import DEFAULT_PATH, Scope
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.paths import ACCOUNTS, Region, Regions, canonical, covers, trees

TABLE = Path(__file__).with_name("reads.jsonl")
MOST = 60
"""Paths kept of one RUN, or a few more; of what is in one folder the first says enough."""

LEFT_OUT: Mapping[str, str] = {
    r"/(dev|proc|sys)(/.*)?": "no layer holds them",
    r"/etc/(hosts|resolv\.conf|hostname)": "the builder's own, mounted over every RUN",
    r"/\.[ot](/.*)?": "the tracer's own",
    r"/etc/ld\.so\.(cache|preload)|.*/[^/]*\.so(\.[^/]*)?|.*/(glibc-hwcaps|tls|haswell|avx512_1|x86_64)(/.*)?":
        "the dynamic loader: a library comes with the program that loads it",
    r"/etc/locale\.alias|/usr/(share|lib)/(locale|locale-langpack)(/.*)?|.*/gconv(/.*)?": "the language of messages",
    r"/etc/localtime|/usr/share/zoneinfo[^/]*(/.*)?": "the time zone that a log is written in",
    r"/selinux|/etc/selinux(/.*)?": "whether the kernel has SELinux, which it has or not for every step",
    r".*/(perl|perl5|perl-base|site_perl)(/.*)?|/etc/perl/.*|/usr/lib/python3[^/]*/.*"
    r"|/usr/bin/.*\.(pyc?|_pth|txt)|/usr/bin/.*/.*|/usr/(bin/)?pyvenv\.cfg":
        "a language's own library: it comes with the program that is written in it",
    r".*\.dpkg-(tmp|new)|.*/(sed|Cu)[A-Za-z0-9]{6}": "what a file is called while it is written, by nobody else",
    r"/etc/alternatives/.*": "the link to a program, which comes with it",
    r".*/(gpgv|gpgconf)": "programs that apt tries in the working folder before it looks for them on PATH: no project has them there",
    r"/nonexistent(/.*)?": "the home of accounts that have none",
    r"/usr/sbin/(nscd|sss_cache|pam_tally2|sendmail)": "who is told of new accounts, or of a misuse: no daemon runs in a build",
    r"/(\.flatpak-info|debootstrap)": "whether it is a sandbox, or a system that is just made",
    r"/(root|home|tmp|usr/local/lib)": "folders that every base has: what is in them counts",
    r"/usr/(local/)?s?bin/(lsb_release|rustc|uname|getopt|cut|tr)": "what pip tells an index of the machine",
    r".*/https?:/.*": "an address, tried as a path",
    r"/tmp/(?=[a-z_]*\d)[a-z0-9_]{8}": "the name of chance under which Python tries whether it may write there",
}  # fmt: skip
"""Paths of which no effects need to speak, and why."""
OWN_ENTRY = frozenset(("bash", "git", "curl", "chown", "chgrp"))
"""Commands that ask for the account they run as, or whether a number is a name: what steps do to other accounts is nothing to them."""
SYSTEM: Mapping[str, Regions] = {
    "users": ACCOUNTS | trees("/etc/shadow /etc/gshadow"),
    "packages": trees("/var/lib/dpkg /var/lib/apt /var/cache/apt /etc/apt /etc/dpkg /etc/debian_version"),
}
"""What a shared resource is, in paths: who says that it reads or changes one means these."""
_LEFT_OUT = re.compile("|".join(f"(?:{each})" for each in LEFT_OUT))
_OWN = re.compile(r"/(etc|var|root|home|usr/local|opt|srv|tmp|run)(/.*)?")
"""Where what a package brought is not its own: it is configuration, or filled by others."""


@dataclass(frozen=True)
class Seen:
    """One RUN of the shared Dockerfiles, and the paths it looked at or changed."""

    file: str
    line: int
    digest: str
    paths: tuple[str, ...]

    @staticmethod
    def table(cases: Iterable[Seen]) -> str:
        rows = sorted([each.file, each.line, each.digest, *sample(each.paths)] for each in cases)
        return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)


def read() -> list[Seen]:
    rows = map(json.loads, TABLE.read_text("utf-8").splitlines())
    return [Seen(file, line, text, tuple(paths)) for file, line, text, *paths in rows]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def kept(paths: Iterable[str], packaged: Collection[str]) -> tuple[str, ...]:
    """The paths that count, by their one spelling: none that is left out, nothing that came with a package of the system.

    What a package brought is as it was in the base, or an earlier step installed it, which whoever runs a program is behind.
    """
    found = {canonical(path) for path in paths if not _LEFT_OUT.fullmatch(path)}
    brought = {canonical(path) for path in packaged}
    return tuple(sorted(p for p in found if not _LEFT_OUT.fullmatch(p) and (p not in brought or _OWN.fullmatch(p))))


def sample(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Not many more than MOST of them: the first of each folder, then of each folder above."""
    depth = max((path.count("/") for path in paths), default=0)
    while len(paths) > MOST and depth > 1:
        depth -= 1
        folders: dict[str, str] = {}
        for path in paths:
            folders.setdefault("/".join(path.split("/")[: depth + 1]), path)
        paths = tuple(folders.values())
    return paths


def unclaimed(effects: Effects, scope: Scope, paths: Iterable[str]) -> Iterator[str]:
    """The paths that effects do not claim to be looked at or changed, and that lie on the way to none they claim."""
    system = effects.system_reads | effects.system_writes
    shared = frozenset[Region]().union(*(SYSTEM.get(name, frozenset()) for name in system))
    regions = {*effects.reads, *effects.touched, *effects.leftovers, *(Region(o.path, "tree") for o in effects.outputs), *shared}
    ways = {*map(_known, regions), scope.workdir or "/", *_folders(scope), *(scope.env.get("LD_LIBRARY_PATH") or "/").split(":")}
    within = {end for each in regions if each.path.startswith("/**/") for end in accumulate(each.path[4:].split("/"), "{}/{}".format)}
    own = {each.path for each in ACCOUNTS} if OWN_ENTRY & effects.commands else set()
    for path in paths:
        folder, _, name = path.rpartition("/")
        looked_up = folder in _folders(scope) and (name in effects.commands or "packages" in system)
        if path in own or looked_up or _LEFT_OUT.fullmatch(path):
            continue
        on_the_way = any(covers(path, way) for way in ways if way) or any(path.endswith(f"/{end}") for end in within)
        if not on_the_way and not any(region.contains(path) for region in regions):
            yield path


def _known(region: Region) -> str:
    """The folder that a glob looks into, or the path itself."""
    return re.split(r"/[^/]*[*?\[]", region.path)[0] if region.kind == "glob" else region.path


def _folders(scope: Scope) -> frozenset[str]:
    """Where programs are looked for; what those call that packages bring is not named by the text."""
    return frozenset(canonical(each) for each in (scope.path or DEFAULT_PATH).split(":")) | _PROGRAMS


_PROGRAMS = frozenset(canonical(each) for each in DEFAULT_PATH.split(":"))
