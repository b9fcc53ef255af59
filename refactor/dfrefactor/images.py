"""What well-known base images have: the one place that knows.

Only official images whose Dockerfiles show it are here, and for each what all of its versions have in common.  Of every
other image nothing is known: it may set HOME, PATH, WORKDIR, USER and any other variable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from dfrefactor.dockerfile.model import Stage
from dfrefactor.dockerfile.scope import DEFAULT_PATH, Given, Scope, Scopes
from dfrefactor.lazy import dataclass, regex


@dataclass(frozen=True)
class Image:
    """What holds at the start of a stage FROM one image; None, or an empty set of folders, where it is not known."""

    name: str
    """The repository, without tag and digest; official images of Docker Hub by their short name."""
    variables: Mapping[str, str | None] | None = None
    """The variables it may set, PATH included, each with its value if all versions set the same one."""
    workdir: str | None = None
    user: str | None = None
    home: str | None = None
    """HOME of a shell in a RUN; changed neither by ARG nor, unless it is set there, by ENV."""
    empty: frozenset[str] = frozenset()
    """Folders that are there and empty."""
    folders: frozenset[str] = frozenset()
    """Folders that are there, beside those that the File Hierarchy Standard asks for everywhere."""
    commands: frozenset[str] = frozenset()
    """Programs that download, which it has beside what every base image has."""
    stock: bool = False
    """Whether its folders, and its package manager's configuration, are those of its distribution."""

    @property
    def path(self) -> str | None:
        return (self.variables or {}).get("PATH")


EMPTY = frozenset(("/opt", "/srv", "/mnt"))
"""Folders that base images leave empty, so that what is put there is known by its topmost name."""

_LOCAL = frozenset(("/usr/local/bin", "/usr/local/sbin"))
"""The administrator's folders, which distributions leave to the administrator (FHS 4.9)."""

DEBIAN_FOLDERS = frozenset(("/usr/src", "/usr/include", "/usr/libexec", "/usr/local/src", "/usr/local/include", "/usr/local/etc"))
"""Folders of base-files, which every Debian system has."""

_LEAVES_OPT = frozenset((
    "debian", "ubuntu", "alpine", "python", "golang", "rust", "ruby", "php", "buildpack-deps", "fedora", "rockylinux",
    "almalinux", "centos", "amazonlinux", "oraclelinux", "perl", "gcc",
))  # fmt: skip
"""Images that leave the folders of EMPTY empty.  node, which keeps yarn below /opt, is not one."""

_LEAVES_LOCAL = frozenset("debian ubuntu alpine buildpack-deps fedora rockylinux almalinux amazonlinux oraclelinux".split())

_DEBIAN = frozenset("debian ubuntu buildpack-deps python node golang rust ruby php perl gcc".split())
"""Images that are Debian's or Ubuntu's, but for tags that say otherwise."""

_PYTHON = "LANG LC_ALL GPG_KEY PYTHON_VERSION PYTHON_SHA256 PYTHON_PIP_VERSION PYTHON_SETUPTOOLS_VERSION PYTHONIOENCODING"
_RUBY = "RUBY_MAJOR RUBY_VERSION RUBY_DOWNLOAD_SHA256 RUBY_DOWNLOAD_URL RUBYGEMS_VERSION BUNDLER_VERSION BUNDLE_PATH BUNDLE_BIN"
_BUNDLE = "BUNDLE_APP_CONFIG=/usr/local/bundle BUNDLE_SILENCE_ROOT_WARNING"
_PHP = "PHP_EXTRA_BUILD_DEPS PHP_EXTRA_CONFIGURE_ARGS PHP_CFLAGS PHP_CPPFLAGS PHP_LDFLAGS GPG_KEYS PHP_VERSION PHP_FILENAME"
_VARIABLES = {
    **dict.fromkeys(("debian", "ubuntu", "alpine", "busybox", "buildpack-deps", "amazonlinux"), f"PATH={DEFAULT_PATH}"),
    "python": f"PATH=/usr/local/bin:{DEFAULT_PATH} {_PYTHON} PYTHON_GET_PIP_URL PYTHON_GET_PIP_SHA256",
    "node": f"PATH={DEFAULT_PATH} NODE_VERSION YARN_VERSION NPM_CONFIG_LOGLEVEL",
    "golang": f"PATH=/go/bin:/usr/local/go/bin:{DEFAULT_PATH} GOLANG_VERSION GOTOOLCHAIN GOPATH=/go "
    "GOLANG_DOWNLOAD_URL GOLANG_DOWNLOAD_SHA256 GOLANG_SRC_URL GOLANG_SRC_SHA256",
    "rust": f"PATH=/usr/local/cargo/bin:{DEFAULT_PATH} RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo RUST_VERSION",
    "ruby": f"PATH LANG=C.UTF-8 {_RUBY} GEM_HOME=/usr/local/bundle {_BUNDLE}",
    "php": f"PATH={DEFAULT_PATH} PHPIZE_DEPS PHP_INI_DIR=/usr/local/etc/php APACHE_CONFDIR APACHE_ENVVARS {_PHP} "
    "PHP_URL PHP_ASC_URL PHP_SHA256 PHP_MD5 PHP_SHA1",
}
"""All variables of an image, each with its value where every version has the same."""

_WORKDIR = {
    **dict.fromkeys(_VARIABLES, "/"),
    **dict.fromkeys(("almalinux", "amazoncorretto", "archlinux", "bash", "centos", "eclipse-temurin", "fedora"), "/"),
    **dict.fromkeys(("gcc", "nginx", "openjdk", "oraclelinux", "rockylinux", "ruby"), "/"),
    "golang": "/go",
    "httpd": "/usr/local/apache2",
}
"""Images that start as root and set no HOME, and where they start."""

_FETCHING = frozenset("curl wget git gpg hg svn ssh".split())
"""What buildpack-deps, its `scm` variant included, has to download with (its Dockerfile template)."""

_FETCHES = frozenset("buildpack-deps python node golang rust ruby perl gcc".split())
"""Images that are built on buildpack-deps, but for small versions."""

_OTHER = regex(r"windowsservercore|nanoserver|onbuild")
"""Versions that share the name with an image and nothing else."""
_SMALL = regex(r"slim|alpine|\$|nano|curl")
"""Versions that are not built on buildpack-deps, or may not be, as far as the tag tells."""


@lru_cache(maxsize=1024)
def image(reference: str) -> Image:
    """What is known of the image that a FROM names; of `scratch`, that it has nothing."""
    untagged = reference.partition("@")[0]
    folder, slash, last = untagged.rpartition("/")
    short, _, tag = last.partition(":")
    name = folder + slash + short
    for prefix in ("docker.io/", "index.docker.io/", "library/"):
        name = name.removeprefix(prefix)
    if name == "scratch":
        return Image(name, MappingProxyType({"PATH": DEFAULT_PATH}), "/", "root")
    if _OTHER.search(tag):
        return Image(name)
    found = Image(
        name,
        _variables(name),
        empty=(EMPTY if name in _LEAVES_OPT else frozenset()) | (_LOCAL if name in _LEAVES_LOCAL else frozenset()),
        folders=DEBIAN_FOLDERS if name in _DEBIAN and "alpine" not in reference else frozenset(),
        commands=_FETCHING if name in _FETCHES and not _SMALL.search(tag) else frozenset(),
        stock=name in _LEAVES_OPT or name == "node",
    )
    if name not in _WORKDIR:
        return found
    return replace(found, workdir=_php(tag) if name == "php" else _WORKDIR[name], user="root", home="/root")


def _variables(name: str) -> Mapping[str, str | None] | None:
    if name not in _VARIABLES:
        return None
    cut = (word.partition("=") for word in _VARIABLES[name].split())
    return MappingProxyType({key: value if equals else None for key, equals, value in cut})


def _php(tag: str) -> str | None:
    """Where php starts: the versions with a server in the folder it serves."""
    if not tag or "$" in tag:
        return None
    return "/var/www/html" if re.search("apache|fpm", tag) else "/"


def start(stage: Stage) -> Scope:
    """What holds at the start of a stage FROM an image."""
    assert isinstance(stage.base, str)
    known = image(stage.base)
    inherited = None if known.variables is None else frozenset(known.variables)
    if known.name == "scratch":  # it has no PATH, so BuildKit sets one
        return Scope(variables={"PATH": DEFAULT_PATH}, workdir=known.workdir, user=known.user, inherited=frozenset())
    return Scope(workdir=known.workdir, user=known.user, inherited=inherited)


def scopes(stage: Stage, given: Given | None = None) -> tuple[Scope, ...]:
    """What holds before each instruction of `stage`, its FROM included: see Scopes."""
    return Scopes(stage.document, start, given).of(stage)
