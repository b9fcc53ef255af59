"""Runs the RUNs of real Dockerfiles under the tracer, and keeps what each of them looked at.

    .venv/bin/python -m tests.scripts.reads [--most 600] [--minutes 20]     # tests/reads.jsonl, which test_reads.py reads

It needs an engine with Debian's archive in reach and `../shared`; addresses nobody can reach are answered by `../shared/world`.
A RUN that fails, or that nobody claims to know, is no case.  What is kept is ours: where the RUN stands, a digest of its text, and
paths.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import dfrefactor
from dfrefactor.dockerfile.instructions import Copy, Instruction, Run
from dfrefactor.dockerfile.model import Stage
from dfrefactor.dockerfile.scope import Scope, Scopes
from dfrefactor.effects.output import Grade
from dfrefactor.effects.units import is_shell
from dfrefactor.engine import strace, tracer
from dfrefactor.engine.build import Options
from dfrefactor.engine.builders import Docker
from dfrefactor.engine.trace import argv
from dfrefactor.facts import Facts
from dfrefactor.images import start

from tests.reads import TABLE, Seen, digest, kept, read
from tests.shared import SHARED, corpus

IMAGE = "dfrefactor-reads"
TOOLS = b"""\
FROM buildpack-deps:bookworm
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_BREAK_SYSTEM_PACKAGES=1
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt NPM_CONFIG_CAFILE=/etc/ssl/certs/ca-certificates.crt
RUN apt-get update && apt-get install -y --no-install-recommends gnupg dirmngr zip xz-utils bzip2 zstd rsync sudo python3-pip \\
 python3-venv python3-dev python-is-python3 nodejs npm locales tzdata procps jq ruby ruby-dev bundler php-cli composer golang-go \\
 cargo openssl ssh gettext-base vim-tiny less lsb-release software-properties-common apt-utils iproute2 net-tools nginx-light cmake
COPY t /.t
COPY authority.pem /.t/
RUN mkdir -m 777 /.o && cat /.t/authority.pem >> /etc/ssl/certs/ca-certificates.crt
"""
REACHED = "deb.debian.org,pypi.org,files.pythonhosted.org,registry.npmjs.org,rubygems.org,index.rubygems.org,proxy.golang.org"
"""Hosts that are asked themselves."""
FILES = {"package.json": '{"name": "x", "version": "1.0.0"}\n', "requirements.txt": "six\n", "Gemfile": 'source "https://rubygems.org"\n',
         "go.mod": "module example.org/x\n\ngo 1.19\n", "composer.json": "{}\n"}  # fmt: skip
"""What stands in for a project's own files."""
LONGEST = 45
"""Seconds a RUN may take."""
TOGETHER = 20
"""Files of which what is quick runs in one container."""


def run(*words: str, data: bytes | None = None, seconds: float = 300) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["docker", *words], capture_output=True, input=data, timeout=seconds)


def make(authority: bytes) -> None:
    """The image that stages start from: programs that Dockerfiles call, the tracer, and who vouches for the made-up addresses."""
    with TemporaryDirectory(prefix="dfrefactor-") as folder:
        place = Path(folder)
        (place / "t").mkdir(mode=0o755)
        tracer.put(place / "t", Docker(), Options(), None)
        (place / "authority.pem").write_bytes(authority)
        (place / "Dockerfile").write_bytes(TOOLS)
        done = run("build", "-q", "--network", "host", "-t", IMAGE, folder, seconds=1200)
    assert not done.returncode, done.stderr.decode()


@dataclass(frozen=True)
class Job:
    """What one instruction does in a container: files that are put there, or words that run under the tracer."""

    folder: str
    files: Mapping[str, str] = field(default_factory=dict)
    argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = "root"


INSIDE = """
import json, os, pwd, subprocess, sys
def packaged():
    folder = "/var/lib/dpkg/info/"
    return [line for name in os.listdir(folder) if name.endswith(".list") for line in open(folder + name).read().split("\\n")]
state = None
for folder, files, argv, env, user in json.load(sys.stdin):
    said, now = None, os.stat("/var/lib/dpkg/status").st_mtime_ns
    try:
        os.makedirs(folder, exist_ok=True)
        for path, text in files.items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "w").write(text)
            os.chmod(path, 0o755)
        if argv:
            name = user.partition(":")[0]
            account = pwd.getpwuid(int(name)) if name == "0" else None
            if not account:
                subprocess.run(["useradd", "-m", name], capture_output=True)
                account = pwd.getpwnam(name)
            done = subprocess.run(argv, cwd=folder, env={**os.environ, "HOME": account.pw_dir, **env}, user=account.pw_uid,
                                  group=account.pw_gid, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if not done.returncode:
                said = open("/.o/trace", encoding="utf-8", errors="replace").read()
            os.remove("/.o/trace")
    except (OSError, KeyError, ValueError, subprocess.SubprocessError):
        pass
    print(json.dumps([said, packaged() if now != state else None]), flush=True)
    state = now
"""
"""What runs in the container: a line for each job, its trace, where it worked, and what packages brought, where that is new."""


def put(copy: Copy, scope: Scope) -> dict[str, str]:
    """Something under every name that a COPY brings."""
    target = copy.words[-1].text if copy.words else ""
    if "$" in target or not scope.workdir:
        return {}
    found = dict[str, str]()
    place = os.path.normpath(os.path.join(scope.workdir, target))
    several = target.endswith(("/", ".")) or len(copy.words) > 2
    for word in copy.words[:-1]:
        name = os.path.basename(word.text.rstrip("/*")).replace("*", "x")
        files = FILES if name in ("", ".") else {name: FILES.get(name, f"#!/bin/sh\n# {name}\n")}
        found |= {os.path.join(place, file) if several or len(files) > 1 else place: text for file, text in files.items()}
    return found


def job(step: Instruction, scope: Scope, proxy: str) -> Job:
    folder = scope.workdir or "/"
    if isinstance(step, Copy):
        return Job(folder, put(step, scope))
    mounted = isinstance(step, Run) and any(mount.type != "cache" for mount in step.mounts)  # what would be there, is not
    words, why = argv(step, scope) if isinstance(step, Run) and not mounted else ([], "")
    if why or not words or not (step.is_json or is_shell(scope.shell[0])):
        return Job(folder)
    values = {name: value for name, value in {**scope.args, **scope.env}.items() if value is not None}
    path = {"PATH": scope.path} if scope.path else {}
    proxies = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": REACHED}
    call = ("timeout", "-k", "5", str(LONGEST), "/.t/ld.so", "--library-path", "/.t/lib", "/.t/strace", *strace.OPTIONS)
    return Job(folder, {}, (*call, "-o", "/.o/trace", *words), {**values, **path, **proxies}, scope.user or "root")


def first(stage: Stage) -> Scope:
    """Where a stage starts here: what the image at hand is, by the file's own word for it."""
    known = start(stage)
    return replace(known, workdir=known.workdir or "/", user=known.user or "root")


@dataclass(frozen=True)
class Chain:
    """A stage with those it starts from, of which somebody claims to know RUNs."""

    path: Path
    facts: Facts
    stage: Stage
    known: frozenset[str]
    """Digests of the RUNs that are known."""
    quick: frozenset[str]
    """Those of them that fetch nothing by a package manager."""


def chains(path: Path) -> Iterator[Chain]:
    facts = Facts(dfrefactor.parse(path.read_bytes()))
    based = {stage.base for stage in facts.document.stages}
    for stage in facts.document.stages:
        runs = [each for part in stage.chain for each in part.instructions if isinstance(each, Run)]
        known = {digest(each.written): effects for each in runs if (effects := facts.step(each).effects).grade is not Grade.UNKNOWN}
        if known and stage not in based:
            quick = (text for text, effects in known.items() if effects.grade is Grade.EXACT or not effects.network)
            yield Chain(path, facts, stage, frozenset(known), frozenset(quick))


def steps(chain: Chain, had: Collection[str], whole: bool) -> Iterator[tuple[Instruction, Scope]]:
    """What is carried out of a stage: all of it, or only what it copies and those quick RUNs that are not among those we `had`."""
    scopes = Scopes(chain.facts.document, first)
    for part in chain.stage.chain:
        for each, scope in zip(part.instructions, scopes.of(part), strict=True):
            if isinstance(each, Copy) or (isinstance(each, Run) and (whole or digest(each.written) in chain.quick - set(had))):
                yield each, scope


def cases(batch: Sequence[Chain], proxy: str, had: set[str], whole: bool) -> Iterator[Seen]:
    """What the RUNs of some stages looked at, carried out in one container: those that work and that are not among those we `had`."""
    todo = [(chain, each, job(each, scope, proxy)) for chain in batch for each, scope in steps(chain, had, whole)]
    given = json.dumps([[one.folder, one.files, one.argv, one.env, one.user] for *_, one in todo]).encode("utf-8", "replace")
    words = ("run", "-i", "--rm", "--network", "host", "--cap-add", "SYS_PTRACE", IMAGE, "python3", "-c", INSIDE)
    packaged: list[str] = []
    for (chain, each, one), line in zip(todo, run(*words, data=given, seconds=1200).stdout.splitlines(), strict=False):
        said, news = json.loads(line)
        packaged = news or packaged
        text = digest(each.written)
        if said is None or text in had or text not in chain.known:
            continue
        trace = strace.read(said, one.folder)
        if not trace.why:
            had.add(text)
            yield Seen(chain.path.name, each.lines[0], text, kept(trace.named | trace.opened, packaged))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--most", type=int, default=600, help="stop when there are so many cases")
    words.add_argument("--minutes", type=float, default=20, help="stop after so many")
    words.add_argument("--skip", type=int, default=0, help="begin behind so many files")
    words.add_argument("--quick", action="store_true", help="only what fetches no packages")
    said = words.parse_args()
    sys.path.insert(0, str(SHARED / "world"))
    from internet import Internet  # type: ignore[import-not-found]

    net = Internet()
    make(net.authority)
    until = time.monotonic() + said.minutes * 60
    found = read() if TABLE.exists() else []
    had = {each.digest for each in found}

    def together(batch: Sequence[Chain], whole: bool) -> None:
        if len(found) >= said.most or time.monotonic() > until or not batch:
            return
        try:
            found.extend(cases(batch, net.proxy, had, whole))
        except (OSError, subprocess.SubprocessError) as problem:  # of these: the others are looked at all the same
            print(f"{batch[0].path.name}: {problem}", file=sys.stderr)
        print(f"{len(found)} cases", file=sys.stderr)

    # In an order that has nothing to do with whose they are; what takes no time is tried in one container.
    files = sorted(corpus(), key=lambda each: hashlib.sha256(each.name.encode()).digest())[said.skip :]
    with ThreadPoolExecutor(2) as pool:
        for at in range(0, len(files), TOGETHER):
            every = [chain for path in files[at : at + TOGETHER] for chain in chains(path)]
            pool.submit(together, [chain for chain in every if chain.quick - had], False)
            for chain in every if not said.quick else ():
                pool.submit(together, [chain] if chain.known - had else [], True)
    TABLE.write_text(Seen.table(found), "utf-8")


if __name__ == "__main__":
    main()
