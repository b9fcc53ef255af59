"""What is known of base images."""

from __future__ import annotations

from pathlib import Path

import dfrefactor
import pytest
from dfrefactor.dockerfile.expand import UNSET
from dfrefactor.images import DEBIAN_FOLDERS, EMPTY, Image, image, scopes

from tests.shared import ROOT


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("debian", "debian"),
        ("debian:12", "debian"),
        ("docker.io/library/debian:12@sha256:" + "0" * 64, "debian"),
        ("index.docker.io/library/debian", "debian"),
        ("localhost:5000/debian:12", "localhost:5000/debian"),
        ("example.org/library/debian", "example.org/library/debian"),
        ("bitnami/ruby:3", "bitnami/ruby"),
        ("$BASE", "$BASE"),
    ],
)
def test_the_name_of_an_image(reference: str, name: str) -> None:
    assert image(reference).name == name


@pytest.mark.parametrize(
    "reference",
    ["example.org/debian", "app-base", "$BASE", "python:3-windowsservercore", "golang:1.22-nanoserver", "python:2-onbuild", ""],
)
def test_nothing_is_known_of_other_images(reference: str) -> None:
    assert image(reference) == Image(image(reference).name)


@pytest.mark.parametrize("reference", ["debian", "alpine:3", "golang:1.22", "ruby:3.2", "php:8-fpm", "centos:7", "nginx"])
def test_a_well_known_image_starts_as_root_at_home(reference: str) -> None:
    known = image(reference)
    assert (known.user, known.home) == ("root", "/root")
    assert "HOME" not in (known.variables or {})


def test_variables() -> None:
    assert image("debian").variables == {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    ruby = image("ruby:3.2").variables or {}
    assert (ruby["BUNDLE_APP_CONFIG"], ruby["GEM_HOME"]) == ("/usr/local/bundle", "/usr/local/bundle")
    assert ruby["RUBY_VERSION"] is None and image("ruby").path is None
    assert (image("golang:1.22").variables or {})["GOPATH"] == "/go"
    assert (image("golang").path or "").startswith("/go/bin:/usr/local/go/bin:/usr/local/sbin:")
    assert image("nginx").variables is None


def test_folders() -> None:
    assert image("debian").empty >= EMPTY | {"/usr/local/bin"}
    assert image("python:3").empty == EMPTY
    assert image("node").empty == frozenset()
    assert image("node").folders == DEBIAN_FOLDERS
    assert image("python:3-alpine").folders == frozenset()


@pytest.mark.parametrize(
    ("reference", "workdir"),
    [
        ("php:8-cli", "/"),
        ("php:8", "/"),
        ("php:8-fpm-alpine", "/var/www/html"),
        ("php:8-apache", "/var/www/html"),
        ("php:$V", None),
    ],
)
def test_php_starts_where_its_server_serves(reference: str, workdir: str | None) -> None:
    assert image(reference).workdir == workdir


def test_what_an_unknown_base_sets_is_not_known() -> None:
    scope = scopes(dfrefactor.parse(b"FROM app-base\nUSER root\nRUN a\n").stages[-1])[-1]
    assert scope.user == "root" and scope.workdir is None
    assert [scope.lookup(name) for name in ("HOME", "PATH", "ANY")] == [None, None, None]
    scope = scopes(dfrefactor.parse(b"FROM ruby:3.2\nRUN a\n").stages[-1])[-1]
    assert [scope.lookup(name) for name in ("HOME", "GEM_HOME", "ANY")] == [UNSET, None, UNSET]


def test_no_other_module_knows_an_image() -> None:
    package = ROOT / "refactor" / "dfrefactor"
    modules = [path for path in package.rglob("*.py") if path != package / "images.py"]

    def knows(path: Path) -> bool:
        return '"buildpack-deps"' in path.read_text()

    assert not [path for path in modules if knows(path)]
