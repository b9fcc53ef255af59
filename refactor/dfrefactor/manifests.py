"""What installers read of a project: the files they name themselves, and why one of those may have them read more."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from dfrefactor.context import Tree
from dfrefactor.lazy import regex

_HOOKS = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish", "dependencies")
"""npm-scripts(7), "Life Cycle Operation Order": what `npm ci` and `npm install` run of a project's own."""
_SETTLED = frozenset(
    "@swc/core bcrypt better-sqlite3 bufferutil core-js core-js-bundle core-js-pure esbuild fsevents nan node-sass "
    "protobufjs sharp sqlite3 styled-components unrs-resolver utf-8-validate".split()
)
"""Packages whose own scripts look at no file of the project but package.json: they fetch or compile what they need."""
_COMPOSER = ("pre-install-cmd", "post-install-cmd", "pre-autoload-dump", "post-autoload-dump", "pre-package-install",
             "post-package-install", "pre-operations-exec", "pre-file-download")  # fmt: skip

Doubts = Iterator[str]


def found(tree: Tree, folder: str, names: Sequence[str]) -> tuple[str, ...]:
    """Those of `names` (`*` for any text) that lie in a folder of the context, and what those of pip name in their turn."""
    here = [path for path in tree.paths if posixpath.dirname(path) == folder]
    paths = [path for name in names for path in sorted(here) if fnmatchcase(posixpath.basename(path), name)]
    for path in paths:  # grows while it is gone through
        for other in _included(tree.read(path) or "") if path.endswith(".txt") else ():
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), other))
            paths += [path] if path in tree.paths and path not in paths else []
    return tuple(dict.fromkeys(paths))


def doubts(tree: Tree, files: Sequence[str], options: frozenset[str]) -> Doubts:
    """Why an installer that is given `files` and these options may read other files of the project, or run some."""
    for path in files:
        name, text = posixpath.basename(path), tree.read(path)
        try:
            yield from (f"{path}: {doubt}" for doubt in _doubts(name, text, options))
        except (ValueError, TypeError, AttributeError):
            yield f"{path} can't be read"
    folders = {posixpath.dirname(path) for path in files}
    for beside, why in _BESIDE.items():
        for path in tree.paths:
            if posixpath.dirname(path) in folders and posixpath.basename(path) == beside:
                yield f"{path}: {why}"


_BESIDE = {
    "binding.gyp": "it is compiled when the project is installed",
    "pnpm-workspace.yaml": "other packages are installed along",
    "lerna.json": "other packages are installed along",
    ".pnpmfile.cjs": "it is run when packages are installed",
    "go.work": "other modules are part of it",
    "Directory.Build.props": "it is part of each project",
    "Directory.Build.targets": "it is part of each project",
    "Directory.Packages.props": "it is part of each project",
}


def _package(text: str, options: frozenset[str]) -> Doubts:
    package = json.loads(text)
    if "--ignore-scripts" not in options:
        yield from (f"it runs its script `{hook}`" for hook in _HOOKS if hook in package.get("scripts", {}))
    if package.get("workspaces"):
        yield "it has workspaces"
    for kind in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "resolutions", "overrides"):
        for name, version in package.get(kind, {}).items():
            if isinstance(version, str) and re.match(r"(?:file|link|portal|workspace|patch):|[./~]", version):
                yield f"`{name}` is in a folder of its own"
    if "patchedDependencies" in text:
        yield "it has patches for packages"


def _package_lock(text: str, options: frozenset[str]) -> Doubts:
    packages = json.loads(text).get("packages")
    if packages is None and "--ignore-scripts" not in options:
        yield "an old lockfile does not say which packages run scripts of their own"
    for path, package in (packages or {}).items():
        name = package.get("name") or path.rpartition("node_modules/")[2]
        if package.get("link") or str(package.get("resolved", "")).startswith("file:"):
            yield f"`{name}` is in a folder of its own"
        elif package.get("hasInstallScript") and name not in _SETTLED and path and "--ignore-scripts" not in options:
            yield f"`{name}` runs a script of its own when it is installed"


def _lines(text: str) -> Iterator[str]:
    yield from (re.sub(r"(?:^|\s)#.*", "", line).strip() for line in text.replace("\\\n", " ").splitlines())


_INCLUDES = regex(r"(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)")


def _included(text: str) -> Iterator[str]:
    yield from (other[1] for line in _lines(text) if (other := _INCLUDES.match(line)) and "://" not in other[1])


def _composer(text: str, options: frozenset[str]) -> Doubts:
    project = json.loads(text)
    if "--no-scripts" not in options:
        yield from (f"it runs its script `{hook}`" for hook in _COMPOSER if hook in project.get("scripts", {}))
    loads = [project.get(key, {}) for key in ("autoload", "autoload-dev")]
    asked = not options.isdisjoint(("-o", "--optimize-autoloader", "-a", "--classmap-authoritative"))
    whole = asked or project.get("config", {}).get("optimize-autoloader") or any("classmap" in each for each in loads)
    if "--no-autoloader" not in options and whole:
        yield "its classes are looked up in all its files"
    if any(isinstance(each, dict) and each.get("type") == "path" for each in _values(project.get("repositories", []))):
        yield _ELSEWHERE


def _values(given: Any) -> list[Any]:
    return list(given.values()) if isinstance(given, dict) else list(given)


def _composer_lock(text: str, options: frozenset[str]) -> Doubts:
    for package in json.loads(text).get("packages", []) if "--no-plugins" not in options else ():
        if package.get("type") == "composer-plugin":
            yield f"`{package.get('name')}` is a plugin, which may read any file"


def _pyproject(text: str, options: frozenset[str]) -> Doubts:
    project = tomllib.loads(text)
    tool = project.get("tool", {})
    poetry, uv = tool.get("poetry", {}), tool.get("uv", {})
    alone = {"--no-root", "--no-install-project"} & options or poetry.get("package-mode") is False or uv.get("package") is False
    if not alone and ("poetry" in tool or "build-system" in project):
        yield "the project itself is installed"
    if re.search(r"\b(?:path|workspace|editable)\s*=", text):
        yield _ELSEWHERE


_ELSEWHERE = "a package is in a folder or a file of its own"
_LOCK = r"\b(?:file|link|portal|workspace|patch):"
_ODD: Mapping[str, tuple[str, str]] = {
    "yarn.lock": (_LOCK, _ELSEWHERE),
    "pnpm-lock.yaml": (_LOCK, _ELSEWHERE),
    "go.mod": (r"=>\s*[./]", "it replaces a module by a folder"),
    "Gemfile": (
        r"(?m)^[^#\n]*\b(?:gemspec|path|eval_gemfile|File|Dir|IO|require_relative|require|load|instance_eval|file)\b",
        "it may have other files read",
    ),
    "*.csproj": (r"<(?:ProjectReference|Import)\b|Exists\(", "it reads other projects"),
    "*.txt": (
        r"(?m)^\s*(?:(?:-e|--editable|-f|--find-links)\b(?!.*://)|[./]|file:|[\w.-]+(?:/|\s*@\s*file:)|[^\s:#]+\.(?:whl|zip|gz)\b)",
        _ELSEWHERE,
    ),
}
"""What in a file has more read, by its name, and why."""
_PLAIN = frozenset(
    ".npmrc .yarnrc go.sum Gemfile.lock poetry.lock poetry.toml uv.lock uv.toml .python-version auth.json nuget.config "
    "NuGet.config NuGet.Config global.json".split()
)
_SCRIPTS = frozenset(("yarn.lock", "pnpm-lock.yaml"))
"""Lockfiles that do not say which packages run scripts of their own."""


def _doubts(name: str, text: str | None, options: frozenset[str]) -> Doubts:
    read = {"package.json": _package, "package-lock.json": _package_lock, "npm-shrinkwrap.json": _package_lock,
            "composer.json": _composer, "composer.lock": _composer_lock, "pyproject.toml": _pyproject}  # fmt: skip
    odd = next((odd for pattern, odd in _ODD.items() if fnmatchcase(name, pattern)), None)
    if text is None or not (name in read or odd or name in _PLAIN):
        yield "what it has read is not known"
    elif name in read:
        yield from read[name](text, options)
    elif odd and re.search(odd[0], text):
        yield odd[1]
    if name in _SCRIPTS and "--ignore-scripts" not in options:
        yield "it does not say which packages run scripts of their own"
