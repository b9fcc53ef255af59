"""One reading of a RUN: what was read twice, by two readers, and came out wrong; each kind in several forms."""

from __future__ import annotations

from collections import Counter

import dfrefactor
import pytest
from dfrefactor.effects import instruction as effects
from dfrefactor.effects.effects import Effects
from dfrefactor.effects.output import Grade
from dfrefactor.effects.trace import Step
from dfrefactor.facts import Facts
from dfrefactor.settings import Settings

from tests.apart import taken_apart

TWO = "RUN mkdir /srv/two"


def last(*lines: str) -> Step:
    """What is known of the last step of a file."""
    facts = Facts(dfrefactor.parse("\n".join([*lines, ""]).encode()))
    return facts.steps(facts.document.stages[-1])[-1]


def left(text: str, *above: str) -> list[str]:
    """What a RUN leaves for sure."""
    return [each.path for each in last("FROM debian:12", *above, f"RUN {text}").effects.outputs]


def split(*lines: str) -> str:
    result = taken_apart("\n".join([*lines, ""]).encode())
    assert not result.problems
    return result.data.decode()


NOT_REACHED = [
    "set -e; if [ -f /etc/passwd ]; then exit 0; fi; mkdir /opt/a",
    "[ -f /etc/passwd ] && exit 0; mkdir /opt/a",
    "f() { if [ -f /x ]; then return 0; fi; mkdir /opt/a; }; f",
    "set -e; case $(uname) in Linux) exit;; esac; mkdir /opt/a",
    "set -e; { [ -d /x ] && exit 0; }; mkdir /opt/a",
    "set -e; for i in 1 2; do [ -d /x ] && exit 0; done; mkdir /opt/a",
    "set -e; ! test -d /x || exit 0; mkdir /opt/a",
    "f() { [ -d /x ] && return; mkdir /opt/a; }; f",
    "set -e; [ -d /x ] || exec true; mkdir /opt/a",
    "for i in 1 2; do [ -d /x ] && break; mkdir /opt/$i; done",
    "eval 'test -d /x && exit 0'; mkdir /opt/a",
    "set -e; (test -d /x && exit 0) && exit 0; mkdir /opt/a",
    "while true; do [ -d /x ] && break 1; mkdir /opt/a; done",
]


@pytest.mark.parametrize("text", NOT_REACHED)
def test_what_may_not_be_reached_is_done_perhaps(text: str) -> None:
    assert last("FROM debian:12", f"RUN {text}").effects.grade is not Grade.EXACT
    file = ("FROM debian:12", f"RUN {text}", TWO)
    assert split(*file) == "\n".join([*file, ""])


@pytest.mark.parametrize("text", ["exit 0; mkdir /opt/a", "f() { return 0; mkdir /opt/a; }; f", "set -e; exec true; mkdir /opt/a"])
def test_what_is_never_reached_is_not_done(text: str) -> None:
    assert left(text) == []


@pytest.mark.parametrize(
    "text",
    ["[ -d /x ] || exit 1; mkdir /opt/a", "set -e; if [ -d /x ]; then exit 1; fi; mkdir /opt/a", "test -d /x || { echo no; exit 2; }; mkdir /opt/a"],
)
def test_an_exit_that_fails_the_build_leaves_no_doubt(text: str) -> None:
    assert left(text) == ["/opt/a"]


ASSIGNED = [
    ("TAR_OPTIONS=--strip-components=1 && mkdir /opt/a && tar -xf /x.tar -C /opt/a", ["ENV TAR_OPTIONS=", "COPY x.tar /x.tar"], "TAR_OPTIONS"),
    ("HOME=/srv && mkdir ~/one", ["ENV HOME=/root"], "HOME"),
    ("HOME=/srv && mkdir $HOME/one", ["ENV HOME=/root"], "HOME"),
    ("export HOME=/srv && git config --global a.b c", [], "HOME"),
    ("CDPATH=/srv && cd one && touch a", [], "CDPATH"),
    ("export PIP_TARGET=/opt/t && pip install x", [], "PIP_TARGET"),
    ("export GOBIN=/opt/b && go install x@latest", [], "GOBIN"),
    ("export X=1 && make", [], "X"),
]


@pytest.mark.parametrize(("text", "above", "name"), ASSIGNED)
def test_an_assignment_goes_along_with_what_looks_at_it(text: str, above: list[str], name: str) -> None:
    units = last("FROM debian:12", *above, f"RUN {text}").units
    assert any(name in unit.uses and (0 in unit.again or 0 in unit.bound) for unit in units[1:])


JOINED = [
    "set -e; if [ -x /nowhere ]; then touch() { echo; }; fi; mkdir /opt/one; touch /opt/one/b /srv/b",
    "if [ -d /nowhere ]; then HOME=/srv; fi; mkdir ~/one",
    "if [ -d /nowhere ]; then cd /srv; fi; mkdir one",
    "if [ -d /nowhere ]; then umask 077; fi; V=/srv; test -d /x && V=/opt; mkdir $V/one",
    "a=/opt/1; b=/opt/1; c=/opt/1; for i in $(seq 5); do a=$b; b=$c; c=/opt/x; done; touch $a",
    "a=/opt/1; b=/opt/2; while test -d /x; do a=$b; b=/opt/3; done; touch $a",
    "for i in *.txt; do D=/opt/$i; done; touch $D",
    "case $X in a) mkdir() { :; };; esac; mkdir /opt/one",
    "true || D=/opt; touch $D/one",
    "f() { D=/srv; }; D=/opt; test -d /x && f; touch $D/one",
]


@pytest.mark.parametrize("text", JOINED)
def test_what_holds_on_one_way_alone_is_not_known_behind(text: str) -> None:
    assert last("FROM debian:12", f"RUN {text}").effects.grade is not Grade.EXACT


WHERE = [
    ("su - app -c 'touch marker'", None),
    ("sudo -i touch x", "/root/x"),
    ("sudo -iu app touch x", None),
    ("su - root -c 'touch x'", "/root/x"),
    ("runuser -l app -c 'touch x'", None),
    ("env --chdir=/srv mkdir one", "/srv/one"),
    ("env -C /srv mkdir one", "/srv/one"),
    ("sudo --chdir=/srv mkdir one", "/srv/one"),
    ("nice -n 5 env --chdir=/srv mkdir one", "/srv/one"),
    ("timeout --signal=9 10 mkdir /srv/one", "/srv/one"),
    ("nohup ionice -c 3 setsid -w mkdir /srv/one", "/srv/one"),
    ("setsid mkdir /srv/one", None),
    ("sh -c 'cd /srv && mkdir one'", "/srv/one"),
    ("sudo --user=app mkdir /opt/x", "/opt/x"),
    ("env --frobnicate mkdir /opt/x", None),
    ("nice --frobnicate mkdir /opt/x", None),
    ("sudo --frobnicate mkdir /opt/x", None),
]


@pytest.mark.parametrize(("text", "path"), WHERE)
def test_wrappers_are_peeled_by_their_tables(text: str, path: str | None) -> None:
    found = last("FROM debian:12", "RUN useradd -m app", f"RUN {text}").effects
    assert [each.path for each in found.outputs] == ([path] if path else [])
    assert (found.grade is Grade.EXACT) == bool(path)
    assert path is None or not text.startswith("sudo --user") or found.outputs[0].owner is None


NAMES = [
    ("curl -LO https://h/$(curl https://h/stable.txt)/bin/kubectl", "/kubectl"),
    ("V=$(curl https://h/stable.txt) && curl -LO https://h/$V/kubectl", "/kubectl"),
    ("curl -LO \"https://h/$(curl -L -s https://h/stable.txt)/bin/linux/amd64/kubectl\"", "/kubectl"),
    ("curl -LO 'https://h/a?x=/b/c'", "/a"),
    ("V=`curl https://h/stable.txt`; wget https://h/$V/kubectl", None),
    ("curl -fsSLO https://h/v1/kubectl#frag/x", "/kubectl"),
]


@pytest.mark.parametrize(("text", "path"), NAMES)
def test_what_is_fetched_is_called_by_the_value_of_its_address(text: str, path: str | None) -> None:
    found = last("FROM debian:12", f"RUN {text}").effects
    assert [each.path for each in found.outputs] == ([path] if path else [])


@pytest.mark.parametrize("above", [["USER root"], ["USER app"], []])
@pytest.mark.parametrize("base", ["app-base", "registry.example/app:1", "$BASE"])
def test_what_an_unknown_image_sets_is_not_known(base: str, above: list[str]) -> None:
    step = last("ARG BASE", f"FROM {base}", "WORKDIR /w", *above, "RUN curl -o $HOME/kubectl https://h/k && mkdir ~/x")
    assert step.effects.grade is not Grade.EXACT
    assert [o.path for o in last("FROM debian:12", *above[:1], "RUN mkdir ~/x").effects.outputs] == ([] if "app" in str(above) else ["/root/x"])


LOOKED_AT = [
    ("pip install --index-url https://h/simple --target /opt/a foo", "/root/.netrc"),
    ("/venv/bin/pip install foo", "/root/.netrc"),
    ("npm install --prefix /opt/a foo", "/root/.npmrc"),
    ("pnpm add --dir /opt/a foo", "/root/.npmrc"),
    ("rsync -a h:/x /opt/a", "/root/.ssh/config"),
    ("git clone https://h/a /opt/a", "/root/.gitconfig"),
    ("git clone https://h/a /opt/a", "/root/.git-credentials"),
    ("wget -O /opt/a https://h/a", "/root/.netrc"),
    ("curl -o /opt/a https://h/a", "/root/.curlrc"),
    ("su app -c 'touch /opt/a'", "/etc/pam.d/su"),
    ("file /opt/a", "/etc/magic"),
    ("dpkg -i /a.deb", "/root/.dpkg.cfg"),
    ("mvn package", "/root/.m2/settings.xml"),
    ("cargo install x", "/root/.cargo/credentials.toml"),
]


@pytest.mark.parametrize(("text", "path"), LOOKED_AT)
def test_files_that_a_tool_looks_at_unasked_are_read(text: str, path: str) -> None:
    found = last("FROM debian:12", "WORKDIR /w", f"RUN {text}").effects
    assert any(each.contains(path) for each in found.reads)


def test_explain_and_the_passes_know_the_same() -> None:
    text = "FROM debian AS a\nRUN mkdir -p /data\nFROM a\nRUN cp /etc/hosts /data\n"
    facts = Facts(dfrefactor.parse(text.encode()))
    found = facts.step(facts.document.stages[1].instructions[1]).effects
    assert [each.path for each in found.outputs] == ["/data/hosts"]


@pytest.mark.parametrize("parallel", ["worth", "all"])
def test_what_a_step_does_is_worked_out_once(parallel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each text that a pass leaves, each step is read once, whoever asks."""
    text = (
        "FROM debian:12\nRUN apt-get update && apt-get install -y curl git\nENV TOKEN=abcdefgh12345678\n"
        "RUN curl -fsSLo /opt/a https://h/a\nRUN curl -fsSLo /opt/b https://h/b && chmod 755 /opt/b\n"
        "RUN curl -H \"Authorization: Bearer $TOKEN\" -o /srv/c https://h/c\nCMD [\"x\"]\n"
    )
    asked: Counter[tuple[int, int]] = Counter()
    real = effects.of

    def of(instruction, *args, **kwargs):  # type: ignore[no-untyped-def]
        asked[id(instruction.source), instruction.span.start] += 1
        kept.append(instruction.source)
        return real(instruction, *args, **kwargs)

    kept: list[object] = []
    monkeypatch.setattr(effects, "of", of)
    result = dfrefactor.refactor(text.encode(), settings=Settings(parallel=parallel))  # type: ignore[arg-type]
    assert result.changed and set(asked.values()) == {1, 2}  # twice what reads a variable, whose value may be another


def test_a_unit_is_the_fold_of_its_events() -> None:
    step = last("FROM debian:12", "RUN mkdir /opt/a && { touch /opt/a/b; rm /opt/a/b; } && sudo sh -c 'touch /srv/c'")
    for unit in step.units:
        folded = Effects()
        for event in unit.events:
            folded = folded.then(event.effects)
        assert folded.outputs == unit.effects.outputs and folded.writes == unit.effects.writes
    assert [(event.name, event.via) for event in step.units[2].events] == [("sudo", ()), ("sh", ("sudo",)), ("touch", ("sudo", "sh"))]
