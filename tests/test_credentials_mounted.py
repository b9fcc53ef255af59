"""Secrets that a mount brings: what a step writes of them into a layer is found, what it only uses is not."""

from __future__ import annotations

import re

import pytest
from dfrefactor.finding import Severity
from dfrefactor.passes import named
from dfrefactor.pipeline import refactor
from dfrefactor.result import Result

FILE = "FROM debian\nRUN --mount=type=secret,id=T "
VARIABLE = "FROM debian\nRUN --mount=type=secret,id=T,env=T "


def run(text: str) -> Result:
    found = refactor(text.encode(), passes=[named("purge-credentials")])
    assert not found.errors and not found.problems
    return found


@pytest.mark.parametrize(
    ("start", "command", "where"),
    [
        (FILE, "cat /run/secrets/T > /f", "/f"),
        (FILE, 'echo "V=$(cat /run/secrets/T)" > .env', "/.env"),
        (FILE, 'echo "V=$(</run/secrets/T)" > .env', "/.env"),
        (FILE, "cat /run/secrets/T | base64 -d > /root/key.json", "~/key.json"),
        (FILE, "read X < /run/secrets/T && echo $X > /x", "/x"),
        (FILE, "while read L; do echo $L >> /etc/e; done < /run/secrets/T", "/etc/e"),
        (FILE, "set -a && . /run/secrets/T && echo \"//r/:_authToken=$NPM_TOKEN\" > .npmrc", "/.npmrc"),
        (FILE, "tee /etc/f < /run/secrets/T", "/etc/f"),
        (FILE, 'sed -i "s/@@/$(cat /run/secrets/T)/" /etc/conf', "/etc/conf"),
        (FILE, "jq -r .token /run/secrets/T > /tok", "/tok"),
        (FILE, "cp /run/secrets/T /etc/app.key", "/etc/app.key"),
        (FILE, "cp -r /run/secrets /bak", "/bak"),
        (FILE, "f() { cat $1; }; f /run/secrets/T > /x", "/x"),
        (FILE, "cat <<EOF > /root/.netrc\nmachine h login x password $(cat /run/secrets/T)\nEOF\n", "~/.netrc"),
        (FILE.replace("id=T", "id=T,target=/root/.npmrc"), "cp /root/.npmrc /app/.npmrc", "/app/.npmrc"),
        (FILE.replace("id=T", "id=T,target=conf/key"), "cp conf/key /app/key", "/app/key"),
        (FILE, "nice sh -c 'cat /run/secrets/T > /f'", "/f"),
        (VARIABLE, "echo $T > /f", "/f"),
        (VARIABLE, "X=a-$T && printf '%s' \"$X\" | tee /f", "/f"),
        (VARIABLE, "curl -u a:$T -v https://example.org > /log 2>&1", "/log"),
        (VARIABLE, "bash -euxc 'echo $T > /x'", "/x"),
    ],
)
def test_what_is_written_into_a_layer_is_an_error(start: str, command: str, where: str) -> None:
    found = run(f"{start}{command}\n").findings
    assert len(found) == 1 and found[0].severity is Severity.ERROR
    assert f"secret T, which a mount gives to the step alone, ends up in a layer, as {where}: " in found[0].message


@pytest.mark.parametrize(
    ("start", "command"),
    [
        (FILE, "cp /run/secrets/T .npmrc && npm ci && rm .npmrc"),
        (FILE, 'export T="$(cat /run/secrets/T)"; npm ci'),
        (FILE, "NPM_TOKEN=$(cat /run/secrets/T) npm ci"),
        (FILE, ". /run/secrets/T && echo $HOME > /home && npm ci"),
        (FILE, "md5sum /run/secrets/T > /sum"),
        (FILE, "test -s /run/secrets/T && echo ok > /flag"),
        (FILE, "cat /run/secrets/T > /dev/shm/x"),
        (FILE, "ln -s /run/secrets/T ~/.npmrc && npm ci"),
        (FILE, "npm config set //r/:_authToken $(cat /run/secrets/T) && npm ci && npm config delete //r/:_authToken"),
        (FILE, 'curl -H "Authorization: Bearer $(cat /run/secrets/T)" -o /x https://example.org/x'),
        (FILE.replace("id=T", "id=T,target=/root/.npmrc"), "npm ci"),
        (FILE.replace("RUN", "RUN --mount=type=tmpfs,target=/s"), "cp /run/secrets/T /s/x && use /s/x"),
        (FILE.replace("RUN", "RUN --mount=type=cache,target=/s"), "cat /run/secrets/T > /s/x"),
        (VARIABLE.replace("RUN", "ARG WHO\nRUN"), 'git config --global url."https://$WHO:$T@h/".insteadOf https://h/ && make && git config --global --unset url."https://$WHO:$T@h/".insteadOf'),
        (VARIABLE, "make"),
        (VARIABLE, "if [ -n \"$T\" ]; then echo ok > /x; fi"),
        (VARIABLE, "echo '//r/:_authToken=${T}' > .npmrc && npm ci"),
        (VARIABLE, "git clone https://$T@example.org/r.git /r && rm -rf /r/.git"),
    ],
)
def test_what_only_uses_it_is_right(start: str, command: str) -> None:
    assert not run(f"{start}{command}\n").findings


@pytest.mark.parametrize(
    ("start", "command", "behind"),
    [
        (FILE, "cp /run/secrets/T /root/.npmrc && npm ci", "rm -f /root/.npmrc"),
        (VARIABLE, 'echo "//r/:_authToken=$T" > .npmrc && npm ci', "rm -f /.npmrc"),
        (VARIABLE, "git clone https://$T@example.org/r /r", "git -C /r remote set-url origin https://example.org/r"),
        (FILE, "git clone https://a:$(cat /run/secrets/T)@example.org/r /r", "git -C /r remote set-url origin https://example.org/r"),
        (FILE, "npm config set //r/:_authToken $(cat /run/secrets/T) && npm ci", "npm config delete //r/:_authToken"),
        (VARIABLE, "poetry config http-basic.a u $T && poetry install", "poetry config --unset http-basic.a"),
    ],
)
def test_the_step_that_leaves_it_takes_it_away_again(start: str, command: str, behind: str) -> None:
    after = run(f"{start}{command}\n").after.text
    assert re.sub(r" \\\n +", " ", after) == f"{start}{command} && {behind}\n"


def test_a_clone_that_another_stage_copies_is_cleaned_where_it_is_made() -> None:
    clone = "git clone https://$T@example.org/r /r"
    text = VARIABLE.replace("debian", "debian AS a") + f"{clone}\nFROM debian\nCOPY --from=a /r /r\n"
    cleaned = f"{clone} && git -C /r remote set-url origin https://example.org/r"
    assert re.sub(r" \\\n +", " ", run(text).after.text) == text.replace(clone, cleaned)


def test_what_a_later_step_needs_is_not_taken_away() -> None:
    found = run(f"{FILE}cp /run/secrets/T /root/.npmrc\nRUN npm ci\nRUN rm /root/.npmrc\n")
    assert not found.changed and found.findings[0].message.endswith("line 3 needs ~/.npmrc too: give that step the mount")


def test_a_variable_of_the_same_name_is_another_secret() -> None:
    found = run("FROM debian\nARG T\nRUN --mount=type=secret,id=T,env=T curl -u a:$T https://example.org -o /x\n").findings
    assert all("secret T" not in each.message for each in found)
