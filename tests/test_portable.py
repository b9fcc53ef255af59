"""Other systems: the core needs nothing that only Linux has, and a file is whole whatever ends the program."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dfrefactor.cli.files import below
from dfrefactor.kinds import kind_beside, kind_of

from tests.shared import ROOT
from tests.test_cli import BROKEN, CLEAN, MENDED, MIXED

# What Python on Windows or macOS lacks, taken away before anything of ours is loaded.
LESS = """
import os, signal, sys
for name in ("fcntl", "grp", "posix_ipc", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"):
    sys.modules[name] = None
import random, subprocess, tempfile, shutil  # of the library itself: each system has its own
for name in (
    "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "chown", "chroot", "copy_file_range", "eventfd", "fchdir", "fchmod",
    "fchown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getloadavg", "getpgid", "getsid", "getuid", "getxattr", "killpg",
    "lchown", "listxattr", "memfd_create", "mkfifo", "mknod", "openpty", "posix_fadvise", "posix_fallocate", "removexattr",
    "sched_getaffinity", "sched_setaffinity", "sendfile", "setpgid", "setsid", "setxattr", "splice", "statvfs", "sync", "uname",
):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGALRM", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGWINCH", "alarm", "pthread_sigmask", "setitimer"):
    if hasattr(signal, name):
        delattr(signal, name)
"""
MAIN = "from dfrefactor.cli.main import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
SPAWNED = "import multiprocessing\nif __name__ == '__main__':\n    multiprocessing.set_start_method('spawn')\n"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name, data in {"Dockerfile": MIXED, "a b/x.Dockerfile": MIXED.replace(b"\n", b"\r\n"), "bad/Dockerfile": BROKEN,
                       "clean/Dockerfile": CLEAN, "out/Dockerfile": MIXED, ".gitignore": b"/out/\n"}.items():  # fmt: skip
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_bytes(data)
    shutil.copytree(ROOT / "samples", tmp_path / "tree" / "samples")
    return tmp_path / "tree"


def run(prelude: str, folder: Path, *words: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    program = folder.parent / "program.py"
    program.write_text(f"import sys\n{prelude}\n{MAIN}")
    done = subprocess.run([sys.executable, program, *words], cwd=folder, input=stdin, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr and b"bug of dfrefactor" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def test_the_core_works_without_what_other_systems_lack(here: Path) -> None:
    for words in (["--check"], [], ["--format", "json"], ["--format", "sarif"], ["--format", "patch"], ["explain", "order-layers"],
                  ["graph", "Dockerfile"], ["explain", "--footprint", "Dockerfile"], ["--help"]):  # fmt: skip
        assert run(LESS, here, *words) == run("", here, *words), words
    assert run(LESS, here, "-", stdin=MIXED)[1] == MENDED
    twin = shutil.copytree(here, here.parent / "twin")
    assert run(LESS, here, "--apply") == run("", twin, "--apply")
    files = [path.relative_to(here) for path in here.rglob("*") if path.is_file()]
    assert all((here / path).read_bytes() == (twin / path).read_bytes() for path in files)
    assert (here / "Dockerfile").read_bytes() == MENDED and (here / "out" / "Dockerfile").read_bytes() == MIXED


@pytest.mark.slow
def test_processes_may_be_begun_afresh(tmp_path: Path) -> None:
    """As macOS and Windows begin them: nothing is inherited."""
    for number in range(120):
        (tmp_path / "tree" / str(number)).mkdir(parents=True)
        (tmp_path / "tree" / str(number) / "Dockerfile").write_bytes(MIXED)
    code, _, said = run(SPAWNED, tmp_path / "tree", "--apply", "--quiet")
    assert (code, said) == (0, b"")
    assert {path.read_bytes() for path in tmp_path.rglob("Dockerfile")} == {MENDED}


def test_paths_of_windows() -> None:
    assert below("C:\\a", "C:\\a\\b\\Dockerfile", "\\") == "b/Dockerfile" and below("C:\\", "C:\\x", "\\") == "x"
    assert below("C:\\a", "C:\\ab\\x", "\\") is None and below("/", "/x", "/") == "x"
    assert kind_of("C:\\a\\docker-compose.yml") == "compose" and kind_of("C:\\a.yml\\Dockerfile") == "dockerfile"
    assert kind_beside("C:\\a\\.github\\workflows\\x.yml") == "workflow"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there is no kill -9 here")
def test_whatever_kills_it_each_file_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    paths = [tmp_path / str(number % 25) / f"{number}.Dockerfile" for number in range(500)]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(MIXED)
    words = [sys.executable, "-m", "dfrefactor", "--apply", "--quiet", tmp_path]

    def started() -> subprocess.Popen[bytes]:
        return subprocess.Popen(words, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    begun = time.monotonic()
    assert started().wait() == 0
    whole = time.monotonic() - begun
    assert {path.read_bytes() for path in paths} == {MENDED}
    luck, interrupted = random.Random(9), 0
    for _ in range(50):
        for path in paths:
            path.write_bytes(MIXED)
        child = started()
        time.sleep(luck.uniform(0.2, 1) * whole)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        found = [path.read_bytes() for path in paths]
        assert {*found} <= {MIXED, MENDED}
        interrupted += MIXED in found and MENDED in found
    print(f"{interrupted} of 50 were killed half way")
    assert interrupted
