"""How a split reads: the file's own style goes on, comments travel, names are what a person would choose; or nothing is touched."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.passes import PASSES
from dfrefactor.settings import Settings

PARALLEL = [each for each in PASSES if each.name == "parallel-stages"]
GET = "curl -fsSLo /usr/local/bin/{0} http://h/{0}"


def split(text: str, parallel: str = "worth") -> str:
    result = dfrefactor.refactor(text.encode(), passes=PARALLEL, settings=Settings(parallel=parallel))  # type: ignore[arg-type]
    assert not result.problems
    again = dfrefactor.refactor(result.data, passes=PARALLEL, settings=Settings(parallel=parallel))  # type: ignore[arg-type]
    assert again.data == result.data, "a second run changes it"
    return result.data.decode()


def get(name: str) -> str:
    return GET.format(name)


PLAIN = f"FROM buildpack-deps\nRUN {get('a1')}\nRUN {get('b1')}\n"

CHANGED = {
    "two downloads": (PLAIN, f"""\
FROM buildpack-deps AS a1
RUN {get('a1')}

FROM buildpack-deps AS b1
RUN {get('b1')}

FROM buildpack-deps
COPY --from=a1 /usr/local/bin/a1 /usr/local/bin/a1
COPY --from=b1 /usr/local/bin/b1 /usr/local/bin/b1
"""),
    "lower case goes on": (f"from buildpack-deps\nrun {get('a1')}\nrun {get('b1')}\ncmd a1\n", f"""\
from buildpack-deps as a1
run {get('a1')}

from buildpack-deps as b1
run {get('b1')}

from buildpack-deps
copy --from=a1 /usr/local/bin/a1 /usr/local/bin/a1
copy --from=b1 /usr/local/bin/b1 /usr/local/bin/b1
cmd a1
"""),
    "comments travel": (f"""\
# the image
FROM buildpack-deps
# one is pinned
RUN {get('a1')} \\
    # everyone may run it
    && chmod 755 /usr/local/bin/a1

# two is not
RUN {get('b1')}
""", f"""\
# the image
FROM buildpack-deps AS a1
# one is pinned
RUN {get('a1')} \\
    # everyone may run it
    && chmod 755 /usr/local/bin/a1

FROM buildpack-deps AS b1
# two is not
RUN {get('b1')}

FROM buildpack-deps
COPY --from=a1 /usr/local/bin/a1 /usr/local/bin/a1
COPY --from=b1 /usr/local/bin/b1 /usr/local/bin/b1
"""),
    "one big RUN": (f"""\
FROM debian
RUN apt-get update && apt-get install -y curl \\
 && rm -rf /var/lib/apt/lists/* \\
 && {get('a1')} \\
 && chmod +x /usr/local/bin/a1 \\
 && {get('b1')}
""", f"""\
FROM debian AS base
RUN apt-get update && apt-get install -y curl \\
 && rm -rf /var/lib/apt/lists/*

FROM base AS a1
RUN {get('a1')} \\
 && chmod +x /usr/local/bin/a1

FROM base AS b1
RUN {get('b1')}

FROM base
COPY --from=a1 /usr/local/bin/a1 /usr/local/bin/a1
COPY --from=b1 /usr/local/bin/b1 /usr/local/bin/b1
"""),
    "a scope that none reads stays where it is": (f"FROM buildpack-deps\nENV A=1\nRUN {get('a1')}\nRUN {get('b1')}\n", f"""\
FROM buildpack-deps AS a1
RUN {get('a1')}

FROM buildpack-deps AS b1
RUN {get('b1')}

FROM buildpack-deps
ENV A=1
COPY --from=a1 /usr/local/bin/a1 /usr/local/bin/a1
COPY --from=b1 /usr/local/bin/b1 /usr/local/bin/b1
"""),
    "a scope that all read is said once": ("FROM buildpack-deps\nENV A=1\nRUN curl -o /opt/x http://h/$A\nRUN curl -o /opt/y http://h/y$A\n", """\
FROM buildpack-deps AS base
ENV A=1

FROM base AS x
RUN curl -o /opt/x http://h/$A

FROM base AS y
RUN curl -o /opt/y http://h/y$A

FROM base
COPY --from=x /opt/x /opt/x
COPY --from=y /opt/y /opt/y
"""),
    "an argument goes with the branch that reads it": (
        "FROM buildpack-deps\nARG V=1\nRUN curl -o /opt/a1 http://h/a-$V\nRUN curl -o /opt/b1 http://h/b\n", """\
FROM buildpack-deps AS a1
ARG V=1
RUN curl -o /opt/a1 http://h/a-$V

FROM buildpack-deps AS b1
RUN curl -o /opt/b1 http://h/b

FROM buildpack-deps
COPY --from=a1 /opt/a1 /opt/a1
COPY --from=b1 /opt/b1 /opt/b1
"""),
    "arguments of the shell's own variable go with it, and their paragraph": ("""\
FROM buildpack-deps

ARG VERSION=1

ARG TARGETOS
ARG TARGETARCH

RUN URL=http://h/$VERSION-$TARGETOS-$TARGETARCH && apt-get install -y x && curl -o /opt/a1 $URL && curl -o /opt/b1 http://h/$VERSION
""", """\
FROM buildpack-deps AS base

RUN apt-get install -y x

FROM base AS a1
ARG VERSION=1
ARG TARGETOS
ARG TARGETARCH
RUN URL=http://h/$VERSION-$TARGETOS-$TARGETARCH && curl -o /opt/a1 $URL

FROM base AS b1
ARG VERSION=1
RUN curl -o /opt/b1 http://h/$VERSION

FROM base
COPY --from=a1 /opt/a1 /opt/a1
COPY --from=b1 /opt/b1 /opt/b1
"""),
    "a variable stays one": (
        "FROM buildpack-deps\nARG V=1\nRUN curl -o /opt/a-$V http://h/a\nRUN curl -o /opt/b1 http://h/b\n", """\
FROM buildpack-deps AS a
ARG V=1
RUN curl -o /opt/a-$V http://h/a

FROM buildpack-deps AS b1
RUN curl -o /opt/b1 http://h/b

FROM buildpack-deps
ARG V=1
COPY --from=a /opt/a-${V} /opt/a-${V}
COPY --from=b1 /opt/b1 /opt/b1
"""),
    "what an archive puts into a folder of programs comes back by its name": (
        "FROM debian\nRUN curl -o /tmp/x.zip http://h/x && unzip /tmp/x.zip one -d /usr/local/bin\nRUN curl -o /tmp/y.zip http://h/y && unzip /tmp/y.zip two -d /usr/local/bin\n", """\
FROM debian AS one
RUN curl -o /tmp/x.zip http://h/x && unzip /tmp/x.zip one -d /usr/local/bin

FROM debian AS two
RUN curl -o /tmp/y.zip http://h/y && unzip /tmp/y.zip two -d /usr/local/bin

FROM debian
COPY --from=one /usr/local/bin/one /usr/local/bin/one
COPY --from=two /usr/local/bin/two /usr/local/bin/two
"""),
    "names that are taken": (f"FROM buildpack-deps AS a1\nRUN true\nFROM b1\nRUN {get('a1')}\nRUN {get('b1')}\n", f"""\
FROM buildpack-deps AS a1
RUN true

FROM b1 AS a1-2
RUN {get('a1')}

FROM b1 AS b1-2
RUN {get('b1')}

FROM b1
COPY --from=a1-2 /usr/local/bin/a1 /usr/local/bin/a1
COPY --from=b1-2 /usr/local/bin/b1 /usr/local/bin/b1
"""),
    "numbers become names": (f"{PLAIN}FROM debian\nCOPY --from=0 /usr/local/bin/a1 /a1\n", f"""\
FROM buildpack-deps AS a1
RUN {get('a1')}

FROM buildpack-deps AS b1
RUN {get('b1')}

FROM buildpack-deps AS stage0
COPY --from=a1 /usr/local/bin/a1 /usr/local/bin/a1
COPY --from=b1 /usr/local/bin/b1 /usr/local/bin/b1
FROM debian
COPY --from=stage0 /usr/local/bin/a1 /a1
"""),
}  # fmt: skip

ALONE = {
    "one download": f"FROM buildpack-deps\nRUN {get('a1')}\n",
    "cheap steps": "FROM debian\nRUN mkdir /a\nRUN mkdir /b\nRUN touch /c\n",
    "a chain": f"FROM buildpack-deps\nRUN {get('a1')}\nRUN a1 > /b && curl -o /c http://h/c\n",
    "the same file twice": "FROM buildpack-deps\nRUN curl -o /opt/a http://h/a\nRUN curl -o /opt/a http://h/b\n",
    "scratch": "FROM scratch\nCOPY a /\nCOPY b /\n",
    "a trigger for others": f"{PLAIN}ONBUILD RUN true\n",
    "commands nobody knows": "FROM debian\nRUN install-one\nRUN install-two\n",
    "an installer that is piped": "FROM buildpack-deps\nRUN curl http://h/a | sh\nRUN curl http://h/b | sh\n",
    "two package managers' steps": "FROM debian\nRUN apt-get update && apt-get install -y a\nRUN apt-get install -y b\n",
    "a list that goes on after a failure": "FROM buildpack-deps\nRUN curl -o /opt/a http://h/a; curl -o /opt/b http://h/b\n",
    "a folder with a mode of its own": "FROM debian\nRUN mkdir -m 700 /a && curl -o /a/x http://h\nRUN mkdir -m 700 /b && curl -o /b/x http://h\n",
    "a name in quotes": "FROM debian\nRUN curl -o \"/etc/it's\" http://h\nRUN curl -o /opt/b http://h\n",
    "ignored": f"FROM buildpack-deps\n# dfrefactor: ignore=parallel-stages\nRUN {get('a1')}\n",
    "a shared cache mount": "FROM debian\nRUN --mount=type=cache,target=/c curl -o /opt/a http://h\nRUN --mount=type=cache,target=/c curl -o /opt/b http://h\n",
    "a Windows shell": 'FROM windows\nSHELL ["powershell"]\nRUN iwr http://h/a -o a\nRUN iwr http://h/b -o b\n',
    "a file that does not parse": "FROM debian\nRUM x\nRUN curl -o /opt/a http://h\nRUN curl -o /opt/b http://h\n",
}


@pytest.mark.parametrize("name", CHANGED)
def test_it_reads_as_if_written_by_hand(name: str) -> None:
    before, after = CHANGED[name]
    assert split(before) == after


@pytest.mark.parametrize("name", CHANGED)
def test_line_ends_go_on(name: str) -> None:
    before, after = CHANGED[name]
    assert split(before.replace("\n", "\r\n")) == after.replace("\n", "\r\n")


@pytest.mark.parametrize("name", CHANGED)
def test_indentation_of_instructions_goes_on(name: str) -> None:
    before, _ = CHANGED[name]
    indented = "".join(f"  {line}\n" if line else "\n" for line in before.splitlines())
    lines = split(indented).splitlines()
    assert all(line.startswith("  ") for line in lines if line), lines


@pytest.mark.parametrize("name", ALONE)
def test_it_is_left_alone(name: str) -> None:
    assert split(ALONE[name]) == ALONE[name]


@pytest.mark.parametrize("name", ALONE)
def test_it_is_left_alone_whatever_the_line_ends(name: str) -> None:
    text = ALONE[name].replace("\n", "\r\n")
    assert split(text) == text


def test_no_line_is_said_twice_but_for_what_sets_a_scope() -> None:
    text = split(f"FROM buildpack-deps\nENV A=1\nARG V=1\nLABEL x=y\nRUN {get('a1')}\nRUN {get('b1')}\nEXPOSE 80\nCMD a1\n")
    lines = [line for line in text.splitlines() if line and not line.startswith(("FROM", "ARG"))]
    assert len(lines) == len(set(lines))


def test_an_argument_nobody_reads_is_not_repeated() -> None:
    text = split(f"FROM buildpack-deps\nARG UNREAD=1\nRUN {get('a1')}\nRUN {get('b1')}\n")
    assert text.count("UNREAD") == 1


def test_more_stages_than_a_reader_follows_are_asked_for() -> None:
    text = "FROM buildpack-deps\n" + "".join(f"RUN {get(f'tool{n}')}\n" for n in range(9))
    result = dfrefactor.refactor(text.encode(), passes=PARALLEL)
    assert not result.changed
    (finding,) = result.findings
    assert finding.message.startswith("9 stages could be built side by side")
    assert "--parallel all" in finding.fix
    assert split(text, "all").count("COPY --from=") == 9
    assert split("FROM buildpack-deps\n" + "".join(f"RUN {get(f'tool{n}')}\n" for n in range(8))).count("COPY --from=") == 8


def test_several_steps_that_need_all_downloads_leave_each_its_stage() -> None:
    gets = "".join(f"RUN wget -O $H/lib/{name}.jar http://h/{name}\n" for name in "abc")
    text = f"FROM tomcat:7-jre8-alpine\n{gets}RUN cp /etc/x $H/conf && rm -rf $H/conf\nRUN unzip /x.zip -d $H/solr/\n"
    assert split(text).count("COPY --from=") == 3


def test_a_file_of_the_context_is_not_copied_twice() -> None:
    get_it = "RUN mkdir -p /opt/x/d\nCOPY x.conf /opt/x/d/x.conf\nRUN curl -o /opt/x/tool http://h/x\n"
    text = f"FROM buildpack-deps\n{get_it}RUN curl -o /opt/y http://h/y\n"
    assert "COPY --from=x /opt/x/d/x.conf" not in split(text)
