"""Builds and installers whose arguments decide which trees they stay in."""

from __future__ import annotations

from dfrefactor.effects.call import Call
from dfrefactor.effects.leavings import topmost
from dfrefactor.effects.output import Grade
from dfrefactor.effects.paths import HOLE, STANDARD, Region, region, trees, written
from dfrefactor.effects.roles import apply_roles, options

_VERSIONS = ("--version", "-v", "--help", "-h")


def make(call: Call) -> None:
    """Targets beginning with `install` write below DESTDIR or the prefix; without one, below /usr/local."""
    draft = call.draft
    settings = dict(each.split("=", 1) for each in call.operands if "=" in each)
    targets = [each for each in call.operands if "=" not in each]
    if call.has("--version", "-v", "-n"):
        return
    options(call, "cwd", "read")
    project(call)
    if any("install" in target or HOLE in target for target in targets) or call.name in ("checkinstall",):
        prefix = next((settings[name] for name in ("PREFIX", "prefix", "INSTALL_PREFIX") if name in settings), None)
        destination = settings.get("DESTDIR", call.value("DESTDIR") or "")
        if prefix is None and not destination:
            prefix = call.value("#prefix") or call.value("PREFIX")
        if destination:
            draft.parents_of(destination)
            draft.fill(destination)
        else:
            install(call, prefix)
    draft.lower(Grade.BOUNDED, "`make` runs what a Makefile says")


def install(call: Call, prefix: str | None) -> None:
    """Installed files: below the prefix, or below /usr/local."""
    draft = call.draft
    path = draft.real(prefix) if prefix is not None else None
    if path is not None and draft.files.stranger(draft.cwd) and not topmost(path).startswith(("/usr", "/etc", "/var", "/root")):
        draft.grow(path)
        draft.lower(Grade.BOUNDED, f"what is installed below `{written(path)}` is not known by name")
        return
    if prefix is None:
        draft.lower(Grade.BOUNDED, f"`{call.name} install` without a prefix writes below /usr/local")
        draft.writes |= WIDE
    elif path is None:
        call.unknown(f"the prefix `{written(prefix)}` is not known")
        return
    else:
        draft.parents_of(path)
        draft.writes |= {region(path, True), Region("/usr/local", "tree")}
        draft.lower(Grade.BOUNDED, f"what is installed below `{written(prefix)}` is not known by name")
    draft.writes |= _INSTALLED
    draft.system_writes.add("ldconfig")
    draft.provides.add("*")


WIDE = trees("/usr /opt /etc /var /srv")
"""Where a prefix lies that an earlier step configured."""
_INSTALLED = trees("/etc /var /usr/lib/systemd /usr/share /usr/lib")


def _named(call: Call, words: list[str]) -> None:
    """Paths outside the project that arguments name are worked in too."""
    for word in words:
        value = word.partition("=")[2] if "=" in word else word
        path = call.draft.real(value) if "/" in value and not value.startswith("-") else None
        if path is not None and HOLE not in path and path not in STANDARD:
            call.draft.writes.add(region(topmost(path), True))
            call.draft.parents_of(path)


_PREFIX = ("--prefix", "-DCMAKE_INSTALL_PREFIX", "-DCMAKE_INSTALL_PREFIX:PATH", "-Dprefix")
_LATER = (*_PREFIX, "--exec-prefix")


def _looked_at(call: Call, words: list[str]) -> None:
    """Paths that arguments name, but for those that only the installation uses."""
    for word in words:
        name, equals, value = word.partition("=")
        path = call.draft.real(value if equals else word) if "/" in word and name not in _LATER else None
        if path is not None and path not in STANDARD:
            call.draft.reads.add(region(path, True))
        if name.endswith("dir") and name not in _LATER:
            _named(call, [word])


def configure(call: Call) -> None:
    """./configure, cmake, meson setup: remember the prefix for `make install`."""
    draft = call.draft
    words = [arg.value for arg in call.args]
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if equals and name in _PREFIX:
            call.set("#prefix", value)
        elif name in ("--prefix", "-prefix") and not equals and at + 1 < len(words):
            call.set("#prefix", words[at + 1])
        elif name in ("-B", "-S", "-C") and not equals and at + 1 < len(words):
            place = draft.real(words[at + 1])
            if place is not None and name != "-S":
                draft.writes.add(region(place, True))
    if words and words[0] in _VERSIONS:
        return
    project(call)
    options(call)
    (_looked_at if draft.files.stranger(draft.cwd) else _named)(call, words)
    if {"--install", "install"} & {*words} or ("--target" in words and any("install" in word for word in words)):
        if destination := call.value("DESTDIR"):
            draft.fill(destination)
        else:
            install(call, words[words.index("--prefix") + 1] if "--prefix" in words[:-1] else call.value("#prefix"))
    draft.lower(Grade.BOUNDED, f"`{call.name}` runs what the project says")


def project(call: Call) -> None:
    """It reads what it likes and writes in its own project; one that came over the network knows nothing of this image."""
    draft = call.draft
    if (stranger := draft.files.stranger(draft.cwd)) is not None:
        draft.reads.add(region(stranger, True))
        draft.reads |= system(call)
        draft.writes |= {region(stranger, True), *_SCRATCH, _cache(call)}
        draft.leftovers |= {*_SCRATCH, _cache(call)}
        draft.filled(stranger)
        return
    if (place := draft.project()) is None:
        call.unknown("the working folder is not known")
        return
    draft.reads.add(Region("/", "tree"))
    draft.writes |= {region(place, True), Region("/tmp", "tree"), _cache(call)}
    draft.filled(place)


_SCRATCH = (Region("/tmp/tmp*", "glob"), Region("/tmp/cc*", "glob"))
"""How programs name what is for themselves alone: mktemp(1), gcc."""
_SYSTEM = trees(
    "/usr/bin /usr/sbin /usr/lib /usr/lib64 /usr/libexec /usr/include /usr/share /usr/local/lib /usr/local/include "
    "/usr/local/share /etc"
)
"""Where programs that know nothing of an image look: FHS folders of libraries, headers and settings."""
_USUAL = ("cc", "gcc", "g++", "c++", "ld", "make", "perl", "pkg-config", "python3", "git", "cmake", "ninja", "rustc", "go")


def system(call: Call) -> frozenset[Region]:
    """What a program of others reads: the system, and what variables lead it to."""
    draft, found = call.draft, set(_SYSTEM)
    draft.commands.update(_USUAL)
    for name, variable in call.after.variables.items():
        for part in (variable.value or "").replace("=", ":").replace(",", ":").split(":") if name != "PWD" else ():
            for word in part.split():
                path = draft.real(word.lstrip("-ILR")) if "/" in word and not word.startswith("//") else None
                if path is not None and path not in STANDARD:
                    found.add(region(path, True))
    return frozenset(found)


def _cache(call: Call) -> Region:
    """What builds keep for themselves."""
    return region(f"{call.home}/.cache", True) if call.home else Region("/**/.cache", "glob")


def venv(call: Call) -> None:
    """Python's installers write where the active environment is: told by PATH, VIRTUAL_ENV and their like."""
    alone = call.name == "python:venv"
    apply_roles(call) if alone else homes(call)
    local = call.has("-r", "-e") or any(each[:1] in f"./{HOLE}" for each in call.operands)
    if not alone and (local or call.name.rstrip("0123456789.") not in ("pip", "pipx")):
        project(call)
    if alone or any(arg.value == "venv" for arg in call.args[:2]) or call.name in ("venv", "virtualenv"):
        for each in call.operands:
            call.draft.grow(each)


_NODE_HOMES = frozenset((
    "npm_config_cache NPM_CONFIG_CACHE npm_config_prefix NPM_CONFIG_PREFIX YARN_CACHE_FOLDER PNPM_HOME TMPDIR "
    "XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME COREPACK_HOME"
).split())  # fmt: skip


def node(call: Call) -> None:
    """npm, yarn and pnpm in a project: what they install is in its folder, what its own scripts read is not known."""
    draft = call.draft
    given = call.text("--prefix")
    place = draft.project() if given is None else draft.real(given)
    alone = place is not None and (draft.files.untouched(place) or draft.files.stranger(place) is not None)
    apply_roles(call)
    if _NODE_HOMES & call.after.variables.keys():
        _homes(call)
    if call.has("-g"):
        if place is not None and (not call.operands or any(name[:1] in f"./~{HOLE}" for name in call.operands)):
            draft.writes.add(region(place, True))  # the project itself is installed
        return
    if place is None:
        call.unknown("the working folder is not known")
        return
    if given is None:
        draft.fill(place, keeps=True)
    if call.has("--ignore-scripts") or alone:
        draft.reads |= {region(place, True), *system(call)}
    else:
        draft.reads.add(Region("/", "tree"))


def homes(call: Call) -> None:
    """Tools whose own variables move their trees."""
    _homes(call)
    apply_roles(call)


_HOMES = (
    "VIRTUAL_ENV PYTHONUSERBASE PIP_TARGET PIP_PREFIX PIP_CACHE_DIR UV_CACHE_DIR UV_PROJECT_ENVIRONMENT "
    "UV_PYTHON_INSTALL_DIR UV_TOOL_DIR UV_TOOL_BIN_DIR UV_INSTALL_DIR PIPX_HOME PIPX_BIN_DIR POETRY_HOME "
    "POETRY_CACHE_DIR POETRY_VIRTUALENVS_PATH PYENV_ROOT WORKON_HOME CARGO_HOME CARGO_TARGET_DIR CARGO_INSTALL_ROOT "
    "RUSTUP_HOME GOPATH GOBIN GOCACHE GOMODCACHE GOTMPDIR GEM_HOME BUNDLE_PATH BUNDLE_BIN BUNDLE_APP_CONFIG "
    "COMPOSER_HOME COMPOSER_CACHE_DIR GRADLE_USER_HOME MAVEN_CONFIG DOTNET_CLI_HOME NUGET_PACKAGES MIX_HOME "
    "HEX_HOME STACK_ROOT OPAMROOT GHCUP_INSTALL_BASE_PREFIX CABAL_DIR CONDA_DIR CONDA_PREFIX MAMBA_ROOT_PREFIX "
    "NPM_CONFIG_PREFIX NPM_CONFIG_CACHE npm_config_cache npm_config_prefix YARN_CACHE_FOLDER PNPM_HOME "
    "COREPACK_HOME NVM_DIR N_PREFIX XDG_CACHE_HOME XDG_DATA_HOME XDG_CONFIG_HOME TMPDIR PERL_LOCAL_LIB_ROOT "
    "LUAROCKS_CONFIG R_LIBS_USER"
).split()


def _homes(call: Call) -> None:
    draft = call.draft
    for name in _HOMES:
        if call.after.has(name):
            if (value := call.value(name)) is None:
                call.unknown(f"`${name}` moves where it writes, and is not known")
            elif value.startswith("/"):
                draft.writes.add(region(value, True))
    for folder in call.after.path_folders:
        if folder.endswith(("/bin", "/sbin", "/.bin")) and not folder.startswith(("/bin", "/sbin", "/usr/")):
            draft.writes.add(region(folder.rpartition("/")[0] or "/usr", True))


HANDLERS = {"make": make, "configure": configure, "venv": venv, "homes": homes, "node": node}
