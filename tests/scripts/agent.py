"""Runs commands in a root folder of its own, one after another, and says what each changed.  A program, not a module.

It is process 1 of its own PID and mount namespaces, in a root made anew on a tmpfs: the host's /usr read-only, and
everything else from the tree it is told to start from.  A tree is path -> (kind, mode, uid, gid, content or target).
Only what differs from the tree asked for is written between two commands, so that thousands of them are cheap.
Needs nothing but the standard library and root, for it is started without a path to anything else.
"""

from __future__ import annotations

import marshal
import os
import resource
import signal
import stat
import struct
import subprocess
import sys
from contextlib import suppress

OURS = ("bin", "sbin", "lib", "lib64", "lib32", "libx32", "share")
"""What of the host's /usr is there too."""
UNSEEN = ("/proc", "/dev", *(f"/usr/{name}" for name in OURS), "/etc/pam.d", "/etc/security", "/etc/ld.so.cache", "/etc/alternatives")
"""What comes from the host and can't be written, or says nothing."""
LINKS: dict[str, str] = {}
"""Links in the root that are made again if a script removes them."""
MOST = 1 << 20
"""No file gets larger than this: a script that has run wild fills no memory."""


def prepare(root: str) -> None:
    """The folder `root` becomes a root file system, and this process moves into it."""
    def mount(*words: str) -> None:
        subprocess.run(["mount", *words], check=True)

    mount("-t", "tmpfs", "-o", "size=256m,mode=755", "none", root)
    os.umask(0)
    for folder in ("usr", "dev", "proc", "etc", "tmp"):
        os.mkdir(f"{root}/{folder}", 0o1777 if folder == "tmp" else 0o755)
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if os.path.islink(f"/{name}"):
            LINKS[name] = os.readlink(f"/{name}")
            os.symlink(LINKS[name], f"{root}/{name}")
        elif os.path.isdir(f"/{name}"):
            os.mkdir(f"{root}/{name}")
            mount("-o", "bind,ro", f"/{name}", f"{root}/{name}")
    for name in OURS:
        if os.path.isdir(f"/usr/{name}"):
            os.mkdir(f"{root}/usr/{name}")
            mount("-o", "bind,ro", f"/usr/{name}", f"{root}/usr/{name}")
    mount("-t", "proc", "proc", f"{root}/proc")
    mount("-o", "remount,ro", f"{root}/proc")
    mount("-t", "tmpfs", "-o", "size=1m,mode=755", "none", f"{root}/dev")
    for name, major, minor in (("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9)):
        os.mknod(f"{root}/dev/{name}", 0o666 | stat.S_IFCHR, os.makedev(major, minor))
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{root}/dev/{name}")
    mount("-o", "remount,ro", f"{root}/dev")  # `rm -r $unset/*` leaves the devices alone
    for name in ("pam.d", "security", "ld.so.cache", "alternatives"):
        if os.path.isdir(f"/etc/{name}"):
            os.mkdir(f"{root}/etc/{name}")
        elif os.path.exists(f"/etc/{name}"):
            open(f"{root}/etc/{name}", "w").close()
        else:
            continue
        mount("-o", "bind,ro", f"/etc/{name}", f"{root}/etc/{name}")
    os.chroot(root)
    os.chdir("/")


def entry(path: str, info: os.stat_result) -> tuple:
    """What is at `path`.  A file with several names is marked, for writing to one of them changes the others."""
    mode = info.st_mode
    if stat.S_ISDIR(mode):
        return ("d", mode & 0o7777, info.st_uid, info.st_gid, b"")
    if stat.S_ISLNK(mode):
        return ("l", 0o777, info.st_uid, info.st_gid, os.readlink(path).encode())
    if stat.S_ISREG(mode):
        with open(path, "rb", buffering=0) as file:
            return ("f", mode & 0o7777, info.st_uid, info.st_gid, file.read())
    return ("?", mode, info.st_uid, info.st_gid, b"")


class Files:
    """The file system as it is now."""

    def __init__(self) -> None:
        self.now: dict[str, tuple] = {}
        self.linked: set[str] = set()
        self.look()

    def look(self) -> None:
        found: dict[str, tuple] = {}
        linked: set[str] = set()
        folders = ["/"]
        while folders:
            folder = folders.pop()
            with os.scandir(folder) as entries:
                for each in entries:
                    path = each.path
                    if path in UNSEEN or (folder == "/" and each.name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32")):
                        continue
                    info = each.stat(follow_symlinks=False)
                    found[path] = entry(path, info)
                    if stat.S_ISDIR(info.st_mode):
                        folders.append(path)
                    elif info.st_nlink > 1:
                        linked.add(path)
        self.now, self.linked = found, linked

    def become(self, wanted: dict[str, tuple]) -> None:
        """Write what differs."""
        now = self.now
        os.chown("/", 0, 0)
        os.chmod("/", 0o755)  # no part of a tree, and a script may have changed it
        for path in self.linked:
            if path in now:
                os.unlink(path)
                del now[path]
        gone = [path for path, each in now.items() if path not in wanted or wanted[path][0] != each[0]]
        for path in sorted(gone, reverse=True):
            if now[path][0] == "d":
                os.rmdir(path)
            else:
                os.unlink(path)
            del now[path]
        for path in sorted(path for path, each in wanted.items() if now.get(path) != each):
            kind, mode, uid, gid, data = wanted[path]
            if kind == "d":
                if path not in now:
                    os.mkdir(path)
            elif kind == "l":
                if path in now:
                    os.unlink(path)
                os.symlink(data, path)
            elif kind == "f":
                with open(path, "wb", buffering=0) as file:
                    file.write(data)
            os.lchown(path, uid, gid)
            if kind != "l":
                os.chmod(path, mode)
        self.now = dict(wanted)
        self.linked = set()


def run(argv: list[str], env: dict[str, str], cwd: str, limit: float, log: int) -> int:
    """The exit code of `argv`, whose processes are all gone afterwards, as they are when a build step ends."""
    os.ftruncate(log, 0)
    os.lseek(log, 0, os.SEEK_SET)
    os.chdir(cwd)
    files = [(os.POSIX_SPAWN_DUP2, 3, 0), (os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
    child = os.posix_spawn(argv[0], argv, env, file_actions=files, setsid=True, setsigdef=[signal.SIGPIPE, signal.SIGXFSZ])
    signal.signal(signal.SIGALRM, lambda *_: end())
    signal.setitimer(signal.ITIMER_REAL, limit)
    code = -1
    while True:
        found, status = os.waitpid(-1, 0)
        if found == child:
            code = os.waitstatus_to_exitcode(status)
            break
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.chdir("/")
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                end()
                os.waitpid(-1, 0)
        except ChildProcessError:
            return code


def end() -> None:
    """Ends what is left of a script: this PID namespace holds nothing else."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) > 1:
            with suppress(ProcessLookupError):
                os.kill(int(name), signal.SIGKILL)


def differences(before: dict[str, tuple], after: dict[str, tuple]) -> dict[str, tuple | None]:
    changes: dict[str, tuple | None] = {path: None for path in before if path not in after}
    changes.update({path: each for path, each in after.items() if before.get(path) != each})
    return changes


def serve(root: str) -> None:
    """Answers requests until there are no more."""
    prepare(root)
    assert os.getpid() == 1 and os.listdir("/proc"), "not in a PID namespace of its own"
    os.dup2(os.open("/dev/null", os.O_RDONLY), 3)
    os.set_inheritable(3, False)
    log = os.memfd_create("log")
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST, MOST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    os.umask(0o022)
    source, sink = os.fdopen(4, "rb"), os.fdopen(5, "wb")
    files = Files()
    while head := source.read(4):
        wanted, argv, env, cwd, limit = marshal.loads(source.read(*struct.unpack("I", head)))
        files.become(wanted)
        if cwd not in wanted:
            cwd = "/"
        code = run(argv, env, cwd, limit, log)
        for name, target in LINKS.items():
            if not os.path.lexists(f"/{name}"):
                os.symlink(target, f"/{name}")
        files.look()
        said = os.pread(log, 4000, 0)
        answer = marshal.dumps((code, differences(wanted, files.now), said))
        sink.write(struct.pack("I", len(answer)) + answer)
        sink.flush()


if __name__ == "__main__":
    serve(sys.argv[1])
