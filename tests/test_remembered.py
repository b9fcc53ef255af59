"""Results that are remembered: the same as worked out anew, gone with every change they depend on, and nothing to read for others."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor import pipeline
from dfrefactor.cli import context, many, remembered
from dfrefactor.cli.around import Around
from dfrefactor.cli.remembered import Entry

from tests.conftest import Run
from tests.shared import Real

Command = Callable[..., Run]
TEXT = b"FROM debian:12\nCOPY a.sh /a.sh\nRUN chmod 755 /a.sh\n"
CREDENTIAL = b"FROM debian:12\nARG TOKEN\nRUN curl -H 'Authorization: Bearer sk-canary-0123456789abcdef' https://example.org/a -o /a\n"


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the files whose results were worked out."""
    found: list[str] = []
    real = pipeline.refactor

    def noted(data: bytes, path: str, *more: object) -> object:
        found.append(os.path.basename(path))
        return real(data, path, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "refactor", noted)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_bytes(TEXT)
    (tmp_path / "a.sh").write_bytes(b"#!/bin/sh\n")
    return tmp_path


@pytest.mark.parametrize("options", [(), ("--check",), ("--format", "json"), ("--format", "patch"), ("--advice",)])
def test_a_second_run_says_the_same_and_works_nothing_out(
    dfrefactor: Command, folder: Path, worked: list[str], options: tuple[str, ...]
) -> None:
    first = dfrefactor(*options, folder)
    assert worked == ["Dockerfile"]
    assert dfrefactor(*options, folder) == first
    assert worked == ["Dockerfile"]


def test_what_is_remembered_is_applied(dfrefactor: Command, folder: Path, worked: list[str]) -> None:
    dfrefactor(folder)
    dfrefactor("--apply", folder)
    assert worked == ["Dockerfile"]
    assert (folder / "Dockerfile").read_bytes() == b"FROM debian:12\nCOPY --chmod=755 a.sh /a.sh\n"
    assert "1 file unchanged" in dfrefactor("--check", folder).err


def _other_text(folder: Path) -> tuple[str, ...]:
    (folder / "Dockerfile").write_bytes(TEXT + b"CMD true\n")
    return ()


def _other_context(folder: Path) -> tuple[str, ...]:
    (folder / ".dockerignore").write_bytes(b"*.md\n!b.md\n")
    (folder / "b.md").write_bytes(b"")
    return ()


def _other_settings(folder: Path) -> tuple[str, ...]:
    (folder / ".dfrefactor.toml").write_bytes(b'ignore = ["store-once"]\n')
    return ()


def _compose(folder: Path) -> tuple[str, ...]:
    (folder / "compose.yaml").write_bytes(b"services:\n  a:\n    build: .\n")
    return ()


CHANGES = [_other_text, _other_context, _other_settings, _compose, lambda _: ("--ignore", "order-layers"), lambda _: ("--unsafe",),
           lambda _: ("--no-cache",)]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_with_another_file_around_or_another_wish_it_is_worked_out_anew(
    dfrefactor: Command, folder: Path, worked: list[str], change: Callable[[Path], tuple[str, ...]]
) -> None:
    dfrefactor(folder)
    options = change(folder)
    worked.clear()
    context._tree.cache_clear()  # a run is a process of its own
    again = dfrefactor(*options, folder)
    assert "Dockerfile" in worked
    assert again == dfrefactor(*options, "--no-cache", folder)


def test_another_version_knows_nothing(dfrefactor: Command, folder: Path, worked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    dfrefactor(folder)
    remembered.folder.cache_clear()
    monkeypatch.setattr("dfrefactor.version.__version__", "0.0.0")
    dfrefactor(folder)
    assert worked == ["Dockerfile"] * 2


def _entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("broken", [b"", b"short", b"x" * 5000])
def test_what_is_broken_is_ignored_and_made_anew(
    dfrefactor: Command, folder: Path, worked: list[str], cache_folder: Path, broken: bytes
) -> None:
    first = dfrefactor(folder)
    (entry,) = _entries(cache_folder)
    entry.write_bytes(broken)
    assert dfrefactor(folder) == first
    assert dfrefactor(folder) == first
    assert worked == ["Dockerfile"] * 2


def test_a_sealed_entry_that_is_no_result_is_ignored(folder: Path) -> None:
    path = str(folder / "Dockerfile")
    entry = Entry.of(path, TEXT, ())
    assert entry is not None
    hidden = entry._turned(pickle.dumps("nothing of ours"))
    Path(entry.file).write_bytes(entry._seal(hidden) + hidden)
    assert entry.recall(Around(path)) is None


def test_a_cache_folder_that_cannot_be_made_is_no_matter(dfrefactor: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFREFACTOR_CACHE_DIR", str(folder / "a.sh"))
    remembered.folder.cache_clear()
    assert dfrefactor(folder) == dfrefactor("--no-cache", folder)


def test_nobody_reads_a_file_in_what_is_remembered(dfrefactor: Command, folder: Path, cache_folder: Path) -> None:
    dfrefactor(folder)
    (entry,) = _entries(cache_folder)
    assert not [piece for piece in (b"chmod", b"debian", b"a.sh", b"Dockerfile", b"store-once") if piece in entry.read_bytes()]
    assert entry.parent.stat().st_mode & 0o077 == 0


def test_a_file_with_a_credential_is_not_remembered(dfrefactor: Command, folder: Path, cache_folder: Path, worked: list[str]) -> None:
    (folder / "Dockerfile").write_bytes(CREDENTIAL)
    first = dfrefactor(folder)
    assert not _entries(cache_folder)
    assert dfrefactor(folder) == first
    assert len(worked) > 1


def test_what_other_versions_left_long_ago_goes(dfrefactor: Command, folder: Path, cache_folder: Path) -> None:
    for name, age in (("old", 31 * 86400), ("new", 0)):
        (cache_folder / "results" / name).mkdir(parents=True)
        times = (cache_folder.stat().st_mtime - age,) * 2
        os.utime(cache_folder / "results" / name, times)
    dfrefactor(folder)
    assert not (cache_folder / "results" / "old").exists()
    assert (cache_folder / "results" / "new").exists()


def test_real_files_come_to_the_same(dfrefactor: Command, real: list[Real], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing remembered, with everything, and with a part of it, in one process and in several."""
    for each in real:
        (tmp_path / each.path.name).write_bytes(each.path.read_bytes())
    said = [dfrefactor("--check", "--format", "json", "--advice", "--no-cache", tmp_path)]
    said += [dfrefactor("--check", "--format", "json", "--advice", tmp_path) for _ in range(2)]
    monkeypatch.setattr(many, "_ENOUGH", 2)
    monkeypatch.setattr(many, "_BATCH", 30)
    for at, entry in enumerate(_entries(Path(os.environ["DFREFACTOR_CACHE_DIR"]))):
        if at % 2:
            entry.unlink()
    said.append(dfrefactor("--check", "--format", "json", "--advice", tmp_path))
    assert len(set(said)) == 1
