"""Whether a file may hold a credential at all: one search, so that nothing more is loaded for most files."""

from __future__ import annotations

import re

# Something that every credential's file has: a word of a name, a tool's file, a place in a URL or an option.
_WORDS = re.compile(
    r"bundle_|config|login|header|token|passw|passphrase|secret|creds?\b|credential|_pat\b|auth|api_?key|access_?key|private|ssh|netrc|npmrc|pypirc|pip\.conf|settings|nuget"
    r"|\.aws|\.docker/|\.key|\.pem|\.p12|\.pfx|gcloud|kaggle|:/\S*@|://\$|\s-u|--user|[?&]\w*(?:key|sig|jwt)=",
    re.I,
)
# How the token formats of formats.toml begin.
_TOKENS = re.compile(
    r"gh[pousr]_|github_pat_|gl[a-z]+-|A[KS]IA|npm_|pypi-|xox[a-z]-|hooks\.slack|k_live_|SG\.|AIza|sk-|hf_|dckr_|do[opr]_v1_|hv[sbr]\.|rubygems_|cio[A-Za-z0-9]{32}"
    r"|ATATT3|AccountKey=|eyJ|-----BEGIN"
)


def may_hold_credentials(text: str) -> bool:
    """Never no wrongly."""
    return bool(_WORDS.search(text) or _TOKENS.search(text))
