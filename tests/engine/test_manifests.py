"""Manifests that are copied ahead are built before and after: the images are equal, and a change of a source installs nothing again.

The installers are small scripts that read what the real ones do, and fail without it.
"""

from __future__ import annotations

import subprocess
import uuid
from functools import partial
from pathlib import Path

import dfrefactor
import pytest
from dfrefactor.cli import context
from dfrefactor.passes import named
from dfrefactor.settings import Settings

from tests.engine.conftest import BuildAndCompare

pytestmark = pytest.mark.engine

PASS = [named("order-layers")]
LOCK = '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0"}}}'
NODE = {"package.json": "{}", "package-lock.json": LOCK, "src/x.js": "x\n", "node_modules/old.js": "old\n", ".dockerignore": "**/node_modules\n"}
NPM = "mkdir -p node_modules/a && cat package.json package-lock.json > node_modules/a/index.js && ls -la /tmp > /dev/null"
PIP = 'test "$1" = install && mkdir -p /usr/lib/site && cat "$3" base.txt > /usr/lib/site/installed'
CASES = {
    "npm": ("npm", NPM, NODE, "WORKDIR /app\nCOPY . .\nRUN npm ci\nRUN cat src/x.js > built.js\n"),
    "an owner": ("npm", NPM, NODE, "COPY --chown=1:2 --chmod=750 . /app\nWORKDIR /app\nRUN npm ci\nRUN cat src/x.js > built.js\n"),
    "sources read along": ("npm", 'test "$1" = ci || exit 0; ' + NPM, NODE,
                           "WORKDIR /app\nCOPY . .\nRUN npm ci && npm run build && cp src/x.js built.js\nRUN cat built.js\n"),
    "a folder of it": ("npm", NPM, {f"web/{name}": text for name, text in NODE.items()} | {".dockerignore": "**/node_modules\n", "README": "x\n"},
                       "WORKDIR /srv\nCOPY . .\nRUN cd web && npm ci\nRUN cat README > /read\n"),
    "pip": ("pip", PIP, {"r.txt": "-r base.txt\nflask\n", "base.txt": "requests\n", "x.py": "x\n"},
            "WORKDIR /app\nADD . /app/\nRUN pip install -r r.txt\nRUN cp x.py /x.py\n"),
}  # fmt: skip


def project(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "project" / "src").mkdir(exist_ok=True, mode=0o700)
    return folder / "project"


def split(name: str, folder: Path) -> tuple[bytes, bytes]:
    program, script, _, lines = CASES[name]
    install = f"RUN printf '%s\\n' '#!/bin/sh -e' '# {uuid.uuid4().hex}' '{script}' > /usr/bin/{program} && chmod +x /usr/bin/{program}\n"
    old = f"FROM buildpack-deps:bookworm\n{install}{lines}".encode()
    context._tree.cache_clear()
    place = str(folder / "Dockerfile")
    result = dfrefactor.refactor(old, place, passes=PASS, settings=Settings(context=partial(context.look, place)))
    assert result.changed and not result.problems
    return old, result.data


@pytest.mark.parametrize("name", CASES)
def test_the_images_are_equal(name: str, tmp_path: Path, build_and_compare: BuildAndCompare) -> None:
    folder = project(tmp_path, CASES[name][2])
    old, new = split(name, folder)
    assert build_and_compare(old, new, folder).differences == (), new.decode()


@pytest.mark.parametrize("name", CASES)
def test_a_change_of_a_source_installs_nothing_again(name: str, tmp_path: Path, engine: object) -> None:
    folder = project(tmp_path, CASES[name][2])
    for number, text in enumerate(split(name, folder)):
        (folder / "Dockerfile").write_bytes(text)
        build(folder)
        (folder / "added.txt").write_text(f"{number}\n")
        command = {"npm": "npm ci", "pip": "pip install"}[CASES[name][0]]
        assert is_cached(build(folder), command) is bool(number)


def build(folder: Path) -> str:
    return subprocess.run(["docker", "build", "--progress=plain", str(folder)], capture_output=True, text=True, check=True).stderr


def is_cached(log: str, command: str) -> bool:
    """Whether the step that runs `command` was taken from the cache."""
    (step,) = {line.split()[0] for line in log.splitlines() if f"] RUN {command}" in line or f"&& {command}" in line}
    return f"{step} CACHED" in log
