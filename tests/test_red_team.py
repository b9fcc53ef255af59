"""What was thought up against the interpreter: scripts whose effects were claimed wrongly, each run and compared with the claim.

A step is a line of instructions behind `FROM debian:12`; what is tried is the last RUN, and the file with everything taken apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import dfrefactor
import pytest
from dfrefactor.effects.order import between
from dfrefactor.facts import Facts

from tests.scripts.judge import judged
from tests.scripts.program import Program
from tests.scripts.sandbox import Sandbox, missing, sandbox
from tests.scripts.splits import outcome
from tests.test_one_reading import last

MORE = ("RUN mkdir /srv/two && touch /srv/two/x", "RUN mkdir /opt/one && touch /opt/one/y")
BASH = 'SHELL ["/bin/bash", "-c"]'
LINK = "RUN mkdir -p /opt/r/s && ln -s /opt/r/s /srv/l"
FOUND = "RUN mkdir -p /opt/d/e && touch /opt/d/f"

NAMES_OF_FOLDERS = [  # the shell goes by the names that led to a folder, programs by where it is
    ["RUN mkdir -p /opt/r/s && ln -s /opt/r/s /srv/l && cd /srv/l && cd .. && touch a"],
    ["RUN mkdir -p /opt/r/s; ln -s /opt/r/s /srv/l; cd -P /srv/l; cd ..; touch a"],
    [LINK, "WORKDIR /srv/l", "RUN cd .. && touch a"],
    [LINK, "WORKDIR /srv/l", "RUN touch ../a"],
    [LINK, "RUN cd /srv/l && touch $(dirname $PWD)/a"],
    [LINK, "RUN cd /srv/l && touch $(dirname $(pwd))/a ../b"],
    [LINK, "RUN cd /srv/l && (cd ..; touch q) && sh -c 'cd .. && touch z'"],
    [LINK, "RUN cd /opt && cd /srv/l && cd - && cd - && cd .. && touch z"],
    [LINK, BASH, "RUN pushd /srv/l && pushd /opt && popd && cd .. && touch z"],
    [BASH, "RUN pushd -n /opt; touch b"],
]

LINKS = [  # what is put in the place of a link, into where it leads, or is a link itself
    [LINK, "RUN rm -rf /srv/l/ && mkdir -p /srv/l/q"],
    [LINK, "RUN mv /srv/l /opt/m && touch /opt/m/x"],
    [LINK, "RUN cp -a /srv/l /opt/m && touch /opt/m/x"],
    [LINK, "RUN mkdir /srv/k && cp -a /srv/l /srv/k/ && cp -a /srv/k /srv/n && touch /srv/n/l/x"],
    [LINK, "RUN ln -sf /srv /srv/l && touch /srv/l/x"],
    [LINK, "RUN mkdir /srv/k && mv /srv/k /srv/l && touch /srv/l/k/x"],
    ["RUN mkdir -p /opt/r/s && ln -s /opt/r /srv/l", "RUN mv /srv/l/s /srv/l/t && touch /opt/r/t/x"],
    ["RUN ln -s /etc/hostname /opt/l", "RUN install /etc/passwd /opt/l"],
    ["RUN ln -s /etc/hostname /opt/l", "RUN cp --remove-destination /etc/passwd /opt/l"],
    ["RUN ln -s /etc/hostname /opt/l", "RUN mv /etc/passwd /opt/l; cp /opt/l /etc/passwd"],
    ["RUN ln -s /etc/hostname /opt/l", "RUN chown -h 1:1 /opt/l"],
    [LINK, "RUN install -m 700 /etc/hosts /srv/l/x"],
    [LINK, "RUN install -d -o 1 -g 1 /srv/l/x"],
    [LINK, "RUN cp -p /etc/hosts /srv/l/x"],
    [LINK, "RUN cp /etc/hosts /srv/l/x && gzip /srv/l/x"],
    ["RUN ln -s /srv /opt/l && ln -s l /opt/m && touch /opt/m/x && rm /opt/l && mkdir /opt/l && touch /opt/m/y"],
    ["RUN ln -s /srv /opt/l; ln -s /opt/l /opt/m; touch /opt/m/x"],
    ["RUN mkdir /opt/l; ln -s /srv /opt/l; touch /opt/l/srv/x"],
    ["RUN mkdir /opt/d && ln -s /opt/d /srv/l && touch /opt/d/x && for f in /srv/l/*; do mv $f $f.y; done"],
    ["RUN ln -s /opt /srv/o && mkdir -p /srv/o/a/b && touch /srv/o/c; touch /srv/o/a/b/c"],
    ["RUN ln -s /opt /srv/o && mkdir /opt/r && git init -q /opt/s && git clone -q /opt/s /srv/o/r"],
    ["RUN git init -q --separate-git-dir=/opt/g /opt/w"],
    ["RUN tar -g /opt/snar -cf /opt/x.tar -C /etc hostname; true"],
    ["RUN cp -r /etc/default/ /opt/d/"],
    ["RUN mkdir /opt/e && mv /opt/e /opt/d/ && touch /opt/d/x"],
]

PRINTED = [["RUN PWD=/opt/d; tee $(pwd)/x"], ["RUN export PWD=/opt/d && cd . && touch $(pwd)/x"]]
NAMES = [  # more than one of a file, or of a folder
    ["RUN mkdir -p /opt/a/b", "RUN chmod a+w /opt/a/$D"],
    ["RUN echo x > /opt/a", "RUN set -e; ln /opt/a /mnt/b; echo y | tee /mnt/b; touch /srv/c"],
    ["RUN echo x > /opt/a", "RUN cp -l /opt/a /mnt/b && chgrp 50 /mnt/b && touch /srv/c"],
]
READ = [
    ["RUN mkdir -p /opt/$(basename /srv)/$m/q"],
    ["ENV TAR_OPTIONS=--strip-components=1", "RUN mkdir -p /tmp/i/f && tar -C /tmp -cf /tmp/t.tar i && tar -C /srv -xf /tmp/t.tar i/f"],
]
KEPT = [  # what a RUN that is cut would do otherwise
    ['SHELL ["/bin/sh", "-ec"]', "RUN printf 'a\\n' | while read n; do chown b0; rm -f; done && echo x > /opt/a"],
    ["WORKDIR /opt/w", 'RUN V=$PWD && touch "$V"/one ~/two'],
    ["WORKDIR /opt/w", "RUN pwd > /mnt/a && echo x > ~/b"],
    ["WORKDIR /opt/w", "RUN touch a", "RUN touch /opt/w/b"],
    [FOUND, "RUN ln /opt/d/f /opt/d/g && echo x > /mnt/a && chmod 700 /opt/d/g"],
]
MANY = [["RUN ln -s /opt/d/[ef] /mnt; cd /mnt; echo > f"], ["RUN ln -s /opt/d/* /srv && touch /srv/e/x"]]
STAGES = [  # what another stage made
    ["RUN mkdir -p /opt/d && ln -s /srv /opt/d/l", "FROM debian:12", "COPY --from=0 /opt/d /opt/d", "RUN touch /opt/d/l/x"],
    ["RUN mkdir -p /opt/d/k && ln -s k /opt/d/l", "FROM debian:12", "COPY --from=0 /opt/d /srv/d", "RUN touch /srv/d/l/x"],
    ["RUN mkdir /opt/b && cp /bin/touch /opt/b/mkdir", "FROM debian:12", "COPY --from=0 /opt/b/ /usr/local/bin/", "RUN mkdir /opt/z"],
    ["RUN cp /bin/touch /opt/mkdir", "FROM debian:12", "COPY --from=0 /opt/mkdir /usr/local/bin/mkdir", "RUN mkdir /opt/z"],
]

WORDS = [
    [BASH, "RUN mkdir /opt/a{b,\"c d\"}"],
    [BASH, "ENV E=", "RUN E=/opt export E; mkdir ${E%%a*}/a"],
    [BASH, "RUN E=/srv; E=/opt declare -x E; mkdir $E/a"],
    [BASH, "RUN f() { local E=/srv; E=/opt local E; mkdir $E/a; }; f"],
    ["RUN E=/srv; E=/opt :; mkdir $E/a"],
    [BASH, "RUN mkdir {~/a,/opt/b}; true"],
    ["RUN V=a:~/b; mkdir -p \"/opt/$V\""],
    ["RUN V=a:~root/b:~; mkdir -p \"/opt/$V\""],
    [BASH, "RUN env V=~/q sh -c 'mkdir -p /opt/$V'"],
    ["RUN <<EOF\nmkdir /opt/a\\\nb\nEOF"],
    ["RUN set -- a b; mkdir /opt/$*"],
    ["RUN IFS=: && V=a:/opt/b && mkdir -p /srv/$V"],
    ["RUN IFS=: && V='/opt/a b' && mkdir $V"],
    ["RUN IFS=/ && V=opt/a && mkdir -p $V"],
    ["RUN set -- a b; mkdir \"/opt/$@\""],
    ["RUN T=$(mktemp -d) && touch $T/x && mv $T/x /opt/x"],
    ["RUN V=; cp $V /etc/hostname /opt/x"],
    [FOUND, "RUN find /opt/d -type f -printf '%f\\n' | xargs touch"],
    [FOUND, "RUN find /opt/d -type f -printf '/srv/%f\\n' | xargs touch"],
    [FOUND, "RUN find /opt/d -type f | grep -o '[^/]*$' | xargs touch"],
    [FOUND, "RUN echo /srv/q > /opt/d/f; grep -rh srv /opt/d | xargs touch"],
]

VARIABLES = [
    ["RUN V=/opt; V=/srv :; mkdir $V/a"],
    ["RUN V=/opt; V=/srv export W; mkdir $V/a"],
    ["RUN V=/opt; V=/srv eval :; mkdir $V/a"],
    ["RUN V=/opt; V=/srv exec >/dev/null; mkdir $V/a"],
    ["RUN V=/opt; V=/srv set -- ; mkdir $V/a"],
    [BASH, "RUN V=1; let V=2; mkdir /opt/$V"],
    [BASH, 'RUN V=/srv; read -ra V <<< "/opt x"; mkdir $V/b'],
    [BASH, "RUN V=1; a[V=3]=1; mkdir /opt/$V"],
    [BASH, "RUN V=1; : ${a[V=4]}; mkdir /opt/$V"],
    [BASH, "RUN V=1; [[ V=4 -eq 4 ]]; mkdir /opt/$V"],
    [BASH, "RUN V=/srv; case x in x) V=/opt;& y) mkdir $V/q;; esac"],
    [BASH, "RUN V=/srv; case x in x) V=/opt;;& *) mkdir $V/q;; esac"],
    ["ENV HOME=/opt/h", "RUN su -c 'mkdir -p ~/a'"],
    ["ENV HOME=/opt/h", "RUN sudo sh -c 'mkdir -p ~/a'"],
]

WHAT_RUNS = [
    ["RUN trap 'touch /opt/a/t' EXIT INT; mkdir /opt/a"],
    ["RUN trap 'mkdir /opt/t' USR1; kill -USR1 $$; mkdir /opt/a"],
    ["RUN trap 'mkdir /opt/t' TERM; kill -TERM $$; mkdir /opt/a"],
    [BASH, "RUN trap 'mkdir /opt/t' CHLD; /bin/true; mkdir /opt/a"],
    ["RUN set -n; mkdir /opt/a"],
    ["RUN case x in $(mkdir /opt/q)) ;; esac; mkdir /opt/b"],
    ["RUN echo \"`echo \\`mkdir /opt/c\\``\""],
    ["RUN : ${V:-`mkdir /opt/q`}"],
    ["RUN W=x; : ${W#$(mkdir /opt/w)}"],
    ["RUN for i in 1 2; do f() { break; }; f; mkdir /opt/$i; done"],
    ["RUN sed 's,.*,touch /opt/q,e' /etc/hostname"],
    ["RUN sed 's|d|x|gw /opt/q' /etc/hostname"],
    ["RUN sed '$w/opt/q' /etc/hostname"],
    ["RUN sed -n wq /etc/hostname"],
    ["RUN awk 'BEGIN{c=\"touch /opt/q\"; print \"\" | c}'"],
    ["RUN cp /bin/touch /usr/local/bin/mkdir && mkdir /opt/z"],
    ["RUN cp /bin/touch /usr/local/bin/mkdir && sh -c 'mkdir /opt/z'"],
    ["RUN ln -s /bin/touch /usr/local/bin/mkdir", "RUN mkdir /opt/z"],
    ["ENV PATH=/opt/bin:$PATH", "RUN mkdir /opt/bin && cp /bin/touch /opt/bin/mkdir", "RUN mkdir /opt/z"],
    ["RUN mkdir /opt/bin && cp /bin/touch /opt/bin/mkdir && PATH=/opt/bin:$PATH && mkdir /opt/z"],
    [BASH, "RUN hash -p /bin/touch mkdir; mkdir /opt/z"],
]

OWNERS = [
    ["RUN mkdir /opt/d && chgrp 5 /opt/d && chmod g+s /opt/d", "RUN touch /opt/d/x && mkdir /opt/d/y"],
    ["RUN mkdir /opt/d && chgrp 5 /opt/d && chmod 2755 /opt/d && mkdir /opt/d/y"],
    ["RUN install -d -g 5 -m 2755 /opt/d", "RUN mkdir -p /opt/d/x/y"],
]

FOLDERS = [  # perhaps removed again, or not new when something is done to it
    ["RUN set -e; mkdir /opt/a; rm -rf /opt/a || true"],
    ["RUN mkdir /opt/a && if rm -r /opt/a; then :; fi"],
    ["RUN mkdir /opt/a && { rm -rf /opt/a/x || true; }"],
    [FOUND, "RUN chmod 700 /opt/d/e && cp -r /opt/d/e /srv/a && touch /srv/a"],
    [FOUND, "RUN for V in /srv /opt; do cp -r /opt/d/. $V/a; done && touch $V/a"],
]
ALL = [*FOLDERS, *NAMES, *KEPT, *READ, *([FOUND, *each] for each in (*MANY, *PRINTED)), *NAMES_OF_FOLDERS, *LINKS, *STAGES, *WORDS, *VARIABLES, *WHAT_RUNS, *OWNERS]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    if reason := missing():
        pytest.skip(reason)
    with sandbox(least=20) as made:  # a busy machine is no mistake
        yield made


@pytest.mark.parametrize("shell", [["/bin/bash", "-c"], ["/bin/sh", "-c"]])
def test_what_nobody_waits_for_is_not_exact(shell: list[str], box: Sandbox) -> None:
    """`setsid` forks where it is the first process: whether what it runs gets done before the shell ends is luck."""
    verdict = judged(box, Program("debian:12", (f"SHELL {json.dumps(shell)}", "RUN setsid mkdir /opt/a")))
    assert verdict.grade in ("BOUNDED", "UNKNOWN") and not verdict.kind, verdict.told


@pytest.mark.parametrize("steps", ALL, ids=lambda steps: steps[-1])
def test_the_claim_holds(steps: list[str], box: Sandbox) -> None:
    verdict = judged(box, Program("debian:12", tuple(steps)))
    assert verdict.grade and not verdict.kind, verdict.told
    for more in (MORE, ()):
        found = outcome(box, Program("debian:12", (*steps, *more)))
        assert found.state != "different", f"{found.told}\n{found.after.decode()}"


MOUNTED = [
    ("/opt/w", "--mount=type=cache,target=cache touch cache/x && mkdir /opt/a", ["/opt/a"]),
    ("/opt/w", "--mount=type=tmpfs,dst=./t touch t/x y", ["/opt/w/y"]),
    ("/opt", "--mount=type=bind,target=w/s,rw mkdir w/s/k a", ["/opt/a"]),
    ("$W", "--mount=type=tmpfs,target=t touch /opt/a", []),
]


@pytest.mark.parametrize(("folder", "text", "left"), MOUNTED)
def test_a_mount_is_below_the_working_folder(folder: str, text: str, left: list[str]) -> None:
    assert [each.path for each in last("FROM base", f"WORKDIR {folder}", f"RUN {text}").effects.outputs] == left


NEEDED = [
    ("RUN ssh-keyscan h > /etc/ssh/ssh_known_hosts", "RUN git clone ssh://git@h/x /opt/x"),
    ("ENV OPENSSL_CONF=/x", "RUN curl -o /opt/x https://h/x"),
    ("RUN echo x > /etc/crypto-policies/config", "RUN wget -O /opt/x https://h/x"),
    ("RUN echo x >> /etc/services", "RUN getent services x > /opt/x"),
    ("RUN echo x > /root/.pydistutils.cfg", "RUN pip install --target /opt/a x"),
    ("RUN ln -s /opt/a /srv/b", "RUN touch /srv/b"),
]


@pytest.mark.parametrize(("first", "second"), NEEDED)
def test_a_step_needs_what_its_tools_look_at(first: str, second: str) -> None:
    facts = Facts(dfrefactor.parse(f"FROM debian:12\n{first}\n{second}\n".encode()))
    one, other = (each.effects for each in facts.steps(facts.document.stages[0])[-2:])
    assert between(one, other)


@pytest.mark.parametrize("text", ["bg", "fg %1", "jobs; wait; bg; mkdir /opt/a"])
def test_control_of_jobs_is_read(text: str) -> None:
    last("FROM debian:12", f"RUN {text}")
