"""Which caches are kept in mounts, and where they have to stay in the image."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.finding import Safety
from dfrefactor.passes import named
from dfrefactor.settings import Settings

PASS = [named("cache-mounts")]
ASKED = frozenset({"cache-mounts"})


def mounted(text: str, allow: Safety = Safety.SAFE) -> str:
    settings = Settings(selected=ASKED, allow=allow)
    result = dfrefactor.refactor(text.encode(), passes=PASS, settings=settings)
    assert not result.problems
    assert not dfrefactor.refactor(result.data, passes=PASS, settings=settings).changed
    return result.data.decode()


LISTS = "--mount=type=cache,target=/var/lib/apt/lists,sharing=locked"
DEBS = "--mount=type=cache,target=/var/cache/apt,sharing=locked"
APK = "--mount=type=cache,target=/etc/apk/cache,sharing=locked"
PIP = "--mount=type=cache,target=/root/.cache/pip"
MODULES = "--mount=type=cache,target=/go/pkg/mod"
BUILDS = "--mount=type=cache,target=/root/.cache/go-build"

CHANGED = {
    "apt": (
        "FROM debian\nRUN apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists/*\n",
        f"FROM debian\nRUN {DEBS} \\\n    {LISTS} \\\n    apt-get update && apt-get install -y x\n",
    ),
    "what else is removed stays": (
        "FROM debian\nRUN apt-get update && apt-get install -y x && apt-get clean && rm -rf /var/lib/apt/lists/* /tmp/*\n",
        f"FROM debian\nRUN {DEBS} \\\n    {LISTS} \\\n    apt-get update && apt-get install -y x && rm -rf /tmp/*\n",
    ),
    "in the file's own lines, without the comment of what goes": (
        "FROM debian\nRUN set -ex; \\\n\tapt-get update; \\\n\tapt-get install -y x; \\\n\t# clean\n\trm -rf /var/lib/apt/lists/*\n",
        f"FROM debian\nRUN {DEBS} \\\n\t{LISTS} \\\n\tset -ex; \\\n\tapt-get update; \\\n\tapt-get install -y x\n",
    ),
    "a comment that speaks of more": (
        "FROM debian\nRUN apt-get update && \\\n  apt-get install -y x && \\\n  # clean\n  apt-get clean && \\\n  rm -rf /var/lib/apt/lists/* /y\n",
        f"FROM debian\nRUN {DEBS} \\\n  {LISTS} \\\n  apt-get update && \\\n  apt-get install -y x && \\\n  # clean\n  rm -rf /y\n",
    ),
    "lists that nobody sees to be needed stay, packages need not": (
        "FROM debian\nRUN apt-get update && apt-get install -y x\nRUN ./more\n",
        f"FROM debian\nRUN {DEBS} \\\n    apt-get update && apt-get install -y x\nRUN ./more\n",
    ),
    "both platforms": (
        "FROM debian\nARG TARGETARCH\nRUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*\n",
        ("FROM debian\nARG TARGETARCH\nRUN --mount=type=cache,id=var-cache-apt-$TARGETARCH,target=/var/cache/apt,sharing=locked \\\n"
        "    --mount=type=cache,id=var-lib-apt-lists-$TARGETARCH,target=/var/lib/apt/lists,sharing=locked \\\n"
        "    apt-get update && apt-get upgrade -y\n"),
    ),
    "apk": ("FROM alpine\nRUN apk add --no-cache x\n", f"FROM alpine\nRUN {APK} \\\n    apk add --update-cache x\n"),
    "apk, with a list of its own": (
        "FROM alpine\nRUN apk -U add --no-cache x && rm -rf /var/cache/apk/*\n",
        f"FROM alpine\nRUN {APK} \\\n    apk -U add x\n",
    ),
    "dnf": (
        "FROM fedora\nRUN dnf install -y x && dnf clean all\n",
        "FROM fedora\nRUN --mount=type=cache,target=/var/cache/dnf,sharing=locked \\\n    dnf install -y x\n",
    ),
    "pip": (
        "FROM python\nRUN pip install --no-cache-dir x && rm -rf ~/.cache/pip\n",
        f"FROM python\nRUN {PIP} \\\n    pip install x\n",
    ),
    "pip, an option in a line of its own": (
        "FROM python\nRUN pip install \\\n    --no-cache-dir \\\n    x\n",
        f"FROM python\nRUN {PIP} \\\n    pip install \\\n    x\n",
    ),
    "pip, an option at the end": (
        "FROM python\nRUN pip3 install x --no-cache-dir && echo x\n",
        f"FROM python\nRUN {PIP} \\\n    pip3 install x && echo x\n",
    ),
    "uv": (
        "FROM python\nRUN uv pip install --no-cache x\n",
        "FROM python\nRUN --mount=type=cache,target=/root/.cache/uv \\\n    uv pip install x\n",
    ),
    "npm": (
        "FROM node\nENV HOME=/root\nUSER root\nRUN npm ci && npm cache clean --force\n",
        "FROM node\nENV HOME=/root\nUSER root\nRUN --mount=type=cache,target=/root/.npm \\\n    npm ci\n",
    ),
    "go, where only the program is copied": (
        "FROM golang AS b\nWORKDIR /src\nCOPY go.mod .\nRUN go mod download\nCOPY . .\nRUN go build -o /app .\nFROM debian\nCOPY --from=b /app /app\n",
        (f"FROM golang AS b\nWORKDIR /src\nCOPY go.mod .\nRUN {MODULES} \\\n    go mod download\nCOPY . .\n"
        f"RUN {MODULES} \\\n    {BUILDS} \\\n    go build -o /app .\nFROM debian\nCOPY --from=b /app /app\n"),
    ),
    "go, where modules are used in the image": (
        "FROM golang\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\n",
        f"FROM golang\nWORKDIR /src\nCOPY . .\nRUN {BUILDS} \\\n    go build -o /app .\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_it_is_kept_in_a_mount(name: str) -> None:
    before, after = CHANGED[name]
    assert mounted(before) == after


STAYS = {
    "lists are fetched in a step of their own": "FROM debian\nRUN apt-get update\nRUN ./install\n",
    "packages are only fetched, to be moved": (
        "FROM debian\nRUN apt-get install -y --download-only x\nRUN mv /var/cache/apt/archives/*.deb /srv/\n"
    ),
    "they are moved at once": "FROM debian\nRUN apt-get install -y -d x && cp /var/cache/apt/archives/*.deb /srv/\n",
    "it is emptied whatever happens": "FROM debian\nRUN apt-get update && rm -rf /var/lib/apt/lists/* || true\n",
    "a folder that an option says": "FROM python\nRUN pip install --cache-dir=/c x\n",
    "packages are put there": "FROM debian\nCOPY debs/ /var/cache/apt/archives/\nRUN apt-get install -y x\n",
    "more than the cache is removed": "FROM debian\nRUN apt-get install -y x && rm -rf /var/cache/*\n",
    "somebody looks at it": "FROM debian\nRUN apt-get install -y x && ls /var/cache/apt > /list\n",
    "another folder": "FROM python\nENV PIP_CACHE_DIR=/c\nRUN pip install x\n",
    "no cache is wanted": "FROM python\nENV PIP_NO_CACHE_DIR=1\nRUN pip install x\n",
    "another user": "FROM python\nUSER me\nENV HOME=/home/me\nRUN pip install x\n",
    "a home nobody knows": "FROM example.org/x\nRUN pip install x\n",
    "Maven's folder in the image": "FROM maven\nRUN mvn package\n",
    "modules are copied": (
        "FROM golang AS b\nENV GOCACHE=/c\nRUN go mod download\nFROM debian\nCOPY --from=b /go/pkg/mod /go/pkg/mod\n"
    ),
    "Maven looks at nothing else": (
        "FROM maven AS b\nENV HOME=/root\nUSER root\nRUN mvn -o package\nFROM debian\nCOPY --from=b /src/x.jar /\n"
    ),
    "a mount is there": "FROM python\nRUN --mount=type=cache,target=/root/.cache/pip pip install x\n",
    "a heredoc": "FROM python\nRUN <<E\npip install x\nE\n",
    "left alone by a comment": "FROM python\n# dfrefactor: ignore=cache-mounts\nRUN pip install x\n",
    "an old syntax": "# syntax=docker/dockerfile:1.1\nFROM python\nRUN pip install x\n",
    "yarn keeps it in one of several places": "FROM node\nENV HOME=/root\nUSER root\nRUN yarn install\n",
}


@pytest.mark.parametrize("name", STAYS)
def test_it_stays(name: str) -> None:
    assert mounted(STAYS[name]) == STAYS[name]


def test_nothing_is_done_unasked() -> None:
    text = b"FROM python\nRUN pip install x\n"
    assert not dfrefactor.refactor(text, passes=PASS).changed
    assert not dfrefactor.refactor(text, passes=PASS, settings=Settings(selected=ASKED, builder="classic")).changed


def test_the_file_that_empties_the_cache_is_removed_where_that_is_asked_for() -> None:
    text = "FROM debian\nRUN apt-get install -y x\nRUN apt-get install -y y\n"
    first = f"FROM debian\nRUN {DEBS} \\\n    rm -f /etc/apt/apt.conf.d/docker-clean && \\\n    apt-get install -y x\n"
    assert mounted(text, Safety.UNSAFE) == f"{first}RUN {DEBS} \\\n    apt-get install -y y\n"
    found = dfrefactor.refactor(text.encode(), passes=PASS, settings=Settings(selected=ASKED)).findings[0]
    assert found.notes[1].endswith("--unsafe removes that") and found.safety is Safety.SAFE


def test_what_is_no_longer_in_the_image_is_named() -> None:
    text = b"FROM alpine\nRUN apk add --no-cache x && pip install y\n"
    found = dfrefactor.refactor(text, passes=PASS, settings=Settings(selected=ASKED)).findings[0]
    assert found.left == {"/etc/apk/cache/**", "/var/cache/apk/**", "/etc/apk", "/root/.cache/pip/**", "/root/.cache"}
    assert found.notes == ("no longer in the image: /etc/apk/cache/**, /root/.cache/pip/**, /var/cache/apk/**",)
