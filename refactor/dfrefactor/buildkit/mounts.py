"""What `RUN --mount=…` may say."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from dfrefactor.buildkit import values
from dfrefactor.buildkit.mistake import MistakeError, suggested

_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
_SHARING = ("shared", "private", "locked")
_FLAGS = frozenset(("readonly", "ro", "readwrite", "rw"))
_KEYS = (
    "type", "from", "source", "src", "target", "dst", "destination", "readonly", "ro", "readwrite", "rw", "id",
    "sharing", "required", "size", "mode", "uid", "gid", "env",
)  # fmt: skip

Expander = Callable[[str], str | None]


def fields(text: str) -> list[tuple[str, str | None]]:
    """The keys, in lower case, and values of a mount; None where there is no `=`.  Raises MistakeError."""
    try:
        cut = values.csv_fields(text)
    except MistakeError as mistake:
        raise MistakeError(f"failed to parse csv mounts: {mistake}") from None
    return [(key.lower(), value if equals else None) for key, equals, value in (field.partition("=") for field in cut)]


def check_shape(text: str) -> None:
    """What is wrong before any variable is known.  Raises MistakeError."""
    for key, value in fields(text):
        if key == "from" and value and "$" in value[:-1]:
            raise MistakeError("'from' doesn't support variable expansion, define alias stage instead")


def source_stage(text: str) -> str:
    """The stage or image a mount takes its files from; "" for the build context, or none."""
    given = dict(fields(text))
    kind = given.get("type") or "bind"
    return given.get("from") or ("scratch" if kind.lower() == "cache" else "")


def target(text: str) -> str:
    """Where it is mounted, as written."""
    given = [value for key, value in fields(text) if key in ("target", "dst", "destination")]
    return (given or [""])[-1] or ""


def check(text: str, expand: Expander, workdir: str | None) -> None:
    """Check a mount with its variables put in; what depends on an unknown value passes.  Raises MistakeError."""
    given: dict[str, str | None] = {"type": "bind"}
    for key, written in fields(text):
        if written is None:
            _bare(key, given["type"])
            continue
        value = expand(written)
        _field(key, value, given["type"])
        name = {"src": "source", "dst": "target", "destination": "target"}.get(key, key)
        given[name] = value.lower() if value is not None and key == "type" else value
    if None not in given.values():
        _together({key: value or "" for key, value in given.items()}, workdir)


def _bare(key: str, kind: str | None) -> None:
    if key == "required":
        if kind not in ("secret", "ssh", None):
            raise MistakeError(f"unexpected key 'required' for mount type '{kind}'")
    elif key not in _FLAGS:
        raise MistakeError(f"invalid field '{key}' must be a key=value pair")


def _field(key: str, value: str | None, kind: str | None) -> None:
    only = {"required": ("secret", "ssh", None), "size": ("tmpfs", None)}.get(key)
    if key not in _KEYS:
        raise MistakeError(suggested(f"unexpected key '{key}'", key, _KEYS))
    if only and kind not in only:
        raise MistakeError(f"unexpected key '{key}' for mount type '{kind}'")
    if value is None:
        return
    if key == "type" and value.lower() not in _TYPES:
        raise MistakeError(suggested(f'unsupported mount type "{value}"', value, _TYPES))
    if key == "sharing" and value.lower() not in _SHARING:
        raise MistakeError(suggested(f'unsupported sharing value "{value}"', value, _SHARING))
    if key in ("mode", "uid", "gid") and not values.unsigned(value, 8 if key == "mode" else 10):
        raise MistakeError(f"invalid value {value} for {key}")
    if (key in (*_FLAGS, "required") and not values.boolean(value)) or (key == "size" and not values.size(value)):
        raise MistakeError(f"invalid value for {key}: {value}")


def _together(given: dict[str, str], workdir: str | None) -> None:
    kind = given["type"]
    if kind in ("bind", "tmpfs"):
        for key in ("mode", "uid", "gid"):
            if key in given:
                raise MistakeError(f'{key} not allowed for "{kind}" type mounts')
    if kind == "secret":
        _secret(given)
    if given.get("sharing") and kind != "cache":
        raise MistakeError(f"invalid cache sharing set for {kind} mount")
    if kind == "ssh" and given.get("source"):
        raise MistakeError("ssh does not support source")
    if kind in ("bind", "cache", "tmpfs") and _target(given.get("target", ""), workdir) == "/":
        raise MistakeError('invalid mount target "/"')


def _secret(given: dict[str, str]) -> None:
    source, target, name = (given.get(key, "") for key in ("source", "target", "id"))
    if given.get("from"):
        raise MistakeError("secret mount should not have a from")
    if given.get("sharing"):
        raise MistakeError("secret mount should not define sharing")
    if not source and not target and not name:
        raise MistakeError("invalid secret mount. one of source, target required")
    if source and name:
        raise MistakeError("both source and id can't be set")


def _target(target: str, workdir: str | None) -> str:
    if target.startswith("/"):
        return target
    return "" if workdir is None else "/" + posixpath.normpath(posixpath.join("/", workdir, target)).lstrip("/")
