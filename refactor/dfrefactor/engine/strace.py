"""What a tracer wrote down of one RUN: the paths it opened, and those it only asked for."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import field

from dfrefactor.lazy import dataclass, regex

OPTIONS = (
    "-f", "--seccomp-bpf", "-y", "-qq",
    "-e", "trace=%file,fchdir,clone,?clone3,?fork,?vfork,?io_uring_setup,chroot,pivot_root,mount,umount2",
    "-e", "verbose=none", "-e", "signal=none",
)  # fmt: skip
"""What strace is to write: no argument but paths, for a command's own arguments (execve) may hold a secret."""

_LINE = regex(r"(\d+)\s+(?:<\.\.\. )?(\w+)([( ])(.*)", re.S)
_STRING = regex(r'(?:(?:AT_FDCWD|\d+)<((?:[^<>\\]|\\.)*)>(?:\(deleted\))?, )?"((?:[^"\\]|\\.)*)"')
_FOLDER = regex(r"AT_FDCWD<((?:[^<>\\]|\\.)*)>")
_RESULT = regex(r"\)?\s+= (-?\d+)(?:<((?:[^<>\\]|\\.)*)>)?(?:\(deleted\))?(?: [A-Z].*)?\Z")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9a-fA-F]{2}|.)", re.S)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f", b"a": b"\a", b"b": b"\b"}
_FORKS = frozenset(("clone", "clone3", "fork", "vfork"))
_OPENS = frozenset(("open", "openat", "openat2", "creat"))
_ROOTS = frozenset(("chroot", "pivot_root", "mount", "umount2"))
"""What changes what a path means."""


@dataclass(frozen=True)
class Trace:
    """Absolute paths as they were said, and what the kernel made of those that could be opened.

    `why` says why they are not all there is to know.
    """

    opened: frozenset[str] = frozenset()
    """Files and folders whose content may have been read."""
    named: frozenset[str] = frozenset()
    """All that was asked for in any way, whether it was there or not."""
    executed: frozenset[str] = frozenset()
    links: frozenset[tuple[str, str]] = frozenset()
    """Symbolic links that were made, and where they lead."""
    why: str = ""


@dataclass
class _Reader:
    """The state of reading one trace, line by line."""

    children: dict[str, deque[str]]
    folder: dict[str, str]
    begun: dict[str, tuple[str, str]] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    executed: set[str] = field(default_factory=set)
    links: set[tuple[str, str]] = field(default_factory=set)
    why: str = ""

    def line(self, text: str) -> None:
        found = _LINE.match(text)
        if found is None:
            return
        pid, call, opening, rest = found.groups()
        resumed = opening == " "
        if resumed:
            begun, start = self.begun.pop(pid, ("", ""))
            rest = start + rest.removeprefix("resumed>").lstrip(", ")
            if begun != call:
                return
        elif rest.endswith("<unfinished ...>"):
            rest = rest.removesuffix("<unfinished ...>").rstrip()
            self.begun[pid] = (call, rest)
            self.entered(pid, call, rest)
            return
        else:
            self.entered(pid, call, rest)
        self.left(pid, call, rest)

    def entered(self, pid: str, call: str, rest: str) -> None:
        """What is known when a call begins: its paths."""
        if call in _FORKS:
            child = self.children[pid].popleft() if self.children[pid] else ""
            if pid in self.folder and child not in ("", "-1"):
                self.folder[child] = self.folder[pid]
            return
        if here := _FOLDER.search(rest):
            self.folder[pid] = _text(here[1])
        for path in self.paths(pid, call, rest):
            self.named.add(path)
            if call in ("execve", "execveat"):
                self.executed.add(path)

    def left(self, pid: str, call: str, rest: str) -> None:
        """What is known when a call is over: whether it did what was asked, and of which file."""
        result = _RESULT.search(rest)
        if result is None or result[1].startswith("-"):
            return
        if call == "getcwd":
            self.folder[pid] = next((_text(path) for _, path in _STRING.findall(rest)), self.folder.get(pid, "/"))
        elif call == "chdir":
            self.folder[pid] = next(self.paths(pid, call, rest), self.folder.get(pid, ""))
        elif call == "fchdir":
            if into := re.match(r"\d+<((?:[^<>\\]|\\.)*)>", rest):
                self.folder[pid] = _text(into[1])
        elif call in _OPENS and "O_PATH" not in rest:
            self.opened.update(self.paths(pid, call, rest))
            if result[2] is not None and result[2].startswith("/"):
                self.opened.add(_text(result[2]))
        elif call in ("symlink", "symlinkat"):
            strings = [_text(path) for _, path in _STRING.findall(rest)]
            self.links.update((path, strings[0]) for path in self.paths(pid, call, rest) if strings)
        elif call in _ROOTS:
            self.why = self.why or "it changes what paths mean (chroot, mount)"
        elif call == "io_uring_setup":
            self.why = self.why or "it opens files in a way that is not traced (io_uring)"

    def paths(self, pid: str, call: str, rest: str) -> Iterator[str]:
        """The paths a call names, in the folder it names or the process is in."""
        found = _STRING.findall(rest)
        if "xattr" in call or call.startswith("readlink"):
            found = found[:1]  # behind it are a name and a value, or where the link leads
        elif call.startswith("symlink"):
            found = found[1:]
        elif call == "getcwd":
            found = []
        for base, said in found:
            path = _text(said)
            base = _text(base) if base.startswith("/") else self.folder.get(pid, "")
            if path.startswith("/"):
                yield normal(path)
            elif path and base:
                yield normal(f"{base}/{path}")
            elif path:
                self.why = self.why or "the folder that a process was in is not known"


def read(text: str, folder: str | None = None) -> Trace:
    """What the lines of a trace say; `folder` is where the first process starts, where that is known."""
    children: dict[str, deque[str]] = defaultdict(deque)
    for pid, result in re.findall(r"(?m)^(\d+)\s+(?:<\.\.\. )?(?:clone3?|v?fork)\b.*\s= (-?\d+)(?:\s[A-Z].*)?$", text):
        children[pid].append(result)
    first = re.match(r"\d+", text)
    if first is None:
        return Trace(why="the tracer wrote nothing")
    # A shell asks where it is, and what it opens by a name says so too: the first that says so tells of the start.
    told = re.search(rf'(?m)^{first[0]}\s+(?:getcwd\("((?:[^"\\]|\\.)*)"|\w+\(AT_FDCWD<((?:[^<>\\]|\\.)*)>|f?chdir\()', text)
    start = (told[1] or told[2]) if told else None
    folder = _text(start) if start else folder
    reader = _Reader(children, {first[0]: folder} if folder else {})
    for line in text.split("\n"):
        reader.line(line)
    return Trace(
        frozenset(reader.opened), frozenset(reader.named), frozenset(reader.executed), frozenset(reader.links), reader.why
    )


def normal(path: str) -> str:
    """`path` without `.` and doubled slashes; `..` stays, for what it leaves may be a link."""
    if "/.." in path:
        return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))
    return "/" + posixpath.normpath(path).lstrip("/")


def _text(escaped: str) -> str:
    if "\\" not in escaped:
        return escaped

    def plain(found: re.Match[bytes]) -> bytes:
        what = found[1]
        if what[:1] == b"x" and len(what) == 3:
            return bytes([int(what[1:], 16)])
        return bytes([int(what, 8) & 0xFF]) if what[:1].isdigit() else _LETTERS.get(what, what)

    return _ESCAPE.sub(plain, escaped.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
