"""A small repository whose commits change sources, manifests, a version and what is ignored."""

from __future__ import annotations

import subprocess
from pathlib import Path

OLD = """\
FROM buildpack-deps:bookworm AS built
ARG VERSION={unique}
COPY lib/*.txt /lib-texts/
RUN cat /lib-texts/* > /made
FROM buildpack-deps:bookworm
ENV TOOL_VERSION=1
RUN echo {unique} > /unique
WORKDIR /app
COPY . .
RUN ls > /list
COPY --from=built /made /made
RUN echo $TOOL_VERSION > /version
"""
COMMITS: tuple[dict[str, str], ...] = (
    {"lib/a.txt": "a\n", "main.c": "int main;\n", ".dockerignore": "Dockerfile\n*.md\n.git\n.dockerignore\n"},
    {"main.c": "int main, other;\n"},
    {"README.md": "no part of it\n"},
    {"lib/a.txt": "b\n"},
    {"lib/b.c": "int b;\n"},
    {"Dockerfile": OLD.replace("ENV TOOL_VERSION=1", "ENV TOOL_VERSION=2")},
    {"Dockerfile": OLD.replace("ENV TOOL_VERSION=1", "ENV TOOL_VERSION=2").replace("ls > /list", "ls -l > /list")},
)
AGAIN = (2, 0, 3, 2, 3, 2)
"""How many RUNs each commit builds again: the version is seen by all RUNs of its stage behind it."""


def repository(folder: Path, unique: str = "x") -> Path:
    """The repository, in a folder below the top of it."""
    place = folder / "service"
    place.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for number, files in enumerate(COMMITS):
        for name, text in {**({} if number else {"Dockerfile": OLD}), **files}.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(text.replace("{unique}", unique))
        git(folder, "add", "-A")
        git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", f"change {number}")
    return place


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True).stdout
