"""Whether a file may hold a credential at all: one search, so that nothing more is loaded for most files."""

from __future__ import annotations

import re
from functools import cache

from dfrefactor.effects.index import index

# Something that every credential's place has, in small letters: a word of a name, a kind of file, a place in a URL.
_WORDS = re.compile(
    r"login|connection_?string|sas_?url|license_?key|token|passw|passphrase|secret|creds?\b|credential|_pat\b|auth(?!or)|api[-_]?key"
    r"|access[-_]?key|private|ssh|netrc|npmrc|pypirc|config(?:ure set|\.json|\.toml|\.ya?ml)|_config\b|pip\.conf|settings"
    r"|gitconfig|\.key|\.pem|\.p12|\.pfx|:/\S*@|://\$|extraheader|-pass|_pass\b|_pwd\b|id_rsa|service_account"
    r"|(?:account|activation|deploy|encryption|license|master|registration|rsa|service|storage)[-_]?key"
    r"|[?&]\w*(?:key|sig|jwt)="
)
# Options that authenticate or hold a header, whatever the command.
_LETTERS = re.compile(r"\s-u[\s=]*[\"']?(?!\d+\b)[\w$]|\s-H\b")
_STORED = re.compile(r"([\w.-]+)\s+(?:-\S+\s+)*(?:config|set|sources?)\b")
_NAME = re.compile(r"[\w.-]+")
# How the token formats of formats.toml begin.
_TOKENS = re.compile(
    r"gh[pousr]_|github_pat_|gl(?:pat|dt|ft|soat|rt|cbt|ptt|oas|agent|imt)-|A[KS]IA|npm_[A-Za-z0-9]{9}|pypi-|xox[a-z]-|hooks\.slack|k_live_|SG\."
    r"|AIza|sk-[\w-]{40}|hf_[A-Za-z0-9]{9}|dckr_|do[opr]_v1_|hv[sbr]\.|rubygems_|cio[A-Za-z0-9]{32}|ATATT3|AccountKey=|eyJ|-----BEGIN"
)


@cache
def _others() -> tuple[str, ...]:
    """Options, variables and files of the catalog that have none of the words above."""
    found = index()
    names = (piece for name in (*found.variables, *found.files) for piece in (max(name.split("*"), key=len),) if len(piece) > 3)
    return tuple(sorted({each for each in map(str.lower, (*found.options, *names)) if not _WORDS.search(each)}))


def _names(text: str, name: str) -> bool:
    """Whether `name` stands in `text`: one with a dot in front as a file's or folder's name, not as the end of a host's."""
    return name in text and (name[0] != "." or re.search(rf"(?<!\w){re.escape(name)}(?![\w.-])", text) is not None)


@cache
def _short() -> tuple[re.Pattern[str], dict[str, frozenset[str]]]:
    """Options with one dash that authenticate, and the commands that have each."""
    found: dict[str, set[str]] = {}
    for each in index().short:
        command, _, option = each.rpartition(" ")
        found.setdefault(option, set()).add(command)
    pattern = re.compile(rf"\s({'|'.join(map(re.escape, sorted(found, reverse=True)))})")
    return pattern, {option: frozenset(commands) for option, commands in found.items()}


def _authenticates(text: str) -> bool:
    """Whether a command of the catalog has such an option, or is one that stores what it is told."""
    stores = frozenset(index().stores)
    if any(found[1] in stores for found in _STORED.finditer(text)):
        return True
    pattern, commands = _short()
    for found in pattern.finditer(text):
        line = text[text.rfind("\n", 0, found.start() + 1) + 1 : found.start()]
        if not commands[found[1]].isdisjoint(_NAME.findall(line)):
            return True
    return _LETTERS.search(text) is not None


def may_hold_credentials(text: str) -> bool:
    """Never no wrongly."""
    small = text.lower()
    return bool(
        _WORDS.search(small) or _TOKENS.search(text) or any(_names(small, name) for name in _others()) or _authenticates(text)
    )
