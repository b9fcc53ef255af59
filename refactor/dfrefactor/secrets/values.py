"""Judges a name, a literal or a whole text by itself: a known token, a placeholder, something public; no credential at all."""

from __future__ import annotations

import os.path
import re
from functools import cache, lru_cache
from typing import Any

from dfrefactor.effects.index import index
from dfrefactor.lazy import regex

# Why not detect-secrets: its detectors cost 110 ms to import (they load `requests` to verify a token with its vendor),
# and of the ones that judge a value alone all are one expression each, as they are here.

_PARTS = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_VARIABLE = regex(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
_HEX = regex(r"(?:0x)?[0-9A-Fa-f]{8}(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{24}|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{56}|[0-9A-Fa-f]{88})?")
_BLANK = regex(
    r"<.*>|\{\{.*\}\}|%.*%|@@?[a-z_][\w.-]*@@?|__\w+__|\{\w*\}|\[\w+\]"
    r"|(?:\\[nrt])*%(?:\(\w+\)|\d+\$)?[-#0+ ]*[\d.*]*[a-z]?(?:\\[nrt])*"
)
"""What text generators put a value in the place of: templates, and formats of printf(3), of Python's, of autoconf."""
_STANDS_FOR = regex(
    r"your[-_ ]?.*|my[-_ ]?(?:token|password|secret|key)|.*(?:changeme|placeholder|replace[-_]?me|x{5,}|example).*"
)


@cache
def formats() -> dict[str, Any]:
    """What is known of credentials' forms and names."""
    import tomllib

    with open(os.path.join(os.path.dirname(__file__), "formats.toml"), "rb") as file:
        return tomllib.load(file)


@cache
def _tokens() -> re.Pattern[str]:
    every = "|".join(f"(?P<{name.replace('-', '_')}>{pattern})" for name, pattern in formats()["tokens"].items())
    return re.compile(rf"(?<![A-Za-z0-9_.-])(?<![^/]/)(?:{every})")


def tokens(text: str) -> list[tuple[int, int, str]]:
    """Where `text` holds a literal of a known token format: start, end, and the vendor."""
    found = (match for match in _tokens().finditer(text) if not is_placeholder(match[0]))
    return [(match.start(), match.end(), (match.lastgroup or "").replace("_", " ")) for match in found]


def words_of(name: str) -> list[str]:
    """The words of a variable's name, lower case."""
    return [word.lower() for part in re.split(r"[_\-.]+", name) for word in _PARTS.findall(part)]


@cache
def looks_secret(name: str) -> bool:
    """Whether a variable of that name is a secret by all that the name tells."""
    rules = formats()["names"]
    words = words_of(name)
    if not words or name in rules["never"] or name.startswith(tuple(rules["sent"])) or set(words) & set(rules["switches"]):
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
        low in formats()["words"]["placeholders"]
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
        or re.fullmatch(r"[0-9.]+|v?\d+(?:\.\d+)+\S*|\.?/\S*|[\w.-]+\.(?:sh|py|js|json|xml|ya?ml|txt|conf|sql|zip|tgz|gz)", bare)
        or re.match(r"ssh-(?:rsa|ed25519|dss) |ecdsa-|-----BEGIN (?:PGP )?PUBLIC|-----BEGIN CERTIFICATE", bare)
    )


def is_filler(value: str) -> bool:
    """Whether one half of a URL's user info only makes room for the token in the other."""
    return value.strip("\"'").lower() in formats()["words"]["fillers"]


# Something that every credential's place has, in small letters: a word of a name, a kind of file, a place in a URL.
_PLAIN = (
    "login token passw passphrase secret credential private netrc npmrc pypirc pip.conf settings gitconfig .key .pem"
    " .p12 .pfx ://$ extraheader -pass id_rsa service_account config_file userconfig globalconfig git_config kubeconfig condarc"
    " rc_filename"
).split()
_WORDS = regex(
    r"(?<!open)(?<!lib)ssh|connection_?string|sas_?url|creds?\b|_pat\b|auth(?!or(?!iz))|config(?:ure set|\.json|\.toml|\.ya?ml)"
    r"|_config\b|:/\S*@|_pass\b|_pwd\b|pw(?![a-z])|sas(?![a-z])|key[-_]?base|(?:access|account|activation|api|deploy|encryption|license|master|registration|rsa"
    r"|service|storage)[-_]?key|[?&]\w*(?:key|sig|jwt)=|://[^/\s]+/t/[\w-]{8}"
)
# Options that authenticate or hold a header, whatever the command.
_LETTERS = regex(r"""[\s"']-[A-Za-z]{1,12}u["']?,?\s*["']?(?:[\w.@-]*:|\$)|[\s"']-u["']?[\s=,]*["']?(?!\d+\b)[\w$]|[\s"']-H\b""")
_STORED = regex(r"\s+(?:alias\s+|-\S+\s+)*(?:config|set|sources?)\b")
_NAME = regex(r"[\w.-]+")
# How the token formats of formats.toml begin.
_TOKENS = regex(
    r"gh[pousr]_|github_pat_|gl(?:pat|dt|ft|soat|rt|cbt|ptt|oas|agent|imt)-|A[KS]IA|npm_[A-Za-z0-9]{9}|pypi-|xox[a-z]-|hooks\.slack|k_live_|SG\."
    r"|AIza|sk-[\w-]{40}|hf_[A-Za-z0-9]{9}|dckr_|do[opr]_v1_|hv[sbr]\.|rubygems_|cio[A-Za-z0-9]{32}|ATATT3|AccountKey=|eyJ|-----BEGIN"
)


@cache
def _others() -> tuple[str, ...]:
    """Options, variables and files of the catalog that have none of the words above."""
    found = index()
    names = (piece for name in (*found.variables, *found.files) for piece in (max(name.split("*"), key=len),) if len(piece) > 3)
    return tuple(sorted({each for each in map(str.lower, (*found.options, *names)) if not _has_word(each)}))


def _has_word(text: str) -> bool:
    return any(word in text for word in _PLAIN) or _WORDS.search(text) is not None


def _names(text: str, name: str) -> bool:
    """Whether `name`, which is in `text`, stands there: with a dot in front, as a name of a file and not the end of a host's."""
    return name[0] != "." or re.search(rf"(?<!\w){re.escape(name)}(?![\w.-])", text) is not None


@cache
def _short() -> tuple[re.Pattern[str], dict[str, frozenset[str]]]:
    """Options with one dash that authenticate, and the commands that have each."""
    pairs = [each.rpartition(" ") for each in index().short]
    found = {option: frozenset(command for command, _, each in pairs if each == option) for _, _, option in pairs}
    return re.compile(rf"[\s\"']({'|'.join(map(re.escape, sorted(found, reverse=True)))})"), found


def _authenticates(text: str) -> bool:
    """Whether a command of the catalog has such an option, or is one that stores what it is told."""
    stores = frozenset(index().stores)
    if any(found[0] in stores and _STORED.match(text, found.end()) for found in _NAME.finditer(text)):
        return True
    pattern, commands = _short()
    for found in pattern.finditer(text):
        line = text[text.rfind("\n", 0, found.start() + 1) + 1 : found.start()]
        if not commands[found[1]].isdisjoint(_NAME.findall(line)):
            return True
    return _LETTERS.search(text) is not None


@lru_cache(maxsize=8)
def may_hold_credentials(text: str) -> bool:
    """Never no wrongly.  Every look at a file asks it, of the same text."""
    small = text.lower()
    named = _has_word(small) or any(name in small and _names(small, name) for name in _others())
    return named or _TOKENS.search(text) is not None or _authenticates(text)
