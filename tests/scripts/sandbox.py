"""Runs shell text in a file system that is thrown away: what a RUN of it would leave."""

from __future__ import annotations

import marshal
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LIMIT = 0.5
"""Seconds a script may take: most are done in a hundredth of that, or never."""


class Entry(NamedTuple):
    """What is at a path: kind "d", "f", "l" or "?", mode, owner, and the content of a file or target of a link."""

    kind: str
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    data: bytes = b""


Tree = dict[str, Entry]
"""The files of an image by path, but for those no script can change."""
Changes = dict[str, Entry | None]
"""What differs from a tree; None is gone."""


class Done(NamedTuple):
    """How a script ended, what it changed, and the first of what it said."""

    code: int
    changes: Changes
    said: str


def folder(mode: int = 0o755, uid: int = 0) -> Entry:
    return Entry("d", mode, uid, uid)


def file(text: str = "", mode: int = 0o644, uid: int = 0) -> Entry:
    return Entry("f", mode, uid, uid, text.encode())


def link(target: str) -> Entry:
    return Entry("l", 0o777, 0, 0, target.encode())


_PROFILE = "# ~/.profile\nmesg n 2> /dev/null || true\n"
_SUDO = r"""#!/bin/sh
# What Debian's sudo does for root: a fresh environment with the user's HOME, no password.
user=root login= shell= chdir= home= keep=
while [ $# -gt 0 ]; do
    case $1 in
        -u) user=$2; shift 2 ;;
        --user) user=$2; shift 2 ;;
        --user=*) user=${1#*=}; shift ;;
        -u?*) user=${1#-u}; shift ;;
        -D|--chdir) chdir=$2; shift 2 ;;
        --chdir=*) chdir=${1#*=}; shift ;;
        -i|--login) login=1; shift ;;
        -s|--shell) shell=1; shift ;;
        -H|-n|--set-home|--non-interactive) shift ;;
        --) shift; break ;;
        -*) echo "sudo: $1 is not known here" >&2; exit 1 ;;
        *) break ;;
    esac
done
set -f
given=
while [ $# -gt 0 ]; do
    case $1 in
        [A-Za-z_]*=*) given="$given $1"; shift ;;
        *) break ;;
    esac
done
line=$(getent passwd "$user") || { echo "sudo: unknown user $user" >&2; exit 1; }
home=$(echo "$line" | cut -d: -f6) run=$(echo "$line" | cut -d: -f7) uid=$(echo "$line" | cut -d: -f3) gid=$(echo "$line" | cut -d: -f4)
[ -z "$chdir" ] || cd "$chdir" || exit 1
if [ -n "$login" ]; then
    [ -n "$chdir" ] || cd "$home" || exit 1
    if [ $# -gt 0 ]; then set -- "$run" -l -c "$*"; else set -- "$run" -l; fi
elif [ -n "$shell" ]; then
    if [ $# -gt 0 ]; then set -- "$run" -c "$*"; else set -- "$run"; fi
fi
mask=$(umask)
umask 0022
[ "$mask" = 0022 ] || umask "$mask"
exec env -i PATH="$PATH" HOME="$home" SHELL="$run" USER="$user" LOGNAME="$user" MAIL="/var/mail/$user" SUDO_USER=root \
    SUDO_UID=0 SUDO_GID=0 $given setpriv --reuid="$uid" --regid="$gid" --init-groups "$@"
"""


def debian() -> Tree:
    """What scripts can see of `debian:12`: its folders, accounts and profiles."""
    tree = {path: folder() for path in (
        "/boot /etc /etc/default /etc/profile.d /etc/skel /home /media /mnt /opt /run /run/lock /srv /sys /usr /usr/games /usr/include /usr/libexec /usr/src /usr/local "
        "/usr/local/bin /usr/local/etc /usr/local/games /usr/local/include /usr/local/sbin /usr/local/src /usr/local/share /usr/local/lib "
        "/var /var/backups /var/cache /var/lib /var/local /var/log /var/mail /var/opt /var/spool"
    ).split()}  # fmt: skip
    tree["/root"] = folder(0o700)
    tree["/tmp"] = tree["/var/tmp"] = folder(0o1777)
    tree |= {
        "/etc/passwd": file(
            "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
            "games:x:5:60:games:/usr/games:/usr/sbin/nologin\nmail:x:8:8:mail:/var/mail:/usr/sbin/nologin\n"
            "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
        ),
        "/etc/group": file("root:x:0:\ndaemon:x:1:\ngames:x:60:\nmail:x:8:\nwww-data:x:33:\nstaff:x:50:\nnogroup:x:65534:\n"),
        "/etc/shadow": file("root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\ngames:*:19000:0:99999:7:::\n"
                            "mail:*:19000:0:99999:7:::\nwww-data:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n", 0o640),
        "/etc/profile": file(
            "if [ \"$(id -u)\" -eq 0 ]; then\n  PATH=\"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"\nelse\n"
            "  PATH=\"/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games\"\nfi\nexport PATH\n"
        ),
        "/etc/bash.bashrc": file("[ -z \"$PS1\" ] && return\n"),
        "/etc/hosts": file("127.0.0.1\tlocalhost\n"),
        "/etc/hostname": file("debian\n"),
        "/etc/shells": file("/bin/sh\n/bin/bash\n"),
        "/etc/login.defs": file("UMASK 022\nENV_SUPATH PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                                "ENV_PATH PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games\n"),
        "/etc/nsswitch.conf": file("passwd: files\ngroup: files\nshadow: files\n"),
        "/etc/debian_version": file("12.11\n"),
        "/root/.profile": file(_PROFILE),
        "/root/.bashrc": file("# ~/.bashrc\n"),
        "/etc/skel/.profile": file(_PROFILE),
        "/usr/local/sbin/sudo": file(_SUDO, 0o755),
    }  # fmt: skip
    return tree


def with_user(tree: Tree) -> Tree:
    """`tree` behind `useradd -m -s /bin/sh app`."""
    tree = dict(tree)
    for path, line in (("/etc/passwd", "app:x:1000:1000::/home/app:/bin/sh\n"), ("/etc/group", "app:x:1000:\n"),
                       ("/etc/shadow", "app:!:19000:0:99999:7:::\n")):  # fmt: skip
        tree[path] = tree[path]._replace(data=tree[path].data + line.encode())
    tree["/home/app"] = folder(uid=1000)
    tree["/home/app/.profile"] = file(_PROFILE, uid=1000)
    return tree


def changed(tree: Tree, changes: Changes) -> Tree:
    """`tree` with `changes` made."""
    after = {path: each for path, each in tree.items() if changes.get(path, each) is not None}
    after.update({path: each for path, each in changes.items() if each is not None})
    return after


class Sandbox:
    """A running agent; `least` is the least time that scripts get, in seconds, where all are known to end."""

    def __init__(self, least: float = 0) -> None:
        self.least = least
        self.count = self.lost = 0
        self.start()

    def start(self) -> None:
        self.root = tempfile.mkdtemp(prefix="dfrefactor-scripts-")
        requests, answers = os.pipe(), os.pipe()
        agent = Path(__file__).with_name("agent.py")
        command = 'exec 4<&"$1" 5>&"$2"; shift 2; exec "$@"'
        python = os.path.realpath(sys.executable)
        self.process = subprocess.Popen(
            ["bash", "-c", command, "bash", str(requests[0]), str(answers[1]), "unshare", "--mount", "--pid", "--fork",
             "--kill-child", "--propagation", "private", python, "-I", "-S", str(agent), self.root],
            pass_fds=(requests[0], answers[1]), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env={"PATH": PATH},
        )  # fmt: skip
        os.close(requests[0])
        os.close(answers[1])
        self.sink, self.source = os.fdopen(requests[1], "wb"), os.fdopen(answers[0], "rb")

    def run(self, tree: Tree, argv: Sequence[str], env: Mapping[str, str], cwd: str = "/", limit: float = LIMIT) -> Done:
        """Run `argv` as root where the files are those of `tree`."""
        asked = marshal.dumps(({path: tuple(each) for path, each in tree.items()}, list(argv), dict(env), cwd, max(limit, self.least)))
        try:
            self.sink.write(struct.pack("I", len(asked)) + asked)
            self.sink.flush()
            head = self.source.read(4)
            code, changes, said = marshal.loads(self.source.read(*struct.unpack("I", head)))
        except (OSError, struct.error):
            told = self.close()
            self.lost += 1
            if not self.count or self.lost > 100:
                raise SandboxError(f"the sandbox ended: {told[-2000:]}") from None
            self.start()  # a script broke it: `mv /etc /opt`
            return Done(-1, {}, told)
        self.count += 1
        found = {path: each if each is None else Entry(*each) for path, each in changes.items()}
        return Done(code, found, said.decode("utf-8", "replace"))

    def close(self) -> str:
        """End it; what it said on standard error."""
        for each in (self.sink, self.source):
            with suppress(OSError):
                each.close()
        told = self.process.communicate(timeout=10)[1].decode("utf-8", "replace")
        shutil.rmtree(self.root, ignore_errors=True)
        return told


class SandboxError(Exception):
    """The sandbox could not be started, or ended."""


@contextmanager
def sandbox(least: float = 0) -> Iterator[Sandbox]:
    """A sandbox, gone after the block."""
    made = Sandbox(least)
    try:
        yield made
    finally:
        made.close()


@cache
def missing() -> str:
    """Why there is no sandbox here ("": there is)."""
    if os.geteuid() != 0:
        return "random scripts are run in a chroot, which takes root"
    try:
        with sandbox() as made:
            done = made.run(debian(), ["/bin/sh", "-c", "mkdir /opt/a"], {"PATH": PATH})
    except (OSError, SandboxError) as error:
        return f"random scripts are run in namespaces of their own, which is not permitted here: {error}"
    return "" if list(done.changes) == ["/opt/a"] else f"the sandbox does not work here: {done}"
