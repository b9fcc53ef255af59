"""What `RUN --mount=…` may say."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from dfrefactor.buildkit import values
from dfrefactor.buildkit.mistake import MistakeError, refuse, said_behind, suggested
from dfrefactor.dockerfile.instructions import MOUNT_NAMES

_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
_SHARING = ("shared", "private", "locked")
_FLAGS = frozenset(("readonly", "ro", "readwrite", "rw"))
_KEYS = tuple(
    ("type from source src target dst destination readonly ro readwrite rw id sharing required size mode uid gid env").split()
)

Expander = Callable[[str], str | None]


def fields(text: str) -> list[tuple[str, str | None]]:
    """The keys, in lower case, and values of a mount; None where there is no `=`.  Raises MistakeError."""
    with said_behind("failed to parse csv mounts: "):
        cut = values.csv_fields(text)
    return [(key.lower(), value if equals else None) for key, equals, value in (field.partition("=") for field in cut)]


def check_shape(text: str) -> None:
    """What is wrong before any variable is known.  Raises MistakeError."""
    for key, value in fields(text):
        variable = key == "from" and value and "$" in value[:-1]
        refuse((variable, "'from' doesn't support variable expansion, define alias stage instead"))


def source_stage(text: str) -> str:
    """The stage or image a mount takes its files from; "" for the build context, or none."""
    given = dict(fields(text))
    kind = given.get("type") or "bind"
    return given.get("from") or ("scratch" if kind.lower() == "cache" else "")


def target(text: str) -> str:
    """Where it is mounted, as written."""
    return {MOUNT_NAMES.get(key, key): value for key, value in fields(text)}.get("target") or ""


def check(text: str, expand: Expander, workdir: str | None) -> None:
    """Check a mount with its variables put in; what depends on an unknown value passes.  Raises MistakeError."""
    given: dict[str, str | None] = {"type": "bind"}
    for key, written in fields(text):
        if written is None:
            _bare(key, given["type"])
            continue
        value = expand(written)
        _field(key, value, given["type"])
        name = MOUNT_NAMES.get(key, key)
        given[name] = value.lower() if value is not None and key == "type" else value
    if None not in given.values():
        _together({key: value or "" for key, value in given.items()}, workdir)


def _bare(key: str, kind: str | None) -> None:
    required = key == "required"
    refuse(
        (required and kind not in ("secret", "ssh", None), f"unexpected key 'required' for mount type '{kind}'"),
        (not required and key not in _FLAGS, f"invalid field '{key}' must be a key=value pair"),
    )


def _field(key: str, value: str | None, kind: str | None) -> None:
    if key not in _KEYS:
        raise MistakeError(suggested(f"unexpected key '{key}'", key, _KEYS))
    only = {"required": ("secret", "ssh", None), "size": ("tmpfs", None)}.get(key, (kind,))
    refuse((kind not in only, f"unexpected key '{key}' for mount type '{kind}'"))
    if value is None:
        return
    for name, what, known in (("type", "mount type", _TYPES), ("sharing", "sharing value", _SHARING)):
        if key == name and value.lower() not in known:
            raise MistakeError(suggested(f'unsupported {what} "{value}"', value, known))
    number = key not in ("mode", "uid", "gid") or values.unsigned(value, 8 if key == "mode" else 10)
    switch = key not in (*_FLAGS, "required") or values.boolean(value)
    refuse(
        (not number, f"invalid value {value} for {key}"),
        (not switch or (key == "size" and not values.size(value)), f"invalid value for {key}: {value}"),
    )


def _together(given: dict[str, str], workdir: str | None) -> None:
    kind, secret, sharing = given["type"], given["type"] == "secret", given.get("sharing")
    source, target, name = (given.get(key, "") for key in ("source", "target", "id"))
    plain = kind in ("bind", "tmpfs")
    refuse(
        *((plain and key in given, f'{key} not allowed for "{kind}" type mounts') for key in ("mode", "uid", "gid")),
        (secret and given.get("from"), "secret mount should not have a from"),
        (secret and sharing, "secret mount should not define sharing"),
        (secret and not source and not target and not name, "invalid secret mount. one of source, target required"),
        (secret and source and name, "both source and id can't be set"),
        (sharing and kind != "cache", f"invalid cache sharing set for {kind} mount"),
        (kind == "ssh" and source, "ssh does not support source"),
        ((plain or kind == "cache") and _target(target, workdir) == "/", 'invalid mount target "/"'),
    )


def _target(target: str, workdir: str | None) -> str:
    if target.startswith("/"):
        return target
    return "" if workdir is None else "/" + posixpath.normpath(posixpath.join("/", workdir, target)).lstrip("/")
