"""How often what an instruction says or brings is changed, where nothing is known but the file: a table to order layers by."""

from __future__ import annotations

import re

from dfrefactor.dockerfile.instructions import Add, Arg, Copy, Env, Instruction
from dfrefactor.lazy import regex

_COMMIT = regex(
    r"(?i)(?:^|_)(?:date|timestamp|commit|revision|vcs|(?:git|commit)_?(?:sha|hash|rev|ref)|build_?(?:id|no|num|number|time|tag))(?:_|$)"
)
_VERSION = regex(r"(?i)ver(?:sions?)?(?:_|$|\d)|(?:^|_)(?:tag|ref|release|branch|checksum|sha\d*|md5(?:sum)?|digest|hash)(?:_|$)")
_MANIFEST = regex(
    r"(?i)(?:^|/)(?:package(?:-lock)?\.json|yarn\.lock|pnpm-(?:lock|workspace)\.yaml|[\w.-]*requirements[\w.-]*\.txt"
    r"|pyproject\.toml|poetry\.lock|uv\.lock|pipfile(?:\.lock)?|setup\.(?:py|cfg)|gemfile(?:\.lock)?|composer\.(?:json|lock)|go\.(?:mod|sum)|cargo\.(?:toml|lock)"
    r"|pom\.xml|build\.gradle(?:\.kts)?|settings\.gradle(?:\.kts)?|[\w.-]+\.csproj|[\w.-]+\.sln)\Z"
)
_FOLDER = regex(r"""["']?/[^\d$]*\Z""")
"""What says where something is put."""

_GIVEN = frozenset(
    "HTTP_PROXY HTTPS_PROXY FTP_PROXY NO_PROXY ALL_PROXY SOURCE_DATE_EPOCH TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT "
    "BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT PATH HOME USER SHELL TERM TMPDIR TZ LANG LANGUAGE".split()
)
"""Variables that BuildKit gives a value, and those that decide how any program is found or speaks."""


def how_often(instruction: Instruction) -> int:
    """How often what an instruction says or brings changes, from 1 (packages of the system) to 6; 0 where it may not move."""
    if isinstance(instruction, Arg | Env):
        names = [pair.key for pair in instruction.pairs]
        if any(name.upper() in _GIVEN or name.startswith(("LC_", "LD_")) for name in names):
            return 0
        if any(map(_COMMIT.search, names)):
            return 6
        if any(map(_VERSION.search, names)):
            return 3
        folders = all(_FOLDER.match(pair.value or "") for pair in instruction.pairs)
        return 0 if isinstance(instruction, Env) else 1 if folders else 2
    if not isinstance(instruction, Copy | Add) or instruction.heredocs or any("://" in s.text for s in instruction.sources):
        return 0
    if instruction.dest.text.startswith("/dev/"):
        return 0  # it is there to have a stage built before
    if isinstance(instruction, Copy) and instruction.from_:
        return 3 if re.search("[/:@]", instruction.from_) else 4  # an image by its name, or a stage
    names = [source.text for source in instruction.sources]
    single = all(re.search(r"[^/]\.\w+\Z", name) and "*" not in name for name in names)
    return 2 if single or all(map(_MANIFEST.search, names)) else 5
