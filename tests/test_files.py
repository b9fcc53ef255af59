"""Which files a search finds, and that writing is all or nothing."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from dfrefactor.cli import files
from dfrefactor.kinds import kind_of, kind_of_name
from hypothesis import given, settings
from hypothesis import strategies as st


def plant(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"FROM debian\n")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*paths: str, exclude: Iterable[str] = ()) -> list[str]:
    return list(files.discover(paths or (".",), tuple(exclude)))


@pytest.mark.parametrize(
    "name",
    ["Dockerfile", "Dockerfile.dev", "dev.Dockerfile", "dev.dockerfile", "Containerfile", "Containerfile.prod",
     "x.Containerfile", "dockerfile", "Dockerfile.with.dots", "Dockerfile.a b"],
)  # fmt: skip
def test_these_are_dockerfiles(name: str) -> None:
    assert kind_of_name(name) == "dockerfile"


@pytest.mark.parametrize(
    "name",
    ["Dockerfile.dockerignore", "dev.Dockerfile.dockerignore", "Dockerfile.j2", "Dockerfile.tmpl", "Dockerfile.in",
     "Dockerfile.erb", "Dockerfile.m4", "Dockerfile.md", "Dockerfile.dev.j2", "Dockerfile~", "Dockerfile.orig",
     "Dockerfile.swp", "MyDockerfile", "Dockerfile-dev", "Dockerfiles", "dockerfile.go", ".dockerignore", "README.md",
     "compose.txt", "docker-bake.txt", "Makefile", ".Dockerfile.swp"],
)  # fmt: skip
def test_these_are_passed_by(name: str) -> None:
    assert kind_of_name(name) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [("compose.yaml", "compose"), ("docker-compose.yml", "compose"), ("docker-compose.prod.yml", "compose"),
     ("compose.override.yaml", "compose"), ("docker-bake.hcl", "bake"), ("docker-bake.override.json", "bake")],
)  # fmt: skip
def test_compose_and_bake_files(name: str, kind: str) -> None:
    assert kind_of_name(name) == kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [("x/anything", "dockerfile"), ("Dockerfile.j2", "dockerfile"), ("a.yml", "compose"), ("a.hcl", "bake"),
     ("Dockerfile.yml", "dockerfile"), ("", "dockerfile")],
)  # fmt: skip
def test_a_file_asked_for_is_taken_whatever_it_is_called(path: str, kind: str) -> None:
    assert kind_of(path) == kind


def test_a_search_is_sorted_and_takes_each_file_once(here: Path) -> None:
    plant(here, "b/Dockerfile", "a/Dockerfile", "Dockerfile", "a/b/c/x.Dockerfile", "a/readme.md", "z/compose.yml")
    (here / "link.Dockerfile").symlink_to("Dockerfile")
    os.link("b/Dockerfile", "b/Dockerfile.same")
    assert found() == ["Dockerfile", "a/Dockerfile", "a/b/c/x.Dockerfile", "b/Dockerfile", "z/compose.yml"]
    assert found("a", "a/Dockerfile", "b") == ["a/Dockerfile", "a/b/c/x.Dockerfile", "b/Dockerfile"]


def test_loops_and_links_to_folders_and_to_nowhere(here: Path) -> None:
    plant(here, "a/Dockerfile")
    (here / "a" / "loop").symlink_to("..")
    (here / "Dockerfile").symlink_to("Dockerfile")
    (here / "Dockerfile.gone").symlink_to("nowhere")
    assert found() == ["a/Dockerfile"]
    assert found("a/loop/a") == ["a/loop/a/Dockerfile"]


def test_only_regular_files_are_found(here: Path) -> None:
    os.mkfifo("Dockerfile")
    plant(here, "Dockerfile.d/Dockerfile")
    assert found() == ["Dockerfile.d/Dockerfile"]


def test_skipped_folders_are_not_entered_unless_named(here: Path) -> None:
    plant(here, "node_modules/x/Dockerfile", ".git/Dockerfile", ".venv/Dockerfile", "vendor/Dockerfile")
    assert found() == ["vendor/Dockerfile"]
    assert found("node_modules") == ["node_modules/x/Dockerfile"]


def test_gitignore_nested_and_negated(here: Path) -> None:
    plant(here, "build/Dockerfile", "a/build/Dockerfile", "a/keep.Dockerfile", "a/b/keep.Dockerfile", "a/no.Dockerfile")
    (here / ".gitignore").write_text("build/\n*.Dockerfile\n")
    (here / "a" / ".gitignore").write_text("!keep.Dockerfile\n")
    assert found() == ["a/keep.Dockerfile", "a/b/keep.Dockerfile"]
    assert found("build/Dockerfile", "a/no.Dockerfile") == ["build/Dockerfile", "a/no.Dockerfile"]


def test_a_gitignore_above_counts_inside_a_repository_only(here: Path) -> None:
    plant(here, "sub/old.Dockerfile", "sub/Dockerfile")
    (here / ".gitignore").write_text("old.*\n")
    assert found("sub") == ["sub/Dockerfile", "sub/old.Dockerfile"]
    (here / ".git").mkdir()
    assert found("sub") == ["sub/Dockerfile"]


def test_exclude_is_like_a_gitignore_from_the_current_folder(here: Path) -> None:
    plant(here, "a/Dockerfile", "b/Dockerfile", "b/c/x.Dockerfile")
    assert found(exclude=["b/"]) == ["a/Dockerfile"]
    assert found(exclude=["*.Dockerfile"]) == ["a/Dockerfile", "b/Dockerfile"]
    assert found("b/Dockerfile", exclude=["b/"]) == ["b/Dockerfile"]


def test_what_cannot_be_looked_at_is_said_and_the_search_goes_on(here: Path) -> None:
    plant(here, "Dockerfile")
    said: list[tuple[str, str]] = []
    paths = ("nowhere", "nul\0", ".")
    assert list(files.discover(paths, (), lambda path, message: said.append((path, message)))) == ["Dockerfile"]
    assert [path for path, _ in said] == ["nowhere", "nul\0"]
    assert said[0][1] == "no such file or directory"


_PATTERNS = st.lists(
    st.sampled_from(["*", "!*/", "!Dockerfile", "a/", "/a", "!a", "a/*", "!a/b/", "**/b", "b/**", "*.x",
                     "!/b/Dockerfile", "Dockerfile", "a/b/Dockerfile", "!b", "# c", "",
                     "\\!a", "[ab]/", "Docker*", "/*", "!/a/", "a/**/", "**", "**/b/", "a/**/Dockerfile",
                     "?", "!Docker[!a-d]ile", "[]a]", "b/ ", "b\\ ", "/**/b", "[[:lower:]]", "\\a", "a**", "["]),
    max_size=5,
)  # fmt: skip
_PLACES = ["Dockerfile", "a/Dockerfile", "a/b/Dockerfile", "b/Dockerfile", "b/a/Dockerfile", "b/Dockerfile.x"]


@pytest.mark.skipif(not shutil.which("git"), reason="git is the judge")
@settings(max_examples=80)
@given(_PATTERNS, _PATTERNS)
def test_git_agrees_about_what_is_ignored(
    tmp_path_factory: pytest.TempPathFactory, top: list[str], low: list[str]
) -> None:
    root = tmp_path_factory.mktemp("git")
    plant(root, *_PLACES)
    (root / ".gitignore").write_text("\n".join(top) + "\n")
    (root / "a" / ".gitignore").write_text("\n".join(low) + "\n")
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True)
    listed = subprocess.run([*git, "ls-files", "-o", "--exclude-standard"], check=True, capture_output=True, text=True)
    expected = sorted(name for name in listed.stdout.splitlines() if kind_of_name(Path(name).name))
    assert sorted(name[len(str(root)) + 1 :] for name in files.discover([str(root)])) == expected


def test_writing_keeps_mode_owner_and_link(here: Path) -> None:
    plant(here, "real/Dockerfile")
    target = here / "real" / "Dockerfile"
    target.chmod(0o2640)
    if os.geteuid() == 0:
        os.chown(target, 12, 34)
        target.chmod(0o2640)
    before = target.stat()
    (here / "Dockerfile").symlink_to("real/Dockerfile")
    assert files.write("Dockerfile", b"new\r\n\xff", before=b"FROM debian\n") == ()
    after = target.stat()
    assert (here / "Dockerfile").is_symlink() and target.read_bytes() == b"new\r\n\xff"
    assert stat.S_IMODE(after.st_mode) == 0o2640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert os.listdir("real") == ["Dockerfile"]


def test_another_hard_link_is_named(here: Path) -> None:
    plant(here, "Dockerfile")
    os.link("Dockerfile", "other")
    (note,) = files.write("Dockerfile", b"new", before=b"FROM debian\n")
    assert "hard links" in note
    assert (here / "other").read_bytes() == b"FROM debian\n"


def test_a_file_that_changed_meanwhile_is_left_alone(here: Path) -> None:
    plant(here, "Dockerfile")
    with pytest.raises(files.FileError, match="changed"):
        files.write("Dockerfile", b"new", before=b"FROM alpine\n")
    assert (here / "Dockerfile").read_bytes() == b"FROM debian\n"


def test_a_failing_write_leaves_the_file_and_no_litter(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(here, "Dockerfile")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(files.FileError, match="no space left on device"):
        files.write("Dockerfile", b"new", before=b"FROM debian\n")
    assert os.listdir() == ["Dockerfile"] and (here / "Dockerfile").read_bytes() == b"FROM debian\n"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("path", "message"), [("nowhere", "no such file"), (".", "is a directory"), ("/dev/zero", "device")]
)
def test_what_cannot_be_read_is_one_line(path: str, message: str) -> None:
    with pytest.raises(files.FileError, match=message):
        files.read(path)


@pytest.mark.usefixtures("here")
def test_a_pipe_cannot_be_written() -> None:
    os.mkfifo("pipe")
    with pytest.raises(files.FileError, match="regular"):
        files.write("pipe", b"new", before=b"")
