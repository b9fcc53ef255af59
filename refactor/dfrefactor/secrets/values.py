"""Judges a name or a literal by itself: a known token, a placeholder, something public."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

# Why not detect-secrets: its detectors cost 110 ms to import (they load `requests` to verify a token with its vendor),
# and of the ones that judge a value alone all are one expression each, as they are here.

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
_HEX = re.compile(r"(?:0x)?[0-9A-Fa-f]{8}(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{24}|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{56}|[0-9A-Fa-f]{88})?")
_BLANK = re.compile(
    r"<.*>|\{\{.*\}\}|%.*%|@@?[a-z_][\w.-]*@@?|__\w+__|\{\w*\}|\[\w+\]"
    r"|(?:\\[nrt])*%(?:\(\w+\)|\d+\$)?[-#0+ ]*[\d.*]*[a-z]?(?:\\[nrt])*"
)
"""What text generators put a value in the place of: templates, and formats of printf(3), of Python's, of autoconf."""
_STANDS_FOR = re.compile(
    r"your[-_ ]?.*|my[-_ ]?(?:token|password|secret|key)|.*(?:changeme|placeholder|replace[-_]?me|x{5,}|example).*"
)


@cache
def data(name: str) -> dict[str, Any]:
    """The package's file NAME.toml."""
    return tomllib.loads((files("dfrefactor.secrets") / f"{name}.toml").read_text("utf-8"))


@cache
def _tokens() -> re.Pattern[str]:
    formats = "|".join(f"(?P<{name.replace('-', '_')}>{pattern})" for name, pattern in data("formats")["tokens"].items())
    return re.compile(rf"(?<![A-Za-z0-9_.-])(?<![^/]/)(?:{formats})")


def tokens(text: str) -> list[tuple[int, int, str]]:
    """Where `text` holds a literal of a known token format: start, end, and the vendor."""
    found = []
    for match in _tokens().finditer(text):
        if not is_placeholder(match[0]):
            found.append((match.start(), match.end(), (match.lastgroup or "").replace("_", " ")))
    return found


def words_of(name: str) -> list[str]:
    """The words of a variable's name, lower case."""
    return [word.lower() for part in re.split(r"[_\-.]+", name) for word in _WORDS.findall(part)]


@cache
def looks_secret(name: str) -> bool:
    """Whether a variable of that name is a secret by all that the name tells."""
    rules = data("formats")["names"]
    words = words_of(name)
    if not words or name in rules["never"] or set(words) & set(rules["switches"]):
        return False
    pair = words[-2:] in rules["pairs"]
    if set(words) & {"public", "pub", "gpg", "pgp"} or (words[-1] in rules["public"] and not pair):
        return False
    numbered = len(words) > 1 and words[-1].isdigit() and words[-2] in rules["last"]
    return pair or words[-1] in rules["last"] or numbered


def variables(text: str) -> list[str]:
    """The variables that `text` names, in order."""
    return [match[1] or match[2] for match in _VARIABLE.finditer(text)]


def is_placeholder(value: str, used: bool = False) -> bool:
    """Whether a literal stands for a secret, or for none: empty, a variable, `changeme`, `xxx`, `<token>`, `%s`.

    One that is `used` to authenticate is none merely because it holds a word like `example`.
    """
    bare = value.strip("\"' ")
    low = bare.lower()
    return (
        low in data("formats")["words"]["placeholders"]
        or _VARIABLE.fullmatch(bare) is not None
        or len(set(re.sub(r"[-_.]", "", low))) <= 1
        or _BLANK.fullmatch(low) is not None
        or (not used and _STANDS_FOR.fullmatch(low) is not None)
    )  # fmt: skip


def is_public(value: str, name: str = "KEY") -> bool:
    """Whether a literal is a key id or fingerprint, a number, a path, a version, or a public key.

    Hexadecimal digits are a checksum or a key id, but not under a `name` that speaks of a token.
    """
    bare = value.strip("\"' ")
    return bool(
        (words_of(name)[-1:] == ["key"] and _HEX.fullmatch(bare.replace(" ", "").replace(":", "")))
        or re.fullmatch(
            r"[0-9.]+|v?\d+(?:\.\d+)+\S*|/\S*|\./\S*|[\w.-]+\.(?:sh|py|js|json|xml|ya?ml|txt|conf|sql|zip|tgz|gz)", bare
        )
        or re.match(r"ssh-(?:rsa|ed25519|dss) |ecdsa-|-----BEGIN (?:PGP )?PUBLIC|-----BEGIN CERTIFICATE", bare)
    )


def is_filler(value: str) -> bool:
    """Whether one half of a URL's user info only makes room for the token in the other."""
    return value.strip("\"'").lower() in data("formats")["words"]["fillers"]
