"""Builds and installers whose arguments decide which trees they stay in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refactor.footprint.leavings import topmost
from refactor.footprint.paths import STANDARD, region, written
from refactor.footprint.types import Grade, Region

if TYPE_CHECKING:
    from refactor.footprint.running import Call

_VERSIONS = ("--version", "-v", "--help", "-h")


def make(call: Call) -> None:
    """Targets beginning with `install` write below DESTDIR or the prefix; without one, below /usr/local."""
    session, draft = call.session, call.draft
    settings: dict[str, str] = {}
    targets = []
    for arg in call.found.operands:
        name, equals, value = arg.value.partition("=")
        if equals:
            settings[name] = value
        else:
            targets.append(arg.value)
    if call.has("--version", "-v", "-n"):
        return
    for _, role, arg in call.found.values:
        if role == "cwd":
            draft.cwd = draft.place(arg.value)
        elif role == "read":
            draft.read(arg.value)
    project(call)
    if any("install" in target or "\ufdd0" in target for target in targets) or call.name in ("checkinstall",):
        prefix = next((settings[name] for name in ("PREFIX", "prefix", "INSTALL_PREFIX") if name in settings), None)
        destination = settings.get("DESTDIR", session.env.get("DESTDIR") or "")
        if prefix is None and not destination:
            prefix = session.env.get("#prefix") or session.env.get("PREFIX")
        if destination:
            draft.parents_of(destination)
            draft.fill(destination)
            draft.lower(Grade.BOUNDED, "`make` runs what a Makefile says")
            return
        install(call, prefix)
    draft.lower(Grade.BOUNDED, "`make` runs what a Makefile says")


def install(call: Call, prefix: str | None) -> None:
    """Installed files: below the prefix, or below /usr/local."""
    draft = call.draft
    path = draft.place(prefix) if prefix is not None else None
    if path is not None and draft.files.stranger(draft.cwd) and not topmost(path).startswith(("/usr", "/etc", "/var", "/root")):
        draft.grow(path)
        draft.lower(Grade.BOUNDED, f"what is installed below `{written(path)}` is not known by name")
        return
    if prefix is None:
        draft.lower(Grade.BOUNDED, f"`{call.name} install` without a prefix writes below /usr/local")
        draft.writes.update(region(path, True) for path in WIDE)
    else:
        path = draft.place(prefix)
        if path is None:
            call.session.unknown(f"the prefix `{written(prefix)}` is not known")
            return
        draft.parents_of(path)
        draft.writes |= {region(path, True), Region("/usr/local", "tree")}
        draft.lower(Grade.BOUNDED, f"what is installed below `{written(prefix)}` is not known by name")
    for each in ("/etc", "/var", "/usr/lib/systemd", "/usr/share", "/usr/lib"):
        draft.writes.add(Region(each, "tree"))
    draft.system_writes.add("ldconfig")
    draft.provides.add("*")


WIDE = ("/usr", "/opt", "/etc", "/var", "/srv")
"""Where a prefix lies that an earlier step configured."""


def _named(call: Call, words: list[str]) -> None:
    """Paths outside the project that arguments name are worked in too."""
    for word in words:
        value = word.partition("=")[2] if "=" in word else word
        path = call.draft.place(value) if "/" in value and not value.startswith("-") else None
        if path is not None and "\ufdd0" not in path and path not in STANDARD:
            call.draft.writes.add(region(topmost(path), True))
            call.draft.parents_of(path)


_LATER = ("--prefix", "--exec-prefix", "-DCMAKE_INSTALL_PREFIX", "-DCMAKE_INSTALL_PREFIX:PATH", "-Dprefix")


def _looked_at(call: Call, words: list[str]) -> None:
    """Paths that arguments name, but for those that only the installation uses."""
    for word in words:
        name, equals, value = word.partition("=")
        path = call.draft.place(value if equals else word) if "/" in word and name not in _LATER else None
        if path is not None and path not in STANDARD:
            call.draft.reads.add(region(path, True))
        if name.endswith("dir") and name not in _LATER:
            _named(call, [word])


def configure(call: Call) -> None:
    """./configure, cmake, meson setup: remember the prefix for `make install`."""
    draft, session = call.draft, call.session
    words = [arg.value for arg in call.args]
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if equals and name in ("--prefix", "-DCMAKE_INSTALL_PREFIX", "-DCMAKE_INSTALL_PREFIX:PATH", "-Dprefix"):
            session.env["#prefix"] = value
        elif name in ("--prefix", "-prefix") and not equals and at + 1 < len(words):
            session.env["#prefix"] = words[at + 1]
        elif name in ("-B", "-S", "-C") and not equals and at + 1 < len(words):
            place = draft.place(words[at + 1])
            if place is not None and name != "-S":
                draft.writes.add(region(place, True))
    if any(word in _VERSIONS for word in words[:1]):
        return
    project(call)
    if draft.files.stranger(draft.cwd):
        _looked_at(call, words)
    else:
        _named(call, words)
    if any(word in ("--install", "install") for word in words) or (
        "--target" in words and any("install" in word for word in words)
    ):
        destination = session.env.get("DESTDIR")
        given = words[words.index("--prefix") + 1] if "--prefix" in words[:-1] else session.env.get("#prefix")
        if destination:
            draft.fill(destination)
        else:
            install(call, given)
    draft.lower(Grade.BOUNDED, f"`{call.name}` runs what the project says")


def project(call: Call) -> None:
    """It reads what it likes and writes in its own project; one that came over the network knows nothing of this image."""
    draft = call.draft
    stranger = draft.files.stranger(draft.cwd)
    if stranger is not None:
        draft.reads.add(region(stranger, True))
        draft.reads |= system(call)
        draft.writes |= {region(stranger, True), *_SCRATCH}
        caches(call)
        draft.files.fill(stranger)
        return
    place = draft.project()
    if place is None:
        call.session.unknown("the working folder is not known")
        return
    draft.reads.add(Region("/", "tree"))
    draft.writes.update((region(place, True), Region("/tmp", "tree")))
    draft.files.fill(place)
    home = call.session.home
    draft.writes.add(region(f"{home}/.cache", True) if home else Region("/**/.cache", "glob"))


_SCRATCH = frozenset((Region("/tmp/tmp*", "glob"), Region("/tmp/cc*", "glob")))
_SYSTEM = frozenset(
    Region(path, "tree")
    for path in (
        "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/include", "/usr/share", "/usr/local/lib",
        "/usr/local/include", "/usr/local/share", "/etc",
    )
)  # fmt: skip
"""Where programs that know nothing of an image look: FHS folders of libraries, headers and settings."""
_USUAL = ("cc", "gcc", "g++", "c++", "ld", "make", "perl", "pkg-config", "python3", "git", "cmake", "ninja", "rustc", "go")


def system(call: Call) -> frozenset[Region]:
    """What a program of others reads: the system, and what variables lead it to."""
    draft, found = call.draft, set(_SYSTEM)
    draft.commands.update(_USUAL)
    for name, value in call.session.env.items():
        for part in (value or "").replace("=", ":").replace(",", ":").split(":") if name != "PWD" else ():
            for word in part.split():
                path = draft.place(word.lstrip("-ILR")) if "/" in word and not word.startswith("//") else None
                if path is not None and path not in STANDARD:
                    found.add(region(path, True))
    return frozenset(found)


def caches(call: Call) -> None:
    """What builds keep for themselves."""
    home = call.session.home
    place = region(f"{home}/.cache", True) if home else Region("/**/.cache", "glob")
    call.draft.writes.add(place)
    call.draft.leftovers.add(place)


def useradd(call: Call) -> None:
    """The user's home, where the command makes one."""
    call.default()
    draft = call.draft
    home = call.found.value("-d") or call.found.value("-h")
    name = call.found.operands[-1].value if call.found.operands else "\ufdd0user\ufdd1"
    for place in [home.value] if home and home.value else [f"/home/{name}", f"/var/lib/{name}"]:
        path = draft.place(place)
        if path is None:
            call.session.unknown("where the user's home folder is, is not known")
        else:
            draft.writes.add(region(path, True))
            if path not in ("/", "/root", "/home") and "\ufdd0" not in path:
                draft.files.fill(path)
            for above in _above(call, path):
                draft.ensures.add(Region(above))


def _above(call: Call, path: str) -> list[str]:
    from refactor.footprint.paths import known, parent

    found: list[str] = []
    while known(path) and (path := parent(path)) != "/" and call.draft.files.kind(path) != "dir":
        found.append(path)
    return found


def venv(call: Call) -> None:
    """Python's installers write where the active environment is: told by PATH, VIRTUAL_ENV and their like."""
    _homes(call)
    call.default()
    local = call.has("-r", "-e") or any(arg.value[:1] in "./\ufdd0" for arg in call.found.operands)
    if local or not call.name.startswith("pip"):
        project(call)
    if any(arg.value == "venv" for arg in call.args[:2]) or call.name in ("venv", "virtualenv"):
        for arg in call.found.operands:
            call.draft.parents_of(arg.value)
            call.draft.fill(arg.value, keeps=True)


def homes(call: Call) -> None:
    """Tools whose own variables move their trees."""
    _homes(call)
    call.default()


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
    session, draft = call.session, call.draft
    for name in _HOMES:
        if name in session.env:
            value = session.env[name]
            if value is None:
                session.unknown(f"`${name}` moves where it writes, and is not known")
            elif value.startswith("/"):
                draft.writes.add(region(value, True))
    for folder in session.path_folders:
        if folder.endswith(("/bin", "/sbin", "/.bin")) and not folder.startswith(("/bin", "/sbin", "/usr/")):
            draft.writes.add(region(folder.rpartition("/")[0] or "/usr", True))


def go(call: Call) -> None:
    _homes(call)
    call.default()


def apt(call: Call) -> None:
    """Packages of the distribution's own archive leave /opt and /srv alone (Debian policy 9.1); others need not."""
    call.default()
    draft = call.draft
    added = any(path.startswith("/etc/apt") for path in draft.files.kinds)
    local = any("/" in arg.value and not arg.value.startswith("-") for arg in call.found.operands)
    if added or local or not call.session.stock:
        draft.writes |= {Region("/opt", "tree"), Region("/srv", "tree")}


def dpkg(call: Call) -> None:
    """Questions change nothing; `--add-architecture` writes one file."""
    draft = call.draft
    if call.has("--print-architecture", "--print-foreign-architectures", "-l", "-L", "-s", "-S", "--compare-versions",
                "--get-selections", "--version", "-c", "-I", "--audit", "-V"):  # fmt: skip
        draft.reads |= {Region("/var/lib/dpkg", "tree"), Region("/etc/dpkg", "tree"), Region("/usr/share/dpkg", "tree")}
        draft.system_reads.add("packages")
        return
    if call.has("-x", "-X") and len(call.found.operands) > 1:
        draft.read(call.found.operands[0].value)
        draft.fill(call.found.operands[1].value)
        draft.lower(Grade.BOUNDED, "what a package holds is not known by name")
        return
    call.default()


def alternatives(call: Call) -> None:
    """The link, wherever it is."""
    words = [arg.value for arg in call.args]
    for at, word in enumerate(words):
        if word in ("--install", "--slave", "--follower") and at + 1 < len(words):
            call.draft.write(words[at + 1])
            call.draft.provides.add(words[at + 1].rpartition("/")[2])


def gpg(call: Call) -> None:
    """Keys are kept in GNUPGHOME, or ~/.gnupg."""
    session, draft = call.session, call.draft
    home = call.found.value("--homedir")
    if any(name.startswith(("--recv", "--keyserver", "--refresh", "--fetch")) for name in call.found.given):
        from refactor.footprint.roles import network

        network(draft)
    for _, role, arg in call.found.values:
        if role in ("read", "write", "append"):
            place = arg.value if "/" in arg.value or role != "append" else None
            if place and role == "read":
                draft.read(place)
            elif place:
                draft.write(place, append=role == "append")
                if role == "append":
                    draft.write(f"{place}~")
                    draft.write(f"{place}.lock")
                    draft.write(f"{place}.tmp")
    for arg in call.found.operands:
        draft.read(arg.value)
    if home is None and "GNUPGHOME" not in session.env and session.home is None:
        draft.reads.add(Region("/**/.gnupg", "glob"))
        draft.writes.add(Region("/**/.gnupg", "glob"))
        return
    value = home.value if home else session.env.get("GNUPGHOME", f"{session.home}/.gnupg")
    path = draft.place(value) if value is not None else None
    if path is None:
        session.unknown("where gpg keeps its keys is not known")
        return
    draft.reads.add(region(path, True))
    draft.writes.add(region(path, True))
    draft.writes.add(Region("/run/user", "tree"))
    dearmor = call.has("--dearmor") and not call.has("-o")
    if dearmor:
        for arg in call.found.operands:
            draft.write(f"{arg.value}.gpg")


def ssh_keygen(call: Call) -> None:
    call.default()
    file = call.found.value("-f")
    if file:
        for ending in (".pub", ".old"):
            call.draft.write(file.value + ending)


def usermod(call: Call) -> None:
    call.default()


HANDLERS = {
    "make": make, "configure": configure, "useradd": useradd, "venv": venv, "homes": homes, "apt": apt, "go": go, "dpkg": dpkg,
    "alternatives": alternatives, "gpg": gpg, "ssh-keygen": ssh_keygen, "usermod": usermod,
}  # fmt: skip
