"""Scopes, against what a RUN of a real build sees."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import dfrefactor
import pytest
from dfrefactor.dockerfile.expand import Unset
from dfrefactor.engine.build import Builder
from dfrefactor.images import scopes

FILE = b"""ARG GLOBAL=g
ARG DERIVED=${GLOBAL}h
FROM debian:bookworm AS base
ARG GLOBAL
ARG LATE=arg
ENV LATE=env EARLY=env
ARG EARLY=arg
ENV SAME=1 OTHER=${SAME:-none}
ARG ONE=1 TWO=${ONE}2
ENV TRIMMED=${DERIVED-unset} PARTS=${PATH%%:*}
WORKDIR rel
WORKDIR ../up/./down
ONBUILD ENV TRIGGER=yes
FROM base
ARG DERIVED
ENV CHAIN=$LATE$EARLY$GLOBAL$DERIVED$TRIGGER
WORKDIR $CHAIN
SHELL ["/bin/sh", "-e", "-c"]
RUN echo "<<<$LATE|$EARLY|$GLOBAL|$DERIVED|$SAME|$OTHER|$ONE|$TWO|$TRIMMED|$TRIGGER|$CHAIN|$(pwd)>>>"
"""
NAMES = ("LATE", "EARLY", "GLOBAL", "DERIVED", "SAME", "OTHER", "ONE", "TWO", "TRIMMED", "TRIGGER", "CHAIN")


@pytest.mark.engine
def test_a_run_sees_what_the_scope_says(engine: Builder, tmp_path: Path) -> None:
    assert engine
    command = ["docker", "build", "--no-cache", "--progress=plain", "-f", "-", str(tmp_path)]
    ran = subprocess.run(command, input=FILE, capture_output=True, check=True)
    seen = re.findall(r"<<<(.*)>>>", ran.stderr.decode())[-1].split("|")
    scope = scopes(dfrefactor.parse(FILE).stages[-1])[-1]
    ours = [scope.lookup(name) for name in NAMES]
    assert [None if isinstance(value, Unset) else value for value in ours] + [scope.workdir] == seen
    assert scope.shell == ("/bin/sh", "-e", "-c")
