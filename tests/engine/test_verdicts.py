"""Rejected or accepted: ours against `docker build --check`, file by file."""

from __future__ import annotations

import json
import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dfrefactor
import pytest
from dfrefactor import buildkit
from dfrefactor.engine.build import Builder

from tests.shared import SHARED, corpus, needs_shared
from tests.test_verdicts import CASES

SEED = 20261124
ODD = b" \t\n\r\\`\"'${}[]()<>=-#:/,;.@|&aA0_%\x00\x80\xff~*?!^+"
_FROM = re.compile(rb"(?im)^(\s*from\s+(?:--\S+\s+)*)(?!scratch\b)(\S+)")
_NAMED = re.compile(rb"(?im)^\s*from\s+.*\sas\s+(\S+)")


def local(data: bytes) -> bytes:
    """The same file on an image that is at hand, and for the built-in frontend: no registry is asked."""
    names = {name.lower() for name in _NAMED.findall(data)}
    data = re.sub(rb"(?im)^\s*(?:#|//)\s*syntax\s*=.*\n", b"", data)
    data = re.sub(rb"--from=([a-z][^\s,]*)", lambda m: m[0] if m[1].lower() in names else b"--from=debian:bookworm", data)
    return _FROM.sub(lambda m: m[0] if m[2].lower() in names else m[1] + b"debian:bookworm", data)


def changed(random_: random.Random, data: bytes) -> bytes:
    """`data` with a byte removed, replaced or put in."""
    at, byte = random_.randrange(len(data)), bytes([random_.choice(ODD)])
    return data[:at] + random_.choice([b"", byte, byte + data[at : at + 1]]) + data[at + 1 :]


def buildkit_cases() -> list[bytes]:
    folder = SHARED / "conformance"
    inline = json.loads((folder / "buildkit_inline_dockerfiles.json").read_text("utf-8"))
    negative = json.loads((folder / "buildkit_parser.json").read_text("utf-8"))["negative"]
    return [local(case["dockerfile"].encode()) for case in inline + negative]


def verdict(data: bytes, context: Path) -> str | None:
    """BuildKit's error, "" where there is none, None where it could not tell because it had no image or frontend."""
    command = ["docker", "build", "--check", "-f", "-", str(context)]
    ran = subprocess.run(command, input=data, capture_output=True, check=False)
    said = (ran.stdout + ran.stderr).decode("utf-8", "replace")
    errors = re.findall(r"^ERROR: (.*)", said, re.M)
    if "failed to resolve source metadata" in said or "failed to do request" in said:
        return None
    assert errors or "Check complete" in said, said
    return errors[0] if errors else ""


def compare(files: list[bytes], context: Path) -> int:
    """How many files were judged; fails where a verdict differs."""
    files = sorted(set(files))
    with ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(lambda data: verdict(data, context), files))
    judged = [(data, said) for data, said in zip(files, verdicts, strict=True) if said is not None]
    ours = [buildkit.errors(dfrefactor.parse(data)) for data, _ in judged]
    found = [(data, said, errors) for (data, said), errors in zip(judged, ours, strict=True) if bool(said) != bool(errors)]
    # no build argument is given here, so that what one would mend is refused
    assert [each for each in found if each[2] or not re.search(rb"(?i)\barg\b", each[0])] == []
    return len(judged)


@pytest.mark.engine
def test_hand_made_files(engine: Builder, tmp_path: Path) -> None:
    assert compare(random.Random(SEED).sample([data for data, _ in CASES], 130), tmp_path) >= 125


@pytest.mark.engine
@needs_shared
def test_cases_of_buildkit(engine: Builder, tmp_path: Path) -> None:
    cases = buildkit_cases()
    assert compare(random.Random(SEED).sample(cases[:-4], 100) + cases[-4:], tmp_path) >= 85


@pytest.mark.engine
@needs_shared
def test_real_files_with_a_byte_changed(engine: Builder, tmp_path: Path) -> None:
    random_ = random.Random(SEED)
    files = [path.read_bytes() for path in random_.sample(corpus(), 130)]
    assert compare([changed(random_, local(data)) for data in files if 0 < len(data) < 8000], tmp_path) >= 90
