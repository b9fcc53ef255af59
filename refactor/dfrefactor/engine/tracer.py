"""The tracer that a build is given: strace and `cp` with all they load, in a folder that is mounted over a step."""

from __future__ import annotations

import platform
import re
import shutil
import sys
from pathlib import Path

from dfrefactor.engine.build import Options
from dfrefactor.engine.builders import Docker
from dfrefactor.engine.process import EngineError, run

PROGRAMS = ("strace", "cp")
LOADER, LIBRARIES = "ld.so", "lib"
OUTPUT = "o"
"""An empty folder that anyone may write to: what the cache mount starts as, whoever the step runs as."""

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
# For an engine of another kind than this machine, and where strace is not installed.
_FETCHED = b"""\
FROM debian:stable-slim AS tracer
RUN apt-get update && apt-get install -y --no-install-recommends strace \\
 && mkdir -p /t/lib && cp -L "$(command -v strace)" "$(command -v cp)" /t/ \\
 && for each in strace cp; do ldd /t/$each; done | grep -o '/[^ ]*' | sort -u | xargs -I@ cp -L @ /t/lib/ \\
 && mv /t/lib/ld-* /t/ld.so
FROM scratch
COPY --from=tracer /t /
"""


def put(folder: Path, builder: Docker, options: Options, architecture: str | None) -> None:
    """Fill `folder` with a tracer for images of that architecture.  Raises EngineError."""
    own = options.platform is None and architecture in (None, _MACHINES.get(platform.machine()))
    if not (own and _ours(folder)):
        try:
            builder.files(_FETCHED, folder, Options(platform=options.platform, network=options.network), folder)
        except EngineError as problem:
            raise EngineError(f"strace is not installed, and can't be fetched: {problem}") from None
    (folder / OUTPUT).mkdir()
    (folder / OUTPUT).chmod(0o777)
    for each in (*PROGRAMS, LOADER):
        (folder / each).chmod(0o755)


def _ours(folder: Path) -> bool:
    """Whether the machine's own programs could be taken."""
    paths = [shutil.which(name) for name in PROGRAMS]
    if sys.platform != "linux" or None in paths:
        return False
    (folder / LIBRARIES).mkdir()
    for name, path in zip(PROGRAMS, paths, strict=True):
        shutil.copy(str(path), folder / name)
        code, said = run(["ldd", str(path)])
        if code:
            return False
        for library in re.findall(r"(?m)(?:=> |^\s+)(/\S+)", said.decode("utf-8", "replace")):
            loader = re.match(r"ld-|ld64", Path(library).name)
            shutil.copy(library, folder / LOADER if loader else folder / LIBRARIES)
    return (folder / LOADER).is_file()
