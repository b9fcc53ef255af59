"""Inputs nobody would write, as many as wanted:  python -m tests.scripts.fuzz KIND [--from N] [--count N] [--seeds FOLDER]

Input N of a kind is the same every time: seeds, which are real files or samples, with pieces put in, taken out, doubled and
exchanged.  Of each it is held that nothing raises, that a tree prints its source, that no pass trips the guard, that a second run
changes nothing, and that no input takes longer than it may.  What broke is written down, with its number.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from time import process_time

import dfrefactor
from dfrefactor import shell
from dfrefactor.cli import config
from dfrefactor.facts import Facts
from dfrefactor.settings import Settings

from tests.shared import ROOT

SLOW = 1.0  # seconds of CPU for each 10 kB that were begun
HANG = 30  # seconds of wall time
LARGEST = 20_000  # characters of a seed that are used

PIECES = {
    "dockerfile": [
        "FROM debian:12", "FROM a AS b\n", " AS a", "\n", "\r\n", "\\\n", "`\n", "RUN ", "COPY --from=a / /", "ADD http://u:p@h/f /", "ENV A=b ",
        "ARG TOKEN\n", "ARG A=$B\n", "USER x\n", "WORKDIR a\n", 'SHELL ["sh", "-c"]\n', "ONBUILD ", 'CMD ["a"]\n', "# c\n", "# escape=`\n",
        "# syntax=docker/dockerfile:1\n", "# dfrefactor: writes=/a\n", "# dfrefactor: ignore=parallel-stages -- x\n", "\ufeff", "\0", "\udcff", "\x85",
        "--mount=type=secret,id=a,env=A ", "--mount=type=cache,target=/c ", "<<E\n", "E\n", "<<-'E' ", "COPY <<A <<B /\nA\nB\n", "${A:-b}", "${A#*b}",
    ],
    "shell": [
        "&&", "||", ";", "|", "&", "$(", ")", "`", "\"", "'", "${", "}", "{ ", "(", "if a; then ", "fi", "for i in a b; do ", "done", "case $a in b) ", ";; esac",
        "while ", "until ", "f() { ", "exit 1", "set -e", "set -eux; ", "cd /a", "cd ..", "export A=b", "A=$B", "unset A", "trap 'a' EXIT", "> /a", "2>&1", "< /b",
        "<<<x", "*", "?", "[a-z]", "{a,b}", "~", "$$", "$?", "$@", "$((1+", "))", "[[ -f a ]]", "[ -n \"$A\" ]", "eval ", "exec ", ". /x", "sudo -u a ", "env A=b ",
        "curl -fsSL https://h/f | sh", "curl -H \"Authorization: $TOKEN\" https://h -o /o", "wget -O- h", "git clone https://$TOKEN@h/r /r", "tar xzf a -C /b",
        "apt-get update", "apt-get install -y a", "rm -rf /a", "mv a b", "cp -r a /b", "chmod +x a", "ln -s a b", "mkdir -p /a/b", "pip install -r a", "npm ci",
        "find / -name a -exec rm {} +", "xargs ", "sed -i s/a/b/ f", "printf %s \"$A\" > /root/.netrc", "echo a >> b", "\\\n", "\n", "\t", " ", "#", "!", "\u00e9", "\U0001f600",
    ],
    "compose": [
        "services:\n", "  a:\n", "    build:\n", "      context: .\n", "      args:\n", "        - TOKEN\n", "        A: $B\n", "    image: a:b\n", "secrets:\n", "      cache_from:\n",
        "      - type=registry,ref=a\n", "x-a: &a\n", "<<: *a\n", "\t", "- ", ": ", "{", "}", "[", "]", "|\n", ">-\n", "'", '"', "#", "\n", "\r\n", "---\n", "!!str ", "\0", "\u00e9", "  ",
        "      dockerfile_inline: |\n        FROM a\n",
    ],
    "bake": [
        'target "a" {\n', "}\n", 'group "default" {\n', "  cache-from = [", '"type=registry,ref=a"', "]\n", "  args = {\n", '    TOKEN = "a"\n', '  inherits = ["a"]\n', "variable \"A\" {\n",
        "  default = \"b\"\n", "${A}", "%{ if a }", "<<E\n", "E\n", "/*", "*/", "//", "#", "function", "matrix = {", "\\", '"', "\n", "\r\n", ",", "=", "(", ")", "?", ":", "\0", "\u00e9",
    ],
    "workflow": [
        "on: push\n", "jobs:\n", "  a:\n", "    steps:\n", "      - uses: docker/build-push-action@v6\n", "        with:\n", "          build-args: |\n", "            TOKEN=${{ secrets.TOKEN }}\n",
        "          secrets: |\n", "      - run: |\n", "          docker build --build-arg TOKEN=$TOKEN .\n", "        env:\n", "${{ ", " }}", "- ", ": ", "{", "[", "'", '"', "#", "\n", "\r\n", "  ", "\0", "&a ", "*a",
    ],
    "config": [
        "select = [", '"purge-credentials"', "]\n", "strategy = ", '"mount"\n', "[commands.a]\n", "[[overrides]]\n", "[severity]\n", "exclude = ", "files = ", "true\n", "1\n", "{", "}", "=", ".", '"', "'''",
        "#", "\n", "\\", "writes = ", "options = ", '"-o"', "parallel = ", '"all"\n', "like = ", '"curl"\n', "1979-05-27\n", "\0", "\u00e9", "[hints]\n",
    ],
}  # fmt: skip
NAMES = {
    "compose": "compose.yml", "bake": "docker-bake.hcl", "workflow": ".github/workflows/a.yml", "config": "dfrefactor.toml",
}  # fmt: skip
SAMPLE = b"FROM debian:12\nARG TOKEN\nRUN curl -H \"Authorization: Bearer $TOKEN\" https://example.org/a -o /a\n"


def changed(random: Random, seeds: Sequence[str], pieces: Sequence[str]) -> str:
    """A seed that was changed in a few places."""
    text = random.choice(seeds)[:LARGEST]
    for _ in range(random.choice((1, 1, 2, 3, 5, 12))):
        at, to = sorted(random.randint(0, len(text)) for _ in "12")
        near = min(to, at + random.choice((0, 0, 1, 3, 20)))
        match random.randrange(6):
            case 0 | 1 | 2:
                text = text[:at] + random.choice(pieces) + text[near:]
            case 3:
                text = text[:at] + text[min(to, at + 400) :]
            case 4:
                text = text[:to] + text[at : min(to, at + 400)] + text[to:]
            case _:
                other = random.choice(seeds)[:LARGEST]
                first, last = sorted(random.randint(0, len(other)) for _ in "12")
                text = text[:at] + other[first : min(last, first + 400)] + text[near:]
    return text


def data(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def tree(text: str) -> None:
    given = data(text)
    document = dfrefactor.parse(given)
    assert bytes(document) == given, "does not print its source"
    assert all(error.line >= 1 and error.message for error in dfrefactor.errors(document))


def script(text: str) -> None:
    for _ in shell.walk(shell.parse(text)):
        pass


def effects(text: str) -> None:
    facts = Facts(dfrefactor.parse(data(text)))
    if not dfrefactor.errors(facts.document):
        for stage in facts.document.stages:
            facts.steps(stage)


def whole(name: str, *settings: Settings) -> Callable[[str], None]:
    def rewritten(text: str) -> None:
        for each in settings:
            result = dfrefactor.refactor(data(text), name, settings=each, read=lambda _: SAMPLE)
            assert not result.problems, result.problems
            assert not result.errors or result.data == data(text), "has errors, and was changed"
            if result.data != data(text):
                again = dfrefactor.refactor(result.data, name, settings=each, read=lambda _: SAMPLE)
                assert not again.errors and not again.problems, again.errors or again.problems
                assert again.data == result.data, "a second run changes it"

    return rewritten


def configured(text: str) -> None:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(data(text))
        file.flush()
        with suppress(config.ConfigError):
            config.load(file.name)


MOUNT = Settings(strategy="mount", parallel="all")
KINDS: dict[str, tuple[str, Callable[[str], None]]] = {
    "tree": ("dockerfile", tree),
    "shell": ("shell", script),
    "effects": ("dockerfile", effects),
    "passes": ("dockerfile", whole("Dockerfile", Settings(), MOUNT)),
    "compose": ("compose", whole(NAMES["compose"], Settings(), MOUNT)),
    "bake": ("bake", whole(NAMES["bake"], Settings(), MOUNT)),
    "workflow": ("workflow", whole(NAMES["workflow"], MOUNT)),
    "config": ("config", configured),
}
"""What is tried, and whose seeds it is tried with."""


def seeds(kind: str, folder: Path | None) -> list[str]:
    """The texts to start from; for shell text the RUNs of Dockerfiles."""
    texts = ["".join(PIECES[kind][:12])]
    if kind in ("dockerfile", "shell"):
        paths = [*sorted((ROOT / "samples").glob("*/Dockerfile")), *(sorted(folder.rglob("*")) if folder else ())]
        texts += [path.read_bytes().decode("utf-8", "surrogateescape") for path in paths if path.is_file()]
    elif folder:
        texts += [path.read_bytes().decode("utf-8", "surrogateescape") for path in sorted(folder.rglob("*")) if path.is_file()]
    if kind == "shell":
        runs = (found for text in texts for found in re.findall(r"^RUN +((?:.*\\\n)*.*)$", text, re.M | re.I))
        texts = [PIECES["shell"][0], *runs]
    return texts


class HangError(Exception):
    """It takes too long."""


def hang(*_: object) -> None:
    raise HangError


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scripts.fuzz")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--from", type=int, default=0, dest="first", help="number of the first input (0)")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0, help="stop after so much CPU time")
    parser.add_argument("--seeds", type=Path, help="a folder of files to start from, beside the samples")
    parser.add_argument("--show", action="store_true", help="print the inputs, and try nothing")
    asked = parser.parse_args(arguments)
    kind, work = KINDS[asked.kind]
    texts, broken, tried, begun = seeds(kind, asked.seeds), 0, 0, process_time()
    pieces = PIECES[kind] + (PIECES["shell"] if kind == "dockerfile" else [])
    signal.signal(signal.SIGALRM, hang)
    for number in range(asked.first, asked.first + asked.count):
        text = changed(Random(f"{asked.kind} {number}"), texts, pieces)
        if asked.show:
            print(text)
            continue
        before, wrong = process_time(), ""
        signal.alarm(HANG)
        try:
            work(text)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
        took = process_time() - before
        if not wrong and took > SLOW * (1 + len(text) // 10_000):
            wrong = f"{took:.1f} s for {len(text)} characters"
        tried += 1
        if wrong:
            broken += 1
            print(f"{asked.kind} {number}: {wrong[:300]}", flush=True)
        if tried % 10_000 == 0 or (over := asked.seconds and process_time() - begun > asked.seconds):
            print(f"{asked.kind}: {tried} inputs, {broken} broken, {process_time() - begun:.0f} s", file=sys.stderr, flush=True)
            if tried % 10_000 and over:
                break
    if not asked.show:
        print(f"{asked.kind}: {tried} inputs, {broken} broken, {process_time() - begun:.0f} s of CPU")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
