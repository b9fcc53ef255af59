"""What purge-credentials makes of a file by each strategy, and where it leaves it alone."""


from __future__ import annotations

from typing import Literal

import dfrefactor
import pytest
from dfrefactor import buildkit
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding
from dfrefactor.passes import PASSES
from dfrefactor.result import Result
from dfrefactor.secrets.find import find
from dfrefactor.settings import Settings

from tests.shared import Real

purge_credentials = PASSES[0]
Strategy = Literal["builder", "mount"]
STRATEGIES: tuple[Strategy, ...] = ("builder", "mount")


def purged(text: str, strategy: Strategy = "builder") -> Result:
    result = dfrefactor.refactor(text.encode(), passes=(purge_credentials,), settings=Settings(strategy=strategy))
    assert result.problems == ()
    again = dfrefactor.refactor(result.data, passes=(purge_credentials,), settings=Settings(strategy=strategy))
    assert again.data == result.data
    return result


def becomes(text: str, strategy: Strategy) -> str:
    return purged(text, strategy).data.decode()


LEFT = {
    "COPY of all brings the literal": ("FROM debian\nARG TOKEN=x1y2z3w4\nCOPY . /app\nRUN curl -u bob:$TOKEN -o /srv/f https://h/f\n", "COPY (line 3) brings", ("builder",)),
    "ADD of all brings the literal": ("FROM debian\nADD . /app\nRUN curl -u bob:x1y2z3w4 -o /srv/f https://h/f\n", "ADD (line 2) brings", ("builder",)),
    "COPY of all brings the key": ("FROM debian\nCOPY id_rsa /root/.ssh/id_rsa\nCOPY . /app\nRUN git clone git@h:r.git /s && rm /root/.ssh/id_rsa\n", "brings the file", STRATEGIES),
    "ONBUILD": ("FROM debian\nARG TOKEN\nONBUILD RUN curl -u bob:$TOKEN https://h/f\n", "ONBUILD hands it", STRATEGIES),
    "ONBUILD beside a step": ("FROM debian\nARG TOKEN\nRUN curl -u b:$TOKEN -o /srv/f https://h/f\nONBUILD RUN curl -u bob:$TOKEN https://h/f\n", "ONBUILD hands it", STRATEGIES),
    "CMD reads it": ("FROM debian\nENV TOKEN=x1y2z3w4\nRUN curl -u b:$TOKEN -o /srv/f https://h/f\nCMD curl -u b:$TOKEN https://h/f\n", "CMD reads it", STRATEGIES),
    "ENTRYPOINT reads it": ('FROM debian\nENV TOKEN=x1y2z3w4\nRUN curl -u b:$TOKEN -o /srv/f https://h/f\nENTRYPOINT ["sh", "-c", "x $TOKEN"]\n', "ENTRYPOINT reads it", STRATEGIES),
    "HEALTHCHECK reads it": ("FROM debian\nENV TOKEN=x1y2z3w4\nRUN curl -u b:$TOKEN -o /srv/f https://h/f\nHEALTHCHECK CMD curl -u b:$TOKEN https://h/f\n", "HEALTHCHECK reads it", STRATEGIES),
    "LABEL holds it": ("FROM debian\nARG TOKEN\nRUN curl -u b:$TOKEN -o /srv/f https://h/f\nLABEL token=$TOKEN\n", "LABEL puts it", STRATEGIES),
    "a database's password": ("FROM postgres\nENV POSTGRES_PASSWORD=x1y2z3w4\n", "no build step uses it", STRATEGIES),
    "an ENV built on an argument, for the container": ("FROM debian\nARG DB_PASSWORD\nENV DB_PASSWORD=$DB_PASSWORD\nCMD [\"app\"]\n", "no build step uses it", STRATEGIES),
    "a key for the server": ("FROM nginx\nCOPY private.key /etc/nginx/private.key\n", "no build step uses it", STRATEGIES),
    "a script of the context": ("FROM debian\nARG TOKEN\nCOPY get.sh /get.sh\nRUN curl -u b:$TOKEN -o /srv/f https://h/f\nRUN /get.sh\n", "runs a script", ("builder",)),
    "a script that an interpreter runs": ("FROM python\nARG TOKEN\nWORKDIR /a\nCOPY . .\nRUN curl -u b:$TOKEN -o /srv/f https://h/f\nRUN python3 get.py\n", "runs a script", ("builder",)),
    "an opaque installer is given it": ("FROM debian\nARG TOKEN\nRUN ./install.sh --token $TOKEN\n", "can't move", ("builder",)),
    "an opaque installer may read it": ("FROM debian\nARG DEPLOY_TOKEN\nRUN ./install.sh\n", "no step names it", ("builder",)),
    "what pip leaves is not known": ("FROM python\nARG T\nRUN pip install --index-url https://b:$T@h/simple p\n", "can't move", ("builder",)),
    "an editable install": ("FROM python\nARG T\nRUN pip install -e git+https://$T@h/r.git\n", ".git/config", ("builder",)),
    "a later step adds to the file": ('FROM node\nARG T\nRUN echo "//h/:_authToken=$T" > ~/.npmrc\nRUN echo "@x:registry=https://h/" >> ~/.npmrc\nRUN npm ci\n', "adds to ~/.npmrc", ("mount",)),
    "configuration that stays": ("FROM maven\nWORKDIR /a\nCOPY settings.xml /root/.m2/settings.xml\nRUN mvn package\n", "running container may need", STRATEGIES),
    "a key that is copied twice": ("FROM debian\nCOPY id_rsa /root/.ssh/id_rsa\nCOPY id_rsa /home/a/.ssh/id_rsa\nRUN git clone git@h:r.git /s\n", "copies it to", STRATEGIES),
    "a later step fetches with what the clone keeps": ("FROM debian\nARG T\nRUN git clone https://$T@h/r.git /s\nRUN git -C /s pull\n", "fetches with what the clone keeps", STRATEGIES),
    "npm writes the URL down, globally too": ("FROM node\nARG T\nENV U=git+https://$T@h/r.git\nRUN npm install -g $U\n", "package.json", STRATEGIES),
    "npm writes the URL down": ("FROM node\nARG T\nRUN npm install git+https://$T@h/r.git\n", "package.json", ("builder",)),
    "a child stage uses it too": ("FROM debian AS a\nENV T=x1y2z3w4\nRUN curl -u b:$T -o /srv/f https://h/f\nFROM a\nRUN curl -u b:$T -o /srv/g https://h/g\n", "in a stage FROM this one", ("builder",)),
    "a stage from this one uses what is declared here": ("FROM debian AS a\nENV T=x1y2z3w4\nFROM a AS b\nRUN curl -u b:$T -o /srv/f https://h/f\nFROM a\nCOPY --from=b /srv/f /srv/f\n", "in a stage FROM this one", ("builder",)),
    "a file for the container to read": ("FROM debian\nARG DB_PASSWORD\nRUN echo \"password=$DB_PASSWORD\" > /etc/app.conf\n", "which stays", STRATEGIES),
    "a Windows shell": ('FROM windows\nARG T\nSHELL ["powershell", "-Command"]\nRUN curl -u b:$T https://h/f\n', "", STRATEGIES),
    "a frontend that is not Docker's": ("# syntax=me/front:1\nFROM debian\nARG T\nRUN curl -u b:$T -o /srv/f https://h/f\n", "syntax line", ("mount",)),
}  # fmt: skip


@pytest.mark.parametrize(("text", "why", "strategy"), [pytest.param(t, w, s, id=f"{n}, {s}") for n, (t, w, by) in LEFT.items() for s in by])
def test_it_is_left_alone_with_the_reason(text: str, why: str, strategy: Strategy) -> None:
    result = purged(text, strategy)
    assert result.data == text.encode()
    assert result.findings and not any(finding.edits for finding in result.findings)
    assert any(why in finding.message for finding in result.findings), [finding.message for finding in result.findings]


MOUNTED = {
    "an ARG": ("ARG T\nRUN curl -u b:$T https://h/f\n", "RUN --mount=type=secret,id=T,env=T,required=true curl -u b:$T https://h/f\n"),
    "an ENV with others": ("ENV A=1 T=x1y2z3w4 \\\n    B=2\nRUN curl -u b:$T https://h/f\n", "ENV A=1 \\\n    B=2\nRUN --mount=type=secret,id=T,env=T,required=true curl -u b:$T https://h/f\n"),
    "the first of several": ("ENV T=x1y2z3w4 A=1\nRUN curl -u b:$T https://h/f\n", "ENV A=1\nRUN --mount=type=secret,id=T,env=T,required=true curl -u b:$T https://h/f\n"),
    "a default that is empty": ('ARG T=""\nRUN curl -u b:$T https://h/f\n', "RUN --mount=type=secret,id=T,env=T curl -u b:$T https://h/f\n"),
    "a test whether it is given": ('ARG T\nRUN [ -z "$T" ] || curl -u b:$T https://h/f\n', 'RUN --mount=type=secret,id=T,env=T [ -z "$T" ] || curl -u b:$T https://h/f\n'),
    "an alias": ("ARG T\nENV NPM_TOKEN=$T\nRUN npm ci\n", "RUN --mount=type=secret,id=T,env=NPM_TOKEN,required=true npm ci\n"),
    "what is built on it": ("ARG T\nENV U=https://b:$T@h\nRUN curl $U/f\n", 'RUN --mount=type=secret,id=T,env=T,required=true export U="https://b:$T@h" && curl $U/f\n'),
    "other mounts stay": ("ARG T\nRUN --mount=type=cache,target=/c curl -u b:$T https://h/f\n", "RUN --mount=type=secret,id=T,env=T,required=true \\\n    --mount=type=cache,target=/c curl -u b:$T https://h/f\n"),
    "lower case": ("arg T\nrun curl -u b:$T https://h/f\n", "run --mount=type=secret,id=T,env=T,required=true curl -u b:$T https://h/f\n"),
    "JSON form": ('ARG NPM_TOKEN\nRUN ["npm", "ci"]\n', 'RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN,required=true ["npm", "ci"]\n'),
    "a comment of its own stays": ("# the token\nARG T\nRUN curl -u b:$T https://h/f\n", "# the token\nRUN --mount=type=secret,id=T,env=T,required=true curl -u b:$T https://h/f\n"),
    "a literal in double quotes": ('RUN curl -H "Authorization: Bearer x1y2z3w4v5" https://h/f\n', 'RUN --mount=type=secret,id=CURL_TOKEN,env=CURL_TOKEN,required=true \\\n    curl -H "Authorization: Bearer ${CURL_TOKEN}" https://h/f\n'),
    "a literal in single quotes": ("RUN curl -H 'Authorization: Bearer x1y2z3w4v5' https://h/f\n", "RUN --mount=type=secret,id=CURL_TOKEN,env=CURL_TOKEN,required=true \\\n    curl -H 'Authorization: Bearer '\"${CURL_TOKEN}\"'' https://h/f\n"),
    "a script may read it": ("ARG T\nCOPY get.sh /\nRUN curl -u b:$T https://h/f\nRUN /get.sh\n", "COPY get.sh /\nRUN --mount=type=secret,id=T,env=T,required=true curl -u b:$T https://h/f\nRUN --mount=type=secret,id=T,env=T,required=true /get.sh\n"),
    "a clone under set -e": ("ARG T\nRUN set -e; git clone https://$T@h/r.git /s; make -C /s\n", "RUN --mount=type=secret,id=T,env=T,required=true \\\n    set -e; git clone https://$T@h/r.git /s; \\\n    git -C /s remote set-url origin https://h/r.git; make -C /s\n"),
    "a clone that goes on fetching": ("ARG T\nRUN git clone https://$T@h/r.git /s && cd /s && git submodule update --init && make\n", "RUN --mount=type=secret,id=T,env=T,required=true \\\n    git clone https://$T@h/r.git /s && \\\n    cd /s && \\\n    git submodule update --init && \\\n    git -C /s remote set-url origin https://h/r.git && \\\n    find /s/.git -name config -type f -exec sed -i 's#://[^/@]*@#://#' {} + && \\\n    make\n"),
    "a clone that may fail": ("ARG T\nRUN git clone https://$T@h/r.git /s || exit 1\n", "RUN --mount=type=secret,id=T,env=T,required=true \\\n    git clone https://$T@h/r.git /s && \\\n    git -C /s remote set-url origin https://h/r.git || exit 1\n"),
    "a clone in a loop": ("ARG T\nRUN for r in a b; do git clone https://$T@h/$r.git /s/$r; done\n", "RUN --mount=type=secret,id=T,env=T,required=true \\\n    for r in a b; do git clone https://$T@h/$r.git /s/$r && git -C /s/$r remote set-url origin https://h/$r.git; done\n"),
    "a file written in one step and read in another": ('ARG T\nRUN echo "machine h login b password $T" > ~/.netrc\nCOPY x /x\nRUN curl -n https://h/f\nRUN rm ~/.netrc\n', 'COPY x /x\nRUN --mount=type=secret,id=T,env=T,required=true \\\n    echo "machine h login b password $T" > ~/.netrc && \\\n    curl -n https://h/f && \\\n    rm -f ~/.netrc\n'),
    "a file written by two commands": ('ARG T\nRUN echo "//h/:_authToken=$T" > ~/.npmrc && echo "@x:registry=https://h/" >> ~/.npmrc\nRUN npm ci\nRUN rm ~/.npmrc\n', 'RUN --mount=type=secret,id=T,env=T,required=true \\\n    echo "//h/:_authToken=$T" > ~/.npmrc && \\\n    echo "@x:registry=https://h/" >> ~/.npmrc && \\\n    npm ci && \\\n    rm -f ~/.npmrc\n'),
    "a file that is never removed": ('ARG T\nRUN echo "machine h login b password $T" > ~/.netrc && curl -n https://h/f\n', 'RUN --mount=type=secret,id=T,env=T,required=true \\\n    echo "machine h login b password $T" > ~/.netrc && \\\n    curl -n https://h/f && \\\n    rm -f ~/.netrc\n'),
    "a folder that other steps need stays": ('ARG K\nRUN mkdir -p ~/.ssh && echo "$K" > ~/.ssh/id_rsa\nRUN ssh-keyscan h >> ~/.ssh/known_hosts\nRUN git clone git@h:r.git /s\nRUN rm ~/.ssh/id_rsa\n', 'RUN mkdir -p ~/.ssh\nRUN ssh-keyscan h >> ~/.ssh/known_hosts\nRUN --mount=type=secret,id=K,env=K,required=true \\\n    echo "$K" > ~/.ssh/id_rsa && \\\n    git clone git@h:r.git /s && \\\n    rm -f ~/.ssh/id_rsa\n'),
    "a file of the context": ("COPY .netrc /root/.netrc\nRUN chmod 600 /root/.netrc && curl -n https://h/f && rm /root/.netrc\n", "RUN --mount=type=secret,id=netrc,target=/root/.netrc,required=true \\\n    curl -n https://h/f\n"),
    "a file of the context among others": ("WORKDIR /a\nCOPY package.json .npmrc ./\nRUN npm ci && rm .npmrc\n", "WORKDIR /a\nCOPY package.json ./\nRUN --mount=type=secret,id=npmrc,target=/a/.npmrc,required=true npm ci\n"),
    "a user with a number": ("COPY .netrc /n\nUSER 1000\nRUN curl --netrc-file /n https://h/f\nRUN rm /n\n", "USER 1000\nRUN --mount=type=secret,id=netrc,target=/n,required=true,uid=1000 \\\n    curl --netrc-file /n https://h/f\n"),
    "a user with a name": ("COPY .netrc /n\nUSER app\nRUN curl --netrc-file /n https://h/f\nRUN rm /n\n", "USER app\nRUN --mount=type=secret,id=netrc,target=/n,required=true,mode=0444 \\\n    curl --netrc-file /n https://h/f\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), MOUNTED.values(), ids=MOUNTED.keys())
def test_steps_get_secret_mounts(before: str, after: str) -> None:
    assert becomes(f"FROM debian\n{before}", "mount") == f"FROM debian\n{after}"


@pytest.mark.parametrize(("before", "after"), MOUNTED.values(), ids=MOUNTED.keys())
def test_what_was_mounted_is_no_credential_any_more(before: str, after: str) -> None:
    assert find(Facts(dfrefactor.parse(f"FROM debian\n{after}".encode()))) == ()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_line_ends_stay_what_they_were(strategy: Strategy, newline: str) -> None:
    text = "FROM debian\nARG T\nRUN git clone https://$T@h/r.git /s\nRUN true\n"
    assert becomes(text.replace("\n", newline), strategy) == becomes(text, strategy).replace("\n", newline)


def test_an_old_syntax_line_gets_the_file_form() -> None:
    text = "# syntax=docker/dockerfile:1.4\nFROM debian\nARG T\nRUN curl -u b:$T https://h/f\n"
    mounted = 'RUN --mount=type=secret,id=T,required=true \\\n    export T="$(cat /run/secrets/T)" && \\\n    curl -u b:$T https://h/f\n'
    assert becomes(text, "mount") == "# syntax=docker/dockerfile:1.4\nFROM debian\n" + mounted


@pytest.mark.parametrize("line", ["# syntax=docker/dockerfile:1", "# syntax=docker/dockerfile:1.10", "# escape=`", "# check=skip=all"])
def test_directives_stay_on_top(line: str) -> None:
    assert becomes(f"{line}\nFROM debian\nARG T\nRUN curl -u b:$T https://h/f\n", "mount").startswith(
        f"{line}\nFROM debian\nRUN --mount=type=secret,id=T,env=T,required=true curl"
    )


def test_the_finding_says_how_to_build() -> None:
    (finding,) = purged("FROM debian\nARG T\nRUN curl -u b:$T https://h/f\n", "mount").findings
    notes = "\n".join(finding.notes)
    assert "docker build --secret id=T,env=T ." in notes and "secrets: {T: {environment: T}}" in notes and 'secret = ["id=T,env=T"]' in notes


@pytest.mark.parametrize("lines", ["COPY .netrc /root/.netrc\nRUN curl -n -o /srv/f https://h/f", 'ARG T\nRUN echo "machine h password $T" > ~/.netrc && curl -n -o /srv/f https://h/f'])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_file_that_no_step_removed_is_named(lines: str, strategy: Strategy) -> None:
    (finding,) = purged(f"FROM debian\n{lines}\n", strategy).findings
    assert any(".netrc" in note and ("no longer in the image" in note or "leaves behind" in note) for note in finding.notes)


def test_the_finding_says_where_it_is_used_where_it_ends_up_and_what_changes() -> None:
    text = "FROM debian\nARG T\nRUN git clone https://$T@h/r.git /s\nRUN unknown-thing\n"
    (finding,) = purged(text).findings
    assert "used in the user info of a URL of `git` (line 3)" in finding.message
    assert "the image's history (ARG) and a layer, as /s/.git/config" in finding.message
    assert "move to stage builder, and /s is copied back" in finding.message
    notes = "\n".join(finding.notes)
    assert "taken not to read it, for it does not name it: line 4" in notes and "--build-arg T" in notes and "mode=max" in notes


def test_the_environment_that_goes_is_named() -> None:
    (finding,) = purged("FROM debian\nENV T=x1y2z3w4\nRUN curl -u b:$T -o /srv/f https://h/f\n").findings
    assert finding.config == {"ENV T"}
    assert "version control" in "\n".join(finding.notes)


def test_an_argument_that_nothing_uses_goes() -> None:
    text = "FROM debian AS a\nARG TOKEN\nRUN curl -u b:$TOKEN -o /srv/f https://h/f\nFROM debian\nARG TOKEN\nCOPY --from=a /srv/f /srv/f\n"
    assert becomes(text, "builder") == text.replace("FROM debian\nARG TOKEN\nCOPY", "FROM debian\nCOPY")


def test_steps_of_a_stage_that_is_only_copied_from_stay() -> None:
    text = "FROM debian AS a\nARG TOKEN\nRUN curl -u b:$TOKEN -o /srv/f https://h/f\nFROM debian\nCOPY --from=a /srv/f /srv/f\n"
    result = purged(text)
    assert result.data == text.encode() and result.findings == ()


def test_only_the_part_of_a_step_that_can_moves() -> None:
    text = "FROM debian\nARG T\nRUN apt-get update && apt-get install -y git && git clone https://$T@h/r.git /s && rm -rf /s/.git\n"
    assert becomes(text, "builder") == (
        "FROM debian AS base\nRUN apt-get update && apt-get install -y git\n\n"
        "FROM base AS builder\nARG T\nRUN git clone https://$T@h/r.git /s && rm -rf /s/.git\n\n"
        "FROM base\nCOPY --from=builder /s /s\n"
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("ignore", ["# dfrefactor: ignore=purge-credentials\n"])
def test_an_ignored_step_is_left_alone(strategy: Strategy, ignore: str) -> None:
    text = f"FROM debian\nARG T\n{ignore}RUN curl -u b:$T -o /srv/f https://h/f\n"
    assert becomes(text, strategy) == text


def told(finding: Finding) -> str:
    return "\n".join([finding.message, *finding.notes])


VALUES = [
    "FROM debian\nARG https://u:VALUE@h/PACKAGES_TOKEN\nRUN pip install -r x\n",
    'FROM debian\nENV TOKEN=VALUE\nRUN git clone https://$TOKEN@h/r.git /s\n', 'FROM debian\nENV A=1 TOKEN="VALUE"\nRUN curl -u b:$TOKEN https://h/f\n',
    "FROM debian\nRUN curl -u bob:VALUE https://h/f\n", "FROM debian\nRUN git clone https://bob:VALUE@h/r.git\n", "FROM debian\nRUN git clone https://bob:VALUE@h\n",
    "FROM debian\nRUN git config --global url.'https://bob:VALUE@h/'.insteadOf https://h/ && make\n", "FROM debian\nRUN some-thing --password VALUE https://b:VALUE@h\n",
    "FROM debian\nARG URL=https://bob:VALUE@h/simple\nRUN pip install --index-url $URL p\n", "FROM debian\nRUN echo 'machine h login b password VALUE' > ~/.netrc\n",
    "FROM debian\nRUN aaaaaaaaaaaaaaaaaaaaa -u bob:x && curl -u bob:VALUE https://h/f || true\n", "FROM debian\nCMD curl -u bob:VALUE https://h/f\n",
    "FROM debian\nADD https://bob:VALUE@h/f /f\n", "FROM debian\nRUN npm config set //h/:_authToken=VALUE && npm ci\n", "FROM postgres\nENV POSTGRES_PASSWORD=VALUE\n",
]  # fmt: skip


@pytest.mark.parametrize("text", VALUES)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_value_is_in_a_message_nor_the_beginning_of_one(text: str, strategy: Strategy) -> None:
    value = "hUnter2-Planted-Value"
    result = dfrefactor.refactor(text.replace("VALUE", value).encode(), passes=PASSES, settings=Settings(strategy=strategy))
    assert result.findings
    for finding in result.findings:
        assert value[:5] not in result.mask(told(finding))
    for rewrite in result.rewrites:
        source = rewrite.before.text
        for finding in rewrite.findings:
            assert all(source[slice(*span)] in (value, f"https://bob:{value}@h/simple") for span in finding.secrets)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_real_files_settle_parse_and_keep_their_comments(real: list[Real], strategy: Strategy) -> None:
    used, changed = [], []
    for path, data, document in ((each.path, each.data, each.document) for each in real):
        if buildkit.errors(document) or not find(Facts(document)):
            continue
        result = dfrefactor.refactor(data, passes=(purge_credentials,), settings=Settings(strategy=strategy))
        assert result.problems == (), path.name
        again = dfrefactor.refactor(result.data, passes=(purge_credentials,), settings=Settings(strategy=strategy))
        assert again.data == result.data, path.name
        comments = [t.text.strip() for t in document.tree.tokens() if t.kind == "COMMENT"]
        kept = [t.text.strip() for t in dfrefactor.parse(result.data).tree.tokens() if t.kind == "COMMENT"]
        assert sorted(comments) == sorted(kept), path.name
        final = document.stages[-1].index
        if any(use.role == "authenticate" and use.stage == final for c in find(Facts(document)) if c.kind == "variable" for use in c.uses):
            used.append(path.name)
            changed += [path.name] if result.changed else []
    assert used
    if strategy == "mount":
        assert len(changed) >= 0.8 * len(used), sorted(set(used) - set(changed))


def test_a_credential_in_the_name_of_what_is_left_stays() -> None:
    text = "FROM debian\nCOPY entrypoint.sh https://u:hunter22@h//usr/local/bin/\n"
    result = dfrefactor.refactor(text.encode())
    assert not result.changed and not result.problems
    assert "stands in the name of what that leaves" in result.findings[0].message
