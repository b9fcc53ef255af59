"""Effectss against a real engine: what a RUN changed must be what its footprint allowed for."""

from __future__ import annotations

import re
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import dfrefactor
import pytest
from dfrefactor.effects import instruction as effects
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.files import Files
from dfrefactor.effects.instruction import behind
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import Region
from dfrefactor.engine.build import Builder
from dfrefactor.images import scopes

from tests.engine.layers import Change, Layer, count, layers
from tests.engine.soundness_cases import CHAINS, Case
from tests.engine.soundness_more import MORE

pytestmark = pytest.mark.engine
MINIMUM = 200
THROUGH = "old links"
"""Lines that go through links of earlier steps, which no one can know who is not told of these."""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web server with an archive, a tool and their sums."""
    folder = tmp_path_factory.mktemp("www")
    (folder / "app/bin").mkdir(parents=True)
    (folder / "app/bin/run").write_text("#!/bin/sh\n")
    (folder / "tool").write_text("#!/bin/sh\necho tool\n")
    for command in (
        ["tar", "czf", "app.tgz", "--owner=33", "--group=33", "app"],
        ["python3", "-m", "zipfile", "-c", "app.zip", "app"],
        ["gzip", "-kn", "tool"],
        ["sh", "-c", "sha256sum tool app.tgz > sums"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def dockerfile(base: str, cases: list[Case], url: str) -> str:
    lines = [line.replace("{url}", url).replace("{{", "{").replace("}}", "}") for _, line in cases]
    return "\n".join([f"FROM {base}", *(line if re.match(r"[A-Z]+ [\[/\w]", line) else f"RUN {line}" for line in lines), ""])


def build(text: str, name: str, folder: Path) -> list[Layer]:
    """Build `text` and say what each of its layers changed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(text)
    base = text.split()[1]
    command = ["docker", "build", "--network", "host", "-q", "-t", name, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    try:
        return layers(name, count(base))
    finally:
        subprocess.run(["docker", "rmi", "-f", name], capture_output=True)


def allowed(known: Effects, change: Change) -> bool:
    regions = known.touched | known.leftovers
    path = change.path.removesuffix("/*")
    if any(region.contains(path) for region in regions):
        return True
    if change.kind == "gone":  # a folder is gone in one entry, with all that was removed from it
        return any(region.path.startswith(path + "/") for region in known.removes)
    return False


def violations(known: Effects, layer: Layer) -> list[str]:
    """What the layer changed that the footprint did not allow for."""
    if known.grade is Grade.UNKNOWN:
        return []
    return [f"{change.kind} {change.path}" for change in layer.changes if not allowed(known, change)]


def inexact(known: Effects, layer: Layer) -> list[str]:
    """Where an exact footprint's outputs are not just what the layer left."""
    found = []
    at = {change.path: change for change in layer.changes if change.kind != "gone"}
    for change in at.values():
        regions = [Region(each.path, "tree" if each.kind == "tree" else "file") for each in known.outputs]
        if not any(region.contains(change.path) for region in [*regions, *known.leftovers]):
            found.append(f"{change.path} is no output")
    for output in known.outputs:
        change = at.get(output.path)
        if output.how == "create" and change is None:
            found.append(f"{output.path} was not made")
        if change is None:
            continue
        kind = "dir" if output.kind == "tree" and output.how == "create" else output.kind
        if kind in ("dir", "symlink", "file") and change.kind != kind:
            found.append(f"{output.path} is a {change.kind}, not a {output.kind}")
        if output.mode is not None and output.mode >= 0 and change.kind != "symlink" and output.mode != change.mode:
            found.append(f"{output.path} has mode {change.mode:o}, not {output.mode:o}")
        if output.owner == "root:root" and change.owner != (0, 0):
            found.append(f"{output.path} is not root's")
    return found


@pytest.mark.figures
def test_no_run_changes_what_its_footprint_did_not_allow_for(engine: Builder, url: str, tmp_path: Path) -> None:
    texts = [dockerfile(base, cases, url) for base, cases in CHAINS + MORE]
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(build, text, f"dfrefactor-sound{at}", tmp_path / str(at)) for at, text in enumerate(texts)]
        built = [job.result() for job in jobs]
    compared, graded, wrong = Counter[str](), Counter[tuple[str, str]](), []
    for (_, cases), text, made in zip(CHAINS + MORE, texts, built, strict=True):
        stage = dfrefactor.parse(text.encode()).stages[0]
        steps = [pair for pair in zip(stage.instructions, scopes(stage), strict=True) if pair[0].keyword in ("RUN", "WORKDIR")]
        families = [name for name, line in cases if not re.match(r"(ENV|SHELL|USER) ", line)]
        files = Files(base="debian")
        assert len(steps) == len(made) == len(families)
        for name, (instruction, scope), layer in zip(families, steps, made, strict=True):
            alone = effects.of(instruction, scope).effects
            told = effects.of(instruction, scope, None, None, files).effects
            seen = {*violations(told, layer)} | ({*violations(alone, layer)} if name != THROUGH else set())
            if told.grade is Grade.EXACT:
                seen |= set(inexact(told, layer))
            wrong += [f"{instruction.args[:90]}: {each} [{told.grade.name}]" for each in sorted(seen)[:4]]
            files = behind(files, told)
            compared[name] += 1
            graded[name, told.grade.name] += 1
    print("\nfamily        lines  exact  bounded  unknown")
    for name, lines in compared.items():
        print(f"{name:12} {lines:6}", *(f"{graded[name, grade]:7}" for grade in ("EXACT", "BOUNDED", "UNKNOWN")))
    print(f"{'all':12} {compared.total():6}")
    assert not wrong, "\n".join(wrong)
    assert compared.total() >= MINIMUM
