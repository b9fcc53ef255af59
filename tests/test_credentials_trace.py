"""One reading of a RUN: what the effects see of a step, the flow of credentials has seen too, and neither trusts the unread."""

from __future__ import annotations

from collections.abc import Iterable

import dfrefactor
import pytest
from dfrefactor import buildkit
from dfrefactor.dockerfile.instructions import Run
from dfrefactor.effects.trace import Event
from dfrefactor.facts import Facts
from dfrefactor.passes import PASSES
from dfrefactor.result import Result
from dfrefactor.secrets.find import find
from dfrefactor.secrets.reading import read
from dfrefactor.secrets.types import Credential
from dfrefactor.settings import Settings

from tests.engine.purge_cases import CASES
from tests.shared import Real

ABOVE = "FROM debian:12\nRUN apt-get update && apt-get install -y git curl\nARG TOKEN\n"
BELOW = "RUN mkdir /srv/two\n"


def found(text: str) -> tuple[Credential, ...]:
    return find(Facts(dfrefactor.parse(text.encode())))


def purged(text: str, strategy: str) -> Result:
    settings = Settings(strategy=strategy)  # type: ignore[arg-type]
    result = dfrefactor.refactor(text.encode(), passes=PASSES[:1], settings=settings)
    assert result.problems == ()
    assert dfrefactor.refactor(result.data, passes=PASSES[:1], settings=settings).data == result.data
    return result


def runs(facts: Facts) -> Iterable[Run]:
    return (each for stage in facts.document.stages for each in stage.instructions if isinstance(each, Run))


def check_seen(facts: Facts) -> int:
    """Every event of every step is in the reading, in its order, those that could not be read among them."""
    seen: dict[Run, list[Event]] = {}
    for ran in read(facts).ran:
        assert isinstance(ran.instruction, Run)
        seen.setdefault(ran.instruction, []).append(ran.event)
    count = 0
    for run in runs(facts):
        events = list(facts.step(run).trace.events)
        assert [id(each) for each in seen.get(run, [])] == [id(each) for each in events], run.args
        count += len(events)
    return count


def test_whatever_the_effects_saw_the_credentials_saw(real: list[Real]) -> None:
    facts = [Facts(each.document) for each in real if not buildkit.errors(each.document)]
    assert sum(map(check_seen, facts)) > 4_000


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whatever_the_effects_saw_the_credentials_saw_where_they_move(case: object) -> None:
    facts = Facts(dfrefactor.parse(case.text.encode()))  # type: ignore[attr-defined]
    assert check_seen(facts)


UNREAD = [
    'sh -c "x $TOKEN"', 'eval "x $TOKEN"', "a=(1 2); x", "x `y`", "eval x", 'eval "$SOMETHING"', "bash < /x", "x", "./x.sh", "coproc x",
]  # fmt: skip


@pytest.mark.parametrize("line", UNREAD)
def test_what_is_not_read_or_not_known_uses_what_it_sees(line: str) -> None:
    (credential,) = found(f"{ABOVE}RUN {line}\n{BELOW}")
    assert credential.uses or credential.perhaps
    for strategy in ("builder", "mount"):
        after = purged(f"{ABOVE}RUN {line}\n{BELOW}", strategy).data.decode()
        assert "ARG TOKEN" in after or "--mount=type=secret,id=TOKEN,env=TOKEN" in after


@pytest.mark.parametrize("line", ["env -i x", "sudo x", "unset TOKEN; x", "env -u TOKEN x"])
def test_what_does_not_see_it_does_not_use_it(line: str) -> None:
    (credential,) = found(f"{ABOVE}RUN {line}\n{BELOW}")
    assert not [use for use in (*credential.uses, *credential.perhaps) if use.command == "x"]


CLONE = "git clone http://$TOKEN@h/app.git /app"
WRAPPED = [
    f"nice -n 10 {CLONE}", f"timeout 10 {CLONE}", f"env A=b {CLONE}", f"ionice -c 3 {CLONE}", f"stdbuf -oL {CLONE}", f"sh -c '{CLONE}'", f"bash -c '{CLONE}'",
    f"eval '{CLONE}'", f"command {CLONE}", f"exec {CLONE}", f"nohup {CLONE}", f"time {CLONE}", f"nice timeout -k 5 10 {CLONE}", f"sh -c 'nice {CLONE}'",
    f"/usr/bin/env {CLONE}", f"set -e; nice -n 5 {CLONE}", f"if true; then nice {CLONE}; fi", f"( nice {CLONE} )",
    'fetch() { git clone "http://$TOKEN@h/$1.git" /$1; }; fetch app', f"f() {{ {CLONE}; }}; f", 'f() { git clone "$@"; }; f http://$TOKEN@h/app.git /app',
    "f() { git clone http://$1@h/app.git /app; }; f $TOKEN", 'g() { git clone http://$1@h/app.git /app; }; f() { g "$@"; }; f "$TOKEN"',
    "f() { t=$1; git clone http://$t@h/app.git /app; }; f $TOKEN", "U=http://$TOKEN@h/app.git; git clone $U /app", "T=$(echo $TOKEN) && git clone http://$T@h/app.git /app",
    "for t in $TOKEN; do git clone http://$t@h/app.git /app; done", "export T=$TOKEN && sh -c 'git clone http://$T@h/app.git /app'",
    'echo "$TOKEN" | xargs -I{} git clone http://{}@h/app.git /app',
    f'["sh", "-c", "nice {CLONE}"]', '["bash", "-ec", "git clone http://$TOKEN@h/app.git /app"]', f"<<EOF\nset -e\nnice {CLONE}\nEOF", f"bash <<'EOF'\n{CLONE}\nEOF",
]  # fmt: skip


@pytest.mark.parametrize("line", WRAPPED)
def test_a_clone_is_known_by_whatever_it_is_run(line: str) -> None:
    """Behind wrappers, in functions, in text that is handed to a shell: git keeps the URL, and is told to forget it."""
    text = f"{ABOVE}RUN {line}\n{BELOW}"
    (credential,) = found(text)
    assert [(each.path, each.kept) for each in credential.carriers] == [("/app/.git/config", True)]
    assert "git" in {use.command for use in credential.uses} or "xargs" in line
    for strategy in ("builder", "mount"):
        result = purged(text, strategy)
        assert not result.changed or "git -C /app remote set-url" in result.data.decode() or "git -C /$1 remote set-url" in result.data.decode()
        assert all("of `app`" not in each.message and "`10`" not in each.message for each in result.findings)


@pytest.mark.parametrize("line", [line for line in WRAPPED if line[0] not in "[<ieU(" and "for " not in line and "$(" not in line and "exec" not in line])
def test_it_moves_and_is_cleaned(line: str) -> None:
    result = purged(f"{ABOVE}RUN {line}\n{BELOW}", "builder").data.decode()
    assert "COPY --from=builder /app /app" in result and "\nRUN git -C /app remote set-url origin " in result


@pytest.mark.parametrize("line", [f'sh -c "{CLONE}"', f'bash -c "nice {CLONE}"', f"eval {CLONE}", f'eval "{CLONE}"', f"su - app -c \"{CLONE}\""])
@pytest.mark.parametrize("strategy", ["builder", "mount"])
def test_what_a_shell_is_handed_with_a_value_nobody_knows_stays(line: str, strategy: str) -> None:
    result = purged(f"{ABOVE}RUN {line}\n{BELOW}", strategy)
    assert not result.changed and result.findings


@pytest.mark.parametrize("user", ["sudo -u app", "setpriv --reuid=1000", "runuser -u app --", "gosu app", "su-exec app"])
@pytest.mark.parametrize("strategy", ["builder", "mount"])
def test_a_clone_of_another_user_is_not_cleaned_by_root(user: str, strategy: str) -> None:
    """git refuses to work in somebody else's repository."""
    result = purged(f"{ABOVE}RUN {user} {CLONE}\n{BELOW}", strategy)
    assert not result.changed
    assert all("`git`" in each.message and "of `app`" not in each.message for each in result.findings)


@pytest.mark.parametrize("line", ['U=https://bob:hunter2x@h/r.git && git clone "$U" /s', 'f() { git clone "$1" /s; }; f https://bob:hunter2x@h/r.git', "sh -c 'git clone https://bob:hunter2x@h/r.git /s'"])
def test_a_literal_is_followed_too(line: str) -> None:
    text = f"FROM debian:12\nRUN apt-get update && apt-get install -y git\nRUN {line}\n"
    (credential,) = found(text)
    assert {text[slice(*span)] for span in credential.values} == {"hunter2x"}
    assert [each.path for each in credential.carriers] == ["/s/.git/config"]
    for strategy in ("builder", "mount"):
        assert "git -C /s remote set-url" in purged(text, strategy).data.decode()


@pytest.mark.parametrize("line", ['sh -c "git clone http://$TOKEN@h/app.git /app"', 'eval "git clone http://$TOKEN@h/app.git /app"', 'bash <<EOF\ngit clone http://$TOKEN@h/app.git /app\nEOF'])
def test_a_value_that_is_put_into_text_before_it_is_read_is_followed(line: str) -> None:
    text = f"FROM debian:12\nRUN apt-get update && apt-get install -y git\nENV TOKEN=x1y2z3w4\nRUN {line}\n"
    (credential,) = found(text)
    assert (credential.name, [each.path for each in credential.carriers]) == ("TOKEN", ["/app/.git/config"])
    assert {text[slice(*span)] for span in credential.values} == {"x1y2z3w4"}


PROJECT = ["npm run build", "yarn build", "pnpm run build", "make", "cmake --build .", "rake assets:precompile", "python3 download.py", "node x.js", "./gradlew build",
           "composer run build", "cargo build", "go generate ./...", "bundle exec rake", "php artisan x", "unknown-thing", "sh ./x.sh", "printenv"]  # fmt: skip


@pytest.mark.parametrize("line", PROJECT)
def test_what_runs_a_projects_own_text_may_read_it(line: str) -> None:
    text = f"FROM node:18\nARG SENTRY_AUTH_TOKEN\nCOPY package.json ./\nRUN {line}\n"
    (credential,) = found(text)
    assert credential.uses or credential.perhaps
    assert "ARG SENTRY_AUTH_TOKEN" in purged(text, "builder").data.decode()
    assert "env=SENTRY_AUTH_TOKEN" in purged(text, "mount").data.decode()


@pytest.mark.parametrize("line", PROJECT)
def test_an_env_that_a_step_may_read_is_not_said_to_be_for_the_container_alone(line: str) -> None:
    text = f"FROM debian:12\nARG T_TOKEN\nENV T_TOKEN=$T_TOKEN\nRUN {line}\n"
    for strategy in ("builder", "mount"):
        result = purged(text, strategy)
        assert not any("no build step uses it" in each.message for each in result.findings)


@pytest.mark.parametrize("line", ["mkdir /x", "echo hi > /hi", "apt-get update && apt-get install -y curl", "useradd -m app", "rm -rf /x"])
def test_what_is_known_to_read_no_variable_does_not_use_it(line: str) -> None:
    (credential,) = found(f"FROM debian:12\nARG TOKEN\nRUN {line}\n")
    assert not credential.uses and not credential.perhaps


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ('git clone -c credential.helper="!echo password=$TOKEN; :" https://h/r.git /s', "config --unset-all credential.helper"),
        ('git clone --config credential.helper="!echo password=$TOKEN; :" https://h/r.git /s', "config --unset-all credential.helper"),
        ("git clone --config=http.proxy=http://u:$TOKEN@p:3128 https://h/r.git /s", "config --unset-all http.proxy"),
        ('git clone --config=http.extraHeader="Authorization: Basic $TOKEN" https://h/r.git /s', "config --unset-all http.extraHeader"),
        ('git clone -c http.https://h/.extraheader="X-Token: $TOKEN" https://h/r.git /s', "config --unset-all http.https://h/.extraheader"),
        ("git clone --origin=vendor https://$TOKEN@h/r.git /s", "remote set-url vendor https://h/r.git"),
        ("git clone --origin vendor https://$TOKEN@h/r.git /s", "remote set-url vendor https://h/r.git"),
        ("git clone -o vendor --depth=1 --branch=v1 https://$TOKEN@h/r.git /s", "remote set-url vendor https://h/r.git"),
        ("git clone -ovendor https://$TOKEN@h/r.git /s", "remote set-url vendor https://h/r.git"),
        ("git clone --jobs=4 --filter=blob:none https://$TOKEN@h/r.git /s", "remote set-url origin https://h/r.git"),
        ("git -C /tmp clone https://$TOKEN@h/r.git /s", "remote set-url origin https://h/r.git"),
    ],
)
def test_whatever_a_clone_keeps_is_taken_out(line: str, clean: str) -> None:
    text = f"{ABOVE}RUN {line}\n"
    for strategy in ("builder", "mount"):
        assert f"git -C /s {clean}" in purged(text, strategy).data.decode()


@pytest.mark.parametrize("text", ["%s", "%q", "%1$s", "@TOKEN@", "__TOKEN__", "{token}", "{}", "{{ token }}", "<token>", "%(token)s", "[token]"])
def test_place_holders_are_no_credentials(text: str) -> None:
    line = f"RUN printf 'machine h login ci password {text}\\n' \"$TOKEN\" > /root/.netrc && curl -n -o /f https://h/f && rm /root/.netrc\n"
    assert [each.name for each in found(ABOVE + line)] == ["TOKEN"]
    assert "PASSWORD" not in purged(ABOVE + line, "mount").data.decode()


@pytest.mark.parametrize("line", ["cargo login --registry acme $TOKEN", "cargo login --registry=acme $TOKEN", "cargo login --config x=y --registry acme $TOKEN", "cargo login $TOKEN"])
def test_options_that_take_other_values_are_no_credentials(line: str) -> None:
    (credential,) = found(f"FROM rust:1\nARG TOKEN\nRUN {line}\n")
    assert (credential.kind, credential.name) == ("variable", "TOKEN")


@pytest.mark.parametrize("form", ['printf "http://ci:%s@h/" "$PIP_PASSWORD"', 'echo "http://ci:$PIP_PASSWORD@h/"', "printf http://ci:hunter2x@h/"])
@pytest.mark.parametrize("strategy", ["builder", "mount"])
def test_a_file_written_in_one_step_and_read_in_another_is_no_crash(form: str, strategy: str) -> None:
    purged(f"FROM python:3\nARG PIP_PASSWORD\nRUN mkdir -p /root/.pip && {form} > /root/.pip/pip.conf\nRUN pip install x\n", strategy)


@pytest.mark.parametrize("older", ['RUN echo "machine h" > /root/.netrc', "COPY hosts /root/.netrc", "RUN true && printf x > ~/.netrc", "RUN echo x | tee ~/.netrc", "RUN cp /b /root/.netrc", "RUN install -m 600 /b ~/.netrc", "RUN mv /b ~/.netrc"])
def test_a_file_that_was_there_before_is_not_brought_back(older: str) -> None:
    """The step that removes it stays, for what is below it would be seen again."""
    text = f'{ABOVE}{older}\nRUN echo "login ci password $TOKEN" >> /root/.netrc\nRUN curl -n -o /f https://h/f\nRUN rm /root/.netrc\n'
    assert not purged(text, "builder").changed
    kept = f'{ABOVE}{older}\nRUN echo "login ci password $TOKEN" >> /root/.netrc && curl -n -o /f https://h/f\n'
    assert "rm -f" not in purged(kept, "mount").data.decode()


@pytest.mark.parametrize("ready", ["chmod 600 ~/.netrc", "chown root ~/.netrc", "chmod 600 /root/.netrc && touch ~/.netrc"])
def test_what_makes_a_file_ready_goes_along(ready: str) -> None:
    text = f'{ABOVE}RUN echo "machine h password $TOKEN" > ~/.netrc\nRUN {ready}\nRUN curl -n -o /f https://h/f\nRUN rm ~/.netrc\n'
    written = 'echo "machine h password $TOKEN" > ~/.netrc'
    result = purged(text, "mount").data.decode().replace("\\\n    ", "")
    assert result.endswith(f"RUN --mount=type=secret,id=TOKEN,env=TOKEN,required=true {written} && {ready} && curl -n -o /f https://h/f && rm -f ~/.netrc\n")


def test_every_copy_of_a_file_goes() -> None:
    text = f'{ABOVE}RUN echo "machine h password $TOKEN" > /tmp/n\nRUN cp /tmp/n /root/.netrc\nRUN curl -n https://h/f\n'
    result = purged(text, "mount").data.decode()
    assert "rm -f /tmp/n" in result and "rm -f /root/.netrc" in result


def test_a_setting_that_is_made_only_with_a_token_is_undone_only_then() -> None:
    line = 'if [ -n "$TOKEN" ]; then git config --global url."https://$TOKEN@h/".insteadOf https://h/; fi && git clone https://h/r.git /s'
    result = purged(f"{ABOVE}RUN {line}\n", "mount").data.decode()
    assert '{ [ -z "$TOKEN" ] || git config --global --remove-section url."https://$TOKEN@h/"; }' in result


def test_paths_say_the_files_own_variables() -> None:
    result = purged("FROM debian:12\nARG D=/srv\nARG TOKEN\nRUN git clone https://$TOKEN@h/r.git $D/app && rm -rf /x\n", "mount").data.decode()
    assert "git -C $D/app remote set-url" in result


def test_the_credentials_of_a_text_are_worked_out_once() -> None:
    facts = Facts(dfrefactor.parse(f"{ABOVE}RUN {CLONE}\n".encode()))
    assert find(facts) is find(facts)


@pytest.mark.parametrize("user", ["useradd -m app", "adduser --disabled-password app", "useradd -m -u 1234 app && mkdir -p /home/app/x"])
def test_a_new_home_has_no_older_file(user: str) -> None:
    """It is filled from /etc/skel."""
    text = f"FROM debian:bookworm\nRUN {user}\nCOPY .netrc /home/app/.netrc\nUSER app\nWORKDIR /home/app\n"
    text += "RUN curl -n -o /home/app/x http://h/x && rm /home/app/.netrc\n"
    assert "COPY --from=" in purged(text, "builder").data.decode()
