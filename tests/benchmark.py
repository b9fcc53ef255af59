"""How fast it is, against others in the same run:  python tests/benchmark.py [FILES]

Two figures: parsing FILES corpus files (1,000) on one core against hadolint on the same files, and the whole program on
one small file against `python -c pass`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.shared import corpus

SMALL = b"FROM debian:bookworm\nRUN apt-get update && apt-get install -y curl\nCMD [\"bash\"]\n"
TIMES = 15


def one_core(command: list[str], **more: object) -> float:
    """Seconds that `command` takes on the first core."""
    begun = perf_counter()
    subprocess.run(
        command, preexec_fn=lambda: os.sched_setaffinity(0, {0}), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, check=False, **more,  # type: ignore[call-overload]
    )  # fmt: skip
    return perf_counter() - begun


def best(run: Callable[[], float], times: int = TIMES) -> float:
    return median(sorted(run() for _ in range(times)))


def parsing(count: int) -> None:
    files = [str(path) for path in corpus()[:count]]
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if not files or not hadolint:
        print("parse: the corpus or hadolint is not here")
        return
    script = (
        "import sys; from pathlib import Path; from dfrefactor import parse\n"
        "for name in sys.argv[1:]:\n    document = parse(Path(name).read_bytes(), name); document.stages"
    )
    ours = min(one_core([sys.executable, "-c", script, *files]) for _ in range(2))
    theirs = one_core([hadolint, "--no-fail", *files])
    print(f"parse {len(files)} files on one core: {ours:.2f} s; hadolint {theirs:.2f} s; {theirs / ours:.1f}x as fast")


def starting() -> None:
    program = Path(sys.executable).with_name("dfrefactor")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "Dockerfile")
        file.write_bytes(SMALL)
        command = [str(program), "--check", "--quiet", str(file)]
        subprocess.run(command, check=True)
        bare = best(lambda: one_core([sys.executable, "-c", "pass"]))
        ours = best(lambda: one_core(command))
    print(f"--check of a small file: {ours * 1000:.0f} ms; python -c pass: {bare * 1000:.0f} ms; {ours / bare:.1f}x")


if __name__ == "__main__":
    starting()
    parsing(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
