"""Random scripts run by real shells: what is claimed of them is so, and taking their Dockerfiles apart changes no image."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.scripts import build, claims, judge
from tests.scripts.explore import Figures, scripts
from tests.scripts.generate import Maker
from tests.scripts.program import Body, Node, Program, Script
from tests.scripts.sandbox import PATH, Entry, Sandbox, debian, file, folder, link, missing, sandbox
from tests.scripts.splits import outcome, said, splits
from tests.shrink import shrink

FIRST = int(os.environ.get("DFREFACTOR_RANDOM_SEED", "0"))
"""Another first seed is another set of scripts."""
WANTED = int(os.environ.get("DFREFACTOR_RANDOM_SCRIPTS", "2000"))
"""Scripts for each shell: what fits into an hour with all the rest."""
SPLITS = int(os.environ.get("DFREFACTOR_RANDOM_SPLITS", "600"))
"""Dockerfiles that are taken apart and built before and after, for both shells together."""

shells = pytest.mark.parametrize("bash", [False, True], ids=["sh", "bash"])


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    if reason := missing():
        if os.environ.get("CI") or os.environ.get("DFREFACTOR_REQUIRE_ENGINE"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sandbox() as made:
        yield made


def no_mistakes(figures: Figures) -> None:
    if figures.wrong:
        pytest.fail("\n\n".join([*figures.explained, str(dict(figures.wrong))]), pytrace=False)


@shells
def test_scripts_do_what_is_claimed(box: Sandbox, bash: bool) -> None:
    no_mistakes(scripts(box, range(FIRST, FIRST + 80), bash, most=3))


def test_dockerfiles_taken_apart_give_the_same_image(box: Sandbox) -> None:
    no_mistakes(splits(box, range(FIRST, FIRST + 30), bash=False, most=2))


@shells
@pytest.mark.slow
@pytest.mark.figures
def test_thousands_of_scripts_do_what_is_claimed(box: Sandbox, bash: bool) -> None:
    figures = scripts(box, range(FIRST, FIRST + WANTED), bash, most=10)
    print("bash:" if bash else "sh:", figures)
    no_mistakes(figures)
    assert figures.counts["EXACT"] >= WANTED // 8, "too few are exact for this to say much"


@shells
@pytest.mark.slow
@pytest.mark.figures
def test_thousands_of_dockerfiles_taken_apart_give_the_same_image(box: Sandbox, bash: bool) -> None:
    figures = splits(box, range(FIRST, FIRST + 20 * SPLITS), bash, most=5, wanted=SPLITS // 2)
    print("bash:" if bash else "sh:", said(figures))
    no_mistakes(figures)
    assert figures.counts["same"] >= SPLITS // 2


# the machinery itself

ENV = {"PATH": PATH, "HOME": "/root"}


def node(text: str) -> Node:
    return Node((text,))


def program(*texts: str, base: str = "debian:12") -> Program:
    *before, last = texts
    return Program(base, (*before, Script(Body((node(last),)))))


def test_a_script_starts_from_the_files_asked_for_whatever_the_last_one_did(box: Sandbox) -> None:
    tree = debian() | {"/data": folder(), "/data/a": file("one\n"), "/data/l": link("a"), "/data/b": file("two\n", 0o4755, 7)}
    spoil = "rm -r /srv /data/l; chmod 700 /data; ln /data/a /opt/hard; echo x >> /data/a; mv /data/b /data/c; mkdir /data/b; touch /x; ln -s /opt /data/l; rm -rf /opt /root /etc/skel /usr/local/*"
    done = box.run(tree, ["/bin/sh", "-c", spoil], ENV)
    assert done.code == 0 and done.changes["/srv"] is None
    assert box.run(tree, ["/bin/sh", "-c", ":"], ENV).changes == {}
    done = box.run(tree, ["/bin/sh", "-c", "cat /data/l /data/b; stat -c '%a %u' /data /data/b"], ENV)
    assert (done.code, done.said.split()) == (0, ["one", "two", "755", "0", "4755", "7"])


def test_what_a_script_leaves_running_is_ended_and_a_script_that_does_not_end_too(box: Sandbox) -> None:
    assert box.run(debian(), ["/bin/sh", "-c", "(sleep 0.2; touch /opt/late) & setsid sleep 9 & :"], ENV).changes == {}
    assert box.run(debian(), ["/bin/sh", "-c", "while :; do :; done"], ENV).code == -9
    assert box.run(debian(), ["/bin/sh", "-c", "sleep 0.3; ls /opt"], ENV).said == ""


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("su - app -c 'touch x'", "/home/app/x"),
        ("cd /opt && su app -c 'cd && touch x'", "/home/app/x"),
        ("cd /opt && su -c 'touch x'", "/opt/x"),
        ("su - -c 'touch x'", "/root/x"),
        ("sudo -i touch x", "/root/x"),
        ("sudo --chdir=/srv touch x", "/srv/x"),
        ("cd /opt && sudo -u root sh -c 'touch x'", "/opt/x"),
        ("sudo -u app sh -c 'touch $HOME/x'", "/home/app/x"),
        ("HOME=/srv sudo sh -c 'touch $HOME/x'", "/root/x"),
        ("V=/srv sudo sh -c 'touch ${V:-/opt}/x'", "/opt/x"),
        ("sudo V=/srv sh -c 'touch ${V:-/opt}/x'", "/srv/x"),
    ],
)
def test_su_and_sudo_are_as_on_debian(box: Sandbox, text: str, made: str) -> None:
    done = builder_run(box, "RUN useradd -m -s /bin/sh app", f"RUN {text}")
    assert list(done.changes) == [made]
    assert done.changes[made].uid == (1000 if made.startswith("/home") else 0)


def builder_run(box: Sandbox, *steps: str):  # type: ignore[no-untyped-def]
    return build.run(box, build.last_run(box, "\n".join(["FROM debian:12", *steps, ""]).encode()))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("RUN mkdir -m 700 /opt/a && echo 1 > /opt/a/f && chmod 600 /opt/a/f", {"/opt/a": folder(), "/opt/a/f": file("1\n", 0o600)}),
        ("RUN mkdir /opt/b && chown -R 7:7 /opt/b && ln -s b /opt/a", {"/opt/a": folder()}),
        ("RUN echo 1 > /srv/f && ln -s /srv/f /opt/a", {"/opt/a": file("1\n")}),
        ("RUN mkdir -p /opt/a/d && ln -s d /opt/a/l && chown -h 7:7 /opt/a/d", {"/opt/a": folder(), "/opt/a/d": folder(uid=7), "/opt/a/l": link("d")}),
    ],
)
def test_copy_is_as_measured(box: Sandbox, steps: str, expected: dict[str, Entry]) -> None:
    tree = build.build(box, f"FROM debian:12 AS s\n{steps}\nFROM debian:12\nCOPY --from=s /opt/a /opt/a\n".encode())
    assert {path: each for path, each in tree.items() if debian().get(path) != each} == expected


def test_copy_merges_and_writes_through_links(box: Sandbox) -> None:
    text = (
        "FROM debian:12 AS s\nRUN mkdir -m 700 /srv/a && echo new > /srv/a/f && echo 2 > /srv/a/l\nFROM debian:12\n"
        "RUN mkdir -m 750 /srv/a && echo old > /srv/a/f && echo kept > /srv/a/k && ln -s /opt/t /srv/a/l\nCOPY --from=s /srv/a /srv/a\n"
    )
    tree = build.build(box, text.encode())
    assert {path: each for path, each in tree.items() if debian().get(path) != each} == {
        "/srv/a": folder(0o750), "/srv/a/f": file("new\n"), "/srv/a/k": file("kept\n"), "/srv/a/l": link("/opt/t"), "/opt/t": file("2\n"),
    }  # fmt: skip


def test_a_bind_mount_is_seen_and_gone_again(box: Sandbox) -> None:
    text = (
        "FROM debian:12 AS s\nRUN mkdir /srv/a && echo 1 > /srv/a/f\nFROM debian:12\nARG V=a\n"
        "RUN --mount=type=bind,from=s,source=/srv/${V},target=/mnt/in cp /mnt/in/f /opt/f && mkdir /mnt/own\n"
    )
    tree = build.build(box, text.encode())
    assert {path: each for path, each in tree.items() if debian().get(path) != each} == {"/opt/f": file("1\n"), "/mnt/own": folder()}


def spoiled(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    real = claims.claim
    monkeypatch.setattr(judge, "claim", lambda data: replace(real(data), **changes))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"outputs": ()}, "EXACT: left, and no output"),
        ({"touched": ()}, "EXACT: a change outside the regions"),
        ({"outputs": (claims.Left("/opt/a", "file", "create", None, 0o644, None, True), claims.Left("/opt/a/f", "file", "create", None, None, None, True))},
         "EXACT: an output of another kind"),
        ({"outputs": (claims.Left("/opt/a", "tree", "create", None, 0o700, None, True),)}, "EXACT: mode"),
        ({"outputs": (claims.Left("/opt/a", "tree", "modify", None, None, None, True),)}, "EXACT: an output said to be old was not there"),
        ({"outputs": (claims.Left("/opt", "tree", "create", None, None, None, True),)}, "EXACT: an output said to be new was there"),
        ({"outputs": (claims.Left("/opt/a", "tree", "create", None, None, None, True), claims.Left("/opt/b", "file", "unknown", None, None, None, True))},
         "EXACT: an output that is not there"),
    ],
)  # fmt: skip
def test_a_claim_that_is_wrong_is_found(box: Sandbox, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], kind: str) -> None:
    tried = program("mkdir /opt/a && echo 1 > /opt/a/f")
    assert judge.judged(box, tried).kind == ""
    spoiled(monkeypatch, **changes)
    assert judge.judged(box, tried).kind == kind


def test_what_is_read_and_not_said_is_found(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = program("RUN mkdir /data && echo 1 > /data/a", "cat /data/a > /opt/b && echo $V >> /opt/b")
    tries = [random.Random(seed) for seed in range(60)]
    assert {judge.judged(box, tried, dice).kind for dice in tries} == {""}
    spoiled(monkeypatch, reads=(), reads_variable=frozenset().__contains__)
    assert {judge.judged(box, tried, dice).kind for dice in tries} >= {"EXACT: reads a file unsaid", "EXACT: reads a variable unsaid"}


def test_a_rewrite_that_is_wrong_is_found(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    both = Program("debian:12", ("RUN mkdir /opt/a && touch /opt/a/f", "RUN touch /srv/b"))
    assert outcome(box, both).state == "same"
    real = claims.rewritten
    monkeypatch.setattr("tests.scripts.splits.rewritten", lambda data: (real(data)[0].replace(b"touch /opt/a/f", b"touch /opt/a/g"), ()))
    assert outcome(box, both).state == "different"


def test_a_program_is_made_smaller_until_only_the_mistake_is_left() -> None:
    big = Maker(5).programs()[0]
    wanted = replace(big, steps=(*big.steps[:-1], Script(Body((*judge.scripts_of(big)[-1].body.nodes, node("touch /opt/wrong"))))))
    small = shrink(wanted, lambda other: b"/opt/wrong" in other.data)
    assert small.data == b"FROM debian:12\nRUN touch /opt/wrong\n" or small.data.endswith(b"\nRUN touch /opt/wrong\n")


def test_programs_are_the_same_for_the_same_seed_and_all_kinds_occur() -> None:
    def texts(bash: bool) -> list[bytes]:
        return [each.data for seed in range(400) for each in Maker(seed, bash).programs()[:1]]

    assert texts(False) == texts(False)
    text = b"\n".join(texts(False) + texts(True))
    for piece in (
        "if ", "case ", "for ", "while ", "until ", "f() ", "exit", "return", "break", "continue", "export ", "HOME=", "cd ", "pushd", "popd", "CDPATH=", "cd -",
        "set -- ", "shift", '"$@"', "set -e", "set -eu", "set -f", "trap ", "exec > ", "( ", " &", "wait", "env ", "env --chdir=/srv", "su - app -c", "sudo -u",
        "sudo --user=", "xargs ", "nice ", "timeout ", "sh -c", "bash -c", "eval ", " && ", " || ", "! ", "<<E", "$(", "`", "/*", ":-", "%/*}", ":+", "mkdir -p", "touch ",
        "> ", ">> ", "cp ", "mv ", "ln -s", "rm -r", "chmod ", "install ", "tee ", "tar ", "TAR_OPTIONS=", "IFS=", "POSIXLY_CORRECT=", "umask ", "unset ", "local ", "read ",
        "find ", "| ", "SHELL [", "ENV ", "WORKDIR ", "RUN <<EOF", "example.org/app:1", "seq ", "command ", ". /",
    ):  # fmt: skip
        assert piece.encode() in text, piece
