"""Whether a file may hold a credential at all: one search, so that nothing more is loaded for most files."""

from __future__ import annotations

import re

# Something that every credential's file has: a word of a name, a tool's file, a place in a URL or an option.
_WORDS = re.compile(
    r"bundle_|login|connection[-_]?string|sas_?url|license_?key|token|passw|passphrase|secret|creds?\b|credential|_pat\b|auth(?!or)|api[-_]?key|access[-_]?key|private|ssh|netrc|npmrc|pypirc"
    r"|(?:git|npm|pnpm|yarn|pip3?|composer|bundle|bundler|poetry|gem|helm|gcloud|uv|nuget) config"
    r"|config(?:ure set|\.json|\.toml|\.ya?ml)|_config\b|gitconfig"
    r"|pip\.conf|settings|nuget|\.aws|\.docker/|\.key|\.pem|\.p12|\.pfx|gcloud|kaggle|:/\S*@|://\$|--user|--header|\s-H\b"
    r"|extraheader|-pass|_pass\b|_pwd\b|--proxy-user|id_rsa|sas_url|service_account|connection_string"
    r"|(?:account|activation|deploy|encryption|license|master|registration|rsa|service|storage)[-_]?key"
    r"|\b(?:az|buildah|codecov|conan|crane|docker|doctl|dotnet|glab|helm|https?|oras|podman|twine|unzip|vercel|zip|7z|svn)\s[^\n]*-[akptP]"
    r"|\s-u[\s=]*[\"']?(?!\d+\b)[\w$]|[?&]\w*(?:key|sig|jwt)=",
    re.I,
)
# How the token formats of formats.toml begin.
_TOKENS = re.compile(
    r"gh[pousr]_|github_pat_|gl(?:pat|dt|ft|soat|rt|cbt|ptt|oas|agent|imt)-|A[KS]IA|npm_[A-Za-z0-9]{9}|pypi-|xox[a-z]-|hooks\.slack|k_live_|SG\."
    r"|AIza|sk-[\w-]{40}|hf_[A-Za-z0-9]{9}|dckr_|do[opr]_v1_|hv[sbr]\.|rubygems_|cio[A-Za-z0-9]{32}|ATATT3|AccountKey=|eyJ|-----BEGIN"
)


def may_hold_credentials(text: str) -> bool:
    """Never no wrongly."""
    return bool(_WORDS.search(text) or _TOKENS.search(text))
