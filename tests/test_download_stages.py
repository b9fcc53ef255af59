"""Downloads in stages of their own: how what they leave comes back, and what goes along (DESIGN §5)."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.settings import Settings

from tests.test_parallel_text import PARALLEL, split

CHANGED = {
    "what is unpacked and then removed is lent": ("""\
FROM buildpack-deps:bookworm
RUN curl -fsSL -o /tmp/a.tgz https://h/a.tgz && tar -C /opt -xzf /tmp/a.tgz && rm /tmp/a.tgz
RUN curl -fsSL -o /tmp/b.tgz https://h/b.tgz && tar -C /opt -xzf /tmp/b.tgz && rm /tmp/b.tgz
""", """\
FROM buildpack-deps:bookworm AS a
RUN curl -fsSL -o /tmp/a.tgz https://h/a.tgz

FROM buildpack-deps:bookworm AS b
RUN curl -fsSL -o /tmp/b.tgz https://h/b.tgz

FROM buildpack-deps:bookworm
RUN --mount=type=bind,from=a,source=/tmp/a.tgz,target=/tmp/a.tgz \\
    tar -C /opt -xzf /tmp/a.tgz
RUN --mount=type=bind,from=b,source=/tmp/b.tgz,target=/tmp/b.tgz \\
    tar -C /opt -xzf /tmp/b.tgz
"""),
    "a signature is in the stage of what it signs": ("""\
FROM buildpack-deps:bookworm
RUN wget -O tool.tar.xz https://h/tool.tar.xz && wget -O tool.tar.xz.asc https://h/tool.tar.xz.asc \\
 && gpg --verify tool.tar.xz.asc tool.tar.xz && tar -xf tool.tar.xz -C /usr/src && rm tool.tar.xz tool.tar.xz.asc
RUN curl -o /opt/kubectl https://h/kubectl && chmod +x /opt/kubectl
""", """\
FROM buildpack-deps:bookworm AS tool
RUN wget -O tool.tar.xz https://h/tool.tar.xz && wget -O tool.tar.xz.asc https://h/tool.tar.xz.asc

FROM buildpack-deps:bookworm AS kubectl
RUN curl -o /opt/kubectl https://h/kubectl && chmod +x /opt/kubectl

FROM buildpack-deps:bookworm
RUN --mount=type=bind,from=tool,source=/tool.tar.xz,target=/tool.tar.xz \\
    --mount=type=bind,from=tool,source=/tool.tar.xz.asc,target=/tool.tar.xz.asc \\
    gpg --verify tool.tar.xz.asc tool.tar.xz && tar -xf tool.tar.xz -C /usr/src
COPY --from=kubectl /opt/kubectl /opt/kubectl
"""),
    "what changes several is divided": ("""\
FROM buildpack-deps:bookworm
RUN curl -o /usr/local/bin/a https://h/a && curl -o /usr/local/bin/b https://h/b && chmod +x /usr/local/bin/a \\
    /usr/local/bin/b
""", """\
FROM buildpack-deps:bookworm AS a
RUN curl -o /usr/local/bin/a https://h/a && chmod +x /usr/local/bin/a

FROM buildpack-deps:bookworm AS b
RUN curl -o /usr/local/bin/b https://h/b && chmod +x /usr/local/bin/b

FROM buildpack-deps:bookworm
COPY --from=a /usr/local/bin/a /usr/local/bin/a
COPY --from=b /usr/local/bin/b /usr/local/bin/b
"""),
    "also where it is a step of its own": ("""\
FROM buildpack-deps:bookworm
RUN curl -o /usr/local/bin/a https://h/a
RUN curl -o /usr/local/bin/b https://h/b
RUN curl -o /usr/local/bin/c https://h/c
RUN chmod +x /usr/local/bin/b /usr/local/bin/a /usr/local/bin/c
""", """\
FROM buildpack-deps:bookworm AS a
RUN curl -o /usr/local/bin/a https://h/a
RUN chmod +x /usr/local/bin/a

FROM buildpack-deps:bookworm AS b
RUN curl -o /usr/local/bin/b https://h/b
RUN chmod +x /usr/local/bin/b

FROM buildpack-deps:bookworm AS c
RUN curl -o /usr/local/bin/c https://h/c
RUN chmod +x /usr/local/bin/c

FROM buildpack-deps:bookworm
COPY --from=a /usr/local/bin/a /usr/local/bin/a
COPY --from=b /usr/local/bin/b /usr/local/bin/b
COPY --from=c /usr/local/bin/c /usr/local/bin/c
"""),
    "each stage has its own arguments, one RUN or not": ("""\
FROM debian:12
ARG K=1
ARG H=1
RUN apt-get update && apt-get install -y curl
RUN curl -o /opt/k https://h/k-$K && curl -o /opt/h https://h/h-$H
""", """\
FROM debian:12 AS base
RUN apt-get update && apt-get install -y curl

FROM base AS k
ARG K=1
RUN curl -o /opt/k https://h/k-$K

FROM base AS h
ARG H=1
RUN curl -o /opt/h https://h/h-$H

FROM base
COPY --from=k /opt/k /opt/k
COPY --from=h /opt/h /opt/h
"""),
    "variables stay variables": ("""\
FROM buildpack-deps:bookworm
ENV VER=1.2.3
RUN curl -o /opt/a-$VER.tgz https://h/a-$VER.tgz
RUN curl -o /opt/b-$VER.tgz https://h/b-$VER.tgz
""", """\
FROM buildpack-deps:bookworm AS base
ENV VER=1.2.3

FROM base AS a
RUN curl -o /opt/a-$VER.tgz https://h/a-$VER.tgz

FROM base AS b
RUN curl -o /opt/b-$VER.tgz https://h/b-$VER.tgz

FROM base
COPY --from=a /opt/a-${VER}.tgz /opt/a-${VER}.tgz
COPY --from=b /opt/b-${VER}.tgz /opt/b-${VER}.tgz
"""),
    "an ENV that one stage reads is in that one and where it was": ("""\
FROM debian:12
RUN apt-get update && apt-get install -y curl
ENV K=1
ENV H=1
RUN curl -o /opt/kay https://h/k-$K && curl -o /opt/aitch-$H https://h/h-$H
""", """\
FROM debian:12 AS base
RUN apt-get update && apt-get install -y curl

FROM base AS kay
ENV K=1
RUN curl -o /opt/kay https://h/k-$K

FROM base AS aitch
ENV H=1
RUN curl -o /opt/aitch-$H https://h/h-$H

FROM base
ENV K=1
ENV H=1
COPY --from=kay /opt/kay /opt/kay
COPY --from=aitch /opt/aitch-${H} /opt/aitch-${H}
"""),
    "what stands in the way of most is left out": ("""\
FROM debian:12
RUN apt-get update && apt-get install -y curl unzip
RUN curl https://h/aws.zip -o /tmp/aws.zip && unzip -q /tmp/aws.zip -d /opt && /opt/aws/install
RUN curl https://h/sam.zip -o /tmp/sam.zip && unzip -q /tmp/sam.zip -d /opt/sam && /opt/sam/install
RUN curl -o /usr/local/bin/kubectl https://h/kubectl && chmod +x /usr/local/bin/kubectl
RUN curl -o /usr/local/bin/helm https://h/helm && chmod +x /usr/local/bin/helm
""", """\
FROM debian:12 AS base
RUN apt-get update && apt-get install -y curl unzip
RUN curl https://h/aws.zip -o /tmp/aws.zip && unzip -q /tmp/aws.zip -d /opt && /opt/aws/install
RUN curl https://h/sam.zip -o /tmp/sam.zip && unzip -q /tmp/sam.zip -d /opt/sam && /opt/sam/install

FROM base AS kubectl
RUN curl -o /usr/local/bin/kubectl https://h/kubectl && chmod +x /usr/local/bin/kubectl

FROM base AS helm
RUN curl -o /usr/local/bin/helm https://h/helm && chmod +x /usr/local/bin/helm

FROM base
COPY --from=kubectl /usr/local/bin/kubectl /usr/local/bin/kubectl
COPY --from=helm /usr/local/bin/helm /usr/local/bin/helm
"""),
    "a clone that is built and removed is lent to work in": ("""\
FROM buildpack-deps:bookworm
RUN git clone https://github.com/x/one /tmp/one && cp /tmp/one/tool /usr/local/bin/tool && rm -rf /tmp/one
RUN git clone https://github.com/x/two /tmp/two && cd /tmp/two && mkdir out && cp tool out/tool && cp out/tool /opt/two && cd / && rm -rf /tmp/two
""", """\
FROM buildpack-deps:bookworm AS tool
RUN git clone https://github.com/x/one /tmp/one && cp /tmp/one/tool /usr/local/bin/tool && rm -rf /tmp/one

FROM buildpack-deps:bookworm AS two
RUN git clone https://github.com/x/two /tmp/two && cd /tmp/two && mkdir out && cp tool out/tool && cp out/tool /opt/two && cd / && rm -rf /tmp/two

FROM buildpack-deps:bookworm
COPY --from=tool /usr/local/bin/tool /usr/local/bin/tool
COPY --from=two /opt/two /opt/two
"""),
    "folder and variables are said again": ("""\
FROM buildpack-deps:bookworm
RUN ARCH=$(uname -m) && cd /tmp && curl -fsSLO https://h/$ARCH/a.tgz && tar -xzf a.tgz -C /opt && rm a.tgz
RUN set -eux; cd /srv; wget -O b.tgz https://h/b.tgz; tar -xf b.tgz; rm b.tgz
""", """\
FROM buildpack-deps:bookworm AS a
RUN ARCH=$(uname -m) && cd /tmp && curl -fsSLO https://h/$ARCH/a.tgz

FROM buildpack-deps:bookworm AS b
RUN set -eux; cd /srv; wget -O b.tgz https://h/b.tgz

FROM buildpack-deps:bookworm
RUN --mount=type=bind,from=a,source=/tmp/a.tgz,target=/tmp/a.tgz \\
    cd /tmp && tar -xzf a.tgz -C /opt
RUN --mount=type=bind,from=b,source=/srv/b.tgz,target=/srv/b.tgz \\
    set -eux; cd /srv; tar -xf b.tgz
"""),
    "a folder that is not known": ("""\
FROM example.org/builder
RUN git clone --depth 1 https://github.com/x/one
RUN curl -L https://h/two.zip -o two.zip && unzip two.zip -d two && rm two.zip
COPY build.sh $SRC/
""", """\
FROM example.org/builder AS one
WORKDIR /download
RUN git clone --depth 1 https://github.com/x/one

FROM example.org/builder AS two
WORKDIR /download
RUN curl -L https://h/two.zip -o two.zip

FROM example.org/builder
COPY --from=one /download ./
RUN --mount=type=bind,from=two,source=/download/two.zip,target=two.zip \\
    unzip two.zip -d two
COPY build.sh $SRC/
"""),
    "a folder that a variable of the base image names": ("""\
FROM example.org/builder
RUN curl -L https://h/maven.zip -o maven.zip && unzip maven.zip -d $SRC/maven && rm maven.zip
RUN curl -o $SRC/tool https://h/tool
COPY build.sh $SRC/
""", """\
FROM example.org/builder AS maven
WORKDIR /download
RUN curl -L https://h/maven.zip -o maven.zip

FROM example.org/builder AS tool
RUN curl -o $SRC/tool https://h/tool

FROM example.org/builder
RUN --mount=type=bind,from=maven,source=/download/maven.zip,target=maven.zip \\
    unzip maven.zip -d $SRC/maven
COPY --from=tool ${SRC}/tool ${SRC}/tool
COPY build.sh $SRC/
"""),
    "a path is written as the file has it": ("""\
FROM alpine:3.18
RUN wget -O /bin/one https://h/one && chmod +x /bin/one
RUN wget -O /sbin/two https://h/two && chmod +x /sbin/two
""", """\
FROM alpine:3.18 AS one
RUN wget -O /bin/one https://h/one && chmod +x /bin/one

FROM alpine:3.18 AS two
RUN wget -O /sbin/two https://h/two && chmod +x /sbin/two

FROM alpine:3.18
COPY --from=one /bin/one /bin/one
COPY --from=two /sbin/two /sbin/two
"""),
    "a folder is in a stage that looks at it": ("""\
FROM buildpack-deps:bookworm
WORKDIR /srv/app
RUN curl -o one https://h/one
RUN curl -o /opt/two https://h/two
""", """\
FROM buildpack-deps:bookworm AS one
WORKDIR /srv/app
RUN curl -o one https://h/one

FROM buildpack-deps:bookworm AS two
RUN curl -o /opt/two https://h/two

FROM buildpack-deps:bookworm
WORKDIR /srv/app
COPY --from=one /srv/app/one /srv/app/one
COPY --from=two /opt/two /opt/two
"""),
    "a pipe is taken apart behind the download": ("""\
FROM buildpack-deps:bookworm
ENV NODE=18.1.0
# the runtime
RUN curl -fsSL https://h/v${NODE}/node-v${NODE}-linux-x64.tar.xz | tar -xJ -C /usr/local --strip-components=1 \\
 && echo done
RUN set -eo pipefail; cd /usr/lib; \\
    wget -qO- https://h/tool-1.2.tgz \\
        | gunzip | tar -x; \\
    echo done
""", """\
FROM buildpack-deps:bookworm AS node
ENV NODE=18.1.0
RUN curl -fsSL https://h/v${NODE}/node-v${NODE}-linux-x64.tar.xz > /tmp/node.tar.xz

FROM buildpack-deps:bookworm AS tool
RUN set -eo pipefail; \\
    wget -qO- https://h/tool-1.2.tgz > /tmp/tool.tgz

FROM buildpack-deps:bookworm
ENV NODE=18.1.0
# the runtime
RUN --mount=type=bind,from=node,source=/tmp/node.tar.xz,target=/tmp/node.tar.xz \\
    tar -xJ -C /usr/local --strip-components=1 < /tmp/node.tar.xz \\
 && echo done
RUN --mount=type=bind,from=tool,source=/tmp/tool.tgz,target=/tmp/tool.tgz \\
    set -eo pipefail; cd /usr/lib; \\
    gunzip < /tmp/tool.tgz | tar -x; \\
    echo done
"""),
    "a pipe that can move as it is stays one": ("""\
FROM buildpack-deps:bookworm
RUN mkdir /opt/a && curl https://h/a.tgz | tar -xz -C /opt/a --strip-components=1
RUN curl https://h/b.tgz | tar -xz -C /usr/local
RUN curl https://h/c.tgz | tar -xz -C /usr/share && rm -rf /tmp/*
""", """\
FROM buildpack-deps:bookworm AS a
RUN mkdir /opt/a && curl https://h/a.tgz | tar -xz -C /opt/a --strip-components=1

FROM buildpack-deps:bookworm AS b
RUN curl https://h/b.tgz > /tmp/b.tgz

FROM buildpack-deps:bookworm AS c
RUN curl https://h/c.tgz > /c.tgz

FROM buildpack-deps:bookworm
COPY --from=a /opt/a /opt/a
RUN --mount=type=bind,from=b,source=/tmp/b.tgz,target=/tmp/b.tgz \\
    tar -xz -C /usr/local < /tmp/b.tgz
RUN --mount=type=bind,from=c,source=/c.tgz,target=/c.tgz \\
    tar -xz -C /usr/share < /c.tgz && rm -rf /tmp/*
"""),
    "one pipe moves, the other is taken apart": ("""\
FROM buildpack-deps:bookworm
RUN mkdir -p /opt/x && curl https://h/x-1.0.tgz | tar -xz -C /opt/x --strip-components=1
RUN curl https://h/y-1.1.tgz | tar -xz -C /opt/x
""", """\
FROM buildpack-deps:bookworm AS x
RUN mkdir -p /opt/x && curl https://h/x-1.0.tgz | tar -xz -C /opt/x --strip-components=1

FROM buildpack-deps:bookworm AS y
RUN curl https://h/y-1.1.tgz > /tmp/y.tgz

FROM buildpack-deps:bookworm
COPY --from=x /opt/x /opt/x
RUN --mount=type=bind,from=y,source=/tmp/y.tgz,target=/tmp/y.tgz \\
    tar -xz -C /opt/x < /tmp/y.tgz
"""),
    "each stage says the variables it reads": ("""\
FROM buildpack-deps:bookworm
ARG A=1 B=2 C=3
ENV X=1 Y=2 Z=$X
RUN curl -o /opt/a-$A https://h/a-$A-$Z
RUN curl -o /opt/b-$B https://h/b-$B
RUN echo $C $Y > /c
""", """\
FROM buildpack-deps:bookworm AS a
ARG A=1
ENV X=1 Z=$X
RUN curl -o /opt/a-$A https://h/a-$A-$Z

FROM buildpack-deps:bookworm AS b
ARG B=2
RUN curl -o /opt/b-$B https://h/b-$B

FROM buildpack-deps:bookworm
ARG A=1 B=2 C=3
ENV X=1 Y=2 Z=$X
COPY --from=a /opt/a-${A} /opt/a-${A}
COPY --from=b /opt/b-${B} /opt/b-${B}
RUN echo $C $Y > /c
"""),
}

ALONE = {
    "what is not read may set any variable": """\
FROM buildpack-deps:bookworm
RUN export $(curl https://h/versions) && curl -o /opt/a https://h/$A && curl -o /opt/b https://h/$B
""",
    "text and signatures are not worth it": """\
FROM buildpack-deps:bookworm
RUN curl -o /opt/a.json https://h/a.json
RUN curl -o /opt/b.asc https://h/b.asc
RUN curl -o /opt/c https://raw.githubusercontent.com/x/y/main/c
""",
    "a name of no own work under all": """\
FROM buildpack-deps:bookworm
RUN echo x > /opt/x
RUN echo y > /opt/y
""",
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_download_moves(name: str) -> None:
    before, after = CHANGED[name]
    assert split(before) == after


@pytest.mark.parametrize("name", ALONE)
def test_it_stays(name: str) -> None:
    assert split(ALONE[name]) == ALONE[name]


STAYS = [  # what is told of work that stays: the line that stops most of it, the cause, and what can be done
    (
        "FROM buildpack-deps:bookworm\nRUN ./fetch-all\nRUN curl -o /opt/a https://h/a\nRUN curl https://h/b | sh\n",
        "the downloads and builds of lines 3 and 4 stay in one stage, as line 4 stops most of them: a shell runs what its input says",
        "dfrefactor observe",
    ),
    (
        "FROM example.org/ours\nRUN curl -o $dir/a https://h/a\nRUN curl -o $dir/b https://h/b\n",
        "the downloads and builds of lines 2 and 3 stay in one stage, as line 2 stops most of them: it writes `$dir/a`, which is not known",
        "whole path",
    ),
    (
        "FROM buildpack-deps\nRUN curl -o /opt/a https://h/a; curl -o /opt/b https://h/b\n",
        "the downloads and builds of line 2 stay in one stage, as it stops most of them: `;` without `set -e` goes on after a failure",
        "set -e",
    ),
]


@pytest.mark.parametrize(("options", "told"), [("", True), ("set -o pipefail; ", False)])
def test_a_pipe_that_did_not_see_the_download_fail(options: str, told: bool) -> None:
    run = f"RUN {options}set -e; curl https://h/{{0}}.tgz | tar -xz -C /usr/local; echo {{0}}"
    text = "\n".join(["FROM buildpack-deps:bookworm", 'SHELL ["/bin/bash", "-c"]', run.format("a"), run.format("b"), ""])
    (finding,) = dfrefactor.refactor(text.encode(), passes=PARALLEL).findings
    assert any("fails the build" in note for note in finding.notes) is told


@pytest.mark.parametrize(("text", "says", "remedy"), STAYS)
def test_why_it_stays_is_told_once(text: str, says: str, remedy: str) -> None:
    result = dfrefactor.refactor(text.encode(), passes=PARALLEL)
    (left,) = result.shown(False)
    assert left.finding.message == says
    assert remedy in left.finding.fix


def test_one_note_a_file_and_the_rest_on_demand() -> None:
    stage = "FROM buildpack-deps:bookworm\nRUN curl https://h/a | sh\nRUN curl https://h/b | sh\n"
    result = dfrefactor.refactor((stage + stage).encode(), passes=PARALLEL)
    assert (len(result.shown(False)), len(result.shown(True))) == (1, 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("RUN curl -o /opt/a.asc https://h/a.asc\nRUN curl -o /opt/b.json https://h/b.json\n", "it takes a moment"),
        (260 * "RUN echo x\n" + "RUN curl https://h/a | sh\nRUN curl https://h/b | sh\n", "more than 250 instructions"),
        ("RUN " + 260 * "echo x && " + "curl https://h/a | sh && curl https://h/b | sh\n", "more than 250 commands"),
    ],
)
def test_what_only_advice_tells(text: str, says: str) -> None:
    result = dfrefactor.refactor(f"FROM buildpack-deps\n{text}".encode(), passes=PARALLEL)
    assert result.shown(False) == ()
    assert [says in each.finding.message for each in result.shown(True)] == [True]


def test_packages_of_a_manager_are_no_pieces() -> None:
    text = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nRUN apt-get install -y git\n"
    assert dfrefactor.refactor(text.encode(), passes=PARALLEL).shown(True) == ()


def test_nothing_is_lent_with_the_classic_builder() -> None:
    before = CHANGED["what is unpacked and then removed is lent"][0]
    classic = dfrefactor.refactor(before.encode(), passes=PARALLEL, settings=Settings(builder="classic"))
    assert b"--mount" not in classic.data
